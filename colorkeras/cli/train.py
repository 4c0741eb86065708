"""Train a network to colorize grayscale images, export it as a SavedModel and evaluate it.

With --preview, write ten random training images in grayscale and color and exit. With --resume,
continue a run from its last checkpoint with its original settings.

presets:

"""

import logging
import textwrap
from pathlib import Path

from colorkeras import evaluation
from colorkeras.cli import DONE
from colorkeras.config.presets import PRESETS
from colorkeras.config.training_config import CHANGEABLE, TrainingConfig
from colorkeras.config.validation import add_options, option_of
from colorkeras.data import load_dataset
from colorkeras.training import trainer
from colorkeras.training.resolve_config import REGISTRIES
from colorkeras.utils import plots
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import expand_home, require_writable

logger = logging.getLogger(__name__)


def add_arguments(parser):
    """Add --preview, --resume and one option for each field of `TrainingConfig`."""
    parser.description += "".join(
        f"--preset {name}\n{textwrap.indent(preset.description, '    ')}\n"
        for name, preset in PRESETS.items()
    )
    parser.add_argument("--preview", action="store_true", help="write ten training images and exit")
    parser.add_argument(
        "--resume",
        type=expand_home,
        metavar="RUN",
        help="directory of the run to continue; can only be combined with "
        f"{', '.join(map(option_of, CHANGEABLE))}",
    )
    add_options(parser, TrainingConfig, REGISTRIES)


def run(options):
    """Train, resume or preview; return the exit status."""
    settings = vars(options)
    is_preview, run_directory = settings.pop("preview"), settings.pop("resume")
    if is_preview and run_directory is not None:
        raise UserError("--preview with --resume", "only one of these options", "Omit one of them.")
    if run_directory is not None:
        trainer.resume(run_directory, settings)
        return DONE
    config = TrainingConfig(**_with_preset(settings))
    config.check_names(REGISTRIES)
    if is_preview:
        _preview(config)
    else:
        trainer.train(config)
    return DONE


def _with_preset(settings):
    """Add the settings from the preset; explicit options take precedence."""
    name = settings.get("preset")
    if name not in PRESETS:
        return settings  # `check_names` reports unknown presets.
    used = {key: value for key, value in PRESETS[name].settings.items() if key not in settings}
    # Log the settings, since error messages may refer to them.
    words = [
        option_of(key) if value is True else f"{option_of(key)} {value}"
        for key, value in used.items()
    ]
    logger.info("Preset %s: %s", name, " ".join(words))
    return used | settings


def _preview(config):
    require_writable(config.runs_dir, "--runs-dir")
    dataset = load_dataset(
        config.dataset, config.data_dir, config.image_size, config.seed, config.include_gray
    )
    for note in dataset.notes:
        logger.warning(note)
    truth = evaluation.sample_images(dataset.train)
    grayscale, _ = evaluation.color_images(evaluation.grayscale_baseline, truth)
    path = Path(config.runs_dir, "preview", f"{dataset.name}.png")
    rows = {"grayscale": grayscale, "ground truth": truth}
    plots.save_rows(path, rows, f"{dataset.description}, train")
    logger.info("Ten random training images: %s", path)
