"""The model that `fit` trains: a network, the average of its weights, and the compiled steps."""

import keras
import tensorflow as tf

from colorkeras import architectures
from colorkeras.augmentation import flip_and_shift
from colorkeras.color import from_uint8, luma
from colorkeras.losses import LOSSES
from colorkeras.metrics import MeanOverImages, rounded
from colorkeras.outputs import OUTPUTS


class Colorizer(keras.Model):
    """Trains a network on uint8 RGB batches; conversion to grayscale is part of the step.

    Beside the trained network it keeps a float32 copy whose weights are their exponential moving
    average. Batch statistics are averaged with the same coefficient as the weights, so that the
    average network has statistics that belong to it. Validation and export use the average.

    Args:
        network: A model from `architectures.build`, of any precision.
        average: The same architecture and output in float32.
        loss: A key of `LOSSES`.
        metrics: Dict of `Metric` for validation.
        average_decay: Decay of the average in 0..1; 0 copies the weights.
        augment: Whether to flip and shift the training pictures.
        seed: Whole number from which all augmentation follows.

    Reference (average of weights): Polyak, Juditsky, "Acceleration of stochastic approximation by
    averaging", SIAM Journal on Control and Optimization 30, 1992.
    """

    def __init__(self, network, average, loss, metrics, average_decay, augment, seed):
        super().__init__(name="colorizer")
        average.trainable = False
        average.set_weights(network.get_weights())
        self.network = network
        self.average = average
        self.output_kind = OUTPUTS[architectures.output_name(network)]
        self.average_decay = average_decay
        self.augment = augment
        self.seed = seed
        self._loss = LOSSES[loss]
        self._loss_mean = keras.metrics.Mean(name="loss")
        self._validation_metrics = [
            MeanOverImages(metric, name) for name, metric in metrics.items()
        ]
        # Both networks are built already; Keras need not trace a symbolic call.
        self.built = True

    @property
    def metrics(self):
        return [self._loss_mean, *self._validation_metrics]

    def call(self, grayscale):
        """Colors with the average network.

        Args:
            grayscale: float32 `[n, h, w, 1]` in 0..1.

        Returns:
            float32 RGB `[n, h, w, 3]` in 0..1.
        """
        return self.output_kind.decode(grayscale, self.average(grayscale, training=False))

    def train_step(self, images):
        """One update from uint8 RGB `[n, h, w, 3]`; returns the mean loss of the epoch so far."""
        step = self.optimizer.iterations
        rgb = from_uint8(images)
        if self.augment:
            # Steps never repeat, so (seed, step) stands for (seed, epoch, position).
            seed = tf.stack([tf.constant(self.seed, tf.int32), tf.cast(step, tf.int32)])
            rgb = flip_and_shift(rgb, seed)
        with tf.GradientTape() as tape:
            prediction = self.network(luma(rgb), training=True)
            loss = self._loss(self.output_kind.target(rgb), prediction)
        variables = self.network.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        self._update_average(tf.cast(step, tf.float32))
        self._loss_mean.update_state(loss)
        return {"loss": self._loss_mean.result()}

    def test_step(self, images):
        """Measures the average network on uint8 RGB `[n, h, w, 3]`."""
        rgb = from_uint8(images)
        grayscale = luma(rgb)
        prediction = self.average(grayscale, training=False)
        loss = self._loss(self.output_kind.target(rgb), prediction)
        self._loss_mean.update_state(loss, sample_weight=tf.shape(images)[0])
        truth = tf.cast(images, tf.float32)
        output = rounded(self.output_kind.decode(grayscale, prediction))
        for metric in self._validation_metrics:
            metric.update_state(truth, output)
        return {metric.name: metric.result() for metric in self.metrics}

    def _update_average(self, step):
        # A short memory at first, so that the start of a run is forgotten.
        decay = tf.minimum(self.average_decay, (1.0 + step) / (10.0 + step))
        for mean, value in zip(self.average.weights, self.network.weights, strict=True):
            mean.assign_add((1.0 - decay) * (value - mean))
