"""The `sample` data set: small crops of color photographs in the package.

It needs no download and serves examples, tests and quick trials. It is far too small to train a
model for real use. `tools/make_sample.py` creates the photographs.
"""

import json
from importlib import resources

import numpy as np
from PIL import Image

from colorkeras.data.source import ArraySource, ImageDataset

SPLITS = ("train", "validation", "test")
CROP_SIZE = 32
STRIDE = 16
REDUCTIONS = (1, 2, 4)


def load(data_dir=None):
    """Open the sample as an `ImageDataset`.

    Args:
        data_dir: Not used; the sample is inside the package.
    """
    del data_dir
    counts = " / ".join(f"{len(load_images(split))} {split}" for split in SPLITS)
    return ImageDataset(
        name="sample",
        description=f"sample photographs ({counts} crops of 32x32; not for quality claims)",
        open_split=lambda split: ArraySource(load_images(split)),
    )


def load_images(split: str) -> np.ndarray:
    """Load the crops of one split.

    The crops lie on a fixed grid and overlap by half. Each photograph is cropped at full, half and
    quarter size. Splits share no photograph. The order is fixed: photograph, size, row, column.

    Args:
        split: "train", "validation" or "test".

    Returns:
        sRGB, uint8 `[num_examples, 32, 32, 3]`.

    Raises:
        ValueError: Unknown split.

    Example:

    >>> images = load_images("validation")
    >>> images.shape[1:], images.dtype
    ((32, 32, 3), dtype('uint8'))
    """
    if split not in SPLITS:
        raise ValueError(
            f"Received split={split!r}; expected one of {SPLITS}. Pass the name of a split of the "
            "`sample` data set."
        )
    files = [photograph["file"] for photograph in sources() if photograph["split"] == split]
    return np.concatenate([_crop(_read(file, factor)) for file in files for factor in REDUCTIONS])


def sources() -> list[dict]:
    """Describe the photographs.

    Returns:
        One dict per photograph, in the order of `load_images`, with the keys "file", "title",
        "author", "source" (package, version and path inside it), "license" ("CC0-1.0" or "Public
        domain"), "license_url_or_text", "split" and "sha256".

    Example:

    >>> sorted({photograph["license"] for photograph in sources()})
    ['CC0-1.0', 'Public domain']
    """
    return json.loads((_directory() / "sources.json").read_text(encoding="utf-8"))


def photographs() -> list[tuple]:
    """Return path and title of each photograph, in the order of `sources`.

    Example:

    >>> path, title = photographs()[0]
    >>> path.name, title
    ('astronaut.jpg', 'Astronaut Eileen Collins')
    """
    return [(_directory() / photo["file"], photo["title"]) for photo in sources()]


def _directory():
    return resources.files("colorkeras.data") / "sample_photographs"


def _read(file, factor):
    """Read a photograph, reduced by an integer factor, as uint8 `[height, width, 3]`."""
    with (_directory() / file).open("rb") as stream, Image.open(stream) as image:
        return np.asarray(image.reduce(factor))


def _crop(image):
    """Cut uint8 `[height, width, 3]` into uint8 `[num_crops, 32, 32, 3]`, row by row."""
    windows = np.lib.stride_tricks.sliding_window_view(image, (CROP_SIZE, CROP_SIZE), axis=(0, 1))
    # Window axes come last: [row, column, channel, y, x].
    crops = windows[::STRIDE, ::STRIDE].transpose(0, 1, 3, 4, 2)
    return crops.reshape(-1, CROP_SIZE, CROP_SIZE, 3)
