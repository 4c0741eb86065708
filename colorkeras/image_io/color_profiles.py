"""Conversion from ICC profiles to sRGB.

Pillow uses LittleCMS to convert 8-bit pixels with any profile, but does not support 16-bit pixels.
For 16-bit pixels, this module supports gray profiles and matrix-based RGB profiles (three curves
and a matrix), which are the profiles used by scanners and image editors.

Reference: International Color Consortium, "Specification ICC.1:2022", https://www.color.org/.
"""

import functools
import io
import struct

import numpy as np
from PIL import Image, ImageCms

from colorkeras.image_io.bit_depth import is_gray
from colorkeras.utils.errors import one_line

_DAMAGED = (ImageCms.PyCMSError, OSError, ValueError, TypeError)

# Linear sRGB to CIE XYZ in the profile connection space, whose white point is D50 (IEC 61966-2-1,
# Bradford adaptation).
_XYZ_FROM_RGB = np.array(
    [
        [0.4360747, 0.3850649, 0.1430804],
        [0.2225045, 0.7168786, 0.0606169],
        [0.0139322, 0.0971045, 0.7141733],
    ]
)

_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
_SRGB_CHROMATICITIES = (0.3127, 0.3290, 0.640, 0.330, 0.300, 0.600, 0.150, 0.060)
_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
"""Parameters of the sRGB curve as a type 3 parametric curve."""

_MAX = 65535
_LEVELS = np.arange(_MAX + 1) / _MAX


def srgb_profile():
    """Return an sRGB ICC profile as bytes."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def profile_from_primaries(gamma, chromaticities):
    """Build an ICC profile from the gamma and chromaticities in a PNG file.

    Args:
        gamma: Encoding exponent, such as 1 / 2.2; 0.45455 selects the sRGB curve.
        chromaticities: x and y for white, red, green and blue.

    Returns:
        ICC profile as bytes, or None for sRGB.

    Raises:
        ValueError, ZeroDivisionError: The values do not describe a valid color space.
    """
    is_srgb_curve = abs(gamma - 0.45455) < 0.005
    if is_srgb_curve and np.allclose(chromaticities, _SRGB_CHROMATICITIES, atol=0.002):
        return None
    if not 0.01 < gamma <= 10:
        raise ValueError(f"unsupported gamma {gamma}")
    white, *columns = (
        np.array([x / y, 1, (1 - x - y) / y])
        for x, y in zip(chromaticities[::2], chromaticities[1::2], strict=True)
    )
    columns = np.stack(columns, axis=1)
    columns = columns * np.linalg.solve(columns, white)
    # Adapt the white point to D50 (Bradford).
    cones = (_BRADFORD @ _XYZ_FROM_RGB.sum(axis=1)) / (_BRADFORD @ white)
    columns = np.linalg.inv(_BRADFORD) @ (cones[:, np.newaxis] * (_BRADFORD @ columns))
    if is_srgb_curve:
        curve = struct.pack(">4s4xHxx5i", b"para", 3, *(_fixed(x) for x in _SRGB_CURVE))
    else:
        curve = struct.pack(">4s4xIHxx", b"curv", 1, min(65535, round(256 / gamma)))
    tags = dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    names = (b"wtpt", b"rXYZ", b"gXYZ", b"bXYZ")
    for name, xyz in zip(names, (_XYZ_FROM_RGB.sum(axis=1), *columns.T), strict=True):
        tags[name] = struct.pack(">4s4x3i", b"XYZ ", *map(_fixed, xyz))
    start = 132 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        table += struct.pack(">4sII", name, start + len(body), len(content))
        body += content
    header = struct.pack(
        ">I4xI4s4s4s12x4s", start + len(body), 0x02400000, b"mntr", b"RGB ", b"XYZ ", b"acsp"
    )
    return header.ljust(68, b"\0") + tags[b"wtpt"][8:] + bytes(48) + table + body


def _fixed(number):
    return round(number * 65536)


def uint8_converter(profile, mode, notes):
    """Return a function that converts 8-bit images to sRGB.

    Args:
        profile: ICC profile as bytes, or None.
        mode: Pillow mode of the images, without transparency.
        notes: List that receives a note if the profile cannot be applied.

    Returns:
        Function that converts an image in this mode to an sRGB image in mode "L" or "RGB".
    """
    if profile:
        try:
            return _by_profile(profile, mode)
        except _DAMAGED as error:
            notes.append(f"the color profile was not applied ({one_line(error)})")
    return unchanged


def uint16_converter(profile, gray, notes):
    """Return a function that converts 16-bit pixels to sRGB.

    Args:
        profile: ICC profile as bytes, or None.
        gray: Whether the pixels are gray.
        notes: List that receives a note if the profile cannot be applied.

    Returns:
        Function that converts uint16 `[n, w]` if gray, otherwise `[n, w, 3]`, to sRGB with the
        same shape; None if the pixels are already sRGB or the profile cannot be applied.
    """
    if not profile:
        return None
    try:
        with np.errstate(divide="raise", over="raise", invalid="raise"):
            convert = _by_curve(profile) if gray else _by_matrix(profile)
            return None if _changes_nothing(convert, gray) else convert
    except (KeyError, ValueError, FloatingPointError, struct.error):
        notes.append(
            "the color profile was not applied because its type is not supported for 16-bit pixels"
        )
        return None


def srgb_from_lab(lab):
    """Convert CIE L*a*b* relative to D50 to sRGB.

    Args:
        lab: float `[..., 3]`.

    Returns:
        float64 `[..., 3]` in [0, 1].

    >>> srgb_from_lab(np.array([[100.0, 0.0, 0.0], [50.0, 0.0, 0.0]])).round(2).tolist()
    [[1.0, 1.0, 1.0], [0.47, 0.47, 0.47]]
    """
    y = (lab[..., 0] + 16) / 116
    f = np.stack([y + lab[..., 1] / 500, y, y - lab[..., 2] / 200], axis=-1)
    xyz = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * _XYZ_FROM_RGB.sum(axis=1)
    return _encoded(xyz @ np.linalg.inv(_XYZ_FROM_RGB).T)


def unchanged(image):
    """Return an image that is already sRGB, converted to RGB unless its mode is "L" or "RGB"."""
    return image if image.mode in ("L", "RGB") else image.convert("RGB")


@functools.lru_cache(maxsize=8)
def _by_profile(profile, mode):
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    if mode == "L":
        return _by_ramp(source)
    transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    if mode != "RGB":
        return lambda image: ImageCms.applyTransform(image, transform)
    # Converting sRGB to sRGB would only add rounding errors.
    levels = np.linspace(0, 255, 16).round().astype(np.uint8)
    colors = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(1, -1, 3)
    converted = np.asarray(ImageCms.applyTransform(Image.fromarray(colors), transform))
    if np.abs(converted.astype(int) - colors).max() <= 1:
        return unchanged
    by_ramp = _by_ramp(source)

    def convert(image):
        # Rounding in the transform would tint gray pixels.
        if is_gray(np.asarray(image)):
            return by_ramp(image.getchannel("G"))
        return ImageCms.applyTransform(image, transform)

    return convert


def _by_ramp(source):
    """Return a function that converts gray images with a lookup table."""
    # An RGB profile also defines gray levels.
    is_gray_profile = source.profile.xcolor_space.strip() == "GRAY"
    ramp = Image.fromarray(np.arange(256, dtype=np.uint8)[np.newaxis])
    ramp = ramp if is_gray_profile else ramp.convert("RGB")
    target = ImageCms.createProfile("sRGB")
    # LittleCMS's optimizations lose accuracy in shadows.
    flags = ImageCms.Flags.NOOPTIMIZE
    converted = ImageCms.profileToProfile(ramp, source, target, outputMode="RGB", flags=flags)
    levels = np.asarray(converted)[0, :, 1].astype(int)
    if np.abs(levels - np.arange(256)).max() <= 1:
        return unchanged
    return lambda image: image.point(levels.tolist())


def _by_curve(profile):
    # An RGB profile also defines gray levels.
    tags = _tags(profile)
    levels = _deep_levels(_encoded(_curve(tags.get(b"kTRC") or tags[b"gTRC"])))
    return lambda pixels: levels[pixels]


def _by_matrix(profile):
    tags = _tags(profile)
    curves = [_curve(tags[name]).astype(np.float32) for name in (b"rTRC", b"gTRC", b"bTRC")]
    xyz = np.stack([_xyz(tags[name]) for name in (b"rXYZ", b"gXYZ", b"bXYZ")], axis=1)
    matrix = np.linalg.inv(_XYZ_FROM_RGB) @ xyz
    # The matrix entries in profiles are rounded, which would tint gray pixels.
    matrix = (matrix / matrix.sum(axis=1, keepdims=True)).astype(np.float32)

    def convert(pixels):
        channels = [curve[pixels[..., channel]] for channel, curve in enumerate(curves)]
        return _deep_levels(_encoded(np.stack(channels, axis=-1) @ matrix.T))

    return convert


def _changes_nothing(convert, gray):
    """Return whether a conversion changes every value by at most one 8-bit level."""
    levels = np.linspace(0, _MAX, 16).round().astype(np.uint16)
    pixels = levels if gray else np.stack(np.meshgrid(levels, levels, levels), axis=-1)
    return np.abs(convert(pixels).astype(int) - pixels).max() <= 257


def _encoded(linear):
    """Clip linear values to [0, 1] and apply the sRGB curve."""
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def _deep_levels(values):
    return np.rint(values * _MAX).astype(np.uint16)


def _tags(profile):
    """Return the tags in a gray or RGB profile as a dict from name to bytes."""
    if profile[16:24] not in (b"GRAYXYZ ", b"RGB XYZ "):
        raise ValueError("unsupported color space")
    (count,) = struct.unpack_from(">I", profile, 128)
    tags = {}
    for number in range(min(count, 100)):
        name, start, length = struct.unpack_from(">4sII", profile, 132 + 12 * number)
        tags[name] = profile[start : start + length]
    return tags


def _xyz(tag):
    return np.array(struct.unpack_from(">3i", tag, 8)) / 65536


def _curve(tag):
    """Return linear light in [0, 1] for every 16-bit level: float64 `[65536]`."""
    if tag[:4] == b"para":
        return _parametric(tag)
    if tag[:4] != b"curv":
        raise ValueError("unsupported curve type")
    (count,) = struct.unpack_from(">I", tag, 8)
    if count == 0:
        return _LEVELS
    if count == 1:
        (gamma,) = struct.unpack_from(">H", tag, 12)
        return _LEVELS ** (gamma / 256)
    table = np.array(struct.unpack_from(f">{count}H", tag, 12)) / _MAX
    return np.interp(_LEVELS, np.linspace(0, 1, count), table)


def _parametric(tag):
    (kind,) = struct.unpack_from(">H", tag, 8)
    if kind > 4:
        raise ValueError("unknown parametric curve type")
    count = (1, 3, 4, 5, 7)[kind]
    given = [value / 65536 for value in struct.unpack_from(f">{count}i", tag, 12)]
    # The curve is (a x + b) ** gamma + e above a threshold and c x + f below it.
    gamma, a, b, c, line, e, f = [*given[:1], 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    if kind in (1, 2):
        a, b = given[1:3]
        c, line = 0.0, -b / a if a else 0.0
        e = f = given[3] if kind == 2 else 0.0
    elif kind in (3, 4):
        a, b, c, line = given[1:5]
        e, f = given[5:] if kind == 4 else (0.0, 0.0)
    power = np.maximum(a * _LEVELS + b, 0) ** gamma + e
    return np.clip(np.where(line <= _LEVELS, power, c * _LEVELS + f), 0, 1)
