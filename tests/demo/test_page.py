"""Tests of accessibility and layout of the page, in a browser."""

import json

import pytest
from demo.browser import FULL_SIZE, wait_for_another, wait_for_images


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("tab", ["Color a photograph", "Compare models", "Real or recolored?"])
def test_accessibility(tab, scheme, visitor):
    """axe-core finds no serious or critical violation, ours or Gradio's."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe-core").Axe()
    page = visitor(color_scheme=scheme)
    page.get_by_role("tab", name=tab).click()
    if tab == "Color a photograph":
        page.click("#examples button >> nth=1")
        before = wait_for_another(page, [])
        page.click("text=unet_vivid:")
        wait_for_another(page, before)
        page.check("text=Show where the model is uncertain")
        page.wait_for_selector("img[alt^='The photograph as a map']")
        page.click(FULL_SIZE)
        page.wait_for_selector("a[download*=_color]", timeout=60_000)
    elif tab == "Compare models":
        wait_for_images(page, "#compared img", 4)
    else:
        page.click("text=Begin")
        page.wait_for_selector("text=Image 1 of 10")
    page.wait_for_timeout(1000)
    found = {
        violation["id"]: [node["html"][:300] for node in violation["nodes"]]
        for violation in axe.run(page).response["violations"]
        if violation["impact"] in ("serious", "critical")
    }
    assert not found, json.dumps(found, indent=1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1400])
def test_page_fits_the_window(width, scheme, visitor):
    page = visitor(width, color_scheme=scheme)
    page.click("#examples button >> nth=1")
    wait_for_another(page, [])
    assert page.evaluate("document.documentElement.scrollWidth") <= width
