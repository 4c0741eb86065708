"""The folder of a run: its name and its settings."""

import dataclasses
import json
from datetime import datetime
from pathlib import Path

from colorkeras.config import TrainingConfig, option_of
from colorkeras.errors import UserError, one_line
from colorkeras.evaluation import REPORT_FILES
from colorkeras.files import write_json

CHANGEABLE = ("epochs", "keep_last", "data_dir", "name", "export_dir", "profile")
"""Settings that may differ when a run goes on: its length, which epoch is exported, where things
are or go, and whether it is watched more closely."""

_CONFIG_FILE = "config.json"


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
    write_json(Path(folder, _CONFIG_FILE), {"settings": dataclasses.asdict(config), **facts})


def read_config(folder, changes):
    """Reads what `write_config` wrote, for going on with a run.

    Args:
        folder: The run's folder.
        changes: Dict of settings that the user asks for.

    Returns:
        `(config, facts)`: `TrainingConfig` with the changes; the facts as they were, with
        "epochs_planned", the setting before the changes.

    Raises:
        UserError: It is no run's folder, or a setting differs that must not.
    """
    path = Path(folder, _CONFIG_FILE)
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        settings = facts.pop("settings")
        config = TrainingConfig(**settings)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
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
    return dataclasses.replace(config, **changes), {**facts, "epochs_planned": config.epochs}
