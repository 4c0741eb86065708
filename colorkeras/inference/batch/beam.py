"""Color archives with Apache Beam, on one machine or many.

Workers open an image twice: to shrink it to what the network sees, and, when that is colored, to
color the whole image. Between these steps there is one small image for each page, so a batch for
the network fills while few large images are in memory. Files are otherwise handled as in
`colorkeras.inference.batch.run`.

Workers need colorkeras, and the same paths to images, model and results.
"""

import dataclasses
import itertools
import os
from dataclasses import dataclass, field
from pathlib import Path

import apache_beam as beam
import tensorflow as tf
from apache_beam.metrics import Metrics
from apache_beam.ml.inference.base import ModelHandler, RunInference

from colorkeras.color.guided_upsampling import RENDER_SIZE
from colorkeras.image_io import DecodedImage
from colorkeras.inference import predictor, streaming
from colorkeras.inference.batch import plan, run
from colorkeras.inference.batch.report import COLUMNS, BatchReport, FileResult, as_csv, row
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import quoted, write_text

BATCH_SIZE = 32
"""Largest number of files whose pages the network gets at once."""

MAX_PIXELS = BATCH_SIZE * RENDER_SIZE**2
"""Largest number of pixels of a batch of pages, unless a single page has more; bounds memory."""

_FINAL = "final"
"""Output of `_Shrink` for files for which nothing is left to do."""


def color(pipeline, items, model, options, report, failures):
    """Add the coloring of files to a pipeline.

    Files whose results exist are skipped, unless they are to be replaced, so a pipeline that was
    stopped, or a worker that was lost, can start again.

    Args:
        pipeline: `beam.Pipeline`.
        items: List of `plan.BatchItem`.
        model: `Predictor`, which each worker loads for itself.
        options: `ColorizeOptions`.
        report: Path of a CSV file with a row for each file, see `BatchReport`. An existing one is
            continued.
        failures: Path of a CSV file with the rows of failed files only. An existing one is
            replaced.
    """
    shrunk = (
        pipeline
        | "Files" >> beam.Create(items)
        | "Shrink" >> beam.ParDo(_Shrink(model, options)).with_outputs(_FINAL, main="small")
    )
    handler = ColorHandler(model, options)
    colored, lost = shrunk.small | "Color" >> RunInference(handler).with_exception_handling()
    results = (
        shrunk[_FINAL],
        colored | "Write" >> beam.Map(_write, model.name, options),
        lost.failed_inferences | "Lost" >> beam.FlatMap(_lost),
    )
    all_results = results | beam.Flatten() | "Count" >> beam.Map(_counted)
    failed = all_results | beam.Filter(lambda result: result.status == run.FAILED)
    # Beam's own writer leaves folders behind when it is killed.
    for path, some, write in (
        (report, all_results, _write_report),
        (failures, failed, _write_failures),
    ):
        name = Path(path).name
        start = pipeline | f"Begin {name}" >> beam.Create([os.fspath(path)])
        _ = start | f"Write {name}" >> beam.Map(write, beam.pvalue.AsIter(some))


def counts(result):
    """Return the number of files with each of `run.STATUSES`: dict.

    Args:
        result: Result of a pipeline that ended.
    """
    counted = dict.fromkeys(run.STATUSES, 0)
    for counter in result.metrics().query()[result.metrics().COUNTERS]:
        if counter.key.metric.namespace == __name__:
            counted[counter.key.metric.name] = counter.result
    return counted


@dataclass(frozen=True)
class Shrunk:
    """A file as a network sees it.

    Attributes:
        item: `plan.BatchItem`.
        stamp: Modification time and size of the file when it was read.
        pages: Each page to color, float32 NumPy array `[h, w, 1]` in [0, 1].
        colors: The network's output for each page, float32 `[h, w, 3]` in [0, 1].
    """

    item: plan.BatchItem
    stamp: tuple
    pages: tuple
    colors: tuple = ()


@dataclass
class _Recorder:
    """Stands in for a model and keeps what the model would see of each page."""

    render_size: int
    image_size: int | None
    pages: list = field(default_factory=list)

    def color_image(self, image, seed, temperature, saturation):
        small = streaming.downscale_luma(image.pixels, self.render_size, self.image_size)
        self.pages.append(small[0].numpy())
        return image


class _Shrink(beam.DoFn):
    """Maps a `BatchItem` to a `Shrunk`, or to a `FileResult` if nothing is left to do."""

    def __init__(self, model, options):
        self.render_size, self.image_size = model.render_size, model.exported.image_size
        self.options = options

    def process(self, item):
        recorder, stamp = _Recorder(self.render_size, self.image_size), _stamp(item.source)
        result = run.dry_run(recorder, item, self.options)
        if result.status == run.DONE:
            yield Shrunk(item, stamp, tuple(recorder.pages))
        else:
            yield beam.pvalue.TaggedOutput(_FINAL, result)


class ColorHandler(ModelHandler):
    """Colors `Shrunk` files with a SavedModel, all pages of one size at once.

    Beam loads one for each worker process. Its own Keras handler cannot load exports of Keras 3.

    Args:
        model: As for `color`.
        options: `ColorizeOptions`.
    """

    def __init__(self, model, options):
        super().__init__(min_batch_size=BATCH_SIZE, max_batch_size=BATCH_SIZE)
        self.path, self.options = model.exported.path.resolve(), options

    def load_model(self):
        """Return a `saved_model.ExportedModel`."""
        return predictor.load(self.path).exported

    def run_inference(self, batch, model, inference_args=None):
        """Return the `Shrunk` files of a batch with their colors."""
        pages = [page for file in batch for page in file.pages]
        by_shape = {}
        for number, page in enumerate(pages):
            by_shape.setdefault(page.shape, []).append(number)
        colors = [None] * len(pages)
        for (height, width, _), numbers in by_shape.items():
            count = max(1, MAX_PIXELS // (height * width))
            for start in range(0, len(numbers), count):
                some = numbers[start : start + count]
                grayscale = tf.stack([pages[number] for number in some])
                seeds = [self.options.seed] * len(some)
                rgb = model.color(grayscale, seeds, self.options.temperature).numpy()
                for number, one in zip(some, rgb, strict=True):
                    colors[number] = one
        left = iter(colors)
        return [
            dataclasses.replace(file, colors=tuple(itertools.islice(left, len(file.pages))))
            for file in batch
        ]


@dataclass
class _Replay:
    """Stands in for a model whose answers to the pages of a file are known, in their order."""

    name: str
    answers: list

    def color_image(self, image, seed, temperature, saturation):
        grayscale, rgb = (each[tf.newaxis] for each in self.answers.pop(0))
        colored = streaming.upsample_color(image.pixels, grayscale, rgb, saturation)
        return DecodedImage(colored, image.alpha)


def _write(file, name, options):
    """Map a `Shrunk` file with colors to a `FileResult`."""
    source = file.item.source
    if _stamp(source) != file.stamp:
        error = UserError(
            f"{quoted(source)}, which changed while it was colored",
            "a file that no program is writing to",
            "Start again when it is complete.",
        )
        return FileResult(source, run.FAILED, error=error)
    answers = list(zip(file.pages, file.colors, strict=True))
    return run.colorize_file(_Replay(name, answers), file.item, options)


def _stamp(path):
    """Return a file's modification time and size, or None if it is missing."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size


def _lost(failed):
    """Map a failed batch, with the error's class, text and trace, to `FileResult`s."""
    batch, (_, text, _) = failed
    for file in batch:
        source = file.item.source
        error = UserError(
            f"{quoted(source)}, in a batch that could not be colored: {text}",
            "a batch that the network can color",
            "If memory was short, pass a smaller --render-size or fewer --workers.",
        )
        yield FileResult(source, run.FAILED, error=error)


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
