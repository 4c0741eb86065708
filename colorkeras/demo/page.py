"""Server state: models, photographs, queues and examples."""

import asyncio
from functools import lru_cache

from colorkeras import image_io
from colorkeras.data import sample
from colorkeras.demo import previews
from colorkeras.demo.coloring_queue import UNKNOWN, ColoringQueue
from colorkeras.demo.photograph_store import PhotographStore
from colorkeras.export.bundled import BUNDLED_MODELS

_NUM_PREVIEWS = 8
"""Number of previews to keep in memory; all others are reloaded on demand."""

_MAX_UPLOADS, _MAX_FILM_UPLOADS = 8, 4

_MAX_PAUSE = 1.0
"""Maximum time in seconds by which photographs can delay each frame of a film."""


class Page:
    """State shared by all requests.

    Args:
        models: Dict from display name to `predictor.Predictor`; the first one is the default.
        folder: Folder for visitors' files.
        options: `DemoOptions` of `colorkeras demo`.

    Attributes:
        store: `PhotographStore`.
        queue: `ColoringQueue` for photographs and previews.
        film_queue: `ColoringQueue` for colorizing films, with lower priority than `queue`.
        scan_queue: `ColoringQueue` for scanning new films, with lower priority than `queue`.
        uploads: Semaphore that limits the number of photographs being received or waiting to be
            stored.
        film_uploads: Semaphore that limits the number of films being received or waiting to be
            stored.
        results: Folder for files that are being downloaded.
        suffixes: Accepted file suffixes.
        examples: Dict from ID to (path of a color photograph, title).
    """

    def __init__(self, models, folder, options):
        self.models, self.options = models, options
        self.store = PhotographStore(folder / "photographs")
        self.queue = ColoringQueue()
        self.film_queue, self.scan_queue = ColoringQueue(), ColoringQueue()
        self.results = folder / "results"
        self.results.mkdir()
        self.suffixes = [suffix for kind in image_io.FORMATS.values() for suffix in kind.suffixes]
        self.examples = {path.stem: (path, title) for path, title in sample.photographs()}
        self._preview = lru_cache(_NUM_PREVIEWS)(self._read_preview)
        # Limit the disk space used by uploads that are being received or are waiting in a queue.
        self.uploads = asyncio.Semaphore(_MAX_UPLOADS)
        self.film_uploads = asyncio.Semaphore(_MAX_FILM_UPLOADS)

    def queue_state(self, name):
        """Return the state of a ticket in any queue as a JSON-serializable dict."""
        queues = self.queue, self.film_queue, self.scan_queue
        states = [queue.state(name) for queue in queues]
        return next((state for state in states if state["state"] != UNKNOWN), states[0])

    def pause(self):
        """Wait while photographs are being processed, for at most `_MAX_PAUSE` seconds."""
        self.queue.idle.wait(_MAX_PAUSE)

    @property
    def max_bytes(self):
        """Maximum upload size in bytes."""
        return int(self.options.max_megabytes * 1e6)

    def preview(self, photograph, is_stretched=False):
        """Return the `previews.Preview` of a photograph.

        Args:
            photograph: `Photograph`.
            is_stretched: Whether to apply auto-contrast.
        """
        return self._preview(photograph, is_stretched)

    def _read_preview(self, photograph, is_stretched):
        if is_stretched:
            path, limit = photograph.source, self.options.max_megapixels
            return previews.stretched_preview(path, self.models, limit)
        return previews.Preview.load(photograph.folder, self.models)

    def prepare(self, photograph):
        """Read a new photograph; see `previews.prepare`."""
        previews.prepare(photograph, self.models, self.options.max_megapixels)

    def full_pixels(self, path, is_stretched=False):
        """Return the pixels of a photograph's first page; see `previews.read_first_page`."""
        return previews.read_first_page(path, self.options.max_megapixels, is_stretched)


def named(models):
    """Return a dict from display name to model, with names that do not reveal server paths.

    Args:
        models: List of `(name, predictor)`: the name of a bundled model or the path of an export,
            and a `predictor.Predictor`.
    """
    result = {}
    for name, model in models:
        shown = name if name in BUNDLED_MODELS else model.name
        while shown in result:
            shown += " again"
        result[shown] = model
    return result
