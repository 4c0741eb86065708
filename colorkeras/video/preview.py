"""Contact sheets of films with one colorized frame per scene."""

import dataclasses

import numpy as np
from PIL import Image

from colorkeras import image_io
from colorkeras.image_io import DecodedImage, Metadata
from colorkeras.inference.batch.color_files import (
    add_target,
    attempt,
    describe,
    missing_targets,
)
from colorkeras.inference.batch.sheets import captioned, grid
from colorkeras.inference.color_hints import HintList
from colorkeras.inference.color_settings import ColorSettings
from colorkeras.utils.version import __version__
from colorkeras.video.clock_times import format_time
from colorkeras.video.film_frames import FrameSource
from colorkeras.video.film_scan import scan
from colorkeras.video.scene_hints import SceneHints

_MAX_TILE = 640
"""Maximum length in pixels of the longer side of a frame on the sheet."""

_MAX_SCENES = 400
"""Maximum number of scenes on a sheet."""


def preview_film(model, item, options, film_options):
    """Write a contact sheet with the first frame of each scene and return a `FileResult`.

    Args:
        model: `Predictor`.
        item: `BatchItem` whose output file is an image.
        options: `ColorizeOptions`.
        film_options: `FilmOptions`.
    """

    def work(model, item, options, result):
        [target] = missing_targets(item, options, lambda path: False)
        settings = ColorSettings.of(item, options, options.seed)
        result.engine = model.engine
        range_ = (film_options.start, film_options.duration)
        report = film_options.stage("Scanning")
        timeline = scan(item.source, options.max_megapixels, *range_, report)
        scenes = timeline.scenes[:_MAX_SCENES]
        if len(scenes) < len(timeline.scenes):
            result.notes.append(f"only the first {_MAX_SCENES} scenes are shown")
        hints = SceneHints(settings.hints, timeline)
        result.notes += hints.notes()
        with FrameSource(item.source, timeline, options.max_megapixels) as source:
            report = film_options.stage("Colorizing")
            tiles = list(_tiles(model, source, timeline, scenes, settings, hints, report))
        metadata = Metadata()
        if options.mark:
            description = describe(model, item, options, options.seed)
            image_io.mark(metadata, f"colorkeras {__version__}, {description}")
        page = iter([DecodedImage(np.asarray(grid(tiles)))])
        image_io.save(target, page, metadata, replace=options.overwrite)
        add_target(target, item, options, result)

    return attempt(work, model, item, options)


def _tiles(model, source, timeline, scenes, settings, hints, report):
    """Yield the colorized first frame of each scene with a caption, as `PIL.Image.Image`s."""
    for number, scene in enumerate(scenes, 1):
        first = scene[0]
        [plane] = source.planes(first, first + 1)
        scene_settings = dataclasses.replace(settings, hints=HintList(hints.of(scene)))
        image = _colored(model, timeline.layout.as_full_range(plane), scene_settings)
        image.thumbnail((_MAX_TILE, _MAX_TILE))
        yield captioned(image, f"{number}: {format_time(timeline.seconds(first))}")
        report(number, len(scenes))


def _colored(model, luma, settings):
    """Colorize a single frame without temporal averaging and return a `PIL.Image.Image`."""
    gray = np.rint(luma * 255).astype(np.uint8)
    return Image.fromarray(model.color_image(DecodedImage(gray), settings).pixels)
