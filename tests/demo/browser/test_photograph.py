"""Tests for colorizing a single photograph in a browser."""

import numpy as np
import pytest
from demo.browser.actions import (
    all_windows,
    chroma,
    color,
    download,
    drop,
    is_in_view,
    layer,
    middle,
    source,
    wait_for_another,
)
from image_files import ramp
from PIL import Image

from colorkeras import image_io
from colorkeras.inference import predictor


@all_windows
def test_result_appears_where_the_photograph_was_dropped(tab, photographs):
    area = tab.locator("#start .invitation").bounding_box()
    window = tab.viewport_size
    assert area["width"] * area["height"] > 0.5 * window["width"] * window["height"]
    color(tab, photographs["officer"])
    shown = tab.locator("#layer-color").bounding_box()
    for start, length in (("x", "width"), ("y", "height")):
        middle = shown[start] + shown[length] / 2
        assert area[start] < middle < area[start] + area[length]
    important = ("#layer-color", "#status", "#modes", "#vividness", "#another", "#download")
    assert [name for name in important if not is_in_view(tab, name)] == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= window["width"]
    gray, colored = layer(tab, "gray"), layer(tab)
    assert gray.shape == colored.shape
    assert chroma(gray) < 1 < chroma(colored)


@pytest.mark.parametrize("place", ["header", "#start h2", "body"])
def test_photograph_may_be_dropped_beside_the_area(place, visitor, photographs):
    tab = visitor()
    drop(tab, [photographs["cat"]], place)
    tab.wait_for_selector("#layer-color[src]:visible")
    # This also works from another view.
    tab.click("nav >> text=Blind test")
    drop(tab, [photographs["coffee"]], "header")
    tab.wait_for_selector("#photograph-name:text('coffee')")


def test_progress_is_shown_at_once(tab, photographs):
    tab.route("**/api/photographs", lambda route: None)
    drop(tab, [photographs["cat"]])
    tab.wait_for_selector("#start-status:text-is('Uploading cat_scan.png …')")
    assert is_in_view(tab, "#start-status")


def test_slider_makes_colors_livelier(tab, photographs):
    color(tab, photographs["coffee"])
    seen = {}
    for key in ("Home", "End"):
        before = source(tab)
        tab.focus("#vividness")
        tab.keyboard.press(key)
        wait_for_another(tab, before)
        tab.wait_for_selector("#status:not(.busy)")
        seen[key] = chroma(layer(tab))
    assert seen["End"] > seen["Home"] + 2


def test_preview_equals_the_predictors_result(visitor, photographs):
    tab = visitor()
    color(tab, photographs["cat"])
    gray = np.asarray(Image.open(photographs["cat"]))
    expected = predictor.load("photo").colorize(gray, vividness=0.5)
    assert np.abs(layer(tab) - expected.astype(int)).mean() < 2


def test_saturation_and_model(visitor, photographs):
    tab = visitor()
    color(tab, photographs["cat"])
    before = source(tab)
    tab.click("text=More settings")
    tab.check("#models [value=unet]")
    wait_for_another(tab, before)
    # Controls that this model does not support disappear.
    tab.wait_for_selector("#status:not(.busy)")
    for control in ("#vividness-group", "#variations-group", "#hints-group", "#uncertainty-mode"):
        assert not tab.is_visible(control), control
    before = source(tab)
    tab.focus("#saturation")
    tab.keyboard.press("Home")
    wait_for_another(tab, before)
    tab.wait_for_selector("#status:not(.busy)")
    assert tab.inner_text("#saturation-value") == "0%"
    assert chroma(layer(tab)) < 1


def test_variations_can_be_picked_again(tab, photographs, tmp_path):
    color(tab, photographs["coffee"])
    seen = [layer(tab)]
    for number in (2, 3):
        before = source(tab)
        tab.click("#another")
        wait_for_another(tab, before)
        tab.wait_for_selector(f"#variations li:nth-child({number}) img")
        seen.append(layer(tab))
        assert np.abs(seen[-1] - seen[-2]).mean() > 0.5
    for index in (0, 1, 0, 1):
        before = source(tab)
        tab.click(f"#variations button >> nth={index}")
        wait_for_another(tab, before)
        assert np.abs(layer(tab) - seen[index]).max() == 0
    assert tab.inner_text("#download") == "Download variation 2"
    assert "2" in download(tab, "#download", tmp_path).stem


def test_known_variation_is_shown_while_another_is_computed(tab, photographs):
    color(tab, photographs["coffee"])
    first = source(tab)
    tab.click("#another")
    wait_for_another(tab, first)
    is_computing = tab.evaluate(
        """async first => {
            document.getElementById("another").click();
            document.querySelector("#variations button").click();
            const image = document.getElementById("layer-color");
            while (image.src !== first) await new Promise(requestAnimationFrame);
            return !document.querySelector("#variations li:nth-child(3) img");
        }""",
        first,
    )
    assert is_computing


def test_divider_takes_the_keyboard(tab, photographs):
    color(tab, photographs["cat"])
    photograph = tab.locator("#surface").bounding_box()

    def position():
        return (middle(tab, "#divider")[0] - photograph["x"]) / photograph["width"]

    assert position() == pytest.approx(0.5, abs=0.01)
    tab.focus("#divider")
    tab.keyboard.press("ArrowLeft")
    assert position() == pytest.approx(0.48, abs=0.01)
    tab.keyboard.press("End")
    assert position() == pytest.approx(1, abs=0.01)
    assert tab.get_attribute("#divider", "aria-valuetext") == "100% gray, 0% color"
    clip = tab.evaluate("() => document.getElementById('layer-color').style.clipPath")
    assert "100%" in clip


def test_overlay_of_the_uncertainty_has_a_legend(tab, photographs):
    color(tab, photographs["cat"])
    tab.click("#modes >> text=Uncertainty")
    tab.wait_for_selector("#layer-uncertainty[src]:visible")
    assert is_in_view(tab, "#legend") and "uncertain" in tab.inner_text("#legend")
    overlay = tab.locator("#layer-uncertainty").bounding_box()
    assert overlay == pytest.approx(tab.locator("#surface").bounding_box())
    tab.click("#modes >> text=Gray | color")
    assert not tab.is_visible("#layer-uncertainty") and not tab.is_visible("#legend")


def test_untouched_original_of_a_toned_photograph(tab, sepia):
    color(tab, sepia)
    tab.click("#modes >> text=Original")
    tab.wait_for_selector("#layer-original[src]:visible")
    expected = np.asarray(Image.open(sepia)).astype(int)
    assert np.abs(layer(tab, "original") - expected).mean() < 3
    assert not tab.is_visible("#layer-color")
    before = source(tab)
    tab.check("#keep-tone")
    # The effect is visible.
    wait_for_another(tab, before)
    assert not tab.is_visible("#layer-original")


def test_faded_print_with_a_paper_border(visitor, tmp_path):
    tab = visitor()
    faded = np.full((300, 400), 235, np.uint8)
    faded[20:-20, 20:-20] = 90 + ramp((260, 360)) // 4
    Image.fromarray(faded).save(tmp_path / "faded.png")
    color(tab, tmp_path / "faded.png")
    original = layer(tab)
    tab.click("text=More settings")
    for switch in ("#auto-contrast", "#neutral-borders"):
        before = source(tab)
        tab.check(switch)
        wait_for_another(tab, before)
    changed = layer(tab)
    ranges = [np.ptp(pixels[30:-30, 30:-30].mean(-1)) for pixels in (original, changed)]
    assert ranges[1] > 1.5 * ranges[0]
    assert np.ptp(changed[:15], axis=-1).max() < 8


def test_photograph_in_color_is_reported(tab, photographs):
    color(tab, photographs["color"])
    assert "already in color" in tab.inner_text("#photograph-details")


def test_zoom_shows_all_pixels(tab, tmp_path):
    values = np.random.default_rng(0).integers(0, 256, (17, 22), np.uint8)
    path = tmp_path / "large.jpg"
    Image.fromarray(values).resize((2200, 1700), Image.Resampling.BICUBIC).save(path)
    color(tab, path)
    assert layer(tab).shape[1] < 2200
    before = source(tab)
    tab.click("text=Zoom to 100%")
    wait_for_another(tab, before)
    assert layer(tab).shape == (1700, 2200, 3)
    assert tab.text_content("#zoom-level") == "100%"
    density = tab.evaluate("devicePixelRatio")
    box = tab.locator("#surface").bounding_box()
    assert box["width"] == pytest.approx(2200 / density, abs=1)
    # Drag to a different area.
    x, y = middle(tab, "#stage")
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.move(x - 100, y - 40, steps=4)
    tab.mouse.up()
    moved = tab.locator("#surface").bounding_box()
    assert moved["x"] == pytest.approx(box["x"] - 100, abs=8)
    tab.click("#modes >> text=Original")
    tab.wait_for_function("() => document.getElementById('layer-original').naturalWidth === 2200")
    tab.click("text=Fit to screen")
    assert is_in_view(tab, "#surface") and tab.is_enabled("text=Zoom to 100%")
    # In the meantime, the original was loaded for the zoom level.
    assert layer(tab, "original").shape == (1700, 2200, 3)


def test_small_photographs_are_already_larger_than_100_percent(visitor, tmp_path):
    tab = visitor()
    Image.fromarray(ramp((60, 80))).save(tmp_path / "small.png")
    color(tab, tmp_path / "small.png")
    assert tab.inner_text("#zoom-level") == "400%"
    for button in ("#actual-size", "#zoom-in", "#zoom-out"):
        assert tab.is_disabled(button), button


def test_downloads(visitor, scan, tmp_path):
    tab = visitor()
    color(tab, scan)
    path = download(tab, "#download", tmp_path)
    assert path.name == "grandma_color.jpg"
    with image_io.open_image(path) as contents:
        [result] = contents.pages
        assert result.pixels.shape == (600, 800, 3) and contents.metadata is not None
    assert "Saved" in tab.inner_text("#status")
    with Image.open(download(tab, "#side-by-side", tmp_path)) as image:
        assert image.width > 1600
    tab.click("text=More settings")
    tab.select_option("#format", ".png")
    assert download(tab, "#download", tmp_path).suffix == ".png"
