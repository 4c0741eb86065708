"""Tests that previews of old photographs look like the files that visitors download."""

import itertools

import numpy as np
import pytest
from demo.answers import image_of
from PIL import Image

from colorkeras.data import sample
from colorkeras.demo.color_request import SWITCHES

BORDER = 100
"""Width of the paper borders in pixels."""

TONE = np.array([20, 0, -25]) / 255


def faded(photograph):
    """Return a faded print with bright paper, luma in [0, 1]."""
    return np.pad(0.25 + 0.35 * photograph, BORDER, constant_values=0.85)


def aged(photograph):
    """Return a faded print whose paper is gray and has a gradient, luma in [0, 1].

    After auto-contrast, the paper is no longer uniform enough to be found.
    """
    luma = np.pad(np.where(photograph > 0.5, 0.6, 0.25), BORDER, constant_values=0)
    paper = np.linspace(0.4, 0.46, len(luma))[:, np.newaxis]
    return np.where(luma > 0, luma, paper)


@pytest.fixture(scope="module", params=[faded, aged], ids=lambda make: make.__name__)
def old_print(request, tmp_path_factory):
    """Path of a sepia print of 1200x1600 pixels, which is larger than its preview."""
    path, _ = sample.photographs()[1]
    size = 1600 - 2 * BORDER, 1200 - 2 * BORDER
    photograph = np.asarray(Image.open(path).convert("L").resize(size)) / 255
    pixels = np.rint(255 * (request.param(photograph)[..., np.newaxis] + TONE))
    path = tmp_path_factory.mktemp("prints") / "print.jpg"
    Image.fromarray(pixels.astype(np.uint8)).save(path, quality=90, subsampling=0)
    return path


def colors_of(client, photograph, **settings):
    """Return the preview, the image at full size and the downloaded image of a photograph."""
    address = f"/api/photographs/{photograph['id']}"
    content = {"settings": settings, "format": ".png"}
    return (
        image_of(client.post(f"{address}/color", json=settings)),
        image_of(client.post(f"{address}/color", json={**settings, "size": "full"})),
        image_of(client.post(f"{address}/result", json=content)),
    )


def parts_of(pixels):
    """Return the paper and the photograph of a print."""
    border = BORDER * len(pixels) // 1200
    inner = slice(border + 5, -border - 5)
    paper = [pixels[: border - 5], pixels[5 - border :]]
    return np.concatenate(paper), pixels[inner, inner]


@pytest.mark.parametrize("values", list(itertools.product([False, True], repeat=len(SWITCHES))))
def test_previews_look_like_the_result(values, client, upload, old_print):
    settings = dict(zip(SWITCHES, values, strict=True))
    preview, full, result = colors_of(client, upload(old_print), **settings)
    small = Image.fromarray(result.astype(np.uint8)).resize(preview.shape[1::-1])
    for shown, expected in ((full, result), (preview, np.asarray(small).astype(int))):
        for part, expected_part in zip(parts_of(shown), parts_of(expected), strict=True):
            assert np.abs(part - expected_part).mean() < 2


def test_slight_tints_are_not_kept(client, upload, tmp_path):
    path, _ = sample.photographs()[1]
    gray = np.asarray(Image.open(path).convert("L")).clip(10, 245)
    tinted = np.stack([gray + 4, gray, gray - 4], axis=-1)
    Image.fromarray(tinted).save(tmp_path / "tinted.png")
    photograph = upload(tmp_path / "tinted.png")
    assert not photograph["is_toned"]
    for pixels in colors_of(client, photograph, keep_tone=True, saturation=0):
        assert np.ptp(pixels, axis=-1).mean() < 3
