"""ASGI application that serves the web page and its API."""

import asyncio
import contextlib
from functools import lru_cache
from importlib import resources

import numpy as np
from PIL import Image
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from colorkeras.config.colorize_options import MAX_VARIATIONS
from colorkeras.demo import color_request, downloads, films, request_guard, web
from colorkeras.demo.blind_test import NUM_CROPS, BlindTest
from colorkeras.demo.downloads import Downloads
from colorkeras.demo.film_routes import FilmRoutes
from colorkeras.demo.photograph_routes import LEGEND, PhotographRoutes
from colorkeras.demo.visitor_messages import UNEXPECTED, PageError, visitor_message
from colorkeras.export.bundled import PURPOSES
from colorkeras.utils.errors import UserError
from colorkeras.utils.version import __version__

_STATIC = resources.files("colorkeras.demo") / "static"

_SECONDS_BETWEEN_CLEANUPS = 60

_TITLES = {
    "photo": "Photographs",
    "unet": "Pale and cautious",
    "unet_vivid": "Bold and varied",
}
"""Display names of the bundled models."""

_THUMBNAIL_SIDE = 320


def create(page, host_names=()):
    """Create the application.

    Args:
        page: `page.Page`.
        host_names: See `request_guard.RequestGuard`.

    Returns:
        `starlette.applications.Starlette`.
    """

    async def index(request):
        return FileResponse(_STATIC / "index.html")

    async def describe(request):
        return JSONResponse(_info(page))

    async def queue_state(request):
        return JSONResponse(page.queue_state(request.path_params["ticket"]))

    thumbnails = lru_cache(len(page.examples))(lambda example: _thumbnail(page, example))

    async def thumbnail(request):
        example = request.path_params["example"]
        if example not in page.examples:
            raise PageError("This example does not exist.", 404)
        return web.jpeg(await asyncio.to_thread(thumbnails, example))

    api = [
        Route("/info", describe),
        Route("/queue/{ticket}", queue_state),
        Route("/examples/{example}.jpg", thumbnail),
        *PhotographRoutes(page).routes(),
        *Downloads(page).routes(),
        *FilmRoutes(page).routes(),
        *BlindTest().routes(),
    ]
    static = StaticFiles(directory=_STATIC)
    routes = [Route("/", index), Mount("/static", static), Mount("/api", routes=api)]
    handlers = {
        UserError: _user_error,
        PageError: _page_error,
        HTTPException: _http_error,
        Exception: _unexpected,
    }

    @contextlib.asynccontextmanager
    async def lifespan(app):
        cleaning = asyncio.create_task(_clean(page))
        yield
        cleaning.cancel()

    return Starlette(
        routes=routes,
        middleware=request_guard.middleware(host_names, page.max_bytes),
        exception_handlers=handlers,
        lifespan=lifespan,
    )


async def _clean(page):
    while True:
        await asyncio.sleep(_SECONDS_BETWEEN_CLEANUPS)
        await asyncio.to_thread(page.store.expire)


def _info(page):
    """Return the information about the server that the page requests when it loads."""
    models = [
        {
            "name": name,
            "title": _TITLES.get(name, name),
            "purpose": PURPOSES.get(name, "your own model"),
            "has_vividness": model.exported.has_vividness,
            "default_vividness": model.exported.metadata.get("vividness"),
            "takes_hints": model.exported.takes_hints,
            "has_variations": model.exported.samples,
            "has_uncertainty": model.exported.is_confident,
        }
        for name, model in page.models.items()
    ]
    return {
        "version": __version__,
        "default_model": models[0]["name"],
        "models": models,
        "limits": {
            "megabytes": page.options.max_megabytes,
            "zip_items": downloads.MAX_ITEMS,
            "hints": color_request.MAX_HINTS,
            "variations": MAX_VARIATIONS,
        },
        "suffixes": page.suffixes,
        "films": films.limits(),
        "output_formats": downloads.FORMATS,
        "examples": [
            {"id": example, "title": title, "url": f"/api/examples/{example}.jpg"}
            for example, (_, title) in page.examples.items()
        ],
        "uncertainty_legend": {
            "title": "How certain the model is about its colors",
            "low": "certain",
            "high": "uncertain",
            "colors": LEGEND,
        },
        "blind_test": {"count": NUM_CROPS},
    }


def _thumbnail(page, example):
    image = Image.fromarray(web.gray(page.full_pixels(page.examples[example][0])))
    image.thumbnail((_THUMBNAIL_SIDE, _THUMBNAIL_SIDE))
    return np.asarray(image)


async def _user_error(request, error):
    return web.error_response(visitor_message(error), 422)


async def _page_error(request, error):
    return web.error_response(error.message, error.status, error.flags)


async def _http_error(request, error):
    if error.status_code in (204, 304):
        return Response(status_code=error.status_code)
    return web.error_response(str(error.detail), error.status_code)


async def _unexpected(request, error):
    return web.error_response(UNEXPECTED, 500)
