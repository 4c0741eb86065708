"""Routes for single photographs: uploads, color previews, likely colors and uncertainty."""

import asyncio
import json
from functools import partial

import numpy as np
from starlette.background import BackgroundTask
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from colorkeras.demo import color_request, previews, web
from colorkeras.demo.visitor_messages import PageError, visitor_notes
from colorkeras.utils.errors import UserError, check_choice

MAX_UNCERTAINTY = 0.15
"""Standard deviation of chroma that corresponds to the last color of the uncertainty map."""

LEGEND = ("#ffe97f", "#ffb340", "#f2672f", "#c42a5f", "#6a1b8a")
"""Colors of the uncertainty map, from certain to uncertain."""

_MAX_OPACITY = 0.85


class PhotographRoutes:
    """Request handlers for single photographs.

    Args:
        page: `page.Page`.
    """

    def __init__(self, page):
        self._page = page

    def routes(self):
        """Return the routes under `/api`."""
        one = "/photographs/{id}"
        return [
            Route("/photographs", self.add, methods=["POST"]),
            Route(one, self.delete, methods=["DELETE"]),
            Route("/keep_alive", self.keep_alive, methods=["POST"]),
            Route(one + "/gray.jpg", self.gray),
            Route(one + "/original.jpg", self.original),
            Route(one + "/truth.jpg", self.truth),
            Route(one + "/color", self.color, methods=["POST"]),
            Route(one + "/uncertainty", self.uncertainty, methods=["POST"]),
            Route(one + "/likely_colors", self.likely_colors, methods=["POST"]),
            Route(one + "/compare", self.compare, methods=["POST"]),
            Route(one + "/compare/{number:int}.jpg", self.compared),
        ]

    async def add(self, request):
        """Store an uploaded photograph or an example."""
        page, ticket = self._page, web.new_ticket(self._page.queue, request)
        if request.headers.get("content-type", "").startswith("application/json"):
            example = (await web.read_json(request)).get("example")
            check_choice("example", example, list(page.examples))
            path, _ = page.examples[example]
            with path.open("rb") as stream:
                add = partial(page.store.add, path.name, stream, self._prepare_example, path)
                photograph = await page.queue.run(add, ticket)
        else:
            async with web.open_form(page.uploads, request) as form:
                file = form["file"]
                add = partial(page.store.add, file.filename, file.file, page.prepare)
                photograph = await page.queue.run(add, ticket)
        details = {**photograph.details, "notes": visitor_notes(photograph.details["notes"])}
        return JSONResponse({"id": photograph.id, **details}, 201)

    def _prepare_example(self, photograph):
        """Replace an example with its grayscale version and prepare it."""
        pixels = web.gray(self._page.full_pixels(photograph.source))
        photograph.source.write_bytes(web.jpeg(pixels).body)
        self._page.prepare(photograph)

    async def delete(self, request):
        """Delete a photograph."""
        self._page.store.delete(request.path_params["id"])
        return Response(status_code=204)

    async def keep_alive(self, request):
        """Keep the photographs of an open page from expiring, and return any unknown IDs."""
        names = (await web.read_json(request)).get("ids")
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise PageError("The request contains no list of photographs.", 400)
        return JSONResponse({"gone": self._page.store.keep_alive(names)})

    async def gray(self, request):
        """Return the photograph in grayscale."""
        return await self._image(request, lambda photograph: photograph.source, web.gray)

    async def original(self, request):
        """Return the uploaded photograph, rotated upright."""
        return await self._image(request, lambda photograph: photograph.source)

    async def truth(self, request):
        """Return the photograph in its original colors."""

        def path(photograph):
            if not photograph.details["has_truth"]:
                raise PageError("The true colors of this photograph are unknown.", 404)
            return photograph.truth or photograph.source

        return await self._image(request, path)

    async def _image(self, request, path_of, convert=lambda pixels: pixels):
        """Return a photograph or its ground truth at preview or full size."""
        page, is_full = self._page, _is_full(request.query_params.get("size"))
        with page.store.use_photograph(request.path_params["id"]) as photograph:
            path = path_of(photograph)

            def image():
                if path == photograph.source and not is_full:
                    return web.jpeg(convert(page.preview(photograph).pixels))
                pixels = page.full_pixels(path)
                return web.jpeg(convert(pixels if is_full else previews.shrunk(pixels)))

            if is_full:
                return await page.queue.run(image, page.queue.ticket(None))
            return await asyncio.to_thread(image)

    async def color(self, request):
        """Return the colorized photograph."""
        content = await web.read_json(request)
        is_full = _is_full(content.pop("size", None))
        wanted = color_request.parse(content, self._page.models)
        return await self._colored(request, wanted, is_full, key="color")

    async def _colored(self, request, wanted, is_full=False, key=None):
        page, ticket = self._page, web.new_ticket(self._page.queue, request)
        with page.store.use_photograph(request.path_params["id"]) as photograph:
            if wanted.settings.hints and photograph.details["pages"] > 1:
                raise PageError(
                    "Color hints only work for files with a single page. Please save the page as "
                    "a separate file."
                )

            def work():
                is_stretched = wanted.settings.auto_contrast
                pixels = page.full_pixels(photograph.source, is_stretched) if is_full else None
                preview = page.preview(photograph, is_stretched)
                colored, limited = preview.colored(wanted, pixels)
                hints = [
                    {"index": index, "color": each.color, "is_bright": each.is_bright}
                    for index, each in limited
                ]
                return web.jpeg(colored, {"X-Limited-Hints": json.dumps(hints)})

            answer = await page.queue.run(work, ticket, key=key and (key, photograph.id))
        # Makes the likely colors of the first hint appear as fast as those of later hints.
        model = page.models[wanted.model].exported
        answer.background = BackgroundTask(model.prepare_distribution)
        return answer

    async def uncertainty(self, request):
        """Return a map of the model's color uncertainty as a transparent overlay."""
        page = self._page
        model = self._model(await web.read_json(request), "is_confident")

        def work(photograph):
            share = np.clip(page.preview(photograph).uncertainty(model) / MAX_UNCERTAINTY, 0, 1)
            return web.png(overlay(share))

        return await self._about_one(request, work, "uncertainty")

    async def likely_colors(self, request):
        """Return the most likely colors at a position."""
        page, content = self._page, await web.read_json(request)
        model = self._model(content, "takes_hints")
        x, y = (web.number(content, name) for name in "xy")
        # This does not use the queue, so colorization need not wait for it.
        await asyncio.to_thread(page.models[model].exported.prepare_distribution)

        def work(photograph):
            preview = page.preview(photograph)
            if not (0 <= x < preview.size[0] and 0 <= y < preview.size[1]):
                raise PageError("This point is outside the photograph.")
            pairs = zip(*preview.likely_colors(model, x, y), strict=True)
            colors = [
                {"color": f"#{bytes(color).hex()}", "probability": round(float(probability), 4)}
                for color, probability in pairs
            ]
            return JSONResponse({"colors": colors})

        return await self._about_one(request, work, "likely colors")

    async def _about_one(self, request, work, kind):
        ticket = web.new_ticket(self._page.queue, request)
        with self._page.store.use_photograph(request.path_params["id"]) as photograph:
            key = kind, photograph.id
            bound = partial(work, photograph)
            return await self._page.queue.run(bound, ticket, key=key)

    def _model(self, content, feature):
        """Return the name of the requested model; raise an error if it lacks a required feature."""
        names = list(self._page.models)
        name = content.get("model", names[0])
        check_choice("model", name, names)
        if not getattr(self._page.models[name].exported, feature):
            raise PageError(f"The {name} model does not support this. Please choose another one.")
        return name

    async def compare(self, request):
        """Return the URLs of all versions of a photograph: gray, colorized, and in true colors."""
        address = request.url.path
        with self._page.store.use_photograph(request.path_params["id"]) as photograph:
            parent = address.rpartition("/")[0]
            items = [{"title": "gray", "model": None, "url": f"{parent}/gray.jpg"}]
            for number, name in enumerate(self._page.models):
                items.append({"title": name, "model": name, "url": f"{address}/{number}.jpg"})
            if photograph.details["has_truth"]:
                items.append({"title": "true colors", "model": None, "url": f"{parent}/truth.jpg"})
        return JSONResponse({"items": items})

    async def compared(self, request):
        """Return a photograph colorized by a model with default settings."""
        names, number = list(self._page.models), request.path_params["number"]
        if number >= len(names):
            raise PageError("This model does not exist.", 404)
        wanted = color_request.parse({"model": names[number]}, self._page.models)
        return await self._colored(request, wanted)


def overlay(share):
    """Render values in [0, 1] as an uncertainty map, uint8 RGBA `[h, w, 4]`; 0 is transparent."""
    stops = np.array([list(bytes.fromhex(color[1:])) for color in LEGEND], float)
    places = np.linspace(0, 1, len(stops))
    channels = [np.interp(share, places, stops[:, channel]) for channel in range(3)]
    return np.rint(np.stack([*channels, 255 * _MAX_OPACITY * share], -1)).astype(np.uint8)


def _is_full(size):
    if size not in (None, "preview", "full"):
        raise UserError(f"size {size!r}", "preview or full", "Correct the request.")
    return size == "full"
