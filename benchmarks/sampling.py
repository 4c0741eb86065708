"""What the settings of a flow bring: a curve for each that is varied.

    python benchmarks/sampling.py --model unet_vivid --vary steps 3 4 5 6 8 \\
        --vary temperature 0.8 0.9 1 1.01 1.1 --vary guidance 1 2 4 --vary time_warp 1.6 2.2 3

Each `--vary` takes a setting's name and values; the others are as in the model. "time_warp" is what
`colorkeras.objectives.flow.TIME_WARP` would be. On the validation part, because `test` is not to
choose by; networks learn from few pictures there, and so are fooled more often. Writes
`results/studies/sampling.json`, `.md` and `.png`; the page shows the last result. A value takes
about a minute on two CPU cores. `latency.py` tells what steps cost, of an export.
"""

import argparse
import sys
from pathlib import Path

from colorkeras import figures, judge, objectives, pretrained
from colorkeras.cli import guarded
from colorkeras.config import TrainingConfig
from colorkeras.data import load_dataset
from colorkeras.errors import UserError
from colorkeras.evaluation import column_title, evaluate, format_value, recolor
from colorkeras.evaluation.measure import echo
from colorkeras.files import write_json, write_text
from colorkeras.judge.fooling import fooling_rate
from colorkeras.metrics import METRICS
from colorkeras.objectives import flow
from colorkeras.precision import describe_device
from colorkeras.results import markdown_table

TARGET = Path(__file__).resolve().parent.parent / "results" / "studies" / "sampling"
SETTINGS = {"steps": int, "temperature": float, "guidance": float, "time_warp": float}
TIME_WARP = flow.TIME_WARP
SIZES, SEED = (4, 16), 0
"""Pixels at which pictures are judged, and the seed of the networks that do."""

RATIO = "colorfulness_ratio"
DRAWN = ("fooling_4", "fooling_16", "top1")
DEFINITIONS = {RATIO: METRICS[RATIO], **judge.FIGURES}


def colorizer(network, settings, setting, value):
    """Function of grayscale and seeds, as `evaluate` takes it, with one setting changed."""
    changed = {**settings, "time_warp": TIME_WARP, setting: value}
    flow.TIME_WARP = changed.pop("time_warp")
    objective = objectives.create("velocity", TrainingConfig(**changed))
    return lambda grayscale, seeds: objective.color(network, grayscale, seeds)


def measure(color, source):
    """Figures by key of `DEFINITIONS`."""
    truth, recolored = recolor(color, source)
    judged = judge.judge(truth, source.labels, recolored, sizes=())["figures"]
    rates = {f"fooling_{size}": fooling_rate(truth, recolored, size, SEED) for size in SIZES}
    return {RATIO: evaluate(color, source)[RATIO], **rates, **judged}


def markdown(record):
    """The page: conditions, and a line for each value."""
    first = record["lines"][0]["figures"]
    names = [name for name in DEFINITIONS if name in first]

    def cells(values):
        return [format_value(values.get(name), name, DEFINITIONS) for name in names]

    header = ["", "value", *(column_title(name, DEFINITIONS) for name in names)]
    lines = [[x["setting"], f"{x['value']:g}", *cells(x["figures"])] for x in record["lines"]]
    lines.append(["*grayscale*", "", *cells(record["echo"])])
    table = markdown_table([header, *lines], num_text_columns=2)
    return (
        "# What do the settings of a flow bring?\n\n"
        f"{record['model']}, {record['num_pictures']:,} pictures of the validation part, "
        f"on {record['device']}. One sample of each picture, one network for each rate.\n\n"
        f"{table}\n\n![what settings bring]({TARGET.name}.png)\n"
    )


def draw(record):
    """Curves of what is to be plausible against how colorful it is."""
    curves = {}
    for line in record["lines"]:
        curve = curves.setdefault(line["setting"], {RATIO: [], **{name: [] for name in DRAWN}})
        for name in curve:
            curve[name].append(line["figures"][name])
        curve.setdefault("names", []).append(f"{line['value']:g}")
    quantities = {name: column_title(name, DEFINITIONS) for name in DRAWN}
    horizontal = RATIO, column_title(RATIO, DEFINITIONS)
    figures.save_curves_against(
        TARGET.with_suffix(".png"), horizontal, curves, quantities, record["model"]
    )


def variation(words):
    """Words of the command line to a setting's name and its values."""
    name, *values = words
    try:
        numbers = [SETTINGS[name](value) for value in values]
    except (KeyError, ValueError):
        numbers = []
    if not numbers:
        raise UserError(
            f"--vary {' '.join(words)}",
            f"one of {', '.join(SETTINGS)}, and numbers",
            "For example --vary steps 4 8.",
        )
    return name, numbers


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", required=True)
    parser.add_argument(
        "--vary", action="append", nargs="+", required=True, metavar=("SETTING", "VALUE")
    )
    parser.add_argument("--data-dir")
    options = parser.parse_args()
    variations = [variation(words) for words in options.vary]
    network, settings = pretrained.load(options.model), pretrained.color_settings(options.model)
    source = load_dataset("cifar10", options.data_dir).validation
    record = {
        "model": options.model,
        "settings": settings,
        "num_pictures": source.num_examples,
        "device": describe_device(),
        "echo": measure(echo, source),
        "lines": [],
    }
    for setting, values in variations:
        for value in values:
            measured = measure(colorizer(network, settings, setting, value), source)
            record["lines"].append({"setting": setting, "value": value, "figures": measured})
            print(f"{setting} {value:g}: ", end="")
            print(", ".join(f"{name} {x:.2f}" for name, x in measured.items()), flush=True)
    write_json(TARGET.with_suffix(".json"), record)
    write_text(TARGET.with_suffix(".md"), markdown(record))
    draw(record)


if __name__ == "__main__":
    sys.exit(guarded(main))
