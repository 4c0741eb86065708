"""ASGI middleware that blocks cross-site requests and server-side fetching of URLs."""

import json
import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse

LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"]

MAX_BODY_BYTES = 1_000_000
"""Maximum size of a request other than an upload."""

_UPLOAD = re.compile(r".*/upload")

_ALLOWED_POSTS = re.compile(r".*/(upload|queue/join|call/.+|run/.+|cancel|reset)")
"""Routes that the page and API clients use. Gradio's other routes run programs or store files."""


class RequestGuard:
    """Reject requests of other sites' pages, and requests that make the server fetch a URL.

    Any web page can make the browser send forms to any address that the browser can reach; the
    `Origin` header reveals them. Gradio would fetch and keep the content of any given URL.

    Args:
        app: The ASGI application to protect.
    """

    def __init__(self, app):
        self._app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            reason = _check_headers(scope)
            if not reason and scope["method"] == "POST" and not _UPLOAD.fullmatch(scope["path"]):
                body = await _read_body(receive)
                reason, receive = _check_body(body), _replay(body, receive)
            if reason:
                return await PlainTextResponse(reason, 403)(scope, receive, send)
        return await self._app(scope, receive, send)


def _check_headers(scope):
    """Return why a request is rejected before its body is read, or None."""
    headers, path = Headers(scope=scope), scope["path"]
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != headers.get("host"):
        return f"Requests of other pages ({origin}) are not allowed."
    if scope["method"] == "POST" and not _ALLOWED_POSTS.fullmatch(path):
        return "This page does not use this address."
    _, is_file, address = path.partition("/file=")
    if (is_file and "://" in address) or "/proxy=" in path:
        return "This server does not fetch files from other servers."
    return None


def _check_body(body):
    """Return why a request with this body is rejected, or None."""
    if len(body) > MAX_BODY_BYTES:
        return f"Only uploads may have more than {MAX_BODY_BYTES} bytes."
    try:
        values = [json.loads(body)] if body else []
    except (ValueError, RecursionError):
        return "The body is not JSON, or is nested too deeply."
    while values:
        value = values.pop()
        if isinstance(value, dict):
            path = value.get("path")
            if isinstance(path, str) and "://" in path:
                return "This server does not fetch files from other servers."
            values += value.values()
        elif isinstance(value, list):
            values += value
    return None


async def _read_body(receive):
    """Return a request's body; stop reading once it exceeds `MAX_BODY_BYTES`."""
    body, is_more = b"", True
    while is_more and len(body) <= MAX_BODY_BYTES:
        message = await receive()
        body += message.get("body", b"")
        is_more = message.get("more_body", False)
    return body


def _replay(body, receive):
    """Return an ASGI `receive` that yields a body already read, then what follows it."""
    messages = [{"type": "http.request", "body": body}]

    async def replayed():
        return messages.pop() if messages else await receive()

    return replayed


def middleware(local_name):
    """Return the middleware of the server.

    Args:
        local_name: Host name if only this machine is served: requests to names other than this one
            and `LOOPBACK_NAMES` are then rejected, which prevents DNS rebinding. None otherwise.
    """
    hosts = ["*"] if local_name is None else [*LOOPBACK_NAMES, local_name]
    return [Middleware(TrustedHostMiddleware, allowed_hosts=hosts), Middleware(RequestGuard)]
