"""Rename keys in JSON files written by version 0.1: export metadata, metrics and studies.

    python tools/migrate_json.py saved_models/*/*/assets.extra/*.json results

Values, including recorded commits, are preserved. Files that have already been migrated remain
unchanged. Folders are searched recursively for `*.json`. Export checksums remain valid because they
do not cover metadata.
"""

import argparse
import json
from pathlib import Path

from colorkeras.export.metadata import FORMAT_VERSION
from colorkeras.utils.files import write_json

RENAMED = {
    "average_decay": "ema_decay",
    "class_weight": "aux_class_loss_weight",
    "echo": "grayscale_baseline",
    "figures": "metrics",
    "guidance": "guidance_scale",
    "judge": "learned_metrics",
    "judged": "result",
    "mirror": "flip_tta",
    "mirrored": "flipped",
    "num_pictures": "num_images",
    "output": "prediction",
    "recipe": "preset",
    "reliability": "calibration",
    "steps": "sampling_steps",
    "warmup": "warmup_fraction",
}
"""New key for each old key, at any depth."""

RENAMED_ENTRIES = {"setting": RENAMED, "variant": {"faithful": "accurate"}}
"""New name for each old name that is the value of a given key in study files."""


def renamed(value):
    """Return JSON content with its keys renamed.

    >>> renamed({"echo": {"figures": [{"steps": 5}]}, "loss": "echo"})
    {'grayscale_baseline': {'metrics': [{'sampling_steps': 5}]}, 'loss': 'echo'}
    >>> renamed({"setting": "guidance", "value": 2.0})
    {'setting': 'guidance_scale', 'value': 2.0}
    """
    if isinstance(value, dict):
        return {
            RENAMED.get(key, key): RENAMED_ENTRIES[key].get(item, item)
            if key in RENAMED_ENTRIES
            else renamed(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [renamed(item) for item in value]
    return value


def migrate(path):
    """Rewrite one file; return whether it changed."""
    content = json.loads(path.read_text(encoding="utf-8"))
    migrated = renamed(content)
    if path.name == "colorkeras.json":
        migrated = {"format_version": FORMAT_VERSION, **migrated}
    elif path.name == "metrics.json" and "model" in migrated:
        # Copy of the evaluated model's metadata.
        migrated["model"] = {"format_version": FORMAT_VERSION, **migrated["model"]}
    if migrated == content:
        return False
    write_json(path, migrated)
    return True


def main():
    """Migrate the files and folders given on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="+", type=Path, metavar="FILE_OR_FOLDER")
    for path in parser.parse_args().paths:
        for file in sorted(path.rglob("*.json")) if path.is_dir() else [path]:
            if file.name not in {"sources.json", "sha256.json"} and migrate(file):
                print(file)


if __name__ == "__main__":
    main()
