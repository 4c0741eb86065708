"""Take the screenshots of TensorBoard's tabs for the documentation, without a display.

    pip install -e '.[browser]'     # and Chromium: apt-get install chromium
    python tools/tensorboard_screenshots.py --logdir runs

Start TensorBoard on the folder, open it in a headless Chromium, and write
docs/images/tensorboard_{scalars,images,graphs,hparams}.png. The folder should hold two finished
runs: each takes three of TensorBoard's seven colors. Run it again when training logs other data.
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
    # Only the first two groups are open initially.
    page.get_by_text("steps", exact=True).click()
    stable_screenshot(page)
    # Charts drawn before that click keep their range.
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
    # A click next to the graph closes the node's info card.
    page.locator("svg#svg").click(position={"x": 5, "y": 850})


def hparams(page):
    """Show the table of runs with as many columns as fit."""
    page.get_by_text("Trial ID").first.wait_for()
    for kind, kept in (("hparam", 4), ("metric", 3)):
        for number in range(kept, 5):
            page.locator(f".{kind}-checkbox").nth(number).click()
    # Scroll back up from the checkboxes of metrics.
    page.locator(".hparam-checkbox").first.scroll_into_view_if_needed()


TABS = {
    scalars: (1460, 1240),
    images: (1700, 1120),
    graphs: (1400, 1100),
    hparams: (1720, 420),
}
"""Functions that prepare the tabs, named like the tab's URL; width and height of the window."""


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--logdir", type=Path, required=True, help="folder with finished runs")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="default: %(default)s")
    options = parser.parse_args()
    # Otherwise SIGTERM would leave TensorBoard running.
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
    """Return the path of Chromium; exit if there is none."""
    for name in BROWSERS:
        if path := shutil.which(name):
            return path
    sys.exit(f"None of {', '.join(BROWSERS)} is in PATH: apt-get install chromium")


@contextlib.contextmanager
def tensorboard(logdir):
    """Run TensorBoard on a folder; yield its address once it has loaded all runs."""
    runs = {str(file.parent.relative_to(logdir)) for file in logdir.rglob("events.out.tfevents.*")}
    if not runs:
        sys.exit(f"No event files below {logdir}: pass a folder of runs.")
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
    """Return the runs that TensorBoard has loaded; none while it starts."""
    try:
        with urllib.request.urlopen(address + "data/runs", timeout=10) as response:
            return set(json.load(response))
    except (urllib.error.URLError, TimeoutError):
        return set()


def stable_screenshot(page):
    """Return the first screenshot that equals the one before it: nothing moves or loads anymore."""
    previous, current = None, page.screenshot()
    deadline = time.monotonic() + STABLE_SECONDS
    while current != previous:
        if time.monotonic() > deadline:
            sys.exit(f"{page.url} still changes after {STABLE_SECONDS} s.")
        page.wait_for_timeout(ANIMATION_MILLISECONDS)
        previous, current = current, page.screenshot()
    return current


if __name__ == "__main__":
    main()
