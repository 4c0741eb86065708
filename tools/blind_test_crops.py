"""Create the image crops for the web page's blind test.

    python tools/blind_test_crops.py

Recolors the packaged color photographs with the default model and settings. Writes crops of the
original and recolored photographs to colorkeras/demo/static/crops, and the authors and licenses of
the photographs to crops.json in the same folder. The crops do not overlap and show the most
detailed areas of each photograph.
"""

import argparse
import itertools
import sys
from importlib import resources
from pathlib import Path

import numpy as np
from PIL import Image

from colorkeras.cli import guarded
from colorkeras.color.spaces_numpy import luma_of_pixels
from colorkeras.data import sample
from colorkeras.demo.blind_test import NUM_CROPS, REAL, RECOLORED, crop_file
from colorkeras.inference import predictor
from colorkeras.utils.files import write_json

OUTPUT = Path(__file__).resolve().parents[1] / "colorkeras" / "demo" / "static" / "crops"

CROP_SIZE = 144
"""Side length of each crop in pixels."""

QUALITY = 90


def places(pixels, count):
    """Choose the most detailed crops on a grid; return their positions as (top, left) pairs."""
    starts = [
        np.linspace(0, side - CROP_SIZE, side // CROP_SIZE).astype(int) for side in pixels.shape[:2]
    ]
    luma = luma_of_pixels(pixels)

    def detail(place):
        return cut(luma, place).std()

    best = sorted(itertools.product(*starts), key=detail, reverse=True)[:count]
    return [tuple(map(int, place)) for place in best]


def cut(pixels, place):
    """Return the crop at a position (top, left)."""
    top, left = place
    return pixels[top : top + CROP_SIZE, left : left + CROP_SIZE]


def main(arguments=None):
    """Write the crops."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output", type=Path, default=OUTPUT, help="default: %(default)s")
    options = parser.parse_args(arguments)
    options.output.mkdir(parents=True, exist_ok=True)
    loaded, crops = predictor.load(), []
    sources = sample.sources()
    for source in sources:
        path = resources.files("colorkeras.data") / "sample_photographs" / source["file"]
        with Image.open(path) as image:
            true = np.asarray(image.convert("RGB"))
            colored = loaded.colorize(np.asarray(image.convert("L")))
        for place in places(true, NUM_CROPS // len(sources)):
            for kind, pixels in ((REAL, true), (RECOLORED, colored)):
                crop = Image.fromarray(np.ascontiguousarray(cut(pixels, place)))
                crop.save(options.output / crop_file(len(crops), kind), quality=QUALITY)
            crops.append({key: source[key] for key in ("title", "author", "license")})
    write_json(options.output / "crops.json", crops)
    print(f"Wrote {len(crops)} crops, recolored by {loaded.name}, to {options.output}")
    return 0


if __name__ == "__main__":
    sys.exit(guarded(main))
