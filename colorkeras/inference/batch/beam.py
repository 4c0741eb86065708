"""Colorization of archives with Apache Beam on one or more machines.

Workers open each image twice: once to downscale it for the network, and again to transfer the
colors from the network's small image to the full-size image. Network batches therefore contain only
small images, and few large images are in memory at the same time. In all other respects, files are
handled as in `colorkeras.inference.batch.color_files`. Each film is colorized by a single worker.

All workers need an installation of colorkeras, and must be able to access the images, the model and
the output folder by the same paths.
"""

import dataclasses
import itertools
import os
import time
from dataclasses import dataclass, field
from pathlib import Path

import apache_beam as beam
import numpy as np
from apache_beam.metrics import Metrics
from apache_beam.ml.inference.base import ModelHandler, RunInference

from colorkeras import image_io
from colorkeras.color.guided_upsampling_numpy import RENDER_SIZE
from colorkeras.image_io import DecodedImage
from colorkeras.inference import predictor, streaming
from colorkeras.inference.batch import color_files, plan
from colorkeras.inference.batch.film_names import is_film
from colorkeras.inference.batch.report import COLUMNS, BatchReport, FileResult, as_csv, row
from colorkeras.inference.color_settings import ColorSettings
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import quoted, write_text

BATCH_SIZE = 32
"""Maximum number of files whose pages the network processes at once."""

MAX_PIXELS = BATCH_SIZE * RENDER_SIZE**2
"""Maximum number of pixels in a batch of pages, to bound memory; a single page may have more."""

_FINAL = "final"
"""Output tag of `_Shrink` for the results of skipped and failed files."""


def color(pipeline, items, model, options, report, failures, color_film):
    """Extend a pipeline with steps that colorize files.

    Files whose output files already exist are skipped unless `options.overwrite` is set, so a
    pipeline that was stopped can be restarted.

    Args:
        pipeline: `beam.Pipeline`.
        items: List of `plan.BatchItem`.
        model: `Predictor`; each worker loads its own copy.
        options: `ColorizeOptions`.
        report: Path to a CSV file with one row per file; see `BatchReport`. If the file exists,
            rows are added to it.
        failures: Path to a CSV file with one row per failed file. An existing file is replaced.
        color_film: Function that colorizes a film, with the same signature as `colorize_file`.
    """
    images, films = [], []
    for item in items:
        (films if is_film(item.source) else images).append(item)
    shrunk = (
        pipeline
        | "Files" >> beam.Create(images)
        | "Shrink" >> beam.ParDo(_Shrink(model, options)).with_outputs(_FINAL, main="small")
    )
    handler = ColorHandler(model, options)
    colored, lost = shrunk.small | "Color" >> RunInference(handler).with_exception_handling()
    results = (
        shrunk[_FINAL],
        colored | "Write" >> beam.Map(_write, model.recorded_name, model.engine, options),
        lost.failed_inferences | "Lost" >> beam.FlatMap(_lost),
        pipeline
        | "Films" >> beam.Create(films)
        | "Reshuffle" >> beam.Reshuffle()
        | "Color films" >> beam.ParDo(_Films(model, options, color_film)),
    )
    all_results = results | beam.Flatten() | "Count" >> beam.Map(_counted)
    failed = all_results | beam.Filter(lambda result: result.status == color_files.FAILED)
    # Beam's own file sink leaves temporary folders behind if the process is killed.
    for path, some, write in (
        (report, all_results, _write_report),
        (failures, failed, _write_failures),
    ):
        name = Path(path).name
        start = pipeline | f"Begin {name}" >> beam.Create([os.fspath(path)])
        _ = start | f"Write {name}" >> beam.Map(write, beam.pvalue.AsIter(some))


def counts(result):
    """Return a dict from status to number of files for the result of a pipeline."""
    counted = dict.fromkeys(color_files.STATUSES, 0)
    for counter in result.metrics().query()[result.metrics().COUNTERS]:
        if counter.key.metric.namespace == __name__:
            counted[counter.key.metric.name] = counter.result
    return counted


@dataclass(frozen=True)
class Shrunk:
    """File whose pages have been downscaled for the network.

    Attributes:
        item: `plan.BatchItem`.
        stamp: Modification time and size of the file when it was read.
        pages: Network input for each page, tuple of float32 NumPy arrays `[h, w, 1]` in [0, 1].
        colors: Network output for each page, tuple of float32 RGB arrays `[h, w, 3]` in [0, 1];
            empty until the network has run.
        seconds: Processing time so far in seconds; see `FileResult`.
    """

    item: plan.BatchItem
    stamp: tuple
    pages: tuple
    colors: tuple = ()
    seconds: float = 0.0


@dataclass
class _Recorder:
    """Stand-in model that records the network input for each page."""

    input_rule: tuple
    pages: list = field(default_factory=list)

    def color_image(self, image, settings, notes):
        small = streaming.downscale_luma(image.pixels, *self.input_rule)
        self.pages.append(small[0])
        if image.pixels.ndim == 3:
            return image
        return DecodedImage(np.repeat(image.pixels[..., np.newaxis], 3, axis=-1), image.alpha)


class _Shrink(beam.DoFn):
    """Converts a `BatchItem` to `Shrunk`, or to a `FileResult` if the file is skipped or fails."""

    def __init__(self, model, options):
        self.input_rule, self.options = model.input_rule, options

    def setup(self):
        """Replace Pillow's process-wide limits, as the command line does."""
        image_io.use_own_limits()

    def process(self, item):
        recorder, stamp = _Recorder(self.input_rule), _stamp(item.source)
        result = color_files.dry_run(recorder, item, self.options)
        if result.status == color_files.DONE:
            yield Shrunk(item, stamp, tuple(recorder.pages), seconds=result.seconds)
        else:
            yield beam.pvalue.TaggedOutput(_FINAL, result)


class _Films(beam.DoFn):
    """Colorizes a film and outputs its `FileResult`; each worker process loads one model."""

    def __init__(self, model, options, color_film):
        self.path, self.render_size = model.exported.path.resolve(), model.render_size
        self.options, self.color_film, self.model = options, color_film, None

    def process(self, item):
        self.model = self.model or predictor.load(self.path, self.render_size)
        yield self.color_film(self.model, item, self.options)


class ColorHandler(ModelHandler):
    """Beam model handler that colorizes the pages of `Shrunk` files, batched by size.

    Each worker process loads one model. Beam's own Keras handler cannot load Keras 3 exports.

    Args:
        model: See `color`.
        options: `ColorizeOptions`.
    """

    def __init__(self, model, options):
        super().__init__(min_batch_size=BATCH_SIZE, max_batch_size=BATCH_SIZE)
        self.path = model.exported.path.resolve()
        self.settings = ColorSettings(
            options.seed, options.temperature, vividness=options.vividness
        )

    def load_model(self):
        """Load the model and return a `Predictor`."""
        image_io.use_own_limits()  # Steps that write files may run in the same process.
        return predictor.load(self.path)

    def run_inference(self, batch, model, inference_args=None):
        """Run the network on a list of `Shrunk` files; return copies with `colors` set."""
        started = time.perf_counter()
        pages = [page for file in batch for page in file.pages]
        by_shape = {}
        for number, page in enumerate(pages):
            by_shape.setdefault(page.shape, []).append(number)
        colors = [None] * len(pages)
        for (height, width, _), numbers in by_shape.items():
            count = max(1, MAX_PIXELS // (height * width))
            for start in range(0, len(numbers), count):
                some = numbers[start : start + count]
                grayscale = np.stack([pages[number] for number in some])
                rgb = np.asarray(model.predict(grayscale, self.settings))
                for number, one in zip(some, rgb, strict=True):
                    colors[number] = one
        left, seconds = iter(colors), (time.perf_counter() - started) / len(batch)
        return [
            dataclasses.replace(
                file,
                colors=tuple(itertools.islice(left, len(file.pages))),
                seconds=file.seconds + seconds,
            )
            for file in batch
        ]


@dataclass
class _Replay:
    """Stand-in model that returns precomputed colors, page by page."""

    recorded_name: str
    engine: str
    answers: list

    def color_image(self, image, settings, notes):
        grayscale, rgb = (each[np.newaxis] for each in self.answers.pop(0))
        colored = streaming.upsample_color(image.pixels, grayscale, rgb, settings.saturation)
        return DecodedImage(colored, image.alpha)


def _write(file, name, engine, options):
    """Write the output files for a `Shrunk` file that has colors; return its `FileResult`."""
    source = file.item.source
    if _stamp(source) != file.stamp:
        error = UserError(
            f"{quoted(source)}, which changed while it was being colorized",
            "a file that no other program is modifying",
            "Try again when the file is complete.",
        )
        return FileResult(source, color_files.FAILED, error=error)
    answers = list(zip(file.pages, file.colors, strict=True))
    result = color_files.colorize_file(_Replay(name, engine, answers), file.item, options)
    result.seconds += file.seconds
    return result


def _stamp(path):
    """Return a file's modification time and size, or None if it is missing."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size


def _lost(failed):
    """Yield a `FileResult` for each file in a failed batch.

    Args:
        failed: `(batch, (exception class, message, traceback))`.
    """
    batch, (_, text, _) = failed
    for file in batch:
        source = file.item.source
        error = UserError(
            f"{quoted(source)}, which was in a batch that could not be colorized: {text}",
            "a batch that the network can process",
            "If memory ran out, pass a smaller --render-size or fewer --workers.",
        )
        yield FileResult(source, color_files.FAILED, error=error)


def _write_report(path, results):
    report = BatchReport(path)
    for result in sorted(results, key=lambda result: result.source):
        report.record(result)
    report.save()


def _write_failures(path, results):
    rows = [row(result) for result in sorted(results, key=lambda result: result.source)]
    write_text(path, as_csv([COLUMNS, *rows]))


def _counted(result):
    Metrics.counter(__name__, result.status).inc()
    return result
