"""Comparison of stable and frame-by-frame film colorization; requires the `video` extra."""
