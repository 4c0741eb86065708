"""Measure a photograph model's errors during training, on the validation and training splits.

    python tools/training_curve.py photo runs/hint_unet/<run>/checkpoints/*.npz \\
        --dataset photographs --data-dir DIR

The first argument is the model from which training started. Runs keep only their latest
checkpoints, so copy the others elsewhere during training. The script writes
`results/studies/photo_training.json` and `.md`. Images are colorized at native resolution.
Measuring one checkpoint on 914 images takes about 3 minutes on two CPU cores.
"""

import argparse
import json
import re
import sys
import tempfile
from pathlib import Path

import numpy as np

from colorkeras import objectives
from colorkeras.cli import guarded
from colorkeras.color.spaces import from_uint8, to_uint8
from colorkeras.config.training_config import TrainingConfig
from colorkeras.data import load_dataset
from colorkeras.evaluation import photographs
from colorkeras.evaluation.evaluator import grayscale_baseline
from colorkeras.evaluation.photographs.automatic import colorings
from colorkeras.evaluation.photographs.pooled_errors import image_errors, summarize
from colorkeras.export import bundled, runtime, saved_model
from colorkeras.export.metadata import read_metadata
from colorkeras.inference.predictor import Predictor
from colorkeras.models.build import build_network
from colorkeras.utils.files import write_json, write_text

SPLITS = ("validation", "train")
COLUMNS = ("gain", "reduction", "colorfulness")


def main():
    """Measure the initial model and each checkpoint."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("init", help="model from which training started")
    parser.add_argument("checkpoints", nargs="*", help="checkpoints of a run, oldest first")
    parser.add_argument("--dataset", default="photographs", help="default: %(default)s")
    parser.add_argument("--data-dir", help="folder of prepared datasets")
    parser.add_argument(
        "--images", type=int, default=457, help="images per split (default: %(default)s)"
    )
    parser.add_argument("--steps-per-epoch", type=int, required=True, help="training steps")
    parser.add_argument("--output", default="results/studies/photo_training", help="without suffix")
    options = parser.parse_args()
    dataset = load_dataset(options.dataset, options.data_dir)
    record = {"dataset": dataset.train.dataset_title, "images": options.images, "steps": {}}
    model = bundled.resolve(options.init)
    priors = read_metadata(model)["priors"]
    record["steps"]["0"] = measure(runtime.load(model), dataset, options.images)
    for path in map(Path, options.checkpoints):
        position = re.fullmatch(r"epoch-(\d+)(?:-step-(\d+))?", path.stem)
        step = int(position[1]) * options.steps_per_epoch + int(position[2] or 0)
        with tempfile.TemporaryDirectory() as folder:
            exported = runtime.load(_export(path, priors, folder))
            record["steps"][str(step)] = measure(exported, dataset, options.images)
        write_json(f"{options.output}.json", record)
        print(step, json.dumps(record["steps"][str(step)]), flush=True)
    write_text(f"{options.output}.md", page(record))


def measure(exported, dataset, num_images):
    """Return the results of `summarize` by split and row.

    Args:
        exported: Model from `runtime.load`.
        dataset: `ImageDataset`.
        num_images: Number of images per split, evenly spaced.
    """
    predictor, rows = Predictor(exported), colorings(exported, {})
    results = {}
    for split in SPLITS:
        source = photographs.PhotographSource(getattr(dataset, split), split)

        def errors(photograph):
            gray = from_uint8(photograph.gray[np.newaxis, ..., np.newaxis])
            outputs = [to_uint8(grayscale_baseline(gray)).numpy()[0]]
            outputs += [predictor.colorize(photograph.gray, **row) for row in rows.values()]
            return image_errors(photograph.truth, outputs)

        every = source.source.num_examples // num_images
        measured = np.stack(list(source.map(errors, every))[:num_images], axis=1)
        results[split] = {
            title: summarize(values, measured[0])
            for title, values in zip(rows, measured[1:], strict=True)
        }
    return results


def page(record):
    """Return the record as a Markdown page."""
    rows = list(record["steps"]["0"]["validation"])
    lines = [
        "# How do errors change while `photo` is trained further?",
        "",
        f"Dataset: {record['dataset']}; {record['images']} evenly spaced images of each split, "
        "colorized at native resolution. Written by `tools/training_curve.py`. *Gain* is the "
        "increase in pooled PSNR over the grayscale baseline, and *reduction* the decrease in "
        "CIEDE2000 relative to it. Colorfulness is relative to the ground truth.",
    ]
    for row in rows:
        lines += [
            "",
            f"## {row[0].upper()}{row[1:]}",
            "",
            "| step | validation: gain (dB) | reduction (%) | colorfulness (%) "
            "| training: gain (dB) | reduction (%) | colorfulness (%) |",
            "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        ]
        for step, splits in record["steps"].items():
            cells = [
                f"{splits[split][row][name]:{'+.2f' if name == 'gain' else '.1f'}}"
                for split in SPLITS
                for name in COLUMNS
            ]
            lines.append(f"| {step} | {' | '.join(cells)} |")
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
