"""Evaluate a model on photographs and format the metrics as JSON and as tables for the terminal."""

from dataclasses import dataclass

from colorkeras.evaluation.photographs.automatic import colorings, measure_automatic
from colorkeras.evaluation.photographs.photographs_tables import tables
from colorkeras.evaluation.photographs.random_hints import measure_hints
from colorkeras.evaluation.photographs.varied import measure_variations
from colorkeras.utils.text_table import format_table


@dataclass(frozen=True)
class PhotographsReport:
    """Results of evaluating a model on photographs.

    Attributes:
        metrics: Contents of the JSON file: "dataset", "adjustments", "model", all items of
            `Automatic.record`, "hints" from `measure_hints`, and "variations" from
            `measure_variations`.
        crops: `Automatic.crops`.
    """

    metrics: dict
    crops: dict

    def text(self):
        """Format all tables for a terminal."""
        parts = [
            f"{title}\n\n{format_table('', lines)}" for title, lines in tables(self.metrics).items()
        ]
        return "\n\n".join([self.metrics["dataset"], *parts])


def evaluate_photographs(predictor, source, references, adjustments, on_update):
    """Evaluate automatic colorization, as well as hints and variations if the model supports them.

    Args:
        predictor: `Predictor`.
        source: `PhotographSource`.
        references: `References`.
        adjustments: Dict of arguments for `Predictor.colorize` in automatic colorization.
        on_update: Function that is called after each part with the `PhotographsReport` so far.

    Returns:
        `PhotographsReport`.
    """
    exported = predictor.exported
    automatic = measure_automatic(predictor, source, references, colorings(exported, adjustments))
    metrics = {
        "dataset": source.title,
        "adjustments": adjustments,
        "model": exported.metadata,
        **automatic.record,
    }
    report = PhotographsReport(metrics, automatic.crops)
    on_update(report)
    if exported.takes_hints:
        metrics["hints"] = measure_hints(predictor, source)
        on_update(report)
    if exported.samples:
        metrics["variations"] = measure_variations(predictor, source)
        on_update(report)
    return report
