"""Tests for drawing random photographs and for contact sheets."""

import json

import numpy as np
import photograph_sheets
import pytest
from PIL import Image

from colorkeras import cli
from colorkeras.data import ImageDataset
from colorkeras.utils.errors import UserError


class FakeSource:
    """Fake source of twelve uniform images, the first four of them with people."""

    num_examples = 12

    def group(self, index):
        return "faces" if index < 4 else "places"

    def open_image(self, index):
        return Image.new("RGB", (24, 16), (20 * index, 100, 100))


@pytest.fixture
def fake_photographs(monkeypatch):
    dataset = ImageDataset("toys", "toys", lambda split: FakeSource())
    monkeypatch.setattr(photograph_sheets, "load_dataset", lambda name, data_dir: dataset)


def test_half_of_the_drawn_photographs_show_people(fake_photographs):
    drawn = photograph_sheets.draw_photographs(None, 8, seed=0)
    assert sum(number < 4 for number in drawn) == 4 and len(drawn) == 8
    assert drawn.keys() == photograph_sheets.draw_photographs(None, 8, seed=0).keys()
    assert all(image.getpixel((0, 0))[0] == 20 * number for number, image in drawn.items())
    with pytest.raises(UserError, match="Draw fewer"):
        photograph_sheets.draw_photographs(None, 10, seed=0)


def test_sheet_places_photographs_in_rows(tmp_path):
    red, blue = (Image.new("RGB", (20, 10), color) for color in ("red", "blue"))
    path = tmp_path / "sheet.png"
    photograph_sheets.save_sheet(path, [("", [red, blue]), ("", [blue, None])], "AB", height=40)
    pixels = np.asarray(Image.open(path))
    header, gap = photograph_sheets._HEADER, photograph_sheets._GAP
    places = [
        (header + row * (40 + gap) + 20, gap + column * (80 + gap) + 40)
        for row in (0, 1)
        for column in (0, 1)
    ]
    colors = [pixels[place].tolist() for place in places]
    assert colors == [[255, 0, 0], [0, 0, 255], [0, 0, 255], [255, 255, 255]]


def test_models_without_vividness_have_no_contact_sheet(run_script, exports, tmp_path):
    words = ("--model", exports("skip_cnn").folder, "--output", tmp_path / "sheet.jpg")
    status, _, errors = run_script("tools/contact_sheet.py", *words)
    assert status == cli.UNUSABLE and "without vividness" in errors
    assert not list(tmp_path.iterdir())


def test_grading_set_hides_names_and_keeps_a_key(
    run_script, fake_photographs, monkeypatch, tmp_path, exports
):
    monkeypatch.setattr(
        photograph_sheets,
        "draw_photographs",
        lambda data_dir, count, seed: {i: FakeSource().open_image(i) for i in range(11)},
    )
    model = str(exports("skip_cnn").folder)
    words = ("--models", model, "unet", "--output-dir", tmp_path)
    status, _, _ = run_script("tools/grading_set.py", *words)
    assert not status
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "grading_1.png",
        "grading_2.png",
        "key.json",
    ]
    key = json.loads((tmp_path / "key.json").read_text())
    assert len(key) == 11
    assert all(
        {row[column] for column in "ABC"} == {model, "unet", "truth"} for row in key.values()
    )
    assert len({tuple(row[column] for column in "ABC") for row in key.values()}) > 2
    status, _, errors = run_script("tools/grading_set.py", *words)
    assert status == cli.UNUSABLE and "exist" in errors
