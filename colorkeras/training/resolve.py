"""What the settings of a training run come to, once its start and its data are known."""

import dataclasses

from colorkeras import objectives
from colorkeras.config.presets import PRESETS
from colorkeras.export import restore
from colorkeras.models.class_head import remove_class_head
from colorkeras.models.predictions import PREDICTIONS, prediction_name
from colorkeras.models.selection import choose_architecture
from colorkeras.training.precision import describe_device
from colorkeras.utils.errors import UserError
from colorkeras.utils.version import git_commit, package_versions


def settle(config, new):
    """Settles architecture, output and name; a new run with `init` also gets its weights.

    Returns:
        `(config, weights)`: `TrainingConfig` without None in these, NumPy arrays or None.
    """
    weights = None
    if config.init is not None and new:
        trained = restore.load(config.init)
        arch, output = trained.name, prediction_name(trained)
        weights = trained.get_weights()
        for option, asked, given in (
            ("--arch", config.arch, arch),
            ("--prediction", config.prediction, output),
            ("--objective", config.objective, PREDICTIONS[output].objective),
        ):
            if asked not in (None, given):
                raise UserError(
                    f"{option} {asked} with --init {config.init}",
                    f"{given}, which that model has",
                    f"Leave {option} away, or start from another model.",
                )
    else:
        arch, output = choose_architecture(config.arch, config.prediction, config.objective)
    settled = {
        "arch": arch,
        "prediction": output,
        "objective": PREDICTIONS[output].objective,
        "name": config.name or arch,
    }
    config = dataclasses.replace(config, **settled)
    if new:  # An earlier version may have had other defaults.
        objectives.check_settings(config)
    return config, weights


def with_labels(config, dataset):
    """The settings, without a recipe's class head where the pictures have no labels.

    Raises:
        UserError: The user, not a recipe, asked for a class head.
    """
    if not config.aux_class_loss_weight or getattr(dataset.train, "labels", None) is not None:
        return config
    # A run that goes on may be of a recipe that is no more.
    own = PRESETS[config.preset].settings if config.preset in PRESETS else {}
    if own.get("aux_class_loss_weight") != config.aux_class_loss_weight:
        raise UserError(
            f"--aux-class-loss-weight {config.aux_class_loss_weight:g} for {dataset.name}, "
            "which has no labels",
            "a data set with labels, such as cifar10",
            "Pass --aux-class-loss-weight 0, or another --dataset.",
        )
    dataset.notes.append(f"No labels in {dataset.name}: trained without the class head.")
    return dataclasses.replace(config, aux_class_loss_weight=0.0)


def batch_size_for(config, dataset, num_replicas):
    """The batch size, which is smaller than asked for where there are few pictures.

    Raises:
        UserError: There is not one for each of the `num_replicas` devices.
    """
    num_examples = dataset.train.num_examples
    batch_size = min(config.batch_size, num_examples // num_replicas * num_replicas)
    if batch_size == 0:
        raise UserError(
            f"{num_examples} training pictures for {num_replicas} devices",
            "at least one for each device",
            "Pass --strategy one, or more pictures.",
        )
    if batch_size < config.batch_size:
        dataset.notes.append(
            f"Only {num_examples} training pictures: batches of {batch_size} instead of "
            f"{config.batch_size}."
        )
    return batch_size


def facts_of(config, network, objective, dataset, batch_size, precision, strategy):
    """What the settings came to, for `config.json` and the export's metadata."""
    return {
        "name": config.name,
        "preset": config.preset,
        "architecture": config.arch,
        "prediction": config.prediction,
        "objective": config.objective,
        "num_parameters": remove_class_head(network).count_params(),
        "loss": objective.description,
        "aux_class_loss_weight": config.aux_class_loss_weight,
        "init": config.init,
        "augmentation": config.augment,
        "optimizer": config.optimizer,
        "learning_rate": config.learning_rate,
        "warmup_fraction": config.warmup_fraction,
        "weight_decay": config.weight_decay,
        "ema_decay": config.ema_decay,
        "dataset": dataset.description,
        "dataset_fingerprint": dataset.fingerprint,
        "notes": dataset.notes,
        "seed": config.seed,
        "batch_size": batch_size,
        "precision": precision,
        "device": describe_device(strategy.num_replicas_in_sync),
        "versions": package_versions(),
        "git_commit": git_commit(),
    }
