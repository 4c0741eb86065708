"""Presets: named settings of training runs that are worth repeating.

To add a preset, add an entry to `PRESETS`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Preset:
    """Settings, with the expected time and metrics.

    Attributes:
        description: Purpose, command, measured minutes and metrics; several lines.
        settings: Values by field of `TrainingConfig`; options given with the preset override them.
    """

    description: str
    settings: dict


PRESETS = {
    "accurate": Preset(
        description="""\
Small color errors: regression, right on average and pale where unsure.
colorkeras train --preset accurate
34.5 minutes on two cores of an AMD EPYC with bfloat16, JPEG copy of CIFAR-10, seed 0: pooled PSNR
24.08 dB, 1.93 dB above the grayscale baseline; CIEDE2000 9.09, 14 % below the baseline's.
""",
        settings={
            "arch": "residual_unet",
            "loss": "mse",
            "flip_tta": True,
            "optimizer": "muon",
            "epochs": 18,
            "aux_class_loss_weight": 0.0003,
            "name": "unet",
        },
    ),
    "vivid": Preset(
        description="""\
Lively color: flow matching, a different plausible sample for each seed.
colorkeras train --preset vivid
53.0 minutes on two cores of an AMD EPYC with bfloat16, JPEG copy of CIFAR-10, seed 0: one sample
has 89.6 % of the ground truth's colorfulness; the best of 8 samples has a pooled PSNR of 24.86 dB,
2.71 dB above the grayscale baseline.
""",
        settings={
            "arch": "flow_unet",
            "objective": "flow",
            "augment": "flip_only",
            "optimizer": "muon",
            "epochs": 18,
            "aux_class_loss_weight": 0.5,
            "temperature": 1.01,
            "flip_tta": True,
            "export_epoch": "last",
            "name": "unet_vivid",
        },
    ),
}
"""Presets by name."""
