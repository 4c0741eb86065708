"""Tests for the model comparison and the blind test in a browser."""

import csv

from demo.browser.actions import all_windows, color, download, is_in_view

from colorkeras.export.bundled import BUNDLED_MODELS


def open_comparison(tab):
    tab.click("nav >> text=Compare")
    tab.wait_for_selector("#compared img:not(.pending)")
    tab.wait_for_selector("#compared img.pending", state="detached")


@all_windows
def test_comparison_is_visible(tab, photographs):
    color(tab, photographs["color"])
    open_comparison(tab)
    # Grayscale, each model, and the original colors.
    images = tab.locator("#compared img")
    assert images.count() == len(BUNDLED_MODELS) + 2
    for number in range(images.count()):
        assert is_in_view(tab, f"#compared img >> nth={number}")
        assert images.nth(number).get_attribute("alt").startswith("color.jpg: ")


def test_comparison_is_visible_at_every_width(visitor, photographs):
    tab = visitor()
    color(tab, photographs["color"])
    open_comparison(tab)
    for width, height in ((360, 740), (600, 800), (768, 1024), (900, 600), (1920, 1080)):
        tab.set_viewport_size({"width": width, "height": height})
        tab.wait_for_function("(width) => innerWidth === width", arg=width)
        tab.wait_for_timeout(200)
        for number in range(len(BUNDLED_MODELS) + 2):
            image = f"#compared img >> nth={number}"
            assert is_in_view(tab, image), (width, number)
            assert tab.locator(image).bounding_box()["width"] >= 60


def test_comparison_follows_the_photograph(visitor, photographs):
    tab = visitor()
    open_comparison(tab)
    assert "example" in tab.inner_text("#compare-status")
    tab.click("nav >> text='Color'")
    color(tab, photographs["cat"])
    open_comparison(tab)
    assert "cat_scan.png" in tab.inner_text("#compare-status")
    # The original colors of a scan are unknown.
    assert tab.locator("#compared img").count() == len(BUNDLED_MODELS) + 1


def test_blind_test(tab, tmp_path):
    tab.click("nav >> text=Blind test")
    tab.click("text=Start with 30 pictures")
    seen = []
    for number in range(1, 31):
        tab.wait_for_selector(f"#test-number:text-is('Picture {number} of 30')")
        assert is_in_view(tab, "#test-answers")
        seen.append(tab.get_attribute("#test-picture", "src"))
        tab.get_by_role("button", name="Recolored", exact=True).click()
    assert len(set(seen)) == 30
    sentence = tab.wait_for_selector("#test-sentence:visible").inner_text()
    assert " of 30 pictures" in sentence and "%" not in sentence
    assert tab.locator("#test-pictures figure").count() == 30
    assert tab.locator("#test-pictures img").count() == 60
    with download(tab, "#save-answers", tmp_path).open(newline="") as stream:
        header, *rows = csv.reader(stream)
    assert header == ["picture", "truth", "answer"]
    num_right = sum(truth == answer for _, truth, answer in rows)
    assert len(rows) == 30 and f"You got {num_right} of 30" in sentence
    tab.click("#again")
    assert tab.is_visible("#test-start")


def test_short_blind_test_by_keyboard(visitor):
    tab = visitor()
    tab.click("nav >> text=Blind test")
    tab.click("#begin-short")
    for number in range(1, 11):
        tab.wait_for_selector(f"#test-number:text-is('Picture {number} of 10')")
        tab.keyboard.press("ArrowLeft")
    tab.wait_for_selector("#test-sentence:has-text('of 10 pictures')")
