"""Find the image files of folders, lists and patterns."""

import codecs
import fnmatch
import glob
import itertools
import os
from dataclasses import dataclass, field
from pathlib import Path

from colorkeras import image_io
from colorkeras.utils.errors import UserError, one_line
from colorkeras.utils.files import quoted

LIST_SUFFIX = ".txt"
"""Suffix of files that list images."""

_SYSTEM_FOLDERS = {
    "#recycle",
    "#snapshot",
    "$recycle.bin",
    "@eadir",
    "@recently-snapshot",
    "@recycle",
    "__macosx",
    "lost+found",
    "recycler",
    "system volume information",
}
"""Folders of network drives, archivers and systems, in lower case. They hold thumbnails, remains
and deleted files. Hidden folders, such as `.Trash`, are skipped as well."""


@dataclass
class Found:
    """Files of inputs.

    Attributes:
        files: List of `(path, relative path)`; below an output folder, the result of a file is at
            its relative path.
        passed_over: Paths of the files of folders whose suffix is not that of an image format.
        unsearched: Subfolders that were skipped without `recursive`.
        unreadable: List of `(path, UserError)` of folders that cannot be read.
    """

    files: list = field(default_factory=list)
    passed_over: list = field(default_factory=list)
    unsearched: list = field(default_factory=list)
    unreadable: list = field(default_factory=list)


def is_folder(path):
    """Return whether a path is that of a folder that can be reached."""
    return os.path.isdir(path)  # noqa: PTH112 - pathlib's raises for names that are too long.


def find(inputs, output=None, recursive=False, exclude=()):
    """Find the image files of inputs.

    Args:
        inputs: Paths of files and folders.
        output: Folder for results, which is not searched, or None.
        recursive: Whether to search subfolders, except for hidden and system folders.
        exclude: Patterns of names, or of paths relative to an input, of files and folders to skip.

    Returns:
        `Found`.
    """
    found = Found()
    for path in inputs:
        if is_folder(path):
            _search(path, output, recursive, exclude, found)
        elif not _is_excluded(Path(path.name), exclude):
            found.files.append((path, Path(path.name)))
    return found


def _search(path, output, recursive, exclude, found):
    # Results of an earlier run may be in a subfolder.
    own = os.path.realpath(output) if output is not None else None
    errors = []
    for parent, folders, names in os.walk(path, onerror=errors.append):
        below = Path(parent).relative_to(path)
        folders[:] = [
            name
            for name in sorted(folders)
            if not _is_system_folder(name)
            and not _is_excluded(below / name, exclude)
            and os.path.realpath(Path(parent, name)) != own
        ]
        if not recursive:
            found.unsearched += [Path(parent, name) for name in folders]
            folders.clear()
        # Hidden files are remains of programs. Broken links are listed, and explained when opened.
        for name in sorted(names):
            if name.startswith(".") or _is_excluded(below / name, exclude):
                continue
            if image_io.is_image(name):
                found.files.append((Path(parent, name), below / name))
            else:
                found.passed_over.append(Path(parent, name))
    for error in errors:
        problem = UserError(
            f"the folder {quoted(error.filename)}, which cannot be read ({one_line(error)})",
            "a folder that may be read",
            "Change its permissions, or pass --exclude with its name.",
        )
        found.unreadable.append((Path(error.filename), problem))


def _is_system_folder(name):
    return name.startswith(".") or name.lower() in _SYSTEM_FOLDERS


def _is_excluded(relative, patterns):
    return any(
        fnmatch.fnmatch(text, pattern.rstrip("/"))
        for pattern in patterns
        for text in (relative.name, relative.as_posix())
    )


def find_archive(source, output):
    """Find the files of a list or a pattern.

    Args:
        source: Absolute path of a text file, ".txt", with one path per line; or a pattern with
            `*`, `?`, `[...]`, and `**` for any folders. Patterns match files with image suffixes,
            but neither hidden ones nor those of system folders.
        output: Folder for results, which is not searched.

    Returns:
        `(paths, root)`: absolute paths of files, and the folder that all listed files share, or
        the one before the first wildcard.
    """
    if source.suffix == LIST_SUFFIX:
        paths = _listed(source)
        return paths, paths and os.path.commonpath([file.parent for file in paths])
    parts = source.parts[:-1]
    root = Path(*itertools.takewhile(lambda part: not glob.has_magic(part), parts))
    # Unlike pathlib's, it skips hidden files, and `**` at the end matches files.
    found = map(Path, sorted(glob.glob(str(source), recursive=True)))  # noqa: PTH207
    # The pattern may match results of an earlier run.
    results = output.resolve()
    below = root.resolve() in results.parents
    paths = [
        file
        for file in found
        if image_io.is_image(file)
        and not any(map(_is_system_folder, file.relative_to(root).parts[:-1]))
        and not (below and results in file.resolve().parents)
    ]
    return paths, root


def _listed(path):
    try:
        content = path.read_bytes()
        if b"\0" in content:
            raise ValueError("it has zero bytes, as in UTF-16")
    except (OSError, ValueError) as error:
        raise UserError(
            f"{quoted(path)}, which cannot be read ({one_line(error)})",
            "a text file, UTF-8 where needed, with the path of an image on each line",
            "Name another file.",
        ) from error
    lines = content.removeprefix(codecs.BOM_UTF8).splitlines()
    return [absolute(os.fsdecode(line)) for line in lines if line.strip()]


def absolute(path):
    """Return an absolute path without `..`, through which results could leave their folder."""
    return Path(os.path.abspath(os.path.expanduser(path)))  # noqa: PTH100, PTH111
