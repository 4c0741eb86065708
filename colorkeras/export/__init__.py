"""SavedModels: writing, reading, checking and converting them."""
