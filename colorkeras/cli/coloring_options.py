"""Options of programs that color files, and what they mean."""

from colorkeras import image_io
from colorkeras.config.training_config import check_render_size, check_saturation, check_temperature
from colorkeras.export.bundled import BUNDLED_MODELS, DEFAULT_MODEL, resolve
from colorkeras.export.metadata import read_metadata
from colorkeras.utils.errors import UserError


def add_coloring_arguments(parser):
    """Adds the model's options, and those of results."""
    add = parser.add_argument
    add(
        "--model",
        default=DEFAULT_MODEL,
        metavar="NAME_OR_PATH",
        help=f"{', '.join(BUNDLED_MODELS)} or the folder of an export (default %(default)s)",
    )
    add("--seed", type=int, default=0, metavar="N", help="of the first version (default 0)")
    add("--temperature", type=float, metavar="T", help="0..1.5: how far versions stray")
    add("--saturation", type=float, default=1.0, metavar="FACTOR", help="of colors (default 1)")
    add("--keep-colored", action="store_true", help="skip pictures that have colors already")
    add("--no-mark", action="store_true", help="leave out that a program colored the results")
    add(
        "--quality",
        type=int,
        default=image_io.QUALITY,
        metavar="Q",
        help="1..100, of JPEG and WebP (default %(default)s)",
    )
    add("--render-size", type=int, metavar="N", help="longer side of what the network sees")
    add(
        "--max-megapixels",
        type=float,
        default=image_io.MAX_MEGAPIXELS,
        metavar="N",
        help="millions of pixels of the largest picture that is opened (default %(default)g)",
    )


def check_coloring_options(options):
    """Raises UserError for what is wrong with them whatever the model can do."""
    check_saturation(options.saturation, "--saturation")
    if options.temperature is not None:
        check_temperature(options.temperature)
    if options.render_size is not None:
        check_render_size(options.render_size)
    read_metadata(resolve(options.model))
    check_range("--quality", options.quality, 1, 100)
    check_range("--seed", options.seed, 0, 2**31 - 1 - 100)
    check_range("--max-megapixels", options.max_megapixels, 0.001, 10_000)


def check_range(option, value, low, high):
    """Raises UserError unless the value of an option is in low..high."""
    # So written that it refuses nan as well.
    if not low <= value <= high:
        raise UserError(f"{option} {value}", f"a number in {low}..{high}", f"Leave {option} away.")


def settings_of(options, skip_existing):
    """The `run.ColorizeOptions` that the options, with --overwrite, stand for."""
    # Loads TensorFlow, which takes seconds: what is wrong with options is told before.
    from colorkeras.inference.batch.run import OPTION_NAMES, ColorizeOptions

    named = {name: getattr(options, name) for name in OPTION_NAMES if hasattr(options, name)}
    return ColorizeOptions(**{**named, "mark": not options.no_mark, "skip_existing": skip_existing})
