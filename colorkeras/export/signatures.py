"""Endpoints of an exported SavedModel.

Requests are checked inside the graph: without a check, a request without the batch dimension aborts
the process in oneDNN's kernels. `tf.raw_ops.PlaceholderWithDefault` hides the declared shape, as
graph optimization removes checks that the declared shape already implies.
"""

import tensorflow as tf

from colorkeras.color.guided_upsampling import downscale_luma, scaled_size, upsample_color
from colorkeras.color.spaces import from_uint8, to_uint8
from colorkeras.config.colorize_options import MAX_TEMPERATURE

_HEADER = "| endpoint | input | output |\n| --- | --- | --- |\n"

_ROWS = {
    "serving_default": "`grayscale`: float32 `[n, h, w, 1]` in [0, 1] | "
    "`rgb`: float32 `[n, h, w, 3]` in [0, 1]",
    "colorize": "`grayscale`: uint8 `[n, h, w, 1]` | `rgb`: uint8 `[n, h, w, 3]`",
    "colorize_bytes": "`image_bytes`: string `[n]`, PNG or JPEG files of any size, upright, sRGB | "
    "`image_bytes`: string `[n]`, RGB PNG files of the same sizes",
    "sample": "`grayscale`: float32 `[n, h, w, 1]` in [0, 1]; `seed`: int32 `[]` or `[n]`; "
    f"`temperature`: float32 `[]` or `[n]` in [0, {MAX_TEMPERATURE:g}] | "
    "`rgb`: float32 `[n, h, w, 3]` in [0, 1]",
    "colorize_with_confidence": "`grayscale`: float32 `[n, h, w, 1]` in [0, 1] | "
    "`rgb`: float32 `[n, h, w, 3]` in [0, 1]; `standard_deviation`: float32 `[n, h, w, 1]`, of Cb "
    "and Cr combined, each in [-0.5, 0.5]",
}

NAMES = tuple(_ROWS)
"""Names of all endpoints."""


def table(names=NAMES):
    """Return a Markdown table of the named endpoints."""
    return _HEADER + "".join(f"| `{name}` | {_ROWS[name]} |\n" for name in names)


def create(network, objective, render_size):
    """Create the endpoints of a trained network.

    Every network gets "serving_default", "colorize" and "colorize_bytes". Networks that sample also
    get "sample", and those that predict a distribution "colorize_with_confidence".

    Args:
        network: float32 model from `build_network`.
        objective: The `Objective` it was trained for.
        render_size: Longer side, in pixels, of the image that the network sees of a file.

    Returns:
        Dict from name to `(function, input signature)`. The functions return dicts of tensors.
    """
    _, height, width, _ = network.inputs[0].shape
    color = _color_function(network, objective)
    colorize_file = _file_function(color, height, width, render_size)

    def serving_default(grayscale):
        return {"rgb": color(_checked_images(grayscale, height, width))}

    def colorize(grayscale):
        return {"rgb": to_uint8(color(from_uint8(_checked_images(grayscale, height, width))))}

    def colorize_bytes(image_bytes):
        # One at a time: the images of a batch may differ in size.
        files = _checked_files(image_bytes)
        return {"image_bytes": tf.map_fn(colorize_file, files, fn_output_signature=tf.string)}

    def sample(grayscale, seed, temperature):
        grayscale = _checked_images(grayscale, height, width)
        count = tf.shape(grayscale)[0]
        seed = _checked_numbers("seed", seed, count)
        temperature = _checked_numbers("temperature", temperature, count)
        return {"rgb": color(grayscale, seed, _in_range(temperature))}

    def colorize_with_confidence(grayscale):
        grayscale = _checked_images(grayscale, height, width)
        spread = objective.standard_deviation(network, _not_empty(grayscale))
        return {"rgb": color(grayscale), "standard_deviation": spread[: tf.shape(grayscale)[0]]}

    def grayscale_spec(dtype):
        return tf.TensorSpec([None, height, width, 1], dtype, name="grayscale")

    files = tf.TensorSpec([None], tf.string, name="image_bytes")
    endpoints = {
        "serving_default": (serving_default, [grayscale_spec(tf.float32)]),
        "colorize": (colorize, [grayscale_spec(tf.uint8)]),
        "colorize_bytes": (colorize_bytes, [files]),
    }
    if objective.is_stochastic:
        # One number for all images, or one for each.
        seeds = tf.TensorSpec(None, tf.int32, name="seed")
        temperatures = tf.TensorSpec(None, tf.float32, name="temperature")
        endpoints["sample"] = (sample, [grayscale_spec(tf.float32), seeds, temperatures])
    if objective.standard_deviation is not None:
        signature = [grayscale_spec(tf.float32)]
        endpoints["colorize_with_confidence"] = (colorize_with_confidence, signature)
    return endpoints


def _file_function(color, height, width, render_size):
    """Return a function from the content of an image file to that of a colored PNG file."""

    def colorize_file(contents):
        pixels = _decode(contents)
        size = tf.shape(pixels)[:2]
        small = scaled_size(size, render_size) if height is None else (height, width)
        grayscale = downscale_luma(pixels, tf.convert_to_tensor(small))
        grayscale = tf.ensure_shape(grayscale, [1, height, width, 1])
        return tf.io.encode_png(upsample_color(grayscale, color(grayscale), pixels))

    return colorize_file


def _color_function(network, objective):
    """Return the function behind all endpoints, traced once: a flow is a large graph."""
    _, height, width, _ = network.inputs[0].shape

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, height, width, 1], tf.float32, name="grayscale"),
            tf.TensorSpec([None], tf.int32),
            tf.TensorSpec([None], tf.float32),
        ]
    )
    def color_each(grayscale, seeds, temperatures):
        return objective.colorize(network, grayscale, seeds, temperatures)

    def color(grayscale, seed=0, temperature=objective.temperature):
        count = tf.shape(grayscale)[0]
        seeds = tf.broadcast_to(seed, [count])
        temperatures = tf.broadcast_to(tf.cast(temperature, tf.float32), [count])
        return color_each(*map(_not_empty, (grayscale, seeds, temperatures)))[:count]

    return color


def _not_empty(batch):
    """Append a zero to an empty batch, for which some kernels return wrong shapes."""
    is_empty = tf.cast(tf.equal(tf.shape(batch)[0], 0), tf.int32)
    if batch.shape.rank == 1:
        return tf.pad(batch, [[0, is_empty]])
    # Without the channels, whose number the converter to LiteRT would no longer know.
    padded = tf.pad(tf.squeeze(batch, -1), [[0, is_empty], [0, 0], [0, 0]])
    return tf.expand_dims(padded, -1)


def _checked_images(grayscale, height, width):
    static_shape = [None, height, width, 1]
    sizes = ["batch", height or "height", width or "width", 1]
    shape = ", ".join(map(str, sizes))
    expected = f"Expected `grayscale`: {grayscale.dtype.name} [{shape}]"
    if height is None:
        expected += " with height and width at least 1"

    def is_valid(received):
        sides = received[1:3] >= 1 if height is None else tf.equal(received[1:3], [height, width])
        return tf.reduce_all(sides) & tf.equal(received[3], 1)

    return tf.ensure_shape(_checked(grayscale, 4, is_valid, expected), static_shape)


def _checked_files(image_bytes):
    expected = "Expected `image_bytes`: string [batch], the contents of PNG or JPEG files"
    return tf.ensure_shape(_checked(image_bytes, 1, lambda shape: True, expected), [None])


def _checked_numbers(name, numbers, count):
    """Check that there is one number, or one for each image."""
    shape = tf.shape(numbers)
    is_valid = tf.equal(tf.size(shape), 0) | tf.reduce_all(tf.equal(shape, [count]))
    expected = f"Expected `{name}`: {numbers.dtype.name} [] or [batch]"
    return _asserted(numbers, is_valid, expected, shape)


def _checked(tensor, rank, is_valid, expected):
    hidden = tf.raw_ops.PlaceholderWithDefault(input=tensor, shape=tf.TensorShape(None))
    shape = tf.shape(hidden)
    is_valid = tf.cond(tf.equal(tf.size(shape), rank), lambda: is_valid(shape), lambda: False)
    return _asserted(hidden, is_valid, expected, shape)


def _asserted(tensor, is_valid, expected, shape):
    data = [f"{expected}. Received shape:", shape]
    with tf.control_dependencies([tf.debugging.Assert(is_valid, data, summarize=10)]):
        return tf.identity(tensor)


def _in_range(temperature):
    message = f"Expected a temperature in [0, {MAX_TEMPERATURE:g}]."
    checks = [
        tf.debugging.assert_greater_equal(temperature, 0.0, message),
        tf.debugging.assert_less_equal(temperature, MAX_TEMPERATURE, message),
    ]
    with tf.control_dependencies(checks):
        return tf.identity(temperature)


def _decode(contents):
    """Decode a PNG, JPEG, BMP or the first frame of a GIF file to uint8 RGB `[h, w, 3]`."""

    def decode_jpeg():
        # The default method is faster, but off by a few levels.
        return tf.io.decode_jpeg(contents, channels=3, dct_method="INTEGER_ACCURATE")

    def decode_other():
        return tf.io.decode_image(contents, channels=3, expand_animations=False)

    image = tf.cond(tf.io.is_jpeg(contents), decode_jpeg, decode_other)
    return tf.ensure_shape(image, [None, None, 3])
