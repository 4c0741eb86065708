"""Plain-text tables for the terminal."""

WIDTH = 120
"""Maximum table width in characters."""

_GAP = "  "


def format_table(title, lines, width=WIDTH, num_text_columns=1):
    """Format a plain-text table, splitting it into several if it is too wide.

    `lines` are rows, each a list of str. The first row is the header; `title` replaces its first
    cell. The first `num_text_columns` columns are left-aligned; the others contain numbers and are
    right-aligned. A table can only be wider than `width` if it has at most two columns.

    >>> print(format_table("model", [["", "output", "dB"], ["a", "rgb", "24.08"]], 80, 2))
    model  output     dB
    a      rgb     24.08
    """
    (_, *header), *body = lines
    return "\n\n".join(_blocks([[title, *header], *body], width, num_text_columns))


def _blocks(lines, width, num_text_columns):
    """Split columns into tables that fit the width; each table repeats the first column."""
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
