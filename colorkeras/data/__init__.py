"""Image datasets (uint8 RGB) and input pipelines."""

import pkgutil

_LAZY = {
    "DATASETS": "colorkeras.data.datasets:DATASETS",
    "ArraySource": "colorkeras.data.source:ArraySource",
    "ImageDataset": "colorkeras.data.source:ImageDataset",
    "Source": "colorkeras.data.source:Source",
    "evaluation_batches": "colorkeras.data.pipeline:evaluation_batches",
    "load_dataset": "colorkeras.data.datasets:load_dataset",
    "training_batches": "colorkeras.data.pipeline:training_batches",
}
"""Public names, imported on first use so that the web page can read the sample photographs without
importing TensorFlow."""

__all__ = list(_LAZY)


def __getattr__(name):
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return pkgutil.resolve_name(_LAZY[name])
