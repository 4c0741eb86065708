"""Architectures: Keras functional models from grayscale images to a prediction.

To add one, add a file with a constructor and an entry to `ARCHITECTURES`; the shared tests cover
it. A constructor takes `prediction`, a key of `PREDICTIONS` that its entry lists. It returns a
functional model from grayscale, float32 `[batch, height, width, 1]` in `[0, 1]` (and further inputs
for "velocity", see `flow_unet`), to the float32 prediction. The output layer is named after the
prediction.
"""

from collections.abc import Callable
from dataclasses import dataclass

from colorkeras.models.architectures.baseline import baseline
from colorkeras.models.architectures.encoder_decoder import encoder_decoder
from colorkeras.models.architectures.flow_unet import flow_unet
from colorkeras.models.architectures.residual_unet import residual_unet
from colorkeras.models.architectures.skip_cnn import skip_cnn
from colorkeras.models.architectures.unet import unet


@dataclass(frozen=True)
class Architecture:
    """Registry entry of an architecture.

    Attributes:
        name: Key in `ARCHITECTURES` and name of the `keras.Model`.
        constructor: Function of `prediction`, and of `num_classes` if there is a class head.
        description: One line for listings.
        predictions: Keys of `PREDICTIONS` that it supports, its default first.
        has_class_head: Whether `num_classes` above 0 adds logits `[batch, num_classes]` as a second
            output.
    """

    name: str
    constructor: Callable
    description: str
    predictions: tuple
    has_class_head: bool = False


_ARCHITECTURES = (
    Architecture("baseline", baseline, "One dense layer", ("rgb", "chroma")),
    Architecture("skip_cnn", skip_cnn, "Convolutions at full resolution", ("chroma", "rgb")),
    Architecture("encoder_decoder", encoder_decoder, "Autoencoder", ("chroma", "rgb")),
    Architecture("unet", unet, "U-Net", ("chroma", "rgb")),
    Architecture("residual_unet", residual_unet, "Residual U-Net", ("chroma", "rgb", "bins"), True),
    Architecture("flow_unet", flow_unet, "Encoder and velocity network", ("velocity",), True),
)

ARCHITECTURES = {architecture.name: architecture for architecture in _ARCHITECTURES}
"""Architectures by name."""

DEFAULT_ARCHITECTURE = "unet"
"""Architecture that is trained by default."""
