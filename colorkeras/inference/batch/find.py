"""Search for images and films by folder, list of paths or glob pattern."""

import codecs
import fnmatch
import functools
import glob
import itertools
import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from colorkeras import image_io
from colorkeras.inference.batch.film_names import can_read_films, is_film_name
from colorkeras.utils.errors import UserError, one_line
from colorkeras.utils.files import expand_home, is_folder, quoted

LIST_SUFFIX = ".txt"
"""Suffix of text files that list image paths."""

MAX_NAMES = 5
"""Maximum number of files listed in a message."""


@dataclass
class Found:
    """Files found in the inputs.

    Attributes:
        files: List of `(path, relative path)`. Relative paths are preserved in output folders.
        passed_over: Paths of files that were found in folders but are neither images nor films.
        unsearched: Subfolders that were skipped: symbolic links or, without `recursive`, all of
            them.
        unreadable: List of `(path, UserError)` for folders that cannot be read.
        excluded: Inputs that were skipped because they match a pattern.
    """

    files: list = field(default_factory=list)
    passed_over: list = field(default_factory=list)
    unsearched: list = field(default_factory=list)
    unreadable: list = field(default_factory=list)
    excluded: list = field(default_factory=list)

    @property
    def others(self):
        """Text in parentheses about ignored and skipped files and folders; empty if none exist."""
        parts = []
        if self.excluded:
            parts.append(f"excluded: {first_names(self.excluded)}")
        if self.passed_over:
            parts.append(f"ignored: {by_suffix(self.passed_over)}")
        if self.unsearched:
            parts.append(f"subfolders: {first_names(self.unsearched)}")
        return f" ({'; '.join(parts)})" if parts else ""


def by_suffix(paths):
    """Return the number of files for each suffix as text, such as "2 .pgm, 1 no suffix"."""
    suffixes = Counter(path.suffix.lower() or "no suffix" for path in paths)
    return ", ".join(f"{count} {suffix}" for suffix, count in suffixes.most_common())


def first_names(paths):
    """Return the first `MAX_NAMES` paths, and the number of the others, as text."""
    names = ", ".join(map(quoted, paths[:MAX_NAMES]))
    others = len(paths) - MAX_NAMES
    return names if others <= 0 else f"{names} and {others} more"


def identity(path):
    """Return a string that is the same for all paths to a file, even if it does not exist."""
    return os.path.realpath(path)


def find(inputs, output=None, recursive=False, exclude=()):
    """Find image files in the inputs, and films if the `video` extra is installed.

    Args:
        inputs: Paths to files and folders.
        output: Output folder to exclude from the search, or None.
        recursive: Whether to search subfolders, except for hidden and system folders.
        exclude: Glob patterns for names and paths of files and folders to skip. Paths start with an
            input folder, are relative to one, or are absolute. The patterns also apply to the
            inputs and to the folders in their paths, except the current folder and its parents.

    Returns:
        `Found`.
    """
    found = Found()
    exclusion = functools.cache(functools.partial(_exclusion, exclude))
    for path in inputs:
        if exclude and _is_input_excluded(path, exclusion):
            found.excluded.append(path)
        elif is_folder(path):
            _search(path, output, recursive, exclusion(path), found)
        else:
            found.files.append((path, Path(path.name)))
    found.passed_over, found.unsearched = map(_unique, (found.passed_over, found.unsearched))
    return found


def _unique(paths):
    """Remove duplicates, which occur if input folders overlap."""
    return list({absolute(path): path for path in paths}.values())


def _search(path, output, recursive, is_excluded, found):
    # Output files from an earlier run may be in a subfolder.
    own = identity(output) if output is not None else None
    errors = []
    for parent, folders, names in os.walk(path, onerror=errors.append):
        below = Path(parent).relative_to(path)
        folders[:] = [
            name
            for name in sorted(folders)
            if not image_io.is_system_folder(name)
            and not is_excluded(below / name)
            and identity(Path(parent, name)) != own
        ]
        paths = [Path(parent, name) for name in folders]
        found.unsearched += [path for path in paths if not recursive or path.is_symlink()]
        if not recursive:
            folders.clear()
        # Keep broken links, so that they are reported later.
        for name in sorted(names):
            if image_io.is_system_file(name) or is_excluded(below / name):
                continue
            if _is_supported(Path(parent, name)):
                found.files.append((Path(parent, name), below / name))
            else:
                found.passed_over.append(Path(parent, name))
    for error in errors:
        problem = UserError(
            f"the folder {quoted(error.filename)}, which cannot be read ({one_line(error)})",
            "a readable folder",
            "Change its permissions or exclude it with --exclude.",
        )
        found.unreadable.append((Path(error.filename), problem))


def _is_supported(path):
    return image_io.is_image(path) or (is_film_name(path) and can_read_films())


def _is_input_excluded(path, exclusion):
    """Return whether a pattern matches an input or a folder in its path."""
    path, current = absolute(path), Path.cwd()
    parents = (parent for parent in (path, *path.parents) if current.is_relative_to(parent))
    shared = next(parents, Path(path.anchor))
    relative = path.relative_to(shared)
    return any(map(exclusion(shared), (relative, *relative.parents)[:-1]))


def _exclusion(patterns, folder):
    """Return a function that tests whether a path relative to a folder matches a pattern."""
    patterns = [os.path.normpath(expand_home(pattern)) for pattern in patterns]
    rooted = [pattern for pattern in patterns if pattern.startswith("**/")]
    for parent in (absolute(folder), Path(identity(folder))):
        below = [path for path in map(absolute, patterns) if path.is_relative_to(parent)]
        rooted += [f"./{path.relative_to(parent).as_posix()}" for path in below]

    def is_excluded(relative):
        path = relative.as_posix()
        tests = ((relative.name, patterns), (path, patterns), (f"./{path}", rooted))
        return any(fnmatch.fnmatch(text, pattern) for text, each in tests for pattern in each)

    return is_excluded


def find_archive(source, output):
    """Find the files listed in a text file or matched by a glob pattern.

    Args:
        source: Absolute path to a ".txt" file with one path per line, or a glob pattern with `*`,
            `?`, `[...]`, or `**` for any number of folders. Patterns match images and films, except
            for hidden files and files in system folders.
        output: Output folder to exclude from the search.

    Returns:
        `(paths, root)`: absolute paths to the files, and the common parent folder of all listed
        files or, for a pattern, the folder before the first wildcard.
    """
    if source.suffix == LIST_SUFFIX:
        paths = _listed(source)
        return paths, paths and os.path.commonpath([file.parent for file in paths])
    parts = source.parts[:-1]
    root = Path(*itertools.takewhile(lambda part: not glob.has_magic(part), parts))
    # Unlike pathlib, glob skips hidden files, and a final `**` matches files.
    found = map(Path, sorted(glob.glob(str(source), recursive=True)))  # noqa: PTH207
    # The pattern may match output files from an earlier run.
    results = Path(identity(output))
    below = Path(identity(root)) in results.parents
    paths = [
        file
        for file in found
        if _is_supported(file)
        and not any(map(image_io.is_system_folder, file.relative_to(root).parts[:-1]))
        and not (below and results in Path(identity(file)).parents)
    ]
    return paths, root


def _listed(path):
    try:
        content = path.read_bytes()
        if b"\0" in content:
            raise ValueError("it contains null bytes; it may be a UTF-16 file")
    except (OSError, ValueError) as error:
        raise UserError(
            f"{quoted(path)}, which cannot be read ({one_line(error)})",
            "a UTF-8 text file with one image path per line",
            "Choose another file.",
        ) from error
    lines = content.removeprefix(codecs.BOM_UTF8).splitlines()
    return [absolute(os.fsdecode(line)) for line in lines if line.strip()]


def absolute(path):
    """Return an absolute path without `..`, so that output files stay inside their folder."""
    return Path(os.path.abspath(expand_home(path)))  # noqa: PTH100
