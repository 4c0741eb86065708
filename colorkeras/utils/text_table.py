"""Tables in plain text, for a terminal."""

WIDTH = 120
"""Columns of a terminal that tables keep to."""

_GAP = "  "


def format_lines(title, lines, width=WIDTH, num_text_columns=1):
    """Cells as plain text, several tables where one would be too wide.

    Args:
        title: Stands above the titles of rows.
        lines: Lists of str, one for each line: the title of the row, then its cells. The first is
            the header, whose own first cell is not shown.
        width: Characters in a line. A table of a single column may be wider.
        num_text_columns: How many columns, from the left, are text; the others are numbers, which
            are aligned to the right.

    Returns:
        str: the tables, an empty line between each two.

    >>> print(format_lines("model", [["", "output", "dB"], ["a", "rgb", "24.08"]], 80, 2))
    model  output     dB
    a      rgb     24.08
    """
    (_, *header), *body = lines
    return "\n\n".join(_blocks([[title, *header], *body], width, num_text_columns))


def _blocks(lines, width, num_text_columns):
    """Tables of at most a width, each with the first column and some of the others."""
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
