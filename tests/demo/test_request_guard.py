"""Tests of the requests that the page's server rejects."""

import json

import pytest

pytest.importorskip("gradio", reason="Gradio is not installed: pip install -e '.[demo]'")

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from colorkeras.demo import request_guard

LOCAL = "http://127.0.0.1:7860"


async def respond(request):
    return PlainTextResponse(await request.body() or b"page")


@pytest.fixture(params=[True, False], ids=["local", "public"])
def is_local(request):
    return request.param


@pytest.fixture
def client(is_local):
    routes = [Route("/{path:path}", respond, methods=["GET", "POST"])]
    app = Starlette(
        routes=routes, middleware=request_guard.middleware("127.0.0.2" if is_local else None)
    )
    return TestClient(app, base_url=LOCAL)


@pytest.fixture
def post(client):
    """Function that posts JSON and returns the status code."""

    def post(content, kind="application/json", path="/gradio_api/queue/join"):
        return client.post(path, content=content, headers={"content-type": kind}).status_code

    return post


def test_requests_of_the_page_pass(client):
    assert client.get("/").text == "page"
    assert client.get("/gradio_api/file=/tmp/a/b.jpg").text == "page"
    body = json.dumps({"data": [{"path": "/tmp/a.jpg", "url": f"{LOCAL}/file=a"}, 1.0]})
    join = "/gradio_api/queue/join"
    assert client.post(join, content=body, headers={"origin": LOCAL}).text == body
    assert client.post("/gradio_api/cancel").status_code == 200


def test_local_page_rejects_foreign_host_names(client, is_local):
    answer = client.get("/", headers={"host": "evil.example:7860"})
    assert answer.status_code == (400 if is_local else 200)
    for name in ("localhost:7860", "[::1]:7860", "127.0.0.2:7860"):
        assert client.get("/", headers={"host": name}).status_code == 200


def test_cross_site_requests_are_rejected(client):
    for origin in ("http://evil.example", "null", "http://127.0.0.1:1"):
        answer = client.post(
            "/gradio_api/upload", files={"files": b"x"}, headers={"origin": origin}
        )
        assert answer.status_code == 403 and "other pages" in answer.text


@pytest.mark.parametrize("address", ["http://example.com/a.jpg", "ftp://example.com/a.jpg"])
def test_urls_are_not_fetched(address, client, post):
    assert client.get(f"/gradio_api/file={address}").status_code == 403
    assert client.get(f"/gradio_api/proxy={address}").status_code == 403
    for data in ([{"path": address}], [{"a": [{"path": address, "meta": {}}]}]):
        body = json.dumps({"data": data})
        for kind in ("application/json", "application/json; a=multipart/", "text/plain", ""):
            assert post(body, kind) == 403


@pytest.mark.parametrize(
    "body", [b"\xff", b"{", "[" * 100_000, '{"a": ' + "[" * 600 + "]" * 600 + "}", "0"]
)
def test_unreadable_bodies_are_rejected(body, post):
    address = json.dumps({"path": "http://example.com"})
    assert post(body) == (403 if json_depth(body) is None else 200)
    if json_depth(body):
        assert post(f"[{body}, {address}]") == 403


def json_depth(body):
    """Return whether it is a list or dict; None if it cannot be parsed."""
    try:
        return isinstance(json.loads(body), (list, dict))
    except (ValueError, RecursionError):
        return None


@pytest.mark.parametrize("path", ["/gradio_api/process_recording", "/gradio_api/component_server"])
def test_unused_routes_are_rejected(path, client):
    assert client.post(path, files={"file": b"x"}).status_code == 403


def test_only_uploads_may_be_large(client, post):
    assert post(b" " * request_guard.MAX_BODY_BYTES + b"1") == 403
    assert post(b" " * 1000 + b"1") == 200
    assert post(b" " * 100_000 for _ in range(20)) == 403
    big = {"files": b"x" * (request_guard.MAX_BODY_BYTES + 1)}
    assert client.post("/gradio_api/upload", files=big).status_code == 200
