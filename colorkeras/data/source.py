"""Image sources (`Source`) and datasets with three splits (`ImageDataset`)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np
import tensorflow as tf


class Source(Protocol):
    """Indexed collection of square uint8 RGB images of the same size.

    Attributes:
        num_examples: Number of images.
        image_size: Height and width in pixels.
        load_error: Message from the last error in `load`, or None.
    """

    num_examples: int
    image_size: int
    load_error: str | None = None

    def load(self, indices, epoch):
        """Load images inside a `tf.data` graph, which is traced without AutoGraph.

        Args:
            indices: int64 `[n]` in `[0, num_examples)`.
            epoch: int64 scalar, starting at 0, for sources whose images differ between epochs.

        Returns:
            uint8 `[n, image_size, image_size, 3]`.
        """


class ArraySource:
    """Images in memory.

    Args:
        images: uint8 `[num_examples, size, size, 3]`.
        labels: int64 `[num_examples]` or None.
    """

    load_error = None

    def __init__(self, images: np.ndarray, labels: np.ndarray | None = None):
        self.num_examples, self.image_size = images.shape[:2]
        self.labels = labels
        # Keep the images in host memory; only batches are transferred to a GPU.
        with tf.device("CPU:0"):
            self._images = tf.constant(images)

    def load(self, indices, epoch):
        """See `Source.load`; the epoch is ignored."""
        del epoch
        return tf.gather(self._images, indices)


@dataclass
class ImageDataset:
    """Dataset with three splits, each opened on first use.

    Attributes:
        name: Short name for configs and file names.
        description: One-line description with the number of images, for plots and tables.
        open_split: Function that takes "train", "validation" or "test" and returns a `Source`.
        notes: Messages for the user, for example about a fallback.
        fingerprint: Hash that distinguishes datasets with the same description.
    """

    name: str
    description: str
    open_split: Callable[[str], Source]
    notes: list[str] = field(default_factory=list)
    fingerprint: str = ""

    @cached_property
    def train(self) -> Source:
        """Training split."""
        return self.open_split("train")

    @cached_property
    def validation(self) -> Source:
        """Validation split, for selecting the best epoch."""
        return self.open_split("validation")

    @cached_property
    def test(self) -> Source:
        """Test split, for the final metrics."""
        return self.open_split("test")

    @property
    def load_error(self):
        """Message from the last loading error in any split, or None."""
        opened = (vars(self).get(split) for split in ("train", "validation", "test"))
        return next((source.load_error for source in opened if source and source.load_error), None)
