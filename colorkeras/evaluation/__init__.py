"""Evaluate models on a dataset and compare them with references."""

from colorkeras.evaluation.evaluation_report import (
    REPORT_FILES,
    EvaluationReport,
    adjusted_colorizer,
    evaluate_model,
    summary,
)
from colorkeras.evaluation.evaluator import (
    compute_per_image,
    evaluate,
    evaluate_per_image,
    finalize,
    grayscale_baseline,
    recolor,
)
from colorkeras.evaluation.image_samples import (
    check_colors,
    color_images,
    sample_images,
    sample_indices,
)
from colorkeras.evaluation.learned_evaluation import (
    LEARNED_REFERENCES,
    evaluate_learned,
    evaluate_learned_references,
    learned_table,
)
from colorkeras.evaluation.metric_tables import (
    column_title,
    format_value,
    markdown_table,
    metric_names,
)
from colorkeras.evaluation.references import REFERENCES, EvaluationSetup, check_image_size, prepare

__all__ = [
    "LEARNED_REFERENCES",
    "REFERENCES",
    "REPORT_FILES",
    "EvaluationReport",
    "EvaluationSetup",
    "adjusted_colorizer",
    "check_colors",
    "check_image_size",
    "color_images",
    "column_title",
    "compute_per_image",
    "evaluate",
    "evaluate_learned",
    "evaluate_learned_references",
    "evaluate_model",
    "evaluate_per_image",
    "finalize",
    "format_value",
    "grayscale_baseline",
    "learned_table",
    "markdown_table",
    "metric_names",
    "prepare",
    "recolor",
    "sample_images",
    "sample_indices",
    "summary",
]
