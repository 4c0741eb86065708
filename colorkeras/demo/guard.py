"""What of the library's server is refused: foreign pages, and addresses elsewhere."""

import json
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse

LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"]


ELSEWHERE = "Files from elsewhere are not fetched."

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
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        _, is_file, address = scope["path"].partition("/file=")
        if origin is not None and urlsplit(origin).netloc != headers.get("host"):
            return await _refuse(f"Requests of other pages ({origin}) are refused.")(
                scope, receive, send
            )
        if (is_file and "://" in address) or "/proxy=" in scope["path"]:
            return await _refuse(ELSEWHERE)(scope, receive, send)
        if scope["method"] == "POST" and "multipart/" not in headers.get("content-type", ""):
            body = await _body(receive)
            if len(body) > MAX_BODY_BYTES or _names_address(body):
                return await _refuse(ELSEWHERE)(scope, receive, send)
            receive = _again(body, receive)
        return await self._app(scope, receive, send)


def _refuse(reason):
    return PlainTextResponse(reason, 403)


async def _body(receive):
    """The body of a request, at most a little more than is taken."""
    parts, is_more = [], True
    while is_more and sum(map(len, parts)) <= MAX_BODY_BYTES:
        message = await receive()
        parts.append(message.get("body", b""))
        is_more = message.get("more_body", False)
    return b"".join(parts)


def _again(body, receive):
    """A function that gives a body that was read, and then what comes after it."""
    messages = [{"type": "http.request", "body": body}]

    async def give():
        return messages.pop() if messages else await receive()

    return give


def _names_address(body):
    """Whether JSON has the path of a file that lies at an address."""

    def is_address(value):
        if isinstance(value, dict):
            path = value.get("path")
            return (isinstance(path, str) and "://" in path) or any(map(is_address, value.values()))
        return isinstance(value, list) and any(map(is_address, value))

    try:
        return is_address(json.loads(body)) if body else False
    except (ValueError, RecursionError):
        return False


def middleware(is_local):
    """What the server passes requests through.

    Args:
        is_local: Whether it serves this machine alone: then only under its own names, so that no
            other site's name can be made to mean this machine.
    """
    hosts = LOOPBACK_NAMES if is_local else ["*"]
    return [Middleware(TrustedHostMiddleware, allowed_hosts=hosts), Middleware(Guard)]
