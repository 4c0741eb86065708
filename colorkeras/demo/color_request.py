"""Parsing and validation of the settings that visitors submit for a photograph."""

from dataclasses import dataclass

from colorkeras.config.colorize_options import MAX_VARIATIONS, ColorizeOptions, check_option
from colorkeras.config.validation import Setting
from colorkeras.inference.color_hints import HintList, hint_list, hints_of
from colorkeras.inference.color_settings import ColorSettings
from colorkeras.utils.errors import UserError, check_choice, one_line

MAX_HINTS = 200
"""Maximum number of hints per photograph."""

_VARIATION = Setting(int, low=0, high=MAX_VARIATIONS - 1)
_SWITCH = Setting(bool)

SWITCHES = ("keep_tone", "auto_contrast", "neutral_borders")
"""Boolean settings for old photographs."""

FIELDS = {"model", "vividness", "saturation", "variation", "hints", *SWITCHES}


@dataclass(frozen=True)
class ColorRequest:
    """Settings for colorizing a photograph.

    Attributes:
        model: Model name.
        settings: `ColorSettings`; the seed is the variation number.
        keep_tone: Whether to preserve the tone of a sepia print.
    """

    model: str
    settings: ColorSettings
    keep_tone: bool = False

    def options(self, max_megapixels):
        """Convert these settings to `ColorizeOptions`."""
        return ColorizeOptions(
            seed=self.settings.seed,
            saturation=self.settings.saturation,
            vividness=self.settings.vividness,
            keep_tone=self.keep_tone,
            auto_contrast=self.settings.auto_contrast,
            neutral_borders=self.settings.neutral_borders,
            max_megapixels=max_megapixels,
        )


def parse(content, models):
    """Create a `ColorRequest` from parsed JSON.

    Args:
        content: Dict with any of `FIELDS`; `hints` is a list or the contents of a hints file.
        models: Dict from model name to `predictor.Predictor`; the first one is the default.

    Raises:
        UserError: A setting is unknown, out of range or not supported by the model.
    """
    if not isinstance(content, dict) or content.keys() - FIELDS:
        unknown = sorted(content.keys() - FIELDS) if isinstance(content, dict) else []
        raise UserError(
            f"unknown settings {', '.join(map(repr, unknown))}".rstrip(),
            f"an object with {', '.join(sorted(FIELDS))}",
            "Correct the request.",
        )
    model = content.get("model", next(iter(models)))
    check_choice("model", model, list(models))
    exported = models[model].exported
    vividness = content.get("vividness") if exported.has_vividness else None
    keep_tone, auto_contrast, neutral_borders = (
        _SWITCH.check(name, content.get(name, False)) for name in SWITCHES
    )
    settings = ColorSettings(
        seed=_VARIATION.check("variation", content.get("variation", 0)),
        saturation=check_option("saturation", content.get("saturation", 1.0)),
        vividness=check_option("vividness", vividness),
        hints=_hints(content.get("hints") or []),
        auto_contrast=auto_contrast,
        neutral_borders=neutral_borders,
    )
    settings.check(exported)
    exported.check_samples(1 + settings.seed)
    return ColorRequest(model, settings, keep_tone)


def _hints(content):
    try:
        hints = hint_list(content) if isinstance(content, dict) else HintList(hints_of(content))
    except ValueError as error:
        raise UserError(
            f"invalid hints ({one_line(error)})",
            "a list of positions with colors, or the contents of a hints file",
            "Choose a hints file that was saved by this page.",
        ) from error
    if len(hints.hints) > MAX_HINTS:
        raise UserError(
            f"{len(hints.hints)} hints", f"at most {MAX_HINTS}", "Remove some of the hints."
        )
    return hints
