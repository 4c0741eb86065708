"""Fixtures for the page, a client and a running server."""

import os
import socket
import subprocess
import sys
import time

import numpy as np
import pytest
from image_files import exif_of, ramp
from PIL import Image

from colorkeras.data import sample
from colorkeras.inference import predictor

MAX_MEGABYTES, MAX_MEGAPIXELS = 3, 4


@pytest.fixture(scope="session")
def models():
    return {name: predictor.load(name) for name in ("photo", "unet", "unet_vivid")}


@pytest.fixture
def page(models, tmp_path):
    """`page.Page` whose photographs are stored in `tmp_path`."""
    pytest.importorskip("starlette", reason="Starlette is not installed: pip install -e '.[demo]'")
    from colorkeras.cli.demo import DemoOptions
    from colorkeras.demo.page import Page

    options = DemoOptions(max_megabytes=MAX_MEGABYTES, max_megapixels=MAX_MEGAPIXELS)
    return Page(models, tmp_path, options)


@pytest.fixture
def client(page):
    """Client for the page that does not raise server errors."""
    pytest.importorskip("httpx2", reason="httpx2 is not installed: pip install -e '.[browser]'")
    from starlette.testclient import TestClient

    from colorkeras.demo import app

    address = "http://127.0.0.1:7860"
    application = app.create(page)
    with TestClient(application, address, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def upload(client, scan):
    """Function that uploads a file (default: `scan`) and returns the JSON response."""

    def upload(path=scan, status=201):
        with path.open("rb") as stream:
            answer = client.post("/api/photographs", files={"file": (path.name, stream)})
        assert answer.status_code == status, answer.text
        return answer.json()

    return upload


@pytest.fixture(scope="session")
def scan(tmp_path_factory):
    """A grayscale photograph with metadata."""
    path = tmp_path_factory.mktemp("scans") / "grandma.jpg"
    Image.fromarray(ramp((600, 800))).save(path, quality=95, exif=exif_of())
    return path


@pytest.fixture(scope="session")
def short_film(tmp_path_factory):
    """A film with sound: pans over two grayscale photographs, 1.2 seconds each."""
    from video.films import FilmWriter

    paths, frames = {path.stem: path for path, _ in sample.photographs()}, []
    for name in ("cat", "coffee"):
        image = np.asarray(Image.open(paths[name]).convert("L").convert("RGB").resize((256, 192)))
        frames += [image[n : n + 144, 2 * n : 2 * n + 192] for n in range(30)]
    folder = tmp_path_factory.mktemp("films")
    return FilmWriter(sound="aac").write(folder / "harbor.mp4", np.stack(frames))


@pytest.fixture(scope="session")
def bad_files(tmp_path_factory):
    """Folder of files that the page rejects."""
    folder = tmp_path_factory.mktemp("bad")
    (folder / "text.jpg").write_text("no image")
    (folder / "empty.jpg").write_text("")
    (folder / "letter.docx").write_text("no image")
    Image.fromarray(np.zeros((2001, 2001), np.uint8)).save(folder / "large.png")
    Image.fromarray(ramp((300, 300))).save(folder / "cut.png")
    whole = (folder / "cut.png").read_bytes()
    (folder / "cut.png").write_bytes(whole[: len(whole) // 3])
    noise = np.random.default_rng(0).integers(0, 256, (1200, 1200, 3), np.uint8)
    Image.fromarray(noise).save(folder / "heavy.png")
    pages = [Image.new("L", (8, 8), number) for number in range(51)]
    pages[0].save(folder / "book.tif", save_all=True, append_images=pages[1:])
    return folder


@pytest.fixture(scope="session")
def server_folder(tmp_path_factory):
    """Working directory of the server, containing a secret file."""
    folder = tmp_path_factory.mktemp("server")
    # The secret is an image, so only its path can be the reason for rejecting it.
    Image.new("RGB", (40, 40)).save(folder / "secret.jpg")
    return folder


@pytest.fixture(scope="session")
def server(server_folder):
    """Address of a running server."""
    pytest.importorskip("starlette", reason="Starlette is not installed: pip install -e '.[demo]'")
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
    process.wait(timeout=60)
    assert process.returncode == 143
    assert {path.name for path in server_folder.iterdir()} == {"secret.jpg", "log"}
    assert "Traceback" not in log.read_text()
