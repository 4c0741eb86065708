"""TIFF files, of 8 and of 16 bits, with one page or several."""

import itertools
import logging

import numpy as np
from PIL import TiffImagePlugin

from colorkeras.image_io.bit_depth import blocks
from colorkeras.image_io.color_profiles import srgb_profile
from colorkeras.image_io.formats.format import Format
from colorkeras.image_io.metadata import packet_of, read_metadata
from colorkeras.image_io.metadata.exif import fitted, orientation_of
from colorkeras.image_io.metadata.iptc import records_of, without_records
from colorkeras.image_io.metadata.tiff_directories import BYTE, UNDEFINED, add_exif
from colorkeras.image_io.pixels import UINT16_MODES, from_pillow, from_uint16, with_alpha
from colorkeras.utils.errors import one_line

_BITS, _COMPRESSION, _KIND = 258, 259, 262
_XMP, _IPTC, _RESOURCES, _PROFILE = 700, 33723, 34377, 34675
_PARTS = ((273, 279), (324, 325))
"""Tags of where strips, or tiles, begin and how long they are."""

_MIN_IS_WHITE = 0
_ASSOCIATED, _UNASSOCIATED = 1, 2
"""Kinds of transparency: pixels are multiplied by it, or are not."""

_READ_BITS = {1, 2, 4, 8, 16}
_BUFFER_SIZE = 2**24
"""Bytes of a file that tifffile holds beside the pixels."""

_MAX_CLASSIC = 2**31
"""Bytes of pixels up to which a file is an ordinary one, whose offsets end at 2 ** 32."""


class TiffImage(TiffImagePlugin.TiffImageFile):
    """Pillow's image of a file, whose pages may be of a kind that Pillow knows no mode for.

    Attributes:
        unknown: What Pillow raised for the page that is looked at, or None.
    """

    unknown = None

    def _setup(self):
        self.unknown = None
        # Pillow would take what another page says for what is said of one without.
        self.info.pop("icc_profile", None)
        self.info.pop("dpi", None)
        try:
            super()._setup()
        except SyntaxError as error:
            self.unknown = error
            self._mode = "L"
            self.tile = []
            if _PROFILE in self.tag_v2:
                self.info["icc_profile"] = self.tag_v2[_PROFILE]


def page(path, image, number, notes):
    """A page. See `Format`."""
    image.seek(number)
    bits = set(image.tag_v2.get(_BITS, (1,)))
    if not bits <= _READ_BITS:
        raise ValueError(f"pixels of {max(bits)} bits")
    _check_whole(image)
    if bits == {16}:
        return _deep_page(path, image, number, notes)
    if image.unknown:
        raise image.unknown
    return from_pillow(image, notes)


def metadata(path, image, notes):
    """What the first page says. See `Format`."""
    if isinstance(image.tag_v2.get(_IPTC), int):
        # Some programs say that IPTC is numbers of 32 bits, of which Pillow gives the first only.
        image.tag_v2[_IPTC] = _records(path)
    first = read_metadata(image, notes)
    said, is_lost = _said(first), False
    first.page_dpi.append(first.dpi)
    for number in range(1, image.n_frames):
        image.seek(number)
        other = read_metadata(image, [])
        first.page_dpi.append(other.dpi)
        is_lost = is_lost or not _said(other) <= said
    if is_lost:
        notes.append("what the file says of pages after the first was left out")
    image.seek(0)
    return first


def _records(path):
    import tifffile

    _silence(tifffile)
    with tifffile.TiffFile(path) as file:
        return bytes(file.pages[0].tags[_IPTC].value)


def _said(metadata):
    """All that is said of a page, to be compared."""
    tags = metadata.exif or {}
    return {repr(item) for item in [*tags.items(), metadata.xmp, metadata.iptc] if item}


def write(path, pictures, options):
    """Writes every page. See `Format`."""
    first = next(pictures)
    exif = fitted(options.metadata, first)
    num_channels = (3 if first.pixels.ndim == 3 else 1) + (first.alpha is not None)
    length = np.prod(first.size) * num_channels * first.pixels.itemsize * options.num_pages
    is_big = length > _MAX_CLASSIC
    if exif is not None and is_big:
        # Pillow writes large files of this order only.
        exif.endian = "<"
    order = "<" if exif is None else exif.endian
    import tifffile

    with tifffile.TiffWriter(path, bigtiff=is_big, byteorder=order) as file:
        _write_page(file, first, options, 0)
        # Of large pages one only is to be in memory while the next one is made.
        del first
        for number in itertools.count(1):
            picture = next(pictures, None)
            if picture is None:
                break
            _write_page(file, picture, options, number)
            del picture
    if exif is not None:
        add_exif(path, exif)


def _check_whole(image):
    """Raises ValueError if compressed pixels are missing, on which libtiff would write a report."""
    end = image.fp.seek(0, 2)
    for starts, lengths in _PARTS:
        parts = zip(image.tag_v2.get(starts, ()), image.tag_v2.get(lengths, ()), strict=False)
        if image.tag_v2.get(_COMPRESSION, 1) != 1 and any(sum(part) > end for part in parts):
            raise ValueError("the file is cut off")


def _write_page(file, picture, options, number):
    dpi, page_dpi = options.metadata.dpi, options.metadata.page_dpi
    if 0 < number < len(page_dpi):
        dpi = page_dpi[number]
    resolution = {} if dpi is None else {"resolution": dpi, "resolutionunit": "INCH"}
    file.write(
        with_alpha(picture),
        photometric="rgb" if picture.pixels.ndim == 3 else "minisblack",
        extrasamples=[] if picture.alpha is None else ["unassalpha"],
        compression="zlib",
        predictor=True,
        iccprofile=srgb_profile() if options.metadata.has_profile else None,
        extratags=_tags(options) if number == 0 else [],
        # What tifffile would say of itself.
        software=False,
        metadata=None,
        # Of what is compressed at a time.
        buffersize=_BUFFER_SIZE,
        **resolution,
    )


def _tags(options):
    """What the first page says apart from EXIF, as tifffile has it."""
    resources = options.metadata.iptc or b""
    contents = (
        (_XMP, BYTE, packet_of(options)),
        (_IPTC, UNDEFINED, records_of(resources)),
        (_RESOURCES, BYTE, without_records(resources)),
    )
    return [(tag, kind, len(content), content, True) for tag, kind, content in contents if content]


def _deep_page(path, image, number, notes):
    """A page of 16 bits, of which Pillow would mostly make 8."""
    try:
        pixels, alpha = _deep_pixels(path, number, notes)
    except Exception as error:  # tifffile raises whatever it stumbles over.
        if image.unknown:
            raise
        if image.mode not in UINT16_MODES:
            notes.append(f"16 bits became 8 ({one_line(error)})")
            return from_pillow(image, notes)
        pixels, alpha = np.asarray(image), None
        if image.tag_v2[_KIND] == _MIN_IS_WHITE:
            pixels = np.invert(pixels)
    profile = image.info.get("icc_profile")
    return from_uint16(pixels, alpha, profile, orientation_of(image), notes)


def _deep_pixels(path, number, notes):
    """Pixels and transparency of a page as tifffile reads them."""
    import tifffile

    _silence(tifffile)
    with tifffile.TiffFile(path) as file:
        page = file.pages[number]
        kind = page.photometric
        if page.axes not in ("YX", "YXS", "SYX") or page.dtype != np.uint16:
            raise ValueError(f"pixels of {page.dtype}, {page.axes}")
        if kind not in (kind.RGB, kind.MINISBLACK, kind.MINISWHITE):
            raise ValueError(f"pixels of kind {kind.name}")
        pixels, extra = page.asarray(buffersize=_BUFFER_SIZE), page.extrasamples
        pixels = np.moveaxis(pixels, 0, -1) if page.axes == "SYX" else np.atleast_3d(pixels)
    num_colors = 3 if kind == kind.RGB else 1
    color = pixels[..., :3] if num_colors == 3 else pixels[..., 0]
    if kind == kind.MINISWHITE:
        np.invert(color, out=color)
    for channel, meaning in enumerate(map(int, extra), num_colors):
        if meaning in (_ASSOCIATED, _UNASSOCIATED):
            alpha = pixels[..., channel]
            if meaning == _ASSOCIATED:
                _divide(color, alpha)
            return color, alpha
    if extra:
        notes.append("channels of unknown meaning were left out")
    return color, None


def _divide(pixels, alpha):
    """Makes pixels that were multiplied by their transparency what they were before."""
    for rows in blocks(len(pixels)):
        share = np.maximum(alpha[rows], 1) / np.float32(65535)
        share = share if pixels.ndim == 2 else share[..., np.newaxis]
        pixels[rows] = np.minimum(np.rint(pixels[rows] / share), 65535)


def _silence(tifffile):
    """Lets tifffile's remarks on flaws of files go nowhere rather than to standard error."""
    if not tifffile.logger().handlers:
        tifffile.logger().addHandler(logging.NullHandler())


TIFF = Format(
    (".tif", ".tiff"),
    page,
    metadata,
    opener=TiffImage,
    write=write,
    has_16_bits=True,
    has_alpha=True,
    has_pages=True,
    keeps=("EXIF", "XMP", "IPTC", "DPI"),
)
