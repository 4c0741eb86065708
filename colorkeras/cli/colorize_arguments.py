"""Options of programs that color files."""

from colorkeras.config.colorize_options import ColorizeOptions
from colorkeras.config.settings import add_options
from colorkeras.export.bundled import BUNDLED_MODELS, DEFAULT_MODEL, resolve
from colorkeras.export.metadata import read_metadata


def add_model_argument(parser, default=None, **settings):
    """Add --model, which takes the name of a bundled model or a path."""
    suffix = f" (default: {default})" if default else ""
    parser.add_argument(
        "--model",
        default=default,
        metavar="NAME_OR_PATH",
        help=f"{', '.join(BUNDLED_MODELS)} or the folder of an export{suffix}",
        **settings,
    )


def add_colorize_arguments(parser):
    """Add --model and one option for each field of `ColorizeOptions`."""
    add_model_argument(parser, DEFAULT_MODEL)
    add_options(parser, ColorizeOptions)


def colorize_options(options):
    """Check parsed options and return the `ColorizeOptions` among them.

    Raises:
        UserError: A value is out of range, or the model is missing.
    """
    settings = ColorizeOptions.from_options(options)
    read_metadata(resolve(options.model))
    return settings
