"""8-bit and 16-bit PNG files."""

import io
import struct

import numpy as np
from PIL import Image, PngImagePlugin

from colorkeras.image_io.color_profiles import profile_from_primaries, srgb_profile
from colorkeras.image_io.formats.format import Format, read_only_page
from colorkeras.image_io.formats.png16 import decoded, encoded
from colorkeras.image_io.formats.png_chunks import PIXEL_CHUNKS, SIGNATURE, chunks, open_png
from colorkeras.image_io.image import signature
from colorkeras.image_io.metadata import XMP_KEYWORD, exif, xmp_packet
from colorkeras.image_io.pixels import from_samples, with_alpha

_DEPTH_AT, _KIND_AT = 8, 9
"""Offsets of the bit depth and the color type in the IHDR chunk."""

_GRAY_KIND = 0
_SOFTWARE = "Software"

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
    depth, kind = image.chunks[b"IHDR"][_DEPTH_AT], image.chunks[b"IHDR"][_KIND_AT]
    if b"IEND" not in image.chunks:
        notes.append("the file's end marker is missing, but the pixel data is complete")
    image.load()
    profile = _profile(image, notes)
    if depth == 16:
        color, alpha = decoded(path, kind, image.info.get("transparency"))
        return from_samples(color, alpha, profile, exif.orientation_of(image), notes)
    if kind == _GRAY_KIND and depth in (2, 4) and "transparency" in image.info:
        # Pillow scales the pixels to 8 bits, but not the transparent level.
        image.info["transparency"] *= 255 // (2**depth - 1)
    image.info["icc_profile"] = profile
    return read_only_page(path, image, number, notes)


def write(path, images, options):
    """Write the first image. See `Format`."""
    image = next(images)
    settings = _settings(options, image)
    if image.pixels.dtype == np.uint8:
        Image.fromarray(with_alpha(image)).save(path, "PNG", **settings)
        return
    # Copy the chunks that Pillow would write in addition to the pixels.
    others = list(chunks(_smallest_file(**settings), without=PIXEL_CHUNKS))
    with path.open("wb") as stream:
        stream.write(SIGNATURE)
        for number, chunk in enumerate(encoded(image)):
            stream.write(chunk)
            if number == 0:
                stream.writelines(others)


def _profile(image, notes):
    """Return the ICC profile of the pixels. cICP overrides iCCP; sRGB overrides gAMA and cHRM."""
    coding = image.chunks.get(b"cICP", b"")
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


def _smallest_file(**settings):
    """Return a PNG file of one pixel as a stream; `settings` are passed to `Image.save`."""
    buffer = io.BytesIO()
    Image.new("L", (1, 1)).save(buffer, "PNG", **settings)
    return buffer


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
    opener=open_png,
    write=write,
    has_16_bits=True,
    has_alpha=True,
    keeps=("EXIF", "XMP", "DPI", "comments"),
)
