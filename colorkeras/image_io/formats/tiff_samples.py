"""Decode TIFF pages that Pillow cannot decode at their full bit depth."""

import io
import lzma
import struct
import zlib

import numpy as np
from PIL import TiffImagePlugin

from colorkeras.image_io.bit_depth import as_uint8, blocks, scale_to_uint
from colorkeras.image_io.color_profiles import srgb_from_lab
from colorkeras.image_io.formats.tiff_image import LZW, UNCOMPRESSED, YCBCR

ALPHA_KINDS = _ASSOCIATED, _UNASSOCIATED = 1, 2
"""Codes for premultiplied (associated) and unassociated alpha."""

_MIN_IS_WHITE, _MIN_IS_BLACK, _RGB, _PALETTE, _SEPARATED = 0, 1, 2, 3, 5
_CIELAB, _ICCLAB = 8, 9
_NUM_COLORS = {
    _MIN_IS_WHITE: 1,
    _MIN_IS_BLACK: 1,
    _PALETTE: 1,
    _RGB: 3,
    YCBCR: 3,
    _CIELAB: 3,
    _ICCLAB: 3,
    _SEPARATED: 4,
}
_UNSIGNED, _SIGNED, _UNDEFINED = 1, 2, 4
_OTHER_FORMATS = {3: "floating-point", 5: "complex integer", 6: "complex"}
_JPEG = 7
_MAX_SAMPLES = 16
LOST_CHANNELS = "channels of unknown meaning were left out"
BUFFER_SIZE = 2**24
"""Maximum number of bytes that tifffile buffers in addition to the pixels."""


def read_samples(directory, notes):
    """Read a page's pixels.

    Args:
        directory: `tifffile.TiffPage`.
        notes: List that receives notes on lost data.

    Returns:
        `(color, alpha, is_srgb)`: the color, uint8 or uint16 `[h, w]` or `[h, w, 3]`, or uint8
        `[h, w, 4]` for CMYK; the alpha channel, `[h, w]` or None; and whether the color is sRGB
        regardless of the profile.

    Raises:
        ValueError: The pixel type is unsupported. For damaged pages, tifffile may raise other
            exceptions.
    """
    kind, bits = int(directory.photometric), directory.bitspersample
    _check_kind(directory)
    samples = _decode(directory)
    samples = np.moveaxis(samples, 0, -1) if directory.axes == "SYX" else np.atleast_3d(samples)
    if samples.shape[:2] != (directory.imagelength, directory.imagewidth):
        size = f"{samples.shape[1]}x{samples.shape[0]}"
        raise ValueError(f"the stored size of {size} pixels does not match the header")
    num_colors = _NUM_COLORS[kind]
    color, extra = samples[..., :num_colors], samples[..., num_colors:]
    color = color[..., 0] if num_colors == 1 else color
    if kind == _PALETTE:
        color = as_uint8(_palette(directory)[color])
    elif kind in (_CIELAB, _ICCLAB):
        color = _srgb_from_lab_samples(color, bits, kind)
    else:
        color = scale_to_uint(color, bits)
    if kind == _MIN_IS_WHITE:
        color = np.invert(color)
    if kind == _SEPARATED and color.dtype == np.uint16:
        notes.append("the bit depth was reduced from 16 to 8 bits")
        color = as_uint8(color)
    color, alpha = _with_transparency(color, extra, directory.extrasamples, bits, notes)
    return color, alpha, kind in (_CIELAB, _ICCLAB)


def has_small_palette(directory):
    """Return whether a page has a palette with 8-bit instead of 16-bit levels.

    Some programs write such palettes, although the specification does not allow them.
    """
    return directory.colormap is not None and directory.colormap.max(initial=0) < 256


def _check_kind(directory):
    """Raise ValueError if the type of a page's pixels is not supported."""
    kind, bits = int(directory.photometric), directory.bitspersample
    name = f"the photometric interpretation {described(directory.photometric)}"
    if kind not in _NUM_COLORS or (kind == YCBCR and directory.compression != _JPEG):
        raise ValueError(f"{name} is not supported")
    num_samples = directory.samplesperpixel
    if num_samples < _NUM_COLORS[kind]:
        raise ValueError(
            f"{name} requires {_NUM_COLORS[kind]} samples per pixel, not {num_samples}"
        )
    if directory.axes not in ("YX", "YXS", "SYX") or num_samples > _MAX_SAMPLES:
        layout = f"{num_samples} samples per pixel with axes {directory.axes}"
        raise ValueError(f"{layout} are not supported")
    sample_format = int(directory.sampleformat)
    if sample_format not in (_UNSIGNED, _SIGNED, _UNDEFINED):
        kind_of_sample = _OTHER_FORMATS.get(sample_format, f"format {sample_format}")
        raise ValueError(
            f"{bits}-bit {kind_of_sample} pixels are not supported because their range is unknown"
        )
    if not isinstance(bits, int):
        raise ValueError(f"pixels with {bits} bits per sample are not supported")
    if bits > 16:
        raise ValueError(f"{bits}-bit pixels are not supported because their range is unknown")
    if directory.dtype is None:
        raise ValueError(f"signed {bits}-bit pixels are not supported")
    if kind == _PALETTE and directory.colormap is None:
        raise ValueError("the color map is missing")


def _palette(directory):
    """Return the palette as 16-bit levels `[colors, 3]`."""
    return directory.colormap.T * np.uint16(257 if has_small_palette(directory) else 1)


def _with_transparency(color, extra, meanings, bits, notes):
    """Return the color and the alpha channel, or None if there is no alpha channel."""
    for channel, meaning in enumerate(map(int, meanings)):
        if meaning not in ALPHA_KINDS:
            continue
        alpha = scale_to_uint(extra[..., channel], bits)
        alpha = as_uint8(alpha) if color.dtype == np.uint8 else alpha
        if meaning == _ASSOCIATED and color.shape[2:] != (4,):
            color = color if color.flags.writeable else color.copy()
            _unmultiply(color, alpha)
        return color, alpha
    if extra.shape[-1]:
        notes.append(LOST_CHANNELS)
    return color, None


def _unmultiply(pixels, alpha):
    """Divide premultiplied pixels by their alpha in place."""
    white = np.iinfo(pixels.dtype).max
    for rows in blocks(len(pixels)):
        opacity = np.maximum(alpha[rows], 1) / np.float32(white)
        opacity = opacity if pixels.ndim == 2 else opacity[..., np.newaxis]
        pixels[rows] = np.minimum(np.rint(pixels[rows] / opacity), white)


def _srgb_from_lab_samples(samples, bits, kind):
    """Convert encoded L*a*b* to sRGB with the same bit depth."""
    dtype = np.dtype(np.uint8 if bits <= 8 else np.uint16)
    pixels = np.empty(samples.shape, dtype)
    for rows in blocks(len(samples)):
        lightness, *ab = np.moveaxis(samples[rows].astype(np.float64), -1, 0)
        # CIELAB stores a* and b* as two's complement, ICCLAB with an offset.
        full = 2**bits
        ab = [x - full / 2 if kind == _ICCLAB else np.where(x >= full / 2, x - full, x) for x in ab]
        lab = [lightness * 100 / (full - 1), *(x * 256 / full for x in ab)]
        pixels[rows] = np.rint(srgb_from_lab(np.stack(lab, axis=-1)) * np.iinfo(dtype).max)
    return pixels


def _decode(directory):
    """Return the samples as stored, in native byte order."""
    try:
        return directory.asarray(buffersize=BUFFER_SIZE)
    except ImportError:
        # tifffile falls back to standard library decoders that old Python versions lack.
        pass
    except (ValueError, KeyError, NotImplementedError) as error:
        if "COMPRESSION" in str(error) and "imagecodecs" not in str(error):
            name = described(directory.compression)
            raise ValueError(f"compression {name} is not supported") from error
        if "corrupted" in str(error):
            raise damaged(directory) from error
        if "imagecodecs" not in str(error):
            raise
    except (RuntimeError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise damaged(directory) from error
    if directory.compression == UNCOMPRESSED and directory.bitspersample not in (1, 8, 16):
        raise ValueError(
            f"packed {directory.bitspersample}-bit samples require pip install 'colorkeras[codecs]'"
        )
    if directory.compression == LZW and directory.fillorder == 1 and directory.predictor in (1, 2):
        try:
            return _decode_lzw(directory)
        except OSError as error:
            raise damaged(directory) from error
    raise ValueError(
        f"compression {described(directory.compression)} requires pip install 'colorkeras[codecs]'"
    )


def _decode_lzw(directory):
    """Decode a page without imagecodecs, using Pillow to decompress the bytes."""
    kind = "i" if directory.sampleformat == _SIGNED else "u"
    dtype = np.dtype(f"{directory.parent.byteorder}{kind}{-(-directory.bitspersample // 8)}")
    if directory.bitspersample != 8 * dtype.itemsize:
        raise ValueError(f"packed {directory.bitspersample}-bit samples are not supported")
    height, width = directory.imagelength, directory.imagewidth
    planes = directory.samplesperpixel if directory.planarconfig == 2 else 1
    depth = directory.samplesperpixel // planes
    segment_height, segment_width = directory.rowsperstrip, width
    if directory.is_tiled:
        segment_height, segment_width = directory.tilelength, directory.tilewidth
    across, down = -(-width // segment_width), -(-height // segment_height)
    samples = np.zeros((planes, height, width, depth), dtype.newbyteorder("="))
    stream = directory.parent.filehandle
    for number, (offset, count) in enumerate(
        zip(directory.dataoffsets, directory.databytecounts, strict=True)
    ):
        plane, place = divmod(number, across * down)
        top, left = place // across * segment_height, place % across * segment_width
        rows = segment_height if directory.is_tiled else min(segment_height, height - top)
        stream.seek(offset)
        content = _decompress_lzw(stream.read(count), rows * segment_width * depth * dtype.itemsize)
        segment = np.frombuffer(content, dtype).reshape(rows, segment_width, depth)
        if directory.predictor == 2:
            segment = np.cumsum(segment, axis=1, dtype=samples.dtype)
        target = samples[plane, top : top + rows, left : left + segment_width]
        target[:] = segment[: target.shape[0], : target.shape[1]]
    if planes > 1:
        return samples[..., 0]
    return samples[0] if depth > 1 else samples[0, ..., 0]


def _decompress_lzw(content, length):
    """Decompress LZW data with Pillow by wrapping it in a one-row grayscale TIFF image."""
    entries = ((256, length), (257, 1), (258, 8), (259, LZW), (262, 1), (273, 122), (277, 1))
    entries = (*entries, (278, 1), (279, len(content)))
    header = struct.pack("<2sHIH", b"II", 42, 8, len(entries))
    header += b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries)
    header += struct.pack("<I", 0)
    with TiffImagePlugin.TiffImageFile(io.BytesIO(header + content)) as image:
        return image.tobytes()


def damaged(directory):
    """Create the error for a page whose compressed data cannot be decoded."""
    return ValueError(f"the {described(directory.compression)} data is damaged")


def described(value):
    """Return the name and number of a compression or photometric interpretation."""
    name = getattr(value, "name", None)
    return f"{name} ({int(value)})" if name else str(int(value))
