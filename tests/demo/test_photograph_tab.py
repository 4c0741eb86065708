"""Tests of the tab that colors a photograph, in a browser."""

import re
import shutil
import time

import numpy as np
import pytest
from demo.browser import (
    FULL_SIZE,
    downloaded,
    drop,
    exists,
    image_at,
    sources,
    wait_for_another,
    wait_for_colors,
    wait_for_images,
)
from image_files import ramp
from PIL import ExifTags, Image

from colorkeras import image_io
from colorkeras.demo import sessions
from colorkeras.inference import predictor


def position_of_divider(page):
    """Return the share of the preview's width to the left of the divider."""
    shown = page.locator("#shown").bounding_box()
    handle = page.locator("#shown .outer").first.bounding_box()
    return (handle["x"] + handle["width"] / 2 - shown["x"]) / shown["width"]


def test_drop_adjust_download(visitor, scan, tmp_path):
    page = visitor()
    drop(page, scan)
    first = wait_for_another(page, [])
    gray, color = map(image_at, first)
    assert gray.shape == color.shape == (600, 800, 3)
    assert np.ptp(gray, axis=-1).max() <= 3 < np.ptp(color, axis=-1).max()

    slider = page.get_by_role("slider", name=re.compile("Saturation"))
    slider.focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    model_ = predictor.load()
    wait_for_colors(page, model_.colorize(gray[..., 0].astype(np.uint8), saturation=1.5))

    before = position_of_divider(page)
    page.get_by_role("slider", name=re.compile("Divider")).focus()
    page.keyboard.press("End")
    page.wait_for_timeout(1000)
    assert before < 0.6 and position_of_divider(page) > 0.9

    path = downloaded(page, tmp_path)
    assert path.name == "grandma_color.jpg"
    with image_io.open_image(path) as contents:
        [result] = contents.pages
        metadata = contents.metadata
    expected = model_.colorize(np.asarray(Image.open(scan)), saturation=1.5)
    # Up to JPEG errors.
    assert np.abs(result.pixels.astype(int) - expected.astype(int)).mean() < 1.5
    with Image.open(path) as image:
        exif = image.getexif()
        assert exif[ExifTags.Base.Make] == "Leica"
        assert "colorkeras" in exif[ExifTags.Base.Software]
    assert metadata is not None


def test_variation_and_uncertainty_map(visitor):
    page = visitor()
    page.click("#examples button >> nth=1")
    first = wait_for_another(page, [])
    assert page.is_disabled("text=Another variation")
    page.click("text=unet_vivid:")
    vivid = wait_for_another(page, first)
    page.wait_for_timeout(500)
    page.click("text=Another variation")
    another = wait_for_another(page, vivid)
    assert np.abs(image_at(vivid[1]) - image_at(another[1])).mean() > 1
    page.check("text=Show where the model is uncertain")
    page.wait_for_selector("img[alt^='The photograph as a map']")
    assert all(image.get_attribute("alt") for image in page.query_selector_all("#shown img"))


def test_preview_ends_up_with_the_latest_settings(visitor):
    page = visitor()
    page.click("text=unet_vivid:")
    slider = page.get_by_role("slider", name=re.compile("Saturation"))
    slider.focus()
    page.keyboard.press("ArrowLeft")
    # Changing settings before dropping a photograph is not an error.
    page.wait_for_timeout(1000)
    assert not page.query_selector_all(".toast-body")
    page.click("#examples button >> nth=2")
    page.click("text=unet:")
    page.click("text=unet_vivid:")
    page.keyboard.press("Tab")
    slider.focus()
    page.keyboard.press("Home")
    gray = image_at(wait_for_another(page, [])[0])
    wait_for_colors(page, gray)
    page.click("text=unet:")
    page.click("text=unet_vivid:")
    slider.focus()
    page.keyboard.press("End")
    luma = gray[..., 0].astype(np.uint8)
    wait_for_colors(page, predictor.load("unet_vivid").colorize(luma, saturation=2))


@pytest.fixture
def bad_files(tmp_path):
    (tmp_path / "text.jpg").write_text("no picture")
    Image.fromarray(np.zeros((2001, 2001), np.uint8)).save(tmp_path / "large.png")
    Image.fromarray(ramp((300, 300))).save(tmp_path / "cut.png")
    whole = (tmp_path / "cut.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 3])
    noise = np.random.default_rng(0).integers(0, 256, (1200, 1200, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "heavy.png")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("text.jpg", "not in a known image format"),
        ("large.png", "megapixels"),
        ("cut.png", "cannot be read"),
        ("heavy.png", "size"),
    ],
)
def test_bad_files_get_a_plain_message(name, reason, visitor, bad_files, scan):
    page = visitor()
    drop(page, bad_files / name)
    message = page.wait_for_selector(".toast-body").inner_text()
    assert reason in message and "Traceback" not in message and "Received" not in message
    assert not sources(page)
    # Another file can be dropped afterwards.
    drop(page, scan)
    wait_for_another(page, [])


def test_first_frame_of_an_animation_is_colored_with_a_note(visitor, tmp_path):
    frames = [Image.fromarray(ramp((20, 20)) // n) for n in (1, 2)]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    page = visitor()
    drop(page, tmp_path / "moving.gif")
    wait_for_another(page, [])
    page.wait_for_selector("text=only the first of 2 images")


def test_visitors_are_isolated(visitor, scan, tmp_path):
    pages = [visitor(), visitor()]
    drop(pages[0], scan)
    pages[1].click("#examples button >> nth=4")
    shown = [wait_for_another(page, []) for page in pages]
    assert image_at(shown[0][1]).shape != image_at(shown[1][1]).shape
    names = [downloaded(page, tmp_path).name for page in pages]
    assert names == ["grandma_color.jpg", "raccoon_color.jpg"]


def test_waiting_visitors_see_their_queue_position(visitor, tmp_path):
    pages = [Image.fromarray(np.roll(ramp((900, 1200)), 40 * n, axis=1)) for n in range(12)]
    album = {"save_all": True, "append_images": pages[1:], "compression": "tiff_deflate"}
    pages[0].save(tmp_path / "album.tif", **album)
    first, other = visitor(), visitor()
    drop(first, tmp_path / "album.tif")
    wait_for_another(first, [])
    first.wait_for_selector("text=The preview shows page 1 of 12")
    first.click(FULL_SIZE)
    first.wait_for_selector("text=/page \\d+ of 12/")
    other.click("#examples button >> nth=2")
    other.wait_for_selector("text=/queue: 1/1/")
    wait_for_another(other, [])


def remaining_files(server_folder):
    """Return remaining files of visitors; Gradio leaves empty upload folders."""
    [folder] = server_folder.glob("colorkeras-demo-*")
    places = (sessions.SERVED, sessions.SOURCES, sessions.UPLOADS)
    files = [path for place in places for path in folder.glob(f"{place}/**/*")]
    return [path for path in files if path.is_file() and "gray" in path.name]


def test_closing_the_page_deletes_its_files(visitor, scan, server_folder, tmp_path):
    page = visitor()
    # Named like one of the page's own files.
    drop(page, shutil.copy(scan, tmp_path / "gray.jpg"))
    seen = wait_for_another(page, [])
    page.get_by_role("tab", name="Compare models").click()
    page.get_by_label("Photograph").first.click()
    page.get_by_role("option", name=re.compile("Your photograph")).click()
    seen += wait_for_images(page, "#compared img", 3)
    page.get_by_role("tab", name="Color a photograph").click()
    downloaded(page, tmp_path)
    page.click(FULL_SIZE)
    page.wait_for_timeout(100)
    assert all(map(exists, seen)) and remaining_files(server_folder)
    page.context.close()
    deadline = time.monotonic() + 60
    while any(map(exists, seen)) or remaining_files(server_folder):
        assert time.monotonic() < deadline, remaining_files(server_folder)
        time.sleep(0.5)
