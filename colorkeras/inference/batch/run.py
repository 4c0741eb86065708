"""Color files, one or thousands: replace nothing unasked, and report everything that fails."""

import contextlib
import itertools
import math
import os
import re
import threading
import time

import numpy as np
from PIL import Image

from colorkeras import image_io
from colorkeras.config.colorize_options import ColorizeOptions
from colorkeras.image_io import DecodedImage, Metadata, as_uint8
from colorkeras.image_io.color_detection import is_colored
from colorkeras.inference.batch.plan import RESULT_EXISTS
from colorkeras.inference.batch.report import DONE, FAILED, SKIPPED, STATUSES, FileResult
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import as_user_error, quoted
from colorkeras.utils.ordered_map import ordered_map
from colorkeras.utils.version import __version__

__all__ = ["DONE", "FAILED", "SKIPPED", "STATUSES", "FileResult", "colorize_file", "colorize_files"]

TILE_SIZE = 1024
"""Longer side, in pixels, of each image in a sheet."""

LARGE = 25_000_000
"""Number of pixels of a page above which only one file at a time is colored."""

_RECORDED_OPTIONS = ("temperature", "saturation", "render_size", "keep_colored", "quality")
"""Fields of `ColorizeOptions`, besides the seed, that results record where they are set."""

_large_files = threading.Lock()


def colorize_files(model, items, options, num_workers, record=lambda result: None):
    """Color files.

    Args:
        model: `Predictor`.
        items: Iterable of `BatchItem`.
        options: `ColorizeOptions`.
        num_workers: Number of files to work on at once, at least 1.
        record: Function of each `FileResult`, called from worker threads as soon as a file is
            finished, so that none is missed if the run stops.

    Yields:
        `FileResult` of each item, in their order.
    """

    def colorize(item):
        result = colorize_file(model, item, options)
        record(result)
        return result

    return ordered_map(colorize, items, num_workers)


def colorize_file(model, item, options):
    """Color one file and return its `FileResult`; errors become part of it.

    Args:
        model: `Predictor`, or any object with its `name` and `color_image`.
        item: `BatchItem`.
        options: `ColorizeOptions`.
    """
    return _attempt(_colorize_file, model, item, options)


def dry_run(model, item, options):
    """Let a model color the pages that `colorize_file` would, in the same order; write nothing.

    For models that only look at images, and a single sample. Takes the arguments of
    `colorize_file`, and results that exist are not compared with the options.

    Returns:
        `FileResult`, which is final unless its status is `DONE`.
    """
    return _attempt(_dry_run, model, item, options)


def _attempt(work, model, item, options):
    started = time.perf_counter()
    result = FileResult(item.source)
    try:
        if item.skipped is not None:
            raise _SkippedError(item.skipped)
        if item.problem is not None:
            raise item.problem
        work(model, item, options, result)
    except _SkippedError as reason:
        result.status, result.notes = SKIPPED, [str(reason)]
    except Exception as error:  # Whatever is wrong with one file, the others are colored.
        if isinstance(error, FileExistsError) and options.skip_existing:
            # It appeared meanwhile: another process colors the same files.
            result.status, result.notes = SKIPPED, [RESULT_EXISTS]
        else:
            result.status, result.error = FAILED, as_user_error(item.source, error)
    result.seconds = time.perf_counter() - started
    return result


class _SkippedError(Exception):
    """There is nothing to do for a file; the text is the reason."""


def _missing_targets(item, options, is_finished):
    """Return the paths of an item that are to be written.

    Raises:
        UserError: One exists, and is neither finished nor to be skipped.
        _SkippedError: None is missing.
    """
    if options.overwrite:
        return item.targets
    existing = [path for path in item.targets if os.path.lexists(path)]
    for path in existing:
        if not (options.skip_existing or is_finished(path)):
            raise UserError(
                f"{quoted(path)} as result of {quoted(item.source)}, which exists",
                "a name that is not taken, or a result of the same settings",
                "Pass --overwrite to replace it, or --skip-existing to keep it.",
            )
    missing = [path for path in item.targets if path not in existing]
    if not missing:
        raise _SkippedError(RESULT_EXISTS)
    return missing


def _description(model, options, seed):
    """Return the model and the settings behind a result, as its metadata record them."""
    parts = [f"model {model.name}", *([f"seed {seed}"] if seed else [])]
    for name in _RECORDED_OPTIONS:
        value = getattr(options, name)
        if value != getattr(ColorizeOptions, name):
            title = name.replace("_", " ")
            parts.append(title if value is True else f"{title} {value}")
    return ", ".join(parts)


def _is_recorded(path, description):
    """Return whether a file's metadata record that a model made it with the same settings."""
    try:
        with image_io.open_image(path) as contents:
            xmp = contents.metadata.xmp or b""
    except UserError:
        return False
    tool = rf'CreatorTool="colorkeras [^,"]+, {re.escape(description)}[";]'
    return image_io.SOURCE_TYPE.encode() in xmp and re.search(tool.encode(), xmp) is not None


def _dry_run(model, item, options, result):
    _missing_targets(item, options, lambda path: False)
    with _opened(item.source, options) as contents:
        for _ in _colored_pages(model, contents, options.seed, options):
            pass


def _colorize_file(model, item, options, result):
    seeds = {target: options.seed + number for number, target in enumerate(item.results)}

    def description(target):
        return _description(model, options, seeds.get(target, options.seed))

    missing = _missing_targets(item, options, lambda path: _is_recorded(path, description(path)))
    for target in item.targets:
        if target not in missing:
            if target in item.sheets and result.targets:
                result.notes.append(f"{quoted(target)} exists and was kept")
            continue
        software = f"colorkeras {__version__}, {description(target)}" if options.mark else None
        if target in item.sheets:
            _write_sheet(target, (item.source, *item.sheets[target]), options, software)
        else:
            seed = seeds[target]
            result.notes += _colorize_to(target, model, item.source, seed, options, software)
        if options.keep_times:
            times = item.source.stat()
            os.utime(target, ns=(times.st_atime_ns, times.st_mtime_ns))
        result.targets.append(target)
    result.notes = list(dict.fromkeys(result.notes))  # All samples have the same ones.


def _colorize_to(target, model, source, seed, options, software):
    """Write one result; return sentences on what was lost."""
    with _opened(source, options) as contents:
        # Anything that decides about the file, such as its own colors, comes before writing.
        pages = _start(_colored_pages(model, contents, seed, options))
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
def _opened(source, options):
    """Yield the contents of a file; only one large file is open at a time."""
    with image_io.open_image(source, options.max_megapixels) as contents:
        is_large = contents.num_pixels > LARGE
        with _large_files if is_large else contextlib.nullcontext():
            yield contents


def _colored_pages(model, contents, seed, options):
    """Return an iterator of the pages of a file in color, which keeps none of them in memory."""

    def colorize(page, number):
        if is_colored(page.pixels):
            which = "it" if contents.num_pages == 1 else f"page {number}"
            if options.keep_colored and contents.num_pages == 1:
                raise _SkippedError("it is already in color")
            if options.keep_colored:
                contents.notes.append(f"{which} was already in color, which was kept")
                return page
            contents.notes.append(f"{which} was already in color, which was replaced")
        return model.color_image(page, seed, options.temperature, options.saturation)

    return map(colorize, contents.pages, itertools.count(1))


def _start(pages):
    """Compute the first page now, without keeping it in memory after it is used."""
    first = [next(pages)]

    def all_pages():
        yield first.pop()
        yield from pages

    return all_pages()


def _write_sheet(path, sources, options, software):
    tiles = [_tile(source, options.max_megapixels) for source in sources]
    metadata = Metadata()
    if software is not None:
        image_io.mark(metadata, software)
    page = iter([DecodedImage(_grid(tiles))])
    image_io.save(path, page, metadata, replace=options.overwrite)


def _tile(path, max_megapixels):
    """Return a small image of the first page of a file: gray or RGB `PIL.Image.Image`."""
    with image_io.open_image(path, max_megapixels) as contents:
        image = Image.fromarray(as_uint8(next(contents.pages).pixels))
    image.thumbnail((TILE_SIZE, TILE_SIZE))
    return image


def _grid(tiles, gap=8):
    """Arrange images of one size in a grid on white: uint8 `[h, w, 3]`."""
    width, height = tiles[0].size
    columns = math.ceil(math.sqrt(len(tiles)))
    rows = math.ceil(len(tiles) / columns)
    size = columns * (width + gap) - gap, rows * (height + gap) - gap
    sheet = Image.new("RGB", size, "white")
    for number, tile in enumerate(tiles):
        row, column = divmod(number, columns)
        sheet.paste(tile, (column * (width + gap), row * (height + gap)))
    return np.asarray(sheet)
