"""Tests of the API, and of what the server does not serve."""

import json
import re
import shutil
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from demo.browser import exists
from PIL import Image

from colorkeras.inference import predictor

PATHS = ("/etc/passwd", "secret.jpg", "{folder}/secret.jpg", "{folder}/runs/../secret.jpg")


def call(server, *words):
    """Return the API's response."""
    body = json.dumps({"data": words}).encode()
    address = f"{server}/gradio_api/call/colorize"
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        event = json.load(answer)["event_id"]
    with urllib.request.urlopen(f"{address}/{event}") as answer:
        return answer.read().decode()


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
