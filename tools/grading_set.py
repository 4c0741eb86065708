"""Create contact sheets for a blind comparison between two models and the true colors.

    python tools/grading_set.py --data-dir DIR --output-dir DIR

Draws 30 photographs from the test split of the `photographs` dataset, half of them with people, and
writes three sheets of ten. Columns A, B and C show `photo`, `unet` and the true colors, in a random
order for each photograph. The orders are stored in key.json, which graders must not open until they
have finished. Do not publish the files, because the dataset is not public.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from photograph_sheets import draw_photographs, save_sheet

from colorkeras.cli import guarded
from colorkeras.inference import predictor
from colorkeras.utils.files import require_new, write_json

SEED, COUNT, PER_SHEET = 20261129, 30, 10
"""Random seed, number of photographs, and number of photographs per sheet."""

HEIGHT = 256
"""Height of each photograph in pixels, about twice its original height."""

COLUMNS = ("A", "B", "C")


def main(arguments=None):
    """Write the sheets and the key."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", nargs=2, default=["photo", "unet"], metavar="NAME_OR_PATH")
    parser.add_argument("--data-dir", metavar="DIR")
    parser.add_argument("--output-dir", type=Path, required=True, metavar="DIR")
    options = parser.parse_args(arguments)
    key_file = options.output_dir / "key.json"
    require_new([key_file], overwrite=False)
    models = {name: predictor.load(name) for name in options.models}
    generator, rows, key = np.random.default_rng(SEED), [], {}
    photographs = draw_photographs(options.data_dir, COUNT, SEED)
    for position, (number, truth) in enumerate(photographs.items(), start=1):
        gray = truth.convert("L")
        images = {name: loaded.colorize(gray) for name, loaded in models.items()}
        images["truth"] = truth
        order = generator.permutation(list(images)).tolist()
        rows.append((str(position), [images[name] for name in order]))
        key[str(position)] = {"image": number, **dict(zip(COLUMNS, order, strict=True))}
    options.output_dir.mkdir(parents=True, exist_ok=True)
    starts = range(0, len(rows), PER_SHEET)
    sheets = [options.output_dir / f"grading_{n}.png" for n, _ in enumerate(starts, start=1)]
    for sheet, start in zip(sheets, starts, strict=True):
        save_sheet(sheet, rows[start : start + PER_SHEET], COLUMNS, HEIGHT)
    write_json(key_file, key)
    print(f"Wrote {', '.join(map(str, sheets))} and the key {key_file}")


if __name__ == "__main__":
    sys.exit(guarded(main))
