"""Levels of gray and of color, some rows of a picture at a time."""

import numpy as np

ROWS = 256
"""How many rows of a picture are worked on at a time."""


def as_uint8(pixels):
    """Rounds levels of 16 bits to 8.

    Args:
        pixels: uint16 or uint8, of any shape.

    Returns:
        uint8 of the same shape; pixels that are uint8 already are returned as they are.

    >>> as_uint8(np.array([0, 128, 129, 257, 65535], np.uint16)).tolist()
    [0, 0, 1, 1, 255]
    """
    if pixels.dtype == np.uint8:
        return pixels
    rounded = np.empty(pixels.shape, np.uint8)
    for rows in blocks(len(pixels)):
        # One level of 8 bits stands for 257.
        rounded[rows] = (pixels[rows].astype(np.uint32) + 128) // 257
    return rounded


def is_gray(pixels):
    """Whether red, green and blue are equal everywhere.

    >>> is_gray(np.full([2, 2, 3], 7, np.uint8)), is_gray(np.uint8([[[1, 2, 3]]]))
    (True, False)
    """
    return pixels.ndim == 2 or all(
        np.array_equal(pixels[..., 0], pixels[..., channel]) for channel in (1, 2)
    )


def blocks(height, num_rows=ROWS):
    """Yields slices of up to `num_rows` rows, which together are all of a picture.

    >>> list(blocks(300))
    [slice(0, 256, None), slice(256, 300, None)]
    """
    for start in range(0, height, num_rows):
        yield slice(start, min(start + num_rows, height))
