"""The page on a running server, in a real browser without access to other machines."""

import os
import shutil
import socket
import subprocess
import sys
import time

import pytest
from demo.browser import FULL_SIZE
from image_files import exif_of, ramp
from PIL import Image

from colorkeras.training.run_directory import EPOCHS_FOLDER

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)

MAX_MEGABYTES, MAX_MEGAPIXELS = 3, 4


@pytest.fixture(scope="session")
def server_folder(tmp_path_factory):
    """Working directory of the server, with a secret and a run of three epochs."""
    folder = tmp_path_factory.mktemp("server")
    # Images, so that only the path can be the reason for rejecting them.
    Image.new("RGB", (40, 40)).save(folder / "secret.jpg")
    epochs = folder / "runs" / "unet" / "20260101-000000" / EPOCHS_FOLDER
    epochs.mkdir(parents=True)
    for number in (1, 2, 3):
        Image.new("RGB", (300, 100), (80 * number, 0, 0)).save(epochs / f"{number:03}.png")
    return folder


@pytest.fixture(scope="session")
def server(server_folder):
    """Address of a running server."""
    pytest.importorskip("gradio", reason="Gradio is not installed: pip install -e '.[demo]'")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ("demo", "--no-browser", "--port", port, "--max-megabytes", MAX_MEGABYTES)
    words += ("--max-megapixels", MAX_MEGAPIXELS)
    log = server_folder / "log"
    with log.open("w") as stream:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "colorkeras", *map(str, words)],
            cwd=server_folder,
            env={**os.environ, "TMPDIR": str(server_folder)},
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
    while "The page is at" not in log.read_text():
        assert process.poll() is None, log.read_text()
        time.sleep(0.2)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(timeout=30)
    assert process.returncode == 143
    assert {path.name for path in server_folder.iterdir()} == {"secret.jpg", "runs", "log"}


@pytest.fixture(scope="module")
def chromium():
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    if BROWSER is None:
        pytest.skip("Chromium is not installed")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=BROWSER,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture
def visitor(server, chromium):
    """Function that opens the page for a new visitor; fails on requests to other servers."""
    contexts, foreign, errors = [], [], []

    def sort(route):
        if route.request.url.startswith((server, "data:", "blob:")):
            route.continue_()
        else:
            foreign.append(route.request.url)
            route.abort()

    def visit(width=1400, height=1000, **settings):
        context = chromium.new_context(
            viewport={"width": width, "height": height}, accept_downloads=True, **settings
        )
        contexts.append(context)
        page = context.new_page()
        page.route("**/*", sort)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(server)
        page.wait_for_selector(FULL_SIZE)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert not foreign and not errors


@pytest.fixture(scope="session")
def scan(tmp_path_factory):
    """A grayscale photograph with metadata."""
    path = tmp_path_factory.mktemp("scans") / "grandma.jpg"
    Image.fromarray(ramp((600, 800))).save(path, quality=95, exif=exif_of())
    return path
