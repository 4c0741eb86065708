"""Measure a photograph model's errors during training, on several groups of images.

    python tools/training_curve.py --data-dir DIR --model "initial weights=photo"
    python tools/training_curve.py --data-dir DIR --trained saved_models/photo/2 \\
        --checkpoints runs/hint_unet/<run>/checkpoints/*.npz

The first command measures a model, and the second one the checkpoints of a run, using the color
priors of the run's export. Runs keep only their latest checkpoints, so copy the others elsewhere
during training. The script adds the results to `results/studies/photo_training.json` and `.md`,
replacing results with the same title or file name. Images are colorized at native resolution.
Measuring one model on 456 images takes about 2 minutes on two CPU cores.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from colorkeras import objectives
from colorkeras.cli import guarded
from colorkeras.color.spaces import from_uint8, to_uint8
from colorkeras.config.training_config import TrainingConfig
from colorkeras.data import load_dataset, sample
from colorkeras.evaluation import photographs
from colorkeras.evaluation.evaluator import grayscale_baseline
from colorkeras.evaluation.photographs.automatic import colorings
from colorkeras.evaluation.photographs.photograph_source import Photograph
from colorkeras.evaluation.photographs.pooled_errors import image_errors, summarize
from colorkeras.export import bundled, runtime, saved_model
from colorkeras.export.metadata import read_metadata
from colorkeras.inference.predictor import Predictor
from colorkeras.models.build import build_network
from colorkeras.utils.files import write_json, write_text

PACKAGED = "packaged photographs"
"""Title for the large photographs in the package, which come from other sources."""

GROUPS = ("validation", "train", PACKAGED)
"""Groups of images to measure."""


def main():
    """Measure the models and checkpoints given on the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--model",
        action="append",
        default=[],
        metavar="TITLE=MODEL",
        help="title in the tables, and name or path of a model",
    )
    parser.add_argument("--trained", metavar="MODEL", help="export of the run")
    parser.add_argument(
        "--checkpoints", nargs="*", default=[], help="checkpoints of the run, oldest first"
    )
    parser.add_argument("--data-dir", help="folder of prepared datasets")
    parser.add_argument(
        "--images", type=int, default=228, help="images per split (default: %(default)s)"
    )
    parser.add_argument("--output", default="results/studies/photo_training", help="without suffix")
    options = parser.parse_args()
    models = [argument.partition("=")[::2] for argument in options.model]
    if not all(path for _, path in models):
        parser.error("--model requires TITLE=MODEL.")
    if bool(options.checkpoints) != bool(options.trained):
        parser.error("Pass both --trained and --checkpoints, or neither.")
    if not models and not options.checkpoints:
        parser.error("Pass --model, or --trained and --checkpoints.")
    dataset = load_dataset("photographs", options.data_dir)
    record = {"dataset": dataset.train.dataset_title, "images": options.images, "weights": {}}
    file = Path(f"{options.output}.json")
    if file.exists():
        earlier = json.loads(file.read_text("utf-8"))
        if earlier["images"] != options.images:
            parser.error(f"--images must be {earlier['images']}, as in {file}.")
        record = {**record, "weights": earlier["weights"]}

    def add(title, exported):
        record["weights"][title] = measure(exported, dataset, options.images)
        write_json(file, record)
        write_text(f"{options.output}.md", page(record))
        print(title, json.dumps(record["weights"][title]), flush=True)

    for title, path in models:
        add(title, runtime.load(bundled.resolve(path)))
    priors = read_metadata(bundled.resolve(options.trained))["priors"] if options.trained else None
    for path in options.checkpoints:
        with tempfile.TemporaryDirectory() as folder:
            add(Path(path).stem, runtime.load(_export(path, priors, folder)))


def measure(exported, dataset, num_images):
    """Return the results of `summarize` by group of images and row.

    Args:
        exported: Model from `runtime.load`.
        dataset: `ImageDataset`.
        num_images: Number of approximately evenly spaced images per split.
    """
    predictor, rows = Predictor(exported), colorings(exported, {})

    def errors(photograph):
        gray = from_uint8(photograph.gray[np.newaxis, ..., np.newaxis])
        outputs = [to_uint8(grayscale_baseline(gray)).numpy()[0]]
        outputs += [predictor.colorize(photograph.gray, **row) for row in rows.values()]
        return image_errors(photograph.truth, outputs)

    results = {}
    for group in GROUPS:
        if group == PACKAGED:
            measured = [errors(photograph) for photograph in _packaged_photographs()]
        else:
            source = photographs.PhotographSource(getattr(dataset, group), group)
            every = max(1, source.source.num_examples // num_images)
            measured = list(source.map(errors, every))[:num_images]
        measured = np.stack(measured, axis=1)
        results[group] = {
            title: summarize(values, measured[0])
            for title, values in zip(rows, measured[1:], strict=True)
        }
    return results


def _packaged_photographs():
    """Yield the color photographs in the package, downscaled to at most 512 pixels."""
    for index, (path, _) in enumerate(sample.photographs()):
        with path.open("rb") as stream, Image.open(stream) as image:
            image.thumbnail((512, 512))
            yield Photograph(index, "", np.asarray(image))


def page(record):
    """Return the record as a Markdown page."""
    groups = next(iter(record["weights"].values()))
    rows = list(groups["validation"])
    lines = [
        "# How do errors change while `photo` is trained further?",
        "",
        f"Dataset: {record['dataset']}; {record['images']} images of each split, colorized at "
        "native resolution, and the six color photographs in the package, downscaled to at most "
        "512 pixels. Each cell shows the increase in pooled PSNR over the grayscale baseline (dB), "
        "the reduction in CIEDE2000 relative to it, and the colorfulness relative to the ground "
        "truth. Written by `tools/training_curve.py`.",
    ]
    for row in rows:
        lines += ["", f"## {row[0].upper()}{row[1:]}", ""]
        lines += [f"| weights | {' | '.join(groups)} |", f"| --- |{' ---: |' * len(groups)}"]
        for title, results in record["weights"].items():
            cells = [
                f"{values[row]['gain']:+.2f}, {values[row]['reduction']:.1f}%, "
                f"{values[row]['colorfulness']:.0f}%"
                for values in results.values()
            ]
            lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _export(checkpoint, priors, folder):
    """Export the EMA weights in a checkpoint and return the export's path."""
    network = build_network("hint_unet")
    with np.load(checkpoint) as arrays:
        count = sum(name.startswith("ema/") for name in arrays)
        network.set_weights([arrays[f"ema/{number}"] for number in range(count)])
    objective = objectives.create("hinted_bins", TrainingConfig(), priors=priors)
    metadata = {"name": "checkpoint", "dataset": ""}
    return saved_model.export(network, objective, folder, metadata)


if __name__ == "__main__":
    sys.exit(guarded(main))
