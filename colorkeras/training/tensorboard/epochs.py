"""What TensorBoard shows of each epoch, and of the train step."""

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
    """Writes curves, pictures and histograms after each epoch, and the train step's graph once.

    It only reads: a run ends in the same weights without it. Everything is written after an
    epoch, whose number, 1 for the first, is the step in TensorBoard. Put it behind `Progress`,
    whose additions to the logs it writes.

    Args:
        folder: The run's, which gets `tensorboard/{train,validation}` and `epochs/<number>.png`.
        truth: The pictures to color after each epoch, uint8 `[n, h, w, 3]`.
        title: Line above them, before the epoch's number.
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
        # The steps in which `StopOnNaN` has waited for the device already.
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
            self._write_pictures(number)

    def close(self):
        """Closes the files, however training ended."""
        self._train.close()
        self._validation.close()

    def _write_graph(self):
        definition = self.model.step_graph.as_graph_def(add_shapes=True)
        # Branches of the learning rate's schedule, two for each variable: TensorBoard would draw
        # them all beside the graph and make it too small to read.
        definition.ClearField("library")
        tf.summary.graph(definition)

    def _write_training(self, logs):
        tf.summary.scalar(
            tags.LOSS, logs["loss"], description="Mean over the epoch, while weights change."
        )
        for name, tag in tags.STEPS.items():
            # An epoch of one step is not timed.
            if name in logs:
                tf.summary.scalar(tag, logs[name])
        tf.summary.histogram(
            tags.GRADIENT_NORM,
            self._gradient_norms,
            description=f"Euclidean norm of every {StopOnNaN.EVERY_STEPS}th step's gradient.",
        )

    def _write_validation(self, logs):
        tf.summary.scalar(
            tags.LOSS, logs["val_loss"], description="Of the average network, after the epoch."
        )
        for name, metric in METRICS.items():
            if f"val_{name}" in logs:
                tf.summary.scalar(
                    tags.quality(name), logs[f"val_{name}"], description=metric.description
                )

    def _write_weights(self):
        kernels = [v for v in self.model.average.variables if v.name == "kernel"]
        for number, kernel in enumerate(kernels, start=1):
            tf.summary.histogram(
                tags.weights(number, kernel), kernel.value, description="Of the average network."
            )

    def _write_pictures(self, number):
        grayscale, prediction = evaluation.color_images(self.model, self._truth)
        rows = {"grayscale": grayscale, "prediction": prediction, "ground truth": self._truth}
        path = self._folder / EPOCHS_FOLDER / f"{number:03}.png"
        plots.save_rows(path, rows, f"{self._title}, epoch {number}")
        # The file's own pixels: enlarged and labelled, as TensorBoard cannot do it.
        picture = tf.io.decode_png(path.read_bytes(), channels=3)
        tf.summary.image(
            tags.PICTURES,
            picture[tf.newaxis],
            description="Colored by the average network after the epoch.",
        )
