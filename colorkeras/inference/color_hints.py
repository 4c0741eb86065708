"""Color hints that users place on images, and the hints file format."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from colorkeras.config.validation import Setting
from colorkeras.utils.errors import UserError, one_line
from colorkeras.utils.files import quoted, write_json

VERSION = 1
"""Version of the hints file format."""

_RADIUS_SHARE, _MIN_RADIUS = 0.01, 2.0
"""Default radius as a fraction of the image's longer side, and its minimum in pixels."""

_FIELDS = {
    "x": Setting(float, low=0),
    "y": Setting(float, low=0),
    "color": Setting(str, pattern="#[0-9A-Fa-f]{6}", expected="a color such as #7a1f2b"),
    "radius": Setting(float, low=1, optional=True),
    "time": Setting(float, low=0, optional=True),
}

_SIDE = Setting(int, low=1)

_EXAMPLE = (
    '{"version": 1, "width": 800, "height": 600, '
    '"hints": [{"x": 420, "y": 310, "color": "#7a1f2b"}]}'
)


@dataclass(frozen=True)
class Hint:
    """Color at a position in an image. Only its chroma is used; the image keeps its luma.

    Args:
        x: Column in the upright image, in pixels; the leftmost column is 0.
        y: Row in the upright image, in pixels; the top row is 0.
        color: sRGB color as "#rrggbb".
        radius: Radius of the hint in pixels, at least 1; None uses 1% of the image's longer side,
            but at least 2 pixels.
        time: Time in seconds from the start of a film; ignored for images.

    Raises:
        UserError: A value has the wrong type or is out of range.

    Example:

    >>> Hint(420, 310, "#7A1F2B").color
    '#7a1f2b'
    """

    x: float
    y: float
    color: str
    radius: float | None = None
    time: float | None = None

    def __post_init__(self):
        for name, definition in _FIELDS.items():
            try:
                value = definition.check(name, getattr(self, name))
            except UserError as error:
                raise UserError(
                    f"a hint with {error.received}", error.expected, "Correct or omit this hint."
                ) from error
            object.__setattr__(self, name, value.lower() if name == "color" else value)

    def radius_for(self, height, width):
        """Return the radius in pixels for an image of this size."""
        return self.radius or max(_MIN_RADIUS, _RADIUS_SHARE * max(height, width))

    def __str__(self):
        return f"hint {self.x:g},{self.y:g}={self.color}"


@dataclass(frozen=True)
class HintList:
    """Hints for one image. Where hints overlap, later hints take precedence.

    Attributes:
        hints: Tuple of `Hint`.
        size: Required image width and height in pixels; None allows any image that is large enough
            to contain all hints.
    """

    hints: tuple = ()
    size: tuple | None = None

    def __post_init__(self):
        object.__setattr__(self, "hints", tuple(self.hints))
        for hint in self.hints:
            if not isinstance(hint, Hint):
                raise UserError(
                    f"hints containing a {type(hint).__name__}",
                    "an iterable of colorkeras.Hint",
                    'Pass [colorkeras.Hint(420, 310, "#7a1f2b")].',
                )
        if self.size is not None:
            self._check_places(*self.size)

    def __bool__(self):
        return bool(self.hints)

    @property
    def digest(self):
        """First eight hexadecimal digits of a checksum of the hints."""
        text = json.dumps([asdict(hint) for hint in self.hints])
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    def check(self, height, width):
        """Raise UserError unless the hints can be applied to an image of this size."""
        if self.size is not None and self.size != (width, height):
            raise UserError(
                f"hints for an image of {self.size[0]}x{self.size[1]} pixels, applied to an "
                f"image of {width}x{height} pixels",
                "the image that the hints were made for",
                "Pass the hints file for this image.",
            )
        self._check_places(width, height)

    def _check_places(self, width, height):
        for hint in self.hints:
            if hint.x >= width or hint.y >= height:
                raise UserError(
                    f"{hint}, which is outside the image of {width}x{height} pixels",
                    f"x below {width} and y below {height}",
                    "Correct or omit this hint.",
                )


def parse_hint(text):
    """Parse the value of a `--hint` option and return a `Hint`.

    Args:
        text: "X,Y=#RRGGBB".

    Raises:
        UserError: The text does not have this format.

    >>> parse_hint("420,310=#7a1f2b").x
    420.0
    """
    place, _, color = text.partition("=")
    try:
        x, y = map(float, place.split(","))
    except ValueError as error:
        raise UserError(
            f"--hint {text!r}",
            "X,Y=#RRGGBB, with X and Y in pixels",
            "For example: --hint '420,310=#7a1f2b'",
        ) from error
    if not color:
        raise UserError(
            f"--hint {text!r} without a color",
            "X,Y=#RRGGBB",
            f"Add a color. For example: --hint '{place}=#7a1f2b'",
        )
    return Hint(x, y, color)


def read_hints(path):
    """Read a hints file.

    Args:
        path: JSON file with the structure `{"version": 1, "width", "height", "hints": [{"x", "y",
            "color", "radius"?, "time"?}]}`, where `?` marks optional keys. The width and height
            refer to the upright image and are in pixels.

    Returns:
        `HintList` with the `size` from the file.

    Raises:
        UserError: The file cannot be read or is not a valid hints file.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8-sig"))
        return hint_list(content)
    except UserError as error:
        raise UserError(f"{quoted(path)}: {error.received}", error.expected, error.fix) from error
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(
            f"{quoted(path)}, which is not a hints file ({one_line(error)})",
            f"a JSON file such as {_EXAMPLE}",
            "Correct it, or pass another file.",
        ) from error


def write_hints(path, hints, width, height):
    """Write a hints file that `read_hints` can read.

    Args:
        path: File to write; an existing file is replaced.
        hints: Iterable of `Hint`.
        width: Width of the upright image in pixels.
        height: Height of the upright image in pixels.

    Raises:
        UserError: A hint is outside the image.
    """
    checked = HintList(hints, (_SIDE.check("width", width), _SIDE.check("height", height)))
    listed = [
        {name: value for name, value in asdict(hint).items() if value is not None}
        for hint in checked.hints
    ]
    write_json(path, {"version": VERSION, "width": width, "height": height, "hints": listed})


def hint_list(content):
    """Convert the parsed JSON of a hints file to a `HintList`; see `read_hints`.

    Raises:
        UserError: The version is unknown, or a value is out of range.
        ValueError: The content does not have the structure of a hints file.
    """
    _check_keys(content, {"version", "width", "height", "hints"})
    if content["version"] != VERSION:
        raise UserError(
            f"hints with version {content['version']!r}",
            f"version {VERSION}",
            "Use the version of colorkeras that wrote them.",
        )
    size = tuple(_SIDE.check(side, content[side]) for side in ("width", "height"))
    return HintList(hints_of(content["hints"]), size)


def hints_of(content):
    """Convert a parsed JSON list to a list of `Hint` objects.

    Raises the same errors as `hint_list`.
    """
    if not isinstance(content, list):
        raise ValueError("the hints are not a list")
    hints = []
    for item in content:
        _check_keys(item, {"x", "y", "color"}, {"radius", "time"})
        hints.append(Hint(**item))
    return hints


def _check_keys(content, required, optional=frozenset()):
    if not isinstance(content, dict):
        raise ValueError(f"expected an object, got {type(content).__name__}")
    for keys, what in (
        (required - content.keys(), "missing"),
        (content.keys() - required - optional, "unknown"),
    ):
        if keys:
            raise ValueError(f"{what}: {', '.join(sorted(keys))}")
