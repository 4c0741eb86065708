"""Tests for the detection of skewed prints."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from skewed_scans import in_depth, place_of, scan_of, textured

import colorkeras.data
from colorkeras.image_io import DecodedImage
from colorkeras.inference.skewed_prints import find_skewed_print

SAMPLES = Path(colorkeras.data.__file__).parent / "sample_photographs"
RESULTS = Path(__file__).resolve().parents[2] / "results" / "photographs"
PHOTOGRAPHS = sorted([*SAMPLES.glob("*.jpg"), *RESULTS.glob("*.jpg")])

SKEWS = (-14.5, -3.2, -0.4, 0.4, 1.7, 8.0, 14.5)
MAX_ERROR = 0.1


def find(pixels, alpha=None):
    return find_skewed_print(DecodedImage(pixels, alpha))


def framed(photograph, paper):
    """Add a paper border of 20 pixels to a print."""
    width, height = photograph.size
    canvas = Image.new("L", (width + 40, height + 40), paper)
    canvas.paste(photograph, (20, 20))
    return canvas


@pytest.mark.parametrize("skew", SKEWS)
@pytest.mark.parametrize(
    ("bed", "paper"), [(250, None), (228, None), (8, None), (10, 236), (250, 240), (250, 205)]
)
def test_angles_are_precise(bed, paper, skew):
    photograph = textured() if paper is None else framed(textured(), paper)
    found = find(scan_of(photograph, skew, bed))
    assert found.skew == pytest.approx(skew, abs=MAX_ERROR)


@pytest.mark.parametrize("size", [(120, 90), (90, 160), (700, 500), (1900, 1300), (900, 220)])
@pytest.mark.parametrize("skew", [-6.3, 0.9])
def test_angles_are_precise_at_any_size(size, skew):
    found = find(scan_of(textured(size), skew))
    assert found.skew == pytest.approx(skew, abs=MAX_ERROR)


@pytest.mark.parametrize("path", PHOTOGRAPHS, ids=lambda path: path.stem)
@pytest.mark.parametrize(("bed", "paper"), [(252, None), (12, 240)])
def test_prints_of_photographs_are_found(path, bed, paper):
    photograph = Image.open(path).convert("L").point(lambda level: 20 + 0.75 * level)
    photograph = photograph if paper is None else framed(photograph, paper)
    found = find(scan_of(photograph, -2.6, bed))
    assert found.skew == pytest.approx(-2.6, abs=MAX_ERROR)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_any_depth_and_color_gives_the_same_result(dtype):
    pixels = scan_of(textured(), 3.3)
    expected = find(pixels)
    rgb = np.stack([pixels] * 3, axis=-1)
    for found in (find(in_depth(pixels, dtype)), find(in_depth(rgb, dtype))):
        assert found.skew == pytest.approx(expected.skew, abs=0.01)
        assert found.inside == expected.inside
        assert np.ravel(found.background) == pytest.approx(in_depth(np.uint8([245]), dtype)[0])
    assert np.shape(found.background) == (3,)


@pytest.mark.parametrize("skew", [-5.0, 2.0])
def test_the_print_is_inside_once_it_is_upright(skew):
    scan = scan_of(textured(), skew)
    found = find(scan)
    left, top = place_of((420, 300), scan.shape[::-1])
    expected = (top, top + 300), (left, left + 420)
    for part, (start, stop) in zip(found.inside, expected, strict=True):
        assert start <= part.start <= start + 4 and stop - 4 <= part.stop <= stop
    assert found.center == pytest.approx((left + 210, top + 150), abs=0.5)
    corner = found.original(left, top)
    assert found.upright(*corner) == pytest.approx((left, top))


@pytest.mark.parametrize("skew", [0, 0.2, -0.2, 17, -17, 45])
def test_other_angles_are_not_found(skew):
    assert find(scan_of(textured(), skew, scale=1.8)) is None


@pytest.mark.parametrize("path", PHOTOGRAPHS, ids=lambda path: path.stem)
@pytest.mark.parametrize("angle", [0, 3])
def test_photographs_contain_no_print(path, angle):
    photograph = Image.open(path).convert("L")
    turned = photograph.rotate(angle, Image.Resampling.BICUBIC)
    width, height = photograph.size
    inner = turned.crop((0.1 * width, 0.1 * height, 0.9 * width, 0.9 * height))
    assert find(np.asarray(inner)) is None


def drawn(*polygons, background=240, size=(600, 450)):
    image = Image.new("L", size, background)
    for polygon in polygons:
        ImageDraw.Draw(image).polygon(polygon, fill=90)
    return np.asarray(image)


NO_PRINTS = {
    "horizon": drawn([(0, 260), (600, 220), (600, 450), (0, 450)]),
    "tower": drawn([(200, 100), (400, 110), (393, 450), (193, 450)]),
    "two sides": drawn([(200, 80), (600, 100), (600, 450), (185, 450)]),
    "trapezoid": drawn([(200, 100), (400, 108), (440, 350), (150, 345)]),
    "rhombus": drawn([(150, 100), (450, 115), (480, 350), (180, 335)]),
    "triangle": drawn([(300, 80), (500, 350), (100, 340)]),
    "octagon": drawn(
        [(*xy,) for xy in 300 + 180 * np.array([(1, 0.4), (0.4, 1), (-0.4, 1), (-1, 0.4)])],
    ),
    "two prints": drawn(
        [(60, 100), (260, 110), (250, 310), (50, 300)],
        [(350, 90), (550, 140), (500, 340), (300, 290)],
    ),
    "noise": np.random.default_rng(0).integers(0, 256, [300, 400], np.uint8),
    "gradient": np.tile(np.linspace(0, 255, 400).astype(np.uint8), [300, 1]),
    "blank": np.full([300, 400], 240, np.uint8),
    "one pixel": np.full([1, 1], 240, np.uint8),
    "blank row": np.full([1, 400], 240, np.uint8),
    "one row": np.arange(200, dtype=np.uint8)[np.newaxis],
    "small": scan_of(textured((40, 30)), 5.0),
}


@pytest.mark.parametrize("name", NO_PRINTS)
def test_other_shapes_are_no_prints(name):
    assert find(NO_PRINTS[name]) is None


def test_ellipses_are_no_prints():
    image = Image.new("L", (600, 450), 240)
    ImageDraw.Draw(image).ellipse((100, 80, 500, 370), fill=90)
    assert find(np.asarray(image.rotate(7, fillcolor=240))) is None


def test_dust_and_a_partly_invisible_edge_do_not_matter():
    photograph = textured()
    photograph.paste(245, (100, 0, 280, 90))  # Sky as bright as the bed.
    scan = scan_of(photograph, 2.4)
    generator = np.random.default_rng(1)
    for row, column in generator.integers(0, [len(scan) - 2, scan.shape[1] - 2], [80, 2]):
        scan[row : row + 2, column : column + 2] = 40
    assert find(scan).skew == pytest.approx(2.4, abs=0.2)


@pytest.mark.parametrize("skew", [-0.6, 1.0, 4.0, -14.0])
def test_wedges_of_background_around_a_cropped_print_are_enough(skew):
    scan = scan_of(textured((840, 600)), skew)
    rows, columns = (np.flatnonzero((scan < 225).any(axis)) for axis in (1, 0))
    found = find(scan[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    assert found.skew == pytest.approx(skew, abs=MAX_ERROR)


def test_transparent_surroundings_are_background():
    scan = scan_of(textured(), 3.0, bed=0, noise=0)
    alpha = np.where(scan > 0, 255, 0).astype(np.uint8)
    found = find(scan, alpha)
    assert found.skew == pytest.approx(3.0, abs=MAX_ERROR)
    assert (float(found.background), float(found.background_alpha)) == (0, 0)
