"""Take screenshots of the web page for the documentation.

    pip install -e '.[demo,video,browser]'     # and Chromium: apt-get install chromium
    python tools/demo_screenshots.py --photograph results/photographs/photographer.jpg

Serves the page, opens it in headless Chromium at two window widths and in both color schemes, and
writes docs/images/demo_*.jpg. The film in the screenshots pans across each photograph in the folder
of --photograph.
"""

import argparse
import contextlib
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from film_strip import views, write_film
from PIL import Image
from tensorboard_screenshots import OUTPUT, find_browser, stable_screenshot

try:
    from playwright.sync_api import sync_playwright
except ImportError:
    sys.exit("Playwright is missing: pip install -e '.[browser]'")

JPEG_QUALITY = 82

HEIGHT = {1400: 900, 390: 844}
"""Window height by window width, in pixels."""


HINT, FILM_HINT = (0.33, 0.55), (0.35, 0.66)
"""Positions of the hints in the photograph and in the film, as fractions of width and height."""


FILM_WINDOW = 360, 480
"""Height and width of the film in pixels."""

TIMEOUT_MILLISECONDS = 300_000
"""Time limit for each step, long enough for slow machines."""


class Server(NamedTuple):
    address: str
    pid: int


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--photograph", type=Path, required=True, help="photograph to colorize")
    add("--output", type=Path, default=OUTPUT, help="default: %(default)s")
    options = parser.parse_args()
    # Without this handler, the server would keep running after SIGTERM.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    options.output.mkdir(parents=True, exist_ok=True)
    with served() as server, chromium() as browser:
        for width, height in HEIGHT.items():
            for scheme in ("light", "dark"):
                window = {"width": width, "height": height}
                is_phone = width < height
                page = browser.new_page(
                    viewport=window, color_scheme=scheme, is_mobile=is_phone, has_touch=is_phone
                )
                page.set_default_timeout(TIMEOUT_MILLISECONDS)
                page.goto(server.address)
                color(page, options.photograph)
                keep(page, options.output / f"demo_{width}_{scheme}.jpg")
                if (width, scheme) == (1400, "light"):
                    place_hint(page)
                    keep(page, options.output / "demo_hints.jpg")
                    other_views(page, options.output)
                page.close()
        show_film(browser, server, options.photograph.parent, options.output)


def show_film(browser, server, folder, output):
    """Take a screenshot of a film with a hint on its second scene."""
    page = browser.new_page(viewport={"width": 1400, "height": HEIGHT[1400]})
    page.set_default_timeout(TIMEOUT_MILLISECONDS)
    page.goto(server.address)
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary, "film.mp4")
        photographs = [
            np.asarray(Image.open(each).convert("L")) for each in sorted(folder.glob("*.jpg"))
        ]
        write_film(path, [frame for each in photographs for frame in views(each, FILM_WINDOW)])
        page.set_input_files("#file-input", path)
        page.wait_for_selector("#scenes li:last-child img")
    page.click("#scenes button >> nth=1")
    page.wait_for_selector("#layer-color[src]:visible")
    place_hint(page, FILM_HINT)
    page.click("#close-colors")
    keep(page, output / "demo_film.jpg")
    page.close()


def color(page, photograph):
    """Add a photograph and wait for its colorized preview."""
    page.set_input_files("#file-input", photograph)
    page.wait_for_selector("#layer-color[src]:visible")


def place_hint(page, place=HINT):
    """Place a blue hint and leave its dialog open."""
    box = page.locator("#surface").bounding_box()
    page.mouse.click(box["x"] + place[0] * box["width"], box["y"] + place[1] * box["height"])
    page.wait_for_selector("#likely-colors button")
    before = page.get_attribute("#layer-color", "src")
    page.click("#palette [aria-label=blue]")
    page.wait_for_selector(f"#layer-color:not([src='{before}'])")


def other_views(page, output):
    """Take screenshots of the other two views."""
    page.click("nav >> text=Compare")
    page.wait_for_selector("#compared img:not(.pending)")
    page.wait_for_selector("#compared img.pending", state="detached")
    keep(page, output / "demo_compare.jpg")
    page.click("nav >> text=Blind test")
    page.click("#begin-short")
    page.wait_for_selector("#test-number:visible")
    keep(page, output / "demo_blind_test.jpg")


def keep(page, path):
    """Save a screenshot once the window has stopped changing."""
    stable_screenshot(page)
    page.screenshot(path=path, type="jpeg", quality=JPEG_QUALITY)
    print(f"{path}: {path.stat().st_size // 1000} kB")


@contextlib.contextmanager
def served(*words):
    """Run `colorkeras demo` with the given options; yield its address and process ID."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-u", "-m", "colorkeras", "demo", "--no-browser", "--port", port]
    process = subprocess.Popen(
        [str(word) for word in (*command, *words)], stdout=subprocess.PIPE, text=True
    )
    try:
        if not process.stdout.readline().startswith("The page is at"):
            sys.exit(f"The server exited with status {process.wait()}.")
        yield Server(f"http://127.0.0.1:{port}", process.pid)
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def chromium():
    """Yield a headless browser."""
    with sync_playwright() as playwright:
        # Chromium's sandbox requires privileges that are not available in containers.
        browser = playwright.chromium.launch(
            executable_path=find_browser(), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


if __name__ == "__main__":
    main()
