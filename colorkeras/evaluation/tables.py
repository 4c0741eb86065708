"""Figures as text: their titles, digits and units, and tables of them for a terminal."""

from colorkeras.evaluation.metrics import GROUPS, METRICS
from colorkeras.utils.files import escape_markdown
from colorkeras.utils.text_table import WIDTH, format_table


def metric_names(rows, group=None):
    """Keys of `METRICS` that any row has a figure of, in the order of tables.

    Args:
        rows: Dict of row title to dict of float by metric name.
        group: One of `GROUPS`, or None for all.

    Returns:
        List of str.
    """
    return [
        name
        for name, metric in METRICS.items()
        if group in (None, metric.group) and any(name in figures for figures in rows.values())
    ]


def table_lines(rows, names, definitions=METRICS):
    """The cells of a table as text.

    Args:
        rows: Dict of row title to dict of float by metric name; a missing figure is left blank.
        names: Keys of `definitions`, one for each column.
        definitions: `METRICS`, or other figures by name with a title, a unit and decimals.

    Returns:
        Lists of str, the header first, whose own first cell is "".
    """
    lines = [["", *(column_title(name, definitions) for name in names)]]
    for title, figures in rows.items():
        cells = (format_value(figures.get(name), name, definitions) for name in names)
        lines.append([title, *cells])
    return lines


def format_groups(rows, width=WIDTH):
    """Plain tables of all figures, one a group, and more where a group's is too wide.

    Args:
        rows: As for `table_lines`.
        width: Characters in a line. A table of a single column may be wider.

    Returns:
        str: tables with the group's name as title, an empty line between each two.
    """
    columns = {group: metric_names(rows, group) for group in GROUPS}
    return "\n\n".join(
        format_table(group, table_lines(rows, names), width)
        for group, names in columns.items()
        if names
    )


def markdown_table(lines, num_text_columns=1):
    """Return a Markdown table with numbers aligned to the right.

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
    """Title of a figure with its unit, by its key in `definitions`."""
    figure = definitions[name]
    return f"{figure.title} ({figure.unit})" if figure.unit else figure.title


def format_value(value, name, definitions=METRICS):
    """A figure as text, by its key in `definitions`; "" for None."""
    if value is None:
        return ""
    return f"{value:.{definitions[name].decimals}f}"
