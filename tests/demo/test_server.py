"""Tests of the address at which the page is served."""

import contextlib
import subprocess
import sys
from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest

from colorkeras.utils.errors import UserError

pytest.importorskip("gradio", reason="Gradio is not installed: pip install -e '.[demo]'")

from colorkeras.demo.server import free_address, serve


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

    def stop(seconds):
        raise KeyboardInterrupt

    blocks = SimpleNamespace(launch=lambda **words: None)
    blocks.queue = lambda **words: blocks
    monkeypatch.setattr("colorkeras.demo.page.build", lambda page: blocks)
    monkeypatch.setattr("time.sleep", stop)
    monkeypatch.setattr("socket.socket", lambda kind: contextlib.nullcontext(MagicMock()))
    options = SimpleNamespace(host=host, port=7860, no_browser=True, max_megabytes=1)
    with pytest.raises(KeyboardInterrupt):
        serve(None, options)
    output, errors = capsys.readouterr()
    assert f"http://{address}:7860" in output and ("no password" in errors) == warns


@pytest.mark.parametrize("host", ["no such host", "192.0.2.1"])
def test_foreign_address_is_an_error(host):

    with pytest.raises(UserError, match="--host"):
        free_address(host, 0)
