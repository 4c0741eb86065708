"""Open files with the desktop's default program."""

import os
import shutil
import subprocess
import sys

from colorkeras.utils.errors import UserError

_OPENER = "open" if sys.platform == "darwin" else "xdg-open"


def require_opener():
    """Raise UserError if the system has no program that opens files."""
    if sys.platform != "win32" and shutil.which(_OPENER) is None:
        raise UserError(
            f"--open, but {_OPENER} is not installed",
            "a desktop environment",
            "Omit --open and open the file yourself.",
        )


def open_file(path):
    """Open a file or folder with its default program, without waiting for it to exit."""
    if sys.platform == "win32":
        os.startfile(path)
        return
    subprocess.Popen(
        [_OPENER, os.path.abspath(path)],  # noqa: PTH100 - resolve() follows links.
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
