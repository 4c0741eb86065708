"""Tests for requests that the page's server rejects."""

import pytest

pytest.importorskip("starlette", reason="Starlette is not installed: pip install -e '.[demo]'")
pytest.importorskip("httpx2", reason="httpx2 is not installed: pip install -e '.[browser]'")

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from colorkeras.demo import request_guard

LOCAL = "http://127.0.0.1:7860"

MAX_UPLOAD_BYTES = 2_000_000

FORM = {"content-type": "multipart/form-data; boundary=x"}


async def respond(request):
    return PlainTextResponse(await request.body() or b"page")


@pytest.fixture
def client():
    routes = [Route("/{path:path}", respond, methods=["GET", "POST", "DELETE"])]
    middleware = request_guard.middleware(["Scanner"], MAX_UPLOAD_BYTES)
    return TestClient(Starlette(routes=routes, middleware=middleware), base_url=LOCAL)


def test_requests_of_the_page_pass(client):
    assert client.get("/").text == "page"
    headers = {"origin": LOCAL, "sec-fetch-site": "same-origin"}
    assert client.post("/api/zip", content="{}", headers=headers).text == "{}"
    assert client.delete("/api/photographs/a", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "name", ["localhost", "127.0.0.2", "192.168.1.5", "[::1]", "[FE80::1]", "scanner", "Scanner."]
)
def test_addresses_and_known_names_pass(name, client):
    for host in (name, f"{name}:7860"):
        assert client.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "name", ["evil.example", "127.0.0.1.evil.example", "evil.example:1@127.0.0.1", "[", ":", ""]
)
def test_foreign_host_names_are_rejected(name, client):
    """Their owners could have them resolve to this machine (DNS rebinding)."""
    origin = f"http://{name}"
    for headers in ({"host": name}, {"host": name, "origin": origin}):
        answer = client.get("/", headers=headers)
        assert answer.status_code == 400 and "--allow-host" in answer.json()["message"]
        assert "content-security-policy" in answer.headers


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "text", "http://["]
)
def test_cross_site_requests_are_rejected(origin, client):
    for send in (client.post, client.get, client.delete):
        answer = send("/api/photographs", headers={"origin": origin})
        assert answer.status_code == 403 and "other pages" in answer.json()["message"]


def test_other_pages_may_link_to_the_page_but_not_use_its_files(client):
    cross_site = {"sec-fetch-site": "cross-site"}
    link = {**cross_site, "sec-fetch-mode": "navigate"}
    assert client.get("/", headers=link).status_code == 200
    image = {**cross_site, "sec-fetch-mode": "no-cors"}
    assert client.get("/api/photographs/a/gray.jpg", headers=image).status_code == 403


@pytest.mark.parametrize("path", ["/api/zip", "/api/photographs/a/color", "/api/photographs/"])
def test_only_uploads_may_be_large(path, client):
    large = b"x" * (request_guard.MAX_BODY_BYTES + 1)
    assert client.post(path, content=large[:-1]).status_code == 200
    assert client.post(path, content=large).status_code == 413
    # Without a Content-Length header.
    assert client.post(path, content=(b"x" * 100_000 for _ in range(20))).status_code == 413
    for upload in request_guard.UPLOADS:
        assert client.post(upload, content=large, headers=FORM).status_code == 200


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", ""])
def test_only_forms_may_be_large(kind, client):
    large = b"x" * (request_guard.MAX_BODY_BYTES + 1)
    for path in request_guard.UPLOADS:
        answer = client.post(path, content=large, headers={"content-type": kind})
        assert answer.status_code == 413


def test_uploads_are_limited(client):
    large = b"x" * (MAX_UPLOAD_BYTES + 200_000)
    for path in request_guard.UPLOADS:
        assert client.post(path, content=large, headers=FORM).status_code == 413


def test_browsers_load_nothing_from_other_servers(client):
    for answer in (client.get("/"), client.get("/", headers={"origin": "null"})):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy and "http" not in policy and "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
