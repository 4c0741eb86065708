"""Every setting of a training run with its default, and the checks on them."""

import math
import numbers
import re
from dataclasses import dataclass

from colorkeras.utils.errors import UserError, check_choice

MAX_TEMPERATURE = 1.5
"""Of sampling: above it colors are none that a picture has."""

MAX_SATURATION = 4.0
"""Of results: with a larger factor most colors are at the edge of the gamut long before."""

MAX_COUNT = 10**9
"""Of epochs, steps and pictures: more is a slip."""

EXPORT_EPOCHS = ("best", "last")
"""Which epoch of a run is exported: that of the lowest validation loss, or the last one."""

MIN_RENDER_SIZE, MAX_RENDER_SIZE = 8, 4096
"""Pixels: what the longer side of the picture that the network sees may have."""


def _lies_in(value, lowest, highest):
    """Whether something is a number in a range; nan is not."""
    return _is_number(value) and lowest <= value <= highest


def _is_number(value):
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def shown(value):
    """A setting as messages show it, whatever was passed for it."""
    return f"{value:g}" if _is_number(value) else repr(value)


def check_saturation(factor, name="saturation"):
    """Raises UserError, with what the factor of chroma is called, unless it is in 0..4."""
    if not _lies_in(factor, 0, MAX_SATURATION):
        raise UserError(
            f"{name} {shown(factor)}",
            f"a number from 0, gray, to {MAX_SATURATION:g}; 1 leaves colors as they are",
            f"Pass {name} 1.5, or leave it away.",
        )


def check_temperature(temperature):
    """Raises UserError unless a temperature is in 0..`MAX_TEMPERATURE`."""
    if not _lies_in(temperature, 0, MAX_TEMPERATURE):
        raise UserError(
            f"temperature {shown(temperature)}",
            f"a number in 0..{MAX_TEMPERATURE:g}",
            "Pass --temperature 1, for example.",
        )


def check_render_size(render_size):
    """Raises UserError unless it is in `MIN_RENDER_SIZE`..`MAX_RENDER_SIZE`."""
    if not _lies_in(render_size, MIN_RENDER_SIZE, MAX_RENDER_SIZE):
        raise UserError(
            f"a render size of {shown(render_size)} pixels",
            f"{MIN_RENDER_SIZE} to {MAX_RENDER_SIZE} pixels for the longer side of what the "
            "network sees",
            "Leave it away, or pass 64 for calmer, 256 for more detailed colors.",
        )


@dataclass(frozen=True)
class TrainingConfig:
    """Settings of a training run; the command line's options have the same names and defaults.

    Attributes:
        preset: Key of `PRESETS` from which the other settings came; for the record.
        arch: Key of `ARCHITECTURES`; None takes that of `init`, or else "unet".
        objective: Key of `OBJECTIVES`; None takes that of `init` or `output`, or else regression.
        output: Key of `OUTPUTS`; None takes that of `init`, or else the architecture's first one
            that serves the objective.
        init: A trained model to start from, as for `pretrained.load`; None starts anew.
        loss: Key of `LOSSES`, for objective "regression".
        mirror: Whether objective "regression" also colors a picture's mirror image, and takes the
            mean: a smaller error for twice the time; and "flow" asks of both what they show.
        smoothness_weight: Of edge-aware chroma smoothness in loss "structure".
        gradient_weight: Of luma gradients in loss "structure".
        rebalance: Share of the uniform distribution in the weights of objective "classification",
            above 0 to 1; 1 does not rebalance.
        steps: Steps in which objective "flow" colors a picture.
        guidance: How much objective "flow" exaggerates what the class does to colors, where it is
            believed to be known: at least 1, which does not, and at most 10.
        temperature: Of the endpoints without one, 0..1.5; None takes the objective's default.
        class_weight: Of an auxiliary class head's cross entropy, for data sets with labels and
            architectures that allow a head; 0 trains none. Exports keep it for "flow" only.
        dataset: Key of `DATASETS`, path of a folder, or None for CIFAR-10 or else the sample.
        data_dir: Where prepared data sets are looked for first.
        image_size: Crop size in pixels for a folder.
        epochs: Passes over the training part.
        batch_size: Pictures per step.
        optimizer: Key of `OPTIMIZERS`.
        learning_rate: Peak of the schedule: linear warm-up, then cosine decay to zero.
        warmup: Share of all steps that the warm-up takes, 0..1.
        weight_decay: The optimizer's, on kernels only.
        average_decay: Decay of the exponential moving average of weights, 0..1.
        augment: Key of `AUGMENTATIONS`: how training pictures are changed at random.
        early_stopping_patience: Epochs without a lower validation loss before stopping;
            0 never stops.
        export_epoch: One of `EXPORT_EPOCHS`: "best" exports the epoch with the lowest validation
            loss, "last" the last one.
        seed: Fixes initial weights, order of examples and augmentation.
        precision: One of `PRECISIONS`.
        strategy: One of `STRATEGIES`.
        checkpoint_every: How often to write a checkpoint within epochs, "500steps" or "10min";
            one is written after each epoch as well. None writes these only.
        profile: Whether to profile a few steps of the first epoch, for TensorBoard.
        name: Name of the export; None takes the architecture's.
        runs_dir: Where run folders are made.
        export_dir: Where exports are made, `<export_dir>/<name>/<n>`.
    """

    preset: str | None = None
    arch: str | None = None
    objective: str | None = None
    prediction: str | None = None
    init: str | None = None
    loss: str = "mse"
    flip_tta: bool = False
    smoothness_weight: float = 0.02
    gradient_weight: float = 1.0
    rebalance: float = 0.5
    sampling_steps: int = 5
    guidance_scale: float = 1.0
    temperature: float | None = None
    aux_class_loss_weight: float = 0.0
    dataset: str | None = None
    data_dir: str | None = None
    image_size: int = 32
    epochs: int = 10
    batch_size: int = 128
    optimizer: str = "adamw"
    learning_rate: float = 2e-3
    warmup_fraction: float = 0.05
    weight_decay: float = 0.01
    ema_decay: float = 0.999
    augment: str = "flip"
    early_stopping_patience: int = 0
    export_epoch: str = "best"
    seed: int = 0
    precision: str = "auto"
    strategy: str = "auto"
    checkpoint_every: str | None = "10min"
    profile: bool = False
    name: str | None = None
    runs_dir: str = "runs"
    export_dir: str = "saved_models"

    def __post_init__(self):
        _check("epochs", self.epochs, 1, MAX_COUNT)
        _check("batch_size", self.batch_size, 1, MAX_COUNT)
        _check("learning_rate", self.learning_rate, 0, above=True)
        _check("warmup_fraction", self.warmup_fraction, 0, 1)
        _check("weight_decay", self.weight_decay, 0)
        _check("smoothness_weight", self.smoothness_weight, 0)
        _check("gradient_weight", self.gradient_weight, 0)
        _check("rebalance", self.rebalance, 0, 1, above=True)
        _check("sampling_steps", self.sampling_steps, 1, MAX_COUNT)
        _check("guidance_scale", self.guidance_scale, 1, 10)
        if self.temperature is not None:
            _check("temperature", self.temperature, 0, MAX_TEMPERATURE)
        _check("aux_class_loss_weight", self.aux_class_loss_weight, 0)
        _check("ema_decay", self.ema_decay, 0, 1)
        _check("early_stopping_patience", self.early_stopping_patience, 0, MAX_COUNT)
        # The seed reaches TensorFlow as int32 and NumPy as an unsigned number.
        _check("seed", self.seed, 0, 2**31 - 1)
        check_choice("--export-epoch", self.export_epoch, EXPORT_EPOCHS)
        if self.checkpoint_every is not None:
            interval_of(self.checkpoint_every)
        if self.name is not None and not is_plain_name(self.name):
            raise UserError(
                f"--name {self.name!r}",
                "at most 100 letters, digits, '_', '-' and '.', a letter or digit first",
                "Choose such a name; --export-dir chooses the folder.",
            )


def _check(name, value, low, high=math.inf, above=False):
    # So written that it refuses nan, and takes whole numbers that no float can be.
    fits = low <= value <= high and value < math.inf and not (above and value == low)
    if fits:
        return
    expected = f"a number {'above' if above else 'of at least'} {low}"
    if high != math.inf:
        expected += f" and at most {high}"
    option = option_of(name)
    raise UserError(f"{option} {value}", expected, f"Choose such a value, or leave {option} away.")


def interval_of(text):
    """Number and unit of a setting such as `checkpoint_every`.

    Raises:
        UserError: It is no interval.

    >>> interval_of("500steps"), interval_of("0.5min")
    ((500.0, 'steps'), (0.5, 'min'))
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(steps|min)", str(text))
    number, unit = (float(match[1]), match[2]) if match else (0.0, None)
    if number == 0 or (unit == "steps" and number != int(number)):
        raise UserError(
            f"--checkpoint-every {text}",
            "a whole number of steps, or minutes, above 0, such as 500steps or 10min",
            "Pass one of these, or leave it away.",
        )
    return number, unit


def option_of(name):
    """The option of a field: "--batch-size" of "batch_size"."""
    return "--" + name.replace("_", "-")


def is_plain_name(name):
    """Whether a name is safe as that of a folder, on every system: no separators."""
    return (
        len(name) <= 100
        and name[:1].isalnum()
        and all(c.isalnum() or c in "_-." for c in name)
        and name.isascii()
    )
