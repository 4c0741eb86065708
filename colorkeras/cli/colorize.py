"""Color images: files, or folders of files, of any size.

    colorkeras colorize grandma.jpg                    # writes grandma_color.jpg beside it
    colorkeras colorize scans/ -o color/ --recursive   # a folder, into another

Existing files are never replaced unless you ask for it. The metadata of results record that a
program colored them.
"""

import contextlib
import os
import sys

import numpy as np
from tqdm import tqdm

from colorkeras.cli import DONE, FAILED
from colorkeras.cli.colorize_arguments import add_colorize_arguments, colorize_options
from colorkeras.cli.startup import quiet_start
from colorkeras.config.colorize_options import MAX_VARIATIONS
from colorkeras.config.settings import Setting
from colorkeras.inference.batch import plan
from colorkeras.inference.batch.report import BatchReport, BatchSummary
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import printable, require_writable

MAX_WORKERS = 4
"""Largest number of images that --workers auto colors at once, since TensorFlow uses all processors
for each. One more than there are processors is fastest on two (`benchmarks/photographs.py`)."""


def add_arguments(parser):
    """Add the options of the command."""
    add = parser.add_argument
    add("inputs", nargs="+", metavar="INPUT", help="image, or folder of images")
    add("-o", "--output", metavar="PATH", help="folder for results, or the result of one image")
    add("--recursive", action="store_true", help="include subfolders")
    add("--exclude", action="append", default=[], metavar="PATTERN", help="names or paths to skip")
    add("--format", metavar="NAME", help="format of all results, such as jpg (default: as input)")
    add_colorize_arguments(parser)
    add("--variations", type=int, default=1, metavar="N", help="number of numbered variations")
    add("--side-by-side", action="store_true", help="also write input and result in one image")
    add("--workers", default="auto", metavar="N", help="images to color at once (default: auto)")
    add("--report", metavar="FILE", help="write a CSV file with one row per image")


def run(options):
    """Color the images and print what happened to each; return the exit status."""
    settings = colorize_options(options)
    _check(options, settings)
    planned = plan.plan(
        options.inputs,
        options.output,
        options.recursive,
        options.variations,
        options.side_by_side,
        options.format and f".{options.format.removeprefix('.')}",
        options.exclude,
    )
    if options.output is not None:
        for item in [item for item in planned.items if item.targets][:1]:
            require_writable(item.targets[0].parent, "--output")
    report = options.report and BatchReport(options.report, planned, settings.overwrite)
    # TensorFlow takes seconds to load, so files and folders are checked before.
    with quiet_start():
        from colorkeras.inference import predictor
        from colorkeras.inference.batch import run as batch

        model = predictor.load(options.model, settings.render_size)
        # TensorFlow prints harmless errors when it optimizes a graph for the first time.
        model.colorize(np.zeros([32, 32], np.uint8))
    _check_model(options, settings, model)
    record = report.record if report else lambda result: None
    items, summary = planned.items, BatchSummary(planned, options.output)
    results = batch.colorize_files(model, items, settings, _num_workers(options, items), record)
    is_only = len(items) == 1 and not planned.passed_over
    try:
        with contextlib.closing(results), tqdm(**_bar(items)) as bar:
            for result in results:
                bar.update()
                summary.add(result)
                for line in _lines(result, is_only):
                    bar.write(line, file=sys.stderr if result.error else sys.stdout)
    finally:
        if report:
            report.save()
    if not is_only:
        print("\n".join(summary.lines()))
    return FAILED if summary.counts[batch.FAILED] else DONE


def _check(options, settings):
    if settings.overwrite and settings.skip_existing:
        raise UserError("--overwrite with --skip-existing", "one of them", "Omit one of them.")
    Setting(int, low=1, high=MAX_VARIATIONS).check("--variations", options.variations)
    if options.workers != "auto":
        Setting(
            str, pattern="0*([1-9]|[1-5][0-9]|6[0-4])", expected="auto, or a number from 1 to 64"
        ).check("--workers", options.workers)


def _check_model(options, settings, model):
    if settings.temperature is not None:
        model.exported.check_temperature(settings.temperature)
    if options.variations > 1 and not model.exported.samples:
        raise UserError(
            f"--variations {options.variations} for {options.model}, which gives one result",
            "a model that samples, such as unet_vivid",
            "Pass --model unet_vivid.",
        )


def _bar(items):
    return {"total": len(items), "unit": "image", "disable": len(items) == 1}


def _num_workers(options, items):
    if options.workers != "auto":
        return int(options.workers)
    return min(MAX_WORKERS, (os.cpu_count() or 1) + 1, len(items))


def _lines(result, is_only):
    """Yield the lines to print for one image; results of many images are not listed."""
    name = printable(result.source)
    if result.error is not None:
        yield f"\n{result.error}"
        return
    if is_only:
        yield from map(printable, result.targets)
    if result.notes != [plan.RESULT_EXISTS]:
        yield from (f"Note: {name}: {note}" for note in result.notes)
