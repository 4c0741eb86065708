"""Errors, atomic file writes, ordered map, plots, text tables, version."""
