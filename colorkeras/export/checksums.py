"""Checksums of an export's files, so that damage is found before TensorFlow reads them."""

import hashlib
import json
from pathlib import Path

from colorkeras.utils.errors import UserError, one_line
from colorkeras.utils.files import quoted, write_json

CHECKSUMS_FILE = Path("assets.extra", "sha256.json")
"""Where an export, relative to its folder, has the SHA-256 checksums of what TensorFlow reads."""

_OURS = {"assets.extra", "README.md"}
"""What in the folder of an export TensorFlow does not read."""


def write_checksums(folder):
    """Writes the checksums of an export.

    Args:
        folder: That of one version.
    """
    write_json(Path(folder, CHECKSUMS_FILE), _checksums(folder))


def verify(folder, required):
    """Compares an export's files with its checksums.

    These find damage. Whoever wants to deceive changes both.

    Args:
        folder: That of one version.
        required: Whether there must be checksums; exports of earlier versions have none.

    Raises:
        UserError: A file is missing, is another one, or is too many; or there are no checksums.

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
            f"files with the checksums in {CHECKSUMS_FILE.as_posix()}",
            "Install colorkeras anew, or export the model again.",
        )


def _difference(name, expected, found):
    if name not in found:
        return "is missing"
    return "is another one" if name in expected else "does not belong to it"


def _checksums(folder):
    """SHA-256 as hexadecimal digits, by path relative to the folder."""
    folder = Path(folder)
    names = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    checksums = {}
    for name in sorted(name for name in names if name.parts[0] not in _OURS):
        with (folder / name).open("rb") as stream:
            checksums[name.as_posix()] = hashlib.file_digest(stream, "sha256").hexdigest()
    return checksums
