"""Tests of what the page's server refuses."""

import json

import pytest

pytest.importorskip("gradio", reason="Gradio is not installed: pip install -e '.[demo]'")

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from colorkeras.demo import guard

LOCAL = "http://127.0.0.1:7860"


async def echo(request):
    return PlainTextResponse(await request.body() or b"page")


@pytest.fixture(params=[True, False], ids=["local", "others reach it"])
def is_local(request):
    return request.param


@pytest.fixture
def client(is_local):
    routes = [Route("/{path:path}", echo, methods=["GET", "POST"])]
    app = Starlette(routes=routes, middleware=guard.middleware(is_local))
    return TestClient(app, base_url=LOCAL)


def test_the_page_itself_passes(client):
    assert client.get("/").text == "page"
    assert client.get("/gradio_api/file=/tmp/a/b.jpg").text == "page"
    body = json.dumps({"data": [{"path": "/tmp/a.jpg", "url": f"{LOCAL}/file=a"}, 1.0]})
    assert client.post("/queue/join", content=body, headers={"origin": LOCAL}).text == body
    assert client.post("/queue/join", content=b"\xff no JSON").content == b"\xff no JSON"


def test_only_names_of_this_machine_mean_the_local_page(client, is_local):
    answer = client.get("/", headers={"host": "evil.example:7860"})
    assert answer.status_code == (400 if is_local else 200)
    for name in ("localhost:7860", "[::1]:7860"):
        assert client.get("/", headers={"host": name}).status_code == 200


def test_pages_of_other_sites_are_refused(client):
    for origin in ("http://evil.example", "null", "http://127.0.0.1:1"):
        answer = client.post("/upload", files={"files": b"x"}, headers={"origin": origin})
        assert answer.status_code == 403 and "other pages" in answer.text


@pytest.mark.parametrize("address", ["http://example.com/a.jpg", "ftp://example.com/a.jpg"])
def test_nothing_is_fetched_from_elsewhere(address, client):
    assert client.get(f"/gradio_api/file={address}").status_code == 403
    assert client.get(f"/gradio_api/proxy={address}").status_code == 403
    for data in ([{"path": address}], [{"a": [{"path": address, "meta": {}}]}]):
        for kind in ("application/json", "text/plain", ""):
            answer = client.post(
                "/call", content=json.dumps({"data": data}), headers={"content-type": kind}
            )
            assert answer.status_code == 403


def test_bodies_are_limited(client):
    assert client.post("/call", content=b"x" * (guard.MAX_BODY_BYTES + 1)).status_code == 403
    parts = (b"x" * 100_000 for _ in range(20))
    assert client.post("/call", content=parts).status_code == 403
    big = {"files": b"x" * (guard.MAX_BODY_BYTES + 1)}
    assert client.post("/upload", files=big).status_code == 200
