"""Tests for several photographs at a time in a browser."""

import zipfile

import numpy as np
import pytest
from demo.browser.actions import (
    all_windows,
    color,
    download,
    drop,
    is_in_view,
    source,
    wait_for_another,
)
from PIL import Image


def wait_until_finished(tab, number):
    tab.wait_for_selector(f"#list-summary:has-text('{number} of')")
    tab.wait_for_selector("#list-progress", state="hidden")


@all_windows
def test_zip_of_three(tab, photographs, tmp_path):
    drop(tab, [photographs[name] for name in ("cat", "coffee", "rocket")])
    wait_until_finished(tab, 3)
    assert tab.inner_text("#photograph-name") == "cat_scan.png"
    assert tab.locator("#photographs img").count() == 3
    for important in ("#layer-color", "#photographs li", "#vividness", "#another", "#download-all"):
        assert is_in_view(tab, important), important
    with zipfile.ZipFile(download(tab, "#download-all", tmp_path)) as archive:
        names = archive.namelist()
    assert [name.split("_")[0] for name in sorted(names)] == ["cat", "coffee", "rocket"]
    assert "Saved 3 photographs" in tab.inner_text("#status")


def test_settings_of_one_or_all(visitor, photographs):
    tab = visitor()
    drop(tab, [photographs["cat"], photographs["coffee"]])
    wait_until_finished(tab, 2)
    before = source(tab)
    tab.focus("#vividness")
    tab.keyboard.press("End")
    wait_for_another(tab, before)

    def vividness_of(index):
        tab.click(f"#photographs .thumbnail-button >> nth={index}")
        tab.wait_for_selector(f"#photographs li:nth-child({index + 1}) [aria-current=true]")
        return tab.input_value("#vividness")

    assert [vividness_of(1), vividness_of(0)] == ["0.5", "1"]
    tab.click("#use-for-all")
    tab.wait_for_selector("#status:has-text('Settings applied to 2 photographs')")
    assert vividness_of(1) == "1"


def test_bad_file_among_several_is_marked(visitor, photographs, tmp_path):
    bad = tmp_path / "bad.jpg"
    bad.write_text("no photograph")
    tab = visitor()
    drop(tab, [photographs["cat"], bad, photographs["coffee"]])
    wait_until_finished(tab, 2)
    assert "1 failed" in tab.inner_text("#list-summary")
    failed = tab.locator("#photographs [data-state=failed]")
    assert "bad.jpg" in failed.inner_text() and failed.locator("button").first.is_disabled()
    failed.locator(".remove").click()
    assert tab.locator("#photographs li").count() == 2


def test_photographs_are_removed(visitor, photographs):
    tab = visitor()
    color(tab, photographs["cat"])
    color(tab, photographs["coffee"])
    tab.click("#photographs .remove >> nth=1")
    tab.wait_for_selector("#photograph-name:text('cat')")
    assert not tab.is_visible("#list-group")
    color(tab, photographs["coffee"])
    tab.on("dialog", lambda dialog: dialog.accept())
    tab.click("#remove-all")
    tab.wait_for_selector("#start .invitation")


def test_single_photograph_is_removed(tab, photographs):
    color(tab, photographs["cat"])
    tab.click("#remove-shown")
    tab.wait_for_selector("#examples:visible")
    assert not tab.is_visible("#work")
    assert tab.evaluate("document.activeElement.textContent") == "Choose photographs"


@pytest.mark.slow
def test_hundred_photographs_at_once(visitor, tmp_path):
    paths = [tmp_path / f"{number:03}.png" for number in range(100)]
    for number, path in enumerate(paths):
        Image.fromarray(np.full((48, 64), number + 50, np.uint8)).save(path)
    tab = visitor()
    uploads, running = [], set()

    def start(request):
        if request.method == "POST" and request.url.endswith("/api/photographs"):
            running.add(request)
            uploads.append(len(running))

    tab.on("request", start)
    tab.on("requestfinished", lambda request: running.discard(request))
    drop(tab, paths)
    tab.wait_for_selector("#layer-color[src]:visible")
    tab.wait_for_selector("#list-summary:has-text('100 of 100')", timeout=300_000)
    # They are uploaded one after another.
    assert len(uploads) == 100 and max(uploads) == 1
    with zipfile.ZipFile(download(tab, "#download-all", tmp_path)) as archive:
        assert len(archive.namelist()) == 100
