"""Measure the time and memory needed to colorize photographs, by image size and worker count.

    python benchmarks/photographs.py

Colorizes generated JPEG files: smooth grayscale images with grain. Targets on two cores:

- a 12-megapixel file in less than 1.5 s after startup, less than a third of it in the network
- one small image in less than 6 s including startup
- at most 3 GB of memory for 100 megapixels
- `--workers auto` at least 95% as fast as the best number of workers

Latest results (2026-11-26, `unet` on TensorFlow, two cores of an AMD EPYC):

- A 12-megapixel file takes 0.62 s after startup, including 0.02 s in the network.
- One small image takes 5.1 to 5.3 s including startup.
- Peak memory is 1.2 GB for up to 50 megapixels, 1.4 GB for 100 megapixels, and 1.7 GB for 100
  megapixels of 16-bit color.
- The throughput in 1-megapixel files per second (median of three runs, range in parentheses) is
  12.2 (10.7 to 13.4) with 1 worker, 12.6 (12.4 to 15.9) with 2, 14.8 (12.8 to 18.4) with 3, and
  14.6 (14.2 to 16.7) with 4. `auto` used 2 workers at the time and now uses 3.

Peak memory on LiteRT (2026-11-28): with `unet`, 120 MB at 1 megapixel, 193 MB at 12, 461 MB at 50
and 824 MB at 100; with `photo`, 268 MB at 1 megapixel and 322 MB at 12.
"""

import argparse
import dataclasses
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
"""Number of files in measurements with several workers."""

REPEATS = 5
"""Number of timed runs after startup."""

# Run in the child process, because a peak measured by the parent would include the memory that the
# parent itself used before the fork.
_PRINT_PEAK = """
import atexit, pathlib, sys
status = pathlib.Path("/proc/self/status")
atexit.register(lambda: print("VmHWM:" + status.read_text().partition("VmHWM:")[2]))
"""

COMMAND = "from colorkeras.cli import main\nsys.exit(main())"
"""Code that runs the command-line program."""

ROUNDS = 3
"""Number of runs of the command for each number of workers."""


def make(path, megapixels, seed=0):
    """Write a grayscale JPEG file with grain, which makes it about as large as a real scan."""
    height, width = SIZES[megapixels]
    generator = np.random.default_rng(seed)
    coarse = Image.fromarray(generator.integers(0, 256, (12, 16), np.uint8))
    image = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC))
    grain = generator.integers(-6, 7, image.shape, np.int8)
    pixels = np.clip(image.astype(np.int16) + grain, 0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(path, quality=92)


def make_deep(path):
    """Write a 100-megapixel file in 16-bit color."""
    ramp = np.linspace(0, 60_000, SIZES[100][0], dtype=np.uint16)
    pixels = np.repeat(np.add.outer(ramp // 2, ramp // 2)[..., np.newaxis], 3, axis=-1)
    image_io.save(path, iter([image_io.DecodedImage(pixels)]), image_io.Metadata())


def warm(path):
    """Colorize a file repeatedly; return the shortest total and network times, in seconds."""
    from colorkeras.config.colorize_options import ColorizeOptions
    from colorkeras.inference import predictor
    from colorkeras.inference.batch import color_files, plan

    loaded = predictor.load()
    times, network = [], []

    class Timed(type(loaded.exported)):
        def color(self, *arguments, **settings):
            started = time.perf_counter()
            rgb = super().color(*arguments, **settings)
            network.append(time.perf_counter() - started)
            return rgb

    exported = loaded.exported
    fields = dataclasses.fields(exported)
    loaded.exported = Timed(*(getattr(exported, field.name) for field in fields))
    (job,) = plan.plan([path], path.with_name("out.jpg")).items
    for _ in range(REPEATS + 1):
        started = time.perf_counter()
        outcome = color_files.colorize_file(loaded, job, ColorizeOptions(overwrite=True))
        times.append(time.perf_counter() - started)
        if outcome.error:
            raise SystemExit(str(outcome.error))
    return min(times[1:]), min(network[1:])


def run(code, *arguments):
    """Run Python code in a separate process (Linux only).

    Returns:
        `(seconds, megabytes, output)`: total time, peak memory and standard output.
    """
    started = time.perf_counter()
    process = subprocess.run(
        [sys.executable, "-c", _PRINT_PEAK + code, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    if process.returncode:
        raise SystemExit(f"{arguments} exited with status {process.returncode}")
    output, _, kibibytes = process.stdout.rpartition("VmHWM:")
    return time.perf_counter() - started, int(kibibytes.split()[0]) * 1024 / 1e6, output


def command(*words):
    """Run `colorkeras colorize`; return the time in seconds and the peak memory in MB."""
    return run(COMMAND, "colorize", *words, "--overwrite")[:2]


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
        print(f"12 megapixels: {seconds:.2f} s after startup, {network:.2f} s in the network")
        small = folder / "small.jpg"
        Image.open(files[1]).resize((300, 200)).save(small)
        starts = [command(small)[0] for _ in range(ROUNDS)]
        print(f"one small image: {min(starts):.1f} to {max(starts):.1f} s including startup")
        for megapixels, path in files.items():
            seconds, megabytes = command(path)
            print(f"{megapixels} megapixels: {megabytes:.0f} MB, {seconds:.1f} s including startup")
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
        print(f"{MEGAPIXELS_OF_FILES}-megapixel files per second, median (minimum to maximum):")
        for workers, each in rates.items():
            median = statistics.median(each)
            print(f"--workers {workers}: {median:.1f} ({min(each):.1f} to {max(each):.1f})")


if __name__ == "__main__":
    main()
