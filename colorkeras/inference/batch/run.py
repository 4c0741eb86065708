"""Colors files, one or thousands: nothing is lost, nothing overwritten, nothing fails unsaid."""

import contextlib
import itertools
import math
import os
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from colorkeras import image_io
from colorkeras.image_io import DecodedImage, Metadata, as_uint8
from colorkeras.image_io.color_detection import is_colored
from colorkeras.inference.batch.plan import RESULT_EXISTS
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import as_user_error, quoted
from colorkeras.utils.ordered_map import ordered_map
from colorkeras.utils.version import __version__

DONE, SKIPPED, FAILED = STATUSES = "done", "skipped", "failed"
"""What may become of a file."""

TILE_SIZE = 1024
"""Pixels of the longer side of each picture in a sheet."""

LARGE = 25_000_000
"""Pixels of a page above which only one file at a time is colored."""

_LARGE_ONES = threading.Lock()


@dataclass
class FileResult:
    """What became of a file.

    Attributes:
        source: Its path.
        status: `DONE`, `SKIPPED` or `FAILED`.
        targets: Paths that were written.
        notes: Sentences on what was lost or is worth knowing.
        error: `UserError`, if it failed.
        seconds: How long it took.
    """

    source: Path
    status: str = DONE
    targets: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    error: UserError | None = None
    seconds: float = 0.0


def colorize_files(model, jobs, settings, num_workers, record=lambda outcome: None):
    """Colors files.

    Args:
        model: `Predictor`.
        jobs: Iterable of `BatchItem`.
        settings: `ColorizeOptions`.
        num_workers: How many files are in the works at once, at least 1.
        record: Function of each `FileResult`, called from worker threads as soon as a file is
            finished, so that none is missed if the run stops.

    Yields:
        `FileResult` of each job, in their order.
    """

    def color(job):
        outcome = colorize_file(model, job, settings)
        record(outcome)
        return outcome

    return ordered_map(color, jobs, num_workers)


def colorize_file(model, job, settings):
    """Colors one file; what goes wrong becomes part of the `FileResult`.

    Args:
        model: `Predictor`, or whatever else has its "name" and "color_image".
        job: `BatchItem`.
        settings: `ColorizeOptions`.
    """
    return _tried(_colorize_file, model, job, settings)


def dry_run(model, job, settings):
    """Has a model color what `colorize_file` would, in the same order, and writes nothing.

    For a model that only looks at the pictures, and one version. With the arguments of
    `colorize_file`.

    Returns:
        `FileResult`, which is final unless it is `DONE`.
    """
    return _tried(_dry_run, model, job, settings)


def _tried(work, model, job, settings):
    started = time.perf_counter()
    outcome = FileResult(job.source)
    try:
        if job.skipped is not None:
            raise _SkippedError(job.skipped)
        if job.problem is not None:
            raise job.problem
        work(model, job, settings, outcome)
    except _SkippedError as reason:
        outcome.status, outcome.notes = SKIPPED, [str(reason)]
    # Whatever one file brings about, the others are colored.
    except Exception as error:
        if isinstance(error, FileExistsError) and settings.skip_existing:
            # It appeared meanwhile: another process colors the same files.
            outcome.status, outcome.notes = SKIPPED, [RESULT_EXISTS]
        else:
            outcome.status, outcome.error = FAILED, as_user_error(job.source, error)
    outcome.seconds = time.perf_counter() - started
    return outcome


class _SkippedError(Exception):
    """There is nothing to be done for a file; the text says why."""


def _wanted(job, settings):
    """The paths of a job that are to be written.

    Raises:
        UserError: One is there, and nothing is said on what to do with it.
        _SkippedError: All are there, and may stay.
    """
    existing = [path for path in job.targets if os.path.lexists(path)]
    if existing and not (settings.overwrite or settings.skip_existing):
        raise UserError(
            f"{quoted(existing[0])} as result of {quoted(job.source)}, which exists",
            "a name that is not taken",
            "Pass --overwrite to replace it, --skip-existing to leave it.",
        )
    wanted = job.targets if settings.overwrite else [t for t in job.targets if t not in existing]
    if not wanted:
        raise _SkippedError(RESULT_EXISTS)
    return wanted


def _dry_run(model, job, settings, outcome):
    _wanted(job, settings)
    with _opened(job.source, settings) as contents:
        for _ in _colored(model, contents, settings.seed, settings):
            pass


def _colorize_file(model, job, settings, outcome):
    wanted = _wanted(job, settings)
    software = f"colorkeras {__version__}, model {model.name}" if settings.mark else None
    for number, target in enumerate(job.results):
        if target in wanted:
            seed = settings.seed + number
            outcome.notes += _color_to(target, model, job.source, seed, settings, software)
            outcome.targets.append(target)
    for sheet, shown in job.sheets.items():
        if sheet in wanted:
            tiles = [_tile(path, settings.max_megapixels) for path in (job.source, *shown)]
            metadata = Metadata()
            if software is not None:
                image_io.mark(metadata, software)
            page = iter([DecodedImage(_grid(tiles))])
            image_io.save(sheet, page, metadata, replace=settings.overwrite)
            outcome.targets.append(sheet)
        elif len(outcome.targets) > 0:
            outcome.notes.append(f"{quoted(sheet)} is there and was left as it is")
    outcome.notes = list(dict.fromkeys(outcome.notes))  # Versions have the same ones.


def _color_to(target, model, source, seed, settings, software):
    """Writes one result; returns sentences on what was lost."""
    with _opened(source, settings) as contents:
        # What decides on the file, such as colors of its own, comes before anything is written.
        pages = _begun(_colored(model, contents, seed, settings))
        if software is not None:
            contents.notes += image_io.mark(contents.metadata, software)
        lost = image_io.save(
            target,
            pages,
            contents.metadata,
            contents.num_pages,
            quality=settings.quality,
            replace=settings.overwrite,
        )
    return [*contents.notes, *lost]


@contextlib.contextmanager
def _opened(source, settings):
    """The contents of a file; of large ones, no two are open at once."""
    with image_io.open_image(source, settings.max_megapixels) as contents:
        is_large = contents.num_pixels > LARGE
        with _LARGE_ONES if is_large else contextlib.nullcontext():
            yield contents


def _colored(model, contents, seed, settings):
    """Iterator of the pages of a file in color, which keeps none of them in memory."""

    def color(page, number):
        if is_colored(page.pixels):
            which = "it" if contents.num_pages == 1 else f"page {number}"
            if settings.keep_colored and contents.num_pages == 1:
                raise _SkippedError("it has colors of its own")
            if settings.keep_colored:
                contents.notes.append(f"{which} had colors of its own, which were kept")
                return page
            contents.notes.append(f"{which} had colors of its own, which were replaced")
        return model.color_image(page, seed, settings.temperature, settings.saturation)

    return map(color, contents.pages, itertools.count(1))


def _begun(pages):
    """The same pages, of which the first is made at once; it, too, is not kept in memory."""
    made = [next(pages)]

    def all_pages():
        yield made.pop()
        yield from pages

    return all_pages()


def _tile(path, max_megapixels):
    """A small picture of the first page of a file: gray or RGB `PIL.Image.Image`."""
    with image_io.open_image(path, max_megapixels) as contents:
        image = Image.fromarray(as_uint8(next(contents.pages).pixels))
    image.thumbnail((TILE_SIZE, TILE_SIZE))
    return image


def _grid(tiles, gap=8):
    """Pictures of one size beside and below each other, on white: uint8 `[h, w, 3]`."""
    width, height = tiles[0].size
    columns = math.ceil(math.sqrt(len(tiles)))
    rows = math.ceil(len(tiles) / columns)
    size = columns * (width + gap) - gap, rows * (height + gap) - gap
    sheet = Image.new("RGB", size, "white")
    for number, tile in enumerate(tiles):
        row, column = divmod(number, columns)
        sheet.paste(tile, (column * (width + gap), row * (height + gap)))
    return np.asarray(sheet)
