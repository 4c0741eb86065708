"""Web page served by `colorkeras demo`."""

import contextlib
import tempfile
from pathlib import Path


@contextlib.contextmanager
def temporary_folder():
    """Create a folder for the page's files, including partial uploads, and delete it on exit."""
    previous = tempfile.tempdir
    with tempfile.TemporaryDirectory(prefix="colorkeras-demo-") as folder:
        tempfile.tempdir = folder
        try:
            yield Path(folder)
        finally:
            tempfile.tempdir = previous
