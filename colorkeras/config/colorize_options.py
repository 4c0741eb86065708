"""Settings for colorizing images."""

from dataclasses import dataclass

from colorkeras.config.validation import Checked, definitions, setting

MAX_TEMPERATURE = 1.5
"""Maximum sampling temperature; higher values give implausible colors."""

MAX_SATURATION = 4.0
"""Maximum saturation factor; with higher values, most colors would be clipped to the gamut."""

MAX_VARIATIONS = 100

MAX_REFERENCE_SIZE = 256
"""Maximum length of a reference's longer side in pixels; larger references are downscaled."""


@dataclass(frozen=True)
class ColorizeOptions(Checked):
    """Settings for colorizing images; each field is an option of the `colorize` command.

    Raises:
        UserError: A value has the wrong type or is out of range.

    >>> ColorizeOptions(saturation=1.2).quality
    95
    """

    seed: int = setting(
        0,
        "Seed for the first variation. With the photo model, seed 0 gives the most likely colors.",
        low=0,
        high=2**31 - 1 - MAX_VARIATIONS,
        section="color",
    )
    temperature: float | None = setting(
        None,
        f"Sampling temperature in [0, {MAX_TEMPERATURE:g}]; higher is more diverse.",
        default_text="the model's",
        low=0,
        high=MAX_TEMPERATURE,
        section="color",
        metavar="T",
    )
    vividness: float | None = setting(
        None,
        "Vividness in [0, 1], from muted to vivid colors (photo model only).",
        default_text="the model's",
        low=0,
        high=1,
        section="color",
        metavar="V",
    )
    saturation: float = setting(
        1.0,
        f"Chroma multiplier in [0, {MAX_SATURATION:g}]; 0 gives gray.",
        low=0,
        high=MAX_SATURATION,
        section="color",
        metavar="FACTOR",
    )
    render_size: int | None = setting(
        None,
        "Longer side of the network's input image, in pixels; smaller values give smoother colors, "
        "larger values give more detail.",
        default_text="the model's",
        low=8,
        high=4096,
        section="color",
    )
    straighten: bool = setting(
        False,
        "Straighten (deskew) prints that were scanned at an angle.",
        section="color",
    )
    auto_contrast: bool = setting(
        False, "Stretch faded tones to the full range before colorizing.", section="color"
    )
    neutral_borders: bool = setting(False, "Keep paper borders free of color.", section="color")
    crop_borders: bool = setting(False, "Crop paper borders.", section="color")
    keep_tone: bool = setting(
        False, "Preserve the tone of sepia prints and aged paper.", section="color"
    )
    keep_colored: bool = setting(False, "Skip images that are already in color.", section="files")
    mark: bool = setting(
        True, "Do not record in the metadata that the image was colorized.", section="files"
    )
    quality: int = setting(
        95, "Quality of JPEG images, WebP images and films.", low=1, high=100, section="files"
    )
    max_megapixels: float = setting(
        150.0, "Maximum image size, in megapixels.", low=0.001, high=10_000, section="files"
    )
    overwrite: bool = setting(False, "Replace existing output files.", section="files")
    skip_existing: bool = setting(
        False, "Skip images whose output file already exists.", section="files"
    )
    keep_times: bool = setting(
        False, "Copy the modification time from each input file.", section="files"
    )


def check_option(option, value, name=None):
    """Validate a value for a `ColorizeOptions` field; error messages refer to it as `name`."""
    return definitions(ColorizeOptions)[option].check(name or option, value)
