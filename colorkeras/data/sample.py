"""The `sample` data set: small crops of the color photographs that the package carries.

It needs no download, so it serves examples, tests and quick trials. It is far too small to train a
colorizer for real use. `tools/make_sample.py` makes the photographs.
"""

import json
from importlib import resources

import numpy as np
from PIL import Image

SPLITS = ("train", "validation", "test")
CROP_SIZE = 32
STRIDE = 16
REDUCTIONS = (1, 2, 4)


def sources() -> list[dict]:
    """Describe the photographs of the `sample` data set.

    Returns:
        A list with one dictionary per photograph, in the order in which `load` reads them. Its
        keys are `"file"`, `"title"`, `"author"`, `"source"` (package, version and path inside
        it), `"license"` (`"CC0-1.0"` or `"Public domain"`), `"license_url_or_text"`, `"split"`
        and `"sha256"`.

    Example:

    >>> sorted({photograph["license"] for photograph in sources()})
    ['CC0-1.0', 'Public domain']
    """
    return json.loads((_directory() / "sources.json").read_text(encoding="utf-8"))


def load(split: str) -> np.ndarray:
    """Load the color crops of one split of the `sample` data set.

    The crops lie on a fixed grid and overlap by half. Each photograph is cropped at full, half and
    quarter size. The splits share no photograph, and the order is always the same: photograph,
    size, row, column.

    Args:
        split: `"train"`, `"validation"` or `"test"`.

    Returns:
        A `uint8` array `[num_examples, 32, 32, 3]`: sRGB, 0..255.

    Raises:
        ValueError: if there is no such split.

    Example:

    >>> images = load("validation")
    >>> images.shape[1:], images.dtype
    ((32, 32, 3), dtype('uint8'))
    """
    if split not in SPLITS:
        raise ValueError(
            f"Received split={split!r}; expected one of {SPLITS}. Pass the name of a split that "
            "the `sample` data set has."
        )
    files = [photograph["file"] for photograph in sources() if photograph["split"] == split]
    return np.concatenate([_crop(_read(file, factor)) for file in files for factor in REDUCTIONS])


def photographs() -> list[tuple]:
    """The photographs whole.

    Returns:
        A list of `(path, title)`, in the order of `sources`.

    >>> path, title = photographs()[0]
    >>> path.name, title
    ('astronaut.jpg', 'Astronaut Eileen Collins')
    """
    return [(_directory() / photo["file"], photo["title"]) for photo in sources()]


def _directory():
    return resources.files("colorkeras.data") / "sample_photographs"


def _read(file, factor):
    """Read a photograph, made smaller by a whole `factor`, as uint8 `[height, width, 3]`."""
    with (_directory() / file).open("rb") as stream, Image.open(stream) as image:
        return np.asarray(image.reduce(factor))


def _crop(image):
    """Cut uint8 `[height, width, 3]` into uint8 `[num_crops, 32, 32, 3]`, row by row."""
    windows = np.lib.stride_tricks.sliding_window_view(image, (CROP_SIZE, CROP_SIZE), axis=(0, 1))
    # The window axes come last: [row, column, channel, y, x].
    crops = windows[::STRIDE, ::STRIDE].transpose(0, 1, 3, 4, 2)
    return crops.reshape(-1, CROP_SIZE, CROP_SIZE, 3)
