"""Error messages and notes for visitors."""

import re

_OPERATOR_ADVICE = re.compile(r"--\w|\bpip\b")
"""Pattern for command-line advice, which only the operator of the server can follow."""

_FILM_REASON = re.compile(r"(cannot be opened as a film) \(.*?\)(?=\. Please use)")
"""Pattern for FFmpeg's error message, which adds nothing useful for visitors."""

_VISITOR_ADVICE = "Use another file or ask the operator."

UNEXPECTED = "Something went wrong on the server. Its log contains the details."


class PageError(Exception):
    """Error for a request that cannot be fulfilled.

    Args:
        message: Sentence for the visitor.
        status: HTTP status code.
        **flags: Additional fields of the response, such as `gone=True`.
    """

    def __init__(self, message: str, status: int = 422, **flags: bool):
        super().__init__(message)
        self.message, self.status, self.flags = message, status, flags


def visitor_message(error):
    """Format a `UserError` as sentences that do not mention the server's folders or options.

    >>> from colorkeras.utils.errors import UserError
    >>> print(visitor_message(UserError("'/tmp/a.txt', a text file", "an image", "Drop an image.")))
    The page cannot use 'a.txt', a text file. Please use an image. Drop an image.
    >>> print(visitor_message(UserError("60 pages", "at most 50", "Pass --max-pages 60.")))
    The page cannot use 60 pages. Please use at most 50. Use another file or ask the operator.
    """
    fix = _VISITOR_ADVICE if _OPERATOR_ADVICE.search(error.fix) else error.fix
    text = f"The page cannot use {error.received}. Please use {error.expected}. {fix}"
    return re.sub(r"'[^']*/([^/']*)'", r"'\1'", _FILM_REASON.sub(r"\1", text))


def visitor_notes(notes):
    """Format notes on a file as sentences without advice about command-line options.

    Notes on hints are omitted, because the page shows them separately.

    >>> visitor_notes(["it had a sepia tone; pass --keep-tone to preserve it"])
    ['It had a sepia tone.']
    """
    kept = [re.sub(r"; [^;]*--.*", "", note) for note in notes if not note.startswith("hint ")]
    return [f"{note[:1].upper()}{note[1:]}." for note in dict.fromkeys(kept)]
