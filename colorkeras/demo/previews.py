"""Photographs as a page shows them: small enough to be colored anew in a moment."""

import math
import threading
from functools import lru_cache

import numpy as np
from PIL import Image

from colorkeras import image_io
from colorkeras.color.spaces import LUMA_WEIGHTS
from colorkeras.image_io import as_uint8
from colorkeras.inference import streaming
from colorkeras.utils.errors import UserError

MAX_PIXELS = 2_000_000
"""Of a preview."""

JPEG_QUALITY = 90
"""Of a preview's files."""

MAX_PAGES = 50
"""Of a file that is taken."""

NUM_KEPT = 8
"""Colorings of a photograph that are kept, so that another saturation needs no network."""


# Networks color one preview at a time: each takes all processors by itself.
_network = threading.Lock()


class Preview:
    """A photograph, its first page, at the size at which it is shown.

    Networks see what they would see of the whole photograph, so its colors are those of the file.

    Args:
        source: Path of a picture.
        models: Dict of `inference.predictor.Predictor` by name.
        max_megapixels: Millions of pixels of the largest picture that is opened.

    Raises:
        UserError: It is no picture, too large, or of too many pages.

    Attributes:
        size: Width and height of the photograph.
        num_pages: Of the file.
        notes: Sentences on what was left out in reading.
        gray: The preview, luma, uint8 `[h, w]`.
    """

    def __init__(self, source, models, max_megapixels=image_io.MAX_MEGAPIXELS):
        with image_io.open_image(source, max_megapixels) as contents:
            self.num_pages = _checked_pages(source, contents)
            pixels = next(contents.pages).pixels
            self.notes = list(contents.notes)
        height, width = pixels.shape[:2]
        self.size = width, height
        self._models = models
        self._grayscale = {
            name: streaming.shrink(pixels, model.render_size, model.exported.image_size)
            for name, model in models.items()
        }
        self.gray = _reduced(pixels)
        self._colors = lru_cache(NUM_KEPT)(self._color)
        self._spreads = lru_cache(self._spread)

    def _color(self, name, seed):
        with _network:
            return self._models[name].exported.color(self._grayscale[name], [seed])

    def colored(self, name, seed=0, saturation=1.0):
        """The preview in color: uint8 `[h, w, 3]`, with the arguments of `Predictor.colorize`."""
        rgb = self._colors(name, seed)
        return streaming.enlarge(self.gray, self._grayscale[name], rgb, saturation)

    def spread(self, name):
        """How unsure a model is of the color of each part, of models that tell.

        Returns:
            The standard deviation of chroma, Cb and Cr together, float32 `[h, w]` of the size that
            the network sees, in 0..0.5; None of a model that does not tell.
        """
        return self._spreads(name)

    def _spread(self, name):
        exported = self._models[name].exported
        if not exported.is_confident:
            return None
        told = exported.saved_model.signatures["colorize_with_confidence"]
        with _network:
            answer = told(grayscale=self._grayscale[name])
        return answer["standard_deviation"][0, ..., 0].numpy()


def num_pages(source, max_megapixels):
    """Of a file; raises a `UserError` as `Preview` does."""
    with image_io.open_image(source, max_megapixels) as contents:
        return _checked_pages(source, contents)


def _checked_pages(source, contents):
    if contents.num_pages > MAX_PAGES:
        raise UserError(
            f"'{source.name}', of {contents.num_pages} pages",
            f"at most {MAX_PAGES}",
            "Drop them in several files.",
        )
    return contents.num_pages


def _reduced(pixels):
    """Luma, uint8 `[h, w]`, of at most `MAX_PIXELS`."""
    image = Image.fromarray(as_uint8(pixels))
    factor = math.sqrt(MAX_PIXELS / (image.width * image.height))
    if factor < 1:
        size = max(1, int(image.width * factor)), max(1, int(image.height * factor))
        # Halved as often as it can be at first, which is much faster and hardly worse.
        image = image.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
    reduced = np.asarray(image)
    if reduced.ndim == 2:
        return reduced
    luma = reduced.astype(np.float32) @ np.asarray(LUMA_WEIGHTS, np.float32)
    return np.rint(luma).astype(np.uint8)
