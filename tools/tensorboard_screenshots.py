"""Take screenshots of the TensorBoard tabs for the documentation, without a display.

    pip install -e '.[browser]'     # and Chromium: apt-get install chromium
    python tools/tensorboard_screenshots.py --logdir runs

Starts TensorBoard, opens it in headless Chromium, and writes
docs/images/tensorboard_{scalars,images,graphs,hparams}.png. The folder should contain exactly two
finished runs, because each run uses three of TensorBoard's seven colors. Run the script again
after any change to what training logs.
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
STABLE_SECONDS = 60
ANIMATION_MILLISECONDS = 2000


def scalars(page):
    """Show unsmoothed curves over the full range of values."""
    box = page.locator("tf-smoothing-input input").last
    box.fill("0")
    box.press("Enter")
    page.get_by_text("Ignore outliers in chart scaling").click()
    # Only the first two groups are expanded initially.
    page.get_by_text("steps", exact=True).click()
    stable_screenshot(page)
    # Charts drawn before the outlier setting changed keep their old range.
    for button in page.get_by_title("Fit domain to data").all():
        button.click()


def images(page):
    """Show the image grids of the last epoch at full size."""
    page.get_by_text("Show actual image size").click()
    page.locator("tf-image-loader img").first.wait_for()


def graphs(page):
    """Show the graph of the train step with its loss expanded."""
    page.locator("g.node[data-name='loss']").dblclick()
    page.wait_for_timeout(ANIMATION_MILLISECONDS)
    # Clicking next to the graph closes the node's info card.
    page.locator("svg#svg").click(position={"x": 5, "y": 850})


def hparams(page):
    """Show the table of runs with as many columns as fit."""
    page.get_by_text("Trial ID").first.wait_for()
    for kind, kept in (("hparam", 4), ("metric", 3)):
        for number in range(kept, 5):
            page.locator(f".{kind}-checkbox").nth(number).click()
    # Scroll back up from the metric checkboxes.
    page.locator(".hparam-checkbox").first.scroll_into_view_if_needed()


TABS = {
    scalars: (1460, 1240),
    images: (1700, 1120),
    graphs: (1400, 1100),
    hparams: (1720, 420),
}
"""Functions that prepare each tab, with the window's width and height in pixels. The function names
match the tab names in URLs."""


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--logdir", type=Path, required=True, help="folder with finished runs")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="default: %(default)s")
    options = parser.parse_args()
    # Without this handler, TensorBoard would keep running after SIGTERM.
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
            path.write_bytes(stable_screenshot(page))
            page.close()
            print(f"{path}: {path.stat().st_size // 1000} kB")
        browser.close()


def find_browser():
    """Return the path of Chromium; exit if it is not installed."""
    for name in BROWSERS:
        if path := shutil.which(name):
            return path
    sys.exit(f"None of {', '.join(BROWSERS)} is in PATH: apt-get install chromium")


@contextlib.contextmanager
def tensorboard(logdir):
    """Run TensorBoard on a folder; yield its address once all runs are loaded."""
    runs = {str(file.parent.relative_to(logdir)) for file in logdir.rglob("events.out.tfevents.*")}
    if not runs:
        sys.exit(f"No event files in {logdir}: pass a folder with finished runs.")
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
    """Return the set of runs that TensorBoard has loaded, which is empty during startup."""
    try:
        with urllib.request.urlopen(address + "data/runs", timeout=10) as response:
            return set(json.load(response))
    except (urllib.error.URLError, TimeoutError):
        return set()


def stable_screenshot(page):
    """Take screenshots until two consecutive ones are equal; return the last one."""
    previous, current = None, page.screenshot()
    deadline = time.monotonic() + STABLE_SECONDS
    while current != previous:
        if time.monotonic() > deadline:
            sys.exit(f"{page.url} is still changing after {STABLE_SECONDS} s.")
        page.wait_for_timeout(ANIMATION_MILLISECONDS)
        previous, current = current, page.screenshot()
    return current


if __name__ == "__main__":
    main()
