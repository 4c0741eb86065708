"""Markdown tables of film metrics."""

from colorkeras.evaluation.films.film_comparison import (
    FILM_METRICS,
    FRAME_BY_FRAME,
    STABLE,
    TRUTH,
)
from colorkeras.evaluation.metric_tables import column_title, format_value, markdown_table


def film_table(films):
    """Return a Markdown table with one row per film and colorization.

    Args:
        films: Dict from film name to a dict with `metrics`; see `FilmComparison`.
    """
    names = list(FILM_METRICS)
    lines = [["film", "colorization", *(column_title(name, FILM_METRICS) for name in names)]]
    for film, result in films.items():
        for title in (TRUTH, FRAME_BY_FRAME, STABLE):
            row = result["metrics"][title]
            lines.append([film, title, *(format_value(row[n], n, FILM_METRICS) for n in names)])
    return markdown_table(lines, num_text_columns=2)


def missed_table(films):
    """Return a Markdown table of the targets that stable colorization misses; "" if there are none.

    Args:
        films: Dict from film name to a dict with `metrics` and `missed`; see `FilmComparison`.
    """
    lines = [["film", "metric", FRAME_BY_FRAME, STABLE]]
    for film, result in films.items():
        for name in result["missed"]:
            rows = [result["metrics"][title] for title in (FRAME_BY_FRAME, STABLE)]
            values = [f"{row[name]:.{FILM_METRICS[name].decimals + 1}f}" for row in rows]
            lines.append([film, column_title(name, FILM_METRICS), *values])
    return markdown_table(lines, num_text_columns=2) if len(lines) > 1 else ""
