"""Work folders, which store the finished segments of a film so that a run can be resumed."""

import contextlib
import hashlib
import io
import itertools
import json

import filelock
import numpy as np

from colorkeras.utils.errors import UserError
from colorkeras.utils.files import atomic_write, quoted, write_json

_LOCK, _SETTINGS, _TIMELINE = "lock", "settings.json", "timeline.npz"

MAX_FRAMES = 240
"""Maximum number of frames per segment."""


def segments_of(scene):
    """Split a scene `(first, stop)` into nearly equal parts of at most `MAX_FRAMES` frames.

    >>> segments_of((10, 510))
    [(10, 176), (176, 343), (343, 510)]
    """
    first, stop = scene
    count = -(-(stop - first) // MAX_FRAMES)
    edges = [first + number * (stop - first) // count for number in range(count + 1)]
    return list(itertools.pairwise(edges))


class WorkFolder:
    """Folder for finished segments next to an output file.

    Each segment is written to a temporary file that is then renamed, so existing segment files are
    always complete. Files from a run with different settings are deleted.

    Args:
        target: Path of the output file.
        settings: JSON-serializable value that identifies the input file and all settings.

    Attributes:
        can_resume: Whether to keep finished segments after an error.

    Raises:
        UserError: Another process is using the folder.
    """

    def __init__(self, target, settings):
        digest = hashlib.sha256(target.name.encode("utf-8", "surrogateescape")).hexdigest()[:8]
        self.path = target.with_name(f".{target.stem[:50]}.{digest}.segments")
        self._settings, self.target, self.can_resume = settings, target, True

    def __enter__(self):
        self.path.mkdir(parents=True, exist_ok=True)
        self._lock = filelock.FileLock(self.path / _LOCK)
        try:
            self._lock.acquire(timeout=0)
        except filelock.Timeout as error:
            raise UserError(
                f"{quoted(self.target)}, which another process is writing",
                "an output file that no other process is writing",
                "Wait until the other process has finished, or pass a different --output.",
            ) from error
        try:
            if self._recorded_settings() != self._settings:
                self._remove_files()
                write_json(self.path / _SETTINGS, self._settings)
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(self, kind, error, traceback):
        # After an interruption, keep all files. After an error, keep them only if a run can resume.
        is_failed = kind is not None and issubclass(kind, Exception)
        has_segments = any(self.path.glob("[0-9]*.npz"))
        is_kept = kind is not None and (not is_failed or (has_segments and self.can_resume))
        if not is_kept:
            with contextlib.suppress(OSError):
                self._remove_files()
                (self.path / _LOCK).unlink()  # On Windows, this takes effect on release.
        self._lock.release()
        if not is_kept:
            with contextlib.suppress(OSError):  # Another process may already use the folder.
                self.path.rmdir()

    def _remove_files(self):
        """Remove all files except the lock, which keeps other processes from using the folder."""
        for file in self.path.iterdir():
            if file.name != _LOCK:
                file.unlink(missing_ok=True)

    def _recorded_settings(self):
        try:
            return json.loads((self.path / _SETTINGS).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def timeline_arrays(self, compute):
        """Return the stored timeline arrays, computing and storing them first if necessary."""
        path = self.path / _TIMELINE
        if not path.exists():
            _save(path, compute())
        return _load(path)

    def has_segment(self, segment):
        """Return whether a segment has been finished."""
        return self._segment_path(segment).exists()

    def save_segment(self, segment, arrays):
        """Store the arrays of a finished segment."""
        _save(self._segment_path(segment), arrays)

    def load_segment(self, segment, prefix=""):
        """Load the arrays of a segment whose names start with `prefix`, stripping the prefix."""
        return _load(self._segment_path(segment), prefix)

    def _segment_path(self, segment):
        return self.path / f"{segment[0]:08}.npz"


def _save(path, arrays):
    content = io.BytesIO()
    np.savez(content, **arrays)
    with atomic_write(path, durable=True) as temporary:
        temporary.write_bytes(content.getbuffer())


def _load(path, prefix=""):
    with np.load(path, allow_pickle=False) as stored:
        names = [name for name in stored.files if name.startswith(prefix)]
        return {name.removeprefix(prefix): stored[name] for name in names}
