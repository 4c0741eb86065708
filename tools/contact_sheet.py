"""Create a contact sheet of photographs colorized at three levels of vividness.

    python tools/contact_sheet.py
    python tools/contact_sheet.py --test 60 --data-dir DIR --output FILE

The columns show the grayscale input, the three outputs, and the true colors. The first command
colorizes all photographs in the repository, which are public domain or CC0, and writes
results/contact_sheet.jpg. The second command colorizes 60 photographs from the test split of the
`photographs` dataset, half of them with people. Do not publish its output, because the dataset is
not public.
"""

import argparse
import json
import sys
from pathlib import Path

from photograph_sheets import draw_photographs, save_sheet
from PIL import Image

from colorkeras.cli import guarded
from colorkeras.data import sample
from colorkeras.export import bundled
from colorkeras.inference import predictor
from colorkeras.utils.errors import UserError

COLUMNS = {f"vividness {value:g}": {"vividness": value} for value in (0.0, 0.5, 1.0)}
"""Arguments to `Predictor.colorize` by column title."""

HEIGHT_FREE, HEIGHT_TEST = 240, 160
"""Heights, in pixels, at which photographs from the repository and the test split are shown."""

SEED = 0
"""Seed for drawing test photographs."""


def free_photographs(folder):
    """Return the photographs in the repository.

    Args:
        folder: Folder with black-and-white photographs and sources.json.

    Returns:
        List of tuples (title, `PIL.Image.Image`, whether the image shows the true colors).
    """
    colored = [(title, Image.open(path), True) for path, title in sample.photographs()]
    sources = json.loads(Path(folder, "sources.json").read_text(encoding="utf-8"))
    gray = [(each["title"], Image.open(Path(folder, each["file"])), False) for each in sources]
    return colored + gray


def row(loaded, photograph, has_truth):
    """Return a row of images: grayscale input, outputs for `COLUMNS`, and ground truth or None."""
    gray = photograph.convert("L")
    colored = [loaded.colorize(gray, **settings) for settings in COLUMNS.values()]
    return [gray, *colored, photograph if has_truth else None]


def main(arguments=None):
    """Write a contact sheet for the model and photographs given on the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default=bundled.DEFAULT_MODEL, metavar="NAME_OR_PATH")
    parser.add_argument("--photographs", default="results/photographs", metavar="DIR")
    parser.add_argument("--test", type=int, metavar="N", help="colorize N test photographs instead")
    parser.add_argument("--data-dir", metavar="DIR")
    parser.add_argument("--output", default="results/contact_sheet.jpg", metavar="FILE")
    options = parser.parse_args(arguments)
    loaded = predictor.load(options.model)
    if not loaded.exported.has_vividness:
        raise UserError(
            f"--model {options.model!r}, a model without vividness control",
            "a model with vividness control, such as photo",
            "Choose another --model.",
        )
    if options.test:
        drawn = draw_photographs(options.data_dir, options.test, SEED)
        rows = [(str(number), row(loaded, image, True)) for number, image in drawn.items()]
        height, num_blocks = HEIGHT_TEST, 2
    else:
        found = free_photographs(options.photographs)
        rows = [(title, row(loaded, image, is_true)) for title, image, is_true in found]
        height, num_blocks = HEIGHT_FREE, 1
    save_sheet(options.output, rows, ["grayscale", *COLUMNS, "true colors"], height, num_blocks)
    print(options.output)


if __name__ == "__main__":
    sys.exit(guarded(main))
