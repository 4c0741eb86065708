"""Interface of objectives."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class HintFunctions:
    """Functions of an objective whose networks accept color hints.

    Hints are float32 `[batch, height, width, 3]`: Cb and Cr in `[-0.5, 0.5]`, and a mask in
    `[0, 1]`. Vividness is float32 `[]` or `[batch]` in `[0, 1]`.

    Attributes:
        colorize: Function of (network, grayscale, hints or None, vividness) that returns RGB.
        sample: Function of (network, grayscale, seeds, vividness) that returns RGB. Seeds are int32
            `[batch]`; each seed gives a different colorization.
        sample_from_numbers: Function of (network, grayscale, numbers, vividness) that returns RGB.
            Like `sample`, but takes the result of `hint_sampling.draw_numbers` instead of seeds.
        color_distribution: Function of (network, grayscale, points) that returns the most likely
            colors at each point, uint8 `[batch, k, 5, 3]`, and their probabilities, float32
            `[batch, k, 5]`, in descending order. Points are x and y in pixels, int32
            `[batch, k, 2]`.
        colorize_with_reference: Function of (network, grayscale, references, vividness) that
            returns RGB. References are RGB images of any size, one per grayscale image.
        reference_hints: Function of (network, grayscale, references) that returns hints. `colorize`
            with these hints is equivalent to `colorize_with_reference`. References have at most
            `MAX_REFERENCE_SIZE` pixels per side.
    """

    colorize: Callable
    sample: Callable
    sample_from_numbers: Callable
    color_distribution: Callable
    colorize_with_reference: Callable
    reference_hints: Callable


@dataclass(frozen=True)
class Objective:
    """Training target, loss and decoding of a prediction.

    Images are float32 in `[0, 1]`; RGB is `[batch, height, width, 3]` and grayscale is
    `[batch, height, width, 1]`.

    Attributes:
        description: One-line description for the run metadata.
        target: Function of (ground-truth RGB, grayscale, `Randomness`, labels) that returns
            `(inputs, target)`: the network's inputs and the first argument to `loss`. Labels
            are int64 `[batch]`, or None if unknown.
        loss: Function of (target, prediction) that returns a scalar, the mean over the batch.
        colorize: Function of (network, grayscale, seeds, temperature) that returns RGB. Seeds are
            int32 `[batch]`; the temperature is float32 `[]` or `[batch]`. Objectives may ignore one
            or both.
        make_deterministic_colorize: Function of (seed, maximum height, maximum width) that returns
            a function of (network, grayscale). The returned function gives the same result as
            `colorize` with this seed and the default temperature, but without random operations,
            which only TensorFlow supports. None if `colorize` uses no random operations.
        colorize_from_normals: Function of (network, grayscale, normals) that returns RGB like
            `colorize`. `normals` is a list of arrays of Gaussian noise, scaled by the temperature;
            `noise_grids` describes their shapes. None if `colorize` uses no random operations.
        noise_grids: Dict that describes the shapes of `normals`. The first is `[batch, 1, 1, 2]`.
            Each distance in "distances" adds a grid with one point per "stride" times distance
            image pixels, and "margin" points beyond each border. `tf.random.stateless_normal` draws
            the n-th array with the seed `[seed, n]`. None if `colorize` uses no random operations.
        standard_deviation: Function of (network, grayscale) that returns the joint standard
            deviation of Cb and Cr in the predicted distribution, before gamut mapping,
            `[batch, height, width, 1]`. None if no distribution is predicted.
        hint_functions: `HintFunctions` if networks accept hints, otherwise None. `colorize` uses no
            hints and the default vividness.
        is_stochastic: Whether `colorize` depends on the seeds.
        temperature: Default temperature for `colorize`.
        metadata: Dict of additional settings to store in export metadata.
    """

    description: str
    target: Callable
    loss: Callable
    colorize: Callable
    make_deterministic_colorize: Callable | None = None
    colorize_from_normals: Callable | None = None
    noise_grids: dict | None = None
    standard_deviation: Callable | None = None
    hint_functions: HintFunctions | None = None
    is_stochastic: bool = False
    temperature: float = 1.0
    metadata: dict = field(default_factory=dict)
