"""What of the library's server is refused: foreign pages, and addresses elsewhere."""

import json
import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse

LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"]

UPLOAD = re.compile(r".*/upload")

POSTS = re.compile(r".*/(upload|queue/join|call/.+|run/.+|cancel|reset)")
"""What the page and programs send. The library has more, which run other programs or keep files."""

MAX_BODY_BYTES = 1_000_000
"""Of a request that is no upload: settings and names of files."""


class Guard:
    """Refuses requests of other sites' pages, and to fetch something from elsewhere.

    Any page that is open in a browser may send forms to any address that the browser reaches. Their
    `Origin` tells them. And the library would fetch and keep whatever lies at an address.

    Args:
        app: The ASGI application behind it.
    """

    def __init__(self, app):
        self._app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            reason = _refused(scope)
            if not reason and scope["method"] == "POST" and not UPLOAD.fullmatch(scope["path"]):
                body = await _body(receive)
                reason, receive = _refused_body(body), _again(body, receive)
            if reason:
                return await PlainTextResponse(reason, 403)(scope, receive, send)
        return await self._app(scope, receive, send)


def _refused(scope):
    """Why a request is refused before its body is read, or None."""
    headers, path = Headers(scope=scope), scope["path"]
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != headers.get("host"):
        return f"Requests of other pages ({origin}) are refused."
    if scope["method"] == "POST" and not POSTS.fullmatch(path):
        return "This page has no use for that."
    _, is_file, address = path.partition("/file=")
    if (is_file and "://" in address) or "/proxy=" in path:
        return "Files from elsewhere are not fetched."
    return None


def _refused_body(body):
    """Why a request is refused for what it says, or None."""
    if len(body) > MAX_BODY_BYTES:
        return f"More than {MAX_BODY_BYTES} bytes are taken of uploads only."
    try:
        values = [json.loads(body)] if body else []
    except (ValueError, RecursionError):
        return "This is no JSON, or nested too deep."
    while values:
        value = values.pop()
        if isinstance(value, dict):
            path = value.get("path")
            if isinstance(path, str) and "://" in path:
                return "Files from elsewhere are not fetched."
            values += value.values()
        elif isinstance(value, list):
            values += value
    return None


async def _body(receive):
    """The body of a request, or a little more than is taken of it."""
    body, is_more = b"", True
    while is_more and len(body) <= MAX_BODY_BYTES:
        message = await receive()
        body += message.get("body", b"")
        is_more = message.get("more_body", False)
    return body


def _again(body, receive):
    """A function that gives a body that was read, and then what comes after it."""
    messages = [{"type": "http.request", "body": body}]

    async def give():
        return messages.pop() if messages else await receive()

    return give


def middleware(local_name):
    """What the server passes requests through.

    Args:
        local_name: By which it serves this machine alone: only that one and `LOOPBACK_NAMES` are
            taken, so that no other site's name can be made to mean this machine. None where others
            reach it.
    """
    hosts = ["*"] if local_name is None else [*LOOPBACK_NAMES, local_name]
    return [Middleware(TrustedHostMiddleware, allowed_hosts=hosts), Middleware(Guard)]
