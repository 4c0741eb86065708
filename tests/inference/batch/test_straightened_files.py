"""Tests for colorizing files of prints that lie crooked on the scanner bed."""

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image
from skewed_scans import scan_of, textured

import colorkeras
from colorkeras import image_io
from colorkeras.color.spaces_numpy import luma_of_pixels
from colorkeras.config.colorize_options import ColorizeOptions
from colorkeras.image_io import DecodedImage
from colorkeras.inference.batch import color_files, plan
from colorkeras.inference.batch.color_files import DONE
from colorkeras.inference.batch.gallery import write_gallery
from colorkeras.inference.skewed_prints import find_skewed_print

REGIONS = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description'
    b' xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/"'
    b' mwg-rs:Regions="face"/></rdf:RDF></x:xmpmeta>'
)


@pytest.fixture(scope="module")
def model():
    return colorkeras.load("unet")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Empty working directory."""
    monkeypatch.chdir(tmp_path)


def color(model, source, output=None, side_by_side=False, **settings):
    items = plan.plan([source], output, side_by_side=side_by_side).items
    return list(color_files.colorize_files(model, items, ColorizeOptions(**settings), 1))


def embedded_images(path):
    """Return the images in an HTML file."""
    contents = re.findall(r"data:image/jpeg;base64,([^\"]+)", Path(path).read_text())
    return [Image.open(io.BytesIO(base64.b64decode(content))) for content in contents]


def test_positions_are_dropped_only_if_they_change(model, folder):
    exif = Image.Exif()
    exif[ExifTags.IFD.Exif] = {0x9214: (1, 2, 3, 4)}
    for name, pixels in (
        ("skewed", scan_of(textured(), 2.0)),
        ("framed", scan_of(textured(), 0.0, scale=1.2)),
        ("plain", np.asarray(textured())),
    ):
        settings = {"quality": 95, "exif": exif, "xmp": REGIONS, "dpi": (300, 300)}
        Image.fromarray(pixels).save(f"{name}.jpg", **settings)
    for name, options, is_moved in (
        ("plain", {"straighten": True, "crop_borders": True}, False),
        ("framed", {"straighten": True, "neutral_borders": True}, False),
        ("framed", {"straighten": True, "crop_borders": True}, True),
        ("skewed", {"straighten": True}, True),
    ):
        (result,) = color(model, f"{name}.jpg", output="new.jpg", overwrite=True, **options)
        assert result.status == DONE
        lost = {"the subject area was left out", "image regions and positions were left out"}
        assert lost & set(result.notes) == (lost if is_moved else set())
        with Image.open("new.jpg") as colored:
            assert colored.info["dpi"] == (300, 300)
            assert (b"mwg-rs:Regions" in colored.info["xmp"]) != is_moved
            has_area = 0x9214 in colored.getexif().get_ifd(ExifTags.IFD.Exif)
            assert has_area != is_moved


def test_every_page_is_straightened_by_its_own_angle(model, folder):
    pages = [Image.fromarray(scan_of(textured(), skew)) for skew in (2.0, 0.0, -5.0)]
    pages[0].save("pages.tif", save_all=True, append_images=pages[1:])
    (result,) = color(model, "pages.tif", straighten=True)
    assert result.notes == [
        "the print was rotated counterclockwise by 2.0 degrees",
        "no skewed print was found",
        "the print was rotated clockwise by 5.0 degrees",
    ]
    with image_io.open_image("pages_color.tif") as contents:
        assert not any(map(find_skewed_print, contents.pages))


@pytest.mark.parametrize("option", [{}, {"crop_borders": True}])
def test_sheets_and_galleries_show_the_straightened_scan(option, model, folder):
    scan = scan_of(textured(), 6.0)
    Image.fromarray(scan).save("scan.png")
    settings = {"straighten": True, **option}
    results = color(model, "scan.png", "new.png", side_by_side=True, **settings)
    with image_io.open_image("new_side_by_side.png") as contents:
        sheet = next(contents.pages).pixels
    left, right = sheet[:, : scan.shape[1]], sheet[:, -scan.shape[1] :]
    assert find_skewed_print(DecodedImage(left)) is None
    assert np.abs(luma_of_pixels(left)[:5] - 245 / 255).max() < 0.05
    if not option:
        np.testing.assert_allclose(luma_of_pixels(left), luma_of_pixels(right), atol=2 / 255)
    items = plan.plan(["scan.png"], "new.png").items
    write_gallery("gallery.html", items, results, ColorizeOptions(**settings))
    gray, colored = (
        np.asarray(image.convert("L"), int) for image in embedded_images("gallery.html")
    )
    assert gray.shape == colored.shape
    assert np.abs(gray - colored).mean() < 2
