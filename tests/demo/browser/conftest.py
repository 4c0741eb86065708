"""Fixtures for the page in a real browser without access to other machines."""

import json
import shutil

import numpy as np
import pytest
from demo.browser.actions import WINDOWS
from PIL import Image

from colorkeras.data import sample


@pytest.fixture
def visitor(server, chromium):
    """Function that opens the page as a new visitor; fails on requests to other servers."""
    contexts, foreign, errors = [], [], []

    def sort(route):
        if route.request.url.startswith((server, "data:", "blob:")):
            route.continue_()
        else:
            foreign.append(route.request.url)
            route.abort()

    def visit(window="desktop", scheme="light"):
        context = chromium.new_context(
            **WINDOWS[window],
            color_scheme=scheme,
            accept_downloads=True,
            reduced_motion="reduce",
        )
        context.set_default_timeout(60_000)
        contexts.append(context)
        tab = context.new_page()
        tab.route("**/*", sort)
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.goto(server)
        tab.wait_for_selector("body[data-ready]")
        return tab

    yield visit
    for context in contexts:
        context.close()
    assert not foreign and not errors


@pytest.fixture(params=[("desktop", "light"), ("phone", "dark")], ids="-".join)
def tab(visitor, request):
    """The page in a browser tab; see also `actions.all_windows`."""
    return visitor(*request.param)


@pytest.fixture
def check():
    """Function that fails if axe-core finds a violation or the page is wider than the window."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe-core").Axe()

    def check(tab):
        found = {
            violation["id"]: [node["html"][:300] for node in violation["nodes"]]
            for violation in axe.run(tab).response["violations"]
        }
        assert not found, json.dumps(found, indent=1)
        width = tab.evaluate("document.documentElement.scrollWidth")
        assert width <= tab.viewport_size["width"]

    return check


@pytest.fixture(scope="session")
def photographs(tmp_path_factory):
    """Paths of grayscale photographs by name, and of a color photograph, "color"."""
    folder = tmp_path_factory.mktemp("photographs")
    paths = {}
    for path, _ in sample.photographs():
        paths[path.stem] = folder / f"{path.stem}_scan.png"
        Image.open(path).convert("L").save(paths[path.stem])
    paths["color"] = folder / "color.jpg"
    shutil.copy(path, paths["color"])
    return paths


@pytest.fixture(scope="session")
def sepia(photographs):
    """Path of a photograph on brown paper."""
    gray = np.asarray(Image.open(photographs["cat"]), np.float32)[..., np.newaxis]
    path = photographs["cat"].with_name("sepia.png")
    Image.fromarray(np.uint8(gray * [1, 0.85, 0.65])).save(path)
    return path
