"""TIFF files with one or more 8-bit or 16-bit pages."""

import itertools
import logging
import math

import numpy as np

from colorkeras.image_io.color_profiles import srgb_profile
from colorkeras.image_io.formats.format import Format
from colorkeras.image_io.formats.raw import raw_file_error
from colorkeras.image_io.formats.tiff_image import PROFILE, TiffImage
from colorkeras.image_io.formats.tiff_pages import RawFileError, find_pages, lost_tags
from colorkeras.image_io.formats.tiff_samples import (
    ALPHA_KINDS,
    BUFFER_SIZE,
    LOST_CHANNELS,
    damaged,
    has_small_palette,
    read_samples,
)
from colorkeras.image_io.metadata import read_metadata, xmp_packet
from colorkeras.image_io.metadata.exif import exif_for_result
from colorkeras.image_io.metadata.iptc import records_of, without_records
from colorkeras.image_io.metadata.tiff_directories import BYTE, UNDEFINED, add_exif
from colorkeras.image_io.pixels import UINT16_MODES, from_pillow, from_samples, with_alpha
from colorkeras.utils.errors import one_line

_XMP, _IPTC, _RESOURCES, _ORIENTATION = 700, 33723, 34377, 274

_MIN_IS_BLACK, _CMYK = 1, 5
_PILLOW_KINDS = (0, 1, 2, 3, 5, 6)
"""Photometric interpretations that Pillow supports: gray, RGB, palette, CMYK and YCbCr."""

_PILLOW_COMPRESSIONS = (*range(1, 9), 32773, 32946)
_DECODER_ERROR = "decoder error"
"""Start of Pillow's message if libtiff cannot decode the pixels."""

_PIXEL_TAGS = {*range(254, 260), 262, 273, 277, 278, 279, 284, 320, *range(322, 326), 338, 339, 347}
"""Tags without which the pixels cannot be decoded correctly."""

_OTHER_TAGS = {
    *(_ORIENTATION, 282, 283, 296, 317, *range(529, 533), _XMP, _IPTC, _RESOURCES, PROFILE)
}
"""Further tags whose damage `read_metadata` does not report, because they are not part of EXIF."""

_MAX_TILE_SIZE = 2**26
_MAX_CLASSIC = 2**31
"""Maximum number of bytes of pixel data in classic TIFF files, which use 32-bit offsets."""


def page(path, image, number, notes):
    """Decode a page. See `Format`."""
    index, directory = _pages(path, image)[number]
    _check_layout(path, directory)
    if index is not None:
        image.seek(index)
        if image.unknown is None and _suits_pillow(image, directory):
            if any(int(each) not in ALPHA_KINDS for each in directory.extrasamples):
                notes.append(LOST_CHANNELS)
            return _by_pillow(image, directory, notes)
    try:
        color, alpha, is_srgb = read_samples(directory, notes)
    except ValueError as error:
        is_16_bit = directory.bitspersample == 16 and directory.sampleformat == 1
        if index is None or image.unknown is not None or not is_16_bit:
            raise
        decoded = _by_pillow(image, directory, notes)
        if decoded.pixels.dtype == np.uint8:
            notes.append(f"the bit depth was reduced from 16 to 8 bits ({one_line(error)})")
        return decoded
    profile = None if is_srgb else directory.iccprofile
    return from_samples(color, alpha, profile, _orientation(directory), notes)


def _by_pillow(image, directory, notes):
    try:
        return from_pillow(image, notes)
    except OSError as error:
        if _DECODER_ERROR in str(error):
            raise damaged(directory) from error
        raise


def page_sizes(path, image):
    """Return the width and height of each page. See `Format`."""
    return [(each.imagewidth, each.imagelength) for _, each in _pages(path, image)]


def _pages(path, image):
    """Return the pages of an opened file. See `find_pages`."""
    if image.file is None:
        import tifffile

        _silence(tifffile)
        image.file = tifffile.TiffFile(path)
        try:
            image.pages = find_pages(image.file)
        except RawFileError:
            raise raw_file_error(path) from None
    return image.pages


def _suits_pillow(image, directory):
    """Return whether Pillow can read a page without reducing its bit depth."""
    if directory.compression not in _PILLOW_COMPRESSIONS or directory.sampleformat != 1:
        return False
    kind, num_extra = int(directory.photometric), len(directory.extrasamples)
    if kind == _CMYK and num_extra:
        return False
    if has_small_palette(directory):
        return False
    if directory.bitspersample == 16:
        return image.mode in UINT16_MODES and kind == _MIN_IS_BLACK and not num_extra
    return directory.bitspersample in (1, 2, 4, 8) and kind in _PILLOW_KINDS and num_extra <= 1


def _orientation(directory):
    tag = directory.tags.get(_ORIENTATION)
    return tag.value if tag is not None and tag.value in range(1, 9) else 1


def metadata(path, image, notes):
    """Read the metadata of the first page. See `Format`."""
    pages = _pages(path, image)
    if isinstance(image.tag_v2.get(_IPTC), int):
        # Some programs store IPTC as 32-bit numbers, and Pillow returns only the first one.
        image.tag_v2[_IPTC] = bytes(image.file.pages[0].tags[_IPTC].value)
    first = read_metadata(image, notes)
    if not _OTHER_TAGS.isdisjoint(lost_tags(image.file.pages[0])):
        notes.append("damaged metadata was left out")
    known, is_lost = _as_set(first), False
    for index, _ in pages:
        other = first
        if index:
            image.seek(index)
            other = read_metadata(image, [])
            is_lost = is_lost or not _as_set(other) <= known
        first.page_dpi.append(other.dpi)
    if is_lost:
        notes.append("the metadata of later pages was left out")
    first.dpi = first.page_dpi[0]
    image.seek(0)
    return first


def _as_set(metadata):
    """Return a page's metadata as a set, for comparison with other pages."""
    tags = metadata.exif or {}
    return {repr(item) for item in [*tags.items(), metadata.xmp, metadata.iptc] if item}


def write(path, images, options):
    """Write every page. See `Format`."""
    first = next(images)
    exif = exif_for_result(options.metadata, first)
    num_channels = (3 if first.pixels.ndim == 3 else 1) + (first.alpha is not None)
    length = np.prod(first.size) * num_channels * first.pixels.itemsize * options.num_pages
    is_big = length > _MAX_CLASSIC
    if exif is not None and is_big:
        # Pillow writes large files only in this byte order.
        exif.endian = "<"
    order = "<" if exif is None else exif.endian
    import tifffile

    with tifffile.TiffWriter(path, bigtiff=is_big, byteorder=order) as file:
        _write_page(file, first, options, 0)
        # Free a large page before the next one is created.
        del first
        for number in itertools.count(1):
            image = next(images, None)
            if image is None:
                break
            _write_page(file, image, options, number)
            del image
    if exif is not None:
        add_exif(path, exif)


def _check_layout(path, directory):
    """Raise ValueError if pixels are missing or tiles would need too much memory."""
    tile_size = directory.tilewidth * directory.tilelength * max(1, directory.tiledepth)
    if directory.is_tiled and tile_size > _MAX_TILE_SIZE:
        size = f"{directory.tilewidth}x{directory.tilelength}"
        raise ValueError(f"tiles of {size} pixels are too large")
    parts = zip(directory.dataoffsets, directory.databytecounts, strict=False)
    end = max(map(sum, parts), default=0)
    is_cut = directory.compression != 1 and end > path.stat().st_size
    if is_cut or not _PIXEL_TAGS.isdisjoint(lost_tags(directory)):
        raise ValueError("the file is truncated")
    num_parts = math.prod(directory.chunked)
    num_stored = sum(offset > 0 for offset in directory.dataoffsets[:num_parts])
    if num_stored < num_parts:
        kind = "tiles" if directory.is_tiled else "strips"
        raise ValueError(f"pixels are missing: {num_parts - num_stored} of {num_parts} {kind}")


def _write_page(file, image, options, number):
    dpi, page_dpi = options.metadata.dpi, options.metadata.page_dpi
    if 0 < number < len(page_dpi):
        dpi = page_dpi[number]
    resolution = {} if dpi is None else {"resolution": dpi, "resolutionunit": "INCH"}
    if dpi is None and options.metadata.aspect is not None:
        resolution = {"resolution": options.metadata.aspect, "resolutionunit": "NONE"}
    file.write(
        with_alpha(image),
        photometric="rgb" if image.pixels.ndim == 3 else "minisblack",
        extrasamples=[] if image.alpha is None else ["unassalpha"],
        compression="zlib",
        predictor=True,
        iccprofile=srgb_profile() if options.metadata.has_profile else None,
        extratags=_tags(options) if number == 0 else [],
        # By default, tifffile writes its own name.
        software=False,
        metadata=None,
        buffersize=BUFFER_SIZE,
        **resolution,
    )


def _tags(options):
    """Return the metadata of the first page, except EXIF, as tags for tifffile."""
    resources = options.metadata.iptc or b""
    contents = (
        (_XMP, BYTE, xmp_packet(options)),
        (_IPTC, UNDEFINED, records_of(resources)),
        (_RESOURCES, BYTE, without_records(resources)),
    )
    return [(tag, kind, len(content), content, True) for tag, kind, content in contents if content]


def _silence(tifffile):
    """Stop tifffile from logging warnings about flawed files to stderr."""
    if not tifffile.logger().handlers:
        tifffile.logger().addHandler(logging.NullHandler())


TIFF = Format(
    (".tif", ".tiff"),
    page,
    metadata,
    page_sizes,
    opener=TiffImage,
    write=write,
    has_16_bits=True,
    has_alpha=True,
    has_pages=True,
    keeps=("EXIF", "XMP", "IPTC", "DPI"),
)
