"""H.264 encoding of colorized frames."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from colorkeras.video.film import import_av
from colorkeras.video.luma_planes import BT601, FULL_RANGE, LIMITED_RANGE, PlaneLayout

_PRESET = "fast"

_NUM_THREADS = 4
"""Number of encoder threads, which is fixed for reproducibility because it affects the output."""

_BEST_CRF, _WORST_CRF = 14.0, 51.0
"""Constant rate factors (CRF) for quality 100 and 1; about 18 is visually lossless."""

_UNSPECIFIED, _BT601_50_HZ, _BT2020, _BT2020_CONSTANT = 2, 5, 9, 10
"""Additional color matrix codes (ITU-T H.273, table 4); see also `luma_planes`."""

_50_HZ_HEIGHT = 576

_PRIMARIES = {_BT2020_CONSTANT: 9}
"""Usual primaries code (ITU-T H.273, table 2) for each matrix code, where the two differ."""

_TRANSFER = {_BT601_50_HZ: 6, _BT2020: 14, _BT2020_CONSTANT: 14}
"""Usual transfer function code (ITU-T H.273, table 3) for each matrix code, where they differ."""


@dataclass(frozen=True)
class ColorTags:
    """Codes for color primaries, transfer function and matrix (ITU-T H.273), and color range."""

    primaries: int
    transfer: int
    matrix: int
    color_range: int

    @classmethod
    def of(cls, context, layout):
        """Return the tags of a decoder context, deriving unspecified ones from the layout."""
        matrix = layout.matrix
        is_tagged = context.colorspace == matrix
        if matrix == BT601 and not is_tagged and context.height == _50_HZ_HEIGHT:
            matrix = _BT601_50_HZ
        primaries, transfer = int(context.color_primaries), int(context.color_trc)
        return cls(
            _PRIMARIES.get(matrix, matrix) if primaries in (0, _UNSPECIFIED) else primaries,
            _TRANSFER.get(matrix, matrix) if transfer in (0, _UNSPECIFIED) else transfer,
            matrix,
            FULL_RANGE if layout.is_full_range else LIMITED_RANGE,
        )


@dataclass(frozen=True)
class Encoding:
    """Encoder settings.

    Attributes:
        size: Width and height of the frames in pixels; odd sizes are padded by one pixel.
        layout: `PlaneLayout`.
        tags: `ColorTags`.
        time_base: Unit of timestamps in seconds, `Fraction`.
        rate: Mean frame rate in frames per second, `Fraction`.
        pixel_aspect: Width of a pixel relative to its height, `Fraction`, or None.
        quality: int in [1, 100].
    """

    size: tuple
    layout: PlaneLayout
    tags: ColorTags
    time_base: Fraction
    rate: Fraction
    pixel_aspect: Fraction | None
    quality: int

    @property
    def padded_size(self):
        """Width and height of the encoded frames in pixels, both even."""
        return tuple(side + side % 2 for side in self.size)

    def configure(self, context):
        """Configure an `av.VideoCodecContext` for libx264."""
        av = import_av()
        context.width, context.height = self.padded_size
        context.pix_fmt = self.layout.pixel_format
        context.time_base, context.framerate = self.time_base, self.rate
        if self.pixel_aspect:
            context.sample_aspect_ratio = self.pixel_aspect
        context.color_primaries, context.color_trc = self.tags.primaries, self.tags.transfer
        context.colorspace, context.color_range = self.tags.matrix, self.tags.color_range
        # Segments are concatenated, so the container must store the parameter sets.
        context.flags |= av.codec.context.Flags.global_header
        context.thread_count = _NUM_THREADS
        crf = _BEST_CRF + (100 - self.quality) / 99 * (_WORST_CRF - _BEST_CRF)
        context.options = {
            "preset": _PRESET,
            "crf": f"{crf:.2f}",
            "chroma_sample_location": "center",
            # Macroblock-tree rate control is not deterministic (x264 165 with AVX-512).
            "x264-params": "mbtree=0",
        }

    def encode(self, frames):
        """Encode a segment, which starts with a key frame.

        Args:
            frames: Iterable of `(pts, luma, cb, cr)`: the timestamp, luma samples `[h, w]`, and
                chroma samples `[ceil(h / 2), ceil(w / 2)]`.

        Returns:
            Dict of arrays: `data`, the bytes of all packets in decoding order, uint8; `sizes`, the
            packet sizes in bytes, int64; `pts`, the timestamps, int64; and `is_key`, bool.
        """
        av = import_av()
        context = av.CodecContext.create("libx264", "w")
        self.configure(context)
        packets = []
        for pts, *planes in frames:
            packets += context.encode(self._frame(pts, planes))
        packets += context.encode(None)
        data = [bytes(packet) for packet in packets]
        return {
            "data": np.frombuffer(b"".join(data), np.uint8),
            "sizes": np.array([len(packet) for packet in data], np.int64),
            "pts": np.array([packet.pts for packet in packets], np.int64),
            "is_key": np.array([packet.is_keyframe for packet in packets]),
        }

    def _frame(self, pts, planes):
        frame = import_av().VideoFrame(*self.padded_size, self.layout.pixel_format)
        frame.pts, frame.time_base = pts, self.time_base
        for plane, samples in zip(frame.planes, planes, strict=True):
            itemsize = samples.dtype.itemsize
            rows = np.frombuffer(plane, samples.dtype).reshape(plane.height, -1)
            height, width = samples.shape
            padding = ((0, plane.height - height), (0, plane.line_size // itemsize - width))
            rows[:] = np.pad(samples, padding, mode="edge")
        return frame
