"""Web page served by `colorkeras demo`."""

import contextlib
import tempfile
from pathlib import Path


@contextlib.contextmanager
def temporary_folder():
    """Yield a folder for all of the page's files, including partial uploads; delete it on exit."""
    previous = tempfile.tempdir
    with tempfile.TemporaryDirectory(prefix="colorkeras-demo-") as folder:
        tempfile.tempdir = folder
        try:
            yield Path(folder)
        finally:
            tempfile.tempdir = previous
