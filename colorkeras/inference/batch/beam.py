"""Archives of pictures, colored by Apache Beam, on one machine or many.

Workers open a picture twice: to see what a network sees of it, and, when that is colored, to color
the whole. So there is a small picture for each page between the steps and never a large one, and a
batch for the network fills while few large ones are in memory. Every file takes the way of
`coloring`, with what it says of it.

Workers need colorkeras, and the same paths to pictures, model and results.
"""

import codecs
import dataclasses
import glob
import itertools
import os
from dataclasses import dataclass, field
from pathlib import Path

import apache_beam as beam
import tensorflow as tf
from apache_beam.metrics import Metrics
from apache_beam.ml.inference.base import ModelHandler, RunInference

from colorkeras import image_io
from colorkeras.color.guided_upsampling import RENDER_SIZE
from colorkeras.image_io import DecodedImage
from colorkeras.inference import predictor as model
from colorkeras.inference import streaming
from colorkeras.inference.batch import plan, run
from colorkeras.inference.batch.report import COLUMNS, BatchReport, as_csv, row
from colorkeras.utils.errors import UserError, one_line
from colorkeras.utils.files import quoted, write_text

BATCH_SIZE = 32
"""Files of which the network gets pages at once, at most."""

MAX_PIXELS = BATCH_SIZE * RENDER_SIZE**2
"""Of pages that the network gets at once, unless one alone has more: its memory follows them."""

LIST_SUFFIX = ".txt"
"""Of the name of a file that lists pictures."""

_SETTLED = "settled"
"""The output of `_Shrink` for files of which nothing is left to do."""


def find(source, output):
    """Finds the files of an archive.

    Args:
        source: Path of a folder, of which all pictures are taken, those of folders in it, too; or
            of a text file, ".txt", with a path in each line; or a pattern with `*`, `?`, `[...]`
            and `**` for any folders. Folders and patterns find pictures by their suffixes, and no
            hidden ones.
        output: Folder for results. They lie there as their sources lie in the folder, in the one
            that all listed files share, or in the one before the first wildcard.

    Returns:
        List of `plan.BatchItem`; all paths are absolute.

    Raises:
        UserError: There is no picture.
    """
    path, output = _absolute(source), _absolute(output)
    if plan.is_folder(path):
        return plan.plan([path], output, recursive=True)
    if path.suffix == LIST_SUFFIX:
        paths = _listed(path)
        root = paths and os.path.commonpath([file.parent for file in paths])
    else:
        parts = path.parts[:-1]
        root = Path(*itertools.takewhile(lambda part: not glob.has_magic(part), parts))
        # Unlike pathlib's, it passes hidden files over, and `**` at the end finds files.
        found = map(Path, sorted(glob.glob(str(path), recursive=True)))  # noqa: PTH207
        # Results of an earlier run may lie where the pattern finds them.
        results = output.resolve()
        below = root.resolve() in results.parents
        paths = [
            file
            for file in found
            if image_io.is_image(file) and not (below and results in file.resolve().parents)
        ]
    if not paths:
        raise UserError(
            f"{quoted(source)}, in which there is no picture",
            f"a folder, a pattern in quotation marks, or a list that ends in {LIST_SUFFIX}",
            "Name another one.",
        )
    return plan.plan_files(paths, output, root)


def _absolute(path):
    # Unlike pathlib's, it also takes `..` away, by which results would leave their folder.
    return Path(os.path.abspath(path))  # noqa: PTH100


def _listed(path):
    try:
        content = path.read_bytes()
        if b"\0" in content:
            raise ValueError("it has bytes that are zero, as UTF-16 does")
    except (OSError, ValueError) as error:
        raise UserError(
            f"{quoted(path)}, which cannot be read ({one_line(error)})",
            "a text file, of UTF-8 where need be, with the path of a picture in each line",
            "Name another one.",
        ) from error
    lines = content.removeprefix(codecs.BOM_UTF8).splitlines()
    return [_absolute(os.fsdecode(line)) for line in lines if line.strip()]


def color(pipeline, planned, loaded, settings, report, dead_letters):
    """Adds the coloring of files to a pipeline.

    Files whose results are there are skipped, unless they are to be replaced, so that a pipeline
    that was stopped, or a worker that was lost, can begin anew.

    Args:
        pipeline: `beam.Pipeline`.
        planned: List of `plan.BatchItem`.
        loaded: `Predictor`, which workers load for themselves.
        settings: `ColorizeOptions`.
        report: Path of a CSV file with a line for each file, see `BatchReport`; one that is
            there is continued.
        dead_letters: Path of another one, of files that failed alone, which is replaced.
    """
    shrunk = (
        pipeline
        | "Files" >> beam.Create(planned)
        | "Shrink" >> beam.ParDo(_Shrink(loaded, settings)).with_outputs(_SETTLED, main="small")
    )
    handler = ColorHandler(loaded, settings)
    colored, lost = shrunk.small | "Color" >> RunInference(handler).with_exception_handling()
    outcomes = (
        shrunk[_SETTLED],
        colored | "Write" >> beam.Map(_write, loaded.name, settings),
        lost.failed_inferences | "Lost" >> beam.FlatMap(_lost),
    )
    all_outcomes = outcomes | beam.Flatten() | "Count" >> beam.Map(_counted)
    failed = all_outcomes | beam.Filter(lambda outcome: outcome.status == run.FAILED)
    # Not by Beam's own writer, of which a kill leaves folders behind.
    for path, some, write in (
        (report, all_outcomes, _write_report),
        (dead_letters, failed, _write_dead_letters),
    ):
        name = Path(path).name
        start = pipeline | f"Begin {name}" >> beam.Create([os.fspath(path)])
        _ = start | f"Write {name}" >> beam.Map(write, beam.pvalue.AsIter(some))


def counts(result):
    """How many files there are of each of `run.STATUSES`: dict.

    Args:
        result: Of a pipeline that ended.
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
        job: `plan.BatchItem`.
        stamp: Time and size of the file when it was read.
        pages: Of each page that is to be colored, float32 `[h, w, 1]` in 0..1, NumPy arrays.
        colors: Of each page, what the network made of it, float32 `[h, w, 3]` in 0..1.
    """

    job: plan.BatchItem
    stamp: tuple
    pages: tuple
    colors: tuple = ()


@dataclass
class _Onlooker:
    """Stands for a model; colors nothing, and keeps what the model would see of pages."""

    render_size: int
    image_size: int | None
    pages: list = field(default_factory=list)

    def color_image(self, picture, seed, temperature, saturation):
        small = streaming.downscale_luma(picture.pixels, self.render_size, self.image_size)
        self.pages.append(small[0].numpy())
        return picture


class _Shrink(beam.DoFn):
    """From a `BatchItem` to a `Shrunk`; or to an `FileResult`, if nothing is left to do."""

    def __init__(self, loaded, settings):
        self.render_size, self.image_size = loaded.render_size, loaded.exported.image_size
        self.settings = settings

    def process(self, job):
        onlooker, stamp = _Onlooker(self.render_size, self.image_size), _stamp(job.source)
        outcome = run.dry_run(onlooker, job, self.settings)
        if outcome.status == run.DONE:
            yield Shrunk(job, stamp, tuple(onlooker.pages))
        else:
            yield beam.pvalue.TaggedOutput(_SETTLED, outcome)


class ColorHandler(ModelHandler):
    """Colors `Shrunk` files with a SavedModel, all pages of one size at once.

    Beam loads one for each worker process. Its own handler for Keras takes no exports of Keras 3.

    Args:
        loaded: As for `color`.
        settings: `ColorizeOptions`.
    """

    def __init__(self, loaded, settings):
        super().__init__(min_batch_size=BATCH_SIZE, max_batch_size=BATCH_SIZE)
        self.path, self.settings = loaded.exported.path.resolve(), settings

    def load_model(self):
        """Returns an `export.ExportedModel`."""
        return model.load(self.path).exported

    def run_inference(self, batch, model, inference_args=None):
        """Returns the `Shrunk` files of a batch with their colors."""
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
                seeds = [self.settings.seed] * len(some)
                rgb = model.color(grayscale, seeds, self.settings.temperature).numpy()
                for number, one in zip(some, rgb, strict=True):
                    colors[number] = one
        left = iter(colors)
        return [
            dataclasses.replace(file, colors=tuple(itertools.islice(left, len(file.pages))))
            for file in batch
        ]


@dataclass
class _Colorist:
    """Stands for a model whose answers to the pages of a file are known, in their order."""

    name: str
    answers: list

    def color_image(self, picture, seed, temperature, saturation):
        grayscale, rgb = (each[tf.newaxis] for each in self.answers.pop(0))
        colored = streaming.upsample_color(picture.pixels, grayscale, rgb, saturation)
        return DecodedImage(colored, picture.alpha)


def _write(file, name, settings):
    """From a `Shrunk` file with colors to an `FileResult`."""
    source = file.job.source
    if _stamp(source) != file.stamp:
        error = UserError(
            f"{quoted(source)}, which changed while it was colored",
            "a file that nothing writes to",
            "Start again when it is whole.",
        )
        return run.FileResult(source, run.FAILED, error=error)
    answers = list(zip(file.pages, file.colors, strict=True))
    return run.colorize_file(_Colorist(name, answers), file.job, settings)


def _stamp(path):
    """What changes with a file: time and size; None where it is missing."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size


def _lost(failed):
    """From a batch that failed, with the error's class, text and trace, to `FileResult`s."""
    batch, (_, text, _) = failed
    for file in batch:
        source = file.job.source
        error = UserError(
            f"{quoted(source)}, in a batch that could not be colored: {text}",
            "a batch that the network can color",
            "Where memory was short, pass a smaller --render-size or fewer --workers.",
        )
        yield run.FileResult(source, run.FAILED, error=error)


def _write_report(path, outcomes):
    report = BatchReport(path, go_on=True)
    for outcome in sorted(outcomes, key=lambda outcome: outcome.source):
        report.record(outcome)
    report.save()


def _write_dead_letters(path, outcomes):
    rows = [row(outcome) for outcome in sorted(outcomes, key=lambda outcome: outcome.source)]
    write_text(path, as_csv([COLUMNS, *rows]))


def _counted(outcome):
    Metrics.counter(__name__, outcome.status).inc()
    return outcome
