"""Response times and memory of the page of `colorkeras demo`, measured in a browser.

    pip install -e '.[demo,browser]'     # and Chromium: apt-get install chromium
    python benchmarks/page.py
    python benchmarks/page.py --uploads 500      # memory; ten minutes

Drops a gray photograph of 12 megapixels and waits until the browser has decoded both images of the
preview. Then it moves the saturation, switches the model and requests the full size. Targets on two
cores: 2.5 s to the preview, 0.5 s to another saturation.

Last result (2026-11-26, two cores of an AMD EPYC; first time, then median of 6 or 13 with
extremes): preview 0.78 s, 0.72 s (0.68 to 0.82); saturation 0.17 s, 0.17 s (0.15 to 0.20); another
model 0.21 s, 0.23 s (0.20 to 0.27); full size 0.90 s, 0.88 s (0.84 to 0.94). Memory after 100, 200,
300, 400, 500 uploads: 1.08, 1.11, 1.13, 1.14, 1.13 GB.
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
"""Repetitions of each step; the first is reported separately."""

SHOWN = """before => {
    const images = [...document.querySelectorAll("#shown img")];
    const sources = images.map((image) => image.src).join(" ");
    return images.length == 2 && sources != before && images.every(
        (image) => image.complete && image.naturalWidth
    ) && sources;
}"""
"""JavaScript: addresses of both images, once they have changed and are decoded."""


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--uploads", type=int, default=0, metavar="N", help="measure memory over N uploads instead"
    )
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT / "pipelines"))
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
    shown, seconds = "", {"preview": [], "saturation": [], "another model": [], "full size": []}

    def until_shown(step, act):
        nonlocal shown
        begin = time.perf_counter()
        act()
        shown = page.wait_for_function(SHOWN, arg=shown, polling=10).json_value()
        seconds[step].append(time.perf_counter() - begin)

    slider = page.locator("input[type=range]").first
    for path in paths:
        until_shown("preview", lambda path=path: drop(page, path))
        until_shown("saturation", lambda: slider.press("ArrowRight"))
        until_shown("another model", lambda: page.click("text=unet_vivid:"))
        until_shown("another model", lambda: page.click("text=unet:"))
        begin = time.perf_counter()
        page.click("text=Color the full size")
        page.wait_for_selector("a[download*=_color]")
        seconds["full size"].append(time.perf_counter() - begin)
    print(f"{MEGAPIXELS} megapixels; first time, then median of the others (extremes):")
    for step, (first, *others) in seconds.items():
        print(
            f"{step}: {first:.2f} s, {statistics.median(others):.2f} s "
            f"({min(others):.2f} to {max(others):.2f})"
        )


def measure_memory(server, browser, folder, num_uploads):
    """Print the memory of the server process over many uploads."""
    path = folder / "photograph.jpg"
    status = Path(f"/proc/{server.pid}/status")
    page, shown = visit(server, browser), ""
    for number in range(num_uploads):
        if number and number % UPLOADS_PER_VISIT == 0:
            page.context.close()
            page, shown = visit(server, browser), ""
        photographs.make(path, MEGAPIXELS_OF_UPLOADS, number)
        drop(page, path)
        shown = page.wait_for_function(SHOWN, arg=shown, polling=50).json_value()
        if (number + 1) % (10 * UPLOADS_PER_VISIT) == 0:
            [line] = [line for line in status.read_text().splitlines() if "VmRSS" in line]
            print(f"{number + 1} uploads: {int(line.split()[1]) / 1e6:.2f} GB", flush=True)
    page.context.close()


def visit(server, browser):
    """Open the page as a new visitor."""
    page = browser.new_context().new_page()
    page.goto(server.address)
    page.wait_for_selector("text=Color the full size")
    return page


def drop(page, path):
    """Drop a photograph on the page."""
    page.set_input_files("input[type=file] >> nth=0", path)


if __name__ == "__main__":
    main()
