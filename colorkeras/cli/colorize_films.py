"""Film options and progress bar for `colorkeras colorize`."""

import contextlib
import dataclasses
import os
import sys
from pathlib import Path

from tqdm import tqdm

from colorkeras import image_io
from colorkeras.inference.batch.color_files import colorize_file
from colorkeras.inference.batch.film_names import is_film
from colorkeras.inference.batch.plan import without_collisions
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import quoted
from colorkeras.video.clock_times import parse_time
from colorkeras.video.entry import color_film
from colorkeras.video.film import import_av
from colorkeras.video.film_options import FilmOptions

_PREVIEW = "_preview"
"""Name suffix of contact sheets."""

_NUM_WORKERS = 2
"""Number of scenes to colorize in parallel by default; each keeps up to 32 frames in memory."""

_LOG_INTERVAL = 30
"""Seconds between progress messages if stderr is not a terminal."""

_FOR_IMAGES = (
    "variations",
    "side_by_side",
    "gallery",
    "keep_tone",
    "straighten",
    "auto_contrast",
    "neutral_borders",
    "crop_borders",
)
"""Options that films do not support."""

_FOR_FILMS = ("preview", "start", "duration")
"""Options that images do not support."""


def add_film_arguments(parser):
    """Add the options for films."""
    add = parser.add_argument
    add(
        "--preview",
        action="store_true",
        help="write a contact sheet with one frame per scene instead of a film (films)",
    )
    add("--start", metavar="HH:MM:SS", help="start time of the output (films)")
    add(
        "--duration",
        metavar="SECONDS",
        help="duration of the output, in seconds or as HH:MM:SS (films)",
    )


def check_film_options(options, items):
    """Raise UserError if an option is out of range or does not apply to one of the files."""
    for item in items:
        film = is_film(item.source)
        for option in _FOR_IMAGES if film else _FOR_FILMS:
            value = getattr(options, option, None)
            if value is None or value is False or (option, value) == ("variations", 1):
                continue
            name = f"--{option.replace('_', '-')}"
            raise UserError(
                f"{name} for {'the film ' * film}{quoted(item.source)}"
                + ", which is not a film" * (not film),
                "an image" if film else "a film",
                f"Omit {name}, or colorize {'films' if film else 'images'} separately.",
            )
    if options.duration is not None and parse_time(options.duration, "--duration") == 0:
        raise UserError(
            "--duration 0", "a duration of more than 0 seconds", "For example: --duration 20"
        )
    if any(is_film(item.source) for item in items):
        import_av()


def is_sheet_name(options):
    """Return whether --output is a file name for the contact sheet written by --preview."""
    return options.preview and options.output is not None and image_io.is_image(options.output)


def preview_items(options, items):
    """Return items whose output files are contact sheets; see `is_sheet_name`."""
    if is_sheet_name(options):
        image_io.check_target(options.output)

    def sheet(item, target):
        name = f"{item.source.stem}{_PREVIEW}.jpg"
        return Path(options.output) if is_sheet_name(options) else target.with_name(name)

    return without_collisions(
        dataclasses.replace(item, results=tuple(sheet(item, target) for target in item.results))
        for item in items
    )


class FilmColorizer:
    """Colorizes films with a progress bar, and images without one.

    Args:
        options: Parsed options.
    """

    def __init__(self, options):
        workers = _NUM_WORKERS if options.workers == "auto" else int(options.workers)
        self.film_options = FilmOptions(
            0.0 if options.start is None else parse_time(options.start, "--start"),
            options.duration and parse_time(options.duration, "--duration"),
            options.preview,
            min(workers, os.cpu_count() or 1) if options.workers == "auto" else workers,
        )

    def __call__(self, model, item, options):
        """Colorize an item and return its `FileResult`; see `color_files.colorize_file`."""
        if not is_film(item.source):
            return colorize_file(model, item, options)
        with _FilmProgress() as progress:
            film_options = dataclasses.replace(self.film_options, progress=progress.show)
            return color_film(model, item, options, film_options)

    def cancel(self):
        """Stop films in progress as soon as possible."""
        self.film_options.stopped.set()


class _FilmProgress(contextlib.AbstractContextManager):
    """Progress bar for one film that shows one stage at a time.

    Several worker threads may call `show` for the same film, but not at the same time.
    """

    def __init__(self):
        self._stage, self._bar = None, None

    def __exit__(self, *error):
        if self._bar is not None:
            self._bar.close()

    def show(self, stage, finished, total):
        """Show the number of finished frames and the total; see `FilmOptions.progress`."""
        if stage != self._stage:
            if self._bar is not None:
                self._bar.close()
            interval = 0.1 if sys.stderr.isatty() else _LOG_INTERVAL
            self._stage, self._bar = (
                stage,
                tqdm(
                    desc=stage,
                    total=total,
                    unit="frame",
                    leave=False,
                    mininterval=interval,
                    delay=interval,
                ),
            )
        self._bar.update(finished - self._bar.n)
