"""Metrics as text: titles with units, formatted values, tables for terminals and Markdown."""

from colorkeras.evaluation.metrics import GROUPS, METRICS
from colorkeras.utils.files import escape_markdown
from colorkeras.utils.text_table import WIDTH, format_table

SUMMARY_METRICS = ("psnr_pooled", "ssim", "ciede2000", "colorfulness_ratio", "hue_distance")
"""Keys of `METRICS` in the default table."""


def metric_names(rows, group=None):
    """Return the keys of `METRICS` that have a value in any row, in the order of tables.

    Args:
        rows: Dict of row title to dict of float by metric name.
        group: Key of `GROUPS`, or None for all.
    """
    names = GROUPS[group] if group else METRICS
    return [name for name in names if any(name in values for values in rows.values())]


def table_lines(rows, names, definitions=METRICS):
    """Return the cells of a table as text.

    Args:
        rows: Dict of row title to dict of float by metric name; missing values are left blank.
        names: Keys of `definitions`, one per column.
        definitions: `METRICS` or `LEARNED_METRICS`.

    Returns:
        Lists of str, the header first; the first cell of the header is "".
    """
    lines = [["", *(column_title(name, definitions) for name in names)]]
    for title, values in rows.items():
        cells = (format_value(values.get(name), name, definitions) for name in names)
        lines.append([title, *cells])
    return lines


def format_summary(rows, width=WIDTH):
    """Format the table of `SUMMARY_METRICS` for a terminal; see `format_groups`."""
    names = [name for name in metric_names(rows) if name in SUMMARY_METRICS]
    return format_table("", table_lines(rows, names), width)


def format_groups(rows, width=WIDTH):
    """Format tables of all metrics for a terminal, one or more per group.

    Args:
        rows: As for `table_lines`.
        width: Characters per line. A table of a single column may be wider.

    Returns:
        str: tables titled by group, separated by empty lines.
    """
    columns = {group: metric_names(rows, group) for group in GROUPS}
    return "\n\n".join(
        format_table(group, table_lines(rows, names), width)
        for group, names in columns.items()
        if names
    )


def markdown_table(lines, num_text_columns=1):
    """Format a Markdown table with numbers aligned to the right.

    Args:
        lines: Lists of str, the header first. An empty first cell of the header becomes "model".
        num_text_columns: Number of columns, from the left, that hold text.
    """
    (first, *header), *body = lines
    alignment = ["---"] * num_text_columns + ["---:"] * (len(header) + 1 - num_text_columns)
    cells = [[first or "model", *map(escape_markdown, header)], alignment, *body]
    # A vertical bar would end its cell.
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in cells
    )


def column_title(name, definitions=METRICS):
    """Return the title of a metric with its unit."""
    metric = definitions[name]
    return f"{metric.title} ({metric.unit})" if metric.unit else metric.title


def format_value(value, name, definitions=METRICS):
    """Format the value of a metric; "" for None."""
    if value is None:
        return ""
    return f"{value:.{definitions[name].decimals}f}"
