"""Routes for films: uploads, one-second color previews, and complete films."""

import asyncio
from dataclasses import replace
from functools import partial

from starlette.responses import JSONResponse
from starlette.routing import Route

from colorkeras.demo import color_request, films, web
from colorkeras.demo.coloring_queue import FILE, PREVIEW, WAITING
from colorkeras.demo.downloads import check_space
from colorkeras.demo.result_folder import result_folder
from colorkeras.demo.visitor_messages import PageError, visitor_notes
from colorkeras.inference.batch import plan
from colorkeras.inference.batch.plan import BatchItem
from colorkeras.inference.color_hints import HintList
from colorkeras.utils.errors import UserError
from colorkeras.video.film_options import FilmOptions

PREVIEW_SECONDS = 1.0
"""Maximum duration of previews."""

_MARGIN = 0.0005
"""Time in seconds between the end of a preview and the end of its scene, which prevents rounding
errors from including a frame of the next scene."""

_POLL_SECONDS = 0.5
"""Interval in seconds between checks that the visitor is still waiting."""


class FilmRoutes:
    """Request handlers for films.

    The first frame of each scene can be used like a photograph. Its ID is the ID of the film,
    followed by "-" and the index of the scene.

    Args:
        page: `page.Page`.
    """

    def __init__(self, page):
        self._page = page

    def routes(self):
        """Return the routes under `/api`."""
        return [
            Route("/films", self.add, methods=["POST"]),
            Route("/films/{id}/preview", self.preview, methods=["POST"]),
            Route("/films/{id}/result", self.result, methods=["POST"]),
        ]

    async def add(self, request):
        """Store an uploaded film and find its scenes."""
        page, ticket = self._page, web.new_ticket(self._page.scan_queue, request)
        if page.film_uploads.locked():
            raise PageError(
                "Too many films are being uploaded at the moment. Please try again in a minute.",
                503,
                busy=True,
            )
        async with web.open_form(page.film_uploads, request) as form:
            file = form["file"]
            prepare = partial(films.prepare, models=page.models, ticket=ticket, pause=page.pause)
            add = partial(page.store.add, file.filename, file.file, prepare)
            film = await page.scan_queue.run(add, ticket)
        details = {**film.details, "notes": visitor_notes(film.details["notes"])}
        scenes = [{"id": scene.id, **scene.details} for scene in film.scenes]
        return JSONResponse({"id": film.id, **details, "scenes": scenes}, 201)

    async def preview(self, request):
        """Colorize the first second of a scene and return it."""
        page, content = self._page, await web.read_json(request)
        ticket = web.new_ticket(page.queue, request)
        wanted = _settings(content, page.models)
        with self._film(request) as film, result_folder(page.results) as keep:
            start, end = _scene_times(film, content.get("scene", 0))
            end = min(start + PREVIEW_SECONDS, end - _MARGIN)
            wanted = _with_hints_between(wanted, start, end, film.scenes[0].details["start"])
            options = FilmOptions(start, end - start, progress=_counter(ticket))
            work = partial(_color, page, film, wanted, keep.folder, options)
            running = page.queue.run(work, ticket, PREVIEW)
            return keep.response(*await _finished(request, running, ticket, options.stopped))

    async def result(self, request):
        """Colorize a film and return it."""
        page, content = self._page, await web.read_json(request)
        ticket = web.new_ticket(page.film_queue, request)
        wanted = _settings(content, page.models)
        count = _counter(ticket)

        def progress(stage, finished, total):
            count(stage, finished, total)
            page.pause()

        with self._film(request) as film, result_folder(page.results) as keep:
            options = FilmOptions(progress=progress)
            work = partial(_color, page, film, wanted, keep.folder, options)
            running = page.film_queue.run(work, ticket, FILE)
            return keep.response(*await _finished(request, running, ticket, options.stopped))

    def _film(self, request):
        return self._page.store.use_film(request.path_params["id"])


def _settings(content, models):
    """Parse the JSON object of a request into the `ColorRequest` for a film."""
    settings = content.get("settings") or {}
    wanted = color_request.parse(settings, models)
    for name in color_request.SWITCHES:
        if settings.get(name):
            raise UserError(f"{name} for a film", "it for photographs only", f"Omit {name}.")
    return wanted


def _scene_times(film, index):
    """Return the times in seconds at which a scene starts and ends."""
    if type(index) is not int or index not in range(len(film.scenes)):
        raise PageError("This scene does not exist.", 404)
    details = film.scenes[index].details
    return details["start"], details["end"]


def _with_hints_between(wanted, start, end, default):
    """Return a copy of a `ColorRequest` with only the hints in a time range.

    All times are in seconds. `default` is the time assumed for hints without a time.
    """
    hints = wanted.settings.hints
    inside = [
        hint for hint in hints.hints if start <= (default if hint.time is None else hint.time) < end
    ]
    return replace(wanted, settings=replace(wanted.settings, hints=HintList(inside, hints.size)))


def _counter(ticket):
    """Return a progress callback that records the number of colorized frames in a ticket."""

    def progress(stage, finished, total):
        if stage == "Colorizing":
            ticket.done, ticket.total = finished, total

    return progress


def _color(page, film, wanted, folder, options):
    """Colorize a film in the same way as `colorkeras colorize`.

    Args:
        page: `page.Page`.
        film: `Photograph` of the film.
        wanted: `ColorRequest`.
        folder: Folder for the result.
        options: `FilmOptions`.

    Returns:
        Path of the result, and a list of notes about it.

    Raises:
        UserError: The film cannot be colorized.
        PageError: `options.stopped` was set.
    """
    # Imported here because the `video` extra may not be installed.
    from colorkeras.video.color_films import colorize_film

    target = folder / f"{film.source.stem}{plan.MARK}.mp4"
    item = BatchItem(film.source, (target,), hints=wanted.settings.hints)
    model = page.models[wanted.model]
    check_space(page.results)
    try:
        result = colorize_film(model, item, wanted.options(films.MAX_MEGAPIXELS), options)
    except KeyboardInterrupt:
        raise PageError("The colorization was canceled.", 499) from None
    if result.error is not None:
        raise result.error
    return target, result.notes


async def _finished(request, work, ticket, stopped):
    """Return the result of a coroutine, stopping it if the visitor is no longer waiting.

    Args:
        request: Request whose connection is monitored.
        work: Coroutine that colorizes a film.
        ticket: `Ticket` of the request.
        stopped: `threading.Event` that ends the colorization when it is set.
    """
    running = asyncio.ensure_future(work)
    try:
        while not running.done():
            await asyncio.wait([running], timeout=_POLL_SECONDS)
            if not running.done():
                await web.check_connection(request)
        return running.result()
    finally:
        stopped.set()
        if ticket.state == WAITING:
            running.cancel()
        # The result folder must not be deleted while files are being written to it.
        await asyncio.wait([running])
        if not running.cancelled():
            running.exception()  # Marks the exception as retrieved if nobody awaits it.
