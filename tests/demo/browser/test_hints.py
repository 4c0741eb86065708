"""Tests for color hints in a browser."""

import json

import numpy as np
import pytest
from demo.browser.actions import (
    around,
    color,
    download,
    is_in_view,
    layer,
    middle,
    overlap,
    press_photograph,
    source,
    wait_for_another,
)
from image_files import ramp
from PIL import Image

PLACE = (0.3, 0.45)


def choose(tab, name):
    """Choose a color from the palette and wait until the photograph has changed."""
    before = source(tab)
    tab.click(f"#palette [aria-label='{name}']")
    wait_for_another(tab, before)


def hinted(tab, photograph, name="blue"):
    """Colorize a photograph and place a hint."""
    color(tab, photograph)
    press_photograph(tab, *PLACE)
    choose(tab, name)
    tab.click("#close-colors")


def test_hint_changes_the_object(tab, photographs):
    color(tab, photographs["coffee"])
    original = layer(tab)
    press_photograph(tab, *PLACE)
    # Likely colors are listed first, and the photograph stays visible.
    tab.wait_for_selector("#likely-colors button")
    assert tab.locator("#likely-colors button").count() >= 2
    dialog, shown = (tab.locator(name).bounding_box() for name in ("#color-dialog", "#surface"))
    is_beside = dialog["x"] >= shown["x"] + shown["width"]
    assert is_beside or dialog["y"] >= shown["y"] + PLACE[1] * shown["height"]
    assert is_in_view(tab, "#color-dialog")
    choose(tab, "blue")
    blue = around(layer(tab), *PLACE)
    assert blue[2] > blue[0] + 10
    choose(tab, "red")
    red = around(layer(tab), *PLACE)
    assert red[0] > red[2] + 10
    # The brightness does not change.
    luma = [0.299, 0.587, 0.114]
    assert red @ luma == pytest.approx(around(original, *PLACE) @ luma, abs=4)
    assert tab.locator(".marker").count() == 1
    tab.click("#close-colors")
    # Undo reverts the last color, then the hint.
    tab.click("#undo")
    assert tab.locator(".marker").count() == 1
    tab.click("#undo")
    assert tab.locator(".marker").count() == 0
    tab.keyboard.press("Control+Shift+Z")
    assert tab.locator(".marker").count() == 1


def test_likely_color_can_be_chosen(tab, photographs):
    color(tab, photographs["coffee"])
    press_photograph(tab, *PLACE)
    tab.wait_for_selector("#likely-colors button")
    before = source(tab)
    tab.click("#likely-colors button >> nth=-1")
    wait_for_another(tab, before)
    assert "% likely" in tab.get_attribute("#likely-colors [aria-pressed=true]", "aria-label")


@pytest.mark.parametrize("place", [PLACE, (0.4, 0.96), (0.97, 0.03), (0.97, 0.7)], ids=str)
def test_dialog_hides_neither_the_hint_nor_the_downloads(place, tab, tmp_path):
    Image.fromarray(np.full((400, 600), 20, np.uint8)).save(tmp_path / "dark.png")
    color(tab, tmp_path / "dark.png")
    press_photograph(tab, *place)
    for name in (None, "yellow"):
        if name:
            choose(tab, name)
            tab.wait_for_selector("#limited-color:visible")
        for other in (".marker", ".downloads"):
            assert not overlap(tab, "#color-dialog", other), (name, other)
        assert is_in_view(tab, "#color-dialog")


@pytest.mark.parametrize(("level", "tone"), [(20, "dark"), (240, "bright")])
def test_impossible_colors_are_explained(level, tone, tab, tmp_path):
    Image.fromarray(np.full((400, 600), level, np.uint8)).save(tmp_path / "scan.png")
    color(tab, tmp_path / "scan.png")
    press_photograph(tab, *PLACE)
    assert not tab.is_visible("#limited-color")
    choose(tab, "purple")
    tab.wait_for_selector(f"#limited-text:has-text('too {tone} for that color')")
    style = "(sample) => getComputedStyle(sample).backgroundColor.match(/[0-9]+/g).map(Number)"
    shown = tab.eval_on_selector("#limited-sample", style)
    assert shown == pytest.approx(around(layer(tab), *PLACE), abs=6)
    assert tab.inner_text("#status") == (
        f"Too {tone} for the purple hint; the closest possible color is used."
    )
    choose(tab, "gray")
    tab.wait_for_selector("#limited-color", state="hidden")
    assert "Too" not in tab.inner_text("#status")


def test_hint_by_tap(visitor, photographs):
    tab = visitor("phone")
    color(tab, photographs["coffee"])
    assert "Just tap it" in tab.inner_text("#status")
    box = tab.locator("#surface").bounding_box()
    x, y = box["x"] + PLACE[0] * box["width"], box["y"] + PLACE[1] * box["height"]
    tab.touchscreen.tap(x, y)
    before = source(tab)
    tab.tap("#palette [aria-label=blue]")
    wait_for_another(tab, before)
    tab.tap("#close-colors")
    assert middle(tab, ".marker") == pytest.approx((x, y), abs=1)


def test_dialog_closes_with_its_view(visitor, photographs):
    tab = visitor()
    color(tab, photographs["coffee"])
    press_photograph(tab, *PLACE)
    tab.focus("nav >> text=Compare")
    tab.keyboard.press("Enter")
    tab.wait_for_selector("#compare:visible")
    assert not tab.is_visible("#color-dialog")


def test_files_of_several_pages_take_no_hints(visitor, tmp_path):
    tab = visitor()
    pages = [Image.fromarray(ramp((60, 80)) // n) for n in (1, 2)]
    pages[0].save(tmp_path / "album.tif", save_all=True, append_images=pages[1:])
    color(tab, tmp_path / "album.tif")
    assert "files with a single page" in tab.inner_text("#status")
    assert not tab.is_visible("#hints-group")
    press_photograph(tab, *PLACE)
    assert tab.locator(".marker").count() == 0
    hints = {"version": 1, "width": 80, "height": 60, "hints": []}
    (tmp_path / "hints.json").write_text(json.dumps(hints))
    tab.set_input_files("#hints-input", tmp_path / "hints.json")
    tab.wait_for_selector("#errors:has-text('files with a single page')")


def test_hint_by_keyboard(visitor, photographs):
    tab = visitor()
    color(tab, photographs["coffee"])
    original = layer(tab)
    tab.focus("#surface")
    for _ in range(8):
        tab.keyboard.press("ArrowLeft")
    assert tab.locator("#crosshair:not([hidden])").count() == 1
    assert "from the left" in tab.inner_text("#crosshair-place")
    tab.keyboard.press("Enter")
    tab.wait_for_selector("#likely-colors button")
    before = source(tab)
    tab.focus("#palette [aria-label=green]")
    tab.keyboard.press("Enter")
    wait_for_another(tab, before)
    tab.keyboard.press("Escape")
    assert not tab.is_visible("#color-dialog")
    green = layer(tab)
    place = (0.5 - 8 * 0.02, 0.5)
    assert (around(green, *place) - around(original, *place))[1] > 2
    # The marker has the focus and can be moved.
    before = source(tab)
    left, _ = middle(tab, ".marker")
    for _ in range(10):
        tab.keyboard.press("ArrowRight")
    assert middle(tab, ".marker")[0] > left + 10
    wait_for_another(tab, before)
    # A single undo reverts all movements.
    tab.keyboard.press("Control+z")
    assert middle(tab, ".marker")[0] == pytest.approx(left, abs=1)
    tab.focus(".marker")
    tab.keyboard.press("Delete")
    assert tab.locator(".marker").count() == 0
    tab.keyboard.press("Control+z")
    assert tab.locator(".marker").count() == 1
    tab.keyboard.press("Control+z")
    tab.wait_for_selector("#status:not(.busy)")
    tab.wait_for_timeout(1000)
    assert np.abs(layer(tab) - original).mean() < 0.5


def test_hint_is_moved_by_dragging(tab, photographs):
    hinted(tab, photographs["coffee"])
    before, (x, y) = source(tab), middle(tab, ".marker")
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.move(x + 60, y + 30, steps=5)
    tab.mouse.up()
    wait_for_another(tab, before)
    assert middle(tab, ".marker") == pytest.approx((x + 60, y + 30), abs=1)
    # Dragging does not open the color dialog, but pressing does.
    assert not tab.is_visible("#color-dialog")
    tab.click(".marker")
    tab.click("#remove-hint")
    assert tab.locator(".marker").count() == 0


def test_hint_without_a_color_is_dropped(tab, photographs):
    color(tab, photographs["coffee"])
    press_photograph(tab, *PLACE)
    assert tab.locator(".marker").count() == 1
    tab.keyboard.press("Escape")
    assert tab.locator(".marker").count() == 0 and not tab.is_visible("#undo")


def test_hints_are_saved_and_loaded(visitor, photographs, tmp_path):
    tab = visitor()
    hinted(tab, photographs["coffee"])
    expected = layer(tab)
    path = download(tab, "#save-hints", tmp_path)
    assert path.name == "coffee_scan.hints.json"
    content = json.loads(path.read_text())
    [hint] = content["hints"]
    assert content["version"] == 1 and hint["color"] == "#2f56a8"
    assert hint["x"] == pytest.approx(PLACE[0] * content["width"], abs=2)
    before = source(tab)
    tab.click("#clear-hints")
    wait_for_another(tab, before)
    before = source(tab)
    tab.set_input_files("#hints-input", path)
    wait_for_another(tab, before)
    assert np.abs(layer(tab) - expected).max() == 0
    # Hints from another photograph are rejected.
    color(tab, photographs["cat"])
    tab.set_input_files("#hints-input", path)
    tab.wait_for_selector("#errors:has-text('is for a photograph of')")
    assert tab.locator(".marker").count() == 0
    path.write_text('{"version": 1}')
    tab.set_input_files("#hints-input", path)
    tab.wait_for_selector("#errors:has-text('is not a hints file')")


def test_variations_have_no_hints(visitor, photographs):
    tab = visitor()
    hinted(tab, photographs["coffee"])
    tab.click("#another")
    tab.wait_for_selector("#variations li:nth-child(2) img")
    assert "Undo restores your hints" in tab.inner_text("#status")
    assert tab.locator(".marker").count() == 0
    tab.click("#undo")
    assert tab.locator(".marker").count() == 1
    assert tab.get_attribute("#variations button >> nth=0", "aria-pressed") == "true"
    tab.click("#variations button >> nth=1")
    press_photograph(tab, 0.6, 0.6)
    choose(tab, "red")
    assert "Undo restores variation 2" in tab.inner_text("#status")
    tab.click("#close-colors")
    tab.click("#undo")
    assert tab.get_attribute("#variations button >> nth=1", "aria-pressed") == "true"
