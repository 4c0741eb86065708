"""Actions and checks on the page in a browser."""

import io
import urllib.error
import urllib.request

import numpy as np
from PIL import Image

FULL_SIZE = "text=Color the full size"
"""Selector of a button that the page shows once it has loaded."""


def drop(page, path):
    page.set_input_files("input[type=file] >> nth=0", path)


def sources(page):
    return addresses(page, "#shown img")


def addresses(page, selector):
    return [image.get_attribute("src") for image in page.query_selector_all(selector)]


def wait_for_another(page, before):
    """Wait for a different preview; return the addresses of its two images."""
    for _ in range(300):
        now = sources(page)
        if len(now) == 2 and now != before:
            return now
        page.wait_for_timeout(100)
    raise AssertionError("the preview did not change")


def wait_for_colors(page, expected):
    """Wait until the preview is stable and as expected, up to JPEG errors."""
    seen = []
    for _ in range(100):
        shown = sources(page)
        if len(shown) == 2:
            seen.append(np.abs(image_at(shown[1]) - expected.astype(int)).mean() < 2)
            if len(seen) > 5 and all(seen[-5:]):
                return
        page.wait_for_timeout(200)
    raise AssertionError("the preview is not as expected")


def wait_for_images(page, selector, number):
    for _ in range(200):
        found = addresses(page, selector)
        if len(found) == number and all(found):
            return found
        page.wait_for_timeout(100)
    raise AssertionError(f"{len(found)} images, not {number}")


def image_at(address):
    with urllib.request.urlopen(address) as answer, Image.open(io.BytesIO(answer.read())) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def downloaded(page, folder):
    page.click(FULL_SIZE)
    link = page.wait_for_selector("a[download*=_color]", timeout=60_000)
    with page.expect_download() as waiting:
        link.click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def exists(address):
    try:
        with urllib.request.urlopen(address) as answer:
            return answer.status == 200
    except urllib.error.HTTPError:
        return False
