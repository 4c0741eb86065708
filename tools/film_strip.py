"""Colorize a film that pans across a photograph, and save sample frames for the documentation.

    pip install -e '.[video]'
    python tools/film_strip.py

Writes results/photographs/film_strip.png, which shows grayscale frames above the colorized ones.
"""

import argparse
import sys
import tempfile
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image

from colorkeras.cli import guarded
from colorkeras.config.colorize_options import ColorizeOptions
from colorkeras.inference import predictor
from colorkeras.inference.batch.plan import BatchItem
from colorkeras.utils.files import atomic_write
from colorkeras.video.entry import color_film
from colorkeras.video.film import import_av

NUM_FRAMES, NUM_SHOWN = 48, 5

WINDOW, GAP = (300, 400), 6
"""Size of the film (height, width) and gap between frames, in pixels."""


def views(photograph, window=WINDOW):
    """Yield uint8 `[h, w]` windows that move across a grayscale photograph."""
    height, width = (photograph.shape[axis] - window[axis] for axis in range(2))
    for position in np.linspace(0, 1, NUM_FRAMES):
        top, left = round(height * (0.3 + 0.3 * position)), round(width * position)
        yield photograph[top : top + window[0], left : left + window[1]]


def write_film(path, frames):
    """Write grayscale frames `[n, h, w]` as a film at 24 frames per second."""
    height, width = frames[0].shape
    av = import_av()
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=24, options={"crf": "12"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="gray")
            frame.pts, frame.time_base = number, Fraction(1, 24)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))


def read_film(path):
    """Return a film's frames, uint8 `[n, h, w, 3]`."""
    with import_av().open(str(path)) as film:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)])


def strip(frames):
    """Return frames side by side with white gaps, uint8 `[h, width, 3]`."""
    gap = np.full([WINDOW[0], GAP, 3], 255, np.uint8)
    return np.concatenate([part for frame in frames for part in (frame, gap)][:-1], axis=1)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    folder = Path("results", "photographs")
    parser.add_argument("--photograph", type=Path, default=folder / "photographer.jpg")
    parser.add_argument("--output", type=Path, default=folder / "film_strip.png")
    options = parser.parse_args()
    photograph = np.asarray(Image.open(options.photograph).convert("L"))
    with tempfile.TemporaryDirectory() as temporary:
        source, target = (Path(temporary, name) for name in ("film.mp4", "color.mp4"))
        write_film(source, list(views(photograph)))
        result = color_film(predictor.load(), BatchItem(source, (target,)), ColorizeOptions())
        if result.error is not None:
            raise result.error
        films = [read_film(path) for path in (source, target)]
    shown = np.linspace(0, NUM_FRAMES - 1, NUM_SHOWN).round().astype(int)
    rows = [strip(film[shown]) for film in films]
    gap = np.full([GAP, rows[0].shape[1], 3], 255, np.uint8)
    with atomic_write(options.output) as path:
        Image.fromarray(np.concatenate([rows[0], gap, rows[1]])).save(path, optimize=True)


if __name__ == "__main__":
    sys.exit(guarded(main))
