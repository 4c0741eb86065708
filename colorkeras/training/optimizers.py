"""Optimizers by name, with the project's schedule of the learning rate."""

import keras

NO_DECAY = ("bias", "gamma", "beta")
"""Names of variables that weight decay leaves alone."""


@keras.saving.register_keras_serializable("colorkeras")
class ConvolutionalMuon(keras.optimizers.Muon):
    """Muon that also takes the kernels of convolutions, as matrices of `[h * w * in, out]`.

    Its updates have singular values that are all about 1, so that rare directions of the gradient
    count as much as common ones. Keras's own leaves everything but matrices to AdamW. Kernels of
    layers that give fewer than `MIN_CHANNELS` channels, such as last ones, are left to AdamW here.

    Reference: Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024.
    """

    MIN_CHANNELS = 16

    def _should_use_adamw(self, variable):
        is_kernel = len(variable.shape) in (2, 4)
        return not is_kernel or variable.shape[-1] < self.MIN_CHANNELS

    def zeropower_via_newtonschulz5(self, x, steps):
        return super().zeropower_via_newtonschulz5(_matrix(x), steps)

    def _muon_update_step(self, gradient, variable, lr, m):
        self.assign_add(m, gradient + m * (self.momentum - 1))
        update = self.zeropower_via_newtonschulz5(gradient + self.momentum * m, self.ns_steps)
        update = self.lr_adjust(lr * update)
        self.assign_sub(variable, keras.ops.reshape(update, variable.shape))


def _matrix(x):
    return keras.ops.reshape(x, (-1, x.shape[-1]))


def adamw(learning_rate, weight_decay):
    """AdamW: Loshchilov, Hutter, "Decoupled weight decay regularization", ICLR 2019."""
    return keras.optimizers.AdamW(learning_rate, weight_decay)


def muon(learning_rate, weight_decay):
    """Muon for kernels, AdamW for all else, both at the same rate."""
    return ConvolutionalMuon(
        learning_rate, weight_decay=weight_decay, adam_weight_decay=weight_decay
    )


OPTIMIZERS = {"adamw": adamw, "muon": muon}
"""Functions of a learning rate (or schedule) and weight decay by name."""


def create(config, total_steps):
    """An optimizer with the project's schedule: linear warm-up, then cosine decay to zero.

    Args:
        config: `TrainingConfig`.
        total_steps: Steps of the whole run.

    Returns:
        `keras.optimizers.Optimizer`.
    """
    warmup_steps = int(config.warmup_fraction * total_steps)
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0 if warmup_steps else config.learning_rate,
        decay_steps=max(1, total_steps - warmup_steps),
        warmup_target=config.learning_rate if warmup_steps else None,
        warmup_steps=warmup_steps,
    )
    optimizer = OPTIMIZERS[config.optimizer](schedule, config.weight_decay)
    optimizer.exclude_from_weight_decay(var_names=list(NO_DECAY))
    return optimizer
