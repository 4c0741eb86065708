"""From a picture of any size to one that networks know, and their colors back to its own.

Networks see a picture at about the size of those that they were trained on. Chroma is smoother than
luma, and where it changes luma mostly does: so the chroma of a small picture, led by the luma of
the large one, colors the large one, all of whose details are its own.

Both steps work on strips of rows, so that memory hardly grows with the picture, and in graphs as
well: what exports do with the whole picture in a graph is what `model` does strip by strip.

Reference: He, Sun, Tang, "Guided image filtering", IEEE Transactions on Pattern Analysis and
Machine Intelligence 35(6), 2013; computed at low resolution as in He, Sun, "Fast guided filter",
2015, arXiv:1505.00996.
"""

import tensorflow as tf

from colorkeras.color.spaces import luma, luma_chroma_to_planes, rgb_to_chroma

RENDER_SIZE = 96
"""Pixels: the longer side of the picture that networks see, unless another is asked for; the best
one for `unet` and next to the best for `unet_vivid`, see `benchmarks/render_size.py`."""

RADIUS = 2
"""Pixels of the small picture: chroma follows luma within windows of twice that and one."""

EPSILON = 0.02**2
"""The variance of luma, 0..1, in a window, below which its chroma hardly follows it."""

PIXELS_PER_STRIP = 2**18
"""About how many are worked on at once: few enough for a processor's cache."""


def small_size(size, render_size):
    """The size at which networks see a picture.

    Args:
        size: Height and width, int32 `[2]`, each at least 1.
        render_size: Pixels that the longer side shall have; a smaller picture stays as it is.

    Returns:
        int32 `[2]`, each at least 1.

    >>> [small_size(size, 128).numpy().tolist() for size in ([3000, 4000], [20, 10], [1, 5000])]
    [[96, 128], [20, 10], [1, 128]]
    """
    size = tf.cast(size, tf.float64)
    longer = tf.reduce_max(size)
    share = tf.minimum(longer, tf.cast(render_size, tf.float64)) / longer
    return tf.maximum(1, tf.cast(tf.round(share * size), tf.int32))


def rows_per_strip(width):
    """How many rows of a picture of a width are worked on at once: as `width`, at least 1."""
    return 1 + (PIXELS_PER_STRIP - 1) // width


def shrink(pixels, small):
    """A small picture of a large one's luma, in a graph.

    Args:
        pixels: uint8, uint16 or floating-point in 0..1, `[h, w, 1]`, gray, or `[h, w, 3]`, RGB.
        small: Height and width, int32 `[2]`. Each pixel is the mean of an area of the large
            picture, or, where that is the smaller one, of parts of pixels.

    Returns:
        float32 grayscale `[1, small height, small width, 1]` in 0..1.
    """
    size = tf.shape(pixels)[:2]

    def add(start, rows, total):
        return total + shrink_rows(rows, start, size, small)

    return as_grayscale(_over_strips(add, pixels, tf.zeros(small)))


def enlarge(grayscale, rgb, pixels, saturation=1.0):
    """Colors a large picture like a small one, in a graph.

    Args:
        grayscale: What `shrink` returned.
        rgb: The same in color, float32 `[1, small height, small width, 3]` in 0..1.
        pixels: The large picture, as for `shrink`.
        saturation: Factor of chroma, float32 `[]`, at least 0.

    Returns:
        RGB `[h, w, 3]` of the dtype and luma of `pixels`.
    """
    size = tf.shape(pixels)[:2]
    lines = lines_of(grayscale, rgb, saturation)

    def add(start, rows, strips):
        return strips.write(strips.size(), enlarge_rows(rows, start, size, lines))

    strips = tf.TensorArray(
        pixels.dtype, 0, dynamic_size=True, infer_shape=False, element_shape=[None, None, 3]
    )
    return _over_strips(add, pixels, strips).concat()


def shrink_rows(rows, start, size, small):
    """What some rows of a picture add to the small one.

    Args:
        rows: Of the pixels, as for `shrink`.
        start: The number of the first of them in the picture, int32 `[]`.
        size: Height and width of the picture, int32 `[2]`.
        small: As for `shrink`.

    Returns:
        float32 `[small height, small width]`, of which the sum over all rows is the small picture's
        luma but for rounding errors, see `as_grayscale`.
    """
    vertical = _shares_of_area(size[0], small[0], start, tf.shape(rows)[0])
    horizontal = _shares_of_area(size[1], small[1], 0, size[1])
    return tf.matmul(tf.matmul(vertical, _luma_of(rows)), horizontal, transpose_b=True)


def as_grayscale(total):
    """The sum of what `shrink_rows` returned as what `shrink` returns."""
    return tf.clip_by_value(total, 0.0, 1.0)[tf.newaxis, ..., tf.newaxis]


def lines_of(grayscale, rgb, saturation=1.0):
    """How chroma follows luma around each pixel of a small picture, with `enlarge`'s arguments.

    Returns:
        What `follow` returns, of chroma scaled by `saturation`.
    """
    return saturation * follow(grayscale[0], rgb_to_chroma(rgb)[0])


def enlarge_rows(rows, start, size, lines):
    """Colors some rows of a picture.

    Args:
        rows: Of the pixels, as for `shrink`.
        start: The number of the first of them in the picture, int32 `[]`.
        size: Height and width of the picture, int32 `[2]`.
        lines: What `lines_of` returned.

    Returns:
        RGB `[n, w, 3]` of the dtype and luma of `rows`.
    """
    luma_rows, small = _luma_of(rows), tf.shape(lines)[1:]
    vertical = _bilinear(small[0], size[0], start, tf.shape(rows)[0])
    horizontal = _bilinear(small[1], size[1], 0, size[1])
    led = tf.matmul(tf.matmul(vertical, lines), horizontal, transpose_b=True)
    cb, cr = (led[channel] * luma_rows + led[channel + 2] for channel in (0, 1))
    planes = luma_chroma_to_planes(luma_rows, cb, cr)
    # Stacked when they are small: of 8 bits.
    return tf.stack([_as_dtype(plane, rows.dtype) for plane in planes], axis=-1)


def follow(luma, chroma):
    """How chroma follows luma in a small picture, around each pixel: slopes and offsets.

    Args:
        luma: float32 `[h, w, 1]` in 0..1.
        chroma: float32 `[h, w, 2]`, Cb and Cr.

    Returns:
        float32 `[4, h, w]`: two slopes, of Cb and of Cr over luma, and two offsets.
    """
    mean_luma, mean_chroma = _window_means(luma), _window_means(chroma)
    variance = _window_means(luma * luma) - mean_luma * mean_luma
    covariance = _window_means(luma * chroma) - mean_luma * mean_chroma
    slope = _window_means(covariance / (tf.maximum(variance, 0.0) + EPSILON))
    # The filter would take a mean of the offsets as well. With each pixel's own the small picture
    # keeps its chroma, so that one that is not enlarged is what the network made of it.
    return tf.transpose(tf.concat([slope, chroma - slope * luma], axis=-1), [2, 0, 1])


def _over_strips(function, pixels, state):
    """Folds a function of a first row's number, some rows and state over a picture."""
    height, width = tf.unstack(tf.shape(pixels)[:2])
    num_rows = rows_per_strip(width)

    def step(start, state):
        return start + num_rows, function(start, pixels[start : start + num_rows], state)

    # One at a time: several at once would take more memory.
    _, state = tf.while_loop(
        lambda start, _: start < height, step, (0, state), parallel_iterations=1
    )
    return state


def _luma_of(pixels):
    """float32 `[n, w]` in 0..1 of pixels as for `shrink`."""
    rows = tf.cast(pixels, tf.float32)
    if not pixels.dtype.is_floating:
        rows /= pixels.dtype.max
    return (rows if pixels.shape[-1] == 1 else luma(rows))[..., 0]


def _as_dtype(plane, dtype):
    """float32 in 0..1 as a dtype, whose whole range stands for it if it is of whole numbers."""
    return tf.cast(plane if dtype.is_floating else tf.round(plane * dtype.max), dtype)


def _window_means(images):
    # TensorFlow leaves what lies outside of the picture out of these means.
    window = 2 * RADIUS + 1
    return tf.nn.avg_pool2d(images[tf.newaxis], window, strides=1, padding="SAME")[0]


def _shares_of_area(length, small, start, count):
    """What each of `count` pixels adds to each of the larger ones: float32 `[small, count]`."""
    pixels = tf.cast(start + tf.range(count), tf.float64)
    width = tf.cast(length, tf.float64) / tf.cast(small, tf.float64)
    first = width * tf.cast(tf.range(small), tf.float64)[:, tf.newaxis]
    covered = tf.minimum(pixels + 1, first + width) - tf.maximum(pixels, first)
    return tf.nn.relu(tf.cast(covered / width, tf.float32))


def _bilinear(small, length, start, count):
    """What pixels of the small picture add to each of `count`: float32 `[count, small]`."""
    pixels = tf.cast(start + tf.range(count), tf.float64) + 0.5
    places = pixels * tf.cast(small, tf.float64) / tf.cast(length, tf.float64) - 0.5
    of_small = tf.cast(tf.range(small), tf.float64)
    places = tf.clip_by_value(places, of_small[0], of_small[-1])[:, tf.newaxis]
    distance = tf.abs(places - of_small)
    return tf.nn.relu(tf.cast(1 - distance, tf.float32))
