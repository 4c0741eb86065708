"""Image folders as datasets, with images decoded again in every epoch to save memory."""

import collections
import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from colorkeras import image_io
from colorkeras.data.crops import CropSource
from colorkeras.data.source import ImageDataset
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import quoted

_NAMED_FILES = 10
"""Maximum number of files listed in a note."""


def load(folder, image_size=32, seed=0, include_gray=False):
    """Open the images in a folder and its subfolders, in any format that `colorize` supports.

    Training images are scaled so that the shorter side has a random length between `image_size` and
    twice `image_size`, then cropped at a random position. The crops depend on (seed, epoch, image),
    so they differ between epochs. Validation and test images are scaled so that the shorter side is
    `image_size` pixels long, then cropped at the center.

    A hash of each image's relative path assigns it to the training (90%), validation (5%) or test
    (5%) split, so adding or removing other images does not change its split.

    Args:
        folder: Path to an existing folder.
        image_size: Height and width of the crops in pixels, at least `MIN_IMAGE_SIZE`.
        seed: Seed for the random crops, int.
        include_gray: Whether to train on gray images too, to teach the network to keep them gray.

    Returns:
        `ImageDataset`; its notes list unused files.

    Raises:
        UserError: The folder contains no usable images.
    """
    folder = Path(folder)
    title = _printable(folder.resolve().name)
    files = _scan(folder, image_size, include_gray)
    notes = files.notes()
    if not files.used:
        raise UserError(
            f"--dataset {str(folder)!r}, which contains no usable images"
            + (f" ({'; '.join(notes)})" if notes else ""),
            "a folder with at least one color image in a format that `colorize` supports",
            "Pass another folder as --dataset.",
        )
    parts = {"train": [], "validation": [], "test": []}
    for path in files.used:
        parts[_part(path.relative_to(folder))].append(path)
    for name in parts:
        if not parts[name]:
            parts[name] = files.used
            notes.append(f"No images were assigned to the {name} split, so it uses all images.")
    return ImageDataset(
        name=title,
        description=(
            f"folder {title} ({len(parts['train'])} train / "
            f"{len(parts['validation'])} validation / {len(parts['test'])} test images, "
            f"crops of {image_size}x{image_size})"
        ),
        open_split=lambda split: FolderSource(
            parts[split], image_size, seed if split == "train" else None
        ),
        notes=notes,
        fingerprint=_fingerprint(files.used, folder),
    )


class FolderSource(CropSource):
    """Crops of the images in a folder, decoded on demand.

    Args:
        paths: Readable image files.
        image_size: Height and width of the crops in pixels.
        seed: Seed for the random crops, or None for center crops.
    """

    def __init__(self, paths, image_size, seed):
        super().__init__(len(paths), image_size, seed)
        self._paths = paths

    def open_image(self, index):
        """See `CropSource.open_image`."""
        return _open(self._paths[index], self.image_size)

    def title(self, index):
        """See `CropSource.title`."""
        return quoted(self._paths[index])


@dataclass
class _Files:
    """Files in a folder by category; names are relative to the folder.

    Attributes:
        used: Paths of images to train on.
        gray: Names of skipped gray images.
        unreadable: Names of damaged or unsupported images.
        passed_over: Number of files in other formats, by suffix.
        linked: Names of symbolic links to folders, which are not followed.
    """

    used: list[Path] = field(default_factory=list)
    gray: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    passed_over: collections.Counter = field(default_factory=collections.Counter)
    linked: list[str] = field(default_factory=list)

    def notes(self):
        """Return one note per category of unused files."""
        counts = sorted(self.passed_over.items(), key=lambda item: (-item[1], item[0]))
        passed_over = [f"{count} {suffix}" for suffix, count in counts]
        kinds = (
            ("Skipped gray images", self.gray, len(self.gray)),
            ("Skipped unreadable files", self.unreadable, len(self.unreadable)),
            ("Ignored other files", passed_over, self.passed_over.total()),
            ("Ignored linked folders", self.linked, len(self.linked)),
        )
        return [f"{text}: {count} ({_listed(names)})" for text, names, count in kinds if names]


def _scan(folder, image_size, include_gray):
    """Decode each image once to detect problems before training starts."""
    files, candidates = _Files(), []
    for parent, folders, names in os.walk(folder):
        kept = [name for name in sorted(folders) if not image_io.is_system_folder(name)]
        links = [name for name in kept if Path(parent, name).is_symlink()]
        files.linked += [_name(Path(parent, name), folder) for name in links]
        folders[:] = [name for name in kept if name not in links]
        for name in names:
            if image_io.is_system_file(name):
                continue
            if image_io.is_image(name) or image_io.is_raw_suffix(name):
                candidates.append(Path(parent, name))
            else:
                files.passed_over[_printable(Path(name).suffix.lower()) or "without suffix"] += 1
    candidates.sort()

    def kind_of(path):
        try:
            pixels = np.asarray(_open(path, image_size))
        except (UserError, OSError):
            return files.unreadable
        is_used = include_gray or not image_io.is_nearly_gray(pixels)
        return files.used if is_used else files.gray

    with ThreadPoolExecutor() as pool:
        for path, kind in zip(candidates, pool.map(kind_of, candidates), strict=True):
            kind.append(path if kind is files.used else _name(path, folder))
    return files


def _printable(name):
    """Return a file name as text, with replacement characters instead of invalid UTF-8."""
    return os.fsencode(name).decode("utf-8", "replace")


def _name(path, folder):
    return _printable(path.relative_to(folder).as_posix())


def _listed(names):
    more = len(names) - _NAMED_FILES
    return ", ".join(names[:_NAMED_FILES]) + (f" and {more} more" if more > 0 else "")


def _fingerprint(paths, folder):
    """Return a hash of the file names and sizes, in the given order."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(os.fsencode(path.relative_to(folder)) + b"\0%d\n" % path.stat().st_size)
    return digest.hexdigest()


def _part(relative_path):
    digest = hashlib.sha256(relative_path.as_posix().encode("utf-8", "surrogateescape")).digest()
    share = int.from_bytes(digest[:8], "big") % 100
    return "train" if share < 90 else "validation" if share < 95 else "test"


def _open(path, image_size):
    """Read an image the way `colorize` does, but at a reduced size if that is faster."""
    return image_io.read_rgb(path, min_side=2 * image_size)
