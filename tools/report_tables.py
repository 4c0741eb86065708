"""Markdown tables of the metrics in `results/` for docs/results.md and model cards."""

from colorkeras.evaluation import (
    LEARNED_REFERENCES,
    REFERENCES,
    column_title,
    format_value,
    learned_metrics,
    markdown_table,
    metric_names,
)
from colorkeras.evaluation.metrics import GROUPS, METRICS
from colorkeras.utils.files import escape_markdown


def results_sections(results, adjusted):
    """Return the sections of docs/results.md that contain tables.

    Args:
        results: Dict from `report.load_results`.
        adjusted: Dict from `report.load_adjusted`.

    Returns:
        List of Markdown strings.
    """
    rows = {**results, **adjusted}
    sections = [
        _protocol(results),
        *(_group_table(rows, group) for group in GROUPS),
        _realism_table(rows),
        _training_table(results),
    ]
    return [section for section in sections if section]


def card_metrics(metrics):
    """Return a model's metrics along with the information needed to interpret them.

    Args:
        metrics: Content of the model's `metrics.json`.

    Returns:
        JSON-serializable dict with "dataset", "num_images", "references" (dict from key to title)
        and "metrics". The latter maps each metric name to a dict with "title", "unit", "decimals",
        "model" (the model's value), "references" (values by key) and, if available, "interval" (95%
        bootstrap interval) and "range" (over several discriminators).
    """
    references = {key: metrics[key] for key in REFERENCES if key in metrics}
    values = _with_references(METRICS, metrics, references)
    if "learned_metrics" in metrics:
        learned = dict(metrics["learned_metrics"])
        model = learned.pop("model")
        references = {key: entry["metrics"] for key, entry in learned.items()}
        values |= _with_references(learned_metrics.LEARNED_METRICS, model, references)
    return {
        "dataset": metrics["dataset"],
        "num_images": metrics["num_images"],
        "references": LEARNED_REFERENCES if "learned_metrics" in metrics else REFERENCES,
        "metrics": values,
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


def card_section(metrics):
    """Return a model card's metrics section as Markdown, including the grayscale baseline.

    Args:
        metrics: Content of the model's `metrics.json`.
    """
    definitions = {**METRICS, **learned_metrics.LEARNED_METRICS}
    lines = [["metric", "model", "grayscale baseline"]]
    for name, entry in card_metrics(metrics)["metrics"].items():
        values = entry["model"], entry["references"].get("grayscale_baseline")
        cells = [format_value(value, name, definitions) for value in values]
        lines.append([escape_markdown(column_title(name, definitions)), *cells])
    return f"{metrics['dataset']}, {metrics['num_images']:,} images.\n\n{markdown_table(lines)}"


def _protocol(results):
    models = [metrics["model"] for metrics in results.values()]
    first = next(iter(results.values()))
    losses = escape_markdown(distinct(models, "loss"))
    return (
        f"{first['dataset']}, {first['num_images']:,} images. "
        f"Trained on {distinct(models, 'device')}, in {distinct(models, 'precision')}. "
        f"Loss: {losses}. Batch size: {distinct(models, 'batch_size')}. "
        f"Seed: {distinct(models, 'seed')}."
    )


def distinct(models, key):
    """Return the distinct values of a metadata key across all models, as text.

    >>> distinct([{"seed": 0}, {"seed": 1}, {}], "seed")
    '0 / 1 / unknown'
    """
    return " / ".join(dict.fromkeys(str(model.get(key, "unknown")) for model in models))


def reference_rows(results):
    """Return a dict from row title to metrics for each measured reference."""
    rows = {}
    for key, title in REFERENCES.items():
        # The references are the same in all files, but older files contain fewer metrics.
        values = max((metrics.get(key, {}) for metrics in results.values()), key=len)
        if values:
            rows[f"*{title}*"] = values
    return rows


def _group_table(rows, group):
    values = {title: metrics["metrics"] for title, metrics in rows.items()} | reference_rows(rows)
    names = metric_names(values, group)
    if not names:
        return ""
    lines = [["", *(column_title(name) for name in names)]]
    for title, row in values.items():
        intervals = rows.get(title, {}).get("intervals", {})
        lines.append([title, *(_with_range(row, intervals, name) for name in names)])
    return f"### {group.capitalize()}\n\n{markdown_table(lines)}"


def _with_range(values, ranges, name, definitions=METRICS):
    text = format_value(values.get(name), name, definitions)
    if name not in ranges or not text:
        return text
    low, high = (format_value(value, name, definitions) for value in ranges[name])
    return f"{text} ({low} to {high})"


def _realism_table(rows):
    learned = {
        name: metrics["learned_metrics"]
        for name, metrics in rows.items()
        if "learned_metrics" in metrics
    }
    if not learned:
        return ""
    first = max(learned.values(), key=len)  # An interrupted evaluation may lack references.
    entries = {name: entry["model"] for name, entry in learned.items()}
    entries |= {f"*{title}*": first[k] for k, title in LEARNED_REFERENCES.items() if k in first}
    definitions = learned_metrics.LEARNED_METRICS
    names = [n for n in definitions if any(n in entry["metrics"] for entry in entries.values())]
    lines = [["", *(column_title(name, definitions) for name in names)]]
    for title, entry in entries.items():
        ranges = {**entry["intervals"], **entry["ranges"]}
        cells = (_with_range(entry["metrics"], ranges, name, definitions) for name in names)
        lines.append([title, *cells])
    return (
        f"### Realism\n\nFooling rates are means over {len(first['model']['seeds'])} networks, "
        f"with the lowest and highest values in parentheses.\n\n{markdown_table(lines)}"
    )


def _training_table(results):
    lines = [["", "prediction", "parameters", "epochs", "minutes"]]
    for name, metrics in results.items():
        model = metrics["model"]
        minutes = f"{model['minutes']:.1f}" if "minutes" in model else ""
        epochs = str(model.get("epochs", ""))
        lines.append([name, model["prediction"], f"{model['num_parameters']:,}", epochs, minutes])
    return f"### Training\n\n{markdown_table(lines, num_text_columns=2)}"
