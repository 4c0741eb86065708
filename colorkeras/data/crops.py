"""Square crops of images of any size, decoded on demand."""

import abc

import numpy as np
import tensorflow as tf
from PIL import Image

from colorkeras.utils.errors import one_line

MIN_IMAGE_SIZE = 8
"""Minimum crop size in pixels: twice the maximum shift in augmentation."""


class CropSource(abc.ABC):
    """Base class for a `Source` that decodes and crops images for each batch.

    Args:
        num_examples: Number of images.
        image_size: Height and width of the crops in pixels, at least `MIN_IMAGE_SIZE`.
        seed: Seed for the random crops, or None for center crops.
    """

    def __init__(self, num_examples, image_size, seed):
        self.num_examples = num_examples
        self.image_size = image_size
        self.load_error = None
        self._seed = seed

    @abc.abstractmethod
    def open_image(self, index):
        """Return the image at `index` as a Pillow image in mode RGB."""

    @abc.abstractmethod
    def title(self, index):
        """Return a name for the image at `index`, for use in messages."""

    def load(self, indices, epoch):
        """See `Source.load`."""
        # The function is stateless, so calls may run in parallel.
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
            # TensorFlow would report only a message that contains the whole traceback.
            self.load_error = f"{self.title(index)}, {one_line(error)}"
            raise
        return crop(image, self.image_size, generator)


def crop(image, image_size, generator=None):
    """Scale an image and crop a square.

    Args:
        image: Pillow image in mode RGB.
        image_size: Height and width of the crop in pixels.
        generator: NumPy random generator or None. With a generator, the shorter side is scaled to a
            random length between `image_size` and twice `image_size`, and the crop position is
            random. With None, the shorter side is scaled to `image_size` and the center is cropped.

    Returns:
        uint8 `[image_size, image_size, 3]`.

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
    # Resample only the crop, given as a box in pixels of the original image.
    x_scale, y_scale = image.width / width, image.height / height
    box = (
        left * x_scale,
        top * y_scale,
        (left + image_size) * x_scale,
        (top + image_size) * y_scale,
    )
    return np.asarray(image.resize((image_size, image_size), Image.Resampling.BICUBIC, box=box))
