"""Validate requests inside an endpoint's graph.

Without validation, a request without a batch dimension would crash the process in oneDNN kernels.
`tf.raw_ops.PlaceholderWithDefault` hides the declared shape. Otherwise, graph optimization would
remove all checks that can only fail if the actual shape differs from the declared one. Only the
checks use the tensor with the hidden shape, because XLA and the LiteRT converter need the declared
shape.
"""

import tensorflow as tf


def checked_images(images, name, size=(None, None)):
    """Check the shape of images and return them.

    Args:
        images: `[batch, height, width, channels]` with a static number of channels.
        name: Name of the input.
        size: Required height and width; None accepts any value.
    """
    height, width = size
    channels = images.shape[-1]
    shape = ", ".join(map(str, ["batch", height or "height", width or "width", channels]))
    expected = f"Expected `{name}`: {images.dtype.name} [{shape}]"
    if height is None:
        expected += " with height and width at least 1"

    def is_valid(received):
        sides = received[1:3] >= 1 if height is None else tf.equal(received[1:3], [height, width])
        return tf.reduce_all(sides) & tf.equal(received[3], channels)

    return _checked(images, 4, is_valid, expected)


def checked_hints(hints, grayscale):
    """Check that hints have the batch size, height and width of grayscale images; return them.

    Args:
        hints: float32 `[batch, height, width, 3]`.
        grayscale: Result of `checked_images`, `[batch, height, width, 1]`.
    """
    expected = "Expected `hints`: float32 [batch, height, width, 3], with the size of `grayscale`"
    wanted = tf.concat([tf.shape(grayscale)[:3], [3]], axis=0)
    return _checked(hints, 4, lambda shape: tf.reduce_all(tf.equal(shape, wanted)), expected)


def checked_reference(reference, grayscale):
    """Check that there is one reference per grayscale image; return the references.

    Args:
        reference: float32 RGB `[batch, H, W, 3]`.
        grayscale: Result of `checked_images`, `[batch, height, width, 1]`.
    """
    reference = checked_images(reference, "reference")
    is_valid = tf.equal(tf.shape(reference)[0], tf.shape(grayscale)[0])
    expected = "Expected as many images in `reference` as in `grayscale`"
    return _asserted(reference, is_valid, expected, tf.shape(reference))


def checked_points(points, grayscale):
    """Check that points (x, y), `[batch, k, 2]`, are inside the checked grayscale images."""
    size = tf.shape(grayscale)
    expected = "Expected `points`: int32 [batch, k, 2], x and y in pixels, inside the image"

    def is_valid(shape):
        return tf.equal(shape[0], size[0]) & tf.equal(shape[2], 2)

    points = _checked(points, 3, is_valid, expected)
    is_inside = tf.reduce_all((points >= 0) & (points < tf.stack([size[2], size[1]])))
    return _asserted(points, is_inside, expected, tf.shape(points))


def checked_files(image_bytes):
    """Check that a string tensor of image file contents has shape `[batch]`."""
    expected = "Expected `image_bytes`: string [batch], the contents of PNG or JPEG files"
    return _checked(image_bytes, 1, lambda shape: True, expected)


def checked_numbers(name, numbers, count):
    """Check that there is a single number or one per image; return one number per image, `[count]`.

    Args:
        name: Name of the input.
        numbers: `[]` or `[count]`.
        count: Number of images, int32 `[]`.
    """
    shape = tf.shape(numbers)
    is_valid = tf.equal(tf.size(shape), 0) | tf.reduce_all(tf.equal(shape, [count]))
    expected = f"Expected `{name}`: {numbers.dtype.name} [] or [batch]"
    return tf.broadcast_to(_asserted(numbers, is_valid, expected, shape), [count])


def in_range(name, numbers, highest):
    """Check that numbers are in `[0, highest]`."""
    message = f"Expected `{name}` in [0, {highest:g}]."
    checks = [
        tf.debugging.assert_greater_equal(numbers, 0.0, message),
        tf.debugging.assert_less_equal(numbers, highest, message),
    ]
    with tf.control_dependencies(checks):
        return tf.identity(numbers)


def not_empty(batch):
    """Pad an empty batch with one zero entry.

    Some kernels return wrong shapes for empty batches.
    """
    is_empty = tf.cast(tf.equal(tf.shape(batch)[0], 0), tf.int32)
    paddings = [[0, is_empty], *[[0, 0]] * (batch.shape.rank - 1)]
    if batch.shape.rank < 4:
        return tf.pad(batch, paddings)
    # Do not pad the channel axis, because the LiteRT converter would no longer know its size.
    channels = tf.unstack(batch, axis=-1)
    return tf.stack([tf.pad(channel, paddings[:3]) for channel in channels], axis=-1)


def _checked(tensor, rank, is_valid, expected):
    hidden = tf.raw_ops.PlaceholderWithDefault(input=tensor, shape=tf.TensorShape(None))
    shape = tf.shape(hidden)
    is_valid = tf.cond(tf.equal(tf.size(shape), rank), lambda: is_valid(shape), lambda: False)
    return _asserted(tensor, is_valid, expected, shape)


def _asserted(tensor, is_valid, expected, shape):
    data = [f"{expected}. Received shape:", shape]
    with tf.control_dependencies([tf.debugging.Assert(is_valid, data, summarize=10)]):
        return tf.identity(tensor)
