"""Write docs/api.md, the public names on one page, from their docstrings.

    pip install -e '.[test]' && python pipelines/make_api.py

A test compares the page with the docstrings, whose examples are tests as well.
"""

import textwrap
from pathlib import Path

import griffe

from colorkeras.utils.files import write_text

REPOSITORY = Path(__file__).resolve().parent.parent
PAGE = REPOSITORY / "docs" / "api.md"

MODULES = (
    "model",
    "coloring",
    "jobs",
    "formats",
    "formats.format",
    "formats.picture",
    "toning",
    "full_resolution",
    "training",
    "config",
    "recipes",
    "export",
    "export_files",
    "endpoints",
    "converters",
    "converters.converter",
    "pretrained",
    "evaluation",
    "evaluation.measure",
    "evaluation.conditions",
    "evaluation.training_colors",
    "evaluation.pictures",
    "evaluation.reports",
    "evaluation.judging",
    "evaluation.tables",
    "judge",
    "judge.fooling",
    "judge.classifier",
    "judge.frechet",
    "bootstrap",
    "reliability",
    "comparison",
    "runs",
    "data",
    "data.source",
    "data.pipeline",
    "objectives",
    "objectives.objective",
    "objectives.regression",
    "objectives.classification",
    "objectives.flow",
    "objectives.noise",
    "architectures",
    "architectures.trunk",
    "outputs",
    "representations",
    "chroma_bins",
    "losses",
    "augmentation",
    "augmentation.geometry",
    "augmentation.scan",
    "degradations",
    "randomness",
    "metrics",
    "metrics.definition",
    "metrics.errors",
    "metrics.balance",
    "metrics.liveliness",
    "metrics.structure",
    "resolution",
    "color",
    "errors",
)
"""Modules that other programs may use, from what a run is to what it rests on."""

LINE_LENGTH = 100

INTRODUCTION = """\
# colorkeras from Python

Every public name, from `python pipelines/make_api.py`. Pictures are `[n, h, w, channels]`: uint8 in
0..255, or float32 in 0..1; RGB is gamma-encoded sRGB. The examples run as tests. What serves
other programs is the SavedModel, which needs TensorFlow only (see the
[README](../README.md#the-savedmodel)).

```python
import colorkeras
from colorkeras.config import TrainingConfig
from colorkeras.training import train

color = colorkeras.load().colorize(image)  # NumPy or Pillow, of any size
run = train(TrainingConfig(arch="unet", epochs=10))
```
"""


def page():
    """Content of the page: str, Markdown."""
    package = griffe.load(
        "colorkeras",
        search_paths=[REPOSITORY],
        docstring_parser="google",
        # Types stand in the descriptions, together with shapes and ranges.
        docstring_options={"warn_missing_types": False, "returns_multiple_items": False},
    )
    contents = "\n".join(
        f"- [`colorkeras.{name}`](#colorkeras{name.replace('.', '')})" for name in MODULES
    )
    parts = [INTRODUCTION, contents, *(module_text(package[name]) for name in MODULES)]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def module_text(module):
    members = [member for member in module.members.values() if is_public(member)]
    parts = [f"## `{module.path}`", docstring_text(module)]
    parts += [member_text(member, level=3) for member in members]
    return "\n\n".join(parts)


def is_public(member):
    # Names from elsewhere have their own place on the page.
    return not member.name.startswith("_") and not member.is_alias and not member.is_module


def member_text(member, level):
    parts = [f"{'#' * level} `{member.name}`", signature(member), docstring_text(member)]
    if member.is_attribute and isinstance(member.value, griffe.ExprDict):
        keys = member.value.keys
        if None not in keys:  # Which stands for the entries of another dict.
            parts.append(f"Keys: {', '.join(f'`{key}`' for key in keys)}.")
    if member.is_class:
        # Fields of data classes are described with their class.
        members = [
            item
            for item in member.members.values()
            if is_public(item) and (item.is_function or "property" in item.labels)
        ]
        parts += [member_text(item, level + 1) for item in members]
    return "\n\n".join(part for part in parts if part)


def signature(member):
    """Arguments with their defaults as a block of code; of a class, those that make one."""
    if not (member.is_function or member.is_class) or "property" in member.labels:
        return ""
    words = [
        argument.name if argument.default is None else f"{argument.name}={argument.default}"
        for argument in member.parameters
        if argument.name not in ("self", "cls")
    ]
    call = f"{member.name}({', '.join(words)})"
    if len(call) > LINE_LENGTH:
        call = f"{member.name}(\n    " + ",\n    ".join(words) + ",\n)"
    return f"```python\n{call}\n```" if words else ""


def docstring_text(member):
    if member.docstring is None:
        raise SystemExit(f"{member.path} has no docstring.")
    return "\n\n".join(section_text(section) for section in member.docstring.parsed)


def section_text(section):
    """A section of a docstring as Markdown."""
    kind = section.kind.value
    if kind == "text":
        return "\n\n".join(map(paragraph, section.value.split("\n\n")))
    if kind == "admonition":
        return f"{section.title or section.value.kind}: {section.value.description}"
    items = [item_text(kind, item) for item in section.value]
    return f"{section.title or kind.capitalize()}:\n\n" + "\n".join(items)


def paragraph(text):
    """A paragraph of a docstring: prose as it is; examples, and what is indented, as code."""
    if text.startswith(">>>"):
        return f"```python\n{text}\n```"
    return f"```\n{textwrap.dedent(text)}\n```" if text.startswith("    ") else text


def item_text(kind, item):
    description = " ".join(item.description.split())
    name = getattr(item, "name", None) or getattr(item, "annotation", None)
    # What is returned bears neither name nor type of its own: its description tells both.
    return f"- {description}" if kind == "returns" or not name else f"- `{name}`: {description}"


def main():
    write_text(PAGE, page())
    print(PAGE.relative_to(REPOSITORY))


if __name__ == "__main__":
    main()
