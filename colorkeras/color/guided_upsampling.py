"""Guided upsampling: colorize a large image with chroma predicted for a small copy of it.

Networks process images at about the resolution of their training images. Chroma is smoother than
luma, and its edges mostly coincide with luma edges. A guided filter therefore upsamples the small
image's chroma, guided by the full-resolution luma, which is preserved exactly.

Images are downscaled and upsampled in horizontal strips to bound memory. Both steps are written as
TensorFlow graph functions so that they can be exported. `colorkeras.color.guided_upsampling_numpy`
is an equivalent NumPy implementation.

References:
    He, Sun, Tang, "Guided image filtering", IEEE Transactions on Pattern Analysis and Machine
    Intelligence 35(6), 2013.
    He, Sun, "Fast guided filter", 2015, arXiv:1505.00996 (filtering at low resolution).
"""

import tensorflow as tf

from colorkeras.color.guided_upsampling_numpy import EPSILON, RADIUS
from colorkeras.color.resampling import upsample
from colorkeras.color.spaces import luma, luma_chroma_to_planes, rgb_to_chroma

PIXELS_PER_STRIP = 2**18
"""Approximate number of pixels in a strip, chosen to fit in a CPU cache."""


def scaled_size(size, render_size, max_scale=1.0):
    """Return the height and width at which the network processes an image, int32 `[2]`.

    The longer side is at most `render_size` pixels. Smaller images are enlarged to this size, by a
    factor of at most `max_scale`.

    >>> [scaled_size(size, 128).numpy().tolist() for size in ([3000, 4000], [20, 10], [1, 5000])]
    [[96, 128], [20, 10], [1, 128]]
    >>> [scaled_size(size, 128, 1.25).numpy().tolist() for size in ([64, 80], [100, 120])]
    [[80, 100], [107, 128]]
    """
    size = tf.cast(size, tf.float64)
    longer = tf.reduce_max(size)
    scale = tf.minimum(max_scale * longer, tf.cast(render_size, tf.float64)) / longer
    return tf.maximum(1, tf.cast(tf.round(scale * size), tf.int32))


def rows_per_strip(width):
    """Return the number of rows per strip, at least 1, with the same type as `width`."""
    return 1 + (PIXELS_PER_STRIP - 1) // width


def downscale_luma(pixels, small_size):
    """Resize luma for the network, by area averaging (shrinking) or interpolation (enlarging).

    Args:
        pixels: uint8, uint16 or floating point in `[0, 1]`; gray `[height, width, 1]` or RGB
            `[height, width, 3]`.
        small_size: Height and width of the result, int32 `[2]`.

    Returns:
        Luma, float32 `[1, small height, small width, 1]` in `[0, 1]`.
    """
    size = tf.shape(pixels)[:2]

    def add(start, rows, total):
        return total + downscale_luma_rows(rows, start, size, small_size)

    return as_network_input(_fold_strips(add, pixels, tf.zeros(small_size)))


def upsample_color(grayscale, rgb, pixels, saturation=1.0):
    """Transfer the colors of a small image to a large image.

    Args:
        grayscale: Result of `downscale_luma`.
        rgb: Colorized `grayscale`, float32 `[1, small height, small width, 3]` in `[0, 1]`.
        pixels: The large image; see `downscale_luma`.
        saturation: Chroma multiplier, float32 `[]`, at least 0.

    Returns:
        RGB `[height, width, 3]` with the dtype and luma of `pixels`.
    """
    size = tf.shape(pixels)[:2]
    coefficients = chroma_coefficients(grayscale, rgb, saturation)

    def add(start, rows, strips):
        return strips.write(strips.size(), upsample_color_rows(rows, start, size, coefficients))

    strips = tf.TensorArray(
        pixels.dtype, 0, dynamic_size=True, infer_shape=False, element_shape=[None, None, 3]
    )
    return _fold_strips(add, pixels, strips).concat()


def downscale_luma_rows(rows, start, size, small_size):
    """Compute the contribution of a block of rows to the small grayscale image.

    Args:
        rows: Consecutive rows of the large image; see `downscale_luma`.
        start: Index of the first row, int32 `[]`.
        size: Height and width of the large image, int32 `[2]`.
        small_size: See `downscale_luma`.

    Returns:
        float32 `[small height, small width]`, to be summed over all blocks.
    """
    vertical = _resize_weights(size[0], small_size[0], start, tf.shape(rows)[0])
    horizontal = _resize_weights(size[1], small_size[1], 0, size[1])
    return tf.matmul(tf.matmul(vertical, _luma_of(rows)), horizontal, transpose_b=True)


def as_network_input(total):
    """Convert the sum of the `downscale_luma_rows` results to network input."""
    return tf.clip_by_value(total, 0.0, 1.0)[tf.newaxis, ..., tf.newaxis]


def chroma_coefficients(grayscale, rgb, saturation=1.0):
    """Fit the chroma of a small image, scaled by `saturation`, as a linear function of its luma.

    Returns:
        The coefficients from `guided_filter_coefficients`, float32
        `[4, small height, small width]`.
    """
    coefficients = guided_filter_coefficients(grayscale, rgb_to_chroma(rgb))
    return saturation * tf.transpose(coefficients[0], [2, 0, 1])


def upsample_color_rows(rows, start, size, coefficients):
    """Colorize a block of rows of a large image using the result of `chroma_coefficients`.

    See `downscale_luma_rows` for the other arguments. Returns RGB `[num_rows, width, 3]` with the
    dtype and luma of `rows`.
    """
    luma_rows, small_size = _luma_of(rows), tf.shape(coefficients)[1:]
    vertical = _bilinear_weights(small_size[0], size[0], start, tf.shape(rows)[0])
    horizontal = _bilinear_weights(small_size[1], size[1], 0, size[1])
    upsampled = tf.matmul(tf.matmul(vertical, coefficients), horizontal, transpose_b=True)
    cb, cr = (upsampled[channel] * luma_rows + upsampled[channel + 2] for channel in (0, 1))
    planes = luma_chroma_to_planes(luma_rows, cb, cr)
    # To save memory, convert to the smaller dtype before stacking.
    return tf.stack([_as_dtype(plane, rows.dtype) for plane in planes], axis=-1)


def guided_filter_coefficients(luma, chroma):
    """Fit chroma as a linear function of luma in a window around each pixel.

    Args:
        luma: float32 `[batch, height, width, 1]` in `[0, 1]`.
        chroma: Cb and Cr, float32 `[batch, height, width, 2]`.

    Returns:
        float32 `[batch, height, width, 4]`: slopes for Cb and Cr, then intercepts for Cb and Cr.
    """
    mean_luma, mean_chroma = _window_means(luma), _window_means(chroma)
    variance = _window_means(luma * luma) - mean_luma * mean_luma
    covariance = _window_means(luma * chroma) - mean_luma * mean_chroma
    slope = _window_means(covariance / (tf.maximum(variance, 0.0) + EPSILON))
    # The original filter also averages the intercepts. With per-pixel intercepts, the predicted
    # chroma is reproduced exactly if the image is not enlarged.
    return tf.concat([slope, chroma - slope * luma], axis=-1)


def upsample_chroma(grayscale, chroma, stride):
    """Upsample chroma while following the edges in luma.

    Args:
        grayscale: Luma, float32 `[batch, height, width, 1]` in `[0, 1]`.
        chroma: Cb and Cr, float32 `[batch, ceil(height / stride), ceil(width / stride), 2]`.
        stride: Number of `grayscale` pixels per `chroma` pixel along each axis.

    Returns:
        Cb and Cr, float32 `[batch, height, width, 2]`, not limited to the gamut.
    """
    small = tf.nn.avg_pool2d(grayscale, stride, stride, "SAME")
    coefficients = upsample(guided_filter_coefficients(small, chroma), grayscale, stride)
    return coefficients[..., :2] * grayscale + coefficients[..., 2:]


def _fold_strips(function, pixels, state):
    """Fold a function of (start row, rows, state) over the strips of an image."""
    height, width = tf.unstack(tf.shape(pixels)[:2])
    num_rows = rows_per_strip(width)

    def step(start, state):
        return start + num_rows, function(start, pixels[start : start + num_rows], state)

    # Process one strip at a time to bound memory.
    _, state = tf.while_loop(
        lambda start, _: start < height, step, (0, state), parallel_iterations=1
    )
    return state


def _luma_of(pixels):
    """Convert pixels to luma, float32 `[rows, width]` in `[0, 1]`."""
    rows = tf.cast(pixels, tf.float32)
    if not pixels.dtype.is_floating:
        rows /= pixels.dtype.max
    return (rows if pixels.shape[-1] == 1 else luma(rows))[..., 0]


def _as_dtype(plane, dtype):
    """Convert float32 in `[0, 1]` to another dtype; integer dtypes use their full range."""
    return tf.cast(plane if dtype.is_floating else tf.round(plane * dtype.max), dtype)


def _window_means(images):
    # TensorFlow excludes the padding from the means.
    window = 2 * RADIUS + 1
    return tf.nn.avg_pool2d(images, window, strides=1, padding="SAME")


def _resize_weights(length, small_length, start, count):
    """Return weights that map `count` image pixels to network input pixels, `[small, count]`.

    Shrinking averages areas; enlarging interpolates linearly.
    """
    pixels = tf.cast(start + tf.range(count), tf.float64)
    width = tf.cast(length, tf.float64) / tf.cast(small_length, tf.float64)
    first = width * tf.cast(tf.range(small_length), tf.float64)[:, tf.newaxis]
    covered = tf.minimum(pixels + 1, first + width) - tf.maximum(pixels, first)
    center = tf.clip_by_value(first + (width - 1) / 2, 0, tf.cast(length - 1, tf.float64))
    weights = tf.where(width < 1, 1 - tf.abs(pixels - center), covered / width)
    return tf.nn.relu(tf.cast(weights, tf.float32))


def _bilinear_weights(small_length, length, start, count):
    """Return weights that map small-image pixels to `count` image pixels, `[count, small]`."""
    pixels = tf.cast(start + tf.range(count), tf.float64) + 0.5
    positions = pixels * tf.cast(small_length, tf.float64) / tf.cast(length, tf.float64) - 0.5
    small_pixels = tf.cast(tf.range(small_length), tf.float64)
    positions = tf.clip_by_value(positions, small_pixels[0], small_pixels[-1])[:, tf.newaxis]
    distance = tf.abs(positions - small_pixels)
    return tf.nn.relu(tf.cast(1 - distance, tf.float32))
