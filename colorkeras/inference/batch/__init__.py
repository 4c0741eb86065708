"""Batch colorization of files: plan, run and report."""
