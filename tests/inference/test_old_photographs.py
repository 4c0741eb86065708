"""Tests for the options for old photographs."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps
from skewed_scans import in_depth, scan_of, textured

import colorkeras.data
from colorkeras.color.spaces_numpy import luma_chroma_to_rgb, luma_of_pixels, rgb_to_chroma
from colorkeras.image_io import DecodedImage
from colorkeras.inference import old_photographs
from colorkeras.inference.color_hints import Hint, HintList
from colorkeras.inference.color_settings import ColorSettings
from colorkeras.inference.old_photographs import auto_contrast, color_photograph, find_borders
from colorkeras.utils.errors import UserError

PHOTOGRAPHS = sorted((Path(colorkeras.data.__file__).parent / "sample_photographs").glob("*.jpg"))

INSIDE = slice(40, 340), slice(40, 440)


class Red:
    """Fake model that adds red to everything and records its input."""

    def color_image(self, image, settings, notes=None):
        self.image, self.settings = image, settings
        dtype = image.pixels.dtype
        luma = luma_of_pixels(image.pixels)[..., np.newaxis]
        rgb = luma_chroma_to_rgb(luma, np.array([0, 0.05]))
        return DecodedImage(np.rint(rgb * np.iinfo(dtype).max).astype(dtype), image.alpha)


@pytest.fixture(scope="module")
def scan():
    """A faded photograph of 300x400 pixels with 40-pixel paper borders, uint8 grayscale."""
    photograph = np.asarray(Image.open(PHOTOGRAPHS[1]).convert("L").resize((400, 300))) / 255
    paper = np.pad(0.25 + 0.35 * photograph, 40, constant_values=0.85)
    grain = np.random.default_rng(0).normal(0, 0.006, paper.shape)
    return np.rint(255 * (paper + grain)).astype(np.uint8)


def color(image, **settings):
    notes = []
    image = image if isinstance(image, DecodedImage) else DecodedImage(image)
    return color_photograph(Red(), image, ColorSettings(**settings), notes), notes


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_contrast_covers_the_full_range_inside_the_borders(dtype, scan, monkeypatch):
    monkeypatch.setattr(old_photographs, "rows_per_strip", lambda width: 7)
    stretched = auto_contrast(in_depth(scan, dtype), INSIDE)
    assert stretched.dtype == dtype and stretched.shape == scan.shape
    low, high = np.percentile(luma_of_pixels(stretched)[INSIDE], [1, 99])
    assert low < 0.06 and high > 0.94
    assert (luma_of_pixels(stretched)[:30] == 1).all()  # The paper is brighter than the photograph.


def test_contrast_keeps_order_and_chroma(scan):
    toned = np.stack([scan + 20, scan, scan - 25], axis=-1)
    stretched = auto_contrast(toned, INSIDE)
    order = np.argsort(luma_of_pixels(toned)[INSIDE], axis=None)
    assert (np.diff(luma_of_pixels(stretched)[INSIDE].ravel()[order]) >= -0.02).all()
    before, after = (rgb_to_chroma(pixels[INSIDE] / 255) for pixels in (toned, stretched))
    inner = (stretched[INSIDE] > 0).all(-1) & (stretched[INSIDE] < 255).all(-1)
    np.testing.assert_allclose(after[inner], before[inner], atol=0.005)


def test_blank_and_stretched_images_are_unchanged():
    blank = np.full([100, 100], 200, np.uint8)
    full = np.repeat([0, 80, 255], 1000).astype(np.uint8).reshape(30, 100)
    for pixels in (blank, full):
        np.testing.assert_array_equal(auto_contrast(pixels), pixels)


def test_transparent_pixels_do_not_count():
    pixels = np.array([[0, 100, 150, 255]], np.uint8).repeat(50, axis=0)
    alpha = np.array([[0, 255, 255, 0]], np.uint8).repeat(50, axis=0)
    assert auto_contrast(pixels, alpha=alpha)[0].tolist() == [0, 0, 255, 255]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("scale", [1, 4])
def test_borders_are_found_at_any_depth_and_size(dtype, scale, scan):
    large = scan.repeat(scale, axis=0).repeat(scale, axis=1)
    inside = find_borders(in_depth(large, dtype))
    for part, expected in zip(inside, INSIDE, strict=True):
        assert scale * expected.start <= part.start <= scale * (expected.start + 4)
        assert scale * (expected.stop - 4) <= part.stop <= scale * expected.stop


def test_three_borders_are_enough(scan):
    rows, columns = find_borders(scan[:340])
    assert rows.start in range(40, 44) and rows.stop == 340
    assert columns.start in range(40, 44) and columns.stop in range(437, 441)


@pytest.mark.parametrize("path", PHOTOGRAPHS, ids=lambda p: p.stem)
def test_photographs_without_borders_have_none(path):
    assert find_borders(np.asarray(Image.open(path).convert("L"))) is None


def test_a_bright_sky_is_no_border(scan):
    photograph = scan[INSIDE].copy()
    photograph[:50] = 230
    assert find_borders(photograph) is None


@pytest.mark.parametrize("size", [(1, 1), (3, 500), (64, 64)])
def test_small_and_uniform_images_have_no_borders(size):
    assert find_borders(np.full(size, 230, np.uint8)) is None


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_neutral_borders_have_no_color(dtype, scan):
    colored, notes = color(in_depth(scan, dtype), neutral_borders=True)
    assert colored.pixels.shape == (*scan.shape, 3) and notes == []
    has_color = np.ptp(colored.pixels, axis=-1) > 0
    assert has_color[44:336, 44:436].all()
    assert not has_color[:40].any() and not has_color[:, 440:].any()
    np.testing.assert_allclose(luma_of_pixels(colored.pixels), scan / 255, atol=1 / 255)


def test_cropped_borders_are_gone_and_reported(scan):
    alpha = np.full(scan.shape, 255, np.uint8)
    alpha[170, 220] = 7
    colored, notes = color(DecodedImage(scan, alpha), crop_borders=True)
    height, width = colored.size
    assert height in range(294, 301) and width in range(394, 401)
    assert notes == [f"paper borders were cropped; {width}x{height} pixels remain"]
    rows, columns = find_borders(scan)
    assert colored.alpha[170 - rows.start, 220 - columns.start] == 7
    np.testing.assert_allclose(
        luma_of_pixels(colored.pixels), scan[rows, columns] / 255, atol=1 / 255
    )


@pytest.mark.parametrize("option", ["neutral_borders", "crop_borders"])
def test_missing_borders_are_reported(option, scan):
    colored, notes = color(scan[INSIDE], **{option: True})
    assert notes == ["no paper borders were found"]
    np.testing.assert_array_equal(colored.pixels, color(scan[INSIDE])[0].pixels)


def test_the_model_sees_the_stretched_image(scan):
    model = Red()
    color_photograph(model, DecodedImage(scan), ColorSettings(auto_contrast=True))
    assert np.ptp(model.image.pixels[INSIDE]) == 255


def test_paper_keeps_its_tone_without_colors(scan):
    toned = np.stack([scan + 20, scan, scan - 25], axis=-1)
    settings = ColorSettings(neutral_borders=True)
    colored = color_photograph(Red(), DecodedImage(toned), settings, tone=True)
    difference = colored.pixels[:38].astype(int) - toned[:38]
    assert np.abs(difference).max() <= 6


@pytest.fixture(scope="module")
def skewed():
    """A print of 300x200 pixels that lies crooked on a dark bed, uint8 grayscale `[400, 600]`."""
    photograph = Image.open(PHOTOGRAPHS[1]).convert("L").resize((300, 200))
    return scan_of(photograph.point(lambda level: 70 + level / 2), 3.5, bed=12, scale=2)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_skewed_prints_are_straightened(dtype, skewed):
    colored, notes = color(in_depth(skewed, dtype), straighten=True)
    assert notes == ["the print was rotated counterclockwise by 3.5 degrees"]
    assert colored.size == skewed.shape and colored.pixels.dtype == dtype and colored.is_moved
    is_print = luma_of_pixels(colored.pixels) > 0.2
    assert is_print[102:290, 158:452].mean() > 0.999
    assert is_print.sum() == pytest.approx(300 * 200, rel=0.02)


def test_straightened_prints_are_cropped_upright(skewed):
    colored, notes = color(skewed, straighten=True, crop_borders=True)
    height, width = colored.size
    assert height in range(195, 201) and width in range(295, 301)
    assert notes[1:] == [f"paper borders were cropped; {width}x{height} pixels remain"]
    assert (luma_of_pixels(colored.pixels) > 0.2).mean() > 0.999


def test_paper_borders_of_straightened_prints_are_cropped():
    photograph = textured((276, 176)).point(lambda level: 60 + level // 2)
    framed = ImageOps.expand(photograph, 12, fill=235)
    colored, _ = color(scan_of(framed, 3.5, bed=12, scale=2), straighten=True, crop_borders=True)
    height, width = colored.size
    assert height in range(172, 180) and width in range(272, 280)
    assert np.mean(luma_of_pixels(colored.pixels) > 0.8) < 0.02


def test_the_bed_around_a_straightened_print_has_no_color(skewed):
    colored, _ = color(skewed, straighten=True, neutral_borders=True)
    has_color = np.ptp(colored.pixels, axis=-1) > 0
    assert has_color[105:290, 160:450].all()
    assert not has_color[:94].any() and not has_color[:, 460:].any()


@pytest.mark.parametrize("option", [{}, {"crop_borders": True}])
def test_a_missing_skewed_print_is_reported(option, scan):
    colored, notes = color(scan, straighten=True, **option)
    assert notes[0] == "no skewed print was found"
    expected, _ = color(scan, **option)
    np.testing.assert_array_equal(colored.pixels, expected.pixels)
    assert colored.is_moved == bool(option)


def test_contrast_of_straightened_prints_ignores_the_bed(skewed):
    model = Red()
    settings = ColorSettings(straighten=True, auto_contrast=True)
    color_photograph(model, DecodedImage(skewed), settings)
    inside = model.image.pixels[105:290, 160:450]
    # Without the option, the bed would be black, and the print would start above 100.
    assert np.percentile(inside, 2) < 40 and np.percentile(inside, 98) > 225


def test_hints_refer_to_the_original_image(skewed):
    model, notes = Red(), []
    hints = HintList([Hint(200, 120, "#7a1f2b"), Hint(0, 399, "#7a1f2b")])
    settings = ColorSettings(straighten=True, hints=hints)
    color_photograph(model, DecodedImage(skewed), settings, notes)
    (moved,) = model.settings.hints.hints
    angle = np.radians(3.5)
    x, y = 200 - 305, 120 - 196
    expected = (
        305 + np.cos(angle) * x + np.sin(angle) * y,
        196 - np.sin(angle) * x + np.cos(angle) * y,
    )
    assert (moved.x, moved.y) == pytest.approx(expected, abs=1)
    assert str(moved) == "hint 200,120=#7a1f2b"
    assert notes[1:] == ["hint 0,399=#7a1f2b: ignored because it is outside the straightened image"]


@pytest.mark.parametrize("option", ["crop_borders", "straighten"])
def test_settings_must_be_booleans(option, scan):
    from colorkeras.inference import predictor

    with pytest.raises(UserError, match=option):
        predictor.load("unet").colorize(scan, **{option: "yes"})


def test_the_predictor_straightens(skewed):
    from colorkeras.inference import predictor

    colored = predictor.load("unet").colorize(skewed, straighten=True, crop_borders=True)
    assert colored.shape[0] in range(195, 201) and colored.shape[1] in range(295, 301)
