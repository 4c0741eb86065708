"""Full-size downloads: single results, zip archives, and an API for scripts."""

import asyncio
import contextlib
import json
import os
import shutil
import zipfile
from functools import partial
from pathlib import Path

from starlette.routing import Route

from colorkeras import image_io
from colorkeras.demo import color_request, web
from colorkeras.demo.coloring_queue import FILE
from colorkeras.demo.photograph_store import safe_name
from colorkeras.demo.result_folder import result_folder
from colorkeras.demo.visitor_messages import PageError, visitor_message
from colorkeras.inference.batch import color_files, plan
from colorkeras.inference.batch.plan import BatchItem
from colorkeras.utils.errors import UserError

FORMATS = (".jpg", ".png", ".tif")
"""File suffixes that visitors may request; by default, the input format is kept."""

MAX_ITEMS, MAX_API_VARIATIONS = 200, 20
"""Maximum numbers of photographs per zip archive and of variations per API call."""

MAX_ZIP_BYTES, MAX_RESULT_BYTES = 2_000_000_000, 4_000_000_000
"""Maximum sizes in bytes of a zip archive and of all files that are being created or sent.

The limits are checked before each file is added, so the last file may exceed them.
"""

_NOT_COLORED = "not colored.txt"


class Downloads:
    """Request handlers for full-size downloads.

    Args:
        page: `page.Page`.
    """

    def __init__(self, page):
        self._page, self._zip_lock = page, asyncio.Lock()

    def routes(self):
        """Return the routes under `/api`."""
        return [
            Route("/photographs/{id}/result", self.result, methods=["POST"]),
            Route("/zip", self.zip, methods=["POST"]),
            Route("/colorize", self.colorize, methods=["POST"]),
        ]

    async def result(self, request):
        """Colorize a photograph at full size and return it."""
        page, content = self._page, await web.read_json(request)
        ticket = web.new_ticket(page.queue, request)
        wanted = color_request.parse(content.get("settings") or {}, page.models)
        kind, name = _kind(content), request.path_params["id"]
        with page.store.use_photograph(name) as photograph, self._folder() as keep:
            path, notes = await self._color(photograph.source, wanted, kind, keep.folder, ticket)
            return keep.response(path, notes)

    async def zip(self, request):
        """Colorize several photographs at full size and return them as a zip archive."""
        content, ticket = await web.read_json(request), web.new_ticket(self._page.queue, request)
        items, kind = content.get("items"), _kind(content)
        if not isinstance(items, list) or not 0 < len(items) <= MAX_ITEMS:
            raise PageError(f"A zip archive can contain 1 to {MAX_ITEMS} photographs.")
        if not all(isinstance(item, dict) for item in items):
            raise PageError("The request must be a list of photographs.", 400)
        ticket.total = len(items)
        # One archive at a time, because archives are large and take long to create.
        async with self._zip_lock:
            return await self._zipped(request, items, kind, ticket)

    async def _zipped(self, request, items, kind, ticket):
        """Create a zip archive and return it as a response."""
        failed = []
        with self._folder() as keep:
            archive = keep.folder / "photographs_color.zip"
            with zipfile.ZipFile(archive, "w") as stream:
                for item in items:
                    await web.check_connection(request)
                    await self._add(stream, item, kind, failed, ticket)
                    ticket.done += 1
                if len(failed) == len(items):
                    raise PageError(failed[0].partition(": ")[2])
                if failed:
                    stream.writestr(_NOT_COLORED, "\n".join(failed) + "\n")
            return keep.response(archive, [], {"X-Failed": str(len(failed))})

    async def _add(self, archive, item, kind, failed, ticket):
        """Colorize a photograph and add it to an archive; append failures to `failed`."""
        name, store = "A photograph", self._page.store
        try:
            wanted = color_request.parse(item.get("settings") or {}, self._page.models)
            with store.use_photograph(str(item.get("id"))) as photograph, self._folder() as keep:
                name = photograph.source.name
                if sum(info.file_size for info in archive.infolist()) >= MAX_ZIP_BYTES:
                    limit = f"{MAX_ZIP_BYTES / 1e9:g} GB"
                    raise PageError(
                        f"The zip file is full ({limit}). Download this photograph separately."
                    )
                path, _ = await self._color(photograph.source, wanted, kind, keep.folder, ticket)
                await asyncio.to_thread(archive.write, path, _unused(archive, path))
        except UserError as error:
            failed.append(f"{name}: {visitor_message(error)}")
        except PageError as error:
            failed.append(f"{name}: {error.message}")

    async def colorize(self, request):
        """Colorize an upload without storing it; return an image or a zip archive of variations."""
        page, ticket = self._page, web.new_ticket(self._page.queue, request)
        with self._folder() as keep:
            async with web.open_form(page.uploads, request) as form:
                requests, kind = _api_requests(_fields(form), page.models)
                check_space(page.results)
                add = partial(_copy, form["file"], keep.folder / "source")
                source = await asyncio.to_thread(add)
            ticket.total, results, notes = len(requests), [], []
            for wanted in requests:
                await web.check_connection(request)
                if sum(path.stat().st_size for path in results) >= MAX_ZIP_BYTES:
                    raise PageError("The zip file would be too large. Request fewer variations.")
                path, notes = await self._color(source, wanted, kind, keep.folder, ticket)
                results.append(path)
                ticket.done += 1
            if len(results) == 1:
                return keep.response(results[0], notes)
            archive = keep.folder / f"{source.stem}{plan.VARIATIONS}.zip"
            await asyncio.to_thread(_zip, archive, results)
            return keep.response(archive, notes)

    async def _color(self, source, wanted, kind, folder, ticket):
        """Colorize a file; return the path of the result and a list of notes."""

        def work():
            # Checked only now, because other requests may have used up the space during the wait.
            check_space(self._page.results)
            return color_to(self._page, source, wanted, kind, folder)

        return await self._page.queue.run(work, ticket, FILE)

    def _folder(self):
        return result_folder(self._page.results)


def check_space(folder):
    """Raise `PageError` if files that are being created or sent use too much disk space."""
    if _num_bytes(folder) >= MAX_RESULT_BYTES:
        raise PageError(
            "Too many files are being downloaded at the moment. Please try again in a minute.",
            503,
            busy=True,
        )


def color_to(page, source, wanted, kind, folder):
    """Colorize a file in the same way as `colorkeras colorize`.

    Args:
        page: `page.Page`.
        source: Path of the input file.
        wanted: `ColorRequest`.
        kind: `(side_by_side, suffix)`: whether to return a side-by-side image, and the file suffix
            of the result, or None to keep the input format.
        folder: Output folder.

    Returns:
        Path of the result, and a list of notes about it.

    Raises:
        UserError: The file cannot be colorized.
    """
    side_by_side, suffix = kind
    number = f"_{wanted.settings.seed + 1}" if wanted.settings.seed else ""
    name = f"{source.stem}{plan.MARK}{number}{suffix or image_io.result_suffix(source)}"
    target, sheets = folder / name, {}
    if side_by_side:
        sheets[target.with_stem(target.stem + plan.SIDE_BY_SIDE)] = [target]
    item = BatchItem(source, (target,), sheets, hints=wanted.settings.hints)
    options = wanted.options(page.options.max_megapixels)
    result = color_files.colorize_file(page.models[wanted.model], item, options)
    if result.error is not None:
        raise result.error
    return result.targets[-1], result.notes


def _kind(content):
    side_by_side, suffix = content.get("side_by_side", False), content.get("format")
    if suffix not in (None, *FORMATS):
        raise UserError(f"format {suffix!r}", "one of " + ", ".join(FORMATS), "Correct the format.")
    return bool(side_by_side), suffix


def _fields(form):
    """Return the settings in an API call; all fields except the model are parsed as JSON."""
    content = {}
    for name, value in form.items():
        if name == "file":
            continue
        try:
            content[name] = value if name == "model" else json.loads(value)
        except (ValueError, TypeError, RecursionError) as error:
            raise UserError(f"{name} {value!r:.50}", "valid JSON", "Correct the value.") from error
    if "seed" in content:
        content["variation"] = content.pop("seed")
    return content


def _api_requests(content, models):
    """Return the `ColorRequest`s for the variations in an API call, and their `_kind`."""
    num_variations = content.pop("variations", 1)
    kind = _kind({"side_by_side": content.pop("side_by_side", False)})
    if num_variations not in range(1, MAX_API_VARIATIONS + 1):
        raise PageError(f"Request 1 to {MAX_API_VARIATIONS} variations.")
    first = color_request.parse(content, models).settings.seed
    numbers = range(first, first + int(num_variations))
    requests = [color_request.parse({**content, "variation": n}, models) for n in numbers]
    return requests, kind


def _num_bytes(folder):
    """Return the total size of all files in a folder, ignoring files deleted meanwhile."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                total += Path(parent, name).stat().st_size
    return total


def _copy(upload, folder):
    folder.mkdir()
    path = folder / safe_name(upload.filename)
    with path.open("wb") as target:
        shutil.copyfileobj(upload.file, target, 1 << 20)
    return path


def _zip(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for file in files:
            archive.write(file, file.name)
            # Otherwise, the files would take up twice as much disk space.
            file.unlink()


def _unused(archive, path):
    """Return a file name that is not yet used in the archive."""
    names, name, number = set(archive.namelist()), path.name, 2
    while name in names:
        name = f"{path.stem} ({number}){path.suffix}"
        number += 1
    return name
