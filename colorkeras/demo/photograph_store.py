"""Storage and expiration of visitors' photographs and films on the server."""

import contextlib
import re
import shutil
import threading
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from colorkeras.demo.visitor_messages import PageError

MAX_PHOTOGRAPHS = 200
"""Maximum number of photographs; when it is exceeded, the least recently used ones are deleted."""

MAX_BYTES = 4_000_000_000
"""Maximum total size of all photographs in bytes."""

IDLE_SECONDS = 3600
"""Time in seconds after which an unused photograph is deleted."""

LOST_SECONDS = 600
"""Time in seconds after which a photograph is deleted if its page has stopped sending requests."""

_MAX_NAME = 100


@dataclass(eq=False)
class Photograph:
    """A visitor's photograph, or a film or one of its scenes.

    Attributes:
        id: Unguessable ID; anyone who knows it can access the photograph.
        folder: Folder that contains only this photograph's files.
        source: Path of the uploaded file, which keeps the visitor's file name.
        truth: Path of the original color photograph, or None.
        details: Dict sent to the page, with the size in pixels and other properties.
        scenes: Scenes of a film, as a list of `Photograph`s of their first frames.
        num_users: Number of requests that are using the photograph.
        is_over: Whether to delete the files as soon as no request is using them.
        last_used: Monotonic time at which the last request started or ended.
        last_seen: Like `last_used`, but also updated by a page that is open but idle.
        num_bytes: Total size of the files in bytes.
    """

    id: str
    folder: Path
    source: Path
    truth: Path | None = None
    details: dict = field(default_factory=dict)
    scenes: list = field(default_factory=list)
    num_users: int = 0
    is_over: bool = False
    last_used: float = field(default_factory=time.monotonic)
    last_seen: float = field(default_factory=time.monotonic)
    num_bytes: int = 0

    def touch(self, is_used=True):
        """Record that the visitor's page is open and, by default, using the photograph."""
        self.last_seen = time.monotonic()
        if is_used:
            self.last_used = self.last_seen


class PhotographStore:
    """Thread-safe store for all photographs on the server.

    Args:
        folder: Folder for the files.
        max_photographs: Maximum number of photographs.
        max_bytes: Maximum total size of all photographs in bytes.
    """

    def __init__(self, folder, max_photographs=MAX_PHOTOGRAPHS, max_bytes=MAX_BYTES):
        self._folder = Path(folder)
        self._max_photographs, self._max_bytes = max_photographs, max_bytes
        self._photographs, self._lock = {}, threading.Lock()

    def add(self, name, stream, prepare, truth=None):
        """Store a photograph or film.

        Args:
            name: The visitor's file name.
            stream: Binary file object, read from the start.
            prepare: Function that takes the `Photograph` and sets its `details`.
            truth: See `Photograph`.

        Returns:
            `Photograph`.

        Raises:
            UserError: `prepare` rejected the photograph. Its files have been deleted.
        """
        name_on_disk = uuid.uuid4().hex
        folder = self._folder / name_on_disk
        photograph = Photograph(name_on_disk, folder, folder / "source" / safe_name(name), truth)
        try:
            photograph.source.parent.mkdir(parents=True)
            stream.seek(0)
            with photograph.source.open("wb") as target:
                shutil.copyfileobj(stream, target, 1 << 20)
            prepare(photograph)
            photograph.num_bytes = sum(
                path.stat().st_size for path in folder.rglob("*") if path.is_file()
            )
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        photograph.touch()
        with self._lock:
            self._photographs[photograph.id] = photograph
        self.expire()
        return photograph

    @contextlib.contextmanager
    def use(self, name):
        """Yield the `Photograph` with the given ID and keep its files until the block ends.

        Args:
            name: ID of a photograph or film, or the ID of a film followed by "-" and the index of a
                scene.

        Raises:
            PageError: The photograph does not exist or has expired.
        """
        with self._lock:
            photograph = self._photographs.get(name.partition("-")[0])
            known = [photograph, *photograph.scenes] if photograph else []
            used = next((each for each in known if each.id == name), None)
            if used is None:
                raise PageError(
                    "This file is no longer on the server. Please add it again.",
                    404,
                    gone=True,
                )
            photograph.num_users += 1
            photograph.touch()
        try:
            yield used
        finally:
            with self._lock:
                photograph.num_users -= 1
                photograph.touch()
                is_unused = photograph.is_over and not photograph.num_users
            if is_unused:
                _delete(photograph)

    @contextlib.contextmanager
    def use_photograph(self, name):
        """Yield a photograph or scene in the same way as `use`; raise `PageError` for a film."""
        with self.use(name) as used:
            if used.scenes:
                raise PageError("This is a film. Please choose one of its scenes.", 404)
            yield used

    @contextlib.contextmanager
    def use_film(self, name):
        """Yield a film in the same way as `use`; raise `PageError` for a photograph or scene."""
        with self.use(name) as used:
            if not used.scenes:
                raise PageError("This is not a film.", 404)
            yield used

    def keep_alive(self, names):
        """Record that a page with these photographs is open, and return any unknown IDs."""
        with self._lock:
            for name in names:
                if name in self._photographs:
                    self._photographs[name].touch(is_used=False)
            return [name for name in names if name not in self._photographs]

    def delete(self, name):
        """Delete a photograph if it exists."""
        with self._lock:
            photograph = self._photographs.pop(name, None)
        self._end([photograph] if photograph else [])

    def expire(self):
        """Delete photographs that have been idle for too long or that exceed the limits."""
        now = time.monotonic()
        with self._lock:
            by_age = sorted(self._photographs.values(), key=lambda each: each.last_used)
            num_bytes = sum(each.num_bytes for each in by_age)
            expired = []
            for number, each in enumerate(by_age):
                is_excess = (
                    len(by_age) - len(expired) > self._max_photographs
                    or num_bytes > self._max_bytes
                ) and number < len(by_age) - 1
                is_idle = now - each.last_used > IDLE_SECONDS or now - each.last_seen > LOST_SECONDS
                if not each.num_users and (is_excess or is_idle):
                    expired.append(each)
                    num_bytes -= each.num_bytes
                    del self._photographs[each.id]
        self._end(expired)

    def _end(self, photographs):
        for photograph in photographs:
            with self._lock:
                photograph.is_over = True
                is_unused = not photograph.num_users
            if is_unused:
                _delete(photograph)


def _delete(photograph):
    shutil.rmtree(photograph.folder, ignore_errors=True)


def safe_name(name):
    r"""Return a visitor's file name without folders or unusual characters.

    >>> safe_name("../a/b.jpg"), safe_name("C:\\scans\\b.jpg"), safe_name("..\0"), safe_name("")
    ('b.jpg', 'b.jpg', 'photograph', 'photograph')
    """
    last = re.split(r"[/\\]", name or "")[-1]
    printable = "".join(char for char in last if char.isprintable() and char not in '"<>:|?*')
    path = PurePosixPath(printable.strip(" ."))
    # Keep the suffix of long names. Most file systems allow 255 bytes.
    suffix = path.suffix[:10]
    stem = path.stem.encode()[: _MAX_NAME - len(suffix.encode())].decode(errors="ignore")
    return f"{stem}{suffix}" if stem else "photograph"
