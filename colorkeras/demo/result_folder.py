"""Temporary folders for results, which are deleted after they have been sent."""

import contextlib
import json
import shutil
import uuid
from pathlib import Path

from starlette.responses import FileResponse

from colorkeras.demo.visitor_messages import visitor_notes


@contextlib.contextmanager
def result_folder(parent):
    """Yield a `ResultFolder`, which is deleted on exit or after its file has been sent.

    Args:
        parent: Parent folder of all result folders.
    """
    keep = ResultFolder(parent / uuid.uuid4().hex)
    try:
        yield keep
    finally:
        if not keep.is_being_sent:
            keep.delete()


class ResultFolder:
    """Folder for a file that is being created or sent."""

    def __init__(self, folder):
        self.folder, self.is_being_sent = folder, False
        folder.mkdir()

    def response(self, path, notes, headers=None):
        """Return a response with a file from this folder and with notes about the file."""
        self.is_being_sent = True
        headers = {"X-Notes": json.dumps(visitor_notes(notes)), **(headers or {})}
        return _DeletedFileResponse(self, path, headers)

    def delete(self):
        """Delete the folder and its files."""
        shutil.rmtree(self.folder, ignore_errors=True)


class _DeletedFileResponse(FileResponse):
    """Attachment whose folder is deleted after it has been sent or the connection has been lost."""

    def __init__(self, kept, path, headers):
        super().__init__(path, headers=headers, filename=Path(path).name)
        self._kept = kept

    async def __call__(self, scope, receive, send):
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._kept.delete()
