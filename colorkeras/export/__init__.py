"""Export, verify, load and convert SavedModels."""
