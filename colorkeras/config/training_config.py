"""Settings for a training run."""

import functools
import re
from dataclasses import dataclass

from colorkeras.config.colorize_options import MAX_TEMPERATURE
from colorkeras.config.validation import Checked, definitions, setting

MAX_COUNT = 10**9
"""Maximum number of epochs, steps or images; larger values are probably typos."""

PLAIN_NAME = r"[A-Za-z0-9][\w.-]{0,99}"
"""Regular expression for names that are valid folder names on all operating systems."""

EXPORT_EPOCHS = ("best", "last")

_COUNT = {"low": 1, "high": MAX_COUNT}
_FRACTION = {"low": 0, "high": 1}
_WEIGHT = {"low": 0}
_NAME = {"metavar": "NAME"}
_FOLDER = {"metavar": "DIR", "is_path": True}


def _section(name):
    return functools.partial(setting, section=name)


_preset, _data, _model, _objective, _optimization, _run, _export = map(
    _section, ("preset", "data", "model", "objective", "optimization", "run", "export")
)


@dataclass(frozen=True)
class TrainingConfig(Checked):
    """Settings for a training run; each field is an option of the `train` command.

    This class is the only place that defines each setting's type, range, default and help text.

    Raises:
        UserError: A value has the wrong type or is out of range.

    >>> TrainingConfig(arch="unet", epochs=3).batch_size
    128
    """

    preset: str | None = _preset(
        None, "Preset, described above; explicit options override its settings.", **_NAME
    )

    dataset: str | None = _data(
        None,
        "Dataset name, tfds:NAME for a prepared TFDS dataset, or path to an image folder.",
        default_text="cifar10 if available, otherwise sample",
        metavar="NAME_OR_PATH",
        is_path=True,
    )
    data_dir: str | None = _data(
        None,
        "Folder of prepared datasets, used instead of TFDS_DATA_DIR; cifar10 is searched for in "
        "both.",
        changeable=True,
        **_FOLDER,
    )
    image_size: int = _data(
        32, "Crop size in pixels; must be 32 for cifar10 and sample.", low=1, high=MAX_COUNT
    )
    include_gray: bool = _data(False, "Also train on gray images (image folders).")
    augment: str = _data("flip", "Random augmentation of training images.", **_NAME)

    arch: str | None = _model(
        None, "Architecture.", default_text="from --init, otherwise unet", **_NAME
    )
    prediction: str | None = _model(
        None,
        "What the network predicts.",
        default_text="from --init, otherwise the first one compatible with the architecture and "
        "objective",
        **_NAME,
    )
    init: str | None = _model(
        None,
        "Trained model to start from: the name of a bundled model, an export folder, or a run's "
        "model.keras.",
        metavar="MODEL",
        is_path=True,
    )
    backbone_weights: str | None = _model(
        None,
        "Initial backbone weights: an .npz file, or a trained model as for --init "
        "(architectures with a backbone).",
        default_text="random weights",
        metavar="FILE_OR_MODEL",
        is_path=True,
    )

    objective: str | None = _objective(
        None,
        "Training objective.",
        default_text="from --init or --prediction, otherwise regression",
        **_NAME,
    )
    loss: str = _objective("mse", "Loss (regression objective).", **_NAME)
    smoothness_weight: float = _objective(
        0.02, "Weight of the edge-aware chroma smoothness term (structure loss).", **_WEIGHT
    )
    gradient_weight: float = _objective(
        1.0, "Weight of the luma gradient term (structure loss).", **_WEIGHT
    )
    rebalance: float = _objective(
        0.5,
        "Weight of the uniform distribution mixed into the color priors; 1 turns off rebalancing "
        "(classification objective).",
        above=True,
        **_FRACTION,
    )
    aux_class_loss_weight: float = _objective(
        0.0,
        "Weight of the auxiliary classification loss on image labels; 0 omits the class head.",
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
        "Classifier-free guidance scale, 1 to 10; 1 turns off guidance (flow objective).",
        low=1,
        high=10,
    )
    temperature: float | None = _objective(
        None,
        f"Sampling temperature in [0, {MAX_TEMPERATURE:g}] for endpoints without a temperature "
        "input.",
        default_text="0.38 for classification, 1 for flow",
        low=0,
        high=MAX_TEMPERATURE,
        metavar="T",
    )

    epochs: int = _optimization(10, "Passes over the training set.", changeable=True, **_COUNT)
    batch_size: int = _optimization(128, "Images per step, across all devices.", **_COUNT)
    optimizer: str = _optimization("adamw", "Optimizer.", **_NAME)
    learning_rate: float = _optimization(
        2e-3, "Peak learning rate; linear warmup, then cosine decay to zero.", low=0, above=True
    )
    warmup_fraction: float = _optimization(
        0.05, "Fraction of training steps used for warmup.", **_FRACTION
    )
    weight_decay: float = _optimization(0.01, "Weight decay for kernels.", **_WEIGHT)
    clip_norm: float | None = _optimization(
        None,
        "Maximum global gradient norm; larger gradients are scaled down.",
        default_text="no limit",
        low=0,
        above=True,
        metavar="NORM",
    )
    backbone_rate_factor: float = _optimization(
        0.2,
        "Learning rate multiplier for the backbone.",
        **_FRACTION,
    )
    backbone_frozen_steps: int = _optimization(
        1000,
        "Number of steps during which the backbone is frozen; its learning rate then warms up over "
        "half as many steps.",
        low=0,
        high=MAX_COUNT,
        metavar="STEPS",
    )
    ema_decay: float = _optimization(
        0.999, "Decay rate for the exponential moving average of the weights.", **_FRACTION
    )
    early_stopping_patience: int = _optimization(
        0,
        "Stop after this many epochs without a lower validation loss; 0 turns off early stopping.",
        low=0,
        high=MAX_COUNT,
        metavar="EPOCHS",
    )
    precision: str = _run(
        "auto", "Compute precision; auto uses bfloat16 where the hardware supports it.", **_NAME
    )
    strategy: str = _run(
        "auto",
        "Distribution strategy; auto uses the largest number of GPUs that evenly divides the batch "
        "size.",
        **_NAME,
    )
    seed: int = _run(
        0,
        "Seed for weight initialization, shuffling and augmentation.",
        # TensorFlow expects an int32, NumPy a non-negative integer.
        low=0,
        high=2**31 - 1,
    )
    checkpoint_every: str | None = _run(
        "10min",
        "Interval between checkpoints; a checkpoint is also saved after each epoch. With several "
        "workers, the interval must be given in steps.",
        pattern=r"0*[1-9]\d*steps|(?=.*[1-9])\d+(\.\d+)?min",
        expected="a number of steps or minutes above 0, such as 500steps or 10min",
        changeable=True,
        metavar="INTERVAL",
    )
    profile: bool = _run(False, "Profile a few steps for TensorBoard.", changeable=True)
    runs_dir: str = _run("runs", "Parent folder for run directories.", **_FOLDER)

    export_epoch: str = _export(
        "best",
        "Epoch to export: the one with the lowest validation loss, or the last one.",
        choices=EXPORT_EPOCHS,
        changeable=True,
        metavar="EPOCH",
    )
    name: str | None = _export(
        None,
        "Name for the exported model.",
        default_text="name of the architecture",
        pattern=PLAIN_NAME,
        expected="at most 100 letters, digits, '_', '-' and '.', starting with a letter or digit",
        changeable=True,
        metavar="NAME",
    )
    export_dir: str = _export(
        "saved_models",
        "Parent folder for exports, which are saved as DIR/<name>/<version>.",
        changeable=True,
        **_FOLDER,
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
"""Settings that may be changed when a run is resumed."""
