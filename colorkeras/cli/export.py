"""Convert a model to a file of another format, which runs without TensorFlow.

    colorkeras export --format onnx --model unet -o unet.onnx
    colorkeras export --format litert --model unet_vivid --image-size 128 -o vivid.tflite

Where what runs such files is installed, it colors photographs, and no file is left that colors them
otherwise than the model does. Of a model that samples the file gives the version of seed 0. What is
needed comes with pip install 'colorkeras[onnx]' and 'colorkeras[litert]'.
"""

from pathlib import Path

from colorkeras.cli import DONE
from colorkeras.export import bundled, converters
from colorkeras.utils.files import require_new, require_writable


def add_arguments(parser):
    """Adds the options of the command."""
    add = parser.add_argument
    add("--format", required=True, choices=converters.CONVERTERS)
    add(
        "--model",
        default=bundled.DEFAULT_MODEL,
        metavar="NAME_OR_PATH",
        help=f"{', '.join(bundled.BUNDLED_MODELS)} or an export folder (default: %(default)s)",
    )
    add("-o", "--output", required=True, metavar="FILE", help="write this new file")
    add(
        "--image-size",
        type=int,
        metavar="N",
        help="pixels: the only height and width that the file takes (default: any that the model "
        f"takes, of one that samples up to {converters.MAX_SIZE})",
    )
    add("--overwrite", action="store_true", help="replace the file if it is there")


def run(options):
    """Converts the model and says what came of it; returns the exit status."""
    require_new([options.output], options.overwrite)
    require_writable(Path(options.output).parent, "--output")
    converted = converters.convert(
        options.model, options.format, options.output, options.image_size
    )
    print(_summary(converted, converters.CONVERTERS[options.format]))
    return DONE


def _summary(converted, converter):
    size = converted.image_size or "any"
    limit = f", up to {converted.max_size}" if converted.max_size else ""
    return (
        f"{converted.path}: {converter.title}, {converted.path.stat().st_size / 1e6:.1f} MB\n"
        "from grayscale, float32 [n, h, w, 1], to rgb, float32 [n, h, w, 3], both 0..1; n any, "
        f"h and w {size}{limit}\n{_checked(converted, converter)}"
    )


def _checked(converted, converter):
    if converted.difference is None:
        return (
            f"*** Not checked, as {converter.runtime} is not installed: "
            f"pip install 'colorkeras[{converter.extra}]'"
        )
    return (
        f"colors photographs as the SavedModel does, to {converted.difference:.1g} "
        f"(checked by {converter.runtime}; at most {converters.MAX_DIFFERENCE:g})"
    )
