"""What every data set consists of: numbered pictures of one size, loaded by number."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np
import tensorflow as tf


class Source(Protocol):
    """Numbered uint8 RGB pictures of one square size.

    Attributes:
        num_examples: Number of pictures.
        image_size: Height and width in pixels.
        problem: What went wrong when pictures were loaded, if anything.
    """

    num_examples: int
    image_size: int
    problem: str | None = None

    def load(self, indices, epoch):
        """Loads pictures inside a `tf.data` graph.

        Args:
            indices: int64 `[n]` in 0..num_examples-1.
            epoch: int64 scalar, 0 for the first; for sources that vary from epoch to epoch.

        Returns:
            uint8 `[n, image_size, image_size, 3]`, 0..255.
        """


class ArraySource:
    """Pictures held in memory.

    Args:
        images: uint8 `[num_examples, size, size, 3]`, 0..255.
        labels: int64 `[num_examples]` or None.
    """

    problem = None

    def __init__(self, images: np.ndarray, labels: np.ndarray | None = None):
        self.num_examples, self.image_size = images.shape[:2]
        self.labels = labels
        # On the host even where there is a GPU: batches are what crosses the bus.
        with tf.device("CPU:0"):
            self._images = tf.constant(images)

    def load(self, indices, epoch):
        """See `Source.load`; the same in every epoch."""
        del epoch
        return tf.gather(self._images, indices)


@dataclass
class ImageDataset:
    """A data set cut into three parts, each opened when it is first asked for.

    Attributes:
        name: Short name for configurations and file names.
        description: One line for figures and metrics: what it is, how many pictures.
        open_split: Maps "train", "validation" or "test" to a `Source`.
        notes: Lines that the user must see, such as fallbacks.
        fingerprint: Differs for pictures that the description does not tell apart.
    """

    name: str
    description: str
    open_split: Callable[[str], Source]
    notes: list[str] = field(default_factory=list)
    fingerprint: str = ""

    @cached_property
    def train(self) -> Source:
        """The part to learn from."""
        return self.open_split("train")

    @cached_property
    def validation(self) -> Source:
        """The part that tells which epoch is best."""
        return self.open_split("validation")

    @cached_property
    def test(self) -> Source:
        """The part for final figures."""
        return self.open_split("test")

    @property
    def problem(self):
        """What went wrong when pictures of a part were loaded: str, or None."""
        opened = (vars(self).get(part) for part in ("train", "validation", "test"))
        return next((source.problem for source in opened if source and source.problem), None)
