"""What the server keeps for each visitor, and for how long."""

import contextlib
import shutil
import threading
import time
import uuid
from collections import deque
from pathlib import Path

from colorkeras.utils.errors import UserError

SERVED, SOURCES, UPLOADS = "served", "sources", "uploads"
"""Names of folders: for what browsers may fetch, for photographs, which they may not, and for what
the library keeps: uploads come there, each in a folder of its own."""

MAX_VISITS = 50
"""Visitors whose photographs are kept at once; the one that was idle longest makes room."""

IDLE_SECONDS = 3600
"""After which the files of a visitor who is gone without a word are deleted."""

ENDED_SECONDS = 600
"""The same of one whose page was closed, or whose connection broke, for that looks alike."""

NUM_KEPT = 3
"""Of the files of one name: the browser may still fetch one when the next is written."""

NUM_REMEMBERED = 1000
"""Of the sessions that ended."""


class Visit:
    """A visitor's photograph, and a folder of their own for what is made of it.

    Attributes:
        folder: For what the visitor's browser fetches; its name cannot be guessed.
        source: Path of the photograph, outside of it, under the name that the visitor gave.
        preview: `previews.Preview`, None of a program's call.
        gray: Path of the preview in gray, alike.
        users: How many events are at work on it.
        is_over: Whether it is to be deleted as soon as none is.
        seen: When the last event ended or began, by the monotonic clock.
        idle_seconds: After which it ends by itself.
    """

    def __init__(self, folder, source, idle_seconds):
        self.folder, self.source, self.idle_seconds = folder, source, idle_seconds
        self.preview = self.gray = None
        self.users, self.is_over = 0, False
        self.seen = time.monotonic()
        self._lock = threading.Lock()

    def new_file(self, name):
        """A path for another file of a name, in a folder of its own; only the last few stay."""
        parent = self.folder / name
        with self._lock:
            parent.mkdir(parents=True, exist_ok=True)
            by_age = sorted(parent.iterdir(), key=lambda folder: folder.stat().st_mtime)
            for old in by_age[: 1 - NUM_KEPT]:
                shutil.rmtree(old)
            folder = parent / uuid.uuid4().hex
            folder.mkdir()
        return folder / name

    def delete(self):
        """Deletes all files of the visit."""
        for folder in (self.folder, self.source.parent):
            shutil.rmtree(folder, ignore_errors=True)


class Visits:
    """All visits, by the session of the visitor's page.

    Args:
        folder: Holds the folders above.
        max_visits: Kept at once.
        idle_seconds: After which a visit ends by itself.
    """

    def __init__(self, folder, max_visits=MAX_VISITS, idle_seconds=IDLE_SECONDS):
        self._folder = Path(folder)
        self._max_visits, self._idle_seconds = max_visits, idle_seconds
        self._visits = {}
        self._ended, self._expired = deque(maxlen=NUM_REMEMBERED), deque(maxlen=NUM_REMEMBERED)
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def begin(self, session, photograph, look=lambda visit: None):
        """Keeps a photograph in place of what the visitor had before, and works on it.

        Args:
            session: Of the visitor's page.
            photograph: Path of the file; an upload is moved away.
            look: Function of the `Visit`, called before any other event can find it.

        Yields:
            `Visit`, which stays at least as long as the block lasts.

        Raises:
            UserError: As `look` does, or the file is gone; what the visitor had before stays.
        """
        name = uuid.uuid4().hex
        source = self._folder / SOURCES / name / Path(photograph).name
        visit = Visit(self._folder / SERVED / name, source, self._idle_seconds)
        visit.users = 1
        try:
            visit.source.parent.mkdir(parents=True)
            self._fetch(Path(photograph), visit.source)
            look(visit)
        except BaseException:
            visit.delete()
            raise
        with self._lock:
            replaced = self._visits.pop(session, None)
            self._visits[session] = visit
            if session in self._ended:
                visit.idle_seconds = min(visit.idle_seconds, ENDED_SECONDS)
        self._end([replaced])
        self.end_idle()
        with self._at_work(visit):
            yield visit

    def _fetch(self, photograph, source):
        """Moves an upload, and copies what is none."""
        is_upload = photograph.parent.parent == self._folder / UPLOADS
        take = shutil.move if is_upload else shutil.copyfile
        try:
            take(photograph, source)
        except FileNotFoundError as error:
            # The same file in the hands of two visitors is one to the library.
            raise UserError(
                f"'{photograph.name}', which is gone", "a photograph", "Drop it again."
            ) from error

    @contextlib.contextmanager
    def of(self, session):
        """Works on the `Visit` of a page.

        Yields:
            `Visit`, which stays at least as long as the block lasts.

        Raises:
            UserError: There is none, or not any more.
        """
        with self._lock:
            visit = self._visits.get(session)
            if visit is not None:
                visit.seen = time.monotonic()
                visit.users += 1
        if visit is None:
            raise UserError(
                "no photograph",
                f"one that was dropped within the last {self._idle_seconds // 60} minutes",
                "Drop a photograph.",
            )
        with self._at_work(visit):
            yield visit

    def knows(self, session):
        """Whether a page has a photograph, or had one until it was idle for too long."""
        with self._lock:
            return session in self._visits or session in self._expired

    @contextlib.contextmanager
    def _at_work(self, visit):
        """Deletes a visit that ended meanwhile, behind the block, which its `users` count."""
        try:
            yield
        finally:
            with self._lock:
                visit.users -= 1
                visit.seen = time.monotonic()
                is_unused = visit.is_over and not visit.users
            if is_unused:
                visit.delete()

    def end(self, session):
        """Deletes what is kept of a visit whose page was closed."""
        with self._lock:
            self._ended.append(session)
            visit = self._visits.pop(session, None)
        self._end([visit])

    def end_idle(self):
        """Deletes what is kept of visits that were idle for too long, or are too many."""
        now = time.monotonic()
        with self._lock:
            unused = [key for key, visit in self._visits.items() if not visit.users]
            unused.sort(key=lambda key: self._visits[key].seen)
            num_too_many = max(0, len(self._visits) - self._max_visits)
            idle = unused[:num_too_many]
            for key in unused[num_too_many:]:
                if now - self._visits[key].seen > self._visits[key].idle_seconds:
                    idle.append(key)
            self._expired.extend(idle)
            ended = [self._visits.pop(key) for key in idle]
        self._end(ended)

    def _end(self, visits):
        for visit in filter(None, visits):
            with self._lock:
                visit.is_over = True
                is_unused = not visit.users
            if is_unused:
                visit.delete()


def delete_older(folder, seconds):
    """Deletes the files below a folder that were written so long ago, and folders left empty."""
    limit = time.time() - seconds
    for path in sorted(Path(folder).rglob("*"), reverse=True):
        # What is being moved away meanwhile is gone, or not empty.
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < limit:
                path.rmdir() if path.is_dir() else path.unlink()
