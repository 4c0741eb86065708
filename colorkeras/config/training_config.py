"""Settings of a training run."""

import functools
import re
from dataclasses import dataclass

from colorkeras.config.colorize_options import MAX_TEMPERATURE
from colorkeras.config.settings import Checked, definitions, setting

MAX_COUNT = 10**9
"""Largest number of epochs, steps or images; larger values are typing errors."""

PLAIN_NAME = r"[A-Za-z0-9][\w.-]{0,99}"
"""Regular expression of names that are safe as a folder name on every system."""

EXPORT_EPOCHS = ("best", "last")

_count = functools.partial(setting, low=1, high=MAX_COUNT)
_fraction = functools.partial(setting, low=0, high=1)
_weight = functools.partial(setting, low=0)
_name = functools.partial(setting, metavar="NAME")


@dataclass(frozen=True)
class TrainingConfig(Checked):
    """Settings of a training run. The options of `colorkeras train` have the same names.

    `help(TrainingConfig)` and `colorkeras train --help` list the settings; each is defined here,
    with its type, range, default and meaning, and nowhere else.

    Raises:
        UserError: A value is of another type or out of range.

    Example:

    >>> TrainingConfig(arch="unet", epochs=3).batch_size
    128
    """

    preset: str | None = _name(
        None, "Named settings, described above; other options override them.", section="preset"
    )

    dataset: str | None = setting(
        None,
        "Data set, tfds:NAME for a prepared one, or path of an image folder.",
        default_text="cifar10 if available, else sample",
        section="data",
        metavar="NAME_OR_PATH",
    )
    data_dir: str | None = setting(
        None,
        "Folder of prepared data sets, searched before TFDS_DATA_DIR.",
        changeable=True,
        section="data",
        metavar="DIR",
    )
    image_size: int = setting(
        32,
        "Crop size in pixels; cifar10 and sample only have 32.",
        low=1,
        high=MAX_COUNT,
        section="data",
    )
    augment: str = _name("flip", "Random augmentation of training images.", section="data")

    arch: str | None = _name(
        None, "Architecture.", default_text="that of --init, else unet", section="model"
    )
    prediction: str | None = _name(
        None,
        "What the network predicts.",
        default_text="that of --init, else the architecture's first one that fits the objective",
        section="model",
    )
    init: str | None = setting(
        None,
        "Trained model to start from: name of a bundled model, folder of an export, or a run's "
        "model.keras.",
        section="model",
        metavar="MODEL",
    )

    objective: str | None = _name(
        None,
        "Training objective.",
        default_text="that of --init or --prediction, else regression",
        section="objective",
    )
    loss: str = _name("mse", "Loss (regression objective).", section="objective")
    smoothness_weight: float = _weight(
        0.02, "Weight of edge-aware chroma smoothness (structure loss).", section="objective"
    )
    gradient_weight: float = _weight(
        1.0, "Weight of luma gradients (structure loss).", section="objective"
    )
    rebalance: float = _fraction(
        0.5,
        "Share of the uniform distribution in the class weights; 1 turns rebalancing off "
        "(classification objective).",
        above=True,
        section="objective",
    )
    aux_class_loss_weight: float = _weight(
        0.0,
        "Weight of the auxiliary classification loss on image labels; 0 trains no class head.",
        section="objective",
    )
    flip_tta: bool = setting(
        False,
        "Flip test-time augmentation: average over the image and its mirror image "
        "(regression and flow objectives).",
        negatable=True,
        section="objective",
    )
    sampling_steps: int = _count(
        5, "Number of ODE solver steps (flow objective).", section="objective"
    )
    guidance_scale: float = setting(
        1.0,
        "Scale of classifier-free guidance, 1 to 10; 1 turns it off (flow objective).",
        low=1,
        high=10,
        section="objective",
    )
    temperature: float | None = setting(
        None,
        f"Sampling temperature in [0, {MAX_TEMPERATURE:g}] of endpoints that take none.",
        default_text="0.38 for classification, 1 for flow",
        low=0,
        high=MAX_TEMPERATURE,
        section="objective",
        metavar="T",
    )

    epochs: int = _count(
        10, "Passes over the training set.", changeable=True, section="optimization"
    )
    batch_size: int = _count(
        128, "Images per step, over all devices together.", section="optimization"
    )
    optimizer: str = _name("adamw", "Optimizer.", section="optimization")
    learning_rate: float = setting(
        2e-3,
        "Peak learning rate: linear warmup, then cosine decay to zero.",
        low=0,
        above=True,
        section="optimization",
    )
    warmup_fraction: float = _fraction(
        0.05, "Fraction of all steps spent on warmup.", section="optimization"
    )
    weight_decay: float = _weight(0.01, "Weight decay of kernels.", section="optimization")
    ema_decay: float = _fraction(
        0.999, "Decay of the exponential moving average of the weights.", section="optimization"
    )
    early_stopping_patience: int = setting(
        0,
        "Stop after this many epochs without a lower validation loss; 0 never stops early.",
        low=0,
        high=MAX_COUNT,
        section="optimization",
        metavar="EPOCHS",
    )
    precision: str = _name(
        "auto", "Compute precision; auto uses bfloat16 where the device has it.", section="run"
    )
    strategy: str = _name(
        "auto", "Distribution strategy; auto uses all GPUs of this machine.", section="run"
    )
    seed: int = setting(
        0,
        "Seed of initial weights, order of examples and augmentation.",
        # TensorFlow takes it as int32, NumPy as an unsigned number.
        low=0,
        high=2**31 - 1,
        section="run",
    )
    checkpoint_every: str | None = setting(
        "10min",
        "Interval of checkpoints within an epoch; one follows each epoch in any case.",
        pattern=r"0*[1-9]\d*steps|(?=.*[1-9])\d+(\.\d+)?min",
        expected="a number of steps or minutes above 0, such as 500steps or 10min",
        changeable=True,
        section="run",
        metavar="INTERVAL",
    )
    profile: bool = setting(
        False, "Profile a few steps for TensorBoard.", changeable=True, section="run"
    )
    runs_dir: str = setting("runs", "Folder of run directories.", section="run", metavar="DIR")

    export_epoch: str = setting(
        "best",
        "Epoch to export: the one with the lowest validation loss, or the last one.",
        choices=EXPORT_EPOCHS,
        changeable=True,
        section="export",
        metavar="EPOCH",
    )
    name: str | None = setting(
        None,
        "Name of the export.",
        default_text="that of the architecture",
        pattern=PLAIN_NAME,
        expected="at most 100 letters, digits, '_', '-' and '.', starting with a letter or digit",
        changeable=True,
        section="export",
        metavar="NAME",
    )
    export_dir: str = setting(
        "saved_models",
        "Folder of exports: DIR/<name>/<version>.",
        changeable=True,
        section="export",
        metavar="DIR",
    )

    @property
    def checkpoint_interval(self):
        """Number and unit ("steps" or "min") of `checkpoint_every`, or None.

        >>> TrainingConfig(checkpoint_every="0.5min").checkpoint_interval
        (0.5, 'min')
        """
        if self.checkpoint_every is None:
            return None
        number, unit = re.fullmatch(r"([\d.]+)(\w+)", self.checkpoint_every).groups()
        return float(number), unit


CHANGEABLE = tuple(
    name for name, definition in definitions(TrainingConfig).items() if definition.changeable
)
"""Settings that may differ when a run is resumed."""
