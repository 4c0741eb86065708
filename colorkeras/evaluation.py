"""Figures of models on a data set, always beside those of echoing the grayscale input."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image

from colorkeras import figures
from colorkeras.color import from_uint8, to_uint8
from colorkeras.data import evaluation_batches
from colorkeras.degradations import DEGRADATIONS
from colorkeras.errors import UserError
from colorkeras.files import write_json, writing
from colorkeras.metrics import METRICS, metrics_for, rounded

_PIXELS_PER_BATCH = 100 * 32 * 32
"""Bounds memory: the color maths of a batch needs about 500 bytes for each pixel."""

REPORT_FILES = ("metrics.json", "samples.png", "pictures.png")
"""Figures; ten pictures for people, labelled; the bare pixels of the same."""

NUM_SAMPLES = 10
"""How many pictures figures show."""
_SAMPLE_SEED = 0


def echo(grayscale):
    """Colors by not coloring: float32 `[n, h, w, 1]` to `[n, h, w, 3]`, gray as it came."""
    return tf.repeat(grayscale, 3, axis=-1)


def evaluate(color, source, degradation="none"):
    """Measures a colorizer on every picture of a source.

    Args:
        color: Function from grayscale float32 `[n, h, w, 1]` in 0..1 to RGB `[n, h, w, 3]`.
        source: A `Source` of ground truth.
        degradation: Key of `DEGRADATIONS`: what the colorizer is shown of it.

    Returns:
        Dict of float by metric name, as in `METRICS`.
    """
    return _finish(evaluate_each(color, source, degradation))


def evaluate_each(color, source, degradation="none"):
    """Measures a colorizer on every picture of a source, picture by picture.

    Args are those of `evaluate`.

    Returns:
        Dict by metric name of what `Metric.per_image` gives, pictures in the order of the source.
    """
    degrade = DEGRADATIONS[degradation]
    metrics = metrics_for(source.image_size)
    return _evaluate_each(lambda truth: color(degrade(truth)), source, metrics)


def references(source, degradation="none"):
    """What every model's figures are compared with, on what models are shown: see `evaluate`.

    Returns:
        Dict of figures by metric name: "echo", those of `echo`, which a model has to beat, and
        "truth", the ground truth's own colorfulness, which a model's should come near.
    """
    own = {"colorfulness": METRICS["colorfulness"]}
    return {
        "echo": evaluate(echo, source, degradation),
        "truth": _finish(_evaluate_each(tf.identity, source, own)),
    }


def _evaluate_each(reproduce, source, metrics):
    size = source.image_size
    batch_size = max(1, _PIXELS_PER_BATCH // size**2)

    @tf.function(input_signature=[tf.TensorSpec([None, size, size, 3], tf.uint8)])
    def measure(images):
        output = rounded(reproduce(from_uint8(images)))
        truth = tf.cast(images, tf.float32)
        return {name: metric.per_image(truth, output) for name, metric in metrics.items()}

    # Concrete, because TensorFlow warns where models in turn make it trace the same lines.
    measure = measure.get_concrete_function()
    batches = [measure(images) for images in evaluation_batches(source, batch_size)]
    return {name: np.concatenate([b[name] for b in batches]) for name in metrics}


def _finish(values):
    """Figures, float by metric name, from the values of all pictures."""
    # Means in double precision: the sum over 10,000 pictures is long for a float32.
    means = {name: values[name].mean(axis=0, dtype="float64") for name in values}
    return {
        name: float(METRICS[name].finish(tf.constant(mean, tf.float32)))
        for name, mean in means.items()
    }


@dataclass(frozen=True)
class Report:
    """A model's figures on one part of a data set, with ten pictures to look at.

    Attributes:
        metrics: What `metrics.json` holds: what was measured on what, and the figures of the
            model, of echoing the input ("echo") and of the ground truth ("truth").
        pictures: Rows "grayscale", "prediction", "ground truth": uint8 `[10, h, w, 3]` each.
        per_image: What `evaluate_each` returned for the model.
    """

    metrics: dict
    pictures: dict
    per_image: dict

    def table(self):
        """The figures as text, model above echo and ground truth."""
        return format_table(table_rows({self.metrics["model"]["name"]: self}))

    def save(self, folder):
        """Writes `REPORT_FILES` to a folder."""
        model = self.metrics["model"]
        metrics_file, samples_file, pictures_file = (Path(folder, name) for name in REPORT_FILES)
        write_json(metrics_file, self.metrics)
        figures.save_rows(
            samples_file,
            self.pictures,
            f"{model['name']} ({model['output']}), {self.metrics['dataset']}",
        )
        with writing(pictures_file) as temporary:
            Image.fromarray(
                np.concatenate([np.hstack(row) for row in self.pictures.values()])
            ).save(temporary)


def report(model, dataset, split, references, degradation="none"):
    """Evaluates an export on one part of a data set.

    Args:
        model: `ExportedModel`.
        dataset: `ImageDataset`.
        split: "train", "validation" or "test".
        references: What `references` returned for that part and degradation.
        degradation: Key of `DEGRADATIONS`.

    Returns:
        `Report`.
    """
    degraded = "" if degradation == "none" else f", degraded: {degradation}"
    source = getattr(dataset, split)
    truth = sample_pictures(source)
    grayscale, prediction = color_pictures(model.color, truth, degradation)
    per_image = evaluate_each(model.color, source, degradation)
    return Report(
        metrics={
            "dataset": f"{dataset.description}, {split}{degraded}",
            "degradation": degradation,
            "num_pictures": source.num_examples,
            "figures": _finish(per_image),
            **references,
            "model": model.metadata,
        },
        pictures={"grayscale": grayscale, "prediction": prediction, "ground truth": truth},
        per_image=per_image,
    )


def check_image_size(model, source):
    """Raises UserError if an `ExportedModel` cannot take a source's pictures."""
    if model.image_size not in (None, source.image_size):
        raise UserError(
            f"pictures of {source.image_size} pixels for the model {str(model.path)!r}",
            f"{model.image_size} pixels, the only size it takes",
            "Choose another --image-size or another model.",
        )


def summary(reports):
    """What was measured on what, as text; the argument is that of `table_rows`."""
    metrics = next(iter(reports.values())).metrics
    table = format_table(table_rows(reports))
    return f"{metrics['dataset']}: {metrics['num_pictures']} pictures\n{table}"


def table_rows(reports):
    """Rows for a table: every model's figures, below them those of echo and ground truth.

    Args:
        reports: Dict of `Report` on the same pictures by row title.

    Returns:
        Dict of row title to dict of float by metric name.
    """
    rows = {title: report.metrics["figures"] for title, report in reports.items()}
    first = next(iter(reports.values())).metrics
    return {**rows, "echo (grayscale input)": first["echo"], "ground truth": first["truth"]}


def sample_pictures(source):
    """Ten pictures of a source, random but always the same: uint8 `[10, h, w, 3]`.

    A source of fewer pictures gives them all.
    """
    generator = np.random.default_rng(_SAMPLE_SEED)
    count = min(NUM_SAMPLES, source.num_examples)
    indices = np.sort(generator.choice(source.num_examples, count, replace=False))
    return load_pictures(source, indices)


def load_pictures(source, indices):
    """Pictures of a source by number, 0 for the first: uint8 `[n, h, w, 3]`."""
    return source.load(tf.constant(indices, tf.int64), tf.constant(0, tf.int64)).numpy()


def color_pictures(color, truth, degradation="none"):
    """Grayscale input and colored output of true pictures, as a person sees them.

    Args:
        color: As for `evaluate`.
        truth: uint8 `[n, h, w, 3]`.
        degradation: As for `evaluate`.

    Returns:
        `(grayscale, prediction)`, uint8 `[n, h, w, 3]` each.
    """
    grayscale = DEGRADATIONS[degradation](from_uint8(truth))
    return to_uint8(echo(grayscale)).numpy(), to_uint8(color(grayscale)).numpy()


def format_table(rows):
    """A plain table of figures with units, one row per model.

    Args:
        rows: Dict of row title to dict of float by metric name; a missing figure is left blank.

    Returns:
        str, several lines.
    """
    lines = table_lines(rows)
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])])
        for line in lines
    )


def table_lines(rows):
    """The cells of a table as text, the header first; the argument is that of `format_table`."""
    names = [name for name in METRICS if any(name in values for values in rows.values())]
    lines = [["", *map(column_title, names)]]
    for title, values in rows.items():
        lines.append([title, *(format_value(values.get(name), name) for name in names)])
    return lines


def column_title(name):
    """Title of a metric with its unit, by its key in `METRICS`."""
    metric = METRICS[name]
    return f"{metric.title} ({metric.unit})" if metric.unit else metric.title


def format_value(value, name):
    """A figure of a metric as text; "" for None."""
    if value is None:
        return ""
    return f"{value:.{METRICS[name].decimals}f}"
