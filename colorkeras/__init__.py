"""colorkeras colors grayscale pictures with Keras 3 and TensorFlow."""

from colorkeras.version import __version__

__all__ = ["__version__"]
