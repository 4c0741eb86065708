"""Checksums of exported files, used to detect damage before TensorFlow reads the files."""

import hashlib
import json
from pathlib import Path

from colorkeras.utils.errors import UserError, one_line
from colorkeras.utils.files import quoted, write_json

CHECKSUMS_FILE = Path("assets.extra", "sha256.json")
"""Path to the SHA-256 checksums of the files read by TensorFlow, relative to the export folder."""

_NOT_READ_BY_TENSORFLOW = {"assets.extra", "README.md"}


def write_checksums(folder):
    """Write an export's checksums file."""
    write_json(Path(folder, CHECKSUMS_FILE), _checksums(folder))


def verify(folder, required):
    """Verify the checksums of an export; `required` specifies whether the checksums must exist.

    Checksums reveal damage but not tampering, because an attacker can also change the checksums.

    Raises:
        UserError: A file is missing, modified or unexpected, or the checksums cannot be read.

    >>> from colorkeras.export import bundled
    >>> verify(bundled.resolve("unet"), required=True)
    """
    path = Path(folder, CHECKSUMS_FILE)
    if not required and not path.exists():
        return
    try:
        expected = dict(json.loads(path.read_text(encoding="utf-8")).items())
        found = _checksums(folder)
        problems = [
            f"{name} {_difference(name, expected, found)}"
            for name in sorted({*expected, *found})
            if expected.get(name) != found.get(name)
        ]
    except (OSError, ValueError, AttributeError) as error:
        problems = [f"{CHECKSUMS_FILE.as_posix()} cannot be read: {one_line(error)}"]
    if problems:
        raise UserError(
            f"the model {quoted(folder)}, which is damaged ({', '.join(problems[:3])})",
            f"files that match the checksums in {CHECKSUMS_FILE.as_posix()}",
            "Reinstall colorkeras or export the model again.",
        )


def digest(folder):
    """Return eight hexadecimal digits that identify the files of an export.

    >>> from colorkeras.export import bundled
    >>> len(digest(bundled.resolve("unet")))
    8
    """
    path = Path(folder, CHECKSUMS_FILE)
    checksums = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
    text = json.dumps(checksums or _checksums(folder), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _difference(name, expected, found):
    if name not in found:
        return "is missing"
    return "differs" if name in expected else "is unexpected"


def _checksums(folder):
    """Return a dict from path, relative to the folder, to the file's SHA-256 hex digest."""
    folder = Path(folder)
    names = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    checksums = {}
    for name in sorted(name for name in names if name.parts[0] not in _NOT_READ_BY_TENSORFLOW):
        with (folder / name).open("rb") as stream:
            checksums[name.as_posix()] = hashlib.file_digest(stream, "sha256").hexdigest()
    return checksums
