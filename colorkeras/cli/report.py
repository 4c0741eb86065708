"""Remake from results/ the tables of README.md, RESULTS.md and the cards of shipped models."""

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
    adjusted = results.load_adjusted(options.results)
    texts = {
        options.readme: results.markdown(measured),
        options.page: results_page.markdown(measured, adjusted),
    }
    for name in shipped.SHIPPED:
        if name in measured:
            card = shipped.resolve(name) / export.README_FILE
            texts[card] = results_page.card_markdown(measured[name])
    write_between_markers(texts)
    figures = [
        results.save_comparison(options.results, measured),
        *results_page.save_figures(options.results, measured, adjusted),
    ]
    print(f"{len(measured)} models: {', '.join(map(str, [*texts, *figures]))}")
    return DONE
