"""Preparation of visitors' films: size limits, scenes, and the first frame of each scene."""

import numpy as np
from PIL import Image

from colorkeras.demo import previews
from colorkeras.demo.photograph_store import Photograph
from colorkeras.demo.visitor_messages import PageError
from colorkeras.inference.batch import film_names
from colorkeras.utils.errors import UserError
from colorkeras.video.film import import_av, open_film
from colorkeras.video.film_frames import FrameSource
from colorkeras.video.film_scan import scan

MAX_MEGABYTES, MAX_SECONDS = 200, 60
"""Maximum file size in megabytes and maximum duration in seconds."""

MAX_WIDTH, MAX_HEIGHT = 1920, 1080
"""Maximum lengths in pixels of the longer and the shorter side of a frame."""

MAX_MEGAPIXELS = MAX_WIDTH * MAX_HEIGHT / 1e6
"""Maximum size of a frame in megapixels."""

MAX_FRAMES, MAX_SCENES = 3700, 60
"""Maximum numbers of frames in a film and of scenes offered to the visitor."""

_TOLERANCE = 0.5
"""Number of seconds by which a film may exceed the maximum duration."""

_NO_EXTRA = (
    "This page can only colorize photographs, because its server lacks the software for films. "
    "Please ask the operator to install the “video” extra."
)


def limits():
    """Return the limits and file formats for films as a JSON-serializable dict."""
    return {
        "is_available": film_names.can_read_films(),
        "missing": _NO_EXTRA,
        "suffixes": sorted(film_names.SUFFIXES),
        "megabytes": MAX_MEGABYTES,
        "seconds": MAX_SECONDS,
        "width": MAX_WIDTH,
        "height": MAX_HEIGHT,
    }


def prepare(film, models, ticket, pause):
    """Find the scenes of a film, save their first frames, and set its `details` and `scenes`.

    Args:
        film: `photograph_store.Photograph`.
        models: Dict from model name to `predictor.Predictor`.
        ticket: `coloring_queue.Ticket` in which the number of scanned frames is recorded.
        pause: Function to call after each frame; see `Page.pause`.

    Raises:
        PageError: The film exceeds a limit, or the `video` extra is not installed.
        UserError: The film cannot be read.
    """
    timeline = _scan(film.source, ticket, pause)
    shown = timeline.scenes[:MAX_SCENES]
    notes = [*timeline.notes]
    if len(shown) < len(timeline.scenes):
        notes.append(f"only the first {MAX_SCENES} of {len(timeline.scenes)} scenes are shown")
    frames = FrameSource(film.source, timeline, MAX_MEGAPIXELS)
    try:
        for first, stop in shown:
            [plane] = frames.planes(first, first + 1)
            times = timeline.seconds(first), timeline.seconds(stop)
            film.scenes.append(_scene(film, timeline.layout.as_full_range(plane), times, models))
    finally:
        frames.close()
    width, height = timeline.size
    film.details = {
        "name": film.source.name,
        "width": width,
        "height": height,
        "seconds": round(_duration(timeline), 3),
        "frames": len(timeline.pts),
        "notes": notes,
        "is_color": timeline.tint == "color",
        "is_toned": timeline.tint == "toned",
    }


def _scan(path, ticket, pause):
    try:
        import_av()
    except UserError as error:
        raise PageError(_NO_EXTRA) from error

    def report(finished, total):
        ticket.done, ticket.total = finished, total or finished
        pause()

    with open_film(path, float("inf")) as opened:
        _check_size(path.name, (opened.stream.width, opened.stream.height))
        if opened.end is not None:
            _check_duration(path.name, float(opened.end - opened.origin))
    timeline = scan(path, MAX_MEGAPIXELS, 0.0, MAX_SECONDS + 2 * _TOLERANCE, report)
    _check_duration(path.name, _duration(timeline))
    if len(timeline.pts) > MAX_FRAMES:
        raise PageError(
            f"{path.name} has {len(timeline.pts):,} frames. This page accepts films of up to "
            f"{MAX_FRAMES:,} frames. Please lower the frame rate or cut the film."
        )
    return timeline


def _duration(timeline):
    """Return the time in seconds from the first to the last frame.

    The duration of the last frame is excluded, because it may be wrong if the frame rate varies.
    """
    return timeline.seconds(len(timeline.pts) - 1) - timeline.seconds(0)


def _check_size(name, size):
    width, height = size
    if max(size) > MAX_WIDTH or min(size) > MAX_HEIGHT:
        raise PageError(
            f"{name} has {width} x {height} pixels. This page accepts films of up to {MAX_WIDTH} x "
            f"{MAX_HEIGHT} pixels. Please downscale the film."
        )


def _check_duration(name, seconds):
    if seconds > MAX_SECONDS + _TOLERANCE:
        raise PageError(
            f"{name} is longer than {MAX_SECONDS} seconds, the maximum that this page accepts. "
            "Please shorten the film."
        )


def _scene(film, luma, times, models):
    """Save the first frame of a scene and return it as a `Photograph`.

    Args:
        film: `Photograph` of the film.
        luma: Luma of the frame, float32 `[h, w]` in [0, 1].
        times: Times in seconds at which the scene starts and ends.
        models: Dict from model name to `predictor.Predictor`.
    """
    number = len(film.scenes)
    folder = film.folder / "scenes" / str(number)
    source = folder / "source" / f"{film.source.stem}_scene_{number + 1}.png"
    source.parent.mkdir(parents=True)
    Image.fromarray(np.rint(luma * 255).astype(np.uint8)).save(source, compress_level=1)
    scene = Photograph(f"{film.id}-{number}", folder, source)
    previews.prepare(scene, models, MAX_MEGAPIXELS)
    scene.details |= {"start": times[0], "end": times[1]}
    return scene
