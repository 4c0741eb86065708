"""ASGI middleware that blocks cross-site requests, limits body sizes, and sets security headers."""

import ipaddress
import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from colorkeras.demo import films, web

MAX_BODY_BYTES = 1_000_000
"""Maximum size in bytes of a request that is not an upload."""

UPLOADS = ("/api/photographs", "/api/colorize")
"""Paths that accept photographs."""

FILM_UPLOADS = "/api/films"
"""Path that accepts films."""

_FORM_BYTES = 100_000
"""Maximum total size in bytes of an upload form, excluding the file."""

_HOST = re.compile(r"(\[[^\]]*\]|[^:\[]*)(:\d*)?")
"""Pattern of a `Host` header: a name or address, and an optional port."""

_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
"""Headers of all responses, which keep the browser from loading content from other servers."""


class RequestGuard:
    """Middleware that rejects cross-site requests and large bodies.

    Any web page can make a browser submit forms to any server that the browser can reach. Such
    requests can be recognized by their `Origin` header. An attacker can also make their own domain
    resolve to this machine (DNS rebinding). Such requests can be recognized by their `Host` header.

    Args:
        app: ASGI application.
        host_names: Host names, in addition to `localhost`, under which the page may be reached. IP
            addresses are always accepted.
        max_upload_bytes: Maximum size of an uploaded photograph in bytes.
    """

    def __init__(self, app, host_names, max_upload_bytes):
        self._app, self._max_upload_bytes = app, max_upload_bytes
        self._host_names = {"localhost", *(name.lower() for name in host_names if name)}

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        send, headers = _with_headers(send), Headers(scope=scope)
        reason, status = self._check_host(headers), 400
        if not reason:
            reason, status = _check_origin(headers), 403
        if reason:
            return await web.error_response(reason, status)(scope, receive, send)
        # Files in forms are written to disk, whereas other bodies are kept in memory.
        is_form = headers.get("content-type", "").lower().startswith("multipart/form-data")
        limit = MAX_BODY_BYTES
        if is_form and scope["path"] in UPLOADS:
            limit = self._max_upload_bytes + _FORM_BYTES
        elif is_form and scope["path"] == FILM_UPLOADS:
            limit = films.MAX_MEGABYTES * 1_000_000 + _FORM_BYTES
        return await self._app(scope, _limited(receive, limit), send)

    def _check_host(self, headers):
        """Return the reason for rejecting the `Host` header of a request, or None to accept it."""
        host = headers.get("host", "")
        match = _HOST.fullmatch(host)
        name = match[1].strip("[]").rstrip(".").lower() if match else ""
        if name in self._host_names or _is_ip_address(name):
            return None
        return (
            f"This page does not accept the host name {host[:100]!r}. Use the IP address, or ask "
            "the operator to allow the name with --allow-host."
        )


def _is_ip_address(name):
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _check_origin(headers):
    """Return the reason for rejecting the origin of a request, or None to accept it."""
    origin = headers.get("origin")
    if origin is not None and _host_of(origin) != headers.get("host"):
        return f"Requests from other pages ({origin[:100]}) are not allowed."
    is_cross_site = headers.get("sec-fetch-site") == "cross-site"
    # Other sites may link to the page, but must not embed its images and scripts.
    if is_cross_site and origin is None and headers.get("sec-fetch-mode") != "navigate":
        return "Requests from other pages are not allowed."
    return None


def _host_of(origin):
    """Return the host and port of an origin, or None if they cannot be parsed."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def _limited(receive, limit):
    """Wrap an ASGI `receive` function to raise an error if the body exceeds `limit` bytes."""
    num_bytes = 0

    async def limited():
        nonlocal num_bytes
        message = await receive()
        num_bytes += len(message.get("body", b""))
        if num_bytes > limit:
            size = f"{limit / 1e6:.3g} megabytes"
            raise HTTPException(413, f"This is too large. The limit is {size}.")
        return message

    return limited


def _with_headers(send):
    """Wrap an ASGI `send` function to add `_HEADERS` to responses."""

    async def sending(message):
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending


def middleware(host_names, max_upload_bytes):
    """Return the server's middleware; see `RequestGuard` for the arguments."""
    return [Middleware(RequestGuard, host_names=host_names, max_upload_bytes=max_upload_bytes)]
