"""Parsing and formatting of clock times."""

import re

from colorkeras.utils.errors import UserError

_PATTERN = re.compile(r"(?:(?:(\d+):)?([0-5]?\d):)?(\d+(?:\.\d+)?)")


def parse_time(text, name):
    """Convert a time to seconds.

    Args:
        text: "HH:MM:SS", "MM:SS" or seconds, optionally with decimals.
        name: Option name for error messages.

    Raises:
        UserError: The text does not match any of these formats.

    >>> parse_time("00:01:10.5", "--start"), parse_time("20", "--start")
    (70.5, 20.0)
    """
    match = _PATTERN.fullmatch(text)
    if match is None or (match[2] and float(match[3]) >= 60):
        raise UserError(f"{name} {text!r}", "HH:MM:SS or seconds", f"For example: {name} 00:01:10")
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return 3600 * hours + 60 * minutes + seconds


def format_time(seconds):
    """Format a time as "HH:MM:SS.mmm".

    >>> format_time(70.5)
    '00:01:10.500'
    """
    milliseconds = round(1000 * seconds)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    whole, rest = divmod(milliseconds, 1000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{whole:02}.{rest:03}"
