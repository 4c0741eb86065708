"""Tests for export metadata."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from colorkeras.export import restore, saved_model
from colorkeras.export.metadata import METADATA_FILE
from colorkeras.utils.errors import UserError

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def changed(exports, tmp_path):
    """Function that copies an export with changed metadata; None removes a key."""

    def change(name, /, **changes):
        folder = shutil.copytree(exports(name).folder, tmp_path / "copy")
        metadata = {**exports(name).model.metadata, **changes}
        kept = {key: value for key, value in metadata.items() if value is not None}
        (folder / METADATA_FILE).write_text(json.dumps(kept))
        return folder

    return change


@pytest.mark.parametrize(
    "key", ["architecture", "dataset", "name", "num_parameters", "prediction", "render_size"]
)
def test_missing_keys_are_refused(key, changed):
    with pytest.raises(UserError, match=f"(?s)cannot be loaded: .*json lacks {key}.*Fix: "):
        saved_model.load(changed("skip_cnn", **{key: None}))


def test_hostile_names_are_refused(changed):
    with pytest.raises(UserError, match="cannot be loaded"):
        saved_model.load(changed("skip_cnn", name="../up"))


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("skip_cnn", "flip_tta"),
        ("flow_unet", "flip_tta"),
        ("flow_unet", "sampling_steps"),
        ("flow_unet", "guidance_scale"),
        ("flow_unet", "temperature"),
    ],
)
def test_settings_of_coloring_have_no_defaults(name, key, changed):
    folder = changed(name, **{key: None})
    for read in (restore.color_settings, restore.load):
        with pytest.raises(UserError, match=f"(?s)json lacks {key}\n.*Fix: "):
            read(folder)


def test_exports_of_0_1_0_are_refused_until_their_keys_are_renamed(changed):
    folder = changed("skip_cnn", format_version=None, flip_tta=None, mirror=False)
    with pytest.raises(UserError) as error:
        saved_model.load(folder)
    received, expected, fix = str(error.value).splitlines()
    assert str(folder) in received and "colorkeras 0.1.0" in received
    assert "format_version 2" in expected
    assert "migrate_json.py" in fix and str(folder / METADATA_FILE) in fix
    program = REPOSITORY / "tools" / "migrate_json.py"
    subprocess.run([sys.executable, program, folder / METADATA_FILE], check=True)
    assert restore.color_settings(saved_model.load(folder).path) == {"flip_tta": False}


def test_exports_of_later_versions_are_refused(changed):
    with pytest.raises(UserError, match=r"(?s)format_version 3.*Install"):
        saved_model.load(changed("skip_cnn", format_version=3))
