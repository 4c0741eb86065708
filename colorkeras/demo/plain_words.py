"""What goes wrong, as visitors of a page are told of it."""

import contextlib
import re

import gradio as gr

from colorkeras.errors import UserError


@contextlib.contextmanager
def in_plain_words():
    """Shows a `UserError` of the block on the page: what is wrong, and what to do."""
    try:
        yield
    except UserError as error:
        raise gr.Error(plain(error), duration=None, print_exception=False) from error


def plain(error):
    """A `UserError` in a few sentences, without the server's folders.

    >>> print(plain(UserError("'/tmp/a.txt', no picture", "a picture", "Drop another file.")))
    'a.txt', no picture. Expected: a picture. Drop another file.
    """
    text = f"{error.received}. Expected: {error.expected}. {error.fix}"
    return re.sub(r"'[^']*/([^/']*)'", r"'\1'", text)
