"""Batch colorization of files: planning, execution and reports."""
