"""Test films made from the sample photographs: camera motion, moving objects, cuts and grain."""

import cv2
import numpy as np
from PIL import Image

from colorkeras.data import sample

HEIGHT, WIDTH = 180, 320
"""Size of the films, in pixels."""

FRAME_RATE = 25

_PHOTOGRAPH_WIDTH, _OBJECT_WIDTH = 720, 160

_GRAIN, _FLICKER = 9.0, 0.04
"""Standard deviations of film grain, in 8-bit levels, and of relative frame brightness."""


def make_films(num_frames=48):
    """Return functions that generate the test films.

    Args:
        num_frames: Number of frames per film, at least 2.

    Returns:
        Dict from name to a function that returns the film, uint8 `[num_frames, h, w, 3]`.

    Example:

    >>> make_films(2)["pan"]().shape
    (2, 180, 320, 3)
    """
    position = np.linspace(0, 1, num_frames)

    def pan(name):
        photograph = _photograph(name, _PHOTOGRAPH_WIDTH)
        height, width = photograph.shape[:2]
        columns = WIDTH / 2 + (width - WIDTH) * position
        rows = height / 2 + 0.35 * (height - HEIGHT) * np.sin(3 * position)
        return _views(photograph, np.stack([columns, rows], -1))

    def about_center(name, zoom, angle):
        photograph = _photograph(name, _PHOTOGRAPH_WIDTH)
        center = np.array(photograph.shape[1::-1]) / 2
        return _views(photograph, np.tile(center, [num_frames, 1]), zoom, angle)

    return {
        "pan": lambda: pan("raccoon"),
        "zoom": lambda: about_center("coffee", 0.6 * 2.5**position, 0 * position),
        "rotation": lambda: about_center(
            "rocket", 0.75 + 0.2 * np.sin(6 * position), 0.5 * np.sin(2 * np.pi * position)
        ),
        "occlusion": lambda: _occluded(pan("astronaut"), _photograph("cat", _OBJECT_WIDTH)),
        "cut": lambda: np.concatenate(
            [pan("cat")[: num_frames // 2], pan("officer")[num_frames // 2 :]]
        ),
        "grain": lambda: _with_grain(pan("officer")),
    }


def _photograph(name, width):
    """Return a sample photograph, resized to the given width in pixels, uint8 `[h, w, 3]`."""
    [path] = [path for path, _ in sample.photographs() if path.name == f"{name}.jpg"]
    with path.open("rb") as stream, Image.open(stream) as image:
        pixels = np.asarray(image.convert("RGB"))
    height = round(width * pixels.shape[0] / pixels.shape[1])
    return cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)


def _views(photograph, centers, zooms=None, angles=None):
    """Render shifted, magnified and rotated views of a photograph.

    Args:
        photograph: uint8 `[h, w, 3]`.
        centers: Column and row of the center of each view, float `[n, 2]`.
        zooms: Magnification of each view, float `[n]`; None means 1.
        angles: Rotation of each view in radians, float `[n]`; None means 0.

    Returns:
        uint8 `[n, HEIGHT, WIDTH, 3]`.
    """
    zooms = np.ones(len(centers)) if zooms is None else zooms
    angles = np.zeros(len(centers)) if angles is None else angles
    frames = []
    for center, zoom, angle in zip(centers, zooms, angles, strict=True):
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) / zoom
        offset = center - turn @ [(WIDTH - 1) / 2, (HEIGHT - 1) / 2]
        # Blur before downscaling to avoid aliasing.
        source = cv2.GaussianBlur(photograph, (0, 0), 0.5 / zoom) if zoom < 1 else photograph
        frames.append(
            cv2.warpAffine(
                source,
                np.column_stack([turn, offset]),
                (WIDTH, HEIGHT),
                flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REFLECT,
            )
        )
    return np.stack(frames)


def _occluded(film, photograph):
    """Move a circular cutout from a photograph across a film."""
    height, width = photograph.shape[:2]
    rows, columns = np.mgrid[:height, :width]
    radius = min(height, width) / 2 - 1
    distance = np.hypot(rows - height / 2, columns - width / 2)
    disk = np.clip(radius - distance, 0, 1).astype(np.float32)
    frames = []
    for frame, position in zip(film, np.linspace(0, 1, len(film)), strict=True):
        left = (WIDTH + width) * position - width
        shift = np.float32([[1, 0, left], [0, 1, 20 + 60 * np.sin(4 * position)]])
        moved = cv2.warpAffine(photograph, shift, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)
        alpha = cv2.warpAffine(disk, shift, (WIDTH, HEIGHT))[..., np.newaxis]
        frames.append(np.rint(alpha * moved + (1 - alpha) * frame).astype(np.uint8))
    return np.stack(frames)


def _with_grain(film):
    """Add film grain and brightness flicker."""
    generator = np.random.default_rng(0)
    frames = []
    for frame in film:
        noise = generator.normal(0, 1, frame.shape[:2]).astype(np.float32)
        noise = cv2.GaussianBlur(noise, (0, 0), 0.7)
        noise *= _GRAIN / noise.std()
        brightness = 1 + generator.normal(0, _FLICKER)
        frames.append(frame * brightness + noise[..., np.newaxis])
    return np.rint(np.clip(frames, 0, 255)).astype(np.uint8)
