"""Colorization of films: scenes are processed in parallel, and interrupted runs can be resumed."""

import contextlib
import dataclasses
import queue
import threading
from collections import deque
from fractions import Fraction

from colorkeras import image_io
from colorkeras.inference.batch.color_files import (
    SkippedError,
    add_target,
    attempt,
    describe,
    missing_targets,
)
from colorkeras.inference.color_hints import HintList
from colorkeras.inference.color_settings import ColorSettings
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import atomic_write, printable
from colorkeras.utils.ordered_map import ordered_map
from colorkeras.utils.version import __version__
from colorkeras.video import remuxing
from colorkeras.video.film import import_av, open_film
from colorkeras.video.film_encoder import ColorTags, Encoding
from colorkeras.video.film_frames import FrameSource
from colorkeras.video.film_scan import scan
from colorkeras.video.luma_planes import half_size
from colorkeras.video.scene_color import MAX_FRAMES_AHEAD, SceneColorizer
from colorkeras.video.scene_hints import SceneHints
from colorkeras.video.timeline import Timeline
from colorkeras.video.work_folder import WorkFolder, segments_of


def colorize_film(model, item, options, film_options):
    """Colorize a film and return its `FileResult`, which includes any error.

    The scenes of the film are colorized in parallel.

    Args:
        model: `Predictor`.
        item: `BatchItem` with one output file.
        options: `ColorizeOptions`.
        film_options: `FilmOptions`.
    """

    def work(model, item, options, result):
        _colorize_film(model, item, options, film_options, result)

    return attempt(work, model, item, options)


def _colorize_film(model, item, options, film_options, result):
    description = _description(model, item, options, film_options)
    [target] = missing_targets(item, options, lambda path: _is_recorded(path, description))
    settings = ColorSettings.of(item, options, options.seed)
    settings.check(model.exported)
    result.engine = model.engine
    stat = item.source.stat()
    identity = {
        "source": [printable(item.source.resolve()), stat.st_size, stat.st_mtime_ns],
        "settings": description,
        "software": [__version__, import_av().__version__],
    }
    with WorkFolder(target, identity) as work:
        range_ = (film_options.start, film_options.duration)

        def scanned():
            report = film_options.stage("Scanning")
            return scan(item.source, options.max_megapixels, *range_, report).to_arrays()

        timeline = Timeline.from_arrays(work.timeline_arrays(scanned))
        result.notes += _notes(timeline, options)
        job = _Job(model, settings, options, film_options, item.source, timeline, work)
        job.run(result.notes)
        comment = f"{description}; {image_io.SOURCE_TYPE}" if options.mark else None
        with atomic_write(target, replace=options.overwrite, durable=True) as temporary:
            result.notes += _join(temporary, job, film_options, comment)
    add_target(target, item, options, result)


def _description(model, item, options, film_options):
    """Return a description of the software, model and settings for the output file's metadata."""
    text = f"colorkeras {__version__}, {describe(model, item, options, options.seed)}"
    if film_options.start:
        text += f", start {film_options.start:g}"
    if film_options.duration is not None:
        text += f", duration {film_options.duration:g}"
    return text


def _is_recorded(path, description):
    """Return whether a film's metadata contains the description of a run."""
    try:
        with open_film(path, float("inf")) as film:
            comments = [v for k, v in film.container.metadata.items() if k.lower() == "comment"]
    except UserError:
        return False
    return any(f"{description}; {image_io.SOURCE_TYPE}" in comment for comment in comments)


def _notes(timeline, options):
    """Yield notes about the film; raise `SkippedError` if it should not be colorized."""
    if timeline.tint == "color":
        if options.keep_colored:
            raise SkippedError("it is already in color")
        yield "it was already in color; its colors were replaced"
    if timeline.tint == "toned":
        yield "it had a sepia tone"
    if timeline.is_interlaced:
        yield "it was interlaced and was deinterlaced"
    if any(side % 2 for side in timeline.size):
        width, height = timeline.size
        yield f"its odd frame size of {width}x{height} pixels was padded to an even size"
    yield from timeline.notes


class _Job:
    """Colorization of all segments of a film."""

    def __init__(self, model, settings, options, film_options, source, timeline, work):
        self.model, self.timeline, self.work = model, timeline, work
        self.settings = dataclasses.replace(settings, hints=HintList())
        self.segments = [part for scene in timeline.scenes for part in segments_of(scene)]
        self._hints, self._film_options = SceneHints(settings.hints, timeline), film_options
        self._report, self._failed = film_options.stage("Colorizing"), threading.Event()
        self._finished, self._lock = 0, threading.Lock()
        with open_film(source, options.max_megapixels) as film:
            self.encoding = _encoding(film, timeline, options.quality)
            remuxing.check_container(work.path / f"check{work.target.suffix}", film, self.encoding)
        self.source, self._max_megapixels = source, options.max_megapixels

    def run(self, notes):
        """Colorize all scenes, reusing segments finished by earlier runs."""
        notes += self._hints.notes()
        num_workers, sources = self._film_options.num_workers, queue.SimpleQueue()

        def color(scene):
            source = sources.get()
            try:
                self._color_scene(source, scene)
            finally:
                sources.put(source)

        with contextlib.ExitStack() as stack:
            for _ in range(num_workers):
                source = FrameSource(self.source, self.timeline, self._max_megapixels)
                sources.put(stack.enter_context(source))
            for _ in ordered_map(color, self.timeline.scenes, num_workers, self._failed.set):
                pass

    def _color_scene(self, source, scene):
        state = None
        for segment in segments_of(scene):
            if self.work.has_segment(segment):
                self._count(segment[1] - segment[0])
                state = segment
                continue
            if isinstance(state, tuple):
                state = self.work.load_segment(state, "state_")
            colorizer = SceneColorizer(self.model, self.settings, self._scene_hints(scene))
            colored = self._colored(source, segment, scene[1], colorizer, state)
            packets = self.encoding.encode(colored)
            state = colorizer.state
            arrays = packets | {f"state_{name}": value for name, value in state.items()}
            self.work.save_segment(segment, arrays)

    def _colored(self, source, segment, scene_end, colorizer, state):
        """Yield `(pts, luma, cb, cr)` for each frame of a segment; see `Encoding.encode`."""
        timeline, waiting, (first, stop) = self.timeline, deque(), segment

        def lumas():
            stop_ahead = min(stop + MAX_FRAMES_AHEAD, scene_end)
            for number, plane in enumerate(source.planes(first, stop_ahead), first):
                waiting.append((int(timeline.pts[number]), plane))
                yield timeline.seconds(number), timeline.layout.as_full_range(half_size(plane))

        for chroma in colorizer.colorize(lumas(), state, stop - first):
            pts, plane = waiting.popleft()
            yield pts, plane, *timeline.layout.chroma_planes(chroma)
            self._count(1)

    def _count(self, num_frames):
        with self._lock:
            self._finished += num_frames
            if self._failed.is_set():
                raise KeyboardInterrupt
            self._report(self._finished, len(self.timeline.pts))

    def _scene_hints(self, scene):
        """Return the hints for a scene, in pixels of the half-size luma."""
        return tuple(
            dataclasses.replace(hint, x=hint.x / 2, y=hint.y / 2, radius=max(1.0, hint.radius / 2))
            for hint in self._hints.of(scene)
        )

    def packets(self, offset):
        """Yield the `av.Packet`s of the colorized video; see `remuxing.video_packets`."""
        segments = map(self.work.load_segment, self.segments)
        return remuxing.video_packets(segments, self.timeline, offset)


def _encoding(film, timeline, quality):
    context, aspect = film.stream.codec_context, film.stream.sample_aspect_ratio
    if aspect and timeline.rotation % 180:
        aspect = 1 / aspect
    return Encoding(
        timeline.size,
        timeline.layout,
        ColorTags.of(context, timeline.layout),
        timeline.time_base,
        Fraction(film.rate),
        aspect,
        quality,
    )


def _join(path, job, film_options, comment):
    """Write all packets to a file and return notes about anything that was dropped."""
    timeline, is_cut = job.timeline, film_options.start > 0
    base = timeline.time_base
    end = (int(timeline.pts[-1]) + timeline.last_duration) * base
    stop = None if film_options.duration is None else end
    start = int(timeline.pts[0]) * base if is_cut else timeline.origin
    span = remuxing.Span(start, stop, is_cut, timeline.discontinuities, end)
    with open_film(job.source, float("inf")) as film:
        packets = job.packets(span.offset(base))
        try:
            return remuxing.join(path, film, job.encoding, packets, span, comment)
        except UserError:
            job.work.can_resume = False  # A retry with this container would fail again.
            raise
