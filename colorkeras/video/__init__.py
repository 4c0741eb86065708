"""Film colorization; requires the `video` extra."""
