"""Optimizers by name, and the learning rate schedule."""

import re

import keras

NO_DECAY = ("bias", "gamma", "beta")
"""Names of variables without weight decay."""


@keras.saving.register_keras_serializable("colorkeras")
class ConvolutionalMuon(keras.optimizers.Muon):
    """Muon for the kernels of convolutions, too.

    Kernels of convolutions are updated as matrices `[height * width * in, out]`. The singular
    values of an update are all close to 1, so rare directions of the gradient count as much as
    common ones. AdamW updates everything else: vectors, kernels with fewer than `MIN_CHANNELS`
    output channels (such as those of last layers), and variables that `exclude_layers` or
    `exclude_embeddings` exclude.

    Args: those of `keras.optimizers.Muon`.

    Reference: Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024.
    """

    MIN_CHANNELS = 16

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
        # Keras 3.15 omits it.
        return {**super().get_config(), "nesterov": self.nesterov}


def adamw(learning_rate, weight_decay):
    """Create AdamW: Loshchilov, Hutter, "Decoupled weight decay regularization", ICLR 2019."""
    return keras.optimizers.AdamW(learning_rate, weight_decay)


def muon(learning_rate, weight_decay):
    """Create Muon for kernels with AdamW for the rest, both at the same learning rate."""
    return ConvolutionalMuon(
        learning_rate, weight_decay=weight_decay, adam_weight_decay=weight_decay
    )


OPTIMIZERS = {"adamw": adamw, "muon": muon}
"""Functions that create an optimizer from a learning rate (or schedule) and a weight decay."""


def create(config, total_steps):
    """Create an optimizer with linear warm-up, then cosine decay of the learning rate to zero.

    Args:
        config: `TrainingConfig`.
        total_steps: Number of steps in the whole run.

    Returns:
        `keras.optimizers.Optimizer`.

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
    optimizer.exclude_from_weight_decay(var_names=list(NO_DECAY))
    return optimizer
