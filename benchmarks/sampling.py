"""Measure how the sampling settings of a flow model affect colorfulness and realism.

    python benchmarks/sampling.py --vary temperature 0.8 0.9 0.95 0.98 1.01 1.1 \\
        --vary noise_1 0.95 --vary noise_2 0.6 0.8 --vary noise_4 0.7 --vary noise_mean 0.5 \\
        --vary true_classes 0.5 1 --vary guidance_scale 2
    python benchmarks/sampling.py --page-only                # rebuild the page from its record

Each `--vary` option varies one setting; all others keep the model's values. In addition to the
settings recorded in exports (sampling_steps, temperature and guidance_scale), you can vary:

- time_warp: `colorkeras.objectives.flow_sampling.TIME_STEP_EXPONENT`.
- noise_mean, noise_4, noise_2, noise_1: temperatures of the noise components, from the image mean
  to the finest scale (see `colorkeras.objectives.flow_noise`). Each is multiplied by the overall
  temperature.
- true_classes: fraction of images for which the velocity network is conditioned on the ground-truth
  class instead of the predicted one. It shows the potential gain from better class predictions.

Settings are compared on the validation split, because they must not be chosen on the test split.
This split has fewer images for training the discriminators, so fooling rates are higher than on the
test split. At resolutions above 4x4 pixels, they are too high to tell the settings apart. The
script writes `results/studies/sampling.json`, `.md` and `.png`; the Markdown page contains the
latest results. Measuring one value takes 30 to 60 seconds per sample on two CPU cores. `latency.py`
measures the cost of solver steps.
"""

import argparse
import json
import operator
import statistics
import sys
from pathlib import Path

import tensorflow as tf

from colorkeras import objectives
from colorkeras.cli import guarded
from colorkeras.config.training_config import TrainingConfig
from colorkeras.data import load_dataset
from colorkeras.evaluation import (
    column_title,
    format_value,
    learned_metrics,
    markdown_table,
    recolor,
)
from colorkeras.evaluation.evaluator import finalize, grayscale_baseline
from colorkeras.evaluation.image_samples import load_all_images
from colorkeras.evaluation.learned_metrics.fooling import fooling_rate
from colorkeras.evaluation.metrics import METRICS
from colorkeras.export import restore
from colorkeras.models.architectures.flow_unet import ENCODER
from colorkeras.models.class_head import NUM_CLASSES
from colorkeras.objectives.flow_noise import AMPLITUDES, GRID_DISTANCES
from colorkeras.objectives.flow_sampling import TIME_STEP_EXPONENT, FlowSampler
from colorkeras.training.precision import describe_device
from colorkeras.utils import plots
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import write_json, write_text
from colorkeras.utils.version import git_commit

TARGET = Path(__file__).resolve().parent.parent / "results" / "studies" / "sampling"
NOISE_PARTS = ("noise_mean", *(f"noise_{distance}" for distance in GRID_DISTANCES))
NOT_EXPORTED = {
    "time_warp": TIME_STEP_EXPONENT,
    "true_classes": 0.0,
    **dict.fromkeys(NOISE_PARTS, 1.0),
}
"""Defaults of the settings that are not recorded in exports."""

SETTINGS = {"sampling_steps": int, "temperature": float, "guidance_scale": float}
SETTINGS |= dict.fromkeys(NOT_EXPORTED, float)
"""Type of each setting that can be varied."""

SIZE, SEED = 4, 0
"""Image size in pixels, and seed of the discriminator."""

RATIO = "colorfulness_ratio"
DRAWN = (f"fooling_{SIZE}", "top1", "frechet")
DEFINITIONS = {RATIO: METRICS[RATIO], **learned_metrics.LEARNED_METRICS}


class GroundTruthClasses:
    """Flow network whose encoder predicts the ground-truth class for some images.

    Args:
        network: Network from `flow_unet`.
        labels: int32 `[n]`, ground-truth classes of the batch.
        is_known: bool `[n]`; where True, the ground-truth class replaces the predicted one.
    """

    def __init__(self, network, labels, is_known):
        self._network = network
        self._certain_logits = 100 * tf.one_hot(labels, NUM_CLASSES)
        self._is_known = is_known[:, tf.newaxis]

    def get_layer(self, name):
        return self._encode if name == ENCODER else self._network.get_layer(name)

    def _encode(self, grayscale, training):
        *features, logits = self._network.get_layer(ENCODER)(grayscale, training=training)
        return [*features, tf.where(self._is_known, self._certain_logits, logits)]


def colorizer(network, labels, settings, sample=0):
    """Return a colorizer for `recolor`.

    Args:
        network: Network from `flow_unet`.
        labels: int `[n]`, ground-truth classes of all images.
        settings: Dict of the exported settings and those in `NOT_EXPORTED`.
        sample: Index of the sample to draw for each image.
    """
    scales = (settings[name] for name in NOISE_PARTS)
    sampler = FlowSampler(
        **objective_of(settings).metadata,
        time_step_exponent=settings["time_warp"],
        noise_amplitudes=tuple(map(operator.mul, scales, AMPLITUDES)),
    )
    labels, share = tf.constant(labels, tf.int32), settings["true_classes"]

    def colorize(grayscale, indices):
        # Select the first images of each hundred, so that a larger fraction includes all images
        # that a smaller one selects.
        is_known = tf.cast(indices % 100, tf.float32) < 100 * share
        conditioned = GroundTruthClasses(network, tf.gather(labels, indices), is_known)
        return sampler.colorize(conditioned, grayscale, indices + sample * len(labels))

    return colorize


def objective_of(settings):
    """Return the `Objective` for the settings; raise UserError if a value is out of range."""
    exported = {name: value for name, value in settings.items() if name not in NOT_EXPORTED}
    return objectives.create("velocity", TrainingConfig(**exported))


def measure(colorizers, source):
    """Return the metrics averaged over colorizers, as a dict with the keys of `DEFINITIONS`."""
    results = []
    truth = load_all_images(source)
    for colorize in colorizers:
        recolored = recolor(colorize, source)
        learned = learned_metrics.compute(truth, source.labels, recolored, sizes=())["metrics"]
        rate = {f"fooling_{SIZE}": fooling_rate(truth, recolored, SIZE, SEED)}
        pair = (tf.cast(images, tf.float32) for images in (truth, recolored))
        colorfulness = finalize({RATIO: METRICS[RATIO].per_image(*pair).numpy()})
        results.append({**colorfulness, **rate, **learned})
    return {name: statistics.fmean(one[name] for one in results) for name in results[0]}


def markdown(record):
    """Return a Markdown page with the protocol and one table row per value."""
    first = record["lines"][0]["metrics"]
    names = [name for name in DEFINITIONS if name in first]

    def cells(values):
        return [format_value(values.get(name), name, DEFINITIONS) for name in names]

    header = ["setting", "value", *(column_title(name, DEFINITIONS) for name in names)]
    lines = [[x["setting"], f"{x['value']:g}", *cells(x["metrics"])] for x in record["lines"]]
    lines.append(["*grayscale*", "", *cells(record["grayscale_baseline"])])
    table = markdown_table([header, *lines], num_text_columns=2)
    kept = ", ".join(f"{name} {value:g}" for name, value in record["settings"].items())
    return (
        "# How do the sampling settings of a flow model affect its colors?\n\n"
        f"Model: {record['model']}. Evaluation: {record['num_images']:,} images of the validation "
        f"split on {record['device']}, at commit {record['git_commit']}. Values are means over "
        f"{record['num_samples']} samples per image. Each fooling rate is measured with a single "
        f"discriminator. In each row, all other settings have these values: {kept}.\n\n"
        f"{table}\n\n![metrics by setting]({TARGET.name}.png)\n"
    )


def curves(record):
    """Return the curves for `draw` in the format that `save_curves_against` expects."""
    of_settings = {}
    for line in record["lines"]:
        empty = {name: [] for name in (RATIO, *DRAWN, "names")}
        curve = of_settings.setdefault(line["setting"], empty)
        curve["names"].append(f"{line['value']:g}")
        for name in (RATIO, *DRAWN):
            curve[name].append(line["metrics"][name])
    return of_settings


def draw(record, target):
    """Plot realism metrics against colorfulness, one curve per setting."""
    quantities = {name: column_title(name, DEFINITIONS) for name in DRAWN}
    plots.save_curves_against(
        target,
        (RATIO, column_title(RATIO, DEFINITIONS)),
        curves(record),
        quantities,
        record["model"],
    )


def variation(words):
    """Parse the arguments of --vary: a setting and its values."""
    name, *values = words
    try:
        numbers = [SETTINGS[name](value) for value in values]
    except (KeyError, ValueError):
        numbers = []
    highest = 1 if name == "true_classes" else sys.float_info.max
    if not numbers or not all(0 < number <= highest for number in numbers):
        raise UserError(
            f"--vary {' '.join(words)}",
            f"a setting ({', '.join(SETTINGS)}) and one or more positive values, which must not "
            "exceed 1 for true_classes",
            "Pass --vary sampling_steps 4 8, for example.",
        )
    return name, numbers


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="unet_vivid")
    parser.add_argument(
        "--vary", action="append", nargs="+", default=[], metavar=("SETTING", "VALUE")
    )
    parser.add_argument(
        "--samples", type=int, default=3, help="samples per image (default: %(default)s)"
    )
    parser.add_argument("--data-dir")
    parser.add_argument("--page-only", action="store_true", help="rebuild the page from its record")
    options = parser.parse_args()
    if options.samples < 1:
        raise UserError(f"--samples {options.samples}", "at least 1", "Omit --samples.")
    if not options.vary and not options.page_only:
        raise UserError(
            "no --vary option",
            "a setting and its values",
            "Pass --vary sampling_steps 4 8, for example.",
        )
    if not options.page_only:
        record(options)
    found = json.loads(TARGET.with_suffix(".json").read_text(encoding="utf-8"))
    write_text(TARGET.with_suffix(".md"), markdown(found))
    draw(found, TARGET.with_suffix(".png"))


def record(options):
    """Measure all values and update the record file after each one."""
    variations = [variation(words) for words in options.vary]
    settings = {**restore.color_settings(options.model), **NOT_EXPORTED}
    if "sampling_steps" not in settings:
        raise UserError(
            f"--model {options.model}, which is not a flow model",
            "a model trained with --objective flow",
            "Pass --model unet_vivid, for example.",
        )
    lines = [(setting, value) for setting, values in variations for value in values]
    for setting, value in lines:
        objective_of({**settings, setting: value})  # Check all values before measuring any.
    network = restore.load(options.model)
    source = load_dataset("cifar10", options.data_dir).validation
    found = {
        "model": options.model,
        "settings": settings,
        "num_images": source.num_examples,
        "num_samples": options.samples,
        "device": describe_device(),
        "git_commit": git_commit(),
        "grayscale_baseline": measure([grayscale_baseline], source),
        "lines": [],
    }
    for setting, value in lines:
        changed = {**settings, setting: value}
        samples = (
            colorizer(network, source.labels, changed, sample) for sample in range(options.samples)
        )
        measured = measure(samples, source)
        found["lines"].append({"setting": setting, "value": value, "metrics": measured})
        write_json(TARGET.with_suffix(".json"), found)
        print(f"{setting} {value:g}: ", end="")
        print(", ".join(f"{name} {x:.2f}" for name, x in measured.items()), flush=True)


if __name__ == "__main__":
    sys.exit(guarded(main))
