"""colorkeras colors grayscale pictures with Keras 3 and TensorFlow."""

from colorkeras.utils.version import __version__

__all__ = ["__version__", "load"]


def __getattr__(name):
    # TensorFlow takes seconds to load: whoever asks for the version only need not wait for it.
    if name == "load":
        from colorkeras.inference.predictor import load

        return load
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
