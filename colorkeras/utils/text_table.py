"""Plain-text tables for a terminal."""

WIDTH = 120
"""Maximum width of tables, in characters."""

_GAP = "  "


def format_table(title, lines, width=WIDTH, num_text_columns=1):
    """Format cells as plain text; split tables that would be too wide.

    Args:
        title: Header of the first column.
        lines: Lists of str: a row's title, then its cells. The first list is the header; its first
            cell is ignored.
        width: Maximum characters per line. A table with a single column may be wider.
        num_text_columns: Number of left-aligned columns, from the left. The others hold numbers
            and are right-aligned.

    Returns:
        str: the tables, separated by empty lines.

    >>> print(format_table("model", [["", "output", "dB"], ["a", "rgb", "24.08"]], 80, 2))
    model  output     dB
    a      rgb     24.08
    """
    (_, *header), *body = lines
    return "\n\n".join(_blocks([[title, *header], *body], width, num_text_columns))


def _blocks(lines, width, num_text_columns):
    """Split columns into tables of limited width; each repeats the first column."""
    titles, *columns = (
        _padded(cells, str.ljust if number < num_text_columns else str.rjust)
        for number, cells in enumerate(zip(*lines, strict=True))
    )
    blocks = []
    for column in columns:
        if not blocks or len(_joined([*blocks[-1], column])[0]) > width:
            blocks.append([titles])
        blocks[-1].append(column)
    return ["\n".join(_joined(block)) for block in blocks]


def _padded(cells, justify):
    width = max(map(len, cells))
    return [justify(cell, width) for cell in cells]


def _joined(columns):
    return [_GAP.join(cells) for cells in zip(*columns, strict=True)]
