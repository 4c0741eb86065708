"""Write the golden outputs of the bundled models: `python tests/golden/make.py`.

Run this script only when a bundled model is replaced. `tests/export/test_bundled.py` compares the
models' outputs with these files.
"""

from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image

from colorkeras.data import sample
from colorkeras.export import bundled, saved_model

FOLDER = Path(__file__).parent


def grayscale_input():
    """Return eight grayscale crops from the sample's test photograph, uint8 `[8, 32, 32, 1]`."""
    crops = sample.load_images("test")[::150][:8]
    return np.stack([np.asarray(Image.fromarray(crop).convert("L")) for crop in crops])[..., None]


def golden_strip(name):
    """Return a bundled model's output images side by side, uint8 `[32, 256, 3]`."""
    model = saved_model.load(bundled.resolve(name))
    colorize = model.saved_model.signatures["colorize"]
    return np.hstack(colorize(grayscale=tf.constant(grayscale_input()))["rgb"].numpy())


if __name__ == "__main__":
    for name in bundled.BUNDLED_MODELS:
        Image.fromarray(golden_strip(name)).save(FOLDER / f"{name}.png")
