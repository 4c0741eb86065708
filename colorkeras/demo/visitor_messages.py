"""Error messages for visitors of the page."""

import contextlib
import re

import gradio as gr

from colorkeras.utils.errors import UserError

_OPERATOR_ADVICE = re.compile(r"--\w|\bpip\b")
"""Matches advice that only the person who runs the page can follow."""

_VISITOR_ADVICE = "Drop another file, or ask whoever runs this page."

_UNEXPECTED = "This did not work. The server's log has the reason."


@contextlib.contextmanager
def show_errors():
    """Show errors raised in the block on the page: what is wrong, and what to do."""
    try:
        yield
    except UserError as error:
        raise gr.Error(visitor_message(error), duration=None, print_exception=False) from error
    except Exception as error:
        raise gr.Error(_UNEXPECTED, duration=None) from error


def visitor_message(error):
    """Return a `UserError` as sentences, without the server's folders and options.

    >>> print(visitor_message(UserError("'/tmp/a.txt', a text", "an image", "Name another file.")))
    'a.txt', a text. Expected: an image. Name another file.
    >>> print(visitor_message(UserError("60 pages", "at most 50", "Pass a higher --max-pages.")))
    60 pages. Expected: at most 50. Drop another file, or ask whoever runs this page.
    """
    fix = _VISITOR_ADVICE if _OPERATOR_ADVICE.search(error.fix) else error.fix
    text = f"{error.received}. Expected: {error.expected}. {fix}"
    return re.sub(r"'[^']*/([^/']*)'", r"'\1'", text)
