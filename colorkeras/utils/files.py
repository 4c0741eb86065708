"""Atomic writes, and checks of output paths before long work."""

import contextlib
import errno
import json
import os
import shutil
import uuid
from pathlib import Path

from colorkeras.utils.errors import UserError, one_line

RESULTS_BEGIN, RESULTS_END = "<!-- results: begin -->", "<!-- results: end -->"
"""Markers around the metrics that `tools/report.py` writes into a text file."""


@contextlib.contextmanager
def atomic_write(path, replace=True, durable=False):
    """Yield a temporary path next to `path`; rename it to `path` if the block succeeds.

    The temporary path keeps the suffix, because Keras and Matplotlib infer the format from it.

    Args:
        path: File to write. Missing parent folders are created.
        replace: Whether to replace an existing file.
        durable: Whether to flush the file to disk before renaming it, so that a power failure
            cannot leave a partial file at `path`.

    Raises:
        FileExistsError: `path` exists and `replace` is False; it may have been created during the
            block.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Unique per thread and machine, and never too long for the file system.
    temporary = path.with_name(f".{path.stem[:50]}.{uuid.uuid4().hex}.tmp{path.suffix}")
    try:
        yield temporary
        if durable:
            with temporary.open("r+b") as stream:
                os.fsync(stream.fileno())
        if replace:
            temporary.replace(path)
        else:
            _rename_to_new(temporary, path)
        if durable:
            _flush_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _flush_folder(folder):
    """Flush a folder's entries to disk, on systems that support it."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except PermissionError:
        return  # Windows opens no folders.
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _rename_to_new(temporary, path):
    try:
        os.link(temporary, path)
    except OSError as error:
        if isinstance(error, FileExistsError) or os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        # The file system has no hard links: check and rename are not atomic there.
        temporary.replace(path)


def printable(path):
    r"""Return a path as printable text; escape control characters and invalid UTF-8.

    >>> print(printable(os.fsdecode(b"caf\xe9\n.jpg")))
    caf\xe9\n.jpg
    """
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def quoted(path):
    """Return a path as printable text in quotation marks."""
    return f"'{printable(path)}'"


def as_user_error(path, error):
    """Return a `UserError` that names the image for any error that occurred while coloring it.

    Args:
        path: Path of the image.
        error: The exception.
    """
    if isinstance(error, UserError):
        return error
    # The text of an OSError says enough.
    kind = "" if isinstance(error, OSError) else f"{type(error).__name__}: "
    received = f"{quoted(path)}, which could not be colored: {kind}{one_line(error)}"
    if isinstance(error, MemoryError) or "ResourceExhausted" in type(error).__name__:
        return UserError(
            received,
            "enough memory",
            "Pass --workers 1, a smaller --render-size or a smaller image.",
        )
    if isinstance(error, FileExistsError):
        return UserError(
            f"{quoted(error.filename)}, created by another program, as output of {quoted(path)}",
            "an unused name",
            "Pass --overwrite to replace it, or --skip-existing to keep it.",
        )
    if isinstance(error, OSError):
        return UserError(
            received,
            "free space and write permission",
            "Free some space, or pass another --output.",
        )
    return UserError(received, "a valid image", "Please report this bug with the image.")


def write_text(path, text, durable=False):
    """Write UTF-8 text atomically; see `atomic_write`."""
    with atomic_write(path, durable=durable) as temporary:
        temporary.write_text(text, encoding="utf-8")


def escape_markdown(text):
    r"""Escape asterisks for Markdown.

    >>> print(escape_markdown("a*b* RMSE"))
    a\*b\* RMSE
    """
    return text.replace("*", r"\*")


def write_json(path, value, durable=False):
    """Write indented JSON atomically, with keys in the order of the dictionary."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    write_text(path, text + "\n", durable)


def write_next_version(parent, write):
    """Write a temporary folder, then rename it to `parent/<n>`.

    `n` is one more than the largest existing number, so nothing is overwritten.

    Args:
        parent: Folder of numbered versions; created if missing.
        write: Function that writes the content into the folder at the given path.

    Returns:
        `Path` of the new version.
    """
    parent = Path(parent)
    parent.mkdir(parents=True, exist_ok=True)
    # tempfile would create a folder that only its owner can read; mkdir obeys the umask.
    temporary = parent / f".writing.{uuid.uuid4().hex}"
    temporary.mkdir()
    try:
        write(temporary)
        return _rename_to_next_version(temporary, parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _rename_to_next_version(temporary, parent):
    while True:
        numbers = [int(entry.name) for entry in parent.iterdir() if entry.name.isdecimal()]
        target = parent / str(max(numbers, default=0) + 1)
        try:
            # Fails if another process has taken the number in the meantime.
            temporary.rename(target)
            return target
        except OSError:
            if not target.exists():
                raise


_DISK_PROBLEMS = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EROFS,
    errno.EACCES,
    errno.ENAMETOOLONG,
    errno.EPERM,
    errno.ENOTDIR,
}


def is_disk_problem(error):
    """Return whether an exception means a full disk or an unwritable path."""
    if isinstance(error, OSError):
        return error.errno in _DISK_PROBLEMS
    # TensorFlow's errors have no errno; their messages end with the system's text.
    return any(os.strerror(number) in str(error) for number in _DISK_PROBLEMS)


def require_new(files, overwrite):
    """Check that output files do not exist yet, before any work.

    Args:
        files: Paths of the output files.
        overwrite: Whether existing files may be replaced.

    Raises:
        UserError: A file exists and must not be replaced, or the path is a folder.
    """
    existing = [path for path in map(Path, files) if path.exists()]
    if existing and not overwrite:
        raise UserError(
            f"output files that exist: {', '.join(map(str, existing))}",
            "unused names",
            "Pass --overwrite to replace them.",
        )
    folders = [str(path) for path in existing if path.is_dir()]
    if folders:
        raise UserError(
            f"{folders[0]!r}, a folder", "a file", "Pass another name, or move the folder."
        )


def require_writable(directory, option):
    """Check that files can be created in a folder, without creating any.

    Args:
        directory: The folder. If it does not exist, its nearest existing parent is checked.
        option: Command-line option that sets it, for the message.

    Raises:
        UserError: The folder cannot be created or written to.
    """
    directory = Path(directory)
    existing = next(
        path for path in (directory, *directory.absolute().parents) if os.access(path, os.F_OK)
    )
    if not existing.is_dir():
        problem = f"{existing} is not a folder"
    elif not os.access(existing, os.W_OK | os.X_OK):
        problem = f"{existing} is read-only"
    elif _has_too_long_name(directory):
        problem = "the name is too long"
    else:
        return
    raise UserError(
        f"{option} {str(directory)!r}, which is not writable ({problem})",
        "a writable folder, or the path of a new one",
        f"Pass another {option}, or change the permissions.",
    )


def _has_too_long_name(path):
    try:
        path.stat()
    except OSError as error:
        return error.errno == errno.ENAMETOOLONG
    return False
