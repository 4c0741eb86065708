"""The results page of the documentation, generated from `results/`."""

from pathlib import Path

from colorkeras.evaluation import (
    REFERENCES,
    column_title,
    format_value,
    learned_metrics,
    metric_names,
)
from colorkeras.evaluation.judging import REFERENCES as JUDGED_REFERENCES
from colorkeras.evaluation.metrics import GROUPS, METRICS
from colorkeras.evaluation.results import (
    COMPARISON_FILE,
    conditions,
    markdown_table,
    reference_rows,
    settings_lines,
)
from colorkeras.utils import plots as figures
from colorkeras.utils.files import escape_markdown

ERROR_FILE, JUDGES_FILE, MINUTES_FILE = "color_error.png", "judges.png", "minutes.png"
"""One dot a model: color error against colorfulness; fooling rate against top-1 accuracy. Curves of
quality against minutes of training."""

CURVES = ("psnr_pooled", "ciede2000", "colorfulness")
"""Keys of `METRICS` that are drawn against minutes."""


def markdown(results, adjusted, location="../results"):
    """The page's tables and links to its figures, as Markdown.

    Args:
        results: From `results.load`.
        adjusted: From `results.load_adjusted`.
        location: Relative path from the page to the folder of the results.

    Returns:
        str.
    """
    rows = {**results, **adjusted}
    parts = [conditions(results), _group_tables(rows), _judged_table(rows), _settings(results)]
    return "\n\n".join(part for part in [*parts, _links(results, rows, location)] if part)


def card_metrics(metrics):
    """A model's figures with all that is needed to read them, to be kept beside the model.

    Args:
        metrics: Of one model, from `results.load`.

    Returns:
        Dict: "dataset" and "num_images", on what it was measured; "references", their titles by
        key; "figures", by name a dict of "title", "unit" and "decimals", the figure of the "model",
        those of "references" by key, and what there is of "interval", the 95 % bootstrap interval,
        and "range", the lowest and the highest over several judges.
    """
    references = {key: metrics[key] for key in REFERENCES if key in metrics}
    figures = _with_references(METRICS, metrics, references)
    if "judge" in metrics:
        judged = dict(metrics["judge"])
        model = judged.pop("model")
        references = {key: entry["metrics"] for key, entry in judged.items()}
        figures |= _with_references(learned_metrics.FIGURES, model, references)
    return {
        "dataset": metrics["dataset"],
        "num_images": metrics["num_images"],
        "references": JUDGED_REFERENCES if "judge" in metrics else REFERENCES,
        "metrics": figures,
    }


def _with_references(definitions, measured, references):
    ranges = {"interval": measured.get("intervals", {}), "range": measured.get("ranges", {})}
    return {
        name: {
            "title": definition.title,
            "unit": definition.unit,
            "decimals": definition.decimals,
            "model": measured["metrics"][name],
            **{kind: values[name] for kind, values in ranges.items() if name in values},
            "references": {key: row[name] for key, row in references.items() if name in row},
        }
        for name, definition in definitions.items()
        if name in measured["metrics"]
    }


def card_markdown(metrics):
    """A model's figures beside those of the grayscale input, for its card, as Markdown.

    Args:
        metrics: Of one model, from `results.load`.

    Returns:
        str.
    """
    lines = ["| figure | model | grayscale baseline |", "| --- | ---: | ---: |"]
    definitions = {**METRICS, **learned_metrics.FIGURES}
    for name, figure in card_metrics(metrics)["metrics"].items():
        values = figure["model"], figure["references"].get("grayscale_baseline")
        cells = (format_value(value, name, definitions) for value in values)
        lines.append(
            f"| {escape_markdown(column_title(name, definitions))} | {' | '.join(cells)} |"
        )
    table = "\n".join(lines)
    return f"{metrics['dataset']}, {metrics['num_images']:,} pictures.\n\n{table}"


def save_figures(folder, results, adjusted):
    """Writes the figures of which `markdown` shows those that there is something to draw in.

    Args:
        folder: That of the results.
        results: From `results.load`.
        adjusted: From `results.load_adjusted`.

    Returns:
        List of `Path`.
    """
    title, rows = next(iter(results.values()))["dataset"], {**results, **adjusted}
    written = []
    errors = {
        name: ([m["metrics"]["ciede2000"]], [m["metrics"]["colorfulness"]])
        for name, m in rows.items()
    }
    axes = column_title("ciede2000"), column_title("colorfulness")
    written.append(Path(folder, ERROR_FILE))
    figures.save_scatter(written[-1], errors, axes, title)
    points = _judged_points(rows)
    if points:
        axes = (
            column_title("top1", learned_metrics.FIGURES),
            column_title("fooling_4", learned_metrics.FIGURES),
        )
        written.append(Path(folder, JUDGES_FILE))
        figures.save_scatter(written[-1], points, axes, title)
    curves = _curves(results)
    if curves:
        written.append(Path(folder, MINUTES_FILE))
        quantities = {name: column_title(name) for name in CURVES}
        horizontal = "minutes", "minutes of training"
        figures.save_curves_against(written[-1], horizontal, curves, quantities, "validation part")
    return written


def _judged_points(rows):
    """Top-1 accuracy and fooling rate, as lists of one, of the models that have both."""
    judged = {name: m["judge"]["model"]["metrics"] for name, m in rows.items() if "judge" in m}
    return {
        name: ([figures["top1"]], [figures["fooling_4"]])
        for name, figures in judged.items()
        if {"top1", "fooling_4"} <= set(figures)
    }


def _curves(results):
    """Histories of the models whose metadata hold one, by name."""
    histories = {name: metrics["model"].get("history") for name, metrics in results.items()}
    return {
        name: {"minutes": h["minutes"], **{key: h[f"val_{key}"] for key in CURVES}}
        for name, h in histories.items()
        if h
    }


def _group_tables(rows):
    plain = {title: metrics["metrics"] for title, metrics in rows.items()} | reference_rows(rows)
    tables = []
    for group in GROUPS:
        names = metric_names(plain, group)
        if not names:
            continue
        lines = [["", *(column_title(name) for name in names)]]
        for title, values in plain.items():
            intervals = rows.get(title, {}).get("intervals", {})
            lines.append([title, *(_with_range(values, intervals, name) for name in names)])
        tables.append(f"### {group}\n\n{markdown_table(lines)}")
    return "\n\n".join(tables)


def _with_range(values, ranges, name, definitions=METRICS):
    text = format_value(values.get(name), name, definitions)
    if name not in ranges or not text:
        return text
    low, high = (format_value(value, name, definitions) for value in ranges[name])
    return f"{text} ({low} to {high})"


def _judged_table(rows):
    judged = {name: metrics["judge"] for name, metrics in rows.items() if "judge" in metrics}
    if not judged:
        return ""
    first = max(judged.values(), key=len)  # References may be missing where judging was stopped.
    entries = {name: entry["model"] for name, entry in judged.items()}
    known = {key: title for key, title in JUDGED_REFERENCES.items() if key in first}
    entries |= {f"*{title}*": first[key] for key, title in known.items()}
    names = [
        n
        for n in learned_metrics.FIGURES
        if any(n in entry["metrics"] for entry in entries.values())
    ]
    lines = [["", *(column_title(name, learned_metrics.FIGURES) for name in names)]]
    for title, entry in entries.items():
        ranges = {**entry["intervals"], **entry["ranges"]}
        cells = (
            _with_range(entry["metrics"], ranges, name, learned_metrics.FIGURES) for name in names
        )
        lines.append([title, *cells])
    seeds = len(first["model"]["seeds"])
    return (
        f"### realism\n\nFooling rates are means over {seeds} networks, with the lowest and the "
        f"highest in parentheses.\n\n{markdown_table(lines)}"
    )


def _settings(results):
    header, *lines = settings_lines(results)
    lines = [[name, *cells] for name, cells in zip(results, lines, strict=True)]
    return f"### Training\n\n{markdown_table([['', *header], *lines], num_text_columns=2)}"


def _links(results, rows, location):
    pictures = {
        "The same ten pictures": COMPARISON_FILE,
        "Color error and colorfulness": ERROR_FILE,
    }
    if _judged_points(rows):
        pictures["Fooling rate and top-1 accuracy"] = JUDGES_FILE
    if _curves(results):
        pictures["Quality and minutes of training"] = MINUTES_FILE
    for name, metrics in results.items():
        if "worst" in metrics:
            pictures[f"The worst pictures of {name}"] = f"{name}/worst.png"
        if metrics.get("calibration"):
            pictures[f"Whether {name} knows how sure it is"] = f"{name}/reliability.png"
    sections = (f"### {title}\n\n![{title}]({location}/{file})" for title, file in pictures.items())
    return "\n\n".join(sections)
