"""Colorize grayscale images with Keras 3 and TensorFlow."""

import pkgutil

from colorkeras.utils.version import __version__

_LAZY = {
    "BUNDLED_MODELS": "colorkeras.export.bundled:BUNDLED_MODELS",
    "Hint": "colorkeras.inference.color_hints:Hint",
    "PRESETS": "colorkeras.config.presets:PRESETS",
    "Predictor": "colorkeras.inference.predictor:Predictor",
    "TrainingConfig": "colorkeras.config.training_config:TrainingConfig",
    "UserError": "colorkeras.utils.errors:UserError",
    "build_network": "colorkeras.models.build:build_network",
    "convert": "colorkeras.export.converters:convert",
    "evaluate": "colorkeras.evaluation:evaluate",
    "load": "colorkeras.inference.predictor:load",
    "load_dataset": "colorkeras.data:load_dataset",
    "read_hints": "colorkeras.inference.color_hints:read_hints",
    "resume": "colorkeras.training.trainer:resume",
    "train": "colorkeras.training.trainer:train",
    "write_hints": "colorkeras.inference.color_hints:write_hints",
}
"""Public names, imported on first use because TensorFlow takes several seconds to load."""

__all__ = ["__version__", *_LAZY]


def __getattr__(name):
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return pkgutil.resolve_name(_LAZY[name])


def __dir__():
    return __all__
