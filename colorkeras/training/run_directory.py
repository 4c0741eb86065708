"""The folder of a run: its name, its lock and its `config.json`."""

import contextlib
import dataclasses
import itertools
import json
from datetime import datetime
from pathlib import Path

import filelock

from colorkeras.config.settings import option_of
from colorkeras.config.training_config import CHANGEABLE, TrainingConfig
from colorkeras.evaluation import REPORT_FILES
from colorkeras.export.metadata import FORMAT_VERSION
from colorkeras.utils.errors import UserError, one_line
from colorkeras.utils.files import printable, quoted, write_json

EPOCHS_FOLDER = "epochs"
"""Folder, in a run's folder, of the images after each epoch: 001.png and so on."""

_CONFIG_FILE = "config.json"
_LOCK_FILE = ".lock"


def create(parent):
    """Create the folder `parent/<time>`, with a suffix if several runs start in one second."""
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    for number in itertools.count(1):
        folder = Path(parent, stamp if number == 1 else f"{stamp}-{number}")
        with contextlib.suppress(FileExistsError):
            folder.mkdir(parents=True)
            return folder


@contextlib.contextmanager
def locked(folder):
    """Hold a lock on a run's folder; the lock also ends with the process.

    Raises:
        UserError: Another process holds it.
    """
    lock = filelock.FileLock(Path(folder, _LOCK_FILE))
    try:
        lock.acquire(blocking=False)
    except filelock.Timeout as error:
        raise UserError(
            f"--resume {quoted(folder)}, which another process is training",
            "a run that is not being trained",
            "Wait until that process ends, or stop it.",
        ) from error
    try:
        yield
    finally:
        lock.release()


def has_results(folder, num_epochs):
    """Return whether a run was evaluated after this number of epochs."""
    try:
        metrics = json.loads(Path(folder, REPORT_FILES[0]).read_text(encoding="utf-8"))
        return metrics["model"]["epochs"] == num_epochs
    except (OSError, ValueError, KeyError):
        return False


def write_config(folder, config, metadata):
    """Write `config.json`: the settings of a `TrainingConfig`, and the run metadata, a dict."""
    content = {"settings": dataclasses.asdict(config), **metadata}
    # Durable, because the checkpoints are useless without it.
    write_json(Path(folder, _CONFIG_FILE), content, durable=True)


def read_config(folder, changes):
    """Read the file that `write_config` wrote, to resume a run.

    Args:
        folder: The run's folder.
        changes: Dict of settings that the user requests.

    Returns:
        `(config, metadata)`: `TrainingConfig` with the changes; the run metadata, with
        "epochs_planned", the number of epochs before the changes.

    Raises:
        UserError: It is not the folder of a run of this version, a setting must not change, or the
            run would export to a folder outside the current one that the user has not named.
    """
    config, metadata = _read(Path(folder, _CONFIG_FILE))
    different = [
        f"{option_of(name)} {value} (the run: {getattr(config, name)})"
        for name, value in changes.items()
        if name not in CHANGEABLE and value != getattr(config, name)
    ]
    if different:
        raise UserError(
            f"--resume with {', '.join(different)}",
            f"the run's own settings, except for {', '.join(map(option_of, CHANGEABLE))}",
            "Omit these options, or start a new run from the weights of this one with "
            f"--init {Path(folder, 'model.keras')}.",
        )
    export_dir = Path(config.export_dir)
    if "export_dir" not in changes and not export_dir.resolve().is_relative_to(Path.cwd()):
        raise UserError(
            f"--resume {quoted(folder)}, which exports to {quoted(export_dir)}",
            "an export folder below the current folder, or one that you name",
            f"Pass --export-dir {printable(export_dir)}, or another folder.",
        )
    return dataclasses.replace(config, **changes), {**metadata, "epochs_planned": config.epochs}


def _read(path):
    try:
        metadata = json.loads(path.read_text(encoding="utf-8"))
        settings, version = metadata.pop("settings"), metadata["versions"]["colorkeras"]
        if metadata.get("format_version") == FORMAT_VERSION:
            config = TrainingConfig.from_dict(settings)
            if not all(type(number) is int for number in metadata.get("resumed_after", [])):
                raise ValueError("resumed_after is not a list of whole numbers")
            return config, metadata
    except (OSError, ValueError, TypeError, KeyError, AttributeError, UserError) as error:
        raise UserError(
            f"--resume {quoted(path.parent)}, which is not a run ({one_line(error)})",
            f"the folder of a run, with its {_CONFIG_FILE}",
            "Pass the folder that training printed, such as runs/unet/20260101-120000.",
        ) from error
    raise UserError(
        f"--resume {quoted(path.parent)}, a run of colorkeras {one_line(version)} (format_version "
        f"{one_line(metadata.get('format_version'))})",
        f"a run of this version (format_version {FORMAT_VERSION})",
        f"Resume it with colorkeras {one_line(version)}, or start a new run from its weights with "
        f"--init {printable(path.with_name('model.keras'))}.",
    )


def check_same_run(folder, metadata, earlier):
    """Raise UserError unless data, batches and precision are as in the metadata of `earlier`."""
    unknown = earlier.keys() - metadata.keys() - {"epochs_planned", "resumed_after"}
    if unknown:
        raise UserError(
            f"--resume {quoted(folder)}, whose {_CONFIG_FILE} has {', '.join(sorted(unknown))}",
            "a run of this version",
            "Start a new run; --init takes the model.keras of this one.",
        )
    for key in ("dataset", "dataset_fingerprint", "batch_size", "precision"):
        if metadata[key] != earlier.get(key):
            raise UserError(
                f"--resume {quoted(folder)} with {key.replace('_', ' ')} {metadata[key]!r}",
                f"that of the run, {earlier.get(key)!r}",
                "Provide the same data and devices, or start a new run.",
            )
