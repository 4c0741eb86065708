"""Predictions: the quantities that networks output.

To add a prediction, add an entry to `PREDICTIONS` and support for it to an objective. The objective
defines the training target and the loss, and decodes the prediction to RGB. The output layer of a
network is named after the prediction.
"""

from dataclasses import dataclass

from colorkeras.color.chroma_bins import NUM_CHROMA_BINS


@dataclass(frozen=True)
class Prediction:
    """Shape of a prediction for grayscale images `[batch, height, width, 1]`, and its objective.

    Attributes:
        num_channels: Number of channels in the prediction.
        stride: Number of image pixels per predicted value along each axis. The prediction has shape
            `[batch, ceil(height / stride), ceil(width / stride), num_channels]`.
        objective: Key in `OBJECTIVES`.
    """

    num_channels: int
    stride: int
    objective: str


PREDICTIONS = {
    "chroma": Prediction(num_channels=2, stride=1, objective="regression"),
    "rgb": Prediction(num_channels=3, stride=1, objective="regression"),
    "bins": Prediction(num_channels=NUM_CHROMA_BINS, stride=2, objective="classification"),
    "velocity": Prediction(num_channels=4, stride=2, objective="flow"),
    "hinted_bins": Prediction(num_channels=NUM_CHROMA_BINS + 4, stride=4, objective="hinted"),
}
"""Predictions by name.

- "chroma": BT.601 Cb and Cr in `[-0.5, 0.5]`; the input's luma is kept.
- "rgb": red, green and blue in `[0, 1]`.
- "bins": logits over the chroma bins in `colorkeras.color.chroma_bins`.
- "velocity": velocity of the flow from noise to chroma, and mean chroma, with two channels each.
- "hinted_bins": logits over the chroma bins, mean Cb and Cr, and median Cb and Cr, given hints.
"""


def prediction_name(network):
    """Return the key in `PREDICTIONS` for a network from `build_network`."""
    return network.output_names[0]
