"""Convert a model to a file format that runs without TensorFlow.

    colorkeras export --format onnx --model unet -o unet.onnx
    colorkeras export --format litert --model unet_vivid --image-size 128 -o vivid.tflite

If the runtime of the format is installed, the file is checked: it has to color photographs as the
model does, or it is deleted. A model that samples is converted with seed 0. The extras
'colorkeras[onnx]' and 'colorkeras[litert]' install the converters and runtimes.
"""

from pathlib import Path

from colorkeras.cli import DONE
from colorkeras.cli.colorize_arguments import add_model_argument
from colorkeras.export import bundled, converters
from colorkeras.utils.files import require_new, require_writable


def add_arguments(parser):
    """Add the options of the command."""
    add = parser.add_argument
    add("--format", required=True, choices=converters.CONVERTERS)
    add_model_argument(parser, bundled.DEFAULT_MODEL)
    add("-o", "--output", required=True, metavar="FILE", help="new file to write")
    add(
        "--image-size",
        type=int,
        metavar="N",
        help="fixed height and width in pixels (default: any that the model takes, up to "
        f"{converters.MAX_SIZE} for a model that samples)",
    )
    add("--overwrite", action="store_true", help="replace an existing file")


def run(options):
    """Convert the model and describe the file; return the exit status."""
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
        "from grayscale, float32 [n, h, w, 1], to rgb, float32 [n, h, w, 3], both in [0, 1]; "
        f"n any, h and w {size}{limit}\n{_checked(converted, converter)}"
    )


def _checked(converted, converter):
    if converted.difference is None:
        return (
            f"Note: not checked, since {converter.runtime} is not installed: "
            f"pip install 'colorkeras[{converter.extra}]'"
        )
    return (
        f"colors photographs as the SavedModel does, within {converted.difference:.1g} "
        f"(checked with {converter.runtime}; allowed: {converters.MAX_DIFFERENCE:g})"
    )
