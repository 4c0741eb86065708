"""Visitors' files on the server, and their expiry."""

import contextlib
import shutil
import threading
import time
import uuid
from collections import deque
from pathlib import Path

from colorkeras.utils.errors import UserError

SERVED, SOURCES, UPLOADS = "served", "sources", "uploads"
"""Names of folders: files that browsers may fetch, photographs, which they may not, and Gradio's
uploads, each in a folder of its own."""

MAX_SESSIONS = 50
"""Maximum number of sessions; the one that has been idle longest is removed."""

IDLE_SECONDS = 3600
"""Idle time after which a session's files are deleted."""

CLOSED_IDLE_SECONDS = 600
"""The same after the page was closed or lost its connection, which looks the same to the server."""

MAX_FILES_PER_NAME = 3
"""Kept files of one name; the browser may still be fetching one when the next is written."""

MAX_REMEMBERED = 1000
"""Number of ended sessions to remember."""


class Session:
    """A visitor's photograph, and a folder for the files made from it.

    Attributes:
        folder: Folder for files that the browser fetches, with an unguessable name.
        source: Path of the photograph, outside of `folder`, under the visitor's file name.
        preview: `previews.Preview`; None for an API call.
        gray: Path of the grayscale preview; None for an API call.
        num_users: Number of events that are using the session.
        is_over: Whether to delete the session as soon as no event uses it.
        last_used: Monotonic time at which the last event started or ended.
        idle_seconds: Idle time after which the session expires.
    """

    def __init__(self, folder, source, idle_seconds):
        self.folder, self.source, self.idle_seconds = folder, source, idle_seconds
        self.preview = self.gray = None
        self.num_users, self.is_over = 0, False
        self.last_used = time.monotonic()
        self._lock = threading.Lock()

    def new_file(self, name):
        """Return a path for a new file with this name; delete the oldest ones of the same name."""
        parent = self.folder / name
        with self._lock:
            parent.mkdir(parents=True, exist_ok=True)
            by_age = sorted(parent.iterdir(), key=lambda folder: folder.stat().st_mtime)
            for old in by_age[: 1 - MAX_FILES_PER_NAME]:
                shutil.rmtree(old)
            folder = parent / uuid.uuid4().hex
            folder.mkdir()
        return folder / name

    def delete(self):
        """Delete all files of the session."""
        for folder in (self.folder, self.source.parent):
            shutil.rmtree(folder, ignore_errors=True)


class Sessions:
    """All sessions, by Gradio's session hash.

    Args:
        folder: Parent of the folders `SERVED`, `SOURCES` and `UPLOADS`.
        max_sessions: Maximum number of sessions.
        idle_seconds: Idle time after which a session expires.
    """

    def __init__(self, folder, max_sessions=MAX_SESSIONS, idle_seconds=IDLE_SECONDS):
        self._folder = Path(folder)
        self._max_sessions, self._idle_seconds = max_sessions, idle_seconds
        self._sessions = {}
        self._closed, self._expired = deque(maxlen=MAX_REMEMBERED), deque(maxlen=MAX_REMEMBERED)
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def start(self, session_hash, photograph, prepare=lambda session: None):
        """Start a session with a photograph, replacing the visitor's previous session.

        Args:
            session_hash: Gradio's identifier of the visitor's page.
            photograph: Path of the file. Uploads are moved, other files copied.
            prepare: Function of the `Session`, called before other events can find it.

        Yields:
            `Session`, which exists at least until the block ends.

        Raises:
            UserError: `prepare` raised it, or the file is gone. The previous session stays.
        """
        name = uuid.uuid4().hex
        source = self._folder / SOURCES / name / Path(photograph).name
        session = Session(self._folder / SERVED / name, source, self._idle_seconds)
        session.num_users = 1
        try:
            session.source.parent.mkdir(parents=True)
            self._fetch(Path(photograph), session.source)
            prepare(session)
        except BaseException:
            session.delete()
            raise
        with self._lock:
            replaced = self._sessions.pop(session_hash, None)
            self._sessions[session_hash] = session
            if session_hash in self._closed:
                session.idle_seconds = min(session.idle_seconds, CLOSED_IDLE_SECONDS)
        self._end([replaced])
        self.expire()
        with self._in_use(session):
            yield session

    def _fetch(self, photograph, source):
        is_upload = photograph.parent.parent == self._folder / UPLOADS
        try:
            (shutil.move if is_upload else shutil.copyfile)(photograph, source)
        except FileNotFoundError as error:
            # Gradio stores identical uploads of two visitors once.
            raise UserError(
                f"'{photograph.name}', which is gone", "a photograph", "Drop it again."
            ) from error

    @contextlib.contextmanager
    def use(self, session_hash):
        """Use the session of a visitor's page.

        Yields:
            `Session`, which exists at least until the block ends.

        Raises:
            UserError: There is no such session, or it has expired.
        """
        with self._lock:
            session = self._sessions.get(session_hash)
            if session is not None:
                session.last_used = time.monotonic()
                session.num_users += 1
        if session is None:
            raise UserError(
                "no photograph",
                f"one that was dropped within the last {self._idle_seconds // 60} minutes",
                "Drop a photograph.",
            )
        with self._in_use(session):
            yield session

    def has_started(self, session_hash):
        """Return whether a page has a photograph, or had one until it expired."""
        with self._lock:
            return session_hash in self._sessions or session_hash in self._expired

    @contextlib.contextmanager
    def _in_use(self, session):
        """Count one of `num_users` down at the end; delete the session if it has ended by then."""
        try:
            yield
        finally:
            with self._lock:
                session.num_users -= 1
                session.last_used = time.monotonic()
                is_unused = session.is_over and not session.num_users
            if is_unused:
                session.delete()

    def close(self, session_hash):
        """Delete the session of a page that was closed."""
        with self._lock:
            self._closed.append(session_hash)
            session = self._sessions.pop(session_hash, None)
        self._end([session])

    def expire(self):
        """Delete sessions that were idle for too long, and the idlest if there are too many."""
        now = time.monotonic()
        with self._lock:
            unused = [key for key, session in self._sessions.items() if not session.num_users]
            unused.sort(key=lambda key: self._sessions[key].last_used)
            num_excess = max(0, len(self._sessions) - self._max_sessions)
            expired = unused[:num_excess]
            for key in unused[num_excess:]:
                if now - self._sessions[key].last_used > self._sessions[key].idle_seconds:
                    expired.append(key)
            self._expired.extend(expired)
            ended = [self._sessions.pop(key) for key in expired]
        self._end(ended)

    def _end(self, sessions):
        for session in filter(None, sessions):
            with self._lock:
                session.is_over = True
                is_unused = not session.num_users
            if is_unused:
                session.delete()


def delete_older(folder, seconds):
    """Delete files below a folder that are older than a number of seconds, and empty folders."""
    limit = time.time() - seconds
    for path in sorted(Path(folder).rglob("*"), reverse=True):
        # Files may be moved away concurrently, and folders may not be empty.
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < limit:
                path.rmdir() if path.is_dir() else path.unlink()
