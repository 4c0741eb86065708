"""Resolve settings: check names and fill in defaults from the initial model and the dataset."""

import dataclasses
from types import MappingProxyType

from colorkeras import objectives
from colorkeras.config.presets import PRESETS
from colorkeras.config.training_config import TrainingConfig
from colorkeras.config.validation import definitions, option_of
from colorkeras.data.augmentation import AUGMENTATIONS
from colorkeras.export import restore
from colorkeras.models.architectures import ARCHITECTURES
from colorkeras.models.build import choose_architecture
from colorkeras.models.predictions import PREDICTIONS, prediction_name
from colorkeras.objectives import OBJECTIVES
from colorkeras.objectives.losses import LOSSES
from colorkeras.training.distribution import STRATEGIES
from colorkeras.training.optimizers import OPTIMIZERS
from colorkeras.training.precision import PRECISIONS
from colorkeras.utils.errors import UserError

REGISTRIES = MappingProxyType(
    {
        "preset": PRESETS,
        "augment": AUGMENTATIONS,
        "arch": ARCHITECTURES,
        "prediction": PREDICTIONS,
        "objective": OBJECTIVES,
        "loss": LOSSES,
        "optimizer": OPTIMIZERS,
        "precision": PRECISIONS,
        "strategy": STRATEGIES,
    }
)
"""Registries of the valid values for `TrainingConfig` fields that contain names."""


def resolve_model(config, is_new):
    """Resolve the architecture, prediction, objective and name of a `TrainingConfig`.

    The initial model, `config.init`, is only loaded for new runs. Returns the config and the
    initial weights (a list of NumPy arrays, or None).

    Raises:
        UserError: A field conflicts with the initial model or the objective.
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
    if is_new:  # A resumed run has already passed this check, possibly with different defaults.
        objectives.check_settings(config)
        config = _resolve_backbone(config)
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
                f"{option} {expected}, which matches that model",
                f"Omit {option} or start from another model.",
            )


def _resolve_backbone(config):
    """Return the config, dropping a preset's backbone weights if `--init` provides all weights."""
    if ARCHITECTURES[config.arch].backbone is None:
        _refuse_backbone_settings(config)
    elif config.init is not None and config.backbone_weights is not None:
        if _preset_settings(config).get("backbone_weights") != config.backbone_weights:
            raise UserError(
                f"--backbone-weights {config.backbone_weights} with --init {config.init}",
                "only one of them, because --init also loads the backbone's weights",
                "Omit one of them.",
            )
        return dataclasses.replace(config, backbone_weights=None)
    return config


def _refuse_backbone_settings(config):
    for name, definition in definitions(TrainingConfig).items():
        value, option = getattr(config, name), option_of(name)
        if name.startswith("backbone_") and value != definition.default:
            with_backbone = [name for name, kind in ARCHITECTURES.items() if kind.backbone]
            raise UserError(
                f"{option} {value} for the {config.arch!r} architecture, which has no backbone",
                f"an architecture with a backbone: {', '.join(with_backbone)}",
                f"Omit {option} or pass --arch {with_backbone[0]}.",
            )


def _preset_settings(config):
    # A resumed run may refer to a preset that no longer exists.
    return PRESETS[config.preset].settings if config.preset in PRESETS else {}


def resolve_class_head(config, dataset):
    """Return the `TrainingConfig`, dropping a preset's class head if the dataset has no labels.

    Raises `UserError` if the user requested the class head explicitly.
    """
    if not config.aux_class_loss_weight or getattr(dataset.train, "labels", None) is not None:
        return config
    if _preset_settings(config).get("aux_class_loss_weight") != config.aux_class_loss_weight:
        raise UserError(
            f"--aux-class-loss-weight {config.aux_class_loss_weight:g} for {dataset.name}, "
            "which has no labels",
            "a dataset with labels, such as cifar10",
            "Pass --aux-class-loss-weight 0 or a different --dataset.",
        )
    return dataclasses.replace(config, aux_class_loss_weight=0.0)


def resolve_batch_size(config, dataset, num_replicas):
    """Return the batch size, reduced if the dataset has fewer images.

    A reduced batch size is a multiple of `num_replicas`. Raises `UserError` if there are fewer
    images than replicas.
    """
    num_examples = dataset.train.num_examples
    batch_size = min(config.batch_size, num_examples // num_replicas * num_replicas)
    if batch_size == 0:
        raise UserError(
            f"{num_examples} training images for {num_replicas} devices",
            "at least one image per device",
            "Pass --strategy one or add images.",
        )
    return batch_size
