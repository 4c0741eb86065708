"""The Keras model that `fit` trains, with its training and validation steps."""

import keras
import tensorflow as tf

from colorkeras.color.spaces import from_uint8, luma
from colorkeras.data.augmentation import AUGMENTATIONS
from colorkeras.data.stateless_random import Randomness
from colorkeras.evaluation.metrics import MeanOverImages, rounded
from colorkeras.models.class_head import remove_class_head
from colorkeras.training.distribution import is_multi_worker


class TrainingModel(keras.Model):
    """Model that trains a network on uint8 RGB batches, which it converts to grayscale inputs.

    A float32 copy of the network contains the exponential moving average (EMA) of its weights.
    Batch statistics are averaged with the same decay so that they match the averaged weights.
    Validation and export use the EMA network.

    To train on several devices, create the model in the scope of a `tf.distribute` strategy. Each
    replica receives an equal share of the batch, augments it, and computes its losses and metrics.

    Args:
        network: Model from `build_network` with any precision.
        ema_network: float32 model with the same architecture and prediction.
        objective: `Objective` for the prediction.
        config: `TrainingConfig`; only `ema_decay`, `augment`, `seed` and `aux_class_loss_weight`
            are used. If `aux_class_loss_weight` is positive, the networks need a class head and the
            batches need labels.
        metrics: Dict from name to `Metric`, for validation.

    Attributes:
        step_graph: `tf.Graph` of the most recently traced train step, or None.

    Reference (averaged weights): Polyak, Juditsky, "Acceleration of stochastic approximation by
    averaging", SIAM Journal on Control and Optimization 30, 1992.
    """

    def __init__(self, network, ema_network, objective, config, metrics=None):
        super().__init__(name="training_model")
        ema_network.trainable = False
        ema_network.set_weights(network.get_weights())
        self.network = network
        self.ema_network = ema_network
        # Shares the EMA network's variables but only outputs the prediction, not the class logits.
        self._color_network = remove_class_head(ema_network)
        self.objective = objective
        self.ema_decay = float(config.ema_decay)
        self.augment = AUGMENTATIONS[config.augment]
        self.seed = config.seed
        self.aux_class_loss_weight = config.aux_class_loss_weight
        self.step_graph = None
        self._is_multi_worker = is_multi_worker(tf.distribute.get_strategy())
        self._loss_mean = keras.metrics.Mean(name="loss")
        self._validation_metrics = [
            MeanOverImages(metric, name) for name, metric in (metrics or {}).items()
        ]
        self.built = True

    @property
    def metrics(self):
        return [self._loss_mean, *self._validation_metrics]

    @property
    def running_loss(self):
        """Sum and count of the losses since the start of the epoch, as a list of two floats."""
        return [float(tf.convert_to_tensor(v.value)) for v in self._loss_mean.variables]

    @running_loss.setter
    def running_loss(self, values):
        for variable, value in zip(self._loss_mean.variables, values, strict=True):
            variable.assign(value)

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        # To infer the shape of the first batch, Keras 3.15 averages the replicas' shares, which
        # fails if their sizes differ. Only the optimizer needs to be built.
        if self.optimizer is not None:
            with self.distribute_strategy.scope():
                self.optimizer.build(self.network.trainable_variables)

    def call(self, grayscale):
        """Colorize images with the EMA network, using each image's index in the batch as its seed.

        Maps float32 `[batch, height, width, 1]` in `[0, 1]` to RGB `[batch, height, width, 3]`.
        """
        seeds = tf.range(tf.shape(grayscale)[0])
        objective = self.objective
        return objective.colorize(self._color_network, grayscale, seeds, objective.temperature)

    def train_step(self, data):
        """Update the weights using a replica's share of the batch.

        Args:
            data: Images, uint8 RGB `[batch, height, width, 3]`; with a class head, a pair of images
                and labels, int64 `[batch]`.

        Returns:
            Dict of "loss", the mean loss in the epoch so far, and "gradient_norm", the Euclidean
            norm of this step's gradient (Keras reports the mean over replicas).
        """
        images, labels = self._split(data)
        # This line runs once, when Keras traces the step. TensorBoard displays the graph.
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
                # The optimizer sums the gradients of all replicas.
                share = loss / replicas.num_replicas_in_sync
        variables = self.network.trainable_variables
        # The tape uses the same scope name for the operations that it creates.
        with tf.name_scope("gradient_tape"):
            gradients = tape.gradient(share, variables)
        self.optimizer.apply_gradients(zip(gradients, variables, strict=True))
        with tf.name_scope("ema"):
            self._update_ema(tf.cast(step, tf.float32))
        with tf.name_scope("metrics"):
            self._loss_mean.update_state(replicas.all_reduce(tf.distribute.ReduceOp.MEAN, loss))
            norm = tf.linalg.global_norm(gradients) * replicas.num_replicas_in_sync
            return self._as_logs({"loss": self._loss_mean.result(), "gradient_norm": norm})

    def _loss(self, target, prediction, labels):
        if labels is None:
            return self.objective.loss(target, prediction)
        prediction, logits = prediction
        entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        loss = self.objective.loss(target, prediction)
        return loss + self.aux_class_loss_weight * tf.reduce_mean(entropy)

    def _split(self, data):
        return data if self.aux_class_loss_weight else (data, None)

    def test_step(self, data):
        """Evaluate the EMA network without its class head.

        Returns a dict of "loss" and the validation metrics, computed over all images so far.
        """
        images, labels = self._split(data)
        rgb = from_uint8(images)
        grayscale = luma(rgb)
        # Use the same noise in each epoch so that validation losses are comparable.
        inputs, target = self.objective.target(rgb, grayscale, Randomness(self.seed, 0), labels)
        loss = self.objective.loss(target, self._color_network(inputs, training=False))
        self._loss_mean.update_state(loss, sample_weight=tf.shape(images)[0])
        truth = tf.cast(images, tf.float32)
        prediction = rounded(self(grayscale))
        for metric in self._validation_metrics:
            metric.update_state(truth, prediction)
        return self._as_logs({metric.name: metric.result() for metric in self.metrics})

    def _as_logs(self, values):
        # With several workers, Keras 3.15 averages the returned values over their first axis.
        if not self._is_multi_worker:
            return values
        return {name: tf.reshape(value, [1]) for name, value in values.items()}

    def _update_ema(self, step):
        # In the first steps, use a small decay to forget the initial weights quickly.
        decay = tf.minimum(self.ema_decay, (1.0 + step) / (10.0 + step))

        def update_all(strategy, decay):
            for mean, value in zip(self.ema_network.weights, self.network.weights, strict=True):
                strategy.extended.update(mean.value, update, args=(value.value, decay))

        def update(mean, value, decay):
            mean.assign_add((1.0 - decay) * (value - mean))

        # Each replica updates its own copy; the copies remain identical.
        tf.distribute.get_replica_context().merge_call(update_all, args=(decay,))
