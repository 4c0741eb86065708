"""Define a setting once: type, range, default and help.

Validation in Python, command-line options and `config.json` all follow from the definition.
"""

import argparse
import dataclasses
import functools
import math
import numbers
import re
import typing
from dataclasses import dataclass
from types import MappingProxyType

from colorkeras.utils.errors import UserError

_SETTING = "setting"
_KIND_NAMES = {int: "a whole number", float: "a number", bool: "True or False", str: "text"}


@dataclass(frozen=True)
class Setting:
    """Definition of one setting.

    Attributes:
        kind: int, float, bool or str.
        help: Text for `--help`: what the value does, and its unit.
        low: Smallest number, or None.
        high: Largest number, or None.
        above: Whether `low` itself is excluded.
        choices: Names that exist, or None. Names of registries are checked by `check_names`.
        pattern: Regular expression that a text matches as a whole, or None.
        expected: What is accepted, for messages; None describes type, range and choices.
        optional: Whether None is accepted.
        default: Value where none is given.
        default_text: What None stands for as a default, for `--help`.
        negatable: Whether `--help` lists `--no-NAME` as well; for bool.
        changeable: Whether the value may differ when a run is resumed.
        section: Heading in `--help`.
        metavar: Placeholder in `--help`.

    Example:

    >>> Setting(int, low=1).check("--epochs", 10)
    10
    >>> Setting(int, low=1).check("--epochs", "10")
    Traceback (most recent call last):
    ...
    colorkeras.utils.errors.UserError: Received: --epochs '10'
    Expected: a whole number of at least 1
    Fix: Choose such a value, or omit --epochs.
    """

    kind: type = str
    help: str = ""
    low: float | None = None
    high: float | None = None
    above: bool = False
    choices: tuple | None = None
    pattern: str | None = None
    expected: str | None = None
    optional: bool = False
    default: object = None
    default_text: str | None = None
    negatable: bool = False
    changeable: bool = False
    section: str = "options"
    metavar: str | None = None

    def check(self, name, value):
        """Return the value, converted to `kind`.

        Args:
            name: What the user calls the setting, for the message.
            value: Anything.

        Raises:
            UserError: It is of another type or out of range.
        """
        if value is None and self.optional:
            return None
        if not self._accepts(value):
            raise UserError(
                f"{name} {shown(value)}",
                self.expected or self._describe(),
                f"Choose such a value, or omit {name}.",
            )
        return self.kind(value)

    def _accepts(self, value):
        if self.kind in (int, float):
            number = numbers.Integral if self.kind is int else numbers.Real
            return (
                isinstance(value, number)
                and not isinstance(value, bool)
                # Comparisons with nan are false, so it is refused.
                and (-math.inf if self.low is None else self.low) <= value < math.inf
                and (self.high is None or value <= self.high)
                and not (self.above and value == self.low)
            )
        if not isinstance(value, self.kind) or (self.kind is str and "\0" in value):
            return False
        if self.pattern and not re.fullmatch(self.pattern, value, re.ASCII):
            return False
        return self.choices is None or value in self.choices

    def _describe(self):
        if self.choices:
            return "one of " + ", ".join(self.choices)
        limits = []
        if self.low is not None:
            limits.append(f"{'above' if self.above else 'of at least'} {shown(self.low)}")
        if self.high is not None:
            limits.append(f"{'of ' if not limits else ''}at most {shown(self.high)}")
        return " ".join([_KIND_NAMES[self.kind], " and ".join(limits)]).strip()


def setting(default, help, **definition):
    """Return a dataclass field with the definition of a setting; its annotation gives the type."""
    definition = Setting(help=help, default=default, **definition)
    return dataclasses.field(default=default, metadata={_SETTING: definition})


@functools.cache
def definitions(owner):
    """Return the `Setting` of each field of a dataclass, by name."""
    found = {}
    for field in dataclasses.fields(owner):
        kinds = set(typing.get_args(field.type)) or {field.type}
        (kind,) = kinds - {type(None)}
        found[field.name] = dataclasses.replace(
            field.metadata[_SETTING], kind=kind, optional=type(None) in kinds
        )
    return MappingProxyType(found)


class Checked:
    """Base of frozen dataclasses of settings: checks every field, and converts from JSON."""

    def __post_init__(self):
        for name, definition in definitions(type(self)).items():
            value = definition.check(option_of(name), getattr(self, name))
            object.__setattr__(self, name, value)

    def check_names(self, registries):
        """Check names that registries of other packages define.

        Args:
            registries: Container of names by field.

        Raises:
            UserError: A field names nothing in its registry.
        """
        for name, choices in registries.items():
            definition = Setting(str, choices=tuple(choices), optional=True)
            definition.check(option_of(name), getattr(self, name))

    @classmethod
    def from_options(cls, options):
        """Return the settings among parsed options; those that were not given have defaults."""
        given = vars(options)
        return cls(**{name: given[name] for name in definitions(cls) if name in given})

    @classmethod
    def from_dict(cls, content):
        """Return the settings of a dict with one item for each field.

        Raises:
            UserError: A key is missing or unknown, or a value is not accepted.
        """
        differing = sorted(definitions(cls).keys() ^ content.keys())
        if differing:
            raise UserError(
                f"settings with missing or unknown keys: {', '.join(differing)}",
                "the settings of this version",
                "Use the version that wrote them.",
            )
        return cls(**content)


def add_options(parser, owner, registries=MappingProxyType({}), only=None):
    """Add one command-line option for each setting, in groups by section.

    Options that the user does not give leave no attribute, so that callers know what was asked for.

    Args:
        parser: `argparse.ArgumentParser`.
        owner: Dataclass of settings.
        registries: Container of names by field, for the help.
        only: Names of the settings to add, or None for all.
    """
    groups = {}
    for name, definition in definitions(owner).items():
        if only is not None and name not in only:
            continue
        section = definition.section
        if section not in groups:
            groups[section] = parser.add_argument_group(section)
        choices = registries.get(name, definition.choices)
        groups[section].add_argument(
            *_option_words(name, definition),
            dest=name,
            default=argparse.SUPPRESS,
            help=_help(definition, choices),
            **_action(definition),
        )


def _option_words(name, definition):
    is_on = definition.kind is bool and definition.default
    return [option_of(f"no_{name}" if is_on else name)]


def _action(definition):
    if definition.kind is not bool:
        return {"type": definition.kind, "metavar": definition.metavar or "N"}
    if definition.negatable:
        return {"action": argparse.BooleanOptionalAction}
    return {"action": "store_false" if definition.default else "store_true"}


def _help(definition, choices):
    parts = [definition.help]
    if choices is not None:
        parts.append(f"One of {', '.join(choices)}.")
    default = definition.default_text
    if default is None and definition.default is not None and definition.kind is not bool:
        default = shown(definition.default)
    if default is not None:
        parts.append(f"Default: {default}.")
    return " ".join(parts).replace("%", "%%")


def option_of(name):
    """Return the command-line option of a field.

    >>> option_of("batch_size")
    '--batch-size'
    """
    return "--" + name.replace("_", "-")


def shown(value):
    """Return a value as messages show it: numbers and words plain, everything else as Python does.

    >>> shown(0.5), shown("10"), shown("unet"), shown(None)
    ('0.5', "'10'", 'unet', 'None')
    """
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    is_word = isinstance(value, str) and re.fullmatch(r"[A-Za-z][\w.-]*", value, re.ASCII)
    if is_number:
        return f"{value:g}" if isinstance(value, float) else str(value)
    return value if is_word else repr(value)
