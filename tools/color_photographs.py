"""Color black-and-white photographs with the bundled models, as they come.

    python tools/color_photographs.py

Writes results/photographs.png, all models and several versions, and in results/photographs a
`<name>_pair.png` of each with the default model's colors beside it. The photographs are those of
results/photographs, square; what they are and where they come from is in sources.json there. No
true colors are known.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from colorkeras.cli import guarded
from colorkeras.evaluation.reports import NUM_VERSIONS
from colorkeras.export import bundled
from colorkeras.inference import predictor
from colorkeras.utils import plots
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import atomic_write

SHOWN = 256
"""Pixels: height and width of each picture in the figures."""


def colored(photographs):
    """Photographs as each bundled model colors them.

    Args:
        photographs: List of gray `PIL.Image.Image`.

    Returns:
        Dict of lists of RGB `PIL.Image.Image` by label; a model that samples has several.
    """
    rows = {}
    for name in bundled.BUNDLED_MODELS:
        loaded = predictor.load(name)
        for version in range(NUM_VERSIONS if loaded.exported.samples else 1):
            label = f"{name}, version {version + 1}" if loaded.exported.samples else name
            rows[label] = [loaded.colorize(image, seed=version) for image in photographs]
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
            f"--photographs {str(options.photographs)!r}, in which there is no JPEG file",
            "a folder of square black-and-white photographs",
            "Run this in the project's folder, or name another.",
        )
    photographs = [Image.open(file).convert("L") for file in files]
    rows = {"as they are": photographs, **colored(photographs)}
    pictures = {label: np.stack([shown(image) for image in row]) for label, row in rows.items()}
    plots.save_rows(options.output, pictures, "black-and-white photographs")
    pairs = zip(pictures["as they are"], pictures[bundled.DEFAULT_MODEL], strict=True)
    for file, pair in zip(files, pairs, strict=True):
        with atomic_write(file.with_name(f"{file.stem}_pair.png")) as temporary:
            Image.fromarray(np.hstack(pair)).save(temporary)
    print(options.output)


if __name__ == "__main__":
    sys.exit(guarded(main))
