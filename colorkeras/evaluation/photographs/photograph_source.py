"""Photographs from a dataset, at native resolution."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PIL import Image

from colorkeras.color.spaces import from_uint8, luma, to_uint8
from colorkeras.data import Source
from colorkeras.data.crops import crop
from colorkeras.evaluation.metrics import photographs
from colorkeras.utils.ordered_map import ordered_map

NUM_WORKERS = 2
"""Number of photographs to process in parallel: one in the network and one in NumPy."""

CROP_SIZE = 32
"""Height and width in pixels of the center crops for discriminators."""


@dataclass(frozen=True)
class Photograph:
    """Ground-truth photograph with a grayscale version and superpixels.

    Attributes:
        index: Index in the split.
        group: Source of the photograph; "" if unknown.
        truth: uint8 `[h, w, 3]`.
    """

    index: int
    group: str
    truth: np.ndarray

    @cached_property
    def gray(self):
        """Grayscale input for models, uint8 `[h, w]`."""
        return to_uint8(luma(from_uint8(self.truth))).numpy()[..., 0]

    @cached_property
    def segments(self):
        """Superpixels, int `[h, w]`."""
        return photographs.superpixels(self.truth)


@dataclass(frozen=True)
class PhotographSource:
    """Photographs in one split of a dataset.

    Attributes:
        source: `TfdsSource`.
        title: Names of the dataset and the split.
    """

    source: Source
    title: str

    def map(self, function, every=1):
        """Apply a function to each `Photograph` and yield the results in the split's order.

        Args:
            function: Function that accepts a `Photograph`; called from several threads.
            every: Use only every n-th photograph; 1 uses all.
        """
        indices = range(0, self.source.num_examples, every)
        yield from ordered_map(lambda index: function(self._open(index)), indices, NUM_WORKERS)

    def _open(self, index):
        truth = np.asarray(self.source.open_image(index))
        return Photograph(index, self.source.group(index), truth)


def center_crop(image):
    """Crop the central square from an image, uint8 `[h, w, 3]`, and resize it to `CROP_SIZE`."""
    return crop(Image.fromarray(image), CROP_SIZE)
