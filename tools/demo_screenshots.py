"""Take the screenshots of the web page for the documentation.

    pip install -e '.[demo,browser]'     # and Chromium: apt-get install chromium
    python tools/demo_screenshots.py --photograph results/photographs/stairs.jpg --runs-dir runs

Serve the page, open it in a headless Chromium at two widths and in both color schemes, and write
docs/images/demo_*.jpg. The folder of runs should hold a run with images of epochs.
"""

import argparse
import contextlib
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tensorboard_screenshots import OUTPUT, find_browser, stable_screenshot

try:
    from playwright.sync_api import sync_playwright
except ImportError:
    sys.exit("Playwright is missing: pip install -e '.[browser]'")

JPEG_QUALITY = 88

HEIGHT = {1400: 1000, 390: 1500}
"""Height of the window by its width, in pixels."""


class Server(NamedTuple):
    address: str
    pid: int


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--photograph", type=Path, required=True, help="photograph to color")
    add("--runs-dir", default="runs", help="folder of runs (default %(default)s)")
    add("--output", type=Path, default=OUTPUT, help="default: %(default)s")
    options = parser.parse_args()
    # Otherwise SIGTERM would leave the server running.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    options.output.mkdir(parents=True, exist_ok=True)
    with served("--runs-dir", options.runs_dir) as server, chromium() as browser:
        for width, height in HEIGHT.items():
            for scheme in ("light", "dark"):
                window = {"width": width, "height": height}
                page = browser.new_page(viewport=window, color_scheme=scheme)
                page.goto(server.address)
                color(page, options.photograph)
                keep(page, options.output / f"demo_{width}_{scheme}.jpg")
                if (width, scheme) == (1400, "light"):
                    other_tabs(page, options.output)
                page.close()


def color(page, photograph):
    """Drop a photograph and wait for the colored preview."""
    page.set_input_files("input[type=file] >> nth=0", photograph)
    page.wait_for_selector("#shown img >> nth=1")


def other_tabs(page, output):
    """Take screenshots of the other two tabs."""
    page.get_by_role("tab", name="Compare models").click()
    page.get_by_role("button", name="Replay").wait_for()
    keep(page, output / "demo_compare.jpg")
    page.get_by_role("tab", name="Real or recolored?").click()
    page.get_by_role("button", name="Begin").click()
    page.get_by_text("Image 1 of 10").wait_for()
    keep(page, output / "demo_blind_test.jpg")


def keep(page, path):
    """Write a screenshot once nothing in the window moves anymore."""
    stable_screenshot(page)
    page.screenshot(path=path, type="jpeg", quality=JPEG_QUALITY)
    print(f"{path}: {path.stat().st_size // 1000} kB")


@contextlib.contextmanager
def served(*words):
    """Serve the page with options of `colorkeras demo`; yield its address and process ID."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-u", "-m", "colorkeras", "demo", "--no-browser", "--port", port]
    process = subprocess.Popen(
        [str(word) for word in (*command, *words)], stdout=subprocess.PIPE, text=True
    )
    try:
        if not process.stdout.readline().startswith("The page is at"):
            sys.exit(f"The page was not served: exit status {process.wait()}.")
        yield Server(f"http://127.0.0.1:{port}", process.pid)
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def chromium():
    """Yield a headless browser."""
    with sync_playwright() as playwright:
        # Chromium's sandbox needs privileges that containers lack.
        browser = playwright.chromium.launch(
            executable_path=find_browser(), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


if __name__ == "__main__":
    main()
