"""8-bit and 16-bit PNG files."""

import io
import struct

import numpy as np
from PIL import Image, PngImagePlugin

from colorkeras.image_io.color_profiles import profile_from_primaries, srgb_profile
from colorkeras.image_io.formats.format import Format, add_embedded, read_only_page
from colorkeras.image_io.formats.png16 import decoded, encoded
from colorkeras.image_io.image import Metadata, signature
from colorkeras.image_io.metadata import XMP_HEADER, XMP_KEYWORD, exif, read_metadata, xmp_packet
from colorkeras.image_io.pixels import from_samples, with_alpha

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER_LENGTH = 25
_DEPTH_AT, _KIND_AT = 24, 25
"""Offsets of the bit depth and the color type."""

_GRAY_KIND = 0
_PIXEL_CHUNKS = {b"IHDR", b"PLTE", b"IDAT", b"IEND"}
_TEXT_CHUNKS = {b"tEXt", b"zTXt", b"iTXt"}
_ANIMATION_CHUNKS = {b"acTL", b"fcTL", b"fdAT"}
_SOFTWARE = "Software"
_MIN_TEXT = 10
"""Length in bytes that the header of a compressed empty text does not exceed."""

# ITU-T H.273 code points, which cICP chunks contain.
_PRIMARIES = {
    1: (0.3127, 0.3290, 0.640, 0.330, 0.300, 0.600, 0.150, 0.060),
    9: (0.3127, 0.3290, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046),
    12: (0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
}
_SRGB_CURVES = (1, 6, 13, 14, 15)
_GAMMAS = {4: 1 / 2.2, 5: 1 / 2.8, 8: 1.0}
_SRGB_GAMMA = 0.45455
_RGB_MATRIX = 0


def page(path, image, number, notes):
    """Decode the image. See `Format`."""
    with path.open("rb") as stream:
        header = stream.read(_KIND_AT + 1)
        names = {chunk[4:8] for chunk in _chunks(stream, of={b"IEND"})}
    depth, kind = header[_DEPTH_AT], header[_KIND_AT]
    if not names:
        notes.append("the file's end marker is missing, but the pixel data is complete")
    orientation, profile, header_image = 1, None, image
    try:
        header_image = _without_pixels(path)
        orientation = exif.orientation_of(header_image)
        profile = _profile(path, header_image, notes)
    except Exception:  # Pillow's parser may raise anything; `metadata` reports the damage.
        pass
    if depth == 16:
        color, alpha = decoded(path, kind)
        return from_samples(color, alpha, profile, orientation, notes)
    if kind == _GRAY_KIND and depth in (2, 4) and "transparency" in image.info:
        # Pillow scales the pixels to 8 bits, but not the transparent level.
        image.info["transparency"] *= 255 // (2**depth - 1)
    image.load()
    _forget_texts(image)
    if profile is not None:
        image.info["icc_profile"] = profile
    if "exif" in header_image.info:
        image.info["exif"] = header_image.info["exif"]
    return read_only_page(path, image, number, notes)


def metadata(path, image, notes):
    """Read the metadata stored before and after the pixels. See `Format`."""
    try:
        header_image = _without_pixels(path)
        add_embedded(path, notes)
        _check_texts(path, header_image.text, notes)
        return read_metadata(header_image, notes)
    except Exception:  # Pillow's parser may raise anything.
        notes.append("damaged metadata was left out")
        return Metadata(has_profile="icc_profile" in image.info)


def write(path, images, options):
    """Write the first image. See `Format`."""
    image = next(images)
    settings = _settings(options, image)
    if image.pixels.dtype == np.uint8:
        Image.fromarray(with_alpha(image)).save(path, "PNG", **settings)
        return
    # Copy the chunks that Pillow would write in addition to the pixels.
    chunks = list(_chunks(io.BytesIO(_smallest_file(**settings)), without=_PIXEL_CHUNKS))
    with path.open("wb") as stream:
        stream.write(_SIGNATURE)
        for number, chunk in enumerate(encoded(image)):
            stream.write(chunk)
            if number == 0:
                stream.writelines(chunks)


def _profile(path, image, notes):
    """Return the ICC profile of the pixels. cICP overrides iCCP; sRGB overrides gAMA and cHRM."""
    with path.open("rb") as stream:
        coding = next(_chunks(stream, of={b"cICP"}), b"")[8:-4]
    if len(coding) == 4:
        primaries, curve, matrix, is_full = coding
        is_known = primaries in _PRIMARIES and (curve in _SRGB_CURVES or curve in _GAMMAS)
        if not is_known or matrix != _RGB_MATRIX or is_full != 1:
            name = "/".join(map(str, coding))
            notes.append(f"the unsupported color encoding {name} (cICP) was ignored")
            return None
        gamma = _GAMMAS.get(curve, _SRGB_GAMMA)
        return profile_from_primaries(gamma, _PRIMARIES[primaries])
    profile = image.info.get("icc_profile")
    if profile is not None or "srgb" in image.info:
        return profile
    gamma, primaries = image.info.get("gamma"), image.info.get("chromaticity")
    if not gamma and primaries is None:
        return None
    try:
        return profile_from_primaries(gamma or _SRGB_GAMMA, primaries or _PRIMARIES[1])
    except (ValueError, ZeroDivisionError):
        notes.append("invalid color chunks (gAMA, cHRM) were ignored")
        return None


def _without_pixels(path):
    """Open a file as an image with all of its metadata, without decoding pixels.

    Some programs write metadata after the pixels. Pillow reads it only when it decodes the pixels.
    """
    with path.open("rb") as stream:
        chunks = list(_chunks(stream, without=_PIXEL_CHUNKS | _ANIMATION_CHUNKS))
    small = b"".join(_with_chunks(_smallest_file(), chunks))
    image = PngImagePlugin.PngImageFile(io.BytesIO(small))
    image.load()
    _forget_texts(image)
    image.info = _raw_profiles(image.text) | image.info
    return image


def _forget_texts(image):
    """Delete texts from the dict in which Pillow also stores properties such as `transparency`."""
    for keyword, text in image.text.items():
        if image.info.get(keyword) is text:
            del image.info[keyword]


def _check_texts(path, texts, notes):
    """Add notes on the texts in a file that are missing in a dict from keyword to text."""
    with path.open("rb") as stream:
        chunks = [chunk[8:-4].partition(b"\0") for chunk in _chunks(stream, of=_TEXT_CHUNKS)]
    found = [(keyword.decode("latin-1"), content) for keyword, _, content in chunks]
    found = [(keyword, content) for keyword, content in found if keyword != XMP_KEYWORD]
    if len(found) > len(dict(found)):
        notes.append("only the last of several comments with the same keyword was kept")
    # If a text cannot be decompressed, Pillow returns an empty one.
    if any(
        keyword not in texts or (len(content) > _MIN_TEXT and not texts[keyword])
        for keyword, content in found
    ):
        notes.append("damaged comments were left out")


def _raw_profiles(texts):
    """Return the EXIF and XMP that ImageMagick and ExifTool store as hexadecimal text."""
    found = {}
    for keyword in ("exif", "APP1", "xmp"):
        lines = texts.get(f"Raw profile type {keyword}", "").split("\n")
        try:
            content = bytes.fromhex("".join(lines[3:]))
        except ValueError:
            # This is invalid in both formats, so the loss will be reported.
            content = b"\xff"
        if content.startswith(XMP_HEADER) or (content and keyword == "xmp"):
            found["xmp"] = content.removeprefix(XMP_HEADER)
        elif content:
            found["exif"] = content
    return found


def _settings(options, image):
    """Return the arguments for `Image.save` that write the metadata."""
    metadata, texts = options.metadata, PngImagePlugin.PngInfo()
    packet = xmp_packet(options)
    if packet is not None:
        texts.add_itxt(XMP_KEYWORD, packet.decode())
    comments = dict(metadata.comments)
    if metadata.software is not None:
        comments[_SOFTWARE] = signature(metadata.software, comments.get(_SOFTWARE))
    for keyword, text in comments.items():
        texts.add_text(keyword, _without_surrogates(text))
    if metadata.aspect is not None:
        texts.add(b"pHYs", struct.pack(">IIB", *metadata.aspect, 0))
    settings = {
        "pnginfo": texts,
        "exif": exif.exif_bytes(options, image),
        "dpi": metadata.dpi,
        "icc_profile": srgb_profile() if metadata.has_profile else None,
    }
    return {name: value for name, value in settings.items() if value is not None}


def _without_surrogates(text):
    """Decode text as Latin-1 if its bytes were not valid UTF-8."""
    content = text.encode("utf-8", "surrogateescape")
    try:
        content.decode()
    except UnicodeDecodeError:
        return content.decode("latin-1")
    return text


def _smallest_file(**settings):
    buffer = io.BytesIO()
    Image.new("L", (1, 1)).save(buffer, "PNG", **settings)
    return buffer.getvalue()


def _with_chunks(contents, chunks):
    """Return the parts of a file with additional chunks after its header."""
    behind = len(_SIGNATURE) + _HEADER_LENGTH
    return [contents[:behind], *chunks, memoryview(contents)[behind:]]


def _chunks(stream, of=None, without=()):
    """Yield the chunks of a file as bytes, up to the first truncated one.

    Args:
        stream: File opened in binary mode.
        of: Names of the chunks to yield, or None for all.
        without: Names of the chunks to skip.
    """
    stream.seek(len(_SIGNATURE))
    while len(head := stream.read(8)) == 8:
        length, name = struct.unpack(">I4s", head)
        rest = length + 4  # Including the checksum.
        if name in without or (of is not None and name not in of):
            stream.seek(rest, io.SEEK_CUR)
            continue
        content = stream.read(rest)
        if len(content) < rest:
            return
        yield head + content


PNG = Format(
    (".png",),
    page,
    metadata,
    write=write,
    has_16_bits=True,
    has_alpha=True,
    keeps=("EXIF", "XMP", "DPI", "comments"),
)
