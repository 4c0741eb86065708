"""Figures of models on a data set, always beside those of references that anyone can have."""

from colorkeras.evaluation.conditions import REFERENCES, Conditions, check_image_size, prepare
from colorkeras.evaluation.judging import judge_colorizer, judge_references, judged_table
from colorkeras.evaluation.measure import evaluate, evaluate_each, grayscale_baseline, recolor
from colorkeras.evaluation.pictures import (
    check_colors,
    color_images,
    load_pictures,
    sample_numbers,
    sample_pictures,
)
from colorkeras.evaluation.reports import (
    REPORT_FILES,
    Report,
    adjusted,
    report,
    summary,
    table_rows,
)
from colorkeras.evaluation.tables import (
    column_title,
    format_groups,
    format_value,
    markdown_table,
    metric_names,
    table_lines,
)

__all__ = [
    "REFERENCES",
    "REPORT_FILES",
    "Conditions",
    "Report",
    "adjusted",
    "check_colors",
    "check_image_size",
    "color_images",
    "column_title",
    "evaluate",
    "evaluate_each",
    "format_groups",
    "format_value",
    "grayscale_baseline",
    "judge_colorizer",
    "judge_references",
    "judged_table",
    "load_pictures",
    "markdown_table",
    "metric_names",
    "prepare",
    "recolor",
    "report",
    "sample_numbers",
    "sample_pictures",
    "summary",
    "table_lines",
    "table_rows",
]
