"""Colorize black-and-white photographs with the bundled models, for the documentation.

    python tools/color_photographs.py

Writes results/photographs.png, which shows the output of each model, with several samples for
stochastic models. For each photograph, also writes results/photographs/<name>_pair.png, which shows
the input next to the output of the default model. The photographs in results/photographs are
square; their authors and licenses are listed in sources.json.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from colorkeras.cli import guarded
from colorkeras.evaluation.evaluation_report import NUM_VARIATIONS
from colorkeras.export import bundled
from colorkeras.inference import predictor
from colorkeras.utils import plots
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import atomic_write

SHOWN = 256
"""Height and width of each image in the plot, in pixels."""


def colored(photographs):
    """Colorize photographs with each bundled model.

    Args:
        photographs: List of grayscale `PIL.Image.Image`.

    Returns:
        Dict from label to list of RGB `PIL.Image.Image`, with one label per model and sample.
    """
    rows = {}
    for name in bundled.BUNDLED_MODELS:
        loaded = predictor.load(name)
        for seed in range(NUM_VARIATIONS if loaded.exported.samples else 1):
            label = f"{name}, variation {seed + 1}" if loaded.exported.samples else name
            rows[label] = [loaded.colorize(image, seed=seed) for image in photographs]
    return rows


def shown(image):
    return np.asarray(image.convert("RGB").resize((SHOWN, SHOWN), Image.Resampling.LANCZOS))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photographs", type=Path, default=Path("results", "photographs"))
    parser.add_argument("--output", type=Path, default=Path("results", "photographs.png"))
    options = parser.parse_args()
    files = sorted(options.photographs.glob("*.jpg"))
    if not files:
        raise UserError(
            f"--photographs {str(options.photographs)!r}, a folder without JPEG files",
            "a folder of square black-and-white photographs",
            "Run this from the root of the repository or pass another folder.",
        )
    photographs = [Image.open(file).convert("L") for file in files]
    rows = {"original": photographs, **colored(photographs)}
    images = {label: np.stack([shown(image) for image in row]) for label, row in rows.items()}
    plots.save_rows(options.output, images, "black-and-white photographs")
    default = next(label for label in images if label.split(",")[0] == bundled.DEFAULT_MODEL)
    pairs = zip(images["original"], images[default], strict=True)
    for file, pair in zip(files, pairs, strict=True):
        with atomic_write(file.with_name(f"{file.stem}_pair.png")) as temporary:
            Image.fromarray(np.hstack(pair)).save(temporary)
    print(options.output)


if __name__ == "__main__":
    sys.exit(guarded(main))
