"""Tests for the gallery in a browser."""

import numpy as np
import pytest
from PIL import Image

from colorkeras.config.colorize_options import ColorizeOptions
from colorkeras.inference.batch.gallery import write_gallery
from colorkeras.inference.batch.plan import BatchItem
from colorkeras.inference.batch.report import FileResult


@pytest.fixture
def gallery(tmp_path):
    """Gallery with a wide, a tall and a small image."""
    items = []
    for name, size in (("wide", (1500, 1000)), ("tall", (500, 1500)), ("small", (60, 40))):
        source, target = tmp_path / f"{name}.png", tmp_path / f"{name}_color.png"
        ramp = np.add.outer(np.linspace(0, 127, size[1]), np.linspace(0, 127, size[0]))
        Image.fromarray(ramp.astype(np.uint8)).save(source)
        Image.merge("RGB", [Image.open(source)] * 2 + [Image.new("L", size, 90)]).save(target)
        items.append(BatchItem(source, (target,)))
    path = tmp_path / "gallery.html"
    write_gallery(path, items, [FileResult(item.source) for item in items], ColorizeOptions())
    return path


@pytest.fixture
def visit(gallery, chromium):
    """Function that opens the gallery in a window; fails on requests for other files."""
    contexts, foreign, errors = [], [], []

    def sort(route):
        if route.request.url == gallery.as_uri() or route.request.url.startswith("data:"):
            route.continue_()
        else:
            foreign.append(route.request.url)
            route.abort()

    def open_page(width, height):
        context = chromium.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        tab = context.new_page()
        tab.route("**/*", sort)
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.goto(gallery.as_uri())
        return tab

    yield open_page
    for context in contexts:
        context.close()
    assert not foreign and not errors


def width_of(tab, selector):
    return tab.locator(selector).first.bounding_box()["width"]


@pytest.mark.parametrize("window", [(1400, 900), (390, 844)])
def test_images_are_enlarged_with_the_keyboard(window, visit):
    tab = visit(*window)
    assert not tab.locator("dialog").is_visible()
    small = width_of(tab, "figure .pair")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.ariaLabel") == "Enlarge wide.png"
    tab.keyboard.press("Enter")
    large = tab.locator("dialog .pair").bounding_box()
    assert large["width"] > (2 if window[0] > 1000 else 0.99) * small
    assert large["x"] >= 0 and large["x"] + large["width"] <= window[0]
    assert large["y"] >= 0 and large["y"] + large["height"] <= window[1]
    assert large["width"] / large["height"] == pytest.approx(1.5, abs=0.02)
    assert tab.locator("dialog img").first.get_attribute("alt") == "wide.png in gray"
    tab.focus("dialog input")
    before = tab.locator("dialog .pair").evaluate("pair => pair.style.getPropertyValue('--split')")
    tab.keyboard.press("ArrowRight")
    after = tab.locator("dialog .pair").evaluate("pair => pair.style.getPropertyValue('--split')")
    assert (before, after) == ("", "51%")
    tab.keyboard.press("Escape")
    assert not tab.locator("dialog").is_visible()
    assert tab.evaluate("document.activeElement.ariaLabel") == "Enlarge wide.png"


@pytest.mark.parametrize("window", [(1400, 900), (390, 844)])
def test_tall_and_small_images_fit_in_the_window(window, visit):
    tab = visit(*window)
    for name, ratio in (("tall.png", 1 / 3), ("small.png", 1.5)):
        tab.get_by_role("button", name=f"Enlarge {name}").click()
        assert tab.locator("dialog").get_attribute("aria-label") == name
        large = tab.locator("dialog .pair").bounding_box()
        assert large["width"] / large["height"] == pytest.approx(ratio, rel=0.02)
        close = tab.get_by_role("button", name="Close").bounding_box()
        assert close["y"] + close["height"] <= window[1] and large["y"] >= 0
        tab.get_by_role("button", name="Close").click()
        assert not tab.locator("dialog").is_visible()


def test_a_click_next_to_the_image_closes_it_and_the_divider_is_kept(visit):
    tab = visit(1400, 900)
    tab.locator("figure input").first.fill("80")
    tab.get_by_role("button", name="Enlarge wide.png").click()
    pair = tab.locator("dialog .pair")
    assert pair.evaluate("pair => pair.style.getPropertyValue('--split')") == "80%"
    assert tab.locator("dialog input").input_value() == "80"
    tab.mouse.click(3, 450)
    assert not tab.locator("dialog").is_visible()
