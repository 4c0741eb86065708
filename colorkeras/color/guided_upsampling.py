"""Guided upsampling: color a large image from the chroma predicted for a small one.

Networks process images at about the resolution of their training images. Chroma is smoother than
luma, and its edges mostly coincide with luma edges. A guided filter therefore upsamples the small
image's chroma with the luma of the large image, which keeps all its detail.

Both directions process horizontal strips to bound memory. They work inside graphs, as exports need
it, and on single strips, as `colorkeras.inference.streaming` needs it.

Reference: He, Sun, Tang, "Guided image filtering", IEEE Transactions on Pattern Analysis and
Machine Intelligence 35(6), 2013; computed at low resolution as in He, Sun, "Fast guided filter",
2015, arXiv:1505.00996.
"""

import tensorflow as tf

from colorkeras.color.spaces import luma, luma_chroma_to_planes, rgb_to_chroma

RENDER_SIZE = 96
"""Default longer side, in pixels, of the image that networks process.

Best for `unet` and close to the best for `unet_vivid`, see `benchmarks/render_size.py`.
"""

RADIUS = 2
"""Radius, in pixels of the small image, of the guided filter's window."""

EPSILON = 0.02**2
"""Regularization of the guided filter: luma variance below which chroma is nearly constant."""

PIXELS_PER_STRIP = 2**18
"""Approximate size of a strip; it fits a processor's cache."""


def scaled_size(size, render_size):
    """Return the size at which networks process an image.

    Args:
        size: Height and width, int32 `[2]`, each at least 1.
        render_size: Maximum length of the longer side in pixels; smaller images are not enlarged.

    Returns:
        int32 `[2]`, each at least 1.

    Example:

    >>> [scaled_size(size, 128).numpy().tolist() for size in ([3000, 4000], [20, 10], [1, 5000])]
    [[96, 128], [20, 10], [1, 128]]
    """
    size = tf.cast(size, tf.float64)
    longer = tf.reduce_max(size)
    scale = tf.minimum(longer, tf.cast(render_size, tf.float64)) / longer
    return tf.maximum(1, tf.cast(tf.round(scale * size), tf.int32))


def rows_per_strip(width):
    """Return the number of rows of a strip, of the type of `width`, at least 1."""
    return 1 + (PIXELS_PER_STRIP - 1) // width


def downscale_luma(pixels, small_size):
    """Compute a small grayscale image in a graph.

    Args:
        pixels: uint8, uint16 or floating point in `[0, 1]`; gray `[height, width, 1]` or RGB
            `[height, width, 3]`.
        small_size: Height and width of the result, int32 `[2]`. Its pixels are area means.

    Returns:
        Grayscale, float32 `[1, small height, small width, 1]` in `[0, 1]`.
    """
    size = tf.shape(pixels)[:2]

    def add(start, rows, total):
        return total + downscale_luma_rows(rows, start, size, small_size)

    return as_network_input(_fold_strips(add, pixels, tf.zeros(small_size)))


def upsample_color(grayscale, rgb, pixels, saturation=1.0):
    """Color a large image like a small one, in a graph.

    Args:
        grayscale: From `downscale_luma`.
        rgb: Colorized `grayscale`, float32 `[1, small height, small width, 3]` in `[0, 1]`.
        pixels: The large image, see `downscale_luma`.
        saturation: Factor of chroma, float32 `[]`, at least 0.

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
    """Compute the contribution of some rows to the small grayscale image.

    Args:
        rows: Rows of the pixels, see `downscale_luma`.
        start: Index of the first row, int32 `[]`.
        size: Height and width of the large image, int32 `[2]`.
        small_size: See `downscale_luma`.

    Returns:
        float32 `[small height, small width]`; see `as_network_input` for the sum over all rows.
    """
    vertical = _area_weights(size[0], small_size[0], start, tf.shape(rows)[0])
    horizontal = _area_weights(size[1], small_size[1], 0, size[1])
    return tf.matmul(tf.matmul(vertical, _luma_of(rows)), horizontal, transpose_b=True)


def as_network_input(total):
    """Convert the sum over all `downscale_luma_rows` to the result of `downscale_luma`."""
    return tf.clip_by_value(total, 0.0, 1.0)[tf.newaxis, ..., tf.newaxis]


def chroma_coefficients(grayscale, rgb, saturation=1.0):
    """Fit the chroma of a small image as linear functions of luma, see `upsample_color`.

    Returns:
        `guided_filter_coefficients` of the chroma scaled by `saturation`.
    """
    return saturation * guided_filter_coefficients(grayscale[0], rgb_to_chroma(rgb)[0])


def upsample_color_rows(rows, start, size, coefficients):
    """Color some rows of a large image.

    Args:
        rows: Rows of the pixels, see `downscale_luma`.
        start: Index of the first row, int32 `[]`.
        size: Height and width of the large image, int32 `[2]`.
        coefficients: From `chroma_coefficients`.

    Returns:
        RGB `[num_rows, width, 3]` with the dtype and luma of `rows`.
    """
    luma_rows, small_size = _luma_of(rows), tf.shape(coefficients)[1:]
    vertical = _bilinear_weights(small_size[0], size[0], start, tf.shape(rows)[0])
    horizontal = _bilinear_weights(small_size[1], size[1], 0, size[1])
    upsampled = tf.matmul(tf.matmul(vertical, coefficients), horizontal, transpose_b=True)
    cb, cr = (upsampled[channel] * luma_rows + upsampled[channel + 2] for channel in (0, 1))
    planes = luma_chroma_to_planes(luma_rows, cb, cr)
    # Stacked after the conversion to the smaller dtype.
    return tf.stack([_as_dtype(plane, rows.dtype) for plane in planes], axis=-1)


def guided_filter_coefficients(luma, chroma):
    """Fit chroma as a linear function of luma in the window around each pixel.

    Args:
        luma: float32 `[height, width, 1]` in `[0, 1]`.
        chroma: Cb and Cr, float32 `[height, width, 2]`.

    Returns:
        float32 `[4, height, width]`: slopes of Cb and Cr, intercepts of Cb and Cr.
    """
    mean_luma, mean_chroma = _window_means(luma), _window_means(chroma)
    variance = _window_means(luma * luma) - mean_luma * mean_luma
    covariance = _window_means(luma * chroma) - mean_luma * mean_chroma
    slope = _window_means(covariance / (tf.maximum(variance, 0.0) + EPSILON))
    # The original filter averages the intercepts as well. With each pixel's own intercept, an image
    # that is not enlarged keeps exactly the predicted chroma.
    return tf.transpose(tf.concat([slope, chroma - slope * luma], axis=-1), [2, 0, 1])


def _fold_strips(function, pixels, state):
    """Fold a function of start row, rows and state over the strips of an image."""
    height, width = tf.unstack(tf.shape(pixels)[:2])
    num_rows = rows_per_strip(width)

    def step(start, state):
        return start + num_rows, function(start, pixels[start : start + num_rows], state)

    # One strip at a time bounds memory.
    _, state = tf.while_loop(
        lambda start, _: start < height, step, (0, state), parallel_iterations=1
    )
    return state


def _luma_of(pixels):
    """Luma of pixels (see `downscale_luma`), float32 `[rows, width]` in `[0, 1]`."""
    rows = tf.cast(pixels, tf.float32)
    if not pixels.dtype.is_floating:
        rows /= pixels.dtype.max
    return (rows if pixels.shape[-1] == 1 else luma(rows))[..., 0]


def _as_dtype(plane, dtype):
    """Convert float32 in `[0, 1]` to a dtype; integers use their full range."""
    return tf.cast(plane if dtype.is_floating else tf.round(plane * dtype.max), dtype)


def _window_means(images):
    # TensorFlow excludes padding from these means.
    window = 2 * RADIUS + 1
    return tf.nn.avg_pool2d(images[tf.newaxis], window, strides=1, padding="SAME")[0]


def _area_weights(length, small_length, start, count):
    """Weights of `count` pixels in each small pixel's area mean: float32 `[small, count]`."""
    pixels = tf.cast(start + tf.range(count), tf.float64)
    width = tf.cast(length, tf.float64) / tf.cast(small_length, tf.float64)
    first = width * tf.cast(tf.range(small_length), tf.float64)[:, tf.newaxis]
    covered = tf.minimum(pixels + 1, first + width) - tf.maximum(pixels, first)
    return tf.nn.relu(tf.cast(covered / width, tf.float32))


def _bilinear_weights(small_length, length, start, count):
    """Weights of small pixels in the interpolation at `count` pixels: float32 `[count, small]`."""
    pixels = tf.cast(start + tf.range(count), tf.float64) + 0.5
    positions = pixels * tf.cast(small_length, tf.float64) / tf.cast(length, tf.float64) - 0.5
    small_pixels = tf.cast(tf.range(small_length), tf.float64)
    positions = tf.clip_by_value(positions, small_pixels[0], small_pixels[-1])[:, tf.newaxis]
    distance = tf.abs(positions - small_pixels)
    return tf.nn.relu(tf.cast(1 - distance, tf.float32))
