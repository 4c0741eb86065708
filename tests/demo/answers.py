"""Helpers for reading the server's responses."""

import io

import numpy as np
from PIL import Image


def image_of(answer):
    """Return the pixels of an image response, int `[h, w, 3]` or `[h, w, 4]`."""
    assert answer.status_code == 200, answer.text
    with Image.open(io.BytesIO(answer.content)) as image:
        return np.asarray(image if image.mode == "RGBA" else image.convert("RGB")).astype(int)
