"""Train a network to color grayscale pictures; export it as a SavedModel and evaluate it.

With --preview nothing is trained: ten random pictures are written, grayscale beside color.
"""

from pathlib import Path

from colorkeras import evaluation, figures
from colorkeras.architectures import ARCHITECTURES
from colorkeras.augmentation import AUGMENTATIONS
from colorkeras.cli import DONE
from colorkeras.cli.options import add_data_arguments, default_of
from colorkeras.config import TrainingConfig
from colorkeras.data import load_dataset
from colorkeras.files import require_writable
from colorkeras.losses import LOSSES
from colorkeras.outputs import OUTPUTS
from colorkeras.precision import PRECISIONS
from colorkeras.training import train


def add_arguments(parser):
    """Adds an option for every field of `TrainingConfig`, and --preview."""

    def add(option, **settings):
        parser.add_argument(option, default=default_of(option), **settings)

    parser.add_argument("--preview", action="store_true", help="write ten pictures and stop")
    add("--arch", metavar="NAME", help=_choice(ARCHITECTURES))
    add("--output", metavar="NAME", help=_choice(OUTPUTS, "chroma, for baseline rgb"))
    add("--loss", metavar="NAME", help=_choice(LOSSES))
    add("--smoothness-weight", type=float, help="in loss structure (default %(default)s)")
    add("--gradient-weight", type=float, help="in loss structure (default %(default)s)")
    add_data_arguments(parser)
    add("--epochs", type=int, help="passes over the training part (default %(default)s)")
    add("--batch-size", type=int, help="pictures per step (default %(default)s)")
    add("--learning-rate", type=float, help="peak of the schedule (default %(default)s)")
    add("--warmup", type=float, help="share of steps with rising rate (default %(default)s)")
    add("--weight-decay", type=float, help="AdamW's, on kernels (default %(default)s)")
    add("--average-decay", type=float, help="of the weight average (default %(default)s)")
    add("--augment", metavar="NAME", help=_choice(AUGMENTATIONS))
    add("--early-stop", type=int, metavar="EPOCHS", help="stop after so many without progress")
    add("--seed", type=int, help="fixes weights, order, augmentation (default %(default)s)")
    add("--precision", choices=PRECISIONS, help="auto: bfloat16 where the device has it natively")
    add("--profile", action="store_true", help="profile a few steps, for TensorBoard")
    add("--name", help="name of the export (default: the architecture's)")
    add("--runs-dir", metavar="DIR", help="where run folders go (default %(default)s)")
    add("--export-dir", metavar="DIR", help="where exports go (default %(default)s)")


def run(options):
    """Trains, or previews; returns the exit status."""
    settings = vars(options)
    preview = settings.pop("preview")
    config = TrainingConfig(**settings)
    if preview:
        _preview(config)
    else:
        train(config)
    return DONE


def _preview(config):
    require_writable(config.runs_dir, "--runs-dir")
    dataset = load_dataset(config.dataset, config.data_dir, config.image_size, config.seed)
    for note in dataset.notes:
        print(f"*** {note}")
    truth = evaluation.sample_pictures(dataset.train)
    grayscale, _ = evaluation.color_pictures(evaluation.echo, truth)
    path = Path(config.runs_dir, "preview", f"{dataset.name}.png")
    rows = {"grayscale": grayscale, "ground truth": truth}
    figures.save_rows(path, rows, f"{dataset.description}, train")
    print(f"Ten random training pictures: {path}")


def _choice(registry, default="%(default)s"):
    return f"one of {', '.join(registry)} (default {default})"
