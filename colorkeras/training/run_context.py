"""Everything that a training run needs before its first step."""

import logging
from dataclasses import dataclass, field

import tensorflow as tf

from colorkeras import evaluation, objectives
from colorkeras.config.settings import option_of
from colorkeras.config.training_config import TrainingConfig
from colorkeras.data import ImageDataset, load_dataset
from colorkeras.evaluation.metrics import METRICS, VALIDATION_METRICS
from colorkeras.export import restore
from colorkeras.export.metadata import FORMAT_VERSION
from colorkeras.models.build import build_network, check_image_size
from colorkeras.models.class_head import NUM_CLASSES, remove_class_head, reset_class_head
from colorkeras.models.selection import check_class_head
from colorkeras.training import distribution, optimizers, resolve
from colorkeras.training.precision import choose_precision, describe_device
from colorkeras.training.registries import REGISTRIES
from colorkeras.training.train_step import TrainingModel
from colorkeras.utils.determinism import make_deterministic
from colorkeras.utils.files import require_writable
from colorkeras.utils.version import git_commit, package_versions

logger = logging.getLogger(__name__)

_RECORDED_SETTINGS = (
    *("name", "preset", "prediction", "objective", "aux_class_loss_weight", "init", "optimizer"),
    *("learning_rate", "warmup_fraction", "weight_decay", "ema_decay", "seed"),
)
"""Settings that the run metadata contain under the same name."""


@dataclass
class RunContext:
    """State that the steps of a run share.

    Attributes:
        config: `TrainingConfig` with all fields resolved.
        strategy: `tf.distribute.Strategy`.
        precision: Keras dtype policy.
        precision_reason: Why it was chosen.
        dataset: `ImageDataset`.
        batch_size: Images per training step on all devices together.
        validation_batch_size: Images per validation step on all devices together.
        model: `TrainingModel`, compiled.
        notices: Lines that the user must see and that the run records, such as fallbacks.
        metadata: Dict for `config.json` and the export: what the settings resolved to. The steps
            of the run add their results.
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
        """Whether this process writes the files and logs; with several workers, one does."""
        return distribution.is_chief(self.strategy)

    @property
    def is_multi_worker(self):
        """Whether the run trains in several processes."""
        return distribution.is_multi_worker(self.strategy)

    @property
    def has_class_head(self):
        """Whether the network has an auxiliary class head, which needs labels."""
        return self.config.aux_class_loss_weight > 0

    @property
    def steps_per_epoch(self):
        """Number of training steps per epoch."""
        return self.dataset.train.num_examples // self.batch_size

    @property
    def checkpoint_interval(self):
        """Interval of checkpoints within epochs, `(number, unit)`; None for epochs only."""
        interval = self.config.checkpoint_interval
        # All workers take part in a checkpoint, but their clocks differ.
        return None if self.is_multi_worker and interval and interval[1] == "min" else interval

    @property
    def title(self):
        """One line that names the run in figures."""
        return "{name} ({prediction}, {loss}), {dataset}".format_map(self.metadata)


def prepare(config, is_new):
    """Return the `RunContext`: resolve the settings, open the dataset, build the model.

    Args:
        config: `TrainingConfig`.
        is_new: Whether the run starts from its first step rather than from a checkpoint.

    Raises:
        UserError: A setting or the dataset is unusable.
    """
    config.check_names(REGISTRIES)
    strategy = distribution.choose_strategy(config.strategy, config.batch_size)
    num_replicas = strategy.num_replicas_in_sync
    precision, precision_reason = choose_precision(config.precision)
    requested, (config, weights) = config, resolve.resolve_model(config, is_new)
    if config.aux_class_loss_weight:
        check_class_head(config.arch)
    require_writable(f"{config.export_dir}/{config.name}", "--export-dir")

    dataset = load_dataset(config.dataset, config.data_dir, config.image_size, config.seed)
    config = resolve.resolve_class_head(config, dataset)
    evaluation.check_colors(dataset, "train")
    batch_size = resolve.resolve_batch_size(config, dataset, num_replicas)
    validation_batch_size = distribution.even_batch_size(
        dataset.validation.num_examples, batch_size, num_replicas
    )
    total_steps = config.epochs * (dataset.train.num_examples // batch_size)
    model = _build_model(config, dataset, strategy, precision, weights, total_steps)
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


def _build_model(config, dataset, strategy, precision, weights, total_steps):
    # Seeds the random generators before anything is drawn from them.
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
    objective = objectives.create(config.prediction, config, dataset.train)
    metrics = {name: METRICS[name] for name in VALIDATION_METRICS}
    with strategy.scope():
        model = TrainingModel(network, ema_network, objective, config, metrics)
        model.compile(optimizer=optimizers.create(config, total_steps))
    return model


def log_summary(context, is_new):
    """Log the notices, the dataset, the network and the device of a run."""
    config, model, metadata = context.config, context.model, context.metadata
    for notice in context.notices:
        logger.warning(notice)
    initial = restore.color_settings(config.init) if is_new and config.init else {}
    for name, value in initial.items():
        if model.objective.metadata[name] != value:
            option = f"{option_of(name)} {'' if value is True else value}".strip()
            logger.warning("%s uses %s, this run does not.", config.init, option)
    parameters = f"{metadata['num_parameters']:,} parameters"
    start = f", initial weights from {config.init}" if config.init else ""
    reason, device = context.precision_reason, metadata["device"]
    logger.info(f"Data: {context.dataset.description}")
    logger.info(f"Network: {config.arch}, {parameters}, prediction {config.prediction}{start}")
    logger.info(f"Precision: {context.precision} ({reason}) on {device}")
    if config.checkpoint_every and context.checkpoint_interval is None:
        logger.info(
            "Several workers write checkpoints after each epoch only. For more, pass "
            "--checkpoint-every with a number of steps."
        )


def _notices(requested, config, dataset, batch_size):
    if config.aux_class_loss_weight != requested.aux_class_loss_weight:
        yield f"{dataset.name} has no labels: the class head is not trained."
    if batch_size < config.batch_size:
        yield (
            f"Only {dataset.train.num_examples} training images: batches of {batch_size} instead "
            f"of {config.batch_size}."
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
