"""Rebuild the tables and plots in the documentation and model cards from results/.

    python tools/report.py

CIFAR-10 results are written to docs/results.md, and results on photographs to docs/photographs.md.
Only the text between the lines `<!-- results: begin -->` and `<!-- results: end -->` changes. The
script also rewrites `assets.extra/metrics.json` in the bundled models.
"""

import argparse
import json
import os
import sys
from pathlib import Path

import report_photographs
from report_plots import plot_links, save_comparison, save_plots
from report_tables import card_metrics, card_section, results_sections

from colorkeras.cli import guarded
from colorkeras.export import bundled
from colorkeras.export.metadata import CARD_FILE, METRICS_FILE, is_same_model, read_metadata
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import RESULTS_BEGIN, RESULTS_END, write_json, write_text

_REQUIRED = {"dataset", "num_images", "metrics", "grayscale_baseline", "truth", "model"}
"""Keys in `metrics.json` that a report requires."""


def load_results(folder):
    """Read `<folder>/<name>/metrics.json` for every evaluated model.

    Returns:
        Dict of metrics by folder name. Models that predict RGB come first; within each group,
        models are sorted by pooled PSNR in ascending order.

    Raises:
        UserError: There are no results, or they were measured on different images.
    """
    files = sorted(Path(folder).glob("*/metrics.json"))
    results = {file.parent.name: _read(file) for file in files}
    if not results:
        raise UserError(
            f"{str(folder)!r}, which contains no <name>/metrics.json",
            "a folder written by colorkeras evaluate --results",
            "Run that command first or pass another folder.",
        )
    check_same_data(results)

    def rank(item):
        metrics = item[1]
        return metrics["model"]["prediction"] != "rgb", metrics["metrics"]["psnr_pooled"]

    return dict(sorted(results.items(), key=rank))


def load_adjusted(folder):
    """Read the results of models evaluated with --saturation or --temperature.

    Returns:
        Dict of metrics by model and adjustment, such as "unet, saturation 2".
    """
    adjusted = {}
    for file in sorted(Path(folder).rglob("metrics.json")):
        *changes, name = file.parent.relative_to(folder).parts
        known = [change.startswith(("saturation_", "temperature_")) for change in changes]
        if known and all(known):
            title = ", ".join([name, *(change.replace("_", " ") for change in changes)])
            adjusted[title] = _read(file)
    return adjusted


def check_same_data(results):
    """Raise UserError if the results from `load_results` were measured on different data."""
    datasets = {metrics["dataset"] for metrics in results.values()}
    if len(datasets) > 1:
        raise UserError(
            f"results on different data: {'; '.join(sorted(datasets))}",
            "results on the same split of the same dataset",
            "Evaluate all models on the same data.",
        )


def _read(file):
    try:
        metrics = json.loads(file.read_text(encoding="utf-8"))
        complete = set(metrics) >= _REQUIRED and file.with_name("images.png").exists()
    except (OSError, ValueError, TypeError):
        complete = False
    if not complete:
        raise UserError(
            f"{str(file.parent)!r}, whose metrics.json or images.png is missing or damaged",
            "a folder written by colorkeras evaluate --results",
            "Run that command again with --overwrite.",
        )
    return metrics


def page_section(results, adjusted, location="../results"):
    """Return the generated part of docs/results.md.

    Args:
        results: Dict from `load_results`.
        adjusted: Dict from `load_adjusted`.
        location: Path of the results folder relative to the page.
    """
    sections = [*results_sections(results, adjusted), *plot_links(results, adjusted, location)]
    return "\n\n".join(sections)


def write_sections(texts):
    """Replace the text between the markers in each file.

    Args:
        texts: Dict from path to new text.

    Raises:
        UserError: A file or its markers are missing. No file is changed.
    """
    contents = {path: _with_section(path, text) for path, text in texts.items()}
    for path, content in contents.items():
        write_text(path, content)


def _with_section(path, text):
    content = Path(path).read_text(encoding="utf-8") if Path(path).is_file() else ""
    before, begin, rest = content.partition(RESULTS_BEGIN)
    _, end, after = rest.partition(RESULTS_END)
    if not (begin and end):
        raise UserError(
            f"{str(path)!r}, which does not contain the lines {RESULTS_BEGIN} and {RESULTS_END}",
            "an existing text file with both lines",
            "Pass another file or add both lines to it.",
        )
    return f"{before}{RESULTS_BEGIN}\n{text}\n{RESULTS_END}{after}"


def _check_model(name, metrics, folder):
    if not is_same_model(metrics["model"], read_metadata(folder)):
        raise UserError(
            f"results for a model named {name!r} that is not the bundled model",
            f"results for the bundled model in {folder}",
            f"Run colorkeras evaluate --model {name} --results DIR --overwrite.",
        )


def main(arguments=None):
    """Write all tables and plots."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", default="results", metavar="DIR", help="default: %(default)s")
    parser.add_argument(
        "--page", default="docs/results.md", metavar="FILE", help="default: %(default)s"
    )
    parser.add_argument(
        "--photographs-page",
        default="docs/photographs.md",
        metavar="FILE",
        help="default: %(default)s",
    )
    options = parser.parse_args(arguments)
    results, adjusted = load_results(options.results), load_adjusted(options.results)
    check_same_data({**results, **adjusted})
    location = Path(os.path.relpath(options.results, Path(options.page).parent)).as_posix()
    texts, cards = {options.page: page_section(results, adjusted, location)}, {}
    for name in filter(results.get, bundled.BUNDLED_MODELS):
        folder = bundled.resolve(name)
        _check_model(name, results[name], folder)
        texts[folder / CARD_FILE] = card_section(results[name])
        cards[folder / METRICS_FILE] = card_metrics(results[name])
    photographs = report_photographs.load_photographs(options.results)
    if photographs:
        texts[options.photographs_page] = report_photographs.page_section(photographs)
    for name in filter(bundled.BUNDLED_MODELS.get, photographs.keys() - results.keys()):
        folder = bundled.resolve(name)
        _check_model(name, photographs[name], folder)
        texts[folder / CARD_FILE] = report_photographs.card_section(photographs[name])
        cards[folder / METRICS_FILE] = report_photographs.card_metrics(photographs[name])
    plots = [
        save_comparison(options.results, results),
        *save_plots(options.results, results, adjusted),
    ]
    write_sections(texts)
    for path, card in cards.items():
        write_json(path, card)
    files = ", ".join(map(str, [*texts, *cards, *plots]))
    print(f"Models with CIFAR-10 results: {len(results)}. Updated files: {files}")


if __name__ == "__main__":
    sys.exit(guarded(main))
