"""Declarative settings: one definition of each setting's type, range, default and help text.

Validation in Python, command-line options and `config.json` are all derived from this definition.
"""

import argparse
import dataclasses
import functools
import numbers
import re
import sys
import typing
from dataclasses import dataclass
from types import MappingProxyType

from colorkeras.utils.errors import UserError, did_you_mean
from colorkeras.utils.files import expand_home

_SETTING = "setting"
_KIND_NAMES = {int: "a whole number", float: "a number", bool: "True or False", str: "text"}


@dataclass(frozen=True)
class Setting:
    """Definition of one setting.

    Attributes:
        kind: int, float, bool or str.
        help: Meaning and unit, shown by `--help`.
        low: Minimum, or None.
        high: Maximum, or None.
        above: Whether `low` itself is excluded.
        choices: Valid names, or None. `check_names` validates names that come from registries.
        pattern: Regular expression that the whole text must match, or None.
        expected: Description of the valid values, for error messages; None derives it from the
            fields above.
        optional: Whether None is valid.
        default: Default value.
        default_text: Meaning of a default of None, shown by `--help`.
        negatable: Whether there is also a `--no-NAME` option (bool only).
        changeable: Whether the value may change when a run is resumed.
        section: Heading in `--help`.
        metavar: Placeholder in `--help`.
        is_path: Whether the text is a path, in which a leading `~` stands for the home folder.

    >>> Setting(int, low=1).check("--epochs", 10)
    10
    >>> Setting(int, low=1).check("--epochs", "10")
    Traceback (most recent call last):
    ...
    colorkeras.utils.errors.UserError: Received: --epochs '10'
    Expected: a whole number of at least 1
    Fix: Choose a valid value, or omit --epochs.
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
    is_path: bool = False

    def check(self, name, value):
        """Convert a value to `kind` and return it; raise `UserError` if it is invalid.

        Error messages refer to the setting as `name`.
        """
        if value is None and self.optional:
            return None
        if not self._accepts(value):
            raise UserError(
                f"{name} {shown(value)}",
                self.expected or self._describe(),
                did_you_mean(value, self.choices or (), f"Choose a valid value, or omit {name}."),
            )
        return self.convert(value)

    @property
    def convert(self):
        """Function that converts valid text or a valid value to `kind`."""
        return expand_home if self.is_path else self.kind

    def _accepts(self, value):
        if self.kind in (int, float):
            number = numbers.Integral if self.kind is int else numbers.Real
            largest = sys.float_info.max
            return (
                isinstance(value, number)
                and not isinstance(value, bool)
                # Comparisons with NaN are false, so NaN is rejected.
                and (-largest if self.low is None else self.low) <= value
                and value <= (largest if self.high is None else self.high)
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
    """Return a dataclass field that defines a setting; the annotation determines its type."""
    definition = Setting(help=help, default=default, **definition)
    return dataclasses.field(default=default, metadata={_SETTING: definition})


@functools.cache
def definitions(owner):
    """Return a dict from field name to `Setting` for a settings dataclass."""
    found = {}
    for field in dataclasses.fields(owner):
        kinds = set(typing.get_args(field.type)) or {field.type}
        (kind,) = kinds - {type(None)}
        found[field.name] = dataclasses.replace(
            field.metadata[_SETTING], kind=kind, optional=type(None) in kinds
        )
    return MappingProxyType(found)


class Checked:
    """Base class for frozen settings dataclasses: validates fields and converts from dicts."""

    def __post_init__(self):
        for name, definition in definitions(type(self)).items():
            value = definition.check(option_of(name), getattr(self, name))
            object.__setattr__(self, name, value)

    def check_names(self, registries):
        """Validate fields that contain names; `registries` maps field names to valid names.

        Raises:
            UserError: A name is not in its registry.
        """
        for name, choices in registries.items():
            definition = Setting(str, choices=tuple(choices), optional=True)
            definition.check(option_of(name), getattr(self, name))

    @classmethod
    def from_options(cls, options):
        """Create settings from parsed options; omitted options get their defaults."""
        given = vars(options)
        return cls(**{name: given[name] for name in definitions(cls) if name in given})

    @classmethod
    def from_dict(cls, content):
        """Create settings from a dict with one item per field.

        Raises:
            UserError: A key is missing or unknown, or a value is invalid.
        """
        differing = sorted(definitions(cls).keys() ^ content.keys())
        if differing:
            raise UserError(
                f"settings with missing or unknown keys: {', '.join(differing)}",
                "the settings that this version of colorkeras defines",
                "Use the version of colorkeras that wrote them.",
            )
        return cls(**content)


def add_options(parser, owner, registries=MappingProxyType({}), only=None):
    """Add a command-line option for each setting in a dataclass, grouped by section.

    Omitted options do not set an attribute, so callers can tell which options the user passed. Help
    texts list the valid names from `registries`. If `only` is given, just those settings are added.
    """
    groups = {}
    for name, definition in definitions(owner).items():
        if only is not None and name not in only:
            continue
        section = definition.section
        if section not in groups:
            groups[section] = parser.add_argument_group(section)
        choices = registries.get(name, definition.choices)
        is_on = definition.kind is bool and definition.default
        groups[section].add_argument(
            option_of(f"no_{name}" if is_on else name),
            dest=name,
            default=argparse.SUPPRESS,
            help=_help(definition, choices),
            **_action(definition),
        )


def _action(definition):
    if definition.kind is not bool:
        return {"type": definition.convert, "metavar": definition.metavar or "N"}
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
    """Return the command-line option for a field.

    >>> option_of("batch_size")
    '--batch-size'
    """
    return "--" + name.replace("_", "-")


def shown(value):
    """Format a value for messages: numbers and single words verbatim, anything else with `repr`.

    >>> shown(0.5), shown("10"), shown("unet"), shown(None)
    ('0.5', "'10'", 'unet', 'None')
    """
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    is_word = isinstance(value, str) and re.fullmatch(r"[A-Za-z][\w.-]*", value, re.ASCII)
    if is_number:
        return f"{value:g}" if isinstance(value, float) else str(value)
    return value if is_word else repr(value)
