"""Measure the response times and memory use of the web page in a browser.

    pip install -e '.[demo,browser]'     # and Chromium: apt-get install chromium
    python benchmarks/page.py
    python benchmarks/page.py --uploads 500      # measure memory use; takes ten minutes

Drops a grayscale 12-megapixel photograph on the page and waits until the browser has decoded the
colorized preview. Then moves the slider, places a hint, and downloads the photograph at full size.
Targets on two cores: 2.5 s for the preview, and 0.5 s for a hint or a slider movement. Memory is
measured for the server process.

Latest results (2026-11-29, two otherwise idle cores of an Intel Xeon with AVX512-BF16): The preview
takes 0.69 s (0.62 to 0.76; 0.84 s for the first photograph), a slider movement 0.26 s, a hint 0.32
s (0.26 to 0.42; 0.38 s for the first one), and the full-size download 0.83 s. On 2026-11-28, on an
AMD EPYC busy with other work, memory use was 0.56, 0.64, 0.64, 0.67 and 0.69 GB after 100, 200,
300, 400 and 500 uploads.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import photographs

from colorkeras.training.precision import describe_device

ROOT = Path(__file__).resolve().parents[1]

MEGAPIXELS, MEGAPIXELS_OF_UPLOADS = 12, 1

UPLOADS_PER_VISIT = 10

REPEATS = 7
"""Number of runs of each step; the first one is reported separately."""

TIMEOUT_MS = 120_000
"""Time limit for each step, long enough for busy machines."""

SHOWN = """before => {
    const image = document.getElementById("layer-color");
    return image.src && image.src != before && image.complete && image.naturalWidth && image.src;
}"""
"""JavaScript that returns the URL of the colorized preview once a new one has been decoded."""


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--uploads", type=int, default=0, metavar="N", help="measure memory over N uploads instead"
    )
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT / "tools"))
    from demo_screenshots import chromium, served

    with tempfile.TemporaryDirectory() as folder, served() as server, chromium() as browser:
        print(describe_device())
        if options.uploads:
            measure_memory(server, browser, Path(folder), options.uploads)
        else:
            measure_times(server, browser, Path(folder))


def measure_times(server, browser, folder):
    """Print the duration of each step of a visit."""
    paths = [folder / f"{number}.jpg" for number in range(REPEATS)]
    for seed, path in enumerate(paths):
        photographs.make(path, MEGAPIXELS, seed)
    page = visit(server, browser)
    seconds = {"preview": [], "slider": [], "hint": [], "full size": []}

    def until_shown(step, act):
        before = page.evaluate("document.getElementById('layer-color').src")
        begin = time.perf_counter()
        act()
        page.wait_for_function(SHOWN, arg=before, polling=10)
        seconds[step].append(time.perf_counter() - begin)

    for path in paths:
        until_shown("preview", lambda path=path: drop(page, path))
        until_shown("slider", lambda: page.locator("#vividness").press("ArrowRight"))
        page.locator("#surface").click()
        until_shown("hint", lambda: page.click("#palette [aria-label='blue']"))
        page.keyboard.press("Escape")
        begin = time.perf_counter()
        with page.expect_download() as waiting:
            page.click("#download")
        waiting.value.path()
        seconds["full size"].append(time.perf_counter() - begin)
    print(f"{MEGAPIXELS} megapixels; first run, then median of the others (range):")
    for step, (first, *others) in seconds.items():
        print(
            f"{step}: {first:.2f} s, {statistics.median(others):.2f} s "
            f"({min(others):.2f} to {max(others):.2f})"
        )


def measure_memory(server, browser, folder, num_uploads):
    """Print the memory use of the server process during many uploads."""
    path = folder / "photograph.jpg"
    status = Path(f"/proc/{server.pid}/status")
    page, before = visit(server, browser), ""
    for number in range(num_uploads):
        if number and number % UPLOADS_PER_VISIT == 0:
            page.context.close()
            page, before = visit(server, browser), ""
        photographs.make(path, MEGAPIXELS_OF_UPLOADS, number)
        drop(page, path)
        before = page.wait_for_function(SHOWN, arg=before, polling=50).json_value()
        if (number + 1) % (10 * UPLOADS_PER_VISIT) == 0:
            [line] = [line for line in status.read_text().splitlines() if "VmRSS" in line]
            print(f"{number + 1} uploads: {int(line.split()[1]) / 1e6:.2f} GB", flush=True)
    page.context.close()


def visit(server, browser):
    """Open the page as a new visitor."""
    page = browser.new_context().new_page()
    page.set_default_timeout(TIMEOUT_MS)
    page.goto(server.address)
    page.wait_for_selector("body[data-ready]")
    return page


def drop(page, path):
    """Drop a photograph onto the page."""
    page.set_input_files("#file-input", path)


if __name__ == "__main__":
    main()
