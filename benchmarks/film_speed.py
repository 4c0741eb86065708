"""Measure the speed and memory use of film colorization.

    python benchmarks/film_speed.py [--seconds 10] [--size 1280x720]

Creates a film that pans over a photograph. Prints the speed of the first pass (scene detection), of
decoding and encoding without colorization, and of the whole command in frames/s. Also prints the
peak memory of the whole command. Targets on two cores at 1280x720: at least 25 frames/s for
decoding and encoding, at least 4 frames/s for the whole command, and less than 1.5 GB of memory.

Latest results (2026-11-29, two otherwise idle cores of an Intel Xeon with AVX512-BF16): The first
pass runs at 255 frames/s, decoding and encoding at 25.4 frames/s, and the whole command at 6.3
frames/s with 0.45 GB of memory. On 2026-11-28, with averages over earlier frames only, two cores of
an AMD EPYC (Zen 3) reached 33 frames/s for decoding and encoding and 7.7 frames/s for the whole
command.
"""

import argparse
import itertools
import resource
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image

from colorkeras.config.colorize_options import ColorizeOptions
from colorkeras.inference import predictor
from colorkeras.inference.batch.plan import BatchItem
from colorkeras.video.color_films import colorize_film
from colorkeras.video.film import import_av
from colorkeras.video.film_options import FilmOptions
from colorkeras.video.film_scan import scan

PHOTOGRAPH = Path(__file__).resolve().parents[1] / "results" / "photographs" / "stairs.jpg"

RATE, MARGIN = 25, 1.25
"""Frame rate in frames/s, and side length of the photograph relative to the film's longer side."""

MAX_MEGAPIXELS = 150


class _Gray:
    """Stand-in for `SceneColorizer` that returns zero chroma."""

    def __init__(self, *arguments):
        self.state = {}

    def colorize(self, frames, state=None, num_frames=None):
        for _, luma in itertools.islice(frames, num_frames):
            yield np.zeros([*luma.shape, 2], np.float32)


def write_film(path, width, height, num_frames):
    """Write a film that pans over a photograph."""
    av = import_av()
    size = round(MARGIN * max(width, height))
    photograph = np.asarray(Image.open(PHOTOGRAPH).convert("L").resize((size, size)))
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=RATE, options={"crf": "18"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number, position in enumerate(np.linspace(0, 1, num_frames)):
            top, left = (round((size - side) * position) for side in (height, width))
            pixels = np.ascontiguousarray(photograph[top : top + height, left : left + width])
            frame = av.VideoFrame.from_ndarray(pixels, format="gray")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))


def color(model, source, target, num_workers):
    """Colorize a film; return the elapsed time in seconds."""
    started = time.perf_counter()
    options = ColorizeOptions(overwrite=True)
    item = BatchItem(source, (target,))
    result = colorize_film(model, item, options, FilmOptions(num_workers=num_workers))
    if result.error is not None:
        raise result.error
    return time.perf_counter() - started


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=10, help="duration of the film")
    parser.add_argument("--size", default="1280x720", help="width and height in pixels")
    parser.add_argument("--workers", type=int, default=2, help="scenes to colorize in parallel")
    options = parser.parse_args()
    width, height = map(int, options.size.split("x"))
    count, model = options.seconds * RATE, predictor.load()
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "film.mp4"), Path(folder, "color.mp4")
        write_film(source, width, height, count)
        started = time.perf_counter()
        scan(source, MAX_MEGAPIXELS)
        print(f"first pass: {count / (time.perf_counter() - started):.1f} frames/s")
        from colorkeras.video import color_films

        colorizer, color_films.SceneColorizer = color_films.SceneColorizer, _Gray
        seconds = color(model, source, target, options.workers)
        print(f"first pass, decoding and encoding: {count / seconds:.1f} frames/s")
        color_films.SceneColorizer = colorizer
        seconds = color(model, source, target, options.workers)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"whole command: {count / seconds:.1f} frames/s, {memory:.2f} GB")


if __name__ == "__main__":
    main()
