"""Test of the tab that compares models, in a browser."""

import re
import time

import numpy as np
from demo.browser import addresses, drop, image_at, wait_for_another, wait_for_images


def test_compare_tab(visitor, scan):
    page = visitor()
    drop(page, scan)
    wait_for_another(page, [])
    page.get_by_role("tab", name="Compare models").click()
    known = wait_for_images(page, "#compared img", 4)
    page.get_by_role("textbox", name="Photograph").or_(
        page.get_by_label("Photograph")
    ).first.click()
    page.get_by_role("option", name=re.compile("Your photograph")).click()
    own = wait_for_images(page, "#compared img", 3)
    assert not set(own) & set(known)
    assert {image_at(address).shape for address in own} == {(600, 800, 3)}
    page.get_by_role("button", name="Replay").click()
    shown, deadline = [], time.monotonic() + 20
    while len(set(shown)) < 3 and time.monotonic() < deadline:
        shown += [address for address in addresses(page, "img[alt^='Ten validation']") if address]
        page.wait_for_timeout(100)
    reds = [image_at(address)[0, 0, 0] for address in dict.fromkeys(shown)]
    np.testing.assert_allclose(sorted(reds), [80, 160, 240], atol=3)
