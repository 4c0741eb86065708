"""What the last layer of a network predicts; the layer bears the name of its entry.

Add an output by adding one entry to `OUTPUTS`, and its use to an objective.
"""

from dataclasses import dataclass

from colorkeras.color.chroma_bins import NUM_BINS


@dataclass(frozen=True)
class Output:
    """The shape of a prediction for a picture `[n, h, w, 1]`, and who makes use of it.

    Attributes:
        num_channels: Channels of the prediction.
        stride: Pixels of the picture for each value, along each axis: the prediction is
            `[n, ceil(h / stride), ceil(w / stride), num_channels]`.
        objective: Key of `OBJECTIVES` that trains networks with this output.
    """

    num_channels: int
    stride: int
    objective: str


OUTPUTS = {
    "chroma": Output(num_channels=2, stride=1, objective="regression"),
    "rgb": Output(num_channels=3, stride=1, objective="regression"),
    "bins": Output(num_channels=NUM_BINS, stride=2, objective="classification"),
    "velocity": Output(num_channels=4, stride=2, objective="flow"),
}
"""BT.601 Cb and Cr in -0.5..0.5, which keeps the input's luma; red, green, blue in 0..1; logits of
the bins of `chroma_bins`; of `objectives.flow` the velocity from noise to chroma and the chroma to
expect, two channels each."""

CLASSES = "classes"
"""Name of the layer of an auxiliary class head."""

NUM_CLASSES = 10
"""Classes that a head tells apart: those of CIFAR-10."""
