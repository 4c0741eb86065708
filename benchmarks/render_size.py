"""How well photographs are colored by the size at which networks see them.

    pip install --no-deps scikit-learn scikit-image gradio
    python benchmarks/render_size.py

Color photographs that come with the project and with these packages, turned gray and colored
anew at up to 512 pixels; of models that sample the mean over three seeds. PSNR is pooled: of the
mean over photographs of their mean squared error, so that each counts alike.

Last result, two cores of an AMD EPYC, 14 photographs; pooled PSNR above that of the gray ones
(18.79 dB) at 32, 48, 64, 96, 128, 192 and 256 pixels: `unet` +0.75, +1.14, +1.06, +1.36, +1.31,
+1.15, +0.90 dB; `unet_vivid` -0.49, +0.26, +0.14, +0.51, +0.53, +0.32, +0.37 dB. Hence 96,
the best for `unet` and within 0.02 dB of the best for `unet_vivid`. The mean of chroma seen at
several sizes (48 and 96; 64, 96 and 128; others) was tried for `unet`: +1.30 dB at best.
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

FIGURES = ("psnr_pooled", "ciede2000", "colorfulness")

OTHERS = {
    "sklearn": ("datasets/images/china.jpg", "datasets/images/flower.jpg"),
    "gradio": ("media_assets/images/*.jpg", "test_data/cheetah2.jpg"),
    "skimage": ("data/motorcycle_left.png",),
}
"""Where color photographs are in other packages, of which none is copied."""

MAX_SIDE = 512
"""Pixels: larger photographs are reduced to it, which spares time; chroma is coarser anyway."""


def photographs():
    """uint8 RGB `[h, w, 3]` by name."""
    folder = Path(sample.__file__).parent / "sample_photographs"
    files = [folder / entry["file"] for entry in sample.sources()]
    for package, patterns in OTHERS.items():
        found = importlib.util.find_spec(package)
        if found is None:
            print(f"*** {package} is not installed: fewer photographs")
            continue
        parent = Path(found.origin).parent
        files += sorted(file for pattern in patterns for file in parent.glob(pattern))
    images = {file.name: Image.open(file).convert("RGB") for file in files}
    for image in images.values():
        image.thumbnail((MAX_SIDE, MAX_SIDE))
    pixels = {name: np.asarray(image) for name, image in images.items()}
    # What hardly has colors shows nothing; diagrams are no photographs.
    return {name: image for name, image in pixels.items() if np.ptp(image, axis=-1).mean() > 10}


def measured(truth, colored):
    """Figures of one photograph, ready to be averaged."""
    pair = [tf.cast(image, tf.float32)[tf.newaxis] for image in (truth, colored)]
    return {name: float(METRICS[name].per_image(*pair)[0]) for name in FIGURES}


def averaged(parts):
    """Figures of all photographs."""
    means = {name: np.mean([part[name] for part in parts]) for name in FIGURES}
    return {
        name: float(METRICS[name].finalize(tf.constant(means[name], tf.float32)))
        for name in FIGURES
    }


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", action="append", help="default: all bundled ones")
    parser.add_argument("--size", action="append", type=int, help="default: a range of them")
    parser.add_argument("--json", type=Path, default=Path("results", "render_size.json"))
    parser.add_argument("--pictures", type=Path, help="write colored photographs to this folder")
    options = parser.parse_args()
    truths = photographs()
    grays = {name: to_uint8(luma(from_uint8(t))).numpy()[..., 0] for name, t in truths.items()}
    echoes = [measured(t, np.repeat(grays[n][..., None], 3, -1)) for n, t in truths.items()]
    rows = {
        "grayscale_baseline": averaged(echoes),
        "ground truth": averaged([measured(t, t) for t in truths.values()]),
    }
    for name in options.model or bundled.BUNDLED_MODELS:
        for size in options.size or SIZES:
            model = load(name, size)
            parts = []
            for file, truth in truths.items():
                for seed in SEEDS if model.exported.samples else SEEDS[:1]:
                    colored = model.colorize(grays[file], seed=seed)
                    parts.append(measured(truth, colored) | {"file": file, "seed": seed})
                    if options.pictures:
                        options.pictures.mkdir(parents=True, exist_ok=True)
                        path = options.pictures / f"{Path(file).stem}_{name}_{size}_{seed}.jpg"
                        Image.fromarray(colored).save(path, quality=90)
            row = rows[f"{name}, {size}"] = averaged(parts)
            gain = row["psnr_pooled"] - rows["grayscale_baseline"]["psnr_pooled"]
            text = ", ".join(f"{figure} {value:.3f}" for figure, value in row.items())
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
