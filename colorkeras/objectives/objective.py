"""What an objective is: a few functions."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Objective:
    """What a network learns, and how its answers become color.

    Pictures are float32 in 0..1: RGB `[n, h, w, 3]`, grayscale `[n, h, w, 1]`.

    Attributes:
        description: Short text for records.
        target: Maps true RGB, grayscale, `Randomness` and labels, int64 `[n]` or None where they
            are not known, to `(inputs, target)`: what the network is given, and what `loss`
            compares its prediction with.
        loss: Maps the target and the prediction to one scalar, the mean over the batch.
        color: Maps a network, grayscale, seeds and temperature to RGB. Seeds are int32 `[n]`, the
            temperature is float32 `[]` or `[n]`; what makes no use of them ignores them.
        without_drawing: Maps a seed and the height and width of the largest pictures to a function
            of a network and grayscale that returns what `color` returns for this seed and the
            default temperature, without random operations, which only TensorFlow has; None for
            objectives whose `color` has none.
        spread: Maps a network and grayscale to the standard deviation of chroma (-0.5..0.5, Cb and
            Cr together) over the distribution that the network predicts, before chroma is limited
            to what RGB can show, `[n, h, w, 1]`; None for objectives that predict no distribution.
        samples: Whether another seed gives another plausible version.
        temperature: What `color` is given where nobody asks for another one.
        facts: Dict of what else an export's metadata says of it.
    """

    description: str
    target: Callable
    loss: Callable
    color: Callable
    without_drawing: Callable | None = None
    spread: Callable | None = None
    samples: bool = False
    temperature: float = 1.0
    metadata: dict = field(default_factory=dict)
