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

_COUNT = {"low": 1, "high": MAX_COUNT}
_FRACTION = {"low": 0, "high": 1}
_WEIGHT = {"low": 0}
_NAME = {"metavar": "NAME"}
_FOLDER = {"metavar": "DIR"}


def _section(name):
    return functools.partial(setting, section=name)


_preset, _data, _model, _objective, _optimization, _run, _export = map(
    _section, ("preset", "data", "model", "objective", "optimization", "run", "export")
)


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

    preset: str | None = _preset(
        None, "Named settings, described above; other options override them.", **_NAME
    )

    dataset: str | None = _data(
        None,
        "Data set, tfds:NAME for a prepared one, or path of an image folder.",
        default_text="cifar10 if available, else sample",
        metavar="NAME_OR_PATH",
    )
    data_dir: str | None = _data(
        None,
        "Folder of prepared data sets, searched before TFDS_DATA_DIR.",
        changeable=True,
        **_FOLDER,
    )
    image_size: int = _data(
        32, "Crop size in pixels; cifar10 and sample only have 32.", low=1, high=MAX_COUNT
    )
    augment: str = _data("flip", "Random augmentation of training images.", **_NAME)

    arch: str | None = _model(
        None, "Architecture.", default_text="that of --init, else unet", **_NAME
    )
    prediction: str | None = _model(
        None,
        "What the network predicts.",
        default_text="that of --init, else the architecture's first one that fits the objective",
        **_NAME,
    )
    init: str | None = _model(
        None,
        "Trained model to start from: name of a bundled model, folder of an export, or a run's "
        "model.keras.",
        metavar="MODEL",
    )

    objective: str | None = _objective(
        None,
        "Training objective.",
        default_text="that of --init or --prediction, else regression",
        **_NAME,
    )
    loss: str = _objective("mse", "Loss (regression objective).", **_NAME)
    smoothness_weight: float = _objective(
        0.02, "Weight of edge-aware chroma smoothness (structure loss).", **_WEIGHT
    )
    gradient_weight: float = _objective(
        1.0, "Weight of luma gradients (structure loss).", **_WEIGHT
    )
    rebalance: float = _objective(
        0.5,
        "Share of the uniform distribution in the class weights; 1 turns rebalancing off "
        "(classification objective).",
        above=True,
        **_FRACTION,
    )
    aux_class_loss_weight: float = _objective(
        0.0,
        "Weight of the auxiliary classification loss on image labels; 0 trains no class head.",
        **_WEIGHT,
    )
    flip_tta: bool = _objective(
        False,
        "Flip test-time augmentation: average over the image and its mirror image "
        "(regression and flow objectives).",
        negatable=True,
    )
    sampling_steps: int = _objective(5, "Number of ODE solver steps (flow objective).", **_COUNT)
    guidance_scale: float = _objective(
        1.0,
        "Scale of classifier-free guidance, 1 to 10; 1 turns it off (flow objective).",
        low=1,
        high=10,
    )
    temperature: float | None = _objective(
        None,
        f"Sampling temperature in [0, {MAX_TEMPERATURE:g}] of endpoints that take none.",
        default_text="0.38 for classification, 1 for flow",
        low=0,
        high=MAX_TEMPERATURE,
        metavar="T",
    )

    epochs: int = _optimization(10, "Passes over the training set.", changeable=True, **_COUNT)
    batch_size: int = _optimization(128, "Images per step, over all devices together.", **_COUNT)
    optimizer: str = _optimization("adamw", "Optimizer.", **_NAME)
    learning_rate: float = _optimization(
        2e-3, "Peak learning rate: linear warmup, then cosine decay to zero.", low=0, above=True
    )
    warmup_fraction: float = _optimization(
        0.05, "Fraction of all steps spent on warmup.", **_FRACTION
    )
    weight_decay: float = _optimization(0.01, "Weight decay of kernels.", **_WEIGHT)
    ema_decay: float = _optimization(
        0.999, "Decay of the exponential moving average of the weights.", **_FRACTION
    )
    early_stopping_patience: int = _optimization(
        0,
        "Stop after this many epochs without a lower validation loss; 0 never stops early.",
        low=0,
        high=MAX_COUNT,
        metavar="EPOCHS",
    )
    precision: str = _run(
        "auto", "Compute precision; auto uses bfloat16 where the device has it.", **_NAME
    )
    strategy: str = _run(
        "auto", "Distribution strategy; auto uses all GPUs of this machine.", **_NAME
    )
    seed: int = _run(
        0,
        "Seed of initial weights, order of examples and augmentation.",
        # TensorFlow takes it as int32, NumPy as an unsigned number.
        low=0,
        high=2**31 - 1,
    )
    checkpoint_every: str | None = _run(
        "10min",
        "Interval of checkpoints within an epoch; one follows each epoch in any case.",
        pattern=r"0*[1-9]\d*steps|(?=.*[1-9])\d+(\.\d+)?min",
        expected="a number of steps or minutes above 0, such as 500steps or 10min",
        changeable=True,
        metavar="INTERVAL",
    )
    profile: bool = _run(False, "Profile a few steps for TensorBoard.", changeable=True)
    runs_dir: str = _run("runs", "Folder of run directories.", **_FOLDER)

    export_epoch: str = _export(
        "best",
        "Epoch to export: the one with the lowest validation loss, or the last one.",
        choices=EXPORT_EPOCHS,
        changeable=True,
        metavar="EPOCH",
    )
    name: str | None = _export(
        None,
        "Name of the export.",
        default_text="that of the architecture",
        pattern=PLAIN_NAME,
        expected="at most 100 letters, digits, '_', '-' and '.', starting with a letter or digit",
        changeable=True,
        metavar="NAME",
    )
    export_dir: str = _export(
        "saved_models", "Folder of exports: DIR/<name>/<version>.", changeable=True, **_FOLDER
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
