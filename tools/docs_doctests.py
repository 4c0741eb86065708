"""Griffe extension that renders docstring examples as code blocks."""

import re

import griffe


class Doctests(griffe.Extension):
    """Wrap unindented `>>>` lines in code fences; Markdown would render them as block quotes."""

    def on_object(self, *, obj, **_):
        """Rewrite an object's docstring."""
        if obj.docstring:
            obj.docstring.value = re.sub(
                r"(?m)^(?:Examples?:\n\n)?(>>> .*(?:\n.+)*)",
                r"```pycon\n\1\n```",
                obj.docstring.value,
            )
