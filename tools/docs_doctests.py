"""Griffe extension that shows the examples of docstrings as code blocks."""

import re

import griffe


class Doctests(griffe.Extension):
    """Fence blocks of `>>>` lines that are not indented, which Markdown takes for quotations."""

    def on_object(self, *, obj, **_):
        """Rewrite the docstring of a module, class, function or attribute."""
        if obj.docstring:
            obj.docstring.value = re.sub(
                r"(?m)^(?:Examples?:\n\n)?(>>> .*(?:\n.+)*)",
                r"```pycon\n\1\n```",
                obj.docstring.value,
            )
