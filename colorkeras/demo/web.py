"""Helpers for HTTP requests and responses."""

import asyncio
import contextlib
import io
import json
import re

import numpy as np
from PIL import Image
from starlette.datastructures import UploadFile
from starlette.responses import JSONResponse, Response

from colorkeras.color.spaces_numpy import luma_of_pixels
from colorkeras.demo.visitor_messages import PageError
from colorkeras.utils.errors import UserError

JPEG_QUALITY = 90
"""JPEG quality of previews."""

_UPLOAD_SECONDS = 600
"""Time limit for an upload in seconds."""

_TICKET = re.compile(r"[A-Za-z0-9-]{8,64}")


async def read_json(request):
    """Return the JSON object in a request body.

    Raises:
        PageError: The body is not a JSON object.
    """
    try:
        content = json.loads(await request.body() or b"{}")
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise PageError("The request must be a JSON object.", 400)
    return content


@contextlib.asynccontextmanager
async def open_form(slots, request):
    """Yield the fields of a multipart form, one of which is `file`, and delete the upload on exit.

    Args:
        slots: `asyncio.Semaphore`, such as `page.uploads`; the form occupies a slot until exit.
        request: Request with the form.

    Raises:
        PageError: The form contains no file, or the upload took too long.
    """
    async with slots:
        try:
            async with asyncio.timeout(_UPLOAD_SECONDS):
                form = await request.form(max_files=1, max_fields=20)
        except TimeoutError:
            raise PageError("The upload took too long. Please try again.", 408) from None
        try:
            if not isinstance(form.get("file"), UploadFile):
                raise PageError("The request contains no file. Please choose one.")
            yield form
        finally:
            await form.close()


async def check_connection(request):
    """Raise `PageError` if the visitor is no longer waiting for the response."""
    if await request.is_disconnected():
        raise PageError("The connection was lost.", 499)


def new_ticket(queue, request):
    """Create a `Ticket` with the name in a request's `X-Ticket` header."""
    name = request.headers.get("x-ticket")
    if name is not None and not _TICKET.fullmatch(name):
        raise PageError("The request has an invalid ticket.", 400)
    return queue.ticket(name)


def jpeg(pixels, headers=None):
    """Return a JPEG response; pixels are uint8 `[h, w]` or `[h, w, 3]`."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=JPEG_QUALITY)
    return Response(stream.getvalue(), media_type="image/jpeg", headers=headers)


def gray(pixels):
    """Return the luma of uint8 pixels, uint8 `[h, w]`."""
    if pixels.ndim == 2:
        return pixels
    return np.rint(255 * luma_of_pixels(pixels)).astype(np.uint8)


def png(pixels):
    """Return a PNG response; pixels are uint8 RGBA `[h, w, 4]`."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return Response(stream.getvalue(), media_type="image/png")


def number(content, name):
    """Return a number from a JSON object.

    Raises:
        UserError: The value is missing or is not a number.
    """
    value = content.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UserError(f"{name} {value!r}", "a number", "Correct the request.")
    return value


def error_response(message, status, flags=None):
    """Return an error response as JSON."""
    return JSONResponse({"message": message, **(flags or {})}, status)


def file_bytes(content):
    """Return a response with the bytes of a JPEG file, but not its name or modification time."""
    return Response(content, media_type="image/jpeg")
