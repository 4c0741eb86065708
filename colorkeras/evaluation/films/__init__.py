"""Test films to compare stable with frame-by-frame colorization; requires the `video` extra."""
