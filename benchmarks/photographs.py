"""Duration and memory of coloring photographs, by image size and number of workers.

    python benchmarks/photographs.py

Generates gray JPEG files, smooth with grain. Targets on two cores: a warm 12-megapixel file in
under 1.5 s, less than a third of it in the network; one small image in under 6 s including
start-up; 100 megapixels within 3 GB; `--workers auto` within 5 % of the best.

Last result (2026-11-26, two cores of an AMD EPYC): 12 megapixels warm 0.62 s, of which the network
0.02 s; one small image cold 5.1 to 5.3 s; peak memory 1.2 GB up to 50 megapixels, 1.4 GB at 100,
1.7 GB at 100 of 16-bit color; 1-megapixel files per second, median of three runs (extremes):
1 worker 12.2 (10.7 to 13.4), 2 workers 12.6 (12.4 to 15.9), 3 workers 14.8 (12.8 to 18.4), 4
workers 14.6 (14.2 to 16.7). auto took 2 workers then and takes 3 now.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from colorkeras import image_io
from colorkeras.training.precision import describe_device

SIZES = {1: (1000, 1000), 12: (3000, 4000), 50: (6250, 8000), 100: (10000, 10000)}
"""Height and width by megapixels."""

NUM_FILES, MEGAPIXELS_OF_FILES = 120, 1
"""Size of the folder for several workers."""

REPEATS = 5
"""Timed runs of the warm file in one process."""

ROUNDS = 3
"""Runs of the command for each number of workers."""


def make(path, megapixels, seed=0):
    """Write a gray JPEG file of about the file size of a scan."""
    height, width = SIZES[megapixels]
    generator = np.random.default_rng(seed)
    coarse = Image.fromarray(generator.integers(0, 256, (12, 16), np.uint8))
    image = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC))
    grain = generator.integers(-6, 7, image.shape, np.int8)
    pixels = np.clip(image.astype(np.int16) + grain, 0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(path, quality=92)


def make_deep(path):
    """Write a 16-bit color file of 100 megapixels."""
    ramp = np.linspace(0, 60_000, SIZES[100][0], dtype=np.uint16)
    pixels = np.repeat(np.add.outer(ramp // 2, ramp // 2)[..., np.newaxis], 3, axis=-1)
    image_io.save(path, iter([image_io.DecodedImage(pixels)]), image_io.Metadata())


def warm(path):
    """Return the shortest time from file to file and in the network, in seconds."""
    from colorkeras.config.colorize_options import ColorizeOptions
    from colorkeras.inference import predictor
    from colorkeras.inference.batch import plan, run

    loaded = predictor.load()
    times, network = [], []

    class Timed(type(loaded.exported)):
        def color(self, *arguments):
            started = time.perf_counter()
            rgb = super().color(*arguments)
            network.append(time.perf_counter() - started)
            return rgb

    exported = loaded.exported
    loaded.exported = Timed(exported.path, exported.metadata, exported.saved_model)
    (job,) = plan.plan([path], path.with_name("out.jpg")).items
    for _ in range(REPEATS + 1):
        started = time.perf_counter()
        outcome = run.colorize_file(loaded, job, ColorizeOptions(overwrite=True))
        times.append(time.perf_counter() - started)
        if outcome.error:
            raise SystemExit(str(outcome.error))
    return min(times[1:]), min(network[1:])


def command(*words):
    """Run `colorkeras colorize`; return seconds and peak memory in MB."""
    before = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "colorkeras", "colorize", *map(str, words), "--overwrite"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"status {status} of {words}")
    return time.perf_counter() - before, usage.ru_maxrss * 1024 / 1e6  # KiB on Linux.


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.parse_args()
    print(describe_device())
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        files = {megapixels: folder / f"{megapixels}.jpg" for megapixels in SIZES}
        for megapixels, path in files.items():
            make(path, megapixels)
        seconds, network = warm(files[12])
        print(f"12 megapixels, warm: {seconds:.2f} s, of which the network {network:.2f} s")
        small = folder / "small.jpg"
        Image.open(files[1]).resize((300, 200)).save(small)
        starts = [command(small)[0] for _ in range(ROUNDS)]
        print(f"one small image, cold: {min(starts):.1f} to {max(starts):.1f} s")
        for megapixels, path in files.items():
            seconds, megabytes = command(path)
            print(
                f"{megapixels} megapixels: {megabytes:.0f} MB, {seconds:.1f} s including start-up"
            )
        for suffix in (".png", ".tif"):
            deep = folder / f"deep{suffix}"
            make_deep(deep)
            seconds, megabytes = command(deep)
            print(f"100 megapixels, 16-bit, {suffix}: {megabytes:.0f} MB, {seconds:.1f} s")
            deep.unlink()
        many = folder / "many"
        many.mkdir()
        for number in range(NUM_FILES):
            make(many / f"{number:03}.jpg", MEGAPIXELS_OF_FILES, number)
        rates = {workers: [] for workers in ("1", "2", "3", "4", "auto")}
        for workers in ROUNDS * list(rates):
            seconds, _ = command(many, "-o", folder / "out", "--workers", workers)
            rates[workers].append(NUM_FILES / (seconds - statistics.median(starts)))
        print(f"{MEGAPIXELS_OF_FILES}-megapixel files per second, median and extremes:")
        for workers, each in rates.items():
            median = statistics.median(each)
            print(f"--workers {workers}: {median:.1f} ({min(each):.1f} to {max(each):.1f})")


if __name__ == "__main__":
    main()
