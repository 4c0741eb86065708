"""Shared helpers: files, errors, ordered maps, plots, tables, version."""
