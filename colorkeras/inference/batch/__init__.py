"""Color many files: plan, run, report."""
