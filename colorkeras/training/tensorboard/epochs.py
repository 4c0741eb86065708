"""Summaries for each epoch, and the graph of the train step."""

from pathlib import Path

import keras
import tensorflow as tf

from colorkeras import evaluation
from colorkeras.evaluation.metrics import METRICS
from colorkeras.training.callbacks import StopOnNaN
from colorkeras.training.run_directory import EPOCHS_FOLDER
from colorkeras.training.tensorboard import tags
from colorkeras.utils import plots


class EpochSummaries(keras.callbacks.Callback):
    """Write curves, images and histograms after each epoch, and the graph of the train step once.

    The TensorBoard step is the epoch number, starting at 1. This class replaces
    `keras.callbacks.TensorBoard`, whose histograms would include all variables of both networks,
    with names that differ between runs.

    Args:
        folder: Run folder.
        truth: Images to colorize after each epoch, uint8 `[batch, height, width, 3]`.
        title: Plot title; the epoch number is appended.
    """

    def __init__(self, folder, truth, title):
        super().__init__()
        self._folder = Path(folder)
        self._truth = truth
        self._title = title
        self._train, self._validation = (
            tf.summary.create_file_writer(str(self._folder / "tensorboard" / part))
            for part in ("train", "validation")
        )
        self._graph_is_written = False

    def on_epoch_begin(self, epoch, logs=None):
        self._gradient_norms = []

    def on_train_batch_end(self, batch, logs):
        # At these steps, `StopOnNaN` synchronizes with the device anyway.
        if batch % StopOnNaN.EVERY_STEPS == 0:
            self._gradient_norms.append(float(logs["gradient_norm"]))

    def on_epoch_end(self, epoch, logs):
        number = epoch + 1
        with self._train.as_default(step=number):
            self._write_training(logs)
            if not self._graph_is_written:
                self._write_graph()
                self._graph_is_written = True
        with self._validation.as_default(step=number):
            self._write_validation(logs)
            self._write_weights()
            self._write_images(number)

    def close(self):
        """Close the event files."""
        self._train.close()
        self._validation.close()

    def _write_graph(self):
        definition = self.model.step_graph.as_graph_def(add_shapes=True)
        # TensorBoard would also draw the branches of the learning rate schedule, two per variable,
        # which would make the graph too small to read.
        definition.ClearField("library")
        tf.summary.graph(definition)

    def _write_training(self, logs):
        tf.summary.scalar(
            tags.LOSS, logs["loss"], description="Mean training loss over the steps of the epoch."
        )
        for name, tag in tags.STEPS.items():
            if name in logs:
                tf.summary.scalar(tag, logs[name])
        tf.summary.histogram(
            tags.GRADIENT_NORM,
            self._gradient_norms,
            description=f"Euclidean norm of the gradient every {StopOnNaN.EVERY_STEPS} steps.",
        )

    def _write_validation(self, logs):
        tf.summary.scalar(
            tags.LOSS, logs["val_loss"], description="Loss of the EMA network after the epoch."
        )
        for name, metric in METRICS.items():
            if f"val_{name}" in logs:
                tf.summary.scalar(
                    tags.quality(name), logs[f"val_{name}"], description=metric.description
                )

    def _write_weights(self):
        kernels = [v for v in self.model.ema_network.variables if v.name == "kernel"]
        for number, kernel in enumerate(kernels, start=1):
            tf.summary.histogram(
                tags.weights(number, kernel),
                kernel.value,
                description="Weights of the EMA network.",
            )

    def _write_images(self, number):
        grayscale, prediction = evaluation.color_images(self.model, self._truth)
        rows = {"grayscale": grayscale, "prediction": prediction, "ground truth": self._truth}
        path = self._folder / EPOCHS_FOLDER / f"{number:03}.png"
        plots.save_rows(path, rows, f"{self._title}, epoch {number}")
        # Read the file, which contains enlarged images with labels.
        image = tf.io.decode_png(path.read_bytes(), channels=3)
        tf.summary.image(
            tags.IMAGES,
            image[tf.newaxis],
            description="Colorized by the EMA network after the epoch.",
        )
