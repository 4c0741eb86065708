"""Architectures: Keras functional models that map grayscale images to a prediction.

To add an architecture, write a module with a builder function and add an entry to `ARCHITECTURES`;
the shared tests then cover it. The function takes the argument `prediction`, one of the
`predictions` in the entry. It returns a functional model that maps grayscale images, float32
`[batch, height, width, 1]` in `[0, 1]`, to the float32 prediction (`flow_unet` and `hint_unet` have
additional inputs). The output layer is named after the prediction.
"""

from collections.abc import Callable
from dataclasses import dataclass

from colorkeras.models.architectures.baseline import baseline
from colorkeras.models.architectures.encoder_decoder import encoder_decoder
from colorkeras.models.architectures.flow_unet import flow_unet
from colorkeras.models.architectures.hint_unet import hint_unet
from colorkeras.models.architectures.residual_unet import residual_unet
from colorkeras.models.architectures.skip_cnn import skip_cnn
from colorkeras.models.architectures.unet import unet


@dataclass(frozen=True)
class Architecture:
    """Entry in `ARCHITECTURES`.

    Attributes:
        name: Key in `ARCHITECTURES` and name of the `keras.Model`.
        constructor: Function that builds the model. It takes `prediction` and, if `has_class_head`,
            `num_classes`.
        description: One-line description for listings.
        predictions: Supported keys in `PREDICTIONS`; the first is the default.
        has_class_head: Whether the model can have a second output, class logits
            `[batch, num_classes]`.
        has_half_precision_export: Whether exports store the weights as float16.
        backbone: Key in `BACKBONES` to pass to the constructor; None for architectures without a
            backbone.
    """

    name: str
    constructor: Callable
    description: str
    predictions: tuple
    has_class_head: bool = False
    has_half_precision_export: bool = False
    backbone: str | None = None


_ARCHITECTURES = (
    Architecture("baseline", baseline, "One dense layer", ("rgb", "chroma")),
    Architecture("skip_cnn", skip_cnn, "Convolutions at full resolution", ("chroma", "rgb")),
    Architecture("encoder_decoder", encoder_decoder, "Autoencoder", ("chroma", "rgb")),
    Architecture("unet", unet, "U-Net", ("chroma", "rgb")),
    Architecture("residual_unet", residual_unet, "Residual U-Net", ("chroma", "rgb", "bins"), True),
    Architecture("flow_unet", flow_unet, "Encoder and velocity network", ("velocity",), True),
    Architecture(
        "hint_unet",
        hint_unet,
        "Pretrained backbone and decoder",
        ("hinted_bins",),
        has_half_precision_export=True,
        backbone="efficientnet_lite0",
    ),
)

ARCHITECTURES = {architecture.name: architecture for architecture in _ARCHITECTURES}
"""Architectures by name."""

DEFAULT_ARCHITECTURE = "unet"
"""Default architecture for training."""
