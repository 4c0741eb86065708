"""The version of the package, and what a run or export records of its surroundings."""

import platform
import subprocess
from importlib import metadata
from pathlib import Path

__version__ = "0.1.0"

_RECORDED_PACKAGES = ("tensorflow", "keras", "tensorflow-datasets", "numpy", "pillow")


def versions():
    """Versions of Python, colorkeras and the packages that results depend on: dict of str."""
    return {
        "python": platform.python_version(),
        "colorkeras": __version__,
        **{name: metadata.version(name) for name in _RECORDED_PACKAGES},
    }


def git_commit():
    """The commit of the source tree, with "+changes" where it was edited; None if it is none."""
    source = Path(__file__).resolve().parent.parent
    try:
        if Path(_git(source, "rev-parse", "--show-toplevel")).resolve() != source.parent:
            return None  # Installed inside another project's repository.
        commit = _git(source, "rev-parse", "HEAD")
        changed = _git(source, "status", "--porcelain", "--", ".")
    except (OSError, subprocess.SubprocessError):
        return None
    return commit + ("+changes" if changed else "")


def _git(directory, *arguments):
    command = ["git", "-C", str(directory), *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)
    return result.stdout.strip()
