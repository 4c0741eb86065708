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


NUM_KEPT = 3
"""Of the files of one name: the browser may still fetch one when the next is written."""


class Visit:
    """A visitor's photograph, and a folder of their own for what is made of it.

    Attributes:
        folder: It is deleted when the visit ends; its name cannot be guessed.
        uploaded: The path at which the photograph came.
        source: Its path in the folder, under the name that the visitor gave.
        preview: `previews.Preview`, once it was looked at.
        gray: Path of its gray picture, when there is one.
    """

    def __init__(self, folder, uploaded):
        self.folder, self.uploaded, self.source = folder, uploaded, folder / uploaded.name
        self.preview = self.gray = None
        self.seen = time.monotonic()

    def new_file(self, name):
        """A path for another file of a name, in a folder of its own; only the last few stay."""
        parent = self.folder / name
        parent.mkdir(exist_ok=True)
        for old in sorted(parent.iterdir(), key=lambda folder: folder.stat().st_mtime)[:-NUM_KEPT]:
            shutil.rmtree(old)
        folder = parent / uuid.uuid4().hex
        folder.mkdir()
        return folder / name


class Visits:
    """All visits, by the session of the visitor's page.

    Args:
        folder: For the folders of visits.
        uploads: In which uploads come, each in a folder of its own, to be deleted with the visit.
    """

    def __init__(self, folder, uploads):
        self._folder, self._uploads = Path(folder), Path(uploads)
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
        visit = Visit(self._folder / uuid.uuid4().hex, Path(uploaded))
        visit.folder.mkdir(parents=True)
        try:
            shutil.copyfile(uploaded, visit.source)
            visit.preview = look(visit.source)
        except BaseException:
            self._delete([visit])
            raise
        with self._lock:
            replaced = [self._visits.pop(session, None)]
            self._visits[session] = visit
        self._delete(replaced)
        self.end_idle()
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
        self._delete([visit])

    def end_idle(self):
        """Deletes what is kept of visits that were idle for too long, or are too many."""
        with self._lock:
            ended = [self._visits.pop(key) for key in self._idle()]
        self._delete(ended)

    def _delete(self, visits):
        for visit in filter(None, visits):
            shutil.rmtree(visit.folder, ignore_errors=True)
            with self._lock:
                # Visitors who upload the same file share it.
                is_shared = any(other.uploaded == visit.uploaded for other in self._visits.values())
            if not is_shared and visit.uploaded.parents[1] == self._uploads:
                visit.uploaded.unlink(missing_ok=True)

    def _idle(self):
        by_age = sorted(self._visits, key=lambda key: self._visits[key].seen)
        too_many = by_age[: max(0, len(by_age) - MAX_VISITS)]
        limit = time.monotonic() - IDLE_SECONDS
        return [key for key in by_age if key in too_many or self._visits[key].seen < limit]
