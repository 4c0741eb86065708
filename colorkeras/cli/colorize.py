"""Color pictures: files, or folders of files, of any size.

    colorkeras colorize grandma.jpg                    # writes grandma_color.jpg beside it
    colorkeras colorize scans/ -o color/ --recursive   # a folder, into another

Originals are never replaced unless asked for. Results say in their metadata that a program colored
them.
"""

import contextlib
import os
import sys
from collections import Counter

from tqdm import tqdm

from colorkeras.cli import DONE, FAILED, quiet_start
from colorkeras.cli.coloring_options import (
    add_coloring_arguments,
    check_coloring_options,
    check_range,
    settings_of,
)
from colorkeras.inference.batch import plan
from colorkeras.inference.batch.report import BatchReport
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import printable, require_writable

MAX_WORKERS = 4
"""How many pictures are in the works at once at most where --workers is auto: TensorFlow uses all
processors for each. One more than there are processors is fastest where these are two, see
`benchmarks/photographs.py`."""


def add_arguments(parser):
    """Adds the options of the command."""
    add = parser.add_argument
    add("inputs", nargs="+", metavar="INPUT", help="picture, or folder of pictures")
    add("-o", "--output", metavar="PATH", help="folder for results, or the result of one picture")
    add("--recursive", action="store_true", help="look into folders in folders")
    add_coloring_arguments(parser)
    add("--variations", type=int, default=1, metavar="N", help="plausible versions, numbered")
    add("--side-by-side", action="store_true", help="write source and result in one picture too")
    add("--workers", default="auto", metavar="N", help="pictures at once (default auto)")
    add("--report", metavar="FILE", help="write one line of CSV for each picture to this file")
    existing = parser.add_mutually_exclusive_group()
    existing.add_argument("--overwrite", action="store_true", help="replace results that are there")
    existing.add_argument("--skip-existing", action="store_true", help="leave them, and go on")


def run(options):
    """Colors the pictures, tells what became of them; returns the exit status."""
    _check(options)
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
        options.report, planned, options.skip_existing, options.overwrite
    )
    # TensorFlow takes seconds to load: what is wrong with files and folders is told before.
    with quiet_start():
        from colorkeras.inference import predictor
        from colorkeras.inference.batch import run as coloring

        loaded = predictor.load(options.model, options.render_size)
    _check_model(options, loaded)
    settings = settings_of(options, options.skip_existing)
    record = report.record if report else lambda outcome: None
    colored = coloring.colorize_files(
        loaded, planned, settings, _num_workers(options, planned), record
    )
    is_only = len(planned) == 1
    counts = Counter()
    try:
        with contextlib.closing(colored), tqdm(**_bar(planned)) as bar:
            for outcome in colored:
                bar.update()
                counts[outcome.status] += 1
                for line in _lines(outcome, is_only):
                    bar.write(line, file=sys.stderr if outcome.error else sys.stdout)
    finally:
        if report:
            report.save()
    if not is_only:
        print(", ".join(f"{counts[name]} {name}" for name in run.STATUSES))
    return FAILED if counts[coloring.FAILED] else DONE


def _check(options):
    """Raises UserError for what is wrong whatever the model can do."""
    check_coloring_options(options)
    check_range("--variations", options.variations, 1, 100)
    if options.workers != "auto" and not (
        options.workers.isdecimal() and 0 < int(options.workers) <= 64
    ):
        raise UserError(
            f"--workers {options.workers}", "auto, or a number in 1..64", "Leave it away."
        )


def _check_model(options, loaded):
    if options.temperature is not None:
        loaded.exported.check_temperature(options.temperature)
    if options.variations > 1 and not loaded.exported.samples:
        raise UserError(
            f"--variations {options.variations} of {options.model}, which has one answer",
            "a model that samples, such as unet_vivid",
            "Pass --model unet_vivid.",
        )


def _bar(planned):
    return {"total": len(planned), "unit": "picture", "disable": len(planned) == 1}


def _num_workers(options, planned):
    if options.workers != "auto":
        return int(options.workers)
    return min(MAX_WORKERS, (os.cpu_count() or 1) + 1, len(planned))


def _lines(outcome, is_only):
    """What is said of a picture: of one among many only what is worth knowing."""
    name = printable(outcome.source)
    if outcome.error is not None:
        yield f"\n{outcome.error}"
        return
    if is_only:
        yield from map(printable, outcome.targets)
    if outcome.notes != [plan.RESULT_EXISTS]:
        yield from (f"*** {name}: {note}" for note in outcome.notes)
