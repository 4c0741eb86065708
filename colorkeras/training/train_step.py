"""The model that `fit` trains: a network, the average of its weights, and the compiled steps."""

import keras
import tensorflow as tf

from colorkeras.color.spaces import from_uint8, luma
from colorkeras.data.stateless_random import Randomness
from colorkeras.evaluation.metrics import MeanOverImages, rounded
from colorkeras.models.class_head import remove_class_head
from colorkeras.training.distribution import is_multi_worker


class Colorizer(keras.Model):
    """Trains a network on uint8 RGB batches; conversion to grayscale is part of the step.

    Beside the trained network it keeps a float32 copy whose weights are their exponential moving
    average. Batch statistics are averaged with the same coefficient as the weights, so that the
    average network has statistics that belong to it. Validation and export use the average.

    It may be built in the scope of a `tf.distribute` strategy whose replicas get equal shares of
    each batch; losses, metrics and augmentation then are those of one replica.

    Args:
        network: A model from `build_network`, of any precision.
        average: The same architecture and output in float32.
        objective: `Objective` of that output.
        metrics: Dict of `Metric` for validation.
        average_decay: Decay of the average in 0..1; 0 copies the weights.
        augment: Value of `AUGMENTATIONS`.
        seed: Whole number from which all augmentation and noise follows.
        class_weight: Of the cross entropy of the auxiliary class head in the training loss, at
            least 0; above 0 for networks that have one, which then need labels beside pictures.

    Attributes:
        step_graph: The `tf.Graph` of the train step that is being or was compiled; None before.

    Reference (average of weights): Polyak, Juditsky, "Acceleration of stochastic approximation by
    averaging", SIAM Journal on Control and Optimization 30, 1992.
    """

    def __init__(
        self,
        network,
        average,
        objective,
        metrics,
        ema_decay,
        augment,
        seed,
        aux_class_loss_weight=0.0,
    ):
        super().__init__(name="colorizer")
        average.trainable = False
        average.set_weights(network.get_weights())
        self.network = network
        self.average = average
        # What colors and is measured, with the same variables: it ends in one output.
        self._colors = remove_class_head(average)
        self.objective = objective
        self.ema_decay = float(ema_decay)
        self.augment = augment
        self.seed = seed
        self.aux_class_loss_weight = aux_class_loss_weight
        self.step_graph = None
        self._is_multi_worker = is_multi_worker(tf.distribute.get_strategy())
        self._loss_mean = keras.metrics.Mean(name="loss")
        self._validation_metrics = [
            MeanOverImages(metric, name) for name, metric in metrics.items()
        ]
        self.built = True

    @property
    def metrics(self):
        return [self._loss_mean, *self._validation_metrics]

    @property
    def running_loss(self):
        """Sum and number of the losses since the epoch began, from which its mean follows."""
        return [float(tf.convert_to_tensor(v.value)) for v in self._loss_mean.variables]

    @running_loss.setter
    def running_loss(self, values):
        for variable, value in zip(self._loss_mean.variables, values, strict=True):
            variable.assign(value)

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        # Keras 3.15 would average the replicas' shares of the first batch to learn its shape,
        # which fails where these differ in size. Only the optimizer needs building.
        if self.optimizer is not None:
            with self.distribute_strategy.scope():
                self.optimizer.build(self.network.trainable_variables)

    def call(self, grayscale):
        """Colors with the average network; its place in the batch is the seed of each picture.

        Args:
            grayscale: float32 `[n, h, w, 1]` in 0..1.

        Returns:
            float32 RGB `[n, h, w, 3]` in 0..1.
        """
        seeds = tf.range(tf.shape(grayscale)[0])
        objective = self.objective
        return objective.colorize(self._colors, grayscale, seeds, objective.temperature)

    def train_step(self, data):
        """One update from a replica's share of the batch.

        Args:
            data: uint8 RGB `[n, h, w, 3]`; with a class head a pair of this and int64 `[n]`.

        Returns:
            Dict: "loss", its mean over the epoch so far; "gradient_norm", the Euclidean norm of
            this step's gradient on the replica's share, of which Keras reports the replicas' mean.
        """
        images, labels = self._split(data)
        # Python runs this when Keras compiles the step: kept as it is, TensorBoard shows it.
        self.step_graph = tf.compat.v1.get_default_graph()
        step = self.optimizer.iterations
        with tf.name_scope("step"):
            randomness = Randomness(self.seed, step)
        with tf.name_scope("augment"):
            rgb, grayscale = self.augment(from_uint8(images), randomness)
        with tf.name_scope("target"):
            inputs, target = self.objective.target(rgb, grayscale, randomness, labels)
        replicas = tf.distribute.get_replica_context()
        with tf.GradientTape() as tape:
            prediction = self.network(inputs, training=True)
            with tf.name_scope("loss"):
                loss = self._loss(target, prediction, labels)
                # The optimizer adds the gradients of all replicas.
                share = loss / replicas.num_replicas_in_sync
        variables = self.network.trainable_variables
        # The tape's own name, under which it puts the other operations.
        with tf.name_scope("gradient_tape"):
            gradients = tape.gradient(share, variables)
        self.optimizer.apply_gradients(zip(gradients, variables, strict=True))
        with tf.name_scope("average"):
            self._update_average(tf.cast(step, tf.float32))
        with tf.name_scope("metrics"):
            self._loss_mean.update_state(replicas.all_reduce(tf.distribute.ReduceOp.MEAN, loss))
            norm = tf.linalg.global_norm(gradients) * replicas.num_replicas_in_sync
            return self._told({"loss": self._loss_mean.result(), "gradient_norm": norm})

    def _loss(self, target, prediction, labels):
        if labels is None:
            return self.objective.loss(target, prediction)
        prediction, logits = prediction
        entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        return self.objective.loss(
            target, prediction
        ) + self.aux_class_loss_weight * tf.reduce_mean(entropy)

    def _split(self, data):
        return data if self.aux_class_loss_weight else (data, None)

    def test_step(self, data):
        """Measures the average network, without its class head, on data as for `train_step`."""
        images, labels = self._split(data)
        rgb = from_uint8(images)
        grayscale = luma(rgb)
        # The same noise in every epoch, so that losses can be compared.
        inputs, target = self.objective.target(rgb, grayscale, Randomness(self.seed, 0), labels)
        loss = self.objective.loss(target, self._colors(inputs, training=False))
        self._loss_mean.update_state(loss, sample_weight=tf.shape(images)[0])
        truth = tf.cast(images, tf.float32)
        output = rounded(self(grayscale))
        for metric in self._validation_metrics:
            metric.update_state(truth, output)
        return self._told({metric.name: metric.result() for metric in self.metrics})

    def _told(self, logs):
        # Keras 3.15 takes the mean of what workers return over its first axis.
        if not self._is_multi_worker:
            return logs
        return {name: tf.reshape(value, [1]) for name, value in logs.items()}

    def _update_average(self, step):
        # A short memory at first, so that the start of a run is forgotten.
        decay = tf.minimum(self.ema_decay, (1.0 + step) / (10.0 + step))

        def update_all(strategy, decay):
            for mean, value in zip(self.average.weights, self.network.weights, strict=True):
                strategy.extended.update(mean.value, update, args=(value.value, decay))

        def update(mean, value, decay):
            mean.assign_add((1.0 - decay) * (value - mean))

        # Each replica updates its own copies, from weights that are the same on all.
        tf.distribute.get_replica_context().merge_call(update_all, args=(decay,))
