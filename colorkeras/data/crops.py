"""Square crops of images of any size, decoded on demand."""

import abc

import numpy as np
import tensorflow as tf
from PIL import Image

from colorkeras.utils.errors import one_line

MIN_IMAGE_SIZE = 8
"""Smallest crop in pixels, twice the largest shift of augmentation."""


class CropSource(abc.ABC):
    """Crops of one size from images that are read for each batch. See `Source`.

    Args:
        num_examples: Number of images.
        image_size: Height and width of the crops in pixels, at least `MIN_IMAGE_SIZE`.
        seed: Seed of random crops, or None for center crops.
    """

    def __init__(self, num_examples, image_size, seed):
        self.num_examples = num_examples
        self.image_size = image_size
        self.load_error = None
        self._seed = seed

    @abc.abstractmethod
    def open_image(self, index):
        """Return image number `index` as a Pillow image of mode RGB."""

    @abc.abstractmethod
    def title(self, index):
        """Return what messages call image number `index`."""

    def load(self, indices, epoch):
        """See `Source.load`."""
        # Not stateful: it depends on its arguments only, so calls may run in parallel.
        return tf.numpy_function(self._load, [indices, epoch], tf.uint8, stateful=False)

    def _load(self, indices, epoch):
        return np.stack([self._load_one(int(index), int(epoch)) for index in indices])

    def _load_one(self, index, epoch):
        generator = None
        if self._seed is not None:
            generator = np.random.default_rng([self._seed, epoch, index])
        try:
            image = self.open_image(index)
        except Exception as error:
            # TensorFlow passes an error on as one text with its kind and traceback.
            self.load_error = f"{self.title(index)}, {one_line(error)}"
            raise
        return crop(image, self.image_size, generator)


def crop(image, image_size, generator=None):
    """Scale an image and cut out a square.

    Args:
        image: Pillow image of mode RGB.
        image_size: Height and width of the crop in pixels.
        generator: NumPy generator. The shorter side gets a random size between `image_size` and
            twice that, and the crop a random place. None scales the shorter side to `image_size`
            and takes the center.

    Returns:
        uint8 `[image_size, image_size, 3]`.

    Example:

    >>> crop(Image.new("RGB", (30, 20)), 8).shape
    (8, 8, 3)
    """
    shorter = image_size
    if generator is not None:
        shorter = int(generator.integers(image_size, 2 * image_size, endpoint=True))
    scale = shorter / min(image.size)
    width, height = (max(image_size, round(side * scale)) for side in image.size)
    left, top = (width - image_size) // 2, (height - image_size) // 2
    if generator is not None:
        left = int(generator.integers(width - image_size, endpoint=True))
        top = int(generator.integers(height - image_size, endpoint=True))
    # Only the crop is resampled: its box in pixels of the original.
    x_scale, y_scale = image.width / width, image.height / height
    box = (
        left * x_scale,
        top * y_scale,
        (left + image_size) * x_scale,
        (top + image_size) * y_scale,
    )
    return np.asarray(image.resize((image_size, image_size), Image.Resampling.BICUBIC, box=box))
