"""What goes wrong, as visitors of a page are told of it."""

import contextlib
import re

import gradio as gr

from colorkeras.utils.errors import UserError

OPERATORS_ADVICE = re.compile(r"--\w|\bpip\b")
"""Found in advice that is of use to whoever runs the page alone."""

VISITORS_ADVICE = "Drop another file, or ask who runs this page."

UNEXPECTED = "This did not work, for a reason that stands in the log of the page's server."


@contextlib.contextmanager
def in_plain_words():
    """Shows what goes wrong in the block on the page: what is wrong, and what to do."""
    try:
        yield
    except UserError as error:
        raise gr.Error(plain(error), duration=None, print_exception=False) from error
    except Exception as error:
        raise gr.Error(UNEXPECTED, duration=None) from error


def plain(error):
    """A `UserError` in a few sentences, without the server's folders and options.

    >>> print(plain(UserError("'/tmp/a.txt', no picture", "a picture", "Name another file.")))
    'a.txt', no picture. Expected: a picture. Name another file.
    >>> print(plain(UserError("60 pages", "at most 50", "Pass a higher --max-pages.")))
    60 pages. Expected: at most 50. Drop another file, or ask who runs this page.
    """
    fix = VISITORS_ADVICE if OPERATORS_ADVICE.search(error.fix) else error.fix
    text = f"{error.received}. Expected: {error.expected}. {fix}"
    return re.sub(r"'[^']*/([^/']*)'", r"'\1'", text)
