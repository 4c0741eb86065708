"""Make the screenshots of TensorBoard's tabs that stand in the documents, without a display.

    pip install -e '.[browser]'     # and Chromium: apt-get install chromium
    python tools/tensorboard_screenshots.py --logdir runs

It starts TensorBoard on the folder, opens it in a headless Chromium, writes
docs/images/tensorboard_{scalars,images,graphs,hparams}.png and stops both. The folder should hold
two finished runs: all are shown at once, and TensorBoard has seven colors, of which a run takes
three. Remade when what runs write for TensorBoard changes.
"""

import argparse
import contextlib
import json
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

try:
    from playwright.sync_api import sync_playwright
except ImportError:
    sys.exit("Playwright is missing: pip install -e '.[browser]'")

OUTPUT = Path(__file__).resolve().parents[1] / "docs" / "images"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
START_SECONDS = 120
SETTLE_SECONDS = 60
ANIMATION_MILLISECONDS = 2000


def scalars(page):
    """Unsmoothed curves, with the whole range of values."""
    box = page.locator("tf-smoothing-input input").last
    box.fill("0")
    box.press("Enter")
    page.get_by_text("Ignore outliers in chart scaling").click()
    # Only the first two groups are open.
    page.get_by_text("steps", exact=True).click()
    settled(page)
    # Charts that were drawn before the outliers counted keep their range.
    for button in page.get_by_title("Fit domain to data").all():
        button.click()


def images(page):
    """The grids of the last epoch at their full size."""
    page.get_by_text("Show actual image size").click()
    page.locator("tf-image-loader img").first.wait_for()


def graphs(page):
    """The train step, its loss opened."""
    page.locator("g.node[data-name='loss']").dblclick()
    page.wait_for_timeout(ANIMATION_MILLISECONDS)
    # A click beside the graph closes the card on the opened node.
    page.locator("svg#svg").click(position={"x": 5, "y": 850})


def hparams(page):
    """The table that compares runs, as many columns as fit."""
    page.get_by_text("Trial ID").first.wait_for()
    for kind, kept in (("hparam", 4), ("metric", 3)):
        for number in range(kept, 5):
            page.locator(f".{kind}-checkbox").nth(number).click()
    # Down there were the boxes of figures.
    page.locator(".hparam-checkbox").first.scroll_into_view_if_needed()


TABS = {
    scalars: (1460, 1240),
    images: (1700, 1120),
    graphs: (1400, 1100),
    hparams: (1720, 420),
}
"""What to do in each tab, by its name in the address, and the window's width and height."""


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--logdir", type=Path, required=True, help="folder with finished runs")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="default: %(default)s")
    options = parser.parse_args()
    # Else SIGTERM would leave TensorBoard running.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    browser_path = find_browser()
    options.output.mkdir(parents=True, exist_ok=True)
    with tensorboard(options.logdir) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path)
        for prepare, (width, height) in TABS.items():
            page = browser.new_page(viewport={"width": width, "height": height})
            page.goto(f"{address}#{prepare.__name__}")
            prepare(page)
            path = options.output / f"tensorboard_{prepare.__name__}.png"
            path.write_bytes(settled(page))
            page.close()
            print(f"{path}: {path.stat().st_size // 1000} kB")
        browser.close()


def find_browser():
    """The path of Chromium, or the end of the program."""
    for name in BROWSERS:
        if path := shutil.which(name):
            return path
    sys.exit(f"None of {', '.join(BROWSERS)} is in PATH: apt-get install chromium")


@contextlib.contextmanager
def tensorboard(logdir):
    """Runs TensorBoard on a folder; yields its address when all runs are loaded."""
    runs = {str(file.parent.relative_to(logdir)) for file in logdir.rglob("events.out.tfevents.*")}
    if not runs:
        sys.exit(f"No event files below {logdir}: name a folder of runs.")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(logdir)]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            address = f"http://127.0.0.1:{port}/"
            deadline = time.monotonic() + START_SECONDS
            while loaded_runs(address) != runs:
                if process.poll() is not None or time.monotonic() > deadline:
                    log.seek(0)
                    sys.exit(f"TensorBoard did not load {logdir}:\n{log.read().decode()}")
                time.sleep(1)
            yield address
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def loaded_runs(address):
    """The names of the runs that TensorBoard has found so far; none while it starts."""
    try:
        with urllib.request.urlopen(address + "data/runs", timeout=10) as response:
            return set(json.load(response))
    except (urllib.error.URLError, TimeoutError):
        return set()


def settled(page):
    """Screenshots until two in a row are the same: then nothing moves or loads any more."""
    previous, current = None, page.screenshot()
    deadline = time.monotonic() + SETTLE_SECONDS
    while current != previous:
        if time.monotonic() > deadline:
            sys.exit(f"{page.url} did not come to rest within {SETTLE_SECONDS} s.")
        page.wait_for_timeout(ANIMATION_MILLISECONDS)
        previous, current = current, page.screenshot()
    return current


if __name__ == "__main__":
    main()
