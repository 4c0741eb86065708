"""Settings for colorization and training, and training presets."""
