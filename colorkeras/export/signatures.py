"""Endpoints of exported SavedModels."""

import tensorflow as tf

from colorkeras.color.guided_upsampling import downscale_luma, scaled_size, upsample_color
from colorkeras.color.spaces import from_uint8, to_uint8
from colorkeras.config.colorize_options import MAX_TEMPERATURE
from colorkeras.export import hint_signatures
from colorkeras.export.request_checks import (
    checked_files,
    checked_images,
    checked_numbers,
    in_range,
    not_empty,
)

_HEADER = "| endpoint | input | output |\n| --- | --- | --- |\n"

_GRAYSCALE = "`grayscale`: float32 `[n, h, w, 1]` in [0, 1]"
_SEED = "`seed`: int32 `[]` or `[n]`"
_TEMPERATURE = f"`temperature`: float32 `[]` or `[n]` in [0, {MAX_TEMPERATURE:g}]"
_VIVIDNESS = "`vividness`: float32 `[]` or `[n]` in [0, 1]"
_RGB = "`rgb`: float32 `[n, h, w, 3]` in [0, 1]"

ROWS = {
    "serving_default": f"{_GRAYSCALE} | {_RGB}",
    "colorize": "`grayscale`: uint8 `[n, h, w, 1]` | `rgb`: uint8 `[n, h, w, 3]`",
    "colorize_bytes": "`image_bytes`: string `[n]`, upright sRGB PNG or JPEG files of any size | "
    "`image_bytes`: string `[n]`, RGB PNG files of the same sizes",
    "sample": f"{_GRAYSCALE}; {_SEED}; {_TEMPERATURE} | {_RGB}",
    "colorize_with_confidence": f"{_GRAYSCALE} | {_RGB}; `standard_deviation`: float32 "
    "`[n, h, w, 1]`, over Cb and Cr jointly, each in [-0.5, 0.5]",
}

HINT_ROWS = {
    "colorize_with_hints": f"{_GRAYSCALE}; `hints`: float32 `[n, h, w, 3]`, Cb and Cr in "
    f"[-0.5, 0.5] and a mask, 1 at hints and 0 elsewhere; {_VIVIDNESS} | {_RGB}",
    "sample": f"{_GRAYSCALE}; {_SEED}; {_VIVIDNESS} | {_RGB}",
    "color_distribution": f"{_GRAYSCALE}; `points`: int32 `[n, k, 2]`, x and y in pixels | "
    "`colors`: uint8 RGB `[n, k, 5, 3]`, most likely first; `probabilities`: float32 `[n, k, 5]`",
    "colorize_with_reference": f"{_GRAYSCALE}; `reference`: float32 RGB `[n, H, W, 3]` in [0, 1], "
    f"of any size; {_VIVIDNESS} | {_RGB}",
}
"""Table rows for the additional endpoints of networks that accept hints."""

NAMES = tuple(ROWS | HINT_ROWS)
"""Names of all endpoints."""


def table(names):
    """Return a Markdown table that describes the named endpoints of a model."""
    rows = ROWS | HINT_ROWS if "colorize_with_hints" in names else ROWS
    return _HEADER + "".join(f"| `{name}` | {rows[name]} |\n" for name in names)


def create(network, objective, render_size, max_scale=1.0):
    """Create the endpoints for a trained network.

    All networks have "serving_default", "colorize" and "colorize_bytes". Networks that sample also
    have "sample", networks that predict a distribution also have "colorize_with_confidence", and
    networks that accept hints also have the endpoints from `hint_signatures`.

    Args:
        network: Network from `build_network`, or a `HalfPrecisionNetwork`.
        objective: The network's `Objective`.
        render_size: Longer side, in pixels, to which images decoded from files are resized for the
            network.
        max_scale: Maximum factor by which these images are enlarged, at least 1.

    Returns:
        Dict from name to `(function, input signature)`, where the signature is a list of
        `tf.TensorSpec`. The functions return dicts of tensors; `table` lists all shapes and ranges.
    """
    size = network.inputs[0].shape[1:3]
    color = _color_function(network, objective)
    colorize_file = _file_function(color, size, (render_size, max_scale))

    def serving_default(grayscale):
        return {"rgb": color(checked_images(grayscale, "grayscale", size))}

    def colorize(grayscale):
        grayscale = checked_images(grayscale, "grayscale", size)
        return {"rgb": to_uint8(color(from_uint8(grayscale)))}

    def colorize_bytes(image_bytes):
        # Process one image at a time because the images in a batch may differ in size.
        files = checked_files(image_bytes)
        return {"image_bytes": tf.map_fn(colorize_file, files, fn_output_signature=tf.string)}

    def colorize_with_confidence(grayscale):
        grayscale = checked_images(grayscale, "grayscale", size)
        spread = objective.standard_deviation(network, not_empty(grayscale))
        return {"rgb": color(grayscale), "standard_deviation": spread[: tf.shape(grayscale)[0]]}

    def grayscale_spec(dtype):
        return tf.TensorSpec([None, *size, 1], dtype, name="grayscale")

    files = tf.TensorSpec([None], tf.string, name="image_bytes")
    endpoints = {
        "serving_default": (serving_default, [grayscale_spec(tf.float32)]),
        "colorize": (colorize, [grayscale_spec(tf.uint8)]),
        "colorize_bytes": (colorize_bytes, [files]),
    }
    if objective.is_stochastic:
        # Inputs contain either one number for all images, or one number per image.
        seeds = tf.TensorSpec(None, tf.int32, name="seed")
        temperatures = tf.TensorSpec(None, tf.float32, name="temperature")
        signature = [grayscale_spec(tf.float32), seeds, temperatures]
        endpoints["sample"] = (_sample_function(color, size), signature)
    if objective.standard_deviation is not None:
        signature = [grayscale_spec(tf.float32)]
        endpoints["colorize_with_confidence"] = (colorize_with_confidence, signature)
    if objective.hint_functions is not None:
        endpoints |= hint_signatures.create(network, objective.hint_functions)
    return endpoints


def _sample_function(color, size):
    """Return the function of the "sample" endpoint."""

    def sample(grayscale, seed, temperature):
        grayscale = checked_images(grayscale, "grayscale", size)
        count = tf.shape(grayscale)[0]
        seeds = checked_numbers("seed", seed, count)
        temperatures = checked_numbers("temperature", temperature, count)
        temperatures = in_range("temperature", temperatures, MAX_TEMPERATURE)
        return {"rgb": color(grayscale, seeds, temperatures)}

    return sample


def _file_function(color, image_size, scaling):
    """Return a function that colorizes the contents of an image file and returns a PNG file."""

    def colorize_file(contents):
        pixels = _decode(contents)
        size = tf.shape(pixels)[:2]
        small = scaled_size(size, *scaling) if image_size[0] is None else image_size
        grayscale = downscale_luma(pixels, tf.convert_to_tensor(small))
        grayscale = tf.ensure_shape(grayscale, [1, *image_size, 1])
        return tf.io.encode_png(upsample_color(grayscale, color(grayscale), pixels))

    return colorize_file


def _color_function(network, objective):
    """Return the function shared by all endpoints, which is traced only once to save space."""

    @tf.function(
        input_signature=[
            tf.TensorSpec(network.inputs[0].shape, tf.float32, name="grayscale"),
            tf.TensorSpec([None], tf.int32),
            tf.TensorSpec([None], tf.float32),
        ],
        autograph=False,
    )
    def color_each(grayscale, seeds, temperatures):
        return objective.colorize(network, grayscale, seeds, temperatures)

    def color(grayscale, seed=0, temperature=objective.temperature):
        count = tf.shape(grayscale)[0]
        seeds = tf.broadcast_to(seed, [count])
        temperatures = tf.broadcast_to(tf.cast(temperature, tf.float32), [count])
        return color_each(*map(not_empty, (grayscale, seeds, temperatures)))[:count]

    return color


def _decode(contents):
    """Decode a PNG, JPEG or BMP file, or the first frame of a GIF, to uint8 RGB `[h, w, 3]`."""

    def decode_jpeg():
        # The default method is faster, but its results are off by a few levels.
        return tf.io.decode_jpeg(contents, channels=3, dct_method="INTEGER_ACCURATE")

    def decode_other():
        return tf.io.decode_image(contents, channels=3, expand_animations=False)

    image = tf.cond(tf.io.is_jpeg(contents), decode_jpeg, decode_other)
    return tf.ensure_shape(image, [None, None, 3])
