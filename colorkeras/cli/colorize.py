"""Color images: files, or folders of files, of any size.

    colorkeras colorize grandma.jpg                    # writes grandma_color.jpg beside it
    colorkeras colorize scans/ -o color/ --recursive   # a folder, into another

Existing files are never replaced unless you ask for it. The metadata of results record that a
program colored them.
"""

import contextlib
import os
import sys
from collections import Counter

import numpy as np
from tqdm import tqdm

from colorkeras.cli import DONE, FAILED
from colorkeras.cli.colorize_arguments import add_colorize_arguments, colorize_options
from colorkeras.cli.startup import quiet_start
from colorkeras.config.colorize_options import MAX_VARIATIONS
from colorkeras.config.settings import Setting
from colorkeras.inference.batch import plan
from colorkeras.inference.batch.report import BatchReport
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
    )
    if options.output is not None:
        for job in [job for job in planned if job.targets][:1]:
            require_writable(job.targets[0].parent, "--output")
    report = options.report and BatchReport(
        options.report, planned, settings.skip_existing, settings.overwrite
    )
    # TensorFlow takes seconds to load, so files and folders are checked before.
    with quiet_start():
        from colorkeras.inference import predictor
        from colorkeras.inference.batch import run as batch

        model = predictor.load(options.model, settings.render_size)
        # TensorFlow prints harmless errors when it optimizes a graph for the first time.
        model.colorize(np.zeros([32, 32], np.uint8))
    _check_model(options, settings, model)
    record = report.record if report else lambda outcome: None
    results = batch.colorize_files(model, planned, settings, _num_workers(options, planned), record)
    is_only = len(planned) == 1
    counts = Counter()
    try:
        with contextlib.closing(results), tqdm(**_bar(planned)) as bar:
            for outcome in results:
                bar.update()
                counts[outcome.status] += 1
                for line in _lines(outcome, is_only):
                    bar.write(line, file=sys.stderr if outcome.error else sys.stdout)
    finally:
        if report:
            report.save()
    if not is_only:
        print(", ".join(f"{counts[name]} {name}" for name in batch.STATUSES))
    return FAILED if counts[batch.FAILED] else DONE


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


def _bar(planned):
    return {"total": len(planned), "unit": "image", "disable": len(planned) == 1}


def _num_workers(options, planned):
    if options.workers != "auto":
        return int(options.workers)
    return min(MAX_WORKERS, (os.cpu_count() or 1) + 1, len(planned))


def _lines(outcome, is_only):
    """Yield the lines to print for one image; results of many images are not listed."""
    name = printable(outcome.source)
    if outcome.error is not None:
        yield f"\n{outcome.error}"
        return
    if is_only:
        yield from map(printable, outcome.targets)
    if outcome.notes != [plan.RESULT_EXISTS]:
        yield from (f"Note: {name}: {note}" for note in outcome.notes)
