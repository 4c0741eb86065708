"""Colorize images, films and folders.

    colorkeras colorize grandma.jpg                    # writes grandma_color.jpg next to it
    colorkeras colorize scans/ -o color/ --recursive   # colorizes a folder and its subfolders
    colorkeras colorize film.mp4                       # writes film_color.mp4 with the same audio

Existing images and films are replaced only with --overwrite. The metadata of each output file
records that it was colorized by software.
"""

import contextlib
import dataclasses
import os
import sys

import numpy as np
from tqdm import tqdm

from colorkeras import image_io
from colorkeras.cli import DONE, FAILED
from colorkeras.cli.colorize_arguments import add_colorize_arguments, colorize_options
from colorkeras.cli.colorize_films import (
    FilmColorizer,
    add_film_arguments,
    check_film_options,
    is_sheet_name,
    preview_items,
)
from colorkeras.cli.open_file import open_file, require_opener
from colorkeras.cli.startup import quiet_start
from colorkeras.config.colorize_options import MAX_VARIATIONS
from colorkeras.config.validation import Setting
from colorkeras.inference.batch import color_files, plan
from colorkeras.inference.batch.film_names import is_film
from colorkeras.inference.batch.gallery import check_gallery, write_gallery
from colorkeras.inference.batch.report import BatchReport, BatchSummary
from colorkeras.inference.color_hints import HintList, parse_hint, read_hints
from colorkeras.inference.color_settings import ColorSettings, read_reference
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import expand_home, printable, quoted, require_writable

MAX_WORKERS = 4
"""Maximum number of images that `--workers auto` colorizes in parallel. More would not help,
because each image already uses all CPU cores. On two cores, three images in parallel are fastest
(`benchmarks/photographs.py`)."""


def add_arguments(parser):
    """Add the command's options."""
    add = parser.add_argument
    add("inputs", nargs="+", type=expand_home, metavar="INPUT", help="image, film or folder")
    add(
        "-o",
        "--output",
        type=expand_home,
        metavar="PATH",
        help="output folder, or output file for a single input",
    )
    add("--recursive", action="store_true", help="include subfolders")
    add(
        "--exclude",
        action="append",
        default=[],
        metavar="PATTERN",
        help="skip files and folders, including inputs, whose name or path matches this pattern; "
        "paths start with an input folder, are relative to it, or are absolute; can be repeated",
    )
    add("--format", metavar="NAME", help="output format, such as jpg (default: input format)")
    add_colorize_arguments(parser)
    _add_hint_arguments(add)
    add("--variations", type=int, default=1, metavar="N", help="number of variations per image")
    add(
        "--side-by-side",
        action="store_true",
        help="also write an image that shows the input and the output side by side",
    )
    add(
        "--gallery",
        type=expand_home,
        metavar="FILE",
        help="write an HTML page that shows each image in grayscale and in color",
    )
    add("--open", action="store_true", help="open the gallery, output file or folder when done")
    add_film_arguments(parser)
    add(
        "--workers",
        default="auto",
        metavar="N",
        help="number of images, or scenes of a film, to colorize in parallel (default: auto)",
    )
    add(
        "--report",
        type=expand_home,
        metavar="FILE",
        help="write a CSV file with one row per image",
    )


def _add_hint_arguments(add):
    add(
        "--hint",
        action="append",
        default=[],
        metavar="X,Y=#RRGGBB",
        help="color at a position, in pixels from the top left corner; can be repeated "
        "(photo model only)",
    )
    add(
        "--hints",
        type=expand_home,
        metavar="FILE",
        help="hints file for one image or film (photo model only)",
    )
    add(
        "--reference",
        type=expand_home,
        metavar="FILE",
        help="color image with similar content (photo model only)",
    )


def run(options):
    """Colorize the files and print the results; return the exit status."""
    settings = colorize_options(options)
    _check(options, settings)
    planned = _planned(options, settings)
    if options.output is not None:
        for item in [item for item in planned.items if item.targets][:1]:
            require_writable(item.targets[0].parent, "--output")
    report = options.report and BatchReport(options.report, planned, settings.overwrite)
    if options.gallery:
        check_gallery(options.gallery, planned, settings.overwrite)
    if options.open:
        require_opener()
    usable = [item for item in planned.items if item.problem is None and item.skipped is None]
    model = _loaded(options, settings, usable) if usable else None
    record = report.record if report else lambda result: None
    items, summary, finished = planned.items, BatchSummary(planned, options.output), []
    colorize, num_workers = FilmColorizer(options), _num_workers(options, items)
    results = color_files.colorize_files(
        model, items, settings, num_workers, record, colorize, colorize.cancel
    )
    is_only = len(items) == 1 and not planned.passed_over
    try:
        with contextlib.closing(results), tqdm(**_bar(items)) as bar:
            for result in results:
                bar.update()
                summary.add(result)
                finished.append(result)
                for line in _lines(result, is_only):
                    bar.write(line, file=sys.stderr if result.error else sys.stdout)
    finally:
        if report:
            report.save()
    if options.gallery:
        write_gallery(options.gallery, items, finished, settings)
        print(f"Gallery: {printable(options.gallery)}")
    if not is_only:
        print("\n".join(summary.lines()))
    if options.open:
        open_file(_shown_at_the_end(options, items))
    return FAILED if summary.counts[color_files.FAILED] else DONE


def _loaded(options, settings, items):
    """Announce the items to colorize, load the model, and check that it supports the options."""
    print(_beginning(items, options.model), file=sys.stderr, flush=True)
    # Load the model after checking all files and folders, since this may take several seconds.
    with quiet_start():
        from colorkeras.inference import predictor

        model = predictor.load(options.model, settings.render_size)
        # TensorFlow prints harmless errors when it optimizes a graph for the first time.
        model.colorize(np.zeros([32, 32], np.uint8))
    model.exported.check_samples(options.variations)
    ColorSettings.of(items[0], settings, settings.seed).check(model.exported)
    return model


def _check(options, settings):
    if settings.overwrite and settings.skip_existing:
        raise UserError(
            "--overwrite with --skip-existing", "only one of these options", "Omit one of them."
        )
    Setting(int, low=1, high=MAX_VARIATIONS).check("--variations", options.variations)
    if options.workers != "auto":
        Setting(
            str, pattern="0*([1-9]|[1-5][0-9]|6[0-4])", expected="auto or a number from 1 to 64"
        ).check("--workers", options.workers)


def _planned(options, settings):
    """Plan which files to colorize, and add the hints and the reference to each item."""
    hints, reference = _hints(options), None
    if options.reference is not None:
        reference = read_reference(options.reference, settings.max_megapixels)
    for name, given in (("hints", hints), ("--reference", reference)):
        if given and options.variations > 1:
            raise UserError(
                f"--variations {options.variations} with {name}",
                f"either --variations or {name}",
                "Omit --variations.",
            )
    planned = plan.plan(
        options.inputs,
        None if is_sheet_name(options) else options.output,
        options.recursive,
        options.variations,
        options.side_by_side,
        options.format and f".{options.format.removeprefix('.')}",
        options.exclude,
    )
    if hints and len(planned.items) > 1:
        raise UserError(
            f"hints for {len(planned.items)} images", "hints for one image", "Pass one image."
        )
    items = [
        dataclasses.replace(item, hints=hints, reference=reference, problem=_problem(item))
        for item in planned.items
    ]
    check_film_options(options, items)
    items = preview_items(options, items) if options.preview else items
    return dataclasses.replace(planned, items=items)


def _problem(item):
    """Return a `UserError` if a problem such as a missing file prevents colorizing an item."""
    if item.problem is None and item.skipped is None:
        try:
            item.source.stat()
        except OSError as error:
            # After other errors, opening the file fails later, with an explanation.
            if image_io.is_missing(error):
                what = "a film" if is_film(item.source) else "an image"
                return image_io.missing_file_error(item.source, error, f"the path to {what}")
    return item.problem


def _hints(options):
    """Return a `HintList` with the hints from the --hints file, followed by those from --hint."""
    listed = HintList() if options.hints is None else read_hints(options.hints)
    return HintList((*listed.hints, *map(parse_hint, options.hint)), listed.size)


def _unit(items):
    return "file" if any(is_film(item.source) for item in items) else "image"


def _beginning(items, model):
    what = quoted(items[0].source) if len(items) == 1 else f"{len(items)} {_unit(items)}s"
    return f"Colorizing {what} with {model} ..."


def _shown_at_the_end(options, items):
    """Return the path that --open opens."""
    if options.gallery:
        return options.gallery
    # For a single image, open the contact sheet of its variations or the output file.
    first = next(iter([*items[0].sheets, *items[0].results]), items[0].source)
    return first if len(items) == 1 and first.exists() else first.parent


def _bar(items):
    return {"total": len(items), "unit": _unit(items), "disable": len(items) == 1}


def _num_workers(options, items):
    if options.workers != "auto":
        return int(options.workers)
    return min(MAX_WORKERS, (os.cpu_count() or 1) + 1, len(items))


def _lines(result, is_only):
    """Yield the lines to print for a result; output paths are printed only for a single file."""
    name = printable(result.source)
    if result.error is not None:
        yield f"\n{result.error}"
        return
    if is_only:
        yield from map(printable, result.targets)
    if is_only or result.notes != [plan.RESULT_EXISTS]:
        yield from (f"Note: {name}: {note}" for note in result.notes)
