"""Which files are to be colored, and what their results are called."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from colorkeras import image_io
from colorkeras.utils.errors import UserError, one_line
from colorkeras.utils.files import quoted

MARK = "_color"
"""What is added to the name of a result that lies beside its source."""

VERSIONS, SIDE_BY_SIDE = "_versions", "_side_by_side"
"""End the names of the pictures that show all versions, and the source beside its result."""

RESULT_EXISTS = "its result is there"
"""Why a file is skipped that was colored before."""

_RESULT = re.compile(f"(.+){MARK}(_[0-9]+|{VERSIONS}|{SIDE_BY_SIDE})?")
"""What the stems of all that is written beside a source look like."""


@dataclass(frozen=True)
class BatchItem:
    """A file to be colored.

    Attributes:
        source: Its path.
        results: Paths of its results, one for each version.
        sheets: Pictures that show the source beside results: dict of lists of results by path.
        skipped: Why it is not to be colored, or None.
        problem: `UserError` for which it cannot be colored, or None.
    """

    source: Path
    results: tuple = ()
    sheets: dict = field(default_factory=dict)
    skipped: str | None = None
    problem: UserError | None = None

    @property
    def targets(self):
        """Paths of all that is to be written."""
        return [*self.results, *self.sheets]


def plan(inputs, output=None, recursive=False, num_versions=1, side_by_side=False):
    """Finds the files to be colored.

    Args:
        inputs: Paths of files and folders; what is named twice is colored once.
        output: Path of a folder for results, in which those of a folder lie as their sources in
            it, or, for a single file, of the result; None for results beside their sources.
        recursive: Whether to look into folders inside of folders, but for hidden ones.
        num_versions: How many results each file has.
        side_by_side: Whether to write source and result in one picture as well.

    Returns:
        List of `BatchItem`. No path is written by two, none is a source: all but the first such job
        have a problem.

    Raises:
        UserError: There is no file to be colored, or `output` names no format.
    """
    if not all(map(os.fspath, inputs)):
        raise UserError("an input without a name", "paths of pictures or folders", "Name them.")
    paths = [Path(path) for path in inputs]
    if output is not None and _names_a_file(output, paths):
        image_io.check_target(output)
        found = [(BatchItem(paths[0]), Path(output))]
    else:
        output = None if output is None else Path(output)
        found = [pair for path in paths for pair in _found(path, output, recursive)]
    if not found:
        raise UserError(
            f"{', '.join(map(quoted, paths))}, in which there is no picture",
            "pictures, or folders of such",
            "Name others" + ("." if recursive else ", or pass --recursive."),
        )
    jobs = _planned(found, num_versions, side_by_side)
    return _checked(jobs if output is not None else _without_results(jobs))


def plan_files(paths, output, root):
    """Finds the results of files in a folder for them.

    Args:
        paths: Of the files, each at `root` or below.
        output: Folder in which results lie as their sources in `root`.
        root: The folder of all sources.

    Returns:
        List of `BatchItem`, as of `plan`.

    >>> [job] = plan_files(["scans/1950/beach.gif"], "color", "scans")
    >>> job.results[0].as_posix()
    'color/1950/beach.png'
    """
    found = [
        (BatchItem(path), _target(path, Path(output), path.relative_to(root)))
        for path in map(Path, paths)
    ]
    return _checked(_planned(found))


def _planned(found, num_versions=1, side_by_side=False):
    """Jobs with all that is to be written, each source once."""
    once = {}
    for job, target in found:
        once.setdefault(_identity(job.source), (job, target))
    return [_with_targets(*pair, num_versions, side_by_side) for pair in once.values()]


def _names_a_file(output, paths):
    """Whether an output is the result of a picture rather than a folder for results."""
    names_folder = os.fspath(output).endswith(os.sep) or is_folder(Path(output))
    if names_folder or not Path(output).suffix:
        return False
    if len(paths) == 1 and not is_folder(paths[0]):
        return True
    if image_io.is_image(output):
        raise UserError(
            f"--output {quoted(output)}, the name of a picture, for several pictures",
            "a folder for results",
            "Name a folder; one that shall be called so ends in /.",
        )
    return False


def is_folder(path):
    """Whether a path is that of a folder; not where it cannot be one, or cannot be reached."""
    try:
        return path.is_dir()
    except OSError:  # A name that is too long, or a folder on the way that is locked.
        return False


def _found(path, output, recursive):
    """Yields jobs without targets, each with the path of its result."""
    if not is_folder(path):
        yield BatchItem(path), _target(path, output, Path(path.name))
        return
    # Results of an earlier run may lie in a folder below.
    below = output is not None and _identity(output) != _identity(path)
    own = _identity(output) if below else None
    problems = []
    for parent, folders, names in os.walk(path, onerror=problems.append):
        folders[:] = [
            name
            for name in sorted(folders)
            if recursive and not name.startswith(".") and _identity(Path(parent, name)) != own
        ]
        # Hidden files are what programs leave behind. That links are broken is said in turn.
        for name in sorted(names):
            if image_io.is_image(name) and not name.startswith("."):
                file = Path(parent, name)
                yield BatchItem(file), _target(file, output, file.relative_to(path))
    for error in problems:
        problem = UserError(
            f"the folder {quoted(error.filename)}, which cannot be read ({one_line(error)})",
            "a folder that may be read",
            "Change its permissions, or leave it away.",
        )
        yield BatchItem(Path(error.filename), problem=problem), None


def _target(path, output, relative):
    suffix = image_io.result_suffix(path)
    if output is None:
        return path.with_name(f"{path.stem}{MARK}{suffix}")
    return (output / relative).with_suffix(suffix)


def _with_targets(job, target, num_versions, side_by_side):
    """A job with the paths of what is written, by that of a single result."""
    if target is None:
        return job
    results = [target]
    if num_versions > 1:
        numbers = range(1, num_versions + 1)
        results = [target.with_stem(f"{target.stem}_{number}") for number in numbers]
    sheets = {}
    if num_versions > 1:
        sheets[target.with_stem(target.stem + VERSIONS)] = results
    if side_by_side:
        sheets[target.with_stem(target.stem + SIDE_BY_SIDE)] = results[:1]
    return BatchItem(job.source, tuple(results), sheets)


def _without_results(jobs):
    """The same, with results of an earlier run, which lie beside their sources, to be skipped."""
    sources = {job.source.with_suffix(""): job.source for job in jobs}
    checked = []
    for job in jobs:
        match = _RESULT.fullmatch(job.source.stem)
        made_of = match and sources.get(job.source.with_name(match[1]))
        if made_of:
            job = BatchItem(job.source, skipped=f"by its name a result of {quoted(made_of)}")
        checked.append(job)
    return checked


def _checked(jobs):
    """The same, with a problem where a result would replace a source or another result."""
    sources = {_identity(job.source) for job in jobs if job.skipped is None}
    first, checked = {}, []
    for job in jobs:
        problem = None
        for target in job.targets:
            identity = _identity(target)
            other = first.setdefault(identity, job)
            if identity in sources:
                problem = UserError(
                    f"{quoted(target)} as result of {quoted(job.source)}, which is a source",
                    "another file",
                    "Pass another --output.",
                )
            elif other is not job:
                problem = UserError(
                    f"{quoted(job.source)} and {quoted(other.source)}, both with the result "
                    f"{quoted(target)}",
                    "results of different names",
                    "Rename one of them, or color it by itself.",
                )
        checked.append(job if problem is None else BatchItem(job.source, problem=problem))
    return checked


def _identity(path):
    return os.path.realpath(path)
