"""8-bit and 16-bit PNG files."""

import io
import struct

import numpy as np
from PIL import Image, PngImagePlugin

from colorkeras.image_io.color_profiles import profile_from_primaries, srgb_profile
from colorkeras.image_io.formats.format import Format, add_embedded, read_only_page
from colorkeras.image_io.formats.png16 import decoded, encoded
from colorkeras.image_io.formats.png_chunks import (
    PIXEL_CHUNKS,
    SIGNATURE,
    chunks,
    opened,
    smallest_file,
    without_pixels,
)
from colorkeras.image_io.formats.png_texts import check_texts, forget_texts, raw_profiles
from colorkeras.image_io.image import Metadata, signature
from colorkeras.image_io.metadata import XMP_KEYWORD, exif, read_metadata, xmp_packet
from colorkeras.image_io.pixels import from_samples, with_alpha

_DEPTH_AT, _KIND_AT = 24, 25
"""Offsets of the bit depth and the color type."""

_GRAY_KIND = 0
_SOFTWARE = "Software"
_DAMAGED = "damaged metadata was left out"

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
        names = {chunk[4:8] for chunk in chunks(stream, of={b"IEND"})}
    depth, kind = header[_DEPTH_AT], header[_KIND_AT]
    if not names:
        notes.append("the file's end marker is missing, but the pixel data is complete")
    image.load()
    forget_texts(image)
    orientation, profile, header_image = 1, image.info.get("icc_profile"), image
    try:
        header_image, _ = _header_image(path)
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
    image.info = header_image.info | image.info | {"icc_profile": profile}
    return read_only_page(path, image, number, notes)


def metadata(path, image, notes):
    """Read the metadata stored before and after the pixels. See `Format`."""
    try:
        header_image, is_damaged = _header_image(path)
        if is_damaged:
            notes.append(_DAMAGED)
        add_embedded(path, notes)
        check_texts(path, header_image.text, notes)
        return read_metadata(header_image, notes)
    except Exception:  # Pillow's parser may raise anything.
        notes.append(_DAMAGED)
        return Metadata(has_profile="icc_profile" in image.info)


def write(path, images, options):
    """Write the first image. See `Format`."""
    image = next(images)
    settings = _settings(options, image)
    if image.pixels.dtype == np.uint8:
        Image.fromarray(with_alpha(image)).save(path, "PNG", **settings)
        return
    # Copy the chunks that Pillow would write in addition to the pixels.
    others = list(chunks(io.BytesIO(smallest_file(**settings)), without=PIXEL_CHUNKS))
    with path.open("wb") as stream:
        stream.write(SIGNATURE)
        for number, chunk in enumerate(encoded(image)):
            stream.write(chunk)
            if number == 0:
                stream.writelines(others)


def _profile(path, image, notes):
    """Return the ICC profile of the pixels. cICP overrides iCCP; sRGB overrides gAMA and cHRM."""
    with path.open("rb") as stream:
        coding = next(chunks(stream, of={b"cICP"}), b"")[8:-4]
    if len(coding) == 4:
        primaries, curve, matrix, is_full = coding
        is_known = primaries in _PRIMARIES and (curve in _SRGB_CURVES or curve in _GAMMAS)
        if is_known and matrix == _RGB_MATRIX and is_full == 1:
            gamma = _GAMMAS.get(curve, _SRGB_GAMMA)
            return profile_from_primaries(gamma, _PRIMARIES[primaries])
        name = "/".join(map(str, coding))
        notes.append(f"the unsupported color encoding {name} (cICP) was ignored")
    profile = image.info.get("icc_profile")
    if not profile and "icc_profile" in image.info:
        notes.append("the damaged color profile was ignored")
    if profile or "srgb" in image.info:
        return profile
    gamma, primaries = image.info.get("gamma"), image.info.get("chromaticity")
    if not gamma and primaries is None:
        return None
    try:
        return profile_from_primaries(gamma or _SRGB_GAMMA, primaries or _PRIMARIES[1])
    except (ValueError, ZeroDivisionError):
        notes.append("invalid color chunks (gAMA, cHRM) were ignored")
        return None


def _header_image(path):
    """Return an image of one pixel with all of a file's metadata, and whether some is damaged."""
    image, is_damaged = without_pixels(path)
    image.load()
    forget_texts(image)
    image.info = raw_profiles(image.text) | image.info
    return image, is_damaged


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


PNG = Format(
    (".png",),
    page,
    metadata,
    opener=opened,
    write=write,
    has_16_bits=True,
    has_alpha=True,
    keeps=("EXIF", "XMP", "DPI", "comments"),
)
