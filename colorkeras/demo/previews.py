"""Previews of photographs: small enough to be colored interactively."""

import math
import threading
from functools import lru_cache

import numpy as np
from PIL import Image

from colorkeras import image_io
from colorkeras.color.bt601 import LUMA_WEIGHTS
from colorkeras.inference import streaming
from colorkeras.utils.errors import UserError

JPEG_QUALITY = 90
"""JPEG quality of preview files."""

MAX_PAGES = 50
"""Maximum number of pages of a file."""

_MAX_PIXELS = 2_000_000

_NUM_CACHED = 8
"""Cached colorings per photograph, so that changing the saturation needs no network."""

# One preview at a time, because a network uses all processors.
_network_lock = threading.Lock()


class Preview:
    """The first page of a photograph, at display size.

    Networks see the same input as for the full size, so the colors are those of the final file.

    Args:
        source: Path of an image.
        models: Dict of name to `predictor.Predictor`.
        max_megapixels: Maximum size of the image, in millions of pixels.

    Raises:
        UserError: The file is not an image, is too large, or has too many pages.

    Attributes:
        size: Width and height of the photograph.
        num_pages: Number of pages of the file.
        notes: Sentences about what was dropped when reading the file.
        gray: Luma of the preview, uint8 `[height, width]`.
    """

    def __init__(self, source, models, max_megapixels=image_io.MAX_MEGAPIXELS):
        with image_io.open_image(source, max_megapixels) as contents:
            self.num_pages = _check_num_pages(source, contents)
            pixels = next(contents.pages).pixels
            self.notes = list(contents.notes)
        height, width = pixels.shape[:2]
        self.size = width, height
        self._models = models
        self._grayscale = {
            name: streaming.downscale_luma(pixels, model.render_size, model.exported.image_size)
            for name, model in models.items()
        }
        self.gray = _shrunk_luma(pixels)
        self._predict = lru_cache(_NUM_CACHED)(self._predict)
        self.uncertainty = lru_cache(self.uncertainty)

    def _predict(self, name, seed):
        with _network_lock:
            return self._models[name].exported.color(self._grayscale[name], [seed])

    def colored(self, name, seed=0, saturation=1.0):
        """Return the preview in color, uint8 `[height, width, 3]`; see `Predictor.colorize`."""
        rgb = self._predict(name, seed)
        return streaming.upsample_color(self.gray, self._grayscale[name], rgb, saturation)

    def uncertainty(self, name):
        """Return how uncertain a model is about the color of each region.

        Returns:
            Standard deviation of chroma (Cb and Cr together) in `[0, 0.5]`, float32
            `[height, width]` at the network's input size; None if the model does not predict it.
        """
        exported = self._models[name].exported
        if not exported.is_confident:
            return None
        predict = exported.saved_model.signatures["colorize_with_confidence"]
        with _network_lock:
            prediction = predict(grayscale=self._grayscale[name])
        return prediction["standard_deviation"][0, ..., 0].numpy()


def num_pages(source, max_megapixels):
    """Return the number of pages of a file; raise `UserError` like `Preview`."""
    with image_io.open_image(source, max_megapixels) as contents:
        return _check_num_pages(source, contents)


def _check_num_pages(source, contents):
    if contents.num_pages > MAX_PAGES:
        raise UserError(
            f"'{source.name}' with {contents.num_pages} pages",
            f"at most {MAX_PAGES} pages",
            "Split it into several files.",
        )
    return contents.num_pages


def _shrunk_luma(pixels):
    """Return luma, uint8 `[height, width]`, with at most `_MAX_PIXELS`."""
    image = Image.fromarray(image_io.as_uint8(pixels))
    factor = math.sqrt(_MAX_PIXELS / (image.width * image.height))
    if factor < 1:
        size = max(1, int(image.width * factor)), max(1, int(image.height * factor))
        # reducing_gap halves the image first, which is much faster and hardly worse.
        image = image.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
    shrunk = np.asarray(image)
    if shrunk.ndim == 2:
        return shrunk
    luma = shrunk.astype(np.float32) @ np.asarray(LUMA_WEIGHTS, np.float32)
    return np.rint(luma).astype(np.uint8)
