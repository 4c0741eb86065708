"""Tests for the application: description, static files, errors and forbidden paths."""

import contextlib
import subprocess
import sys
import urllib.error
import urllib.request
from types import SimpleNamespace

import pytest

pytest.importorskip("starlette", reason="Starlette is not installed: pip install -e '.[demo]'")

from colorkeras.demo.page import named
from colorkeras.export.bundled import BUNDLED_MODELS

PATHS = ("/etc/passwd", "secret.jpg", "{folder}/secret.jpg", "../secret.jpg", "..%2Fsecret.jpg")


def status_of(address):
    with contextlib.suppress(urllib.error.HTTPError), urllib.request.urlopen(address) as answer:
        return answer.status
    return 404


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("place", ["", "static/", "api/photographs/", "api/examples/", "api/file="])
def test_server_files_are_not_readable(path, place, server, server_folder):
    path = path.format(folder=server_folder)
    assert status_of(f"{server}/{place}{path}") == 404
    assert status_of(f"{server}/api/info") == 200


def test_info(client):
    info = client.get("/api/info").json()
    assert [model["name"] for model in info["models"]] == list(BUNDLED_MODELS)
    assert info["default_model"] == "photo"
    photo, unet, vivid = info["models"]
    features = ("has_vividness", "takes_hints", "has_variations", "has_uncertainty")
    assert all(photo[feature] for feature in features)
    assert not any(unet[feature] for feature in features[:3])
    assert vivid["has_variations"] and not vivid["takes_hints"]
    assert info["limits"] == {"megabytes": 3, "zip_items": 200, "hints": 200, "variations": 100}
    assert [model["default_vividness"] for model in info["models"]] == [0.5, None, None]
    assert {".jpg", ".tif", ".heic"} <= set(info["suffixes"])


def test_unknown_addresses_get_a_sentence(client):
    for method, path in (("GET", "/a"), ("POST", "/api/info"), ("GET", "/api/photographs")):
        answer = client.request(method, path)
        assert answer.status_code in (404, 405) and answer.json()["message"]


def test_unexpected_errors_get_a_sentence(client, upload, page, monkeypatch):
    photograph = upload()
    monkeypatch.setattr(page, "preview", lambda *arguments: 1 / 0)
    answer = client.post(f"/api/photographs/{photograph['id']}/color", json={})
    assert answer.status_code == 500
    assert "Something went wrong" in answer.json()["message"] and "Zero" not in answer.text


def test_page_starts_without_tensorflow():
    modules = "from colorkeras.demo import app, page, server; import colorkeras; colorkeras.load()"
    command = f"import sys; {modules}; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", command]).returncode == 0


def test_models_are_named_without_folders():
    own = SimpleNamespace(name="mine 3")
    models = named([("photo", "model"), ("/home/me/mine/3", own), ("../mine/3", own)])
    assert list(models) == ["photo", "mine 3", "mine 3 again"]
