"""A folder of the user's own pictures, read anew in every epoch so that any number fits."""

import hashlib
import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image, ImageOps

from colorkeras.data.source import ImageDataset
from colorkeras.utils.errors import UserError, one_line
from colorkeras.utils.files import quoted

MIN_IMAGE_SIZE = 8
"""Pixels: the smallest crop, twice what augmentation shifts by."""

_NAMED_FILES = 10
"""How many unreadable files a summary names."""


def load(folder, image_size=32, seed=0):
    """Opens a folder of pictures, nested, in every format that Pillow reads.

    Training pictures are scaled so that the shorter side has a random size between `image_size`
    and twice that, then cropped at a random place: another crop in every epoch, a function of
    (seed, epoch, picture). Validation and test pictures are scaled to `image_size` and cropped at
    the center. 90 / 5 / 5 % are training, validation and test pictures by a hash of the path
    relative to the folder, so a picture keeps its part when others come or go.

    Args:
        folder: Path of an existing folder.
        image_size: Height and width of the crops in pixels, at least `MIN_IMAGE_SIZE`.
        seed: Whole number.

    Returns:
        `ImageDataset`. Its notes name the files that could not be read.

    Raises:
        UserError: The folder is missing or holds no picture that can be read.
    """
    if not _is_folder(folder):
        raise UserError(
            f"--dataset {str(folder)!r}, which is neither a data set nor a folder",
            "cifar10, sample or the path of a folder of pictures",
            "Check the spelling.",
        )
    folder = Path(folder)
    title = _printable(folder.resolve().name)
    # Pillow warns of what it gets over, such as odd palettes, damaged EXIF data and pictures of 89
    # to 179 megapixels; larger ones raise. Set for the whole process, because catch_warnings is
    # not safe in threads.
    warnings.filterwarnings("ignore", module=r"PIL\.")
    candidates = sorted(path for path in folder.rglob("*") if _may_be_picture(path))
    paths, unreadable = _readable(candidates, image_size)
    if not paths:
        raise UserError(
            f"--dataset {str(folder)!r}, in which no picture can be read"
            + (f" ({_summary(unreadable, folder)})" if unreadable else ""),
            "a folder with at least one picture in a format that Pillow reads",
            "Name another folder.",
        )
    notes = [f"Skipped {_summary(unreadable, folder)}"] if unreadable else []
    parts = {"train": [], "validation": [], "test": []}
    for path in paths:
        parts[_part(path.relative_to(folder))].append(path)
    for name in parts:
        if not parts[name]:
            parts[name] = paths
            notes.append(f"Too few pictures for a {name} part: it is all {len(paths)} pictures.")
    return ImageDataset(
        name=title,
        description=(
            f"folder {title} ({len(parts['train'])} train / "
            f"{len(parts['validation'])} validation / {len(parts['test'])} test pictures, "
            f"crops of {image_size}x{image_size})"
        ),
        open_split=lambda split: FolderSource(
            parts[split], image_size, seed if split == "train" else None
        ),
        notes=notes,
        fingerprint=_fingerprint(paths, folder),
    )


class FolderSource:
    """Pictures on disk, decoded when they are asked for. See `Source`.

    Args:
        paths: Files that Pillow reads.
        image_size: Height and width of the crops in pixels.
        seed: Whole number for random crops, None for the center.
    """

    def __init__(self, paths, image_size, seed):
        self.num_examples = len(paths)
        self.image_size = image_size
        self._paths = paths
        self._seed = seed
        self.load_error = None

    def load(self, indices, epoch):
        """See `Source.load`."""
        # Not stateful: it depends on its arguments only, so calls may run in parallel.
        return tf.numpy_function(self._load, [indices, epoch], tf.uint8, stateful=False)

    def _load(self, indices, epoch):
        crops = []
        for index in indices:
            generator = None
            if self._seed is not None:
                generator = np.random.default_rng([self._seed, int(epoch), int(index)])
            try:
                image = _open(self._paths[index], self.image_size)
            except Exception as error:
                # TensorFlow passes on the kind of an error and its traceback as one text.
                self.load_error = f"{quoted(self._paths[index])}, {one_line(error)}"
                raise
            crops.append(_crop(image, self.image_size, generator))
        return np.stack(crops)


def _is_folder(path):
    try:
        return bool(str(path)) and Path(path).is_dir()  # Path("") would be the current folder.
    except OSError:  # For example a name that is too long.
        return False


def _printable(name):
    """A file name as text; what is not UTF-8 becomes a replacement character."""
    return os.fsencode(name).decode("utf-8", "replace")


def _may_be_picture(path):
    return path.suffix.lower() in Image.registered_extensions() and path.is_file()


def _readable(paths, image_size):
    """Decodes every file once, so that a damaged one is known before training starts."""

    def check(path):
        try:
            _open(path, image_size)
        except Exception as error:  # Pillow's plugins raise whatever their parsers stumble over.
            return f"{type(error).__name__}: {error}"
        return None

    with ThreadPoolExecutor() as pool:
        problems = dict(zip(paths, pool.map(check, paths), strict=True))
    readable = [path for path in paths if problems[path] is None]
    return readable, {path: problem for path, problem in problems.items() if problem is not None}


def _summary(unreadable, folder):
    named = [
        _printable(path.relative_to(folder).as_posix()) for path in list(unreadable)[:_NAMED_FILES]
    ]
    more = len(unreadable) - len(named)
    rest = f" and {more} more" if more else ""
    return f"{len(unreadable)} unreadable files: {', '.join(named)}{rest}"


def _fingerprint(paths, folder):
    """Hash of the names and sizes of files, in their order."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(os.fsencode(path.relative_to(folder)) + b"\0%d\n" % path.stat().st_size)
    return digest.hexdigest()


def _part(relative_path):
    digest = hashlib.sha256(relative_path.as_posix().encode("utf-8", "surrogateescape")).digest()
    share = int.from_bytes(digest[:8], "big") % 100
    return "train" if share < 90 else "validation" if share < 95 else "test"


def _open(path, image_size):
    """Reads a picture as upright RGB, no smaller than training needs it where that is quicker."""
    with Image.open(path) as image:
        image.draft("RGB", (2 * image_size, 2 * image_size))
        upright = ImageOps.exif_transpose(image)
        if upright.mode.startswith("I"):
            # Pillow's own conversion clips 16-bit grayscale at 255 instead of scaling it.
            upright = upright.convert("I").point(lambda level: level * (1 / 257) + 0.5)
        return upright.convert("RGB")


def _crop(image, image_size, generator):
    """Scales and crops to uint8 `[image_size, image_size, 3]`: at random, or the whole center."""
    shorter = image_size
    if generator is not None:
        shorter = int(generator.integers(image_size, 2 * image_size, endpoint=True))
    scale = shorter / min(image.size)
    width, height = (max(image_size, round(side * scale)) for side in image.size)
    left, top = (width - image_size) // 2, (height - image_size) // 2
    if generator is not None:
        left = int(generator.integers(width - image_size, endpoint=True))
        top = int(generator.integers(height - image_size, endpoint=True))
    # Only the crop is resampled: its box in the original's pixels.
    x_scale, y_scale = image.width / width, image.height / height
    box = (
        left * x_scale,
        top * y_scale,
        (left + image_size) * x_scale,
        (top + image_size) * y_scale,
    )
    return np.asarray(image.resize((image_size, image_size), Image.Resampling.BICUBIC, box=box))
