"""Atomic file writes and up-front checks of output paths."""

import contextlib
import errno
import json
import os
import shutil
import uuid
from pathlib import Path

from colorkeras.utils.errors import UserError, one_line

RESULTS_BEGIN, RESULTS_END = "<!-- results: begin -->", "<!-- results: end -->"
"""Markers that delimit the metrics inserted by `tools/report.py`."""


@contextlib.contextmanager
def atomic_write(path, replace=True, durable=False):
    """Yield a temporary path next to `path`; rename it to `path` if the block succeeds.

    The temporary path keeps the suffix because Keras and Matplotlib infer the format from it.

    Args:
        path: File to write. Missing parent folders are created.
        replace: Whether to replace an existing file.
        durable: Whether to flush the file to disk before renaming it, so that a power failure
            cannot leave a partial file at `path`.

    Raises:
        FileExistsError: `replace` is False and `path` exists when the block ends.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Unique across threads and machines, and never too long for the file system.
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
    """Flush a folder's entries to disk if the operating system supports it."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except PermissionError:
        return  # Windows cannot open folders.
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
        # The file system does not support hard links, so the check and the rename are not atomic.
        temporary.replace(path)


def expand_home(path):
    """Return a path with a leading `~` or `~user` replaced by the home folder.

    Unlike `Path.expanduser`, this does not raise an exception for unknown users.

    >>> expand_home("scans/~a.jpg")
    'scans/~a.jpg'
    """
    return os.path.expanduser(path)  # noqa: PTH111


def is_folder(path):
    """Return whether a path is an accessible folder."""
    return os.path.isdir(path)  # noqa: PTH112 - pathlib raises for names that are too long.


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
    """Return a path as printable text in quotes."""
    return f"'{printable(path)}'"


def as_user_error(path, error):
    """Convert an exception raised while colorizing the image at `path` to a `UserError`."""
    if isinstance(error, UserError):
        if printable(Path(path).name) in error.received:
            return error
        return UserError(f"{quoted(path)}: {error.received}", error.expected, error.fix)
    # OSError messages are clear without the class name.
    kind = "" if isinstance(error, OSError) else f"{type(error).__name__}: "
    received = f"{quoted(path)}, which could not be colorized: {kind}{one_line(error)}"
    if isinstance(error, MemoryError) or "ResourceExhausted" in type(error).__name__:
        return UserError(
            received,
            "enough memory",
            "Pass --workers 1, a smaller --render-size or a smaller image.",
        )
    if isinstance(error, FileExistsError):
        return UserError(
            f"{quoted(path)}, whose output file {quoted(error.filename)} already exists",
            "an output file that does not exist yet",
            "Pass --overwrite to replace it, --skip-existing to keep it, or a different -o.",
        )
    if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
        return long_name_error(
            f"{quoted(path)}, whose output file has a name that is too long",
            "Pass an output folder or a shorter name with -o, or rename the input file.",
        )
    if isinstance(error, OSError) and is_disk_problem(error):
        return UserError(
            received,
            "free space and write permission",
            "Free some space or pass a different --output.",
        )
    if isinstance(error, OSError) and error.errno is not None:
        return UserError(
            received,
            "files that can be read and written",
            "Check that the folder, disk and network are available, and try again.",
        )
    return UserError(received, "a valid image", "Please report this bug and attach the image.")


def long_name_error(received, fix):
    """Return a `UserError` for a name that the file system rejects because of its length."""
    return UserError(
        received, "names that the file system supports, usually of at most 255 bytes", fix
    )


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
    """Write indented JSON atomically, preserving the order of keys."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    write_text(path, text + "\n", durable)


def write_next_version(parent, write):
    """Call `write` with a temporary folder, rename it to `parent/<n>` and return the new `Path`.

    `n` is one greater than the largest existing number, so nothing is overwritten.
    """
    parent = Path(parent)
    parent.mkdir(parents=True, exist_ok=True)
    # A folder created by tempfile would be readable only by its owner; mkdir respects the umask.
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
            # Fails if another process has just claimed this number.
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
    errno.EISDIR,
    errno.ENOTDIR,
}


def is_disk_problem(error):
    """Return whether an exception indicates a full disk or an unwritable path."""
    if isinstance(error, OSError):
        return error.errno in _DISK_PROBLEMS
    # TensorFlow errors have no errno; their messages end with the operating system's error text.
    return any(os.strerror(number) in str(error) for number in _DISK_PROBLEMS)


def require_new(files, overwrite):
    """Raise UserError if an output path is a folder, or if it exists and `overwrite` is False."""
    existing = [path for path in map(Path, files) if path.exists()]
    if existing and not overwrite:
        raise UserError(
            f"existing output files: {', '.join(map(str, existing))}",
            "output files that do not exist yet",
            "Pass --overwrite to replace them.",
        )
    folders = [str(path) for path in existing if path.is_dir()]
    if folders:
        raise UserError(
            f"{folders[0]!r}, which is a folder", "a file", "Pass another name or move the folder."
        )


def require_writable(directory, option):
    """Raise UserError if a folder cannot be written to or created.

    The folder itself is not created. If it does not exist, its nearest existing parent is checked.
    `option` is the command-line option to name in the error message.
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
        "a writable folder, or a path where one can be created",
        f"Pass another {option} or change the permissions.",
    )


def _has_too_long_name(path):
    try:
        path.stat()
    except OSError as error:
        return error.errno == errno.ENAMETOOLONG
    return False
