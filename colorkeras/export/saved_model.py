"""SavedModels that any TensorFlow program loads without colorkeras or Keras."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from colorkeras.color.guided_upsampling import RENDER_SIZE
from colorkeras.config.colorize_options import check_option
from colorkeras.config.settings import shown
from colorkeras.export import bundled, checksums, model_card, signatures
from colorkeras.export.metadata import (
    CARD_FILE,
    FORMAT_VERSION,
    METADATA_FILE,
    explain_load_errors,
    read_metadata,
)
from colorkeras.models.predictions import prediction_name
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import quoted, write_json, write_next_version, write_text


def export(network, objective, parent, metadata):
    """Write `parent/<n>`, a SavedModel with the endpoints of `signatures.create`.

    Args:
        network: A float32 model from `build_network`, without a class head.
        objective: The `Objective` it was trained for.
        parent: Folder of the numbered versions of one model.
        metadata: Dict for `assets.extra/colorkeras.json` with at least "name" and "dataset". What
            the network and the objective determine is added.

    Returns:
        `Path` of the new version.
    """
    metadata = {
        "format_version": FORMAT_VERSION,
        "name": metadata["name"],
        "architecture": network.name,
        "prediction": prediction_name(network),
        "num_parameters": network.count_params(),
        "render_size": RENDER_SIZE,
        **metadata,
        **objective.metadata,
    }
    endpoints = signatures.create(network, objective, metadata["render_size"])
    card = model_card.render(metadata, endpoints, network.inputs[0].shape[1])

    def write(folder):
        # The endpoints track the variables they use; `track` would store each of them twice.
        archive = keras.export.ExportArchive()
        for name, (function, signature) in endpoints.items():
            archive.add_endpoint(name, function, signature)
        # TFLiteConverter.from_saved_model converts "serving_default" alone, rather than all
        # signatures at once, which fails, if the object has an attribute of this name.
        archive.add_variable_collection("serve", [])
        archive.write_out(str(folder), verbose=False)
        write_json(folder / METADATA_FILE, metadata)
        write_text(folder / CARD_FILE, card)
        checksums.write_checksums(folder)

    return write_next_version(parent, write)


@dataclass(frozen=True)
class ExportedModel:
    """A SavedModel that `export` wrote, ready to color.

    Attributes:
        path: Its folder.
        metadata: Content of `assets.extra/colorkeras.json`.
        saved_model: Result of `tf.saved_model.load`; it keeps the variables alive.
    """

    path: Path
    metadata: dict
    saved_model: Any

    @property
    def endpoints(self):
        """Names of the endpoints, in the order of `signatures.create`."""
        return [name for name in signatures.NAMES if name in self.saved_model.signatures]

    @property
    def signature(self):
        """Function of the endpoint `serving_default`."""
        return self.saved_model.signatures["serving_default"]

    @property
    def image_size(self):
        """The only height and width of images that the model takes, in pixels; None for any."""
        _, inputs = self.signature.structured_input_signature
        return inputs["grayscale"].shape[1]

    @property
    def render_size(self):
        """Longer side, in pixels, of the image that the network sees of a photograph."""
        return self.metadata["render_size"]

    @property
    def samples(self):
        """Whether each seed gives another coloring: the model has the endpoint `sample`."""
        return "sample" in self.saved_model.signatures

    @property
    def is_confident(self):
        """Whether the model has the endpoint `colorize_with_confidence`."""
        return "colorize_with_confidence" in self.saved_model.signatures

    def color(self, grayscale, seeds=None, temperature=None):
        """Color a batch of images.

        Args:
            grayscale: float32 `[n, h, w, 1]` in [0, 1].
            seeds: int32 `[n]`, one for each image, for models that sample; others ignore it. None
                uses the seed of the endpoint `serving_default`.
            temperature: float in [0, 1.5] for models that sample; None for their default.

        Returns:
            float32 RGB `[n, h, w, 3]` in [0, 1].

        Raises:
            UserError: The temperature is out of range, or the model does not sample.
        """
        grayscale = tf.convert_to_tensor(grayscale)
        if temperature is not None:
            self.check_temperature(temperature)
        if not self.samples or (seeds is None and temperature is None):
            return self.signature(grayscale=grayscale)["rgb"]
        return self.saved_model.signatures["sample"](
            grayscale=grayscale,
            seed=tf.constant(0) if seeds is None else tf.cast(seeds, tf.int32),
            temperature=tf.constant(
                self.metadata["temperature"] if temperature is None else temperature, tf.float32
            ),
        )["rgb"]

    def check_temperature(self, temperature):
        """Raise UserError unless the model samples and the temperature is in [0, 1.5]."""
        if not self.samples:
            raise UserError(
                f"temperature {shown(temperature)} for {quoted(self.path)}, without endpoint "
                "`sample`",
                "a model that was trained with --objective flow",
                "Omit the temperature, or choose another model.",
            )
        check_option("temperature", temperature)


def load(path):
    """Load a SavedModel that `export` wrote. A SavedModel is a program: load only what you trust.

    Args:
        path: Folder of one version.

    Returns:
        `ExportedModel`.

    Raises:
        UserError: The folder holds no export of colorkeras, or a damaged one.
    """
    path = Path(path)
    metadata = read_metadata(path)
    checksums.verify(path, required=bundled.is_bundled(path))
    with explain_load_errors(path):
        model = ExportedModel(path, metadata, tf.saved_model.load(str(path)))
        if "serving_default" not in model.saved_model.signatures:
            raise ValueError("it has no endpoint serving_default")
    return model
