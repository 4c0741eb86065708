"""Remake from results/ the tables of README.md, RESULTS.md and the cards of shipped models."""

from pathlib import Path

from colorkeras import export, results, results_page, shipped
from colorkeras.cli import DONE
from colorkeras.files import write_between_markers


def add_arguments(parser):
    """Adds the options of the command."""
    parser.add_argument("--results", default="results", metavar="DIR", help="default %(default)s")
    parser.add_argument("--readme", default="README.md", metavar="FILE", help="default %(default)s")
    parser.add_argument("--page", default="RESULTS.md", metavar="FILE", help="default %(default)s")


def run(options):
    """Writes tables and figures; returns the exit status."""
    measured = results.load(options.results)
    results.save_comparison(options.results, measured)
    write_between_markers(options.readme, results.markdown(measured))
    adjusted = results.load_adjusted(options.results)
    written = results_page.save_figures(options.results, measured, adjusted)
    write_between_markers(options.page, results_page.markdown(measured, adjusted))
    cards = [_write_card(name, measured[name]) for name in shipped.SHIPPED if name in measured]
    files = [
        options.readme,
        options.page,
        Path(options.results, results.COMPARISON_FILE),
        *written,
        *cards,
    ]
    print(f"{len(measured)} models: {', '.join(map(str, files))}")
    return DONE


def _write_card(name, metrics):
    card = shipped.resolve(name) / export.README_FILE
    write_between_markers(card, results_page.card_markdown(metrics))
    return card
