"""The functions that an export offers to other programs."""

import tensorflow as tf

from colorkeras.color.guided_upsampling import downscale_luma, scaled_size, upsample_color
from colorkeras.color.spaces import from_uint8, to_uint8
from colorkeras.config.colorize_options import MAX_TEMPERATURE

_HEADER = "| endpoint | input | output |\n| --- | --- | --- |\n"

_ROWS = {
    "serving_default": "`grayscale`: float32 `[n, h, w, 1]`, 0..1 | "
    "`rgb`: float32 `[n, h, w, 3]`, 0..1",
    "colorize": "`grayscale`: uint8 `[n, h, w, 1]`, 0..255 | `rgb`: uint8 `[n, h, w, 3]`, 0..255",
    "colorize_bytes": "`image_bytes`: string `[n]`, PNG or JPEG files of any size, upright and "
    "sRGB | "
    "`image_bytes`: string `[n]`, PNG files, RGB, each of its input's size",
    "sample": "`grayscale`: float32 `[n, h, w, 1]`, 0..1; `seed`: int32 `[]` or `[n]`; "
    f"`temperature`: float32 `[]` or `[n]`, 0..{MAX_TEMPERATURE:g} | "
    "`rgb`: float32 `[n, h, w, 3]`, 0..1",
    "colorize_with_confidence": "`grayscale`: float32 `[n, h, w, 1]`, 0..1 | "
    "`rgb`: float32 `[n, h, w, 3]`, 0..1; `standard_deviation`: float32 `[n, h, w, 1]`, of Cb and "
    "Cr together, each in -0.5..0.5",
}


def table(names=tuple(_ROWS)):
    """Markdown table of endpoints, for an export's README and the project's.

    Args:
        names: Which endpoints.
    """
    return _HEADER + "".join(f"| `{name}` | {_ROWS[name]} |\n" for name in names)


def create(network, objective, render_size):
    """The endpoints of a trained network.

    All offer "serving_default", "colorize" and "colorize_bytes"; networks that can sample also
    "sample", those that predict a distribution "colorize_with_confidence".

    Args:
        network: float32 model from `build_network`.
        objective: Its `Objective`.
        render_size: Pixels of the longer side of what the network sees of files.

    Returns:
        Dict of `(function, input signature)` by name; functions return dicts of tensors by name.
    """
    _, height, width, _ = network.inputs[0].shape

    def grayscale_spec(dtype):
        return tf.TensorSpec([None, height, width, 1], dtype, name="grayscale")

    # Traced once, for all endpoints: a flow is a large graph.
    @tf.function(
        input_signature=[
            grayscale_spec(tf.float32),
            tf.TensorSpec([None], tf.int32),
            tf.TensorSpec([None], tf.float32),
        ]
    )
    def color_each(grayscale, seeds, temperatures):
        return objective.colorize(network, grayscale, seeds, temperatures)

    def color(grayscale, seed=0, temperature=objective.temperature):
        count = tf.shape(grayscale)[:1]
        temperatures = tf.broadcast_to(tf.cast(temperature, tf.float32), count)
        return color_each(grayscale, tf.broadcast_to(seed, count), temperatures)

    def serving_default(grayscale):
        return {"rgb": color(grayscale)}

    def colorize(grayscale):
        return {"rgb": to_uint8(color(from_uint8(grayscale)))}

    def colorize_bytes(image_bytes):
        def color_file(contents):
            pixels = _decode(contents)
            size = tf.shape(pixels)[:2]
            small = scaled_size(size, render_size) if height is None else (height, width)
            grayscale = downscale_luma(pixels, tf.convert_to_tensor(small))
            grayscale = tf.ensure_shape(grayscale, [1, height, width, 1])
            return tf.io.encode_png(upsample_color(grayscale, color(grayscale), pixels))

        # One at a time: the pictures of a batch may differ in size.
        return {"image_bytes": tf.map_fn(color_file, image_bytes, fn_output_signature=tf.string)}

    def sample(grayscale, seed, temperature):
        return {"rgb": color(grayscale, seed, _checked(temperature))}

    def colorize_with_confidence(grayscale):
        return {
            "rgb": color(grayscale),
            "standard_deviation": objective.standard_deviation(network, grayscale),
        }

    offered = {
        "serving_default": (serving_default, [grayscale_spec(tf.float32)]),
        "colorize": (colorize, [grayscale_spec(tf.uint8)]),
        "colorize_bytes": (
            colorize_bytes,
            [tf.TensorSpec([None], tf.string, name="image_bytes")],
        ),
    }
    if objective.is_stochastic:
        # One number for all pictures, or one for each.
        numbers = [
            tf.TensorSpec(None, tf.int32, name="seed"),
            tf.TensorSpec(None, tf.float32, name="temperature"),
        ]
        offered["sample"] = (sample, [grayscale_spec(tf.float32), *numbers])
    if objective.standard_deviation is not None:
        offered["colorize_with_confidence"] = (
            colorize_with_confidence,
            [grayscale_spec(tf.float32)],
        )
    return offered


def _checked(temperature):
    message = f"Expected a temperature in 0..{MAX_TEMPERATURE:g}."
    checks = [
        tf.debugging.assert_greater_equal(temperature, 0.0, message),
        tf.debugging.assert_less_equal(temperature, MAX_TEMPERATURE, message),
    ]
    with tf.control_dependencies(checks):
        return tf.identity(temperature)


def _decode(contents):
    """RGB of a PNG, JPEG, BMP or GIF file, of which the first frame: uint8 `[h, w, 3]`."""

    def decode_jpeg():
        # The default is faster and off by a few levels.
        return tf.io.decode_jpeg(contents, channels=3, dct_method="INTEGER_ACCURATE")

    def decode_other():
        return tf.io.decode_image(contents, channels=3, expand_animations=False)

    image = tf.cond(tf.io.is_jpeg(contents), decode_jpeg, decode_other)
    return tf.ensure_shape(image, [None, None, 3])
