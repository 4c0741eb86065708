"""Measure how far the color of a single hint spreads.

    python benchmarks/single_hints.py --data-dir DIR
    python benchmarks/single_hints.py --data-dir DIR --model photo --model saved_models/photo/2

In every fourth test photograph of the `photographs` dataset, a random region of roughly uniform
color is recolored, if there is one. One hint with the new color is placed inside the region, at
least its radius away from the edge. An ideal model gives the whole region the new color and does
not change the colors elsewhere. The script adds the models to `results/studies/single_hints.json`
and `.md`. It takes about 2 minutes per model on two CPU cores.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from colorkeras.cli import guarded
from colorkeras.color.spaces_numpy import rgb_to_chroma
from colorkeras.data import load_dataset
from colorkeras.data.recolor import recolor_region
from colorkeras.evaluation import markdown_table
from colorkeras.evaluation.photographs import PhotographSource
from colorkeras.inference.color_hints import Hint
from colorkeras.inference.predictor import load
from colorkeras.utils.files import write_json, write_text

EVERY = 4
"""Use only every n-th photograph."""

RADIUS = 2
"""Radius of the hint in pixels."""

COLUMNS = {
    "automatic_error": "Error in the region without the hint",
    "hinted_error": "Error in the region with the hint",
    "outside_change": "Change outside",
    "leakage": "Leakage (%)",
}
"""Column titles of the measured values."""


def main():
    """Measure the models given on the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", action="append", help="model name or path (default: photo)")
    parser.add_argument("--data-dir", help="folder of prepared datasets")
    parser.add_argument("--output", default="results/studies/single_hints", help="without suffix")
    options = parser.parse_args()
    dataset = load_dataset("photographs", options.data_dir)
    source = PhotographSource(dataset.test, f"{dataset.test.dataset_title}, test")
    path = Path(f"{options.output}.json")
    record = {"dataset": source.title, "models": {}}
    if path.exists():
        record = json.loads(path.read_text("utf-8"))
    for name in options.model or ["photo"]:
        record["models"][name] = measure(load(name), source)
        write_json(path, record)
    text = page(record)
    write_text(f"{options.output}.md", text)
    print(text)


def measure(predictor, source):
    """Return a dict with the number of photographs and the mean of each value in `COLUMNS`.

    Errors and changes are Euclidean distances between Cb and Cr in `[-0.5, 0.5]`. The leakage is
    the change outside relative to the change that is required in the region.
    """
    values = list(filter(None, source.map(lambda each: _distances(predictor, each), EVERY)))
    automatic, hinted, outside = np.mean(values, axis=0).tolist()
    results = (automatic, hinted, outside, 100 * outside / automatic)
    return {"num_photographs": len(values), **dict(zip(COLUMNS, results, strict=True))}


def _distances(predictor, photograph):
    """Return the first three values in `COLUMNS` for a photograph; None if it has no region."""
    generator = np.random.default_rng(photograph.index)
    recolored = recolor_region(photograph.truth, generator)
    if recolored is None:
        return None
    image, region = recolored
    size = 2 * RADIUS + 1
    inner = sliding_window_view(np.pad(region, RADIUS), (size, size)).all(axis=(2, 3))
    rows, columns = np.nonzero(inner)
    if not len(rows):
        return None
    chosen = generator.integers(len(rows))
    y, x = int(rows[chosen]), int(columns[chosen])
    color = "#{:02x}{:02x}{:02x}".format(*np.rint(image[region].mean(axis=0)).astype(int))
    wanted, automatic, hinted = (
        rgb_to_chroma(pixels / np.float32(255))
        for pixels in (
            image,
            predictor.colorize(photograph.gray),
            predictor.colorize(photograph.gray, hints=[Hint(x, y, color, RADIUS)]),
        )
    )
    return (
        np.linalg.norm(automatic - wanted, axis=-1)[region].mean(),
        np.linalg.norm(hinted - wanted, axis=-1)[region].mean(),
        np.linalg.norm(hinted - automatic, axis=-1)[~region].mean(),
    )


def page(record):
    """Return the record as a Markdown page."""
    rows = [
        [name, *(f"{values[key]:.{1 if key == 'leakage' else 4}f}" for key in COLUMNS)]
        for name, values in record["models"].items()
    ]
    count = next(iter(record["models"].values()))["num_photographs"]
    lines = [
        "# How far does the color of a single hint spread?",
        "",
        f"{record['dataset']}, {count} photographs with a recolored region; default vividness. "
        "`benchmarks/single_hints.py` describes the method. Errors and changes are mean distances "
        "in Cb and Cr. The leakage is the change outside the region relative to the error in the "
        "region without the hint.",
        "",
        markdown_table([["model", *COLUMNS.values()], *rows]),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(guarded(main))
