"""Tests for image planes: ranges, bit depths and color matrices."""

import numpy as np
import pytest
from video.films import av

from colorkeras.color.spaces_numpy import rgb_to_chroma
from colorkeras.video.luma_planes import BT601, BT709, PlaneLayout, half_size

RED = np.float32([[[0.8, 0.2, 0.3]]])


@pytest.mark.parametrize("matrix", [BT601, BT709])
@pytest.mark.parametrize("is_full_range", [False, True])
@pytest.mark.parametrize("bits", [8, 10])
def test_chroma_is_that_of_ffmpeg(bits, is_full_range, matrix):
    layout = PlaneLayout(bits, is_full_range, matrix)
    pixels = np.rint(np.broadcast_to(RED, [16, 16, 3]) * 255).astype(np.uint8)
    frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(
        format="yuv444p" if bits == 8 else "yuv444p10le",
        dst_colorspace="ITU709" if matrix == BT709 else "ITU601",
        dst_color_range=2 if is_full_range else 1,
    )
    expected = [np.frombuffer(plane, layout.dtype)[0] for plane in frame.planes]
    actual = [plane[0, 0] for plane in layout.chroma_planes(rgb_to_chroma(RED))]
    assert np.abs(np.int32(expected[1:]) - actual).max() <= 2 ** (bits - 8)


@pytest.mark.parametrize(
    ("bits", "is_full_range", "black", "white"),
    [(8, False, 16, 235), (8, True, 0, 255), (10, False, 64, 940), (10, True, 0, 1023)],
)
def test_luma_is_scaled_to_full_range(bits, is_full_range, black, white):
    layout = PlaneLayout(bits, is_full_range, BT601)
    np.testing.assert_allclose(layout.as_full_range([black, white]), [0, 1], atol=1e-6)
    assert layout.as_full_range([0, 2**bits - 1]).tolist() == [0, 1]


FORMATS = [
    ("yuv420p", 8, True),
    ("nv12", 8, True),
    ("yuvj422p", 8, True),
    ("yuv444p10le", 10, True),
    ("gray", 8, True),
    ("gray10le", 10, True),
    ("p010le", 10, False),
    ("yuyv422", 8, False),
    ("yuv420p12le", 10, False),
    ("gray16le", 10, False),
    ("rgb24", 8, False),
    ("pal8", 8, False),
]


@pytest.mark.parametrize(("name", "bits", "is_direct"), FORMATS)
def test_luma_of_all_formats(name, bits, is_direct):
    ramp = np.linspace(30, 220, 64, dtype=np.uint8)[np.newaxis].repeat(32, 0)
    source = av.VideoFrame.from_ndarray(np.repeat(ramp[..., np.newaxis], 3, 2), format="rgb24")
    frame = source.reformat(format=name) if name != "pal8" else source.reformat(format="rgb8")
    layout = PlaneLayout.of(frame, "rawvideo")
    assert layout.bits == bits
    plane = layout.luma_plane(frame)
    assert plane.shape == (32, 64)
    luma = layout.as_full_range(plane)
    assert np.abs(luma * 255 - ramp).max() < (3 if name != "pal8" else 40)
    if is_direct:
        assert plane.base is not None


def test_odd_planes_are_halved_with_repeated_edges():
    plane = np.arange(15, dtype=np.uint16).reshape(3, 5) * 100
    assert half_size(plane).tolist() == [[300.0, 500.0, 650.0], [1050.0, 1250.0, 1400.0]]
