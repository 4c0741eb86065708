"""Train a network: from a configuration to an exported SavedModel."""
