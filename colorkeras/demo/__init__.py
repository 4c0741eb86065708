"""The web page of `colorkeras demo`."""

import contextlib
import os
import tempfile
from pathlib import Path

from colorkeras.demo.sessions import UPLOADS


@contextlib.contextmanager
def temporary_folder():
    """Yield a folder for all files of the page, which is deleted at the end.

    Use it before Gradio is imported, which then also writes there, and sends no analytics.
    """
    previous = tempfile.tempdir
    with tempfile.TemporaryDirectory(prefix="colorkeras-demo-") as folder:
        os.environ |= {
            "GRADIO_TEMP_DIR": str(Path(folder, UPLOADS)),
            "GRADIO_ANALYTICS_ENABLED": "False",
            "HF_HUB_OFFLINE": "1",
        }
        tempfile.tempdir = folder
        try:
            yield Path(folder)
        finally:
            tempfile.tempdir = previous
