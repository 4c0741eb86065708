"""Rebuild the tables in docs/video.md from results/video/photo.json.

    python tools/report_films.py

Only the text between the lines `<!-- results: begin -->` and `<!-- results: end -->` changes.
"""

import argparse
import json
import sys
from pathlib import Path

from report import write_sections

from colorkeras.cli import guarded
from colorkeras.evaluation.films.film_comparison import FRAME_BY_FRAME, STABLE
from colorkeras.evaluation.films.film_tables import film_table, missed_table

ROOT = Path(__file__).resolve().parents[1]

RESULTS = ROOT / "results" / "video" / "photo.json"


def page_section(films):
    """Return the generated part of docs/video.md.

    Args:
        films: Value of `films` in a file written by `benchmarks/video.py`.
    """
    missed = missed_table(films)
    if missed:
        summary = (
            "Stable colorization misses these targets by at most "
            f"{_largest_miss(films):.1%}:\n\n{missed}"
        )
    else:
        summary = "Stable colorization meets all targets."
    return f"{film_table(films)}\n\n{summary}"


def _largest_miss(films):
    """Return the largest difference between stable and frame-by-frame values of missed targets."""
    return max(
        abs(result["metrics"][STABLE][name] / result["metrics"][FRAME_BY_FRAME][name] - 1)
        for result in films.values()
        for name in result["missed"]
    )


def main(arguments=None):
    """Write the tables."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args(arguments)
    films = json.loads(RESULTS.read_text(encoding="utf-8"))["films"]
    write_sections({ROOT / "docs" / "video.md": page_section(films)})


if __name__ == "__main__":
    sys.exit(guarded(main))
