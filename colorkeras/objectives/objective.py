"""Definition of an objective as a record of functions."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Objective:
    """Training target, loss and decoding of a prediction.

    Images are float32 in `[0, 1]`: RGB `[batch, height, width, 3]`, grayscale
    `[batch, height, width, 1]`.

    Attributes:
        description: One line for records.
        target: Maps ground-truth RGB, grayscale, `Randomness` and labels (int64 `[batch]`, None if
            unknown) to `(inputs, target)`: the inputs of the network and the first argument of
            `loss`.
        loss: Maps target and prediction to a scalar, the mean over the batch.
        colorize: Maps a network, grayscale, seeds and temperature to RGB. Seeds are int32
            `[batch]`, the temperature is float32 `[]` or `[batch]`; objectives that do not use them
            ignore them.
        make_deterministic_colorize: Maps a seed and the maximum height and width of images to a
            function of a network and grayscale. It returns what `colorize` returns for this seed
            and the default temperature, without random operations, which only TensorFlow supports.
            None if `colorize` has none.
        standard_deviation: Maps a network and grayscale to the standard deviation of the predicted
            chroma distribution, Cb and Cr together, before gamut mapping: `[batch, height, width,
            1]`. None if no distribution is predicted.
        is_stochastic: Whether `colorize` depends on the seeds.
        temperature: Default temperature of `colorize`.
        metadata: Dict of further settings for the metadata of an export.
    """

    description: str
    target: Callable
    loss: Callable
    colorize: Callable
    make_deterministic_colorize: Callable | None = None
    standard_deviation: Callable | None = None
    is_stochastic: bool = False
    temperature: float = 1.0
    metadata: dict = field(default_factory=dict)
