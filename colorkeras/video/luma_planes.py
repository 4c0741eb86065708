"""Extraction of luma planes from decoded frames and conversion of chroma to encoder planes."""

from dataclasses import dataclass

import numpy as np

from colorkeras.color import bt601

BT601, BT709 = 6, 1
"""Color matrix codes (ITU-T H.273, table 4): SMPTE 170M and BT.709."""

LIMITED_RANGE, FULL_RANGE = 1, 2
"""FFmpeg codes for the color range."""

_RED_AND_BLUE = {
    BT709: (0.2126, 0.0722),
    4: (0.30, 0.11),
    5: (0.299, 0.114),
    BT601: (0.299, 0.114),
    7: (0.212, 0.087),
    9: (0.2627, 0.0593),
    10: (0.2627, 0.0593),
}
"""Luma weights of red and blue for each color matrix (ITU-T H.273, table 4)."""

_MAX_BT601_HEIGHT = 576
"""Maximum height in pixels at which untagged films are assumed to use BT.601."""


@dataclass(frozen=True)
class PlaneLayout:
    """Bit depth, range and color matrix of a film's planes.

    Attributes:
        bits: Bits per sample, 8 or 10.
        is_full_range: Whether samples use all code values, rather than 16 to 235 for 8-bit luma.
        matrix: Color matrix code; see `BT601`.
    """

    bits: int
    is_full_range: bool
    matrix: int

    @classmethod
    def of(cls, frame, codec):
        """Determine the layout from a decoded `av.VideoFrame` and its codec name."""
        pixel_format = frame.format
        matrix = int(frame.colorspace)
        if matrix not in _RED_AND_BLUE:
            matrix = BT601 if frame.height <= _MAX_BT601_HEIGHT else BT709
        full = frame.color_range == FULL_RANGE or pixel_format.name.startswith("yuvj")
        if frame.color_range == 0 and pixel_format.name.startswith("gray"):
            # H.264 and H.265 default to limited range; other codecs store plain gray levels.
            full = codec not in ("h264", "hevc")
        depth = max(component.bits for component in pixel_format.components)
        bits = 8 if depth <= 8 else 10
        return cls(bits, full and _has_luma_plane(pixel_format, bits), matrix)

    @property
    def pixel_format(self):
        """FFmpeg name of the output pixel format."""
        return "yuv420p" if self.bits == 8 else "yuv420p10le"

    @property
    def dtype(self):
        """NumPy dtype of the samples: uint8 for 8 bits, uint16 for 10 bits."""
        return np.dtype(np.uint8 if self.bits == 8 else np.uint16)

    def luma_plane(self, frame):
        """Return the luma samples of a decoded `av.VideoFrame`, `[h, w]`.

        If the pixel format has a luma plane, it is returned unchanged. Other formats, such as RGB,
        are converted.
        """
        if not _has_luma_plane(frame.format, self.bits):
            frame = frame.reformat(
                format="yuv444p" if self.bits == 8 else "yuv444p10le",
                dst_colorspace="ITU709" if self.matrix == BT709 else "ITU601",
                dst_color_range=FULL_RANGE if self.is_full_range else LIMITED_RANGE,
            )
        plane = frame.planes[0]
        samples = np.frombuffer(plane, self.dtype)
        rows = samples.reshape(plane.height, plane.line_size // self.dtype.itemsize)
        return rows[:, : frame.width]

    def as_full_range(self, luma):
        """Convert luma samples, or averages of samples, to float32 in [0, 1]."""
        low, span = (0, 2**self.bits - 1) if self.is_full_range else self._limits(219)
        scaled = (np.asarray(luma, np.float32) - np.float32(low)) / np.float32(span)
        return np.clip(scaled, 0, 1, out=scaled)

    def chroma_planes(self, chroma):
        """Convert chroma to samples with the film's color matrix and range.

        Args:
            chroma: BT.601 Cb and Cr, float32 `[h, w, 2]` in [-0.5, 0.5].

        Returns:
            `(cb, cr)`, two arrays `[h, w]` of the layout's `dtype`.
        """
        low, span = (0, 2**self.bits - 1) if self.is_full_range else self._limits(224)
        middle = 2 ** (self.bits - 1)
        codes = chroma @ (_from_bt601(self.matrix).T * np.float32(span)) + np.float32(middle)
        codes = np.clip(np.rint(codes), low, low + span).astype(self.dtype)
        return np.ascontiguousarray(codes[..., 0]), np.ascontiguousarray(codes[..., 1])

    def _limits(self, span):
        """Return the lowest code value and the span in limited range, scaled to the bit depth."""
        scale = 2 ** (self.bits - 8)
        return 16 * scale, span * scale


def half_size(plane):
    """Average blocks of 2 x 2 samples and return float32; odd sides are padded by repetition.

    >>> half_size(np.uint8([[1, 3, 5], [1, 3, 5], [7, 7, 9]])).tolist()
    [[2.0, 5.0], [7.0, 9.0]]
    """
    height, width = plane.shape
    even = np.pad(plane, ((0, height % 2), (0, width % 2)), mode="edge")
    rows = even[0::2].astype(np.float32) + even[1::2]
    return (rows[:, 0::2] + rows[:, 1::2]) / 4


def _from_bt601(matrix):
    """Return the matrix `[2, 2]` that converts (Cb, Cr) from BT.601 to another color matrix.

    The film's luma is kept, so the conversion preserves the differences between R, G and B and thus
    the hues.
    """
    red, green, blue = bt601.LUMA_WEIGHTS
    # Rows: R - Y, G - Y and B - Y per unit of Cb and Cr.
    differences = np.array(
        [
            [0, bt601.RED_PER_CR],
            [-bt601.BLUE_PER_CB * blue / green, -bt601.RED_PER_CR * red / green],
            [bt601.BLUE_PER_CB, 0],
        ]
    )
    red, blue = _RED_AND_BLUE[matrix]
    luma = np.array([red, 1 - red - blue, blue]) @ differences
    cb = (differences[2] - luma) / (2 * (1 - blue))
    cr = (differences[0] - luma) / (2 * (1 - red))
    return np.stack([cb, cr]).astype(np.float32)


def _has_luma_plane(pixel_format, bits):
    """Return whether the first plane of a pixel format contains luma of the given bit depth."""
    luma = pixel_format.components[0]
    return (
        luma.is_luma
        and luma.bits == bits
        and not (pixel_format.is_rgb or pixel_format.is_big_endian or pixel_format.has_palette)
        # P010 and similar formats store samples in the high bits.
        and not pixel_format.name.startswith("p0")
        and all(component.plane for component in pixel_format.components[1:])
    )
