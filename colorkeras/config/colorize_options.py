"""Settings of colorization, for one image or many."""

from dataclasses import dataclass

from colorkeras.config.settings import Checked, definitions, setting

MAX_TEMPERATURE = 1.5
"""Largest sampling temperature; higher values give implausible colors."""

MAX_SATURATION = 4.0
"""Largest saturation factor; above it most colors are clipped to the gamut."""

MAX_VARIATIONS = 100


@dataclass(frozen=True)
class ColorizeOptions(Checked):
    """Settings of colorization. The options of `colorkeras colorize` have the same names.

    Raises:
        UserError: A value is of another type or out of range.

    Example:

    >>> ColorizeOptions(saturation=1.2).quality
    95
    """

    seed: int = setting(
        0,
        "Seed of the first variation (models that sample).",
        low=0,
        high=2**31 - 1 - MAX_VARIATIONS,
        section="color",
    )
    temperature: float | None = setting(
        None,
        f"Sampling temperature in [0, {MAX_TEMPERATURE:g}]; higher is more diverse.",
        default_text="that of the model",
        low=0,
        high=MAX_TEMPERATURE,
        section="color",
        metavar="T",
    )
    saturation: float = setting(
        1.0,
        f"Factor of chroma in [0, {MAX_SATURATION:g}]; 0 gives gray.",
        low=0,
        high=MAX_SATURATION,
        section="color",
        metavar="FACTOR",
    )
    render_size: int | None = setting(
        None,
        "Longer side in pixels of the image that the network sees; smaller is calmer, larger more "
        "detailed.",
        default_text="that of the model",
        low=8,
        high=4096,
        section="color",
    )
    keep_colored: bool = setting(False, "Skip images that are already in color.", section="files")
    mark: bool = setting(
        True, "Do not record in the metadata that a program colored the image.", section="files"
    )
    quality: int = setting(95, "Quality of JPEG and WebP files.", low=1, high=100, section="files")
    max_megapixels: float = setting(
        150.0, "Largest image to open, in megapixels.", low=0.001, high=10_000, section="files"
    )
    overwrite: bool = setting(False, "Replace existing results.", section="files")
    skip_existing: bool = setting(False, "Keep existing results and continue.", section="files")
    keep_times: bool = setting(
        False, "Give results the modification times of their sources.", section="files"
    )


def check_option(option, value, name=None):
    """Check one value of `ColorizeOptions`, for functions that take it as an argument.

    Args:
        option: Field of `ColorizeOptions`.
        value: Anything.
        name: What the user calls it, or None for the field's name.

    Returns:
        The value.

    Raises:
        UserError: It is not accepted.
    """
    return definitions(ColorizeOptions)[option].check(name or option, value)
