"""Resolve unset config fields from the initial checkpoint and the dataset."""

import dataclasses

from colorkeras import objectives
from colorkeras.config.presets import PRESETS
from colorkeras.config.settings import option_of
from colorkeras.export import restore
from colorkeras.models.predictions import PREDICTIONS, prediction_name
from colorkeras.models.selection import choose_architecture
from colorkeras.utils.errors import UserError


def resolve_model(config, is_new):
    """Resolve architecture, prediction, objective and name of a `TrainingConfig`.

    Only a new run (`is_new`) loads its initial checkpoint, `config.init`.

    Returns:
        `(config, weights)`: `TrainingConfig` in which these fields are set; the initial weights, a
        list of NumPy arrays, or None without an initial checkpoint.

    Raises:
        UserError: A field contradicts the initial checkpoint or the objective.
    """
    weights = None
    if config.init is not None and is_new:
        network = restore.load(config.init)
        weights = network.get_weights()
        arch, prediction = network.name, prediction_name(network)
        _check_same_model(config, arch, prediction)
    else:
        arch, prediction = choose_architecture(config.arch, config.prediction, config.objective)
    config = dataclasses.replace(
        config,
        arch=arch,
        prediction=prediction,
        objective=PREDICTIONS[prediction].objective,
        name=config.name or arch,
    )
    if is_new:  # A resumed run has passed this check, perhaps with other defaults.
        objectives.check_settings(config)
    return config, weights


def _check_same_model(config, arch, prediction):
    resolved = {
        "arch": arch,
        "prediction": prediction,
        "objective": PREDICTIONS[prediction].objective,
    }
    for name, expected in resolved.items():
        requested, option = getattr(config, name), option_of(name)
        if requested not in (None, expected):
            raise UserError(
                f"{option} {requested} with --init {config.init}",
                f"{option} {expected}, as in that model",
                f"Omit {option}, or start from another model.",
            )


def resolve_class_head(config, dataset):
    """Return the `TrainingConfig`, without a preset's class head if the dataset has no labels.

    Raises:
        UserError: The user, not the preset, requested a class head for a dataset without labels.
    """
    if not config.aux_class_loss_weight or getattr(dataset.train, "labels", None) is not None:
        return config
    # A resumed run may name a preset that no longer exists.
    preset = PRESETS[config.preset].settings if config.preset in PRESETS else {}
    if preset.get("aux_class_loss_weight") != config.aux_class_loss_weight:
        raise UserError(
            f"--aux-class-loss-weight {config.aux_class_loss_weight:g} for {dataset.name}, "
            "which has no labels",
            "a dataset with labels, such as cifar10",
            "Pass --aux-class-loss-weight 0, or another --dataset.",
        )
    return dataclasses.replace(config, aux_class_loss_weight=0.0)


def resolve_batch_size(config, dataset, num_replicas):
    """Return the batch size, limited to a multiple of `num_replicas` within the training images.

    Raises:
        UserError: There is less than one image for each device.
    """
    num_examples = dataset.train.num_examples
    batch_size = min(config.batch_size, num_examples // num_replicas * num_replicas)
    if batch_size == 0:
        raise UserError(
            f"{num_examples} training images for {num_replicas} devices",
            "at least one image for each device",
            "Pass --strategy one, or add images.",
        )
    return batch_size
