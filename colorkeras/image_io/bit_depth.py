"""Bit depth conversion in blocks of rows to bound memory."""

import numpy as np

ROWS = 256
"""Number of rows in a block."""


def as_uint8(pixels):
    """Round 16-bit samples to 8 bits.

    Args:
        pixels: uint16 or uint8, of any shape.

    Returns:
        uint8 of the same shape; uint8 input is returned unchanged.

    >>> as_uint8(np.array([0, 128, 129, 257, 65535], np.uint16)).tolist()
    [0, 0, 1, 1, 255]
    """
    if pixels.dtype == np.uint8:
        return pixels
    rounded = np.empty(pixels.shape, np.uint8)
    for rows in blocks(len(pixels)):
        # One 8-bit level corresponds to 257 16-bit levels.
        rounded[rows] = (pixels[rows].astype(np.uint32) + 128) // 257
    return rounded


def scale_to_uint(samples, bits):
    """Scale samples of any bit depth to the full range of uint8 or uint16.

    Args:
        samples: Unsigned integers, or signed integers with their smallest value representing black.
        bits: Bit depth in [1, 16].

    Returns:
        uint8 for up to 8 bits, otherwise uint16, of the same shape. Samples that need no scaling
        are returned unchanged.

    >>> scale_to_uint(np.array([0, 512, 1023], np.uint16), 10).tolist()
    [0, 32800, 65535]
    >>> scale_to_uint(np.array([-128, 0, 127], np.int8), 8).tolist()
    [0, 128, 255]
    """
    dtype = np.dtype(np.uint8 if bits <= 8 else np.uint16)
    if samples.dtype == dtype and bits == 8 * dtype.itemsize:
        return samples
    lowest = -(2 ** (bits - 1)) if samples.dtype.kind == "i" else 0
    scale = np.iinfo(dtype).max / (2**bits - 1)
    scaled = np.empty(samples.shape, dtype)
    for rows in blocks(len(samples)):
        shifted = np.clip(samples[rows].astype(np.int64) - lowest, 0, 2**bits - 1)
        scaled[rows] = np.rint(shifted * scale)
    return scaled


def is_gray(pixels):
    """Return whether red, green and blue are equal everywhere.

    >>> is_gray(np.full([2, 2, 3], 7, np.uint8)), is_gray(np.uint8([[[1, 2, 3]]]))
    (True, False)
    """
    # In most color images, the first row already contains color.
    return pixels.ndim == 2 or all(
        np.array_equal(part[..., 0], part[..., channel])
        for part in (pixels[:1], pixels)
        for channel in (1, 2)
    )


def blocks(height, num_rows=ROWS):
    """Yield slices of at most `num_rows` rows that together cover an image.

    >>> list(blocks(300))
    [slice(0, 256, None), slice(256, 300, None)]
    """
    for start in range(0, height, num_rows):
        yield slice(start, min(start + num_rows, height))
