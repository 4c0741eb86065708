"""Write and load SavedModels, which TensorFlow can load without colorkeras or Keras."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import keras
import tensorflow as tf

from colorkeras.color.guided_upsampling_numpy import RENDER_SIZE
from colorkeras.export import bundled, checksums, model_card, signatures
from colorkeras.export.color_model import ColorModel
from colorkeras.export.half_precision import HalfPrecisionNetwork
from colorkeras.export.metadata import (
    CARD_FILE,
    FORMAT_VERSION,
    METADATA_FILE,
    explain_load_errors,
    read_metadata,
)
from colorkeras.models.architectures import ARCHITECTURES
from colorkeras.models.predictions import prediction_name
from colorkeras.utils.files import write_json, write_next_version, write_text


def export(network, objective, parent, metadata):
    """Write a SavedModel with the endpoints from `signatures.create` and return its path.

    The path is `parent/<n>`, where n is the next version number.

    Args:
        network: float32 model from `build_network`, without a class head.
        objective: The network's training `Objective`.
        parent: Folder that contains the numbered versions of the model.
        metadata: Dict for `assets.extra/colorkeras.json` with at least "name" and "dataset".
            Properties of the network and of the objective are added.
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
    if ARCHITECTURES[network.name].has_half_precision_export:
        network = HalfPrecisionNetwork(network)
    endpoints = signatures.create(
        network, objective, metadata["render_size"], metadata.get("max_scale", 1.0)
    )
    names = [name for name in signatures.NAMES if name in endpoints]
    card = model_card.render(metadata, names, network.inputs[0].shape[1])

    def write(folder):
        # Endpoints already track their variables; `track` would store each variable twice.
        archive = keras.export.ExportArchive()
        for name, (function, signature) in endpoints.items():
            archive.add_endpoint(name, function, signature)
        # If this attribute exists, TFLiteConverter.from_saved_model converts only
        # "serving_default". It would fail if it had to convert all signatures.
        archive.add_variable_collection("serve", [])
        archive.write_out(str(folder), verbose=False)
        write_json(folder / METADATA_FILE, metadata)
        write_text(folder / CARD_FILE, card)
        checksums.write_checksums(folder)

    return write_next_version(parent, write)


@dataclass(frozen=True)
class ExportedModel(ColorModel):
    """Exported model that runs on TensorFlow; created by `load`.

    Attributes:
        saved_model: Result of `tf.saved_model.load`; keeps the variables alive.
    """

    engine: ClassVar[str] = "TensorFlow"

    saved_model: Any

    @property
    def endpoints(self):
        """Names of the endpoints, in the same order as in `signatures.create`."""
        return [name for name in signatures.NAMES if name in self.saved_model.signatures]

    @property
    def signature(self):
        """The function of the `serving_default` endpoint."""
        return self.saved_model.signatures["serving_default"]

    @property
    def image_size(self):
        """Fixed height and width of images in pixels, or None for any size."""
        _, inputs = self.signature.structured_input_signature
        return inputs["grayscale"].shape[1]

    def color(
        self,
        grayscale,
        seeds=None,
        temperature=None,
        vividness=None,
        hints=None,
        reference=None,
    ):
        """See `ColorModel.color`."""
        inputs = {"grayscale": tf.convert_to_tensor(grayscale)}
        if temperature is not None:
            self.check_temperature(temperature)
        if vividness is not None:
            self.check_vividness(vividness)
        endpoint = "serving_default"
        if hints is not None or (vividness is not None and seeds is None and reference is None):
            endpoint = "colorize_with_hints"
            none = tf.zeros_like(inputs["grayscale"]) * [1.0, 1.0, 1.0]
            inputs["hints"] = none if hints is None else tf.convert_to_tensor(hints)
        elif reference is not None:
            endpoint = "colorize_with_reference"
            inputs["reference"] = tf.convert_to_tensor(reference)
        elif self.samples and not (seeds is None and temperature is None):
            endpoint = "sample"
            inputs["seed"] = tf.constant(0) if seeds is None else tf.cast(seeds, tf.int32)
        given = {"temperature": temperature, "vividness": vividness}
        signature = self.saved_model.signatures[endpoint]
        for name in signature.structured_input_signature[1].keys() & given.keys():
            number = self.metadata[name] if given[name] is None else given[name]
            inputs[name] = tf.constant(number, tf.float32)
        return signature(**inputs)["rgb"]

    def standard_deviation(self, grayscale):
        """See `ColorModel.standard_deviation`."""
        signature = self.saved_model.signatures["colorize_with_confidence"]
        return signature(grayscale=tf.convert_to_tensor(grayscale))["standard_deviation"].numpy()

    def color_distribution(self, grayscale, points):
        """See `ColorModel.color_distribution`."""
        outputs = self.saved_model.signatures["color_distribution"](
            grayscale=tf.convert_to_tensor(grayscale), points=tf.cast(points, tf.int32)
        )
        return outputs["colors"].numpy(), outputs["probabilities"].numpy()


def load(path):
    """Load a SavedModel written by `export`.

    SavedModels can run arbitrary code, so only load models that you trust.

    Args:
        path: Path to the export, i.e. the folder of one version.

    Returns:
        `ExportedModel`.

    Raises:
        UserError: The folder is not a colorkeras export or is damaged.
    """
    path = Path(path)
    metadata = read_metadata(path)
    checksums.verify(path, required=bundled.is_bundled(path))
    with explain_load_errors(path):
        model = ExportedModel(path, metadata, tf.saved_model.load(str(path)))
        if "serving_default" not in model.saved_model.signatures:
            raise ValueError("the serving_default endpoint is missing")
    return model
