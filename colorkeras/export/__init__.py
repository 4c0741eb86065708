"""SavedModels: export, load, verify, restore and convert."""
