"""Writing so that a reader, or a crash, never meets a half-written file or folder."""

import contextlib
import errno
import json
import os
import shutil
import uuid
from pathlib import Path

from colorkeras.utils.errors import UserError, one_line

BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"
"""The lines of a text between which figures stand that `colorkeras report` writes."""


@contextlib.contextmanager
def writing(path, replace=True, durable=False):
    """Yields a temporary path beside `path` and renames it to `path` if the block succeeds.

    The suffix is kept, because Keras and Matplotlib choose the format by it.

    Args:
        path: File to write; its folder is made if missing.
        replace: Whether a file that is there is replaced.
        durable: Whether to wait until the file is on the disk before it is renamed, so that not
            even a machine that loses its power leaves a part of it under `path`.

    Raises:
        FileExistsError: There is one, perhaps only since the block began, and it is not to be
            replaced.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Another for each thread on each machine, and short enough for every name that is itself.
    writer = uuid.uuid4().hex
    temporary = path.with_name(f".{path.stem[:50]}.{writer}.tmp{path.suffix}")
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
            _flush(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _flush(folder):
    descriptor = os.open(folder, os.O_RDONLY)
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
        # A file system without links: there, others may come between the two.
        temporary.replace(path)


def printable(path):
    r"""A path as text that can be printed, whatever bytes it is of.

    >>> print(printable(os.fsdecode(b"caf\xe9\n.jpg")))
    caf\xe9\n.jpg
    """
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text
    )


def quoted(path):
    """A path in quotation marks, as text that can be printed."""
    return f"'{printable(path)}'"


def explained(path, error):
    """Whatever went wrong with a picture, as a `UserError` that names it.

    Args:
        path: The picture's.
        error: The exception.
    """
    if isinstance(error, UserError):
        return error
    received = f"{quoted(path)}, which could not be colored: {_kind(error)}{one_line(error)}"
    if isinstance(error, MemoryError) or "ResourceExhausted" in type(error).__name__:
        return UserError(
            received, "memory for it", "Pass --workers 1, or a smaller --render-size or picture."
        )
    if isinstance(error, FileExistsError):
        return UserError(
            f"{quoted(error.filename)} as result of {quoted(path)}, which appeared meanwhile",
            "a name that is not taken",
            "Pass --overwrite to replace it, --skip-existing to leave it.",
        )
    if isinstance(error, OSError):
        return UserError(
            received, "free space, and permission to write", "Free some, or pass another --output."
        )
    return UserError(received, "a picture like others", "Please report it with the picture.")


def _kind(error):
    """The name of an error of which the text alone may say little."""
    return "" if isinstance(error, OSError) else f"{type(error).__name__}: "


def write_text(path, text, durable=False):
    """Writes UTF-8 text as `writing` does."""
    with writing(path, durable=durable) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_between_markers(texts):
    """Replaces what stands between `BEGIN` and `END` in text files.

    Args:
        texts: Dict of what is to stand there by path.

    Raises:
        UserError: A file is missing or has not both markers, in this order; none was changed.
    """
    contents = {path: _between_markers(path, text) for path, text in texts.items()}
    for path, content in contents.items():
        write_text(path, content)


def literal(text):
    r"""Keeps Markdown from taking the asterisks of a text for emphasis.

    >>> print(literal("a*b* RMSE"))
    a\*b\* RMSE
    """
    return text.replace("*", r"\*")


def _between_markers(path, text):
    content = Path(path).read_text(encoding="utf-8") if Path(path).is_file() else ""
    before, begin, rest = content.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise UserError(
            f"{str(path)!r} without the lines {BEGIN} and {END}",
            "an existing text file that says where the table goes",
            "Name another file, or put both lines into it.",
        )
    return f"{before}{BEGIN}\n{text}\n{END}{after}"


def write_json(path, value, durable=False):
    """Writes JSON, indented, in the order of the dictionary, as `writing` does."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    write_text(path, text + "\n", durable)


def write_next_version(parent, write):
    """Fills a temporary folder, then renames it to `parent/<n>`.

    `n` is one more than the largest number there, so nothing is ever overwritten.

    Args:
        parent: Folder of numbered versions, made if missing.
        write: Function of one folder's path that writes the content into it.

    Returns:
        `Path` of the new version.
    """
    parent = Path(parent)
    parent.mkdir(parents=True, exist_ok=True)
    # Not by tempfile, whose folders are for the owner alone; here the umask decides.
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
            # Another process may take the number first: renaming onto its folder then fails.
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
    """Whether an exception says that the disk is full or a place cannot be written to."""
    if isinstance(error, OSError):
        return error.errno in _DISK_PROBLEMS
    # TensorFlow's file system layer knows no errno; its messages end with the system's text.
    return any(os.strerror(number) in str(error) for number in _DISK_PROBLEMS)


def require_new(files, overwrite):
    """Checks, before any work, that writing files replaces nothing unasked.

    Args:
        files: Their paths.
        overwrite: Whether the user asked to replace them.

    Raises:
        UserError: One exists, or a folder is in its place.
    """
    existing = [path for path in map(Path, files) if path.exists()]
    if existing and not overwrite:
        raise UserError(
            f"results that would replace {', '.join(map(str, existing))}",
            "names that are not taken",
            "Pass --overwrite to replace them.",
        )
    folders = [str(path) for path in existing if path.is_dir()]
    if folders:
        raise UserError(f"{folders[0]!r}, a folder", "a file", "Name another or move the folder.")


def require_writable(directory, option):
    """Checks, before hours are spent, that files can be made in a folder, and makes nothing.

    Args:
        directory: The folder; where it does not exist, the nearest one above it counts.
        option: Name of the command line's option for it, for the message.

    Raises:
        UserError: It cannot be made or written to.
    """
    directory = Path(directory)
    existing = next(
        path for path in (directory, *directory.absolute().parents) if os.access(path, os.F_OK)
    )
    if not existing.is_dir():
        problem = f"{existing} is no folder"
    elif not os.access(existing, os.W_OK | os.X_OK):
        problem = f"{existing} is read-only"
    elif _has_too_long_name(directory):
        problem = "the name is too long"
    else:
        return
    raise UserError(
        f"{option} {str(directory)!r}, which cannot be written to ({problem})",
        "a folder in which files can be made, or the path of a new one",
        f"Pass another {option} or change its permissions.",
    )


def _has_too_long_name(path):
    try:
        path.stat()
    except OSError as error:
        return error.errno == errno.ENAMETOOLONG
    return False
