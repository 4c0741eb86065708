"""Tests of the page in a real browser that reaches nothing but this machine."""

import io
import json
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from picture_files import exif_of, ramp
from PIL import ExifTags, Image

from colorkeras import formats, model

pytest.importorskip("gradio", reason="Gradio is not installed: pip install -e '.[demo]'")
sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)

pytestmark = pytest.mark.skipif(BROWSER is None, reason="there is no Chromium")

OF_THE_LIBRARY = set()
"""Violations of Gradio's own components."""

MAX_MEGABYTES, MAX_MEGAPIXELS = 3, 4


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The address of a page that is served."""
    folder = tmp_path_factory.mktemp("server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ("demo", "--no-browser", "--port", port, "--max-megabytes", MAX_MEGABYTES)
    words += ("--max-megapixels", MAX_MEGAPIXELS)
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "colorkeras", *map(str, words)],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    for line in process.stdout:
        if line.startswith("The page is at"):
            break
    else:
        pytest.fail("the page did not start")
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.communicate(timeout=30)
    assert process.returncode == 143


@pytest.fixture(scope="module")
def chromium():
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=BROWSER,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture
def visitor(server, chromium):
    """Function that opens the page for another visitor; in the end, nothing else was asked for."""
    contexts, foreign, errors = [], [], []

    def sort(route):
        if route.request.url.startswith((server, "data:", "blob:")):
            route.continue_()
        else:
            foreign.append(route.request.url)
            route.abort()

    def visit(width=1400, height=1000, **settings):
        context = chromium.new_context(
            viewport={"width": width, "height": height}, accept_downloads=True, **settings
        )
        contexts.append(context)
        page = context.new_page()
        page.route("**/*", sort)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(server)
        page.wait_for_selector("text=Color the full size")
        return page

    yield visit
    for context in contexts:
        context.close()
    assert not foreign and not errors


@pytest.fixture(scope="module")
def scan(tmp_path_factory):
    """A gray photograph with metadata."""
    path = tmp_path_factory.mktemp("scans") / "grandma.jpg"
    Image.fromarray(ramp((600, 800))).save(path, quality=95, exif=exif_of())
    return path


def drop(page, path):
    page.set_input_files("input[type=file] >> nth=0", path)


def sources(page):
    return [image.get_attribute("src") for image in page.query_selector_all("#shown img")]


def wait_for_another(page, before):
    """Waits for another preview than one that was there; returns the addresses of both pictures."""
    for _ in range(300):
        now = sources(page)
        if len(now) == 2 and now != before:
            return now
        page.wait_for_timeout(100)
    raise AssertionError("the preview did not change")


def picture_at(address):
    with urllib.request.urlopen(address) as answer, Image.open(io.BytesIO(answer.read())) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def downloaded(page, folder):
    page.click("text=Color the full size")
    link = page.wait_for_selector("a[download*=_color]", timeout=60_000)
    with page.expect_download() as waiting:
        link.click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def test_drop_slide_download(visitor, scan, tmp_path):
    page = visitor()
    drop(page, scan)
    first = wait_for_another(page, [])
    gray, color = map(picture_at, first)
    assert gray.shape == color.shape == (600, 800, 3)
    assert np.ptp(gray, axis=-1).max() <= 3 < np.ptp(color, axis=-1).max()

    slider = page.get_by_role("slider", name=re.compile("Saturation"))
    slider.focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    second = wait_for_another(page, first)
    page.wait_for_timeout(1500)
    second = sources(page)
    more = picture_at(second[1])
    assert np.ptp(more, axis=-1).mean() > 1.3 * np.ptp(color, axis=-1).mean()

    path = downloaded(page, tmp_path)
    assert path.name == "grandma_color.jpg"
    with formats.opened(path) as contents:
        [result] = contents.pages
        metadata = contents.metadata
    expected = model.load().colorize(np.asarray(Image.open(scan)), saturation=1.5)
    # What JPEG makes of it.
    assert np.abs(result.pixels.astype(int) - expected.astype(int)).mean() < 1.5
    with Image.open(path) as image:
        exif = image.getexif()
        assert exif[ExifTags.Base.Make] == "Leica"
        assert "colorkeras" in exif[ExifTags.Base.Software]
    assert metadata is not None


def test_another_version_and_where_the_model_is_unsure(visitor):
    page = visitor()
    page.click("#examples button >> nth=1")
    faithful = wait_for_another(page, [])
    assert page.is_disabled("text=Another plausible version")
    page.click("text=unet_vivid: living color")
    vivid = wait_for_another(page, faithful)
    page.wait_for_timeout(500)
    page.click("text=Another plausible version")
    another = wait_for_another(page, vivid)
    assert np.abs(picture_at(vivid[1]) - picture_at(another[1])).mean() > 1
    page.check("text=Show where the model is unsure")
    page.wait_for_selector("img[alt^='The photograph as a map']")
    assert all(image.get_attribute("alt") for image in page.query_selector_all("#shown img"))


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
    ("name", "told"),
    [
        ("text.jpg", "no picture of a known format"),
        ("large.png", "megapixels"),
        ("cut.png", "cannot be read"),
        ("heavy.png", "size"),
    ],
)
def test_bad_files_are_told_in_plain_words(name, told, visitor, bad_files, scan):
    page = visitor()
    drop(page, bad_files / name)
    said = page.wait_for_selector(".toast-body").inner_text()
    assert told in said and "Traceback" not in said and "Received" not in said
    assert not sources(page)
    # Another one can be dropped in its place.
    drop(page, scan)
    wait_for_another(page, [])


def test_of_an_animation_the_first_picture_is_colored_and_that_is_told(visitor, tmp_path):
    frames = [Image.fromarray(ramp((20, 20)) // n) for n in (1, 2)]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    page = visitor()
    drop(page, tmp_path / "moving.gif")
    wait_for_another(page, [])
    page.wait_for_selector("text=only the first of 2 pictures")


def test_two_visitors_do_not_meet(visitor, scan, tmp_path):
    pages = [visitor(), visitor()]
    drop(pages[0], scan)
    pages[1].click("#examples button >> nth=4")
    shown = [wait_for_another(page, []) for page in pages]
    assert picture_at(shown[0][1]).shape != picture_at(shown[1][1]).shape
    names = [downloaded(page, tmp_path).name for page in pages]
    assert names == ["grandma_color.jpg", "raccoon_color.jpg"]


def test_who_waits_sees_their_place(visitor, tmp_path):
    pages = [Image.fromarray(np.roll(ramp((900, 1200)), 40 * n, axis=1)) for n in range(12)]
    album = {"save_all": True, "append_images": pages[1:], "compression": "tiff_deflate"}
    pages[0].save(tmp_path / "album.tif", **album)
    first, other = visitor(), visitor()
    drop(first, tmp_path / "album.tif")
    wait_for_another(first, [])
    first.wait_for_selector("text=The first of 12 pages is shown")
    first.click("text=Color the full size")
    first.wait_for_selector("text=/page \\d+ of 12/")
    other.click("#examples button >> nth=2")
    other.wait_for_selector("text=/queue: 1/1/")
    wait_for_another(other, [])


def test_nothing_is_left_of_a_visit(visitor, scan):
    page = visitor()
    drop(page, scan)
    addresses = wait_for_another(page, [])
    page.context.close()
    deadline = time.monotonic() + 60
    while any(map(exists, addresses)):
        assert time.monotonic() < deadline
        time.sleep(0.5)


def exists(address):
    try:
        with urllib.request.urlopen(address) as answer:
            return answer.status == 200
    except urllib.error.HTTPError:
        return False


@pytest.mark.parametrize("path", ["/etc/passwd", str(Path(__file__)), "../../etc/passwd", "secret"])
def test_no_path_is_readable(path, server):
    assert not exists(f"{server}/gradio_api/file={path}")


def test_a_blind_test(visitor, tmp_path):
    page = visitor()
    page.get_by_role("tab", name="Real or recolored?").click()
    page.click("text=Begin")
    for number in range(1, 11):
        page.wait_for_selector(f"text=Picture {number} of 10")
        page.get_by_role("button", name="Real", exact=True).click()
    said = page.wait_for_selector("text=right in").inner_text()
    assert "95 % interval" in said and "Guessing gives 50 %" in said
    with page.expect_download() as waiting:
        page.click("text=Save my answers")
    rows = Path(waiting.value.path()).read_text().splitlines()
    assert rows[0] == "round,picture,model,truth,answer" and len(rows) == 11
    assert all(row.endswith(",real") for row in rows[1:])


def test_an_interface_for_programs(server, scan):
    client_module = pytest.importorskip("gradio_client")
    client = client_module.Client(server, verbose=False)
    path = client.predict(client_module.handle_file(scan), "unet", 1, 0, api_name="/colorize")
    with Image.open(path) as image:
        pixels = np.asarray(image).astype(int)
    expected = model.load().colorize(np.asarray(Image.open(scan))).astype(int)
    assert np.abs(pixels - expected).mean() < 1.5
    for words in (("nounet", 1, 0), ("unet", -1, 0), ("unet", 1, -1)):
        with pytest.raises(Exception, match="Expected"):
            client.predict(client_module.handle_file(scan), *words, api_name="/colorize")
    info = client.view_api(return_format="dict")
    assert list(info["named_endpoints"]) == ["/colorize"]
    assert json.dumps(info)


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_the_lines_for_curl(server, scan, tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "demo.md").read_text(encoding="utf-8")
    lines = re.search(r"```\n(url=.*?)```", page, re.DOTALL)[1].replace(
        "http://127.0.0.1:7860", server
    )
    shutil.copy(scan, tmp_path / "scan.jpg")
    subprocess.run(["bash", "-euc", lines], cwd=tmp_path, check=True, timeout=60)
    with Image.open(tmp_path / "color.jpg") as image:
        assert image.size == (800, 600) and image.mode == "RGB"


def test_a_port_that_is_taken_is_explained(server, tmp_path):
    port = server.rpartition(":")[-1]
    words = [sys.executable, "-m", "colorkeras", "demo", "--no-browser", "--port", port]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2 and not done.stdout
    assert f"Received: --port {port}" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("host", "is_told"),
    [("127.0.0.1", False), ("localhost", False), ("::1", False), ("0.0.0.0", True)],
)
def test_it_is_told_when_others_can_reach_the_page(host, is_told, monkeypatch, capsys):
    from colorkeras.demo import page

    def stop(seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr(page, "build", lambda shared: SimpleNamespace(launch=lambda **words: None))
    monkeypatch.setattr(page.time, "sleep", stop)
    options = SimpleNamespace(host=host, port=7860, no_browser=True, max_megabytes=1)
    with pytest.raises(KeyboardInterrupt):
        page.serve(None, options)
    assert ("no password" in capsys.readouterr().err) == is_told


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("tab", ["Color a photograph", "Compare models", "Real or recolored?"])
def test_nobody_is_shut_out(tab, scheme, visitor):
    """No serious or critical violation that axe-core finds, but for the library's own."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe-core").Axe()
    page = visitor(color_scheme=scheme)
    page.get_by_role("tab", name=tab).click()
    if tab == "Color a photograph":
        page.click("#examples button >> nth=1")
        wait_for_another(page, [])
    page.wait_for_timeout(1000)
    found = {
        violation["id"]: [node["html"][:300] for node in violation["nodes"]]
        for violation in axe.run(page).response["violations"]
        if violation["impact"] in ("serious", "critical")
    }
    assert found.keys() <= OF_THE_LIBRARY, json.dumps(found, indent=1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1400])
def test_nothing_is_wider_than_the_window(width, scheme, visitor):
    page = visitor(width, color_scheme=scheme)
    page.click("#examples button >> nth=1")
    wait_for_another(page, [])
    assert page.evaluate("document.documentElement.scrollWidth") <= width
