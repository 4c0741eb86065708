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
    degrade = DEGRADATIONS[degradation]
    return _evaluate(lambda truth: color(degrade(truth)), source, metrics_for(source.image_size))


def references(source, degradation="none"):
    """What every model's figures are compared with, on what models are shown: see `evaluate`.

    Returns:
        Dict of figures by metric name: "echo", those of `echo`, which a model has to beat, and
        "truth", the ground truth's own colorfulness, which a model's should come near.
    """
    own = {"colorfulness": METRICS["colorfulness"]}
    return {
        "echo": evaluate(echo, source, degradation),
        "truth": _evaluate(tf.identity, source, own),
    }


def _evaluate(reproduce, source, metrics):
    batch_size = max(1, _PIXELS_PER_BATCH // source.image_size**2)

    @tf.function
    def measure(images):
        output = rounded(reproduce(from_uint8(images)))
        truth = tf.cast(images, tf.float32)
        return {name: metric.per_image(truth, output) for name, metric in metrics.items()}

    batches = [measure(images) for images in evaluation_batches(source, batch_size)]
    # Means in double precision: the sum over 10,000 pictures is long for a float32.
    means = {
        name: np.concatenate([b[name] for b in batches]).mean(axis=0, dtype="float64")
        for name in metrics
    }
    return {
        name: float(metrics[name].finish(tf.constant(mean, tf.float32)))
        for name, mean in means.items()
    }


@dataclass(frozen=True)
class Report:
    """A model's figures on one part of a data set, with ten pictures to look at.

    Attributes:
        metrics: What `metrics.json` holds: what was measured on what, and the figures of the
            model, of echoing the input ("echo") and of the ground truth ("truth").
        pictures: Rows "grayscale", "prediction", "ground truth": uint8 `[10, h, w, 3]` each.
    """

    metrics: dict
    pictures: dict

    def table(self):
        """The figures as text, model above echo and ground truth."""
        rows = {self.metrics["model"]["name"]: self.metrics["figures"]}
        return format_table({**rows, **reference_rows(self.metrics)})

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
    return Report(
        metrics={
            "dataset": f"{dataset.description}, {split}{degraded}",
            "degradation": degradation,
            "num_pictures": source.num_examples,
            "figures": evaluate(model.color, source, degradation),
            **references,
            "model": model.metadata,
        },
        pictures={"grayscale": grayscale, "prediction": prediction, "ground truth": truth},
    )


def check_image_size(model, source):
    """Raises UserError if an `ExportedModel` cannot take a source's pictures."""
    if model.image_size not in (None, source.image_size):
        raise UserError(
            f"pictures of {source.image_size} pixels for the model {str(model.path)!r}",
            f"{model.image_size} pixels, the only size it takes",
            "Choose another --image-size or another model.",
        )


def reference_rows(metrics):
    """Rows for `format_table` that stand below every model, from a `metrics.json`."""
    return {"echo (grayscale input)": metrics["echo"], "ground truth": metrics["truth"]}


def sample_pictures(source):
    """Ten pictures of a source, random but always the same: uint8 `[10, h, w, 3]`.

    A source of fewer pictures gives them all.
    """
    generator = np.random.default_rng(_SAMPLE_SEED)
    count = min(NUM_SAMPLES, source.num_examples)
    indices = np.sort(generator.choice(source.num_examples, count, replace=False))
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
    names = [name for name in METRICS if any(name in values for values in rows.values())]
    lines = [["", *map(column_title, names)]]
    for title, values in rows.items():
        lines.append([title, *(format_value(values.get(name), name) for name in names)])
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])])
        for line in lines
    )


def column_title(name):
    """Title of a metric with its unit, by its key in `METRICS`."""
    metric = METRICS[name]
    return f"{metric.title} ({metric.unit})" if metric.unit else metric.title


def format_value(value, name):
    """A figure of a metric as text; "" for None."""
    if value is None:
        return ""
    return f"{value:.3f}" if name == "ssim" else f"{value:.2f}"
