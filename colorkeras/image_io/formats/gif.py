"""GIF files, which hold too few colors for results."""

from colorkeras.image_io.formats.format import Format

GIF = Format((".gif",), result_suffix=".png")
