"""Presets: named training settings with known results.

To add a preset, add an entry to `PRESETS`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Preset:
    """`TrainingConfig` values and a description that includes the expected time and metrics."""

    description: str
    settings: dict


PRESETS = {
    "accurate": Preset(
        description="""\
Small color errors: regression gives accurate colors on average, but pale ones where the color is
ambiguous.
colorkeras train --preset accurate
Results with the JPEG copy of CIFAR-10 and seed 0: a pooled PSNR of 24.08 dB, 1.93 dB above the
grayscale baseline, and a CIEDE2000 of 9.09, 14% below the baseline. Training takes 34.5 minutes on
two cores of an AMD EPYC with bfloat16.
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
Vivid colors: flow matching generates a different plausible sample for each seed.
colorkeras train --preset vivid
Results with the JPEG copy of CIFAR-10 and seed 0: one sample has 89.6% of the ground truth's
colorfulness, and the best of 8 samples has a pooled PSNR of 24.86 dB, 2.71 dB above the grayscale
baseline. Training takes 53.0 minutes on two cores of an AMD EPYC with bfloat16.
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
    "photo": Preset(
        description="""\
Photographs: a network with a pretrained backbone predicts color distributions; it supports color
hints and adjustable vividness.
colorkeras train --preset photo --dataset photographs --data-dir DIR
By default, training starts from the backbone of the bundled model. To start from ImageNet weights,
pass --backbone-weights efficientnet_lite0.npz; to start from all weights of the bundled model, pass
--init photo. Based on the training of the bundled model, 16 epochs are estimated to take about 220
minutes on two cores of an Intel Xeon with AMX.
""",
        settings={
            "arch": "hint_unet",
            "backbone_weights": "photo",
            "image_size": 128,
            "augment": "photograph",
            "epochs": 16,
            "batch_size": 64,
            "learning_rate": 1e-3,
            "weight_decay": 0.02,
            "clip_norm": 2.0,
            "name": "photo",
        },
    ),
}
"""Presets by name."""
