"""Helpers for measuring how closely output colors match hints."""

import numpy as np

from colorkeras.color.spaces import luma, luma_chroma_to_rgb, rgb_to_chroma


def chroma_of(color):
    levels = np.frombuffer(bytes.fromhex(color[1:]), np.uint8) / np.float32(255)
    return rgb_to_chroma(levels).numpy()


def scale_of(dtype):
    return np.iinfo(dtype).max if np.issubdtype(dtype, np.integer) else 1


def place_of(hint, shape):
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    distance = np.hypot(rows - hint.y, columns - hint.x)
    return distance <= hint.radius_for(*shape[:2])


def mean_error(pixels, colored, hint, place=None, saturation=1.0):
    """Return the error of the mean chroma at a hint, relative to the closest chroma in gamut."""
    place = place_of(hint, pixels.shape) if place is None else place
    scale = scale_of(pixels.dtype)
    y = (pixels[place] / scale).astype(np.float32)
    y = y[:, np.newaxis] if y.ndim == 1 else luma(y).numpy()
    wanted = np.broadcast_to(saturation * chroma_of(hint.color), [len(y), 2]).astype(np.float32)
    possible = rgb_to_chroma(luma_chroma_to_rgb(y, wanted)).numpy().mean(0)
    got = rgb_to_chroma((colored[place] / scale).astype(np.float32)).numpy().mean(0)
    return np.abs(got - possible).max()
