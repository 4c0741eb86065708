"""Random selection of test photographs and contact sheet layout, shared by several scripts."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from colorkeras.data import load_dataset
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import atomic_write

PEOPLE = ("faces", "heads", "figures", "fashion", "sports")
"""Sources in the `photographs` dataset whose photographs show people."""

_GAP, _HEADER = 6, 22
"""Gap between photographs and height of the header, in pixels."""

_QUALITY = 90


def draw_photographs(data_dir, count, seed):
    """Draw random photographs from the test split of `photographs`, half of them with people.

    Args:
        data_dir: Directory with prepared datasets, or None; see `load_dataset`.
        count: Number of photographs; must be even.
        seed: Random seed.

    Returns:
        Dict from test split index to RGB `PIL.Image.Image`, in random order.
    """
    source = load_dataset("photographs", data_dir).test
    shows_people = np.array([source.group(i) in PEOPLE for i in range(source.num_examples)])
    if min(shows_people.sum(), (~shows_people).sum()) < count // 2:
        raise UserError(
            f"a request for {count} photographs from a test split of {len(shows_people)}, "
            f"{shows_people.sum()} of which show people",
            f"a split with at least {count // 2} photographs with people and {count // 2} without",
            "Draw fewer photographs.",
        )
    generator = np.random.default_rng(seed)
    chosen = [
        generator.choice(np.flatnonzero(kind), count // 2, replace=False)
        for kind in (shows_people, ~shows_people)
    ]
    return {
        int(i): source.open_image(int(i)) for i in generator.permutation(np.concatenate(chosen))
    }


def save_sheet(path, rows, titles, height, num_blocks=1):
    """Save rows of photographs as one image file.

    Args:
        path: Output file; its suffix determines the format.
        rows: List of (label, images). Each image is a `PIL.Image.Image`, or None for an empty cell.
        titles: Column titles.
        height: Height of each photograph in pixels.
        num_blocks: Number of side-by-side blocks that the rows are split into.
    """
    rows = [(label, [_resized(image, height) for image in images]) for label, images in rows]
    width = max(image.width for _, images in rows for image in images if image)
    length = -(-len(rows) // num_blocks)
    blocks = [rows[start : start + length] for start in range(0, len(rows), length)]
    block_width = len(titles) * (width + _GAP) + 2 * _GAP
    size = len(blocks) * block_width, _HEADER + length * (height + _GAP)
    canvas = Image.new("RGB", size, "white")
    drawing, font = ImageDraw.Draw(canvas), ImageFont.load_default(14)
    for block_number, block in enumerate(blocks):
        lefts = [block_number * block_width + _GAP + i * (width + _GAP) for i in range(len(titles))]
        for left, title in zip(lefts, titles, strict=True):
            drawing.text((left, 2), title, "black", font)
        for row_number, (label, images) in enumerate(block):
            top = _HEADER + row_number * (height + _GAP)
            for left, image in zip(lefts, images, strict=True):
                if image:
                    canvas.paste(image, (left, top))
            drawing.text(
                (lefts[0] + 3, top + 2), label, "white", font, stroke_width=1, stroke_fill="black"
            )
    with atomic_write(path) as temporary:
        canvas.save(temporary, quality=_QUALITY)


def _resized(image, height):
    if image is None:
        return None
    image = ImageOps.exif_transpose(image).convert("RGB")
    width = max(1, round(height * image.width / image.height))
    return image.resize((width, height), Image.Resampling.LANCZOS)
