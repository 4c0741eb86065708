"""The `sample` dataset: small crops of color photographs that are included in the package.

It is meant for examples, tests and quick trials, and is far too small to train a useful model.
`tools/make_sample.py` creates the photographs.
"""

import json
from importlib import resources

import numpy as np
from PIL import Image

SPLITS = ("train", "validation", "test")
CROP_SIZE = 32
STRIDE = 16
REDUCTIONS = (1, 2, 4)


def load(data_dir=None):
    """Open the sample as an `ImageDataset`; `data_dir` is ignored."""
    # Importing TensorFlow takes several seconds and is not needed to read the photographs.
    from colorkeras.data.source import ArraySource, ImageDataset

    del data_dir
    counts = " / ".join(f"{len(load_images(split))} {split}" for split in SPLITS)
    return ImageDataset(
        name="sample",
        description=f"sample photographs ({counts} crops of 32x32; not for quality claims)",
        open_split=lambda split: ArraySource(load_images(split)),
    )


def load_images(split: str) -> np.ndarray:
    """Load a split ("train", "validation" or "test") as sRGB uint8 `[num_examples, 32, 32, 3]`.

    Each photograph is in exactly one split. It is cropped at full, half and quarter size on a fixed
    grid, with neighboring crops overlapping by half. Crops are ordered by photograph, size, row and
    column.

    >>> images = load_images("validation")
    >>> images.shape[1:], images.dtype
    ((32, 32, 3), dtype('uint8'))
    """
    if split not in SPLITS:
        raise ValueError(
            f"Received split={split!r}; expected one of {SPLITS}. Pass the name of a split of the "
            "`sample` dataset."
        )
    files = [photograph["file"] for photograph in sources() if photograph["split"] == split]
    return np.concatenate([_crop(_read(file, factor)) for file in files for factor in REDUCTIONS])


def sources() -> list[dict]:
    """Return the provenance of each photograph, in the same order as `load_images`.

    Each item is a dict with the keys "file", "title", "author", "source" (package, version and path
    within the package), "license" ("CC0-1.0" or "Public domain"), "license_url_or_text", "split"
    and "sha256".

    >>> sorted({photograph["license"] for photograph in sources()})
    ['CC0-1.0', 'Public domain']
    """
    return json.loads((_directory() / "sources.json").read_text(encoding="utf-8"))


def photographs() -> list[tuple]:
    """Return the path and title of each photograph, in the same order as `sources`.

    >>> path, title = photographs()[0]
    >>> path.name, title
    ('astronaut.jpg', 'Astronaut Eileen Collins')
    """
    return [(_directory() / photo["file"], photo["title"]) for photo in sources()]


def _directory():
    return resources.files("colorkeras.data") / "sample_photographs"


def _read(file, factor):
    """Read a photograph as uint8 `[height, width, 3]`, downscaled by an integer factor."""
    with (_directory() / file).open("rb") as stream, Image.open(stream) as image:
        return np.asarray(image.reduce(factor))


def _crop(image):
    """Split uint8 `[height, width, 3]` into crops, uint8 `[num_crops, 32, 32, 3]`, row by row."""
    windows = np.lib.stride_tricks.sliding_window_view(image, (CROP_SIZE, CROP_SIZE), axis=(0, 1))
    # The window axes come last: [row, column, channel, y, x].
    crops = windows[::STRIDE, ::STRIDE].transpose(0, 1, 3, 4, 2)
    return crops.reshape(-1, CROP_SIZE, CROP_SIZE, 3)
