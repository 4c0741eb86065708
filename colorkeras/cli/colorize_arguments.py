"""Command-line options shared by programs that colorize files."""

from colorkeras.config.colorize_options import ColorizeOptions
from colorkeras.config.validation import add_options
from colorkeras.export.bundled import BUNDLED_MODELS, DEFAULT_MODEL, resolve
from colorkeras.export.metadata import read_metadata
from colorkeras.utils.files import expand_home


def add_model_argument(parser, default=None, **settings):
    """Add --model, which accepts the name of a bundled model or a path."""
    suffix = f" (default: {default})" if default else ""
    parser.add_argument(
        "--model",
        type=expand_home,
        default=default,
        metavar="NAME_OR_PATH",
        help=f"{', '.join(BUNDLED_MODELS)} or the path to an export{suffix}",
        **settings,
    )


def add_colorize_arguments(parser):
    """Add --model and one option for each field of `ColorizeOptions`."""
    add_model_argument(parser, DEFAULT_MODEL)
    add_options(parser, ColorizeOptions)


def colorize_options(options):
    """Create `ColorizeOptions` from parsed options; raise `UserError` if the model is missing."""
    settings = ColorizeOptions.from_options(options)
    read_metadata(resolve(options.model))
    return settings
