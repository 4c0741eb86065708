"""SavedModels that any TensorFlow program loads without colorkeras or Keras."""

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from colorkeras import architectures
from colorkeras.color import from_uint8, luma, to_uint8
from colorkeras.config import is_plain_name
from colorkeras.errors import UserError, one_line
from colorkeras.files import write_json, write_next_version, write_text
from colorkeras.outputs import OUTPUTS

METADATA_FILE = Path("assets.extra", "colorkeras.json")
"""Where an export, relative to its folder, says what it is and how it was made."""

ENDPOINTS = """\
| endpoint | input | output |
| --- | --- | --- |
| `serving_default` | `grayscale`: float32 `[n, h, w, 1]`, 0..1 | `rgb`: float32 `[n, h, w, 3]`, \
0..1 |
| `colorize` | `grayscale`: uint8 `[n, h, w, 1]`, 0..255 | `rgb`: uint8 `[n, h, w, 3]`, 0..255 |
| `colorize_bytes` | `image_bytes`: string `[n]`, PNG or JPEG files | `image_bytes`: string `[n]`, \
PNG files, RGB, each of its input's size |
"""
"""Markdown table of what an export offers, for its README and the project's."""

_README = """\
# {name}

A colorkeras SavedModel: {architecture} ({num_parameters:,} parameters), output {output},
trained on {dataset}. It computes in float32 and needs TensorFlow only.

{endpoints}
`n` is any number{sizes}. `colorize_bytes` turns colored input gray first.
The settings and versions behind this export are in `{metadata_file}`.

```python
import tensorflow as tf

model = tf.saved_model.load("path/to/this/folder")
rgb = model.signatures["serving_default"](grayscale=tf.zeros([1, 32, 32, 1]))["rgb"]
```
"""


def export(network, parent, metadata):
    """Writes `parent/<n>`, a SavedModel with the endpoints of `ENDPOINTS`.

    Args:
        network: A float32 model from `architectures.build`.
        parent: Folder of the numbered versions of one model.
        metadata: Dict for `assets.extra/colorkeras.json` that names at least "name" and
            "dataset"; what the network itself tells is added.

    Returns:
        `Path` of the new version.
    """
    output = architectures.output_name(network)
    metadata = {
        "name": metadata["name"],
        "architecture": network.name,
        "output": output,
        "num_parameters": network.count_params(),
        **metadata,
    }
    _, height, width, _ = network.input_shape

    def write(folder):
        _archive(network, OUTPUTS[output].decode).write_out(str(folder), verbose=False)
        write_json(folder / METADATA_FILE, metadata)
        sizes = ", h and w are any size" if height is None else f", h = {height}, w = {width}"
        readme = _README.format(
            endpoints=ENDPOINTS, sizes=sizes, metadata_file=METADATA_FILE.as_posix(), **metadata
        )
        write_text(folder / "README.md", readme)

    return write_next_version(parent, write)


def _archive(network, decode):
    _, height, width, _ = network.input_shape

    def color(grayscale):
        return decode(grayscale, network(grayscale, training=False))

    def serving_default(grayscale):
        return {"rgb": color(grayscale)}

    def colorize(grayscale):
        return {"rgb": to_uint8(color(from_uint8(grayscale)))}

    def color_file(contents):
        image = tf.io.decode_image(contents, channels=3, expand_animations=False)
        if height is not None:
            message = f"Expected a picture of {height}x{width} pixels, the only size of this model."
            check = tf.debugging.assert_equal(tf.shape(image)[:2], [height, width], message)
            # Not left to ensure_shape below, which the optimizer moves before the check.
            with tf.control_dependencies([check]):
                image = tf.reshape(image, [height, width, 3])
        grayscale = luma(from_uint8(tf.ensure_shape(image, [height, width, 3])))
        return tf.io.encode_png(to_uint8(color(grayscale[tf.newaxis]))[0])

    def colorize_bytes(image_bytes):
        # One at a time: the pictures of a batch may differ in size.
        return {"image_bytes": tf.map_fn(color_file, image_bytes, fn_output_signature=tf.string)}

    def grayscale_spec(dtype):
        return tf.TensorSpec([None, height, width, 1], dtype, name="grayscale")

    # The endpoints track the variables that they use; `track` would store each a second time.
    archive = keras.export.ExportArchive()
    archive.add_endpoint("serving_default", serving_default, [grayscale_spec(tf.float32)])
    archive.add_endpoint("colorize", colorize, [grayscale_spec(tf.uint8)])
    archive.add_endpoint(
        "colorize_bytes", colorize_bytes, [tf.TensorSpec([None], tf.string, name="image_bytes")]
    )
    return archive


@dataclass(frozen=True)
class ExportedModel:
    """A SavedModel that `export` wrote, ready to color.

    Attributes:
        path: Its folder.
        metadata: What `assets.extra/colorkeras.json` says.
        saved_model: What `tf.saved_model.load` returned; it keeps the variables alive.
    """

    path: Path
    metadata: dict
    saved_model: Any

    @property
    def signature(self):
        """The function behind the endpoint `serving_default`."""
        return self.saved_model.signatures["serving_default"]

    @property
    def image_size(self):
        """The only height of pictures that it takes; None for any."""
        _, inputs = self.signature.structured_input_signature
        return inputs["grayscale"].shape[1]

    def color(self, grayscale):
        """Colors float32 `[n, h, w, 1]` in 0..1 to float32 RGB `[n, h, w, 3]` in 0..1."""
        return self.signature(grayscale=tf.convert_to_tensor(grayscale))["rgb"]


def load(path):
    """Loads a SavedModel that `export` wrote. A SavedModel is a program: load only what you trust.

    Args:
        path: Folder of one version.

    Returns:
        `ExportedModel`.

    Raises:
        UserError: There is none, or it was not written by colorkeras.
    """
    path = Path(path)
    with _problem_explained(path):
        metadata = json.loads((path / METADATA_FILE).read_text(encoding="utf-8"))
        model = ExportedModel(path, metadata, tf.saved_model.load(str(path)))
        if not {"name", "architecture", "output", "num_parameters"} <= set(metadata):
            raise ValueError(f"{METADATA_FILE.as_posix()} is incomplete")
        if not is_plain_name(metadata["name"]):
            raise ValueError(f"its name is {metadata['name']!r}")
        if "serving_default" not in model.saved_model.signatures:
            raise ValueError("it has no endpoint serving_default")
    return model


@contextlib.contextmanager
def _problem_explained(path):
    try:
        yield
    except Exception as error:  # TensorFlow's loader raises what its parsers stumble over.
        detail = one_line(error) if path.is_dir() else "there is no such folder"
        raise UserError(
            f"the model {str(path)!r}, which cannot be loaded ({detail})",
            "the folder of an export, such as saved_models/unet/1, or the name of a shipped model",
            "Pass the numbered folder that training printed; exports of other programs lack "
            f"{METADATA_FILE.as_posix()}.",
        ) from error
