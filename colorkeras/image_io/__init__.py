"""Read and write image files, and report any data that is lost.

Decoded images are upright, in grayscale or sRGB, with 8 or 16 bits per channel. To add a format,
see `colorkeras.image_io.formats`.
"""

from colorkeras.image_io.bit_depth import as_uint8
from colorkeras.image_io.color_detection import is_nearly_gray
from colorkeras.image_io.formats import (
    FORMATS,
    QUALITY,
    WRITABLE_SUFFIXES,
    check_target,
    has_image_brand,
    is_image,
    is_raw_suffix,
    is_system_file,
    is_system_folder,
    is_writable,
    result_suffix,
)
from colorkeras.image_io.image import Contents, DecodedImage, Metadata
from colorkeras.image_io.metadata import drop_positions, mark
from colorkeras.image_io.metadata.xmp import SOURCE_TYPE
from colorkeras.image_io.pixels import from_pillow
from colorkeras.image_io.reading import (
    MAX_MEGAPIXELS,
    is_missing,
    missing_file_error,
    open_image,
    read_rgb,
    use_own_limits,
)
from colorkeras.image_io.writing import save

__all__ = [
    "FORMATS",
    "MAX_MEGAPIXELS",
    "QUALITY",
    "SOURCE_TYPE",
    "WRITABLE_SUFFIXES",
    "Contents",
    "DecodedImage",
    "Metadata",
    "as_uint8",
    "check_target",
    "drop_positions",
    "from_pillow",
    "has_image_brand",
    "is_image",
    "is_missing",
    "is_nearly_gray",
    "is_raw_suffix",
    "is_system_file",
    "is_system_folder",
    "is_writable",
    "mark",
    "missing_file_error",
    "open_image",
    "read_rgb",
    "result_suffix",
    "save",
    "use_own_limits",
]
