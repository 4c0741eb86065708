"""Error classes, atomic file writes, an ordered parallel map, plots, text tables and versions."""
