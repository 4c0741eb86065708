"""Training: from a config to an exported SavedModel."""
