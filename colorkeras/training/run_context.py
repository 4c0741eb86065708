"""Prepare a training run: settings, dataset and model."""

import logging
from dataclasses import dataclass, field

import tensorflow as tf

from colorkeras import evaluation, objectives
from colorkeras.config.training_config import TrainingConfig
from colorkeras.config.validation import option_of
from colorkeras.data import ImageDataset, load_dataset
from colorkeras.evaluation.metrics import METRICS, VALIDATION_METRICS
from colorkeras.export import restore
from colorkeras.export.metadata import FORMAT_VERSION
from colorkeras.models.architectures import ARCHITECTURES
from colorkeras.models.build import build_network, check_class_head, check_image_size
from colorkeras.models.class_head import NUM_CLASSES, remove_class_head, reset_class_head
from colorkeras.training import backbone, distribution, optimizers, resolve_config
from colorkeras.training.precision import choose_precision, describe_device
from colorkeras.training.train_step import TrainingModel
from colorkeras.utils.determinism import make_deterministic
from colorkeras.utils.files import require_writable
from colorkeras.utils.version import git_commit, package_versions

logger = logging.getLogger(__name__)

_RECORDED_SETTINGS = (
    *("name", "preset", "prediction", "objective", "aux_class_loss_weight", "init", "optimizer"),
    *("backbone_weights", "learning_rate", "warmup_fraction", "weight_decay", "clip_norm"),
    *("ema_decay", "seed"),
)
"""Settings copied to the run metadata."""


@dataclass
class RunContext:
    """State shared by the stages of a run: resolved settings, dataset and model.

    Attributes:
        precision: Keras dtype policy.
        precision_reason: Why this precision was chosen.
        batch_size: Images per training step, across all devices.
        validation_batch_size: Images per validation step, across all devices.
        notices: Messages to log and record, for example about fallbacks.
        metadata: Dict of the resolved settings for `config.json` and the export. Later stages of
            the run add their results.
    """

    config: TrainingConfig
    strategy: tf.distribute.Strategy
    precision: str
    precision_reason: str
    dataset: ImageDataset
    batch_size: int
    validation_batch_size: int
    model: TrainingModel
    notices: list
    metadata: dict = field(init=False)

    def __post_init__(self):
        self.metadata = _run_metadata(self)

    @property
    def is_chief(self):
        """Whether this process writes files and logs; only one worker in a run does."""
        return distribution.is_chief(self.strategy)

    @property
    def is_multi_worker(self):
        """Whether the run trains in several processes."""
        return distribution.is_multi_worker(self.strategy)

    @property
    def has_class_head(self):
        """Whether the network has an auxiliary class head, which requires labels."""
        return self.config.aux_class_loss_weight > 0

    @property
    def steps_per_epoch(self):
        """Number of training steps per epoch."""
        return self.dataset.train.num_examples // self.batch_size

    @property
    def checkpoint_interval(self):
        """Interval between checkpoints within an epoch, as `(number, unit)`, or None."""
        interval = self.config.checkpoint_interval
        # All workers must save checkpoints at the same step, but their clocks differ.
        return None if self.is_multi_worker and interval and interval[1] == "min" else interval

    @property
    def title(self):
        """Title for plots of the run."""
        return "{name} ({prediction}, {loss}), {dataset}".format_map(self.metadata)


def prepare(config, is_new):
    """Resolve settings, open the dataset and build the model; return a `RunContext`.

    Args:
        config: `TrainingConfig`.
        is_new: Whether the run starts at its first step rather than from a checkpoint.

    Raises:
        UserError: A setting or the dataset is invalid.
    """
    config.check_names(resolve_config.REGISTRIES)
    strategy = distribution.choose_strategy(config.strategy, config.batch_size)
    num_replicas = strategy.num_replicas_in_sync
    precision, precision_reason = choose_precision(config.precision)
    requested, (config, weights) = config, resolve_config.resolve_model(config, is_new)
    if config.aux_class_loss_weight:
        check_class_head(config.arch)
    require_writable(f"{config.export_dir}/{config.name}", "--export-dir")

    dataset = load_dataset(
        config.dataset, config.data_dir, config.image_size, config.seed, config.include_gray
    )
    config = resolve_config.resolve_class_head(config, dataset)
    evaluation.check_colors(dataset, "train")
    batch_size = resolve_config.resolve_batch_size(config, dataset, num_replicas)
    validation_batch_size = distribution.even_batch_size(
        dataset.validation.num_examples, batch_size, num_replicas
    )
    total_steps = config.epochs * (dataset.train.num_examples // batch_size)
    network, ema_network = _build_networks(config, strategy, precision, weights)
    if is_new and config.backbone_weights is not None:
        backbone.load_weights(network, config.backbone_weights)
    if is_new and weights is None and ARCHITECTURES[config.arch].backbone:
        backbone.standardize(network, dataset.train)
    objective = objectives.create(config.prediction, config, dataset.train)
    metrics = {name: METRICS[name] for name in VALIDATION_METRICS}
    with strategy.scope():
        model = TrainingModel(network, ema_network, objective, config, metrics)
        pretrained = backbone.trainable_variables(network)
        model.compile(optimizer=optimizers.create(config, total_steps, pretrained))
    return RunContext(
        config=config,
        strategy=strategy,
        precision=precision,
        precision_reason=precision_reason,
        dataset=dataset,
        batch_size=batch_size,
        validation_batch_size=validation_batch_size,
        model=model,
        notices=[*dataset.notes, *_notices(requested, config, dataset, batch_size)],
    )


def _build_networks(config, strategy, precision, weights):
    # Seed the random number generators before their first use.
    make_deterministic(config.seed)
    num_classes = NUM_CLASSES if config.aux_class_loss_weight else 0
    with strategy.scope():
        network = build_network(config.arch, config.prediction, precision, num_classes)
        ema_network = build_network(config.arch, config.prediction, num_classes=num_classes)
    if weights is not None:
        remove_class_head(network).set_weights(weights)
        if not num_classes:
            reset_class_head(network)
    check_image_size(network, config.image_size, config.image_size)
    return network, ema_network


def log_summary(context, is_new):
    """Log the notices, the dataset, the network and the device of a run."""
    config, model, metadata = context.config, context.model, context.metadata
    for notice in context.notices:
        logger.warning(notice)
    initial = restore.color_settings(config.init) if is_new and config.init else {}
    for name, value in initial.items():
        if model.objective.metadata[name] != value:
            option = f"{option_of(name)} {'' if value is True else value}".strip()
            logger.warning("%s uses %s, but this run does not.", config.init, option)
    parameters = f"{metadata['num_parameters']:,} parameters"
    start = f", initial weights from {config.init}" if config.init else ""
    if config.backbone_weights:
        start = f", backbone weights from {config.backbone_weights}"
    reason, device = context.precision_reason, metadata["device"]
    logger.info(f"Data: {context.dataset.description}")
    logger.info(f"Network: {config.arch}, {parameters}, prediction {config.prediction}{start}")
    logger.info(f"Precision: {context.precision} ({reason}) on {device}")
    if config.checkpoint_every and context.checkpoint_interval is None:
        logger.info(
            "With multiple workers, a checkpoint interval in minutes is ignored, and checkpoints "
            "are only saved after each epoch. To save more often, pass a number of steps, such as "
            "--checkpoint-every 500steps."
        )


def _notices(requested, config, dataset, batch_size):
    if config.aux_class_loss_weight != requested.aux_class_loss_weight:
        yield f"{dataset.name} has no labels, so the class head is not trained."
    is_random = config.init is None and config.backbone_weights is None
    if is_random and ARCHITECTURES[config.arch].backbone:
        yield "The backbone has random initial weights. To load weights, pass --backbone-weights."
    if batch_size < config.batch_size:
        yield (
            f"There are only {dataset.train.num_examples} training images, so the batch size is "
            f"{batch_size} instead of {config.batch_size}."
        )


def _run_metadata(context):
    config, dataset, model = context.config, context.dataset, context.model
    network = remove_class_head(model.network)
    return {
        "format_version": FORMAT_VERSION,
        **{name: getattr(config, name) for name in _RECORDED_SETTINGS},
        "architecture": config.arch,
        "augmentation": config.augment,
        "num_parameters": network.count_params(),
        "loss": model.objective.description,
        "dataset": dataset.description,
        "dataset_fingerprint": dataset.fingerprint,
        "notes": context.notices,
        "batch_size": context.batch_size,
        "precision": context.precision,
        "device": describe_device(context.strategy.num_replicas_in_sync),
        "versions": package_versions(),
        "git_commit": git_commit(),
    }
