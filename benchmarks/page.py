"""How soon the page of `colorkeras demo` answers, in a browser, and whether its memory grows.

    pip install -e '.[demo,browser]'     # and Chromium: apt-get install chromium
    python benchmarks/page.py
    python benchmarks/page.py --uploads 500      # memory; ten minutes

A gray photograph of 12 megapixels is dropped; the time runs until the browser has decoded both
pictures of the preview. Then the saturation is moved, and the full size is asked for. Targets on
two cores: 2.5 s to the preview, 0.5 s to another saturation.

Last result (2026-11-26, two cores of an AMD EPYC, the first time, then medians of 6 or 13, with
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
"""Of each step; the first is shown by itself."""

SHOWN = """before => {
    const images = [...document.querySelectorAll("#shown img")];
    const sources = images.map((image) => image.src).join(" ");
    return images.length == 2 && sources != before && images.every(
        (image) => image.complete && image.naturalWidth
    ) && sources;
}"""
"""The addresses of both pictures, when they are others than before and the browser has them."""


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--uploads", type=int, default=0, metavar="N", help="look at memory over N uploads instead"
    )
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT / "pipelines"))
    from demo_screenshots import chromium, served

    with tempfile.TemporaryDirectory() as folder, served() as server, chromium() as browser:
        print(describe_device())
        if options.uploads:
            look_at_memory(server, browser, Path(folder), options.uploads)
        else:
            take_times(server, browser, Path(folder))


def take_times(server, browser, folder):
    """Prints how long each step of a visit takes."""
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
    print(f"{MEGAPIXELS} megapixels; the first time, and the median of others (extremes):")
    for step, (first, *others) in seconds.items():
        print(
            f"{step}: {first:.2f} s, {statistics.median(others):.2f} s "
            f"({min(others):.2f} to {max(others):.2f})"
        )


def look_at_memory(server, browser, folder, num_uploads):
    """Prints the memory of the server's process as uploads go by."""
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
    """Opens the page as another visitor."""
    page = browser.new_context().new_page()
    page.goto(server.address)
    page.wait_for_selector("text=Color the full size")
    return page


def drop(page, path):
    """Drops a photograph."""
    page.set_input_files("input[type=file] >> nth=0", path)


if __name__ == "__main__":
    main()
