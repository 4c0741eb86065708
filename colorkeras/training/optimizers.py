"""Optimizers and the learning rate schedule."""

import re

import keras
import tensorflow as tf

NO_DECAY = ("bias", "gamma", "beta", "log_decay", "null")
"""Names of variables that are excluded from weight decay."""


class BackboneRate:
    """Optimizer mixin that applies a separate learning rate to backbone variables."""

    _backbone_keys = frozenset()

    def set_backbone(self, variables, rate_factor, frozen_steps):
        """Set a lower learning rate for some variables; must be called before `build`.

        Args:
            variables: List of `keras.Variable`.
            rate_factor: Learning rate multiplier for these variables.
            frozen_steps: Number of initial steps during which the variables do not change. After
                that, the multiplier rises linearly from 0 to `rate_factor` over half as many steps.
        """
        self._backbone_keys = {self._var_key(variable) for variable in variables}
        self._backbone_rate_factor = rate_factor
        self._backbone_frozen_steps = frozen_steps

    def scaled_rate(self, variable, learning_rate):
        """Return the learning rate for a variable in the current step."""
        if self._var_key(variable) not in self._backbone_keys:
            return learning_rate
        steps = tf.cast(self.iterations, tf.float32) - self._backbone_frozen_steps
        warmup = tf.clip_by_value(steps / max(1, self._backbone_frozen_steps // 2), 0.0, 1.0)
        return learning_rate * self._backbone_rate_factor * warmup


@keras.saving.register_keras_serializable("colorkeras")
class FusedAdamW(BackboneRate, keras.optimizers.AdamW):
    """AdamW that updates each variable with one fused TensorFlow kernel.

    Accepts the arguments of `keras.optimizers.AdamW` except `amsgrad`.

    Reference: Loshchilov, Hutter, "Decoupled weight decay regularization", ICLR 2019.
    """

    def update_step(self, gradient, variable, learning_rate):
        """See `keras.optimizers.Optimizer.update_step`."""
        index = self._get_variable_index(variable)
        step = tf.cast(self.iterations + 1, variable.dtype)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=tf.pow(tf.constant(self.beta_1, variable.dtype), step),
            beta2_power=tf.pow(tf.constant(self.beta_2, variable.dtype), step),
            lr=tf.cast(self.scaled_rate(variable, learning_rate), variable.dtype),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=tf.cast(gradient, variable.dtype),
        )


@keras.saving.register_keras_serializable("colorkeras")
class ConvolutionalMuon(BackboneRate, keras.optimizers.Muon):
    """Muon optimizer with support for convolution kernels.

    Convolution kernels are updated as matrices `[height * width * in, out]`. All singular values of
    an update are close to 1, so rare gradient directions matter as much as common ones. All other
    variables are updated with AdamW: vectors, kernels with fewer than `MIN_CHANNELS` output
    channels (for example in output layers), and variables selected by `exclude_layers` or
    `exclude_embeddings`.

    Accepts the arguments of `keras.optimizers.Muon`.

    Reference: Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024.
    """

    MIN_CHANNELS = 16

    def update_step(self, gradient, variable, learning_rate):
        """See `keras.optimizers.Optimizer.update_step`."""
        super().update_step(gradient, variable, self.scaled_rate(variable, learning_rate))

    def _should_use_adamw(self, variable):
        if len(variable.shape) not in (2, 4) or variable.shape[-1] < self.MIN_CHANNELS:
            return True
        if self.exclude_embeddings and "embedding" in variable.path.lower():
            return True
        return any(re.search(keyword, variable.path) for keyword in self.exclude_layers)

    def _muon_update_step(self, gradient, variable, lr, m):
        self.assign_add(m, gradient + m * (self.momentum - 1))
        update = gradient + self.momentum * m if self.nesterov else m
        matrix = keras.ops.reshape(update, (-1, update.shape[-1]))
        matrix = self.zeropower_via_newtonschulz5(matrix, self.ns_steps)
        matrix = self.lr_adjust(lr * matrix)
        self.assign_sub(variable, keras.ops.reshape(matrix, variable.shape))

    def get_config(self):
        # Keras 3.15 omits `nesterov`.
        return {**super().get_config(), "nesterov": self.nesterov}


def adamw(learning_rate, weight_decay):
    """Create an AdamW optimizer."""
    return FusedAdamW(learning_rate, weight_decay)


def muon(learning_rate, weight_decay):
    """Create an optimizer that uses Muon for kernels and AdamW for all other variables."""
    return ConvolutionalMuon(
        learning_rate, weight_decay=weight_decay, adam_weight_decay=weight_decay
    )


OPTIMIZERS = {"adamw": adamw, "muon": muon}
"""Functions that create an optimizer from a learning rate (or schedule) and a weight decay."""


def create(config, total_steps, backbone_variables=()):
    """Create an optimizer with linear warmup and cosine decay of the learning rate to zero.

    `total_steps` is the number of steps in the whole run. `backbone_variables` are trained with a
    separate learning rate and without weight decay.

    >>> from colorkeras.config.training_config import TrainingConfig
    >>> float(create(TrainingConfig(warmup_fraction=0.1), total_steps=100).learning_rate)
    0.0
    """
    warmup_steps = int(config.warmup_fraction * total_steps)
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0 if warmup_steps else config.learning_rate,
        decay_steps=max(1, total_steps - warmup_steps),
        warmup_target=config.learning_rate if warmup_steps else None,
        warmup_steps=warmup_steps,
    )
    optimizer = OPTIMIZERS[config.optimizer](schedule, config.weight_decay)
    optimizer.exclude_from_weight_decay(list(backbone_variables), list(NO_DECAY))
    optimizer.set_backbone(
        backbone_variables, config.backbone_rate_factor, config.backbone_frozen_steps
    )
    optimizer.global_clipnorm = config.clip_norm
    return optimizer
