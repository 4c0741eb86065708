"""What the settings of a flow bring: a curve for each that is varied.

    python benchmarks/sampling.py --model unet_vivid --vary temperature 0.8 0.9 1.01 1.1
    python benchmarks/sampling.py --page-only                # the page anew, from its record

Each `--vary` takes a setting's name and values; the others are as in the model. Settings are steps,
temperature, guidance, and "time_warp", what `colorkeras.objectives.flow.TIME_WARP` would be. On the
validation part, because `test` is not to choose by; networks learn from few pictures there, and so
are fooled more often, at more than 4x4 pixels so often that they say nothing. Writes
`results/studies/sampling.json`, `.md` and `.png`; the page shows the last result. A value takes
about a minute on two CPU cores. `latency.py` tells what steps cost, of an export.
"""

import argparse
import json
import math
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
from colorkeras.version import git_commit

TARGET = Path(__file__).resolve().parent.parent / "results" / "studies" / "sampling"
SETTINGS = {"steps": int, "temperature": float, "guidance": float, "time_warp": float}
TIME_WARP = flow.TIME_WARP
"""As it is, before it is varied."""

SIZE, SEED = 4, 0
"""Pixels at which pictures are judged, and the seed of the networks that do."""

RATIO = "colorfulness_ratio"
DRAWN = (f"fooling_{SIZE}", "top1", "frechet")
DEFINITIONS = {RATIO: METRICS[RATIO], **judge.FIGURES}


def colorizer(network, settings, setting, value):
    """Function of grayscale and seeds, as `evaluate` takes it, with one setting changed."""
    changed = {**settings, setting: value}
    flow.TIME_WARP = changed.pop("time_warp")
    objective = objectives.create("velocity", TrainingConfig(**changed))
    return lambda grayscale, seeds: objective.color(network, grayscale, seeds)


def measure(color, source):
    """Figures by key of `DEFINITIONS`."""
    truth, recolored = recolor(color, source)
    judged = judge.judge(truth, source.labels, recolored, sizes=())["figures"]
    rate = {f"fooling_{SIZE}": fooling_rate(truth, recolored, SIZE, SEED)}
    return {RATIO: evaluate(color, source)[RATIO], **rate, **judged}


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
    kept = ", ".join(f"{name} {value:g}" for name, value in record["settings"].items())
    return (
        "# What do the settings of a flow bring?\n\n"
        f"{record['model']}, {record['num_pictures']:,} pictures of the validation part, on "
        f"{record['device']}, by commit {record['git_commit']}. One sample of each picture, one "
        f"network for each rate. Where they are not varied: {kept}.\n\n"
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
            curve[name].append(line["figures"][name])
    return of_settings


def draw(record):
    """Curves of what is to be plausible against how colorful it is."""
    quantities = {name: column_title(name, DEFINITIONS) for name in DRAWN}
    figures.save_curves_against(
        TARGET.with_suffix(".png"),
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
    if not numbers or not all(0 < number < math.inf for number in numbers):
        raise UserError(
            f"--vary {' '.join(words)}",
            f"one of {', '.join(SETTINGS)}, and positive numbers",
            "For example --vary steps 4 8.",
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
    parser.add_argument("--data-dir")
    parser.add_argument("--page-only", action="store_true", help="measure nothing")
    options = parser.parse_args()
    if not options.page_only:
        write_json(TARGET.with_suffix(".json"), record_of(options))
    record = json.loads(TARGET.with_suffix(".json").read_text(encoding="utf-8"))
    write_text(TARGET.with_suffix(".md"), markdown(record))
    draw(record)


def record_of(options):
    """What the command line asks for, measured."""
    variations = [variation(words) for words in options.vary]
    network = pretrained.load(options.model)
    settings = {**pretrained.color_settings(options.model), "time_warp": TIME_WARP}
    source = load_dataset("cifar10", options.data_dir).validation
    lines = []
    for setting, values in variations:
        for value in values:
            measured = measure(colorizer(network, settings, setting, value), source)
            lines.append({"setting": setting, "value": value, "figures": measured})
            print(f"{setting} {value:g}: ", end="")
            print(", ".join(f"{name} {x:.2f}" for name, x in measured.items()), flush=True)
    return {
        "model": options.model,
        "settings": settings,
        "num_pictures": source.num_examples,
        "device": describe_device(),
        "git_commit": git_commit(),
        "echo": measure(echo, source),
        "lines": lines,
    }


if __name__ == "__main__":
    sys.exit(guarded(main))
