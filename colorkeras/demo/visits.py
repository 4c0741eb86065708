"""What the server keeps for each visitor, and for how long."""

import shutil
import threading
import time
import uuid
from pathlib import Path

from colorkeras.errors import UserError

MAX_VISITS = 50
"""Visitors whose photographs are kept at once; the one that was idle longest makes room."""

IDLE_SECONDS = 3600
"""After which the files of a visitor who is gone without a word are deleted."""


class Visit:
    """A visitor's photograph, and a folder of their own for what is made of it.

    Attributes:
        folder: It is deleted when the visit ends.
        source: The photograph's path in it, under the name that the visitor gave.
        preview: `previews.Preview`.
    """

    def __init__(self, folder, source, preview):
        self.folder, self.source, self.preview = folder, source, preview
        self.seen = time.monotonic()


class Visits:
    """All visits, by the session of the visitor's page.

    Args:
        folder: For the folders of visits.
    """

    def __init__(self, folder):
        self._folder = Path(folder)
        self._visits = {}
        self._lock = threading.Lock()

    def begin(self, session, uploaded, look):
        """Keeps a photograph in place of what the visitor had before.

        Args:
            session: Of the visitor's page.
            uploaded: Path of the file.
            look: Function of the path of a picture that makes the `previews.Preview`.

        Returns:
            `Visit`.

        Raises:
            UserError: As `look` does; what the visitor had before stays.
        """
        folder = self._folder / uuid.uuid4().hex
        folder.mkdir(parents=True)
        try:
            source = folder / Path(uploaded).name
            shutil.copyfile(uploaded, source)
            visit = Visit(folder, source, look(source))
        except BaseException:
            shutil.rmtree(folder)
            raise
        with self._lock:
            replaced = [self._visits.pop(session, None)]
            self._visits[session] = visit
            replaced += [self._visits.pop(key) for key in self._idle()]
        for old in filter(None, replaced):
            shutil.rmtree(old.folder, ignore_errors=True)
        return visit

    def of(self, session):
        """The `Visit` of a page.

        Raises:
            UserError: There is none, or not any more.
        """
        with self._lock:
            visit = self._visits.get(session)
            if visit is not None:
                visit.seen = time.monotonic()
                return visit
        raise UserError(
            "no photograph", "one that was dropped within the last hour", "Drop a photograph."
        )

    def end(self, session):
        """Deletes what is kept of a visit."""
        with self._lock:
            visit = self._visits.pop(session, None)
        if visit is not None:
            shutil.rmtree(visit.folder, ignore_errors=True)

    def _idle(self):
        by_age = sorted(self._visits, key=lambda key: self._visits[key].seen)
        too_many = by_age[: max(0, len(by_age) - MAX_VISITS)]
        limit = time.monotonic() - IDLE_SECONDS
        return [key for key in by_age if key in too_many or self._visits[key].seen < limit]
