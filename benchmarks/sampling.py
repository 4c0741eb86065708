"""How the sampling settings of a flow model trade colorfulness against realism.

    python benchmarks/sampling.py --vary temperature 0.8 0.9 0.95 0.98 1.01 1.1 \\
        --vary noise_1 0.95 --vary noise_2 0.6 0.8 --vary noise_4 0.7 --vary noise_mean 0.5 \\
        --vary true_classes 0.5 1 --vary guidance_scale 2
    python benchmarks/sampling.py --page-only                # rebuild the page from its record

Each `--vary` takes one setting and its values; all other settings keep the model's values. Besides
the exported settings sampling_steps, temperature and guidance_scale, these can vary:

- time_warp: `colorkeras.objectives.flow_sampling.TIME_STEP_EXPONENT`.
- noise_mean, noise_4, noise_2, noise_1: temperatures of the parts of the noise, from its mean over
  the image to its finest scale (`colorkeras.objectives.flow_noise`), on top of the overall
  temperature.
- true_classes: share of the images whose ground-truth class conditions the velocity network; the
  others use the class that the encoder predicts. It shows what better recognition would gain.

Measured on the validation part, because settings must not be chosen on `test`. It has few images to
train the discriminators on, so fooling rates are higher than on `test`, and above 4x4 pixels too
high to tell settings apart. Writes `results/studies/sampling.json`, `.md` and `.png`; the page
shows the last result. One sample of one value takes 30 to 60 seconds on two CPU cores.
`latency.py` measures the cost of solver steps.
"""

import argparse
import json
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
from colorkeras.objectives import flow_noise, flow_sampling
from colorkeras.training.precision import describe_device
from colorkeras.utils import plots
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import write_json, write_text
from colorkeras.utils.version import git_commit

TARGET = Path(__file__).resolve().parent.parent / "results" / "studies" / "sampling"
AMPLITUDES, MEAN_AMPLITUDE = flow_noise.AMPLITUDES, flow_noise.MEAN_AMPLITUDE
NOISE_PARTS = {"noise_mean": 1.0, **{f"noise_{distance}": 1.0 for distance in AMPLITUDES}}
NOT_EXPORTED = {"time_warp": flow_sampling.TIME_STEP_EXPONENT, "true_classes": 0.0, **NOISE_PARTS}
"""What exports do not tell of themselves, as it is where it is not varied."""

SETTINGS = {"sampling_steps": int, "temperature": float, "guidance_scale": float}
SETTINGS |= dict.fromkeys(NOT_EXPORTED, float)
"""The kind of number of what can be varied."""

SIZE, SEED = 4, 0
"""Pixels at which pictures are judged, and the seed of the networks that do."""

RATIO = "colorfulness_ratio"
DRAWN = (f"fooling_{SIZE}", "top1", "frechet")
DEFINITIONS = {RATIO: METRICS[RATIO], **learned_metrics.LEARNED_METRICS}


class KnowsClasses:
    """A flow's network, whose encoder is sure of the class of some pictures, and right.

    Args:
        network: From `flow_unet`.
        labels: int32 `[n]`, of the pictures that it will see.
        is_told: bool `[n]`, of which of them.
    """

    def __init__(self, network, labels, is_told):
        self._network = network
        self._sure = 100 * tf.one_hot(labels, NUM_CLASSES)
        self._is_told = is_told[:, tf.newaxis]

    def get_layer(self, name):
        return self._encode if name == ENCODER else self._network.get_layer(name)

    def _encode(self, grayscale, training):
        *seen, logits = self._network.get_layer(ENCODER)(grayscale, training=training)
        return [*seen, tf.where(self._is_told, self._sure, logits)]


def colorizer(network, labels, settings, sample=0):
    """Function of grayscale and seeds, as `recolor` takes it.

    Args:
        network: From `flow_unet`.
        labels: int `[n]`, of all pictures that it will color, of which number i comes with seed i.
        settings: Dict of what an export tells, and by the keys of `NOT_EXPORTED`.
        sample: Number of the sample of each picture.
    """
    objective = objective_of(settings)
    labels, share = tf.constant(labels, tf.int32), settings["true_classes"]

    def color(grayscale, numbers):
        flow_sampling.TIME_STEP_EXPONENT = settings["time_warp"]
        flow_noise.MEAN_AMPLITUDE = MEAN_AMPLITUDE * settings["noise_mean"]
        flow_noise.AMPLITUDES = {d: settings[f"noise_{d}"] * part for d, part in AMPLITUDES.items()}
        # The first of each hundred, so that a larger share includes a smaller one.
        is_told = tf.cast(numbers % 100, tf.float32) < 100 * share
        knowing = KnowsClasses(network, tf.gather(labels, numbers), is_told)
        return objective.colorize(knowing, grayscale, numbers + sample * len(labels))

    return color


def objective_of(settings):
    """The `Objective` of settings as of `colorizer`; raises UserError for what is out of range."""
    exported = {name: value for name, value in settings.items() if name not in NOT_EXPORTED}
    return objectives.create("velocity", TrainingConfig(**exported))


def measure(colorizers, source):
    """Figures by key of `DEFINITIONS`: means over colorizers."""
    measured = []
    truth = load_all_images(source)
    for color in colorizers:
        recolored = recolor(color, source)
        judged = learned_metrics.judge(truth, source.labels, recolored, sizes=())["metrics"]
        rate = {f"fooling_{SIZE}": fooling_rate(truth, recolored, SIZE, SEED)}
        pictures = (tf.cast(images, tf.float32) for images in (truth, recolored))
        alive = finalize({RATIO: METRICS[RATIO].per_image(*pictures).numpy()})
        measured.append({**alive, **rate, **judged})
    return {name: statistics.fmean(one[name] for one in measured) for name in measured[0]}


def markdown(record):
    """The page: conditions, and a line for each value."""
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
        "# What do the settings of a flow bring?\n\n"
        f"{record['model']}, {record['num_images']:,} pictures of the validation part, on "
        f"{record['device']}, by commit {record['git_commit']}. Means over {record['num_samples']} "
        "samples of each picture, one network for each rate. Where they are not varied: "
        f"{kept}.\n\n"
        f"{table}\n\n![what settings bring]({TARGET.name}.png)\n"
    )


def curves(record):
    """What `draw` shows, as `save_curves_against` takes it."""
    of_settings = {}
    for line in record["lines"]:
        empty = {name: [] for name in (RATIO, *DRAWN, "names")}
        curve = of_settings.setdefault(line["setting"], empty)
        curve["names"].append(f"{line['value']:g}")
        for name in (RATIO, *DRAWN):
            curve[name].append(line["metrics"][name])
    return of_settings


def draw(record, target):
    """Curves of what is to be plausible against how colorful it is, at the path `target`."""
    quantities = {name: column_title(name, DEFINITIONS) for name in DRAWN}
    plots.save_curves_against(
        target,
        (RATIO, column_title(RATIO, DEFINITIONS)),
        curves(record),
        quantities,
        record["model"],
    )


def variation(words):
    """Words of the command line to a setting's name and its values."""
    name, *values = words
    try:
        numbers = [SETTINGS[name](value) for value in values]
    except (KeyError, ValueError):
        numbers = []
    highest = 1 if name == "true_classes" else sys.float_info.max
    if not numbers or not all(0 < number <= highest for number in numbers):
        raise UserError(
            f"--vary {' '.join(words)}",
            f"one of {', '.join(SETTINGS)}, and positive numbers, of true_classes at most 1",
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
    parser.add_argument("--samples", type=int, default=3, help="of each picture (%(default)s)")
    parser.add_argument("--data-dir")
    parser.add_argument("--page-only", action="store_true", help="measure nothing")
    options = parser.parse_args()
    if options.samples < 1:
        raise UserError(f"--samples {options.samples}", "at least 1", "Leave --samples away.")
    if not options.vary and not options.page_only:
        raise UserError(
            "no --vary", "a setting and its values", "Pass --vary sampling_steps 4 8, for example."
        )
    if not options.page_only:
        record(options)
    found = json.loads(TARGET.with_suffix(".json").read_text(encoding="utf-8"))
    write_text(TARGET.with_suffix(".md"), markdown(found))
    draw(found, TARGET.with_suffix(".png"))


def record(options):
    """Measures what the command line asks for, and writes it down line by line."""
    variations = [variation(words) for words in options.vary]
    settings = {**restore.color_settings(options.model), **NOT_EXPORTED}
    if "sampling_steps" not in settings:
        raise UserError(
            f"--model {options.model}, which follows no flow",
            "a model that was trained with --objective flow",
            "Pass --model unet_vivid, for example.",
        )
    lines = [(setting, value) for setting, values in variations for value in values]
    for setting, value in lines:
        objective_of({**settings, setting: value})  # What it refuses is not to cost the others.
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
