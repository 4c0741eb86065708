"""Contact sheets, which show an input file next to its output files."""

import math

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from colorkeras import image_io
from colorkeras.image_io import DecodedImage, Metadata, as_uint8
from colorkeras.image_io.pixels import on_white
from colorkeras.inference.skewed_prints import find_skewed_print
from colorkeras.inference.straightening import straighten

TILE_SIZE = 1024
"""Maximum length in pixels of the longer side of each image in a sheet."""

_GAP = 8

_CAPTION_SHARE, _MIN_CAPTION = 0.05, 12
"""Font size of captions: fraction of the tile's width, and minimum in pixels."""


def write_sheet(path, sources, options, software):
    """Write a contact sheet with the first page of each file.

    If there are several output files, they are numbered.

    Args:
        path: Image file to write.
        sources: Paths to the input file and its output files.
        options: `ColorizeOptions`.
        software: Description of the program and settings for the metadata, or None.
    """
    first, *others = sources
    tiles = [tile(first, options.max_megapixels, straightens=options.straighten)]
    tiles += [tile(path, options.max_megapixels) for path in others]
    if len(tiles) > 2:
        tiles = [captioned(image, str(number or "")) for number, image in enumerate(tiles)]
    metadata = Metadata()
    if software is not None:
        image_io.mark(metadata, software)
    page = iter([DecodedImage(np.asarray(grid(tiles)))])
    image_io.save(path, page, metadata, replace=options.overwrite)


def tile(path, max_megapixels, size=TILE_SIZE, straightens=False):
    """Return a file's first page, downscaled if necessary, as a gray or RGB `PIL.Image.Image`.

    Args:
        path: Image file.
        max_megapixels: Maximum image size in megapixels.
        size: Maximum length in pixels of the longer side of the result.
        straightens: Whether to straighten the page, as is done before colorizing.
    """
    with image_io.open_image(path, max_megapixels) as contents:
        page = next(contents.pages)
    found = find_skewed_print(page) if straightens else None
    page = page if found is None else straighten(page, found)
    image = Image.fromarray(as_uint8(on_white(page).pixels))
    image.thumbnail((size, size))
    return image


def captioned(image, text):
    """Return an image with a line of text below it."""
    height = max(_MIN_CAPTION, round(_CAPTION_SHARE * image.width))
    canvas = Image.new("RGB", (image.width, image.height + round(1.5 * height)), "white")
    canvas.paste(image, (0, 0))
    place = image.width // 2, image.height + round(0.75 * height)
    font = ImageFont.load_default(height)
    ImageDraw.Draw(canvas).text(place, text, fill="black", font=font, anchor="mm")
    return canvas


def grid(tiles):
    """Arrange images in a grid on a white background; return an RGB `PIL.Image.Image`."""
    width, height = (max(sides) for sides in zip(*(image.size for image in tiles), strict=True))
    columns = math.ceil(math.sqrt(len(tiles)))
    rows = math.ceil(len(tiles) / columns)
    sheet = Image.new(
        "RGB", (columns * (width + _GAP) - _GAP, rows * (height + _GAP) - _GAP), "white"
    )
    for number, image in enumerate(tiles):
        row, column = divmod(number, columns)
        left = column * (width + _GAP) + (width - image.width) // 2
        sheet.paste(image, (left, row * (height + _GAP) + (height - image.height) // 2))
    return sheet
