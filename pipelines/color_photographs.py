"""Color black-and-white photographs with the shipped models, as they come: results/photographs.png.

    python pipelines/color_photographs.py

The photographs are those of results/photographs, square and all of one size; what they are and
where they come from is in sources.json there. No true colors are known.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image

from colorkeras import export, figures, shipped
from colorkeras.cli import guarded
from colorkeras.color import from_uint8, to_uint8
from colorkeras.errors import UserError
from colorkeras.evaluation.reports import NUM_VERSIONS


def rows(grayscale):
    """Photographs as each shipped model colors them.

    Args:
        grayscale: uint8 `[n, h, w, 1]`.

    Returns:
        Dict of uint8 `[n, h, w, 3]` by label; a model that samples has several.
    """
    colored = {"as they are": np.repeat(grayscale, 3, axis=-1)}
    for name in shipped.SHIPPED:
        model = export.load(shipped.resolve(name))
        for version in range(NUM_VERSIONS if model.samples else 1):
            seeds = tf.range(len(grayscale)) + version * len(grayscale)
            label = f"{name}, version {version + 1}" if model.samples else name
            colored[label] = to_uint8(model.color(from_uint8(grayscale), seeds)).numpy()
    return colored


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photographs", type=Path, default=Path("results", "photographs"))
    parser.add_argument("--output", type=Path, default=Path("results", "photographs.png"))
    options = parser.parse_args()
    files = sorted(options.photographs.glob("*.png"))
    if not files:
        raise UserError(
            f"--photographs {str(options.photographs)!r}, in which there is no PNG file",
            "a folder of square black-and-white photographs of one size",
            "Run this in the project's folder, or name another.",
        )
    grayscale = np.stack([np.asarray(Image.open(file).convert("L")) for file in files])
    colored = rows(grayscale[..., np.newaxis])
    figures.save_rows(options.output, colored, "black-and-white photographs")
    print(options.output)


if __name__ == "__main__":
    sys.exit(guarded(main))
