"""Package versions and the Git commit, as recorded in runs and exports."""

import platform
import subprocess
from importlib import metadata
from pathlib import Path

__version__ = "0.2.0.dev0"

_RECORDED_PACKAGES = ("tensorflow", "keras", "tensorflow-datasets", "numpy", "pillow")


def package_versions():
    """Return the versions of Python, colorkeras and the packages that affect results."""
    return {
        "python": platform.python_version(),
        "colorkeras": __version__,
        **{name: metadata.version(name) for name in _RECORDED_PACKAGES},
    }


def git_commit():
    """Return the Git commit, or None outside a repository.

    "+changes" is appended if there are uncommitted edits.
    """
    package = Path(__file__).resolve().parents[1]
    try:
        if Path(_git(package, "rev-parse", "--show-toplevel")).resolve() != package.parent:
            return None  # The package is inside another project's repository.
        commit = _git(package, "rev-parse", "HEAD")
        changed = _git(package, "status", "--porcelain", "--", ".")
    except (OSError, subprocess.SubprocessError):
        return None
    return commit + ("+changes" if changed else "")


def _git(directory, *arguments):
    command = ["git", "-C", str(directory), *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)
    return result.stdout.strip()
