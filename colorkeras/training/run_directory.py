"""Run folders: naming, locking and `config.json`."""

import contextlib
import dataclasses
import itertools
import json
from datetime import datetime
from pathlib import Path

import filelock

from colorkeras.config.training_config import CHANGEABLE, TrainingConfig
from colorkeras.config.validation import option_of
from colorkeras.evaluation import REPORT_FILES
from colorkeras.export.metadata import FORMAT_VERSION
from colorkeras.utils.errors import UserError, one_line
from colorkeras.utils.files import printable, quoted, write_json

EPOCHS_FOLDER = "epochs"
"""Subfolder for the images colorized after each epoch: 001.png, 002.png and so on."""

_CONFIG_FILE = "config.json"
_LOCK_FILE = ".lock"


def create(parent):
    """Create the folder `parent/<time>`, with a suffix if it exists, and return its path."""
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    for number in itertools.count(1):
        folder = Path(parent, stamp if number == 1 else f"{stamp}-{number}")
        with contextlib.suppress(FileExistsError):
            folder.mkdir(parents=True)
            return folder


@contextlib.contextmanager
def locked(folder):
    """Lock a run folder for the duration of a `with` block.

    The lock is also released if the process is killed. Raises `UserError` if another process has
    locked the folder.
    """
    lock = filelock.FileLock(Path(folder, _LOCK_FILE))
    try:
        lock.acquire(blocking=False)
    except filelock.Timeout as error:
        raise UserError(
            f"--resume {quoted(folder)}, which another process is training",
            "a run that is not in progress",
            "Wait for that process to finish, or stop it.",
        ) from error
    try:
        yield
    finally:
        lock.release()


def has_results(folder, num_epochs):
    """Return whether a run was evaluated after the given number of epochs."""
    try:
        metrics = json.loads(Path(folder, REPORT_FILES[0]).read_text(encoding="utf-8"))
        return metrics["model"]["epochs"] == num_epochs
    except (OSError, ValueError, KeyError):
        return False


def write_config(folder, config, metadata):
    """Write the settings (`TrainingConfig`) and the run metadata (dict) to `config.json`."""
    content = {"settings": dataclasses.asdict(config), **metadata}
    # Flush the file to disk because the checkpoints are useless without it.
    write_json(Path(folder, _CONFIG_FILE), content, durable=True)


def read_config(folder, changes):
    """Read the settings and metadata of a run in order to resume it with changed settings.

    Returns:
        `(config, metadata)`: `TrainingConfig` with the changes applied, and the run metadata with
        an additional key, "epochs_planned", for the number of epochs before the changes.

    Raises:
        UserError: The folder does not contain a run from this version, a setting cannot be changed,
            or --export-dir is omitted and the run would export outside the current folder.
    """
    config, metadata = _read(Path(folder, _CONFIG_FILE))
    changed = dataclasses.replace(config, **changes)
    different = [
        f"{option_of(name)} {getattr(changed, name)} (was {getattr(config, name)})"
        for name in changes
        if name not in CHANGEABLE and getattr(changed, name) != getattr(config, name)
    ]
    if different:
        raise UserError(
            f"--resume with {', '.join(different)}",
            "the run's original settings, except for "
            f"{', '.join(map(option_of, CHANGEABLE))}, which can be changed",
            "Omit these options, or start a new run from the weights of this run with "
            f"--init {Path(folder, 'model.keras')}.",
        )
    export_dir = Path(config.export_dir)
    if "export_dir" not in changes and not export_dir.resolve().is_relative_to(Path.cwd()):
        raise UserError(
            f"--resume {quoted(folder)}, which exports to {quoted(export_dir)}",
            "an export folder inside the current folder, or an explicit --export-dir",
            f"Pass --export-dir {printable(export_dir)} or another folder.",
        )
    return changed, {**metadata, "epochs_planned": config.epochs}


def _read(path):
    try:
        metadata = json.loads(path.read_text(encoding="utf-8"))
        settings, version = metadata.pop("settings"), metadata["versions"]["colorkeras"]
        if metadata.get("format_version") == FORMAT_VERSION:
            config = TrainingConfig.from_dict(settings)
            if not all(type(number) is int for number in metadata.get("resumed_after", [])):
                raise ValueError("resumed_after is not a list of integers")
            return config, metadata
    except (OSError, ValueError, TypeError, KeyError, AttributeError, UserError) as error:
        raise UserError(
            f"--resume {quoted(path.parent)}, which is not a run folder ({one_line(error)})",
            f"the folder of a training run, which contains {_CONFIG_FILE}",
            "Pass the run folder whose path was printed at the start of training, such as "
            "runs/unet/20260101-120000.",
        ) from error
    raise UserError(
        f"--resume {quoted(path.parent)}, a run from colorkeras {one_line(version)} "
        f"(format_version {one_line(metadata.get('format_version'))})",
        f"a run from this version (format_version {FORMAT_VERSION})",
        f"Resume it with colorkeras {one_line(version)}, or start a new run from its weights with "
        f"--init {printable(path.with_name('model.keras'))}.",
    )


def check_same_run(folder, metadata, earlier):
    """Raise UserError unless data, batch size and precision match the metadata in `earlier`."""
    unknown = earlier.keys() - metadata.keys() - {"epochs_planned", "resumed_after"}
    if unknown:
        raise UserError(
            f"--resume {quoted(folder)}, whose {_CONFIG_FILE} contains unknown keys: "
            + ", ".join(sorted(unknown)),
            "a run from this version",
            "Start a new run and pass this run's model.keras as --init.",
        )
    for key in ("dataset", "dataset_fingerprint", "batch_size", "precision"):
        if metadata[key] != earlier.get(key):
            raise UserError(
                f"--resume {quoted(folder)} with {key.replace('_', ' ')} {metadata[key]!r}",
                f"the run's original value, {earlier.get(key)!r}",
                "Provide the same data and devices, or start a new run.",
            )
