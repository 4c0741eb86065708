"""Convert a model to a file format that runs without TensorFlow.

    colorkeras export --format onnx --model unet -o unet.onnx
    colorkeras export --format litert --model unet_vivid --image-size 128 -o vivid.tflite

If a runtime for the format is installed, the output file is verified. It is deleted if its colors
differ from those of the original model. Models that sample are converted with seed 0. To install
the converter and the runtime for ONNX, run pip install 'colorkeras[onnx]'.
"""

from pathlib import Path

from colorkeras.cli import DONE
from colorkeras.cli.colorize_arguments import add_model_argument
from colorkeras.export import bundled, converters
from colorkeras.utils.files import expand_home, require_new, require_writable


def add_arguments(parser):
    """Add the command's options."""
    add = parser.add_argument
    add("--format", required=True, choices=converters.CONVERTERS, help="format of the output file")
    add_model_argument(parser, bundled.DEFAULT_MODEL)
    add(
        "-o",
        "--output",
        type=expand_home,
        required=True,
        metavar="FILE",
        help="output file",
    )
    add(
        "--image-size",
        type=int,
        metavar="N",
        help="fixed height and width in pixels (default: the file accepts the same sizes as the "
        f"model, but at most {converters.MAX_SIZE} for models that sample)",
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
    size = f"must be {converted.image_size}" if converted.image_size else "can have any value"
    limit = f" up to {converted.max_size}" if converted.max_size else ""
    return (
        f"{converted.path}: {converter.title}, {converted.path.stat().st_size / 1e6:.1f} MB\n"
        "input: grayscale, float32 [n, h, w, 1] in [0, 1]\n"
        "output: rgb, float32 [n, h, w, 3] in [0, 1]\n"
        f"n can have any value; h and w {size}{limit}\n{_checked(converted, converter)}"
    )


def _checked(converted, converter):
    if converted.difference is None:
        return (
            f"Note: The file was not verified because {converter.runtime} is not installed. "
            f"To install it, run pip install '{converter.package}'."
        )
    return (
        f"Verified with {converter.runtime}: colors differ from those of the SavedModel by at most "
        f"{converted.difference:.1g} (allowed: {converters.MAX_DIFFERENCE:g})."
    )
