"""Predictions: what the last layer of a network outputs.

To add one, add an entry to `PREDICTIONS` and handle it in an objective. The layer that outputs the
prediction is named after its entry. Only shapes are defined here: the objective that trains a
prediction also decodes it to RGB.
"""

from dataclasses import dataclass

from colorkeras.color.chroma_bins import NUM_CHROMA_BINS


@dataclass(frozen=True)
class Prediction:
    """Shape of a prediction for grayscale images `[batch, height, width, 1]`.

    Attributes:
        num_channels: Channels of the prediction.
        stride: Image pixels per predicted value along each axis: the prediction is
            `[batch, ceil(height / stride), ceil(width / stride), num_channels]`.
        objective: Key of `OBJECTIVES` that trains networks with this prediction.
    """

    num_channels: int
    stride: int
    objective: str


PREDICTIONS = {
    "chroma": Prediction(num_channels=2, stride=1, objective="regression"),
    "rgb": Prediction(num_channels=3, stride=1, objective="regression"),
    "bins": Prediction(num_channels=NUM_CHROMA_BINS, stride=2, objective="classification"),
    "velocity": Prediction(num_channels=4, stride=2, objective="flow"),
}
"""Predictions by name.

- "chroma": BT.601 Cb and Cr in `[-0.5, 0.5]`; keeps the luma of the input.
- "rgb": red, green and blue in `[0, 1]`.
- "bins": logits of the quantized chroma of `colorkeras.color.chroma_bins`.
- "velocity": the flow's velocity from noise to chroma and the mean chroma, two channels each.
"""


def prediction_name(network):
    """Return the key of `PREDICTIONS` that a network from `build_network` predicts."""
    return network.output_names[0]
