"""Measure the quality of colorized photographs by render size, the network's input size.

    pip install --no-deps scikit-learn scikit-image gradio
    python benchmarks/render_size.py

Downscales the color photographs in this repository and in these packages to at most 512 pixels,
converts them to grayscale, and colorizes them. Results of sampling models are averaged over three
seeds. Pooled PSNR is computed from the mean squared error over all photographs, with equal weight
for each photograph.

Latest results on 14 photographs: gain in pooled PSNR (dB) over the grayscale baseline of 18.79 dB,
by render size in pixels:

| model | 32 | 48 | 64 | 96 | 128 | 192 | 256 |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| unet | +0.75 | +1.14 | +1.06 | +1.36 | +1.31 | +1.15 | +0.90 |
| unet_vivid | -0.49 | +0.26 | +0.14 | +0.51 | +0.53 | +0.32 | +0.37 |

The default is therefore 96 pixels, which is best for `unet` and within 0.02 dB of the best size for
`unet_vivid`. Averaging the chroma from `unet` over several sizes (such as 48 and 96, or 64, 96 and
128) gained at most 1.30 dB.
"""

import argparse
import importlib.util
import json
from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image

from colorkeras.color.spaces import from_uint8, luma, to_uint8
from colorkeras.data import sample
from colorkeras.evaluation.metrics import METRICS
from colorkeras.export import bundled
from colorkeras.inference.predictor import load
from colorkeras.training.precision import describe_device
from colorkeras.utils.files import write_json

SIZES = (32, 48, 64, 96, 128, 192, 256)

SEEDS = (0, 1, 2)

METRIC_NAMES = ("psnr_pooled", "ciede2000", "colorfulness")

OTHERS = {
    "sklearn": ("datasets/images/china.jpg", "datasets/images/flower.jpg"),
    "gradio": ("media_assets/images/*.jpg", "test_data/cheetah2.jpg"),
    "skimage": ("data/motorcycle_left.png",),
}
"""Color photographs in third-party packages."""

MAX_SIDE = 512
"""Maximum side length in pixels. Larger photographs would take longer without affecting chroma."""


def photographs():
    """Load the photographs as a dict of uint8 RGB `[h, w, 3]` by name."""
    folder = Path(sample.__file__).parent / "sample_photographs"
    files = [folder / entry["file"] for entry in sample.sources()]
    for package, patterns in OTHERS.items():
        found = importlib.util.find_spec(package)
        if found is None:
            print(f"Note: {package} is not installed; its photographs are omitted.")
            continue
        parent = Path(found.origin).parent
        files += sorted(file for pattern in patterns for file in parent.glob(pattern))
    images = {file.name: Image.open(file).convert("RGB") for file in files}
    for image in images.values():
        image.thumbnail((MAX_SIDE, MAX_SIDE))
    pixels = {name: np.asarray(image) for name, image in images.items()}
    # Skip photographs with little color.
    return {name: image for name, image in pixels.items() if np.ptp(image, axis=-1).mean() > 10}


def per_image(truth, colored):
    """Return a dict of metric names and values for one photograph."""
    pair = [tf.cast(image, tf.float32)[tf.newaxis] for image in (truth, colored)]
    return {name: float(METRICS[name].per_image(*pair)[0]) for name in METRIC_NAMES}


def finalize(parts):
    """Aggregate the per-image metrics of all photographs."""
    means = {name: np.mean([part[name] for part in parts]) for name in METRIC_NAMES}
    return {
        name: float(METRICS[name].finalize(tf.constant(means[name], tf.float32)))
        for name in METRIC_NAMES
    }


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", action="append", help="default: all bundled models")
    parser.add_argument(
        "--size", action="append", type=int, help="render size in pixels; default: several"
    )
    parser.add_argument("--json", type=Path, default=Path("results", "render_size.json"))
    parser.add_argument("--images", type=Path, help="write colorized photographs to this folder")
    options = parser.parse_args()
    truths = photographs()
    grays = {name: to_uint8(luma(from_uint8(t))).numpy()[..., 0] for name, t in truths.items()}
    baselines = [per_image(t, np.repeat(grays[n][..., None], 3, -1)) for n, t in truths.items()]
    rows = {
        "grayscale_baseline": finalize(baselines),
        "ground truth": finalize([per_image(t, t) for t in truths.values()]),
    }
    for name in options.model or bundled.BUNDLED_MODELS:
        for size in options.size or SIZES:
            model = load(name, size)
            parts = []
            for file, truth in truths.items():
                for seed in SEEDS if model.exported.samples else SEEDS[:1]:
                    colored = model.colorize(grays[file], seed=seed)
                    parts.append(per_image(truth, colored) | {"file": file, "seed": seed})
                    if options.images:
                        options.images.mkdir(parents=True, exist_ok=True)
                        path = options.images / f"{Path(file).stem}_{name}_{size}_{seed}.jpg"
                        Image.fromarray(colored).save(path, quality=90)
            row = rows[f"{name}, {size}"] = finalize(parts)
            gain = row["psnr_pooled"] - rows["grayscale_baseline"]["psnr_pooled"]
            text = ", ".join(f"{metric} {value:.3f}" for metric, value in row.items())
            print(f"{name} at {size}: {text}, gain {gain:+.2f} dB", flush=True)
    write_json(
        options.json,
        {
            "device": describe_device(),
            "sample_photographs": {name: list(image.shape[:2]) for name, image in truths.items()},
            "metrics": rows,
        },
    )
    print(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
