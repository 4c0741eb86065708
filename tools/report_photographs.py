"""Tables of results on photographs for docs/photographs.md and model cards."""

import json
from pathlib import Path

from colorkeras.evaluation import LEARNED_REFERENCES, REFERENCES, learned_metrics, markdown_table
from colorkeras.evaluation.metric_tables import table_lines
from colorkeras.evaluation.metrics import METRICS
from colorkeras.evaluation.photographs import ALL, tables
from colorkeras.utils.errors import UserError

RESULTS_FILE = "photographs.json"

_REQUIRED = {"dataset", "num_images", "errors", "skin", "incoherence", "model"}
"""Keys in `RESULTS_FILE` that a report requires."""

_CARD_METRICS = {
    "psnr_pooled": "psnr",
    "ciede2000": "ciede2000",
    "colorfulness_ratio": "colorfulness",
}
"""Key in the result of `summarize` for each key in `METRICS`."""


def load_photographs(folder):
    """Read `<folder>/<name>/photographs.json` for every evaluated model.

    Returns:
        Dict of results by folder name. Models with adjustable vividness come first.

    Raises:
        UserError: A file is incomplete or damaged.
    """
    results = {}
    for file in sorted(Path(folder).glob(f"*/{RESULTS_FILE}")):
        try:
            metrics = json.loads(file.read_text(encoding="utf-8"))
            complete = set(metrics) >= _REQUIRED
        except (OSError, ValueError, TypeError):
            complete = False
        if not complete:
            raise UserError(
                f"{str(file)!r}, which is incomplete or damaged",
                "a file written by colorkeras evaluate --dataset photographs --results",
                "Run that command again with --overwrite.",
            )
        results[file.parent.name] = metrics
    return dict(sorted(results.items(), key=lambda item: len(item[1]["incoherence"]), reverse=True))


def page_section(results):
    """Return the generated part of docs/photographs.md.

    Args:
        results: Dict from `load_photographs`.
    """
    return "\n\n".join(
        f"## {name}\n\n{_tables(metrics, '###')}" for name, metrics in results.items()
    )


def _tables(metrics, level):
    count = sum(metrics["num_images"].values())
    sections = [f"{metrics['dataset']}, {count:,} images."]
    parts = tables(metrics)
    if "learned_metrics" in metrics:
        rows = {row: result["metrics"] for row, result in metrics["learned_metrics"].items()}
        references = metrics["learned_references"]
        rows |= {LEARNED_REFERENCES[name]: r["metrics"] for name, r in references.items()}
        definitions = learned_metrics.LEARNED_METRICS
        names = [name for name in definitions if any(name in row for row in rows.values())]
        parts["Realism on center crops"] = table_lines(rows, names, definitions)
    for title, lines in parts.items():
        sections.append(f"{level} {title}\n\n{markdown_table(lines)}")
    return "\n\n".join(sections)


def card_section(metrics):
    """Return a model card's metrics section as Markdown.

    Args:
        metrics: A model's results from `load_photographs`.
    """
    return _tables(metrics, "###")


def card_metrics(metrics):
    """Return a model's metrics at its default vividness, like `report_tables.card_metrics`.

    Args:
        metrics: A model's results from `load_photographs`.
    """
    errors = {row: groups[ALL] for row, groups in metrics["errors"].items()}
    references = {key: title for key, title in REFERENCES.items() if title in errors}
    vividness = metrics["model"].get("vividness")
    default = "model" if vividness is None else f"vividness {vividness:g}"
    return {
        "dataset": metrics["dataset"],
        "num_images": sum(metrics["num_images"].values()),
        "references": references,
        "metrics": {
            name: {
                "title": METRICS[name].title,
                "unit": METRICS[name].unit,
                "decimals": METRICS[name].decimals,
                "model": errors[default][key],
                "references": {r: errors[title][key] for r, title in references.items()},
            }
            for name, key in _CARD_METRICS.items()
        },
    }
