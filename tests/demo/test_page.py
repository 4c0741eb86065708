"""Tests of the page in a real browser without access to other machines."""

import contextlib
import io
import json
import os
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
from unittest.mock import MagicMock

import numpy as np
import pytest
from image_files import exif_of, ramp
from PIL import ExifTags, Image

from colorkeras import image_io
from colorkeras.demo import sessions
from colorkeras.inference import predictor
from colorkeras.training.run_directory import EPOCHS_FOLDER
from colorkeras.utils.errors import UserError

pytest.importorskip("gradio", reason="Gradio is not installed: pip install -e '.[demo]'")
sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)

pytestmark = pytest.mark.skipif(BROWSER is None, reason="there is no Chromium")

MAX_MEGABYTES, MAX_MEGAPIXELS = 3, 4

FULL_SIZE = "text=Color the full size"
"""Selector of a button that the page shows once it has loaded."""


@pytest.fixture(scope="module")
def server_folder(tmp_path_factory):
    """Working directory of the server, with a secret and a run of three epochs."""
    folder = tmp_path_factory.mktemp("server")
    # Images, so that only the path can be the reason for rejecting them.
    Image.new("RGB", (40, 40)).save(folder / "secret.jpg")
    epochs = folder / "runs" / "unet" / "20260101-000000" / EPOCHS_FOLDER
    epochs.mkdir(parents=True)
    for number in (1, 2, 3):
        Image.new("RGB", (300, 100), (80 * number, 0, 0)).save(epochs / f"{number:03}.png")
    return folder


@pytest.fixture(scope="module")
def server(server_folder):
    """Address of a running server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ("demo", "--no-browser", "--port", port, "--max-megabytes", MAX_MEGABYTES)
    words += ("--max-megapixels", MAX_MEGAPIXELS)
    log = server_folder / "log"
    with log.open("w") as stream:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "colorkeras", *map(str, words)],
            cwd=server_folder,
            env={**os.environ, "TMPDIR": str(server_folder)},
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
    while "The page is at" not in log.read_text():
        assert process.poll() is None, log.read_text()
        time.sleep(0.2)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(timeout=30)
    assert process.returncode == 143
    assert {path.name for path in server_folder.iterdir()} == {"secret.jpg", "runs", "log"}


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
    """Function that opens the page for a new visitor; fails on requests to other servers."""
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
        page.wait_for_selector(FULL_SIZE)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert not foreign and not errors


@pytest.fixture(scope="module")
def scan(tmp_path_factory):
    """A grayscale photograph with metadata."""
    path = tmp_path_factory.mktemp("scans") / "grandma.jpg"
    Image.fromarray(ramp((600, 800))).save(path, quality=95, exif=exif_of())
    return path


def drop(page, path):
    page.set_input_files("input[type=file] >> nth=0", path)


def sources(page):
    return addresses(page, "#shown img")


def wait_for_another(page, before):
    """Wait for a different preview; return the addresses of its two images."""
    for _ in range(300):
        now = sources(page)
        if len(now) == 2 and now != before:
            return now
        page.wait_for_timeout(100)
    raise AssertionError("the preview did not change")


def wait_for_colors(page, expected):
    """Wait until the preview is stable and as expected, up to JPEG errors."""
    seen = []
    for _ in range(100):
        shown = sources(page)
        if len(shown) == 2:
            seen.append(np.abs(image_at(shown[1]) - expected.astype(int)).mean() < 2)
            if len(seen) > 5 and all(seen[-5:]):
                return
        page.wait_for_timeout(200)
    raise AssertionError("the preview is not as expected")


def position_of_divider(page):
    """Return the share of the preview's width to the left of the divider."""
    shown = page.locator("#shown").bounding_box()
    handle = page.locator("#shown .outer").first.bounding_box()
    return (handle["x"] + handle["width"] / 2 - shown["x"]) / shown["width"]


def image_at(address):
    with urllib.request.urlopen(address) as answer, Image.open(io.BytesIO(answer.read())) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def downloaded(page, folder):
    page.click(FULL_SIZE)
    link = page.wait_for_selector("a[download*=_color]", timeout=60_000)
    with page.expect_download() as waiting:
        link.click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


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
    page.click("text=unet_vivid: living color")
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
    page.click("text=unet_vivid: living color")
    slider = page.get_by_role("slider", name=re.compile("Saturation"))
    slider.focus()
    page.keyboard.press("ArrowLeft")
    # Changing settings before dropping a photograph is not an error.
    page.wait_for_timeout(1000)
    assert not page.query_selector_all(".toast-body")
    page.click("#examples button >> nth=2")
    page.click("text=unet: a small color error")
    page.click("text=unet_vivid: living color")
    page.keyboard.press("Tab")
    slider.focus()
    page.keyboard.press("Home")
    gray = image_at(wait_for_another(page, [])[0])
    wait_for_colors(page, gray)
    page.click("text=unet: a small color error")
    page.click("text=unet_vivid: living color")
    slider.focus()
    page.keyboard.press("End")
    luma = gray[..., 0].astype(np.uint8)
    wait_for_colors(page, predictor.load("unet_vivid").colorize(luma, saturation=2))


def test_compare_tab(visitor, scan):
    page = visitor()
    drop(page, scan)
    wait_for_another(page, [])
    page.get_by_role("tab", name="Compare models").click()
    known = wait_for_images(page, "#compared img", 4)
    page.get_by_role("textbox", name="Photograph").or_(
        page.get_by_label("Photograph")
    ).first.click()
    page.get_by_role("option", name=re.compile("Your photograph")).click()
    own = wait_for_images(page, "#compared img", 3)
    assert not set(own) & set(known)
    assert {image_at(address).shape for address in own} == {(600, 800, 3)}
    page.get_by_role("button", name="Replay").click()
    shown, deadline = [], time.monotonic() + 20
    while len(set(shown)) < 3 and time.monotonic() < deadline:
        shown += [address for address in addresses(page, "img[alt^='Ten validation']") if address]
        page.wait_for_timeout(100)
    reds = [image_at(address)[0, 0, 0] for address in dict.fromkeys(shown)]
    np.testing.assert_allclose(sorted(reds), [80, 160, 240], atol=3)


def addresses(page, selector):
    return [image.get_attribute("src") for image in page.query_selector_all(selector)]


def wait_for_images(page, selector, number):
    for _ in range(200):
        found = addresses(page, selector)
        if len(found) == number and all(found):
            return found
        page.wait_for_timeout(100)
    raise AssertionError(f"{len(found)} images, not {number}")


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
        ("text.jpg", "no picture of a known format"),
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
    page.wait_for_selector("text=only the first of 2 pictures")


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


def remaining_files(server_folder):
    """Return remaining files of visitors; Gradio leaves empty upload folders."""
    [folder] = server_folder.glob("colorkeras-demo-*")
    places = (sessions.SERVED, sessions.SOURCES, sessions.UPLOADS)
    files = [path for place in places for path in folder.glob(f"{place}/**/*")]
    return [path for path in files if path.is_file() and "gray" in path.name]


def exists(address):
    try:
        with urllib.request.urlopen(address) as answer:
            return answer.status == 200
    except urllib.error.HTTPError:
        return False


PATHS = ("/etc/passwd", "secret.jpg", "{folder}/secret.jpg", "{folder}/runs/../secret.jpg")


@pytest.mark.parametrize("path", PATHS)
def test_server_files_are_not_readable(path, server, server_folder):
    path = path.format(folder=server_folder)
    assert (server_folder / path).is_file()
    assert not exists(f"{server}/gradio_api/file={path}")
    photograph = {"path": path, "meta": {"_type": "gradio.FileData"}}
    assert call(server, photograph, "unet", 1, 0).startswith("event: error")


@pytest.mark.parametrize(
    "words",
    [(None, "unet", 1, 0), ("text", "unet", 1, 0), ({}, "unet", 1, 0), ({"path": 1}, "unet", 1, 0)],
)
def test_api_calls_without_a_file_are_rejected(words, server):
    assert call(server, *words).startswith("event: error")


def test_api_does_not_fetch_urls(server):
    photograph = {"path": f"{server}/theme.css", "meta": {"_type": "gradio.FileData"}}
    with pytest.raises(urllib.error.HTTPError, match="403"):
        call(server, photograph, "unet", 1, 0)


def call(server, *words):
    """Return the API's response."""
    body = json.dumps({"data": words}).encode()
    address = f"{server}/gradio_api/call/colorize"
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        event = json.load(answer)["event_id"]
    with urllib.request.urlopen(f"{address}/{event}") as answer:
        return answer.read().decode()


def test_blind_test_tab(visitor, tmp_path):
    page = visitor()
    page.get_by_role("tab", name="Real or recolored?").click()
    page.click("text=Begin")
    for number in range(1, 11):
        page.wait_for_selector(f"text=Image {number} of 10")
        page.get_by_role("button", name="Real", exact=True).click()
    message = page.wait_for_selector("text=Guessing gives").inner_text()
    assert "95 % interval" in message and "Guessing gives 50 %" in message
    with page.expect_download() as waiting:
        page.click("text=Save my answers")
    rows = Path(waiting.value.path()).read_text().splitlines()
    # They survive a reload.
    page.reload()
    page.wait_for_selector(FULL_SIZE)
    page.get_by_role("tab", name="Real or recolored?").click()
    with page.expect_download() as waiting:
        page.click("text=Save my answers")
    assert Path(waiting.value.path()).read_text().splitlines() == rows
    assert rows[0] == "round,picture,model,truth,answer" and len(rows) == 11
    assert all(row.endswith(",real") for row in rows[1:])


def test_api(server, scan):
    client_module = pytest.importorskip("gradio_client")
    client = client_module.Client(server, verbose=False)
    path = client.predict(client_module.handle_file(scan), "unet", 1, 0, api_name="/colorize")
    with Image.open(path) as image:
        pixels = np.asarray(image).astype(int)
    expected = predictor.load().colorize(np.asarray(Image.open(scan))).astype(int)
    assert np.abs(pixels - expected).mean() < 1.5
    for words in (("nounet", 1, 0), ("unet", -1, 0), ("unet", 1, -1)):
        with pytest.raises(Exception, match="Expected"):
            client.predict(client_module.handle_file(scan), *words, api_name="/colorize")
    info = client.view_api(return_format="dict")
    assert list(info["named_endpoints"]) == ["/colorize"]
    assert json.dumps(info)


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_documented_curl_commands(server, scan, tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "demo.md").read_text(encoding="utf-8")
    lines = re.search(r"```\n(url=.*?)```", page, re.DOTALL)[1].replace(
        "http://127.0.0.1:7860", server
    )
    shutil.copy(scan, tmp_path / "scan.jpg")
    subprocess.run(["bash", "-euc", lines], cwd=tmp_path, check=True, timeout=60)
    with Image.open(tmp_path / "color.jpg") as image:
        assert image.size == (800, 600) and image.mode == "RGB"


def test_port_in_use_is_an_error(server, tmp_path):
    port = server.rpartition(":")[-1]
    words = [sys.executable, "-m", "colorkeras", "demo", "--no-browser", "--port", port]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2 and not done.stdout
    assert f"Received: --port {port}" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("host", "address", "warns"),
    [
        ("127.0.0.1", "127.0.0.1", False),
        ("[::1]", "[::1]", False),
        ("0:0:0:0:0:0:0:1", "[::1]", False),
        ("127.1", "127.0.0.1", False),
        ("0.0.0.0", "127.0.0.1", True),
        ("::", "[::1]", True),
    ],
)
def test_warning_if_others_can_reach_the_page(host, address, warns, monkeypatch, capsys):
    from colorkeras.demo import server

    def stop(seconds):
        raise KeyboardInterrupt

    blocks = SimpleNamespace(launch=lambda **words: None)
    blocks.queue = lambda **words: blocks
    monkeypatch.setattr(server.pages, "build", lambda page: blocks)
    monkeypatch.setattr(server.time, "sleep", stop)
    monkeypatch.setattr(server.socket, "socket", lambda kind: contextlib.nullcontext(MagicMock()))
    options = SimpleNamespace(host=host, port=7860, no_browser=True, max_megabytes=1)
    with pytest.raises(KeyboardInterrupt):
        server.serve(None, options)
    output, errors = capsys.readouterr()
    assert f"http://{address}:7860" in output and ("no password" in errors) == warns


@pytest.mark.parametrize("host", ["no such host", "192.0.2.1"])
def test_foreign_address_is_an_error(host):
    from colorkeras.demo import server

    with pytest.raises(UserError, match="--host"):
        server.free_address(host, 0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("tab", ["Color a photograph", "Compare models", "Real or recolored?"])
def test_accessibility(tab, scheme, visitor):
    """axe-core finds no serious or critical violation, ours or Gradio's."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe-core").Axe()
    page = visitor(color_scheme=scheme)
    page.get_by_role("tab", name=tab).click()
    if tab == "Color a photograph":
        page.click("#examples button >> nth=1")
        before = wait_for_another(page, [])
        page.click("text=unet_vivid: living color")
        wait_for_another(page, before)
        page.check("text=Show where the model is uncertain")
        page.wait_for_selector("img[alt^='The photograph as a map']")
        page.click(FULL_SIZE)
        page.wait_for_selector("a[download*=_color]", timeout=60_000)
    elif tab == "Compare models":
        wait_for_images(page, "#compared img", 4)
    else:
        page.click("text=Begin")
        page.wait_for_selector("text=Image 1 of 10")
    page.wait_for_timeout(1000)
    found = {
        violation["id"]: [node["html"][:300] for node in violation["nodes"]]
        for violation in axe.run(page).response["violations"]
        if violation["impact"] in ("serious", "critical")
    }
    assert not found, json.dumps(found, indent=1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1400])
def test_page_fits_the_window(width, scheme, visitor):
    page = visitor(width, color_scheme=scheme)
    page.click("#examples button >> nth=1")
    wait_for_another(page, [])
    assert page.evaluate("document.documentElement.scrollWidth") <= width
