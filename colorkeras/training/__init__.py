"""Train networks and export them as SavedModels."""
