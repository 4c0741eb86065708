"""Pretrained encoders that output features at several strides."""

import dataclasses
from collections.abc import Callable

from colorkeras.models.backbones import efficientnet_lite0


@dataclasses.dataclass(frozen=True)
class Backbone:
    """Entry in `BACKBONES`.

    Attributes:
        name: Key in `BACKBONES`.
        constructor: Function without required arguments that returns a `keras.Model`. The model
            maps RGB `[batch, h, w, 3]` to a dict of features keyed by stride, such as "8".
        load_weights: Function that takes a model and the path to an `.npz` file.
        description: One-sentence description.
        channels: Number of feature channels by stride.
    """

    name: str
    constructor: Callable
    load_weights: Callable
    description: str
    channels: dict[int, int]


BACKBONES = {
    backbone.name: backbone
    for backbone in (
        Backbone(
            name="efficientnet_lite0",
            constructor=efficientnet_lite0.encoder,
            load_weights=efficientnet_lite0.load_weights,
            description="EfficientNet-Lite0, pretrained on ImageNet; fast on CPUs.",
            channels=efficientnet_lite0.CHANNELS,
        ),
    )
}
