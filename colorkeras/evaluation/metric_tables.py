"""Format metrics: titles with units, values, and tables for terminals and for Markdown."""

from colorkeras.evaluation.metrics import GROUPS, METRICS
from colorkeras.utils.files import escape_markdown
from colorkeras.utils.text_table import WIDTH, format_table

SUMMARY_METRICS = ("psnr_pooled", "ssim", "ciede2000", "colorfulness_ratio", "hue_distance")
"""Names of the metrics in the default table."""


def metric_names(rows, group=None):
    """Return the names of the metrics for which at least one row has a value, in table order.

    `group` is a key in `GROUPS`, or None for all groups. For `rows`, see `table_lines`.
    """
    names = GROUPS[group] if group else METRICS
    return [name for name in names if any(name in values for values in rows.values())]


def table_lines(rows, names, definitions=METRICS):
    """Return a table as a list of rows, each a list of str; the first row is the header.

    The first cell of the header is "".

    Args:
        rows: Dict from row title to a dict from metric name to float; missing values are blank.
        names: Keys in `definitions`, one per column.
        definitions: `METRICS` or `LEARNED_METRICS`.
    """
    lines = [["", *(column_title(name, definitions) for name in names)]]
    for title, values in rows.items():
        cells = (format_value(values.get(name), name, definitions) for name in names)
        lines.append([title, *cells])
    return lines


def format_summary(rows, width=WIDTH):
    """Format a table of the `SUMMARY_METRICS` for a terminal; see `format_groups`."""
    names = [name for name in metric_names(rows) if name in SUMMARY_METRICS]
    return format_table("", table_lines(rows, names), width)


def format_groups(rows, width=WIDTH):
    """Format one table per group of metrics for a terminal; for `rows`, see `table_lines`."""
    columns = {group: metric_names(rows, group) for group in GROUPS}
    return "\n\n".join(
        format_table(group, table_lines(rows, names), width)
        for group, names in columns.items()
        if names
    )


def markdown_table(lines, num_text_columns=1):
    """Format the result of `table_lines` as a Markdown table with right-aligned numbers.

    An empty first header cell becomes "model". The first `num_text_columns` columns contain text.
    """
    (first, *header), *body = lines
    alignment = ["---"] * num_text_columns + ["---:"] * (len(header) + 1 - num_text_columns)
    cells = [[first or "model", *map(escape_markdown, header)], alignment, *body]
    # An unescaped vertical bar would end the cell.
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in cells
    )


def column_title(name, definitions=METRICS):
    """Return a metric's title, with its unit in parentheses."""
    metric = definitions[name]
    return f"{metric.title} ({metric.unit})" if metric.unit else metric.title


def format_value(value, name, definitions=METRICS):
    """Format a metric's value; return "" for None."""
    if value is None:
        return ""
    return f"{value:.{definitions[name].decimals}f}"
