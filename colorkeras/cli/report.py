"""Remake the README's table and results/comparison.png from results/, with no retraining."""

from pathlib import Path

from colorkeras import results
from colorkeras.cli import DONE


def add_arguments(parser):
    """Adds the options of the command."""
    parser.add_argument("--results", default="results", metavar="DIR", help="default %(default)s")
    parser.add_argument("--readme", default="README.md", metavar="FILE", help="default %(default)s")


def run(options):
    """Writes table and figure; returns the exit status."""
    measured = results.load(options.results)
    results.save_comparison(options.results, measured)
    results.write_between_markers(options.readme, results.markdown(measured))
    comparison = Path(options.results, results.COMPARISON_FILE)
    print(f"{len(measured)} models: {options.readme}, {comparison}")
    return DONE
