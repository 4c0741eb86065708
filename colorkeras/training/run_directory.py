"""The folder of a run: its name and its settings."""

import contextlib
import dataclasses
import json
from datetime import datetime
from pathlib import Path

import filelock

from colorkeras.config.settings import option_of
from colorkeras.config.training_config import CHANGEABLE, TrainingConfig
from colorkeras.evaluation import REPORT_FILES
from colorkeras.utils.errors import UserError, one_line
from colorkeras.utils.files import printable, quoted, write_json

EPOCHS_FOLDER = "epochs"
"""In a run's folder: pictures after each epoch, 001.png and so on."""

_CONFIG_FILE = "config.json"
_LOCK_FILE = ".lock"


def new_folder(parent):
    """Makes `parent/<time>`, with a number behind where runs start within one second."""
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    for suffix in ("", *(f"-{number}" for number in range(2, 1000))):
        folder = Path(parent, stamp + suffix)
        try:
            folder.mkdir(parents=True)
            return folder
        except FileExistsError:
            continue
    raise UserError(f"{parent}, which is full of runs of this second", "room", "Start again.")


@contextlib.contextmanager
def claimed(folder):
    """Keeps other processes from going on with a run; what held it is free when it ends.

    Args:
        folder: The run's folder.

    Raises:
        UserError: Another process trains it.
    """
    lock = filelock.FileLock(Path(folder, _LOCK_FILE))
    try:
        lock.acquire(blocking=False)
    except filelock.Timeout as error:
        raise UserError(
            f"--resume {quoted(folder)}, which another process is training",
            "a run that was stopped",
            "Wait for its end, or stop it.",
        ) from error
    try:
        yield
    finally:
        lock.release()


def has_results(folder, num_epochs):
    """Whether a run's final figures are those after so many epochs."""
    try:
        metrics = json.loads(Path(folder, REPORT_FILES[0]).read_text(encoding="utf-8"))
        return metrics["model"]["epochs"] == num_epochs
    except (OSError, ValueError, KeyError):
        return False


def write_config(folder, config, facts):
    """Writes `config.json`: every setting, and what it came to.

    Args:
        folder: The run's folder.
        config: `TrainingConfig`.
        facts: Dict.
    """
    content = {"settings": dataclasses.asdict(config), **facts}
    # Without it no checkpoint is of use.
    write_json(Path(folder, _CONFIG_FILE), content, durable=True)


def read_config(folder, changes):
    """Reads what `write_config` wrote, for going on with a run.

    Args:
        folder: The run's folder.
        changes: Dict of settings that the user asks for.

    Returns:
        `(config, facts)`: `TrainingConfig` with the changes; the facts as they were, with
        "epochs_planned", the setting before the changes.

    Raises:
        UserError: It is no run's folder, a setting differs that must not, or exports would go to
            a place outside of the current folder that the user has not named.
    """
    path = Path(folder, _CONFIG_FILE)
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        settings = facts.pop("settings")
        config = TrainingConfig.from_dict(settings)
        if not all(type(number) is int for number in facts.get("resumed_after", [])):
            raise ValueError("resumed_after is no list of whole numbers")
    except (OSError, ValueError, TypeError, KeyError, AttributeError, UserError) as error:
        raise UserError(
            f"--resume {str(folder)!r}, which is no run of this version ({one_line(error)})",
            f"the folder of a run, with its {_CONFIG_FILE}",
            "Pass the folder that training printed, such as runs/unet/20260101-120000.",
        ) from error
    different = [
        f"{option_of(name)} {value} (the run: {getattr(config, name)})"
        for name, value in changes.items()
        if name not in CHANGEABLE and value != getattr(config, name)
    ]
    if different:
        raise UserError(
            f"--resume with {', '.join(different)}",
            "the run's own settings; only " + ", ".join(map(option_of, CHANGEABLE)) + " may change",
            "Leave these options away, or start another run, from this one with "
            f"--init {Path(folder, 'model.keras')}.",
        )
    export_dir = Path(config.export_dir)
    if "export_dir" not in changes and not export_dir.resolve().is_relative_to(Path.cwd()):
        raise UserError(
            f"--resume {quoted(folder)}, which exports to {quoted(export_dir)}",
            "a folder below the current one, or one that you name: the run may be another's",
            f"Pass --export-dir {printable(export_dir)}, or another folder.",
        )
    return dataclasses.replace(config, **changes), {**facts, "epochs_planned": config.epochs}
