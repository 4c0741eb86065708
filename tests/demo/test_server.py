"""Tests for the page's address and for concurrent visitors."""

import concurrent.futures
import contextlib
import io
import json
import subprocess
import sys
import time
import urllib.request
from types import SimpleNamespace
from unittest.mock import MagicMock

import numpy as np
import pytest
from image_files import ramp
from PIL import Image

from colorkeras.cli import demo
from colorkeras.utils.errors import UserError

pytest.importorskip("starlette", reason="Starlette is not installed: pip install -e '.[demo]'")
pytest.importorskip("httpx2", reason="httpx2 is not installed: pip install -e '.[browser]'")

import httpx2

from colorkeras.demo.server import free_address, names_of_machine, serve


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
def test_warning_if_others_can_reach_the_page(host, address, warns, page, monkeypatch, capsys):
    monkeypatch.setattr("colorkeras.demo.server._Server.run", lambda server: server.on_start())
    monkeypatch.setattr("socket.socket", lambda kind: contextlib.nullcontext(MagicMock()))
    options = SimpleNamespace(host=host, port=7860, no_browser=True)
    serve(page, options)
    output, errors = capsys.readouterr()
    assert f"http://{address}:7860" in output and ("no password" in errors) == warns


def test_names_of_machine(monkeypatch):
    monkeypatch.setattr("socket.gethostname", lambda: "Studio.lan")
    assert names_of_machine() == ["Studio.lan", "Studio", "Studio.local"]


@pytest.mark.parametrize("host", ["no such host", "192.0.2.1", "a..b", "a" * 70])
def test_foreign_address_is_an_error(host):
    with pytest.raises(UserError, match="--host"):
        free_address(host, 0)


def test_missing_packages_are_an_error(monkeypatch):
    monkeypatch.setattr(demo, "_PACKAGES", ("starlette", "no_such_package"))
    options = SimpleNamespace(model=["unet"], allow_host=[], **demo.DemoOptions().__dict__)
    with pytest.raises(UserError, match=r"no_such_package.*\n.*\n.*pip install"):
        demo.run(options)


def test_many_visitors_at_once(server):
    """Each visitor gets their own photograph's colors, and the page stays responsive."""

    def visit(number):
        stream = io.BytesIO()
        Image.fromarray(np.roll(ramp((90, 120 + number)), 9 * number, axis=1)).save(stream, "PNG")
        with httpx2.Client(base_url=server, timeout=120) as client:
            files = {"file": (f"{number}.png", stream.getvalue())}
            photograph = client.post("/api/photographs", files=files).json()
            address = f"/api/photographs/{photograph['id']}"
            answer = client.post(f"{address}/color", json={})
            with Image.open(io.BytesIO(answer.content)) as image:
                width = image.width
            answer = client.post(f"{address}/result", json={})
            client.delete(address)
            return photograph["name"], width, answer.headers["content-disposition"]

    with concurrent.futures.ThreadPoolExecutor(12) as visitors:
        results = list(visitors.map(visit, range(24)))
    for number, (name, width, disposition) in enumerate(results):
        assert (name, width) == (f"{number}.png", 120 + number)
        assert f'"{number}_color.png"' in disposition
    with urllib.request.urlopen(f"{server}/api/info") as answer:
        assert json.load(answer)["models"]


def test_lost_connections_leave_nothing(server, server_folder, scan):
    def files():
        [folder] = server_folder.glob("colorkeras-demo-*")
        return {path for path in folder.rglob("*") if path.is_file()}

    before = files()  # Other tests have left photographs on the server.
    with scan.open("rb") as stream, httpx2.Client(base_url=server, timeout=60) as client:
        photograph = client.post("/api/photographs", files={"file": stream}).json()
        items = [{"id": photograph["id"]}] * 50
        with pytest.raises(httpx2.TimeoutException):
            client.post("/api/zip", json={"items": items}, timeout=1)
        client.delete(f"/api/photographs/{photograph['id']}")
    for _ in range(300):
        if files() <= before:
            return
        time.sleep(0.2)
    raise AssertionError(files() - before)
