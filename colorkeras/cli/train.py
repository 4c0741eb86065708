"""Train a network to color grayscale pictures; export it as a SavedModel and evaluate it.

With --preview nothing is trained: ten random pictures are written, grayscale beside color.
With --resume a run goes on after its last checkpoint, with its own settings.

recipes:

"""

import argparse
import textwrap
from pathlib import Path

from colorkeras import evaluation
from colorkeras.cli import DONE
from colorkeras.cli.options import add_data_arguments, default_of
from colorkeras.config.presets import PRESETS
from colorkeras.config.training_config import EXPORT_EPOCHS, TrainingConfig, option_of
from colorkeras.data import load_dataset
from colorkeras.data.augmentation import AUGMENTATIONS
from colorkeras.export import bundled
from colorkeras.models.architectures import ARCHITECTURES, DEFAULT_ARCHITECTURE
from colorkeras.models.outputs import OUTPUTS
from colorkeras.objectives import OBJECTIVES
from colorkeras.objectives.losses import LOSSES
from colorkeras.training import trainer
from colorkeras.training.distribution import STRATEGIES
from colorkeras.training.optimizers import OPTIMIZERS
from colorkeras.training.precision import PRECISIONS
from colorkeras.utils import plots
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import require_writable


def add_arguments(parser):
    """Adds an option for every field of `TrainingConfig`, --preview and --resume."""
    parser.description += "".join(
        f"--preset {name}\n{textwrap.indent(recipe.description, '    ')}\n"
        for name, recipe in PRESETS.items()
    )
    # Options that are not given leave no trace, so that --resume can tell what was asked for.
    parser.argument_default = argparse.SUPPRESS

    def add(option, help, **settings):
        default = default_of(option)
        if default is not None and "(default" not in help:
            help += f" (default {default})"
        parser.add_argument(option, help=help, **settings)

    parser.add_argument("--preview", action="store_true", help="write ten pictures and stop")
    parser.add_argument(
        "--resume",
        metavar="RUN",
        help="folder of a run to go on with; only --epochs, --export-epoch, --data-dir, --name, "
        "--export-dir, --checkpoint-every and --profile may differ",
    )
    add(
        "--preset",
        f"named settings, see above: one of {', '.join(PRESETS)}; options given beside it win",
        choices=PRESETS,
    )
    add("--arch", _choice(ARCHITECTURES, DEFAULT_ARCHITECTURE), metavar="NAME")
    add("--objective", _choice(OBJECTIVES, "regression"), metavar="NAME")
    add("--prediction", _choice(OUTPUTS, "that of architecture and objective"), metavar="NAME")
    add(
        "--init",
        f"start from a trained model: {', '.join(bundled.BUNDLED_MODELS)}, an export's folder or a "
        "run's model.keras",
        metavar="MODEL",
    )
    add("--loss", f"of regression: {_choice(LOSSES)}", metavar="NAME")
    parser.add_argument(
        "--flip-tta",
        action=argparse.BooleanOptionalAction,
        help="regression: take the mean with the colors of the mirror image; flow: ask what a "
        "picture shows of that as well",
    )
    add("--smoothness-weight", "of smooth chroma in loss structure", type=float)
    add("--gradient-weight", "of luma gradients in loss structure", type=float)
    add("--rebalance", "share of the uniform prior in classification's weights", type=float)
    add("--sampling-steps", "in which flow colors a picture", type=int)
    add("--guidance-scale", "of flow, 1..10: exaggerates what the class does to colors", type=float)
    add(
        "--temperature",
        "of the export's endpoints without one, 0..1.5 (default: classification 0.38, flow 1)",
        type=float,
    )
    add("--aux-class-loss-weight", "of an auxiliary class head, where labels are known", type=float)
    add_data_arguments(parser)
    add("--epochs", "passes over the training part", type=int)
    add("--batch-size", "pictures per step, on all devices together", type=int)
    add("--optimizer", _choice(OPTIMIZERS), metavar="NAME")
    add("--learning-rate", "peak of the schedule", type=float)
    add("--warmup-fraction", "share of steps with rising rate", type=float)
    add("--weight-decay", "the optimizer's, on kernels", type=float)
    add("--ema-decay", "of the weight average", type=float)
    add("--augment", _choice(AUGMENTATIONS), metavar="NAME")
    add(
        "--early-stopping-patience",
        "stop after so many without progress",
        type=int,
        metavar="EPOCHS",
    )
    add(
        "--export-epoch",
        "export the best epoch by validation loss, or the last one",
        choices=EXPORT_EPOCHS,
    )
    add("--seed", "fixes weights, order, augmentation", type=int)
    add("--precision", "auto: bfloat16 where the device has it natively", choices=PRECISIONS)
    add("--strategy", "auto: all GPUs where there are several", choices=STRATEGIES)
    add(
        "--checkpoint-every",
        "how often to write a checkpoint within epochs, such as 500steps",
        metavar="INTERVAL",
    )
    parser.add_argument("--profile", action="store_true", help="profile steps, for TensorBoard")
    add("--name", "name of the export (default: the architecture's)")
    add("--runs-dir", "where run folders go", metavar="DIR")
    add("--export-dir", "where exports go", metavar="DIR")


def run(options):
    """Trains, resumes or previews; returns the exit status."""
    settings = vars(options)
    # A run that goes on has its settings already, those of its recipe among them.
    if "preset" in settings and "resume" not in settings:
        recipe = PRESETS[settings["preset"]].settings
        taken = {name: value for name, value in recipe.items() if name not in settings}
        # Said, so that a message about one of them puzzles nobody who never typed it.
        print(f"Preset {settings['preset']}: {_as_options(taken)}")
        settings |= taken
    preview = settings.pop("preview", False)
    folder = settings.pop("resume", None)
    if preview and folder is not None:
        raise UserError("--preview with --resume", "one of them", "Leave one of them away.")
    if preview:
        _preview(TrainingConfig(**settings))
    elif folder is not None:
        trainer.resume(folder, settings)
    else:
        trainer.train(TrainingConfig(**settings))
    return DONE


def _as_options(settings):
    words = [
        option_of(name) if value is True else f"{option_of(name)} {value}"
        for name, value in settings.items()
    ]
    return " ".join(words)


def _preview(config):
    require_writable(config.runs_dir, "--runs-dir")
    dataset = load_dataset(config.dataset, config.data_dir, config.image_size, config.seed)
    for note in dataset.notes:
        print(f"*** {note}")
    truth = evaluation.sample_pictures(dataset.train)
    grayscale, _ = evaluation.color_images(evaluation.grayscale_baseline, truth)
    path = Path(config.runs_dir, "preview", f"{dataset.name}.png")
    rows = {"grayscale": grayscale, "ground truth": truth}
    plots.save_rows(path, rows, f"{dataset.description}, train")
    print(f"Ten random training pictures: {path}")


def _choice(registry, default=None):
    return f"one of {', '.join(registry)}" + (f" (default {default})" if default else "")
