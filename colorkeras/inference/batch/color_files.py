"""Colorization of files, including skipping, overwriting and error handling."""

import contextlib
import itertools
import os
import re
import threading
import time

from colorkeras import image_io
from colorkeras.config.colorize_options import ColorizeOptions
from colorkeras.image_io.color_detection import find_tint
from colorkeras.image_io.pixels import on_white
from colorkeras.inference.batch.plan import RESULT_EXISTS
from colorkeras.inference.batch.report import DONE, FAILED, SKIPPED, STATUSES, FileResult
from colorkeras.inference.batch.sheets import write_sheet
from colorkeras.inference.color_settings import ColorSettings
from colorkeras.inference.old_photographs import color_photograph
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import as_user_error, quoted
from colorkeras.utils.ordered_map import ordered_map
from colorkeras.utils.version import __version__

__all__ = ["DONE", "FAILED", "SKIPPED", "STATUSES", "FileResult", "colorize_file", "colorize_files"]

LARGE = 25_000_000
"""Page size in pixels above which files are colorized one at a time."""

_RECORDED_OPTIONS = (
    "temperature",
    "vividness",
    "saturation",
    "render_size",
    "straighten",
    "auto_contrast",
    "neutral_borders",
    "crop_borders",
    "keep_tone",
    "keep_colored",
    "quality",
)
"""Fields of `ColorizeOptions` whose non-default values are recorded in output files, in addition to
the seed."""

_large_files = threading.Lock()


def colorize_files(
    model,
    items,
    options,
    num_workers,
    record=lambda result: None,
    colorize=None,
    cancel=lambda: None,
):
    """Colorize several files and yield a `FileResult` for each, in order.

    Worker threads call `record` with each `FileResult` as soon as a file is finished, so no result
    is lost if the run stops.

    Args:
        model: See `colorize_file`.
        items: Iterable of `BatchItem`.
        options: `ColorizeOptions`.
        num_workers: Number of files to colorize in parallel.
        record: Function that is called with each `FileResult`.
        colorize: Function with the same signature as `colorize_file`, which is the default.
        cancel: See `ordered_map`.
    """
    colorize = colorize or colorize_file

    def colorize_and_record(item):
        result = colorize(model, item, options)
        record(result)
        return result

    return ordered_map(colorize_and_record, items, num_workers, cancel)


def colorize_file(model, item, options):
    """Colorize a file and return its `FileResult`, which includes any error.

    Args:
        model: `Predictor`, or a stand-in that has `recorded_name`, `engine` and `color_image`.
        item: `BatchItem`.
        options: `ColorizeOptions`.
    """
    return attempt(_colorize_file, model, item, options)


def dry_run(model, item, options):
    """Pass a model the pages that `colorize_file` would colorize, in order, without writing files.

    The model is usually a stand-in that records the pages. Only one sample per file is supported,
    and the settings recorded in existing output files are not checked. The arguments are the same
    as for `colorize_file`.

    Returns:
        `FileResult`. The status `DONE` means that the file can be colorized.
    """
    return attempt(_dry_run, model, item, options)


def attempt(work, model, item, options):
    """Return the `FileResult` of `work(model, item, options, result)`, which includes any error."""
    started = time.perf_counter()
    result = FileResult(item.source)
    try:
        if item.skipped is not None:
            raise SkippedError(item.skipped)
        if item.problem is not None:
            raise item.problem
        work(model, item, options, result)
    except SkippedError as reason:
        result.status, result.notes = SKIPPED, [str(reason)]
    except Exception as error:  # A problem with one file must not stop the others.
        if isinstance(error, FileExistsError) and options.skip_existing:
            # Another process is colorizing the same files and has just created this one.
            result.status, result.notes = SKIPPED, [RESULT_EXISTS]
        else:
            result.status, result.error = FAILED, as_user_error(item.source, error)
    result.seconds += time.perf_counter() - started
    return result


class SkippedError(Exception):
    """Raised if a file needs no processing; the message is the reason."""


def missing_targets(item, options, is_finished):
    """Return the paths of an item's output files that still have to be written.

    Args:
        item: `BatchItem`.
        options: `ColorizeOptions`.
        is_finished: Function that returns whether an existing file was created with the same model
            and settings.

    Raises:
        UserError: An existing output file was not created with the same model and settings, and
            the options do not allow replacing or skipping it.
        SkippedError: All output files exist.
    """
    if options.overwrite:
        return item.targets
    existing = [path for path in item.targets if os.path.lexists(path)]
    for path in existing:
        if not (options.skip_existing or is_finished(path)):
            raise UserError(
                f"{quoted(item.source)}, whose output file {quoted(path)} already exists",
                "an output file that is new or was created with the same model and settings",
                "Pass --overwrite to replace it, --skip-existing to keep it, or a different -o.",
            )
    missing = [path for path in item.targets if path not in existing]
    if not missing:
        raise SkippedError(RESULT_EXISTS)
    return missing


def describe(model, item, options, seed):
    """Describe the model and the settings for the metadata of an output file."""
    parts = [f"model {model.recorded_name}", *([f"seed {seed}"] if seed else [])]
    for name in _RECORDED_OPTIONS:
        value = getattr(options, name)
        if value != getattr(ColorizeOptions, name):
            title = name.replace("_", " ")
            parts.append(title if value is True else f"{title} {value}")
    if item.hints:
        parts.append(f"hints {item.hints.digest}")
    if item.reference:
        parts.append(f"reference {item.reference.digest}")
    return ", ".join(parts)


def _is_recorded(path, description):
    """Return whether a file's metadata contains the text from `describe`."""
    try:
        with image_io.open_image(path, float("inf")) as contents:  # This decodes no pixels.
            xmp = contents.metadata.xmp or b""
    except UserError:
        return False
    tool = rf'CreatorTool="colorkeras [^,"]+, {re.escape(description)}[";]'
    return image_io.SOURCE_TYPE.encode() in xmp and re.search(tool.encode(), xmp) is not None


def _dry_run(model, item, options, result):
    missing_targets(item, options, lambda path: False)
    settings = ColorSettings.of(item, options, options.seed)
    with _opened(item.source, options, result) as contents:
        for _ in _colored_pages(model, contents, settings, options):
            pass


def _colorize_file(model, item, options, result):
    seeds = {target: options.seed + number for number, target in enumerate(item.results)}

    def description(target):
        return describe(model, item, options, seeds.get(target, options.seed))

    missing = missing_targets(item, options, lambda path: _is_recorded(path, description(path)))
    for target in item.targets:
        if target not in missing:
            if target in item.sheets and result.targets:
                result.notes.append(f"kept the existing file {quoted(target)}")
            continue
        software = f"colorkeras {__version__}, {description(target)}" if options.mark else None
        if target in item.sheets:
            write_sheet(target, (item.source, *item.sheets[target]), options, software)
        else:
            settings = ColorSettings.of(item, options, seeds[target])
            result.notes += _colorize_to(target, model, settings, options, software, result)
            result.engine = model.engine
        add_target(target, item, options, result)
    result.notes = list(dict.fromkeys(result.notes))  # All samples have the same notes.


def add_target(target, item, options, result):
    """Add a written file to a `FileResult`, and copy the times of the input file if requested."""
    if options.keep_times:
        times = item.source.stat()
        os.utime(target, ns=(times.st_atime_ns, times.st_mtime_ns))
    result.targets.append(target)


def _colorize_to(target, model, settings, options, software, result):
    """Write one output file; return a list of notes about data that was lost."""
    with _opened(result.source, options, result) as contents:
        # Compute the first page before writing, since it may show that the file must be skipped.
        pages = _start(_colored_pages(model, contents, settings, options), contents)
        if software is not None:
            contents.notes += image_io.mark(contents.metadata, software)
        lost = image_io.save(
            target,
            pages,
            contents.metadata,
            contents.num_pages,
            quality=options.quality,
            replace=options.overwrite,
        )
    return [*contents.notes, *lost]


@contextlib.contextmanager
def _opened(source, options, result):
    """Yield the contents of a file, but decode only one large file at a time."""
    with image_io.open_image(source, options.max_megapixels) as contents:
        is_large = contents.num_pixels > LARGE
        started = time.perf_counter()
        with _large_files if is_large else contextlib.nullcontext():
            result.seconds -= time.perf_counter() - started  # Exclude waiting time.
            yield contents


def _colored_pages(model, contents, settings, options):
    """Return an iterator that colorizes a file's pages without keeping them in memory."""
    if settings.hints and contents.num_pages > 1:
        raise UserError(
            f"hints for a file with {contents.num_pages} pages",
            "a file with one page",
            "Save the page to colorize as a separate file.",
        )

    def colorize(page, number):
        which = "it" if contents.num_pages == 1 else f"page {number}"
        tint = find_tint(on_white(page).pixels)
        if tint == "color":
            if options.keep_colored and contents.num_pages == 1:
                raise SkippedError("it is already in color")
            if options.keep_colored:
                contents.notes.append(f"{which} was already in color and was kept")
                return page
            contents.notes.append(f"{which} was already in color; its colors were replaced")
            return color_photograph(model, page, settings, contents.notes)
        keep_tone = tint == "toned" and options.keep_tone
        colored = color_photograph(model, page, settings, contents.notes, keep_tone)
        if tint == "toned" and not keep_tone:
            contents.notes.append(f"{which} had a sepia tone; pass --keep-tone to preserve it")
        return colored

    return map(colorize, contents.pages, itertools.count(1))


def _start(pages, contents):
    """Compute the first page immediately, but release its memory after use.

    Metadata that contains pixel positions is dropped if cropping or rotation made them invalid.
    """
    first = [next(pages)]
    if first[0].is_moved:
        contents.notes += image_io.drop_positions(contents.metadata)

    def all_pages():
        yield first.pop()
        yield from pages

    return all_pages()
