"""Remake from results/ the tables of docs/results.md and the cards of bundled models."""

import os
from pathlib import Path

from colorkeras.cli import DONE
from colorkeras.evaluation import results, results_page
from colorkeras.export import bundled, saved_model
from colorkeras.export.metadata import METRICS_FILE
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import write_between_markers, write_json


def add_arguments(parser):
    """Adds the options of the command."""
    parser.add_argument("--results", default="results", metavar="DIR", help="default %(default)s")
    parser.add_argument(
        "--page", default="docs/results.md", metavar="FILE", help="default %(default)s"
    )


def run(options):
    """Writes tables and figures; returns the exit status."""
    measured = results.load(options.results)
    adjusted = results.load_adjusted(options.results)
    results.check_same_data({**measured, **adjusted})
    location = os.path.relpath(options.results, Path(options.page).parent)
    texts = {options.page: results_page.markdown(measured, adjusted, Path(location).as_posix())}
    cards = {}
    for name in bundled.BUNDLED_MODELS:
        if name in measured:
            folder = bundled.resolve(name)
            _check_model(name, measured[name], folder)
            texts[folder / saved_model.README_FILE] = results_page.card_markdown(measured[name])
            cards[folder / METRICS_FILE] = results_page.card_metrics(measured[name])
    figures = [
        results.save_comparison(options.results, measured),
        *results_page.save_figures(options.results, measured, adjusted),
    ]
    write_between_markers(texts)
    for path, card in cards.items():
        write_json(path, card)
    print(f"{len(measured)} models: {', '.join(map(str, [*texts, *cards, *figures]))}")
    return DONE


def _check_model(name, metrics, folder):
    """Raises UserError if results of that name are those of another model."""
    if metrics["model"] != saved_model.read_metadata(folder):
        raise UserError(
            f"results of another model named {name!r} than the bundled one",
            f"those of {folder}",
            f"Run evaluate --model {name} --results DIR --overwrite.",
        )
