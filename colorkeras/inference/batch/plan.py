"""Plan which files are colored, and how their results are named."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from colorkeras import image_io
from colorkeras.inference.batch.find import LIST_SUFFIX, absolute, find, find_archive, is_folder
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import quoted

MARK = "_color"
"""Suffix of the name of a result that is written beside its source."""

VARIATIONS, SIDE_BY_SIDE = "_variations", "_side_by_side"
"""Suffixes of sheets: all variations beside the source, and the first result beside it."""

RESULT_EXISTS = "its result exists"
"""Reason for skipping a file that was colored before."""

_RESULT = re.compile(f"(.+){MARK}(_[0-9]+|{VARIATIONS}|{SIDE_BY_SIDE})?")
"""Pattern of the names of all files that are written beside a source."""


@dataclass(frozen=True)
class BatchItem:
    """A file to color.

    Attributes:
        source: Its path.
        results: Paths of its results, one for each sample.
        sheets: Images that show the source beside results: dict of lists of results by path.
        skipped: Reason for skipping it, or None.
        problem: `UserError` that prevents coloring it, or None.
    """

    source: Path
    results: tuple = ()
    sheets: dict = field(default_factory=dict)
    skipped: str | None = None
    problem: UserError | None = None

    @property
    def targets(self):
        """Paths of all files to write."""
        return [*self.results, *self.sheets]


@dataclass(frozen=True)
class Plan:
    """What a run colors, and what it leaves out.

    Attributes:
        items: List of `BatchItem`. No path is written by two items, none is a source: all but the
            first such item have a problem.
        passed_over: Paths of files in folders whose suffix is not that of an image format.
        unsearched: Paths of subfolders that were skipped without `recursive`.
    """

    items: list
    passed_over: list = field(default_factory=list)
    unsearched: list = field(default_factory=list)


def plan(
    inputs,
    output=None,
    recursive=False,
    num_samples=1,
    side_by_side=False,
    suffix=None,
    exclude=(),
):
    """Find the files to color and name their results.

    Args:
        inputs: Paths of files and folders. Duplicates are colored once.
        output: Folder for results, in which those of a folder are arranged like their sources, or
            the path of the result of a single file; None for results beside their sources.
        recursive: Whether to search subfolders, except for hidden and system folders.
        num_samples: Number of results for each file.
        side_by_side: Whether to write source and result in one image as well.
        suffix: Suffix of all results, such as ".jpg"; None keeps that of the source if possible.
        exclude: Patterns of names or relative paths to skip.

    Returns:
        `Plan`.

    Raises:
        UserError: There is no file to color, or `output` or `suffix` name no format.
    """
    if not all(map(os.fspath, inputs)):
        raise UserError("an empty input", "paths of images or folders", "Name them.")
    paths = [Path(os.path.expanduser(path)) for path in inputs]  # noqa: PTH111
    _check_quotes(paths)
    if suffix is not None:
        image_io.check_target(f"result{suffix}")
    if output is not None:
        is_explicit_folder = os.fspath(output).endswith(os.sep)
        output = Path(os.path.expanduser(output))  # noqa: PTH111
        if not is_explicit_folder and _names_a_file(output, paths):
            _check_output(output, suffix)
            return Plan(_checked(_planned([(paths[0], output)], num_samples, side_by_side)))
    found = find(paths, output, recursive, exclude)
    if not (found.files or found.unreadable):
        searched = "." if recursive else ", or pass --recursive."
        raise UserError(
            f"{', '.join(map(quoted, paths))} without an image",
            "images, or folders of images",
            f"Name others{searched}",
        )
    targets = [(path, _target(path, output, relative, suffix)) for path, relative in found.files]
    items = _planned(targets, num_samples, side_by_side)
    items += [BatchItem(path, problem=problem) for path, problem in found.unreadable]
    items = items if output is not None else _without_results(items)
    return Plan(_checked(items), found.passed_over, found.unsearched)


def plan_archive(source, output):
    """Find the files of an archive and name their results in a folder.

    Args:
        source: Folder, which is searched with its subfolders; text file, ".txt", with one path per
            line; or a pattern, see `find_archive`.
        output: Folder for results, arranged like their sources below the folder, below the one
            that all listed files share, or below the one before the first wildcard.

    Returns:
        `Plan` with absolute paths.

    Raises:
        UserError: There is no image.
    """
    path, output = absolute(source), absolute(output)
    if is_folder(path):
        return plan([path], output, recursive=True)
    paths, root = find_archive(path, output)
    if not paths:
        raise UserError(
            f"{quoted(source)} without an image",
            f"a folder, a pattern in quotation marks, or a list that ends in {LIST_SUFFIX}",
            "Name another one.",
        )
    targets = [(path, _target(path, output, path.relative_to(root))) for path in paths]
    return Plan(_checked(_planned(targets)))


def _check_quotes(paths):
    """Raise UserError where a path with spaces came in pieces."""
    for start, path in enumerate(paths):
        if os.path.lexists(path):
            continue
        for stop in range(start + 2, min(len(paths), start + 20) + 1):
            joined = " ".join(map(str, paths[start:stop]))
            if os.path.lexists(joined):
                raise UserError(
                    ", ".join(map(quoted, paths[start:stop])),
                    f"one path, {quoted(joined)}",
                    f'Put it in quotation marks: "{joined}".',
                )


def _names_a_file(output, paths):
    """Return whether an output is the result of one image rather than a folder for results."""
    if is_folder(output) or not output.suffix:
        return False
    if len(paths) == 1 and not is_folder(paths[0]):
        return True
    if image_io.is_image(output):
        raise UserError(
            f"--output {quoted(output)}, the name of an image, for several images",
            "a folder for results",
            "Name a folder, or end the name in / if a folder is meant.",
        )
    return False


def _check_output(output, suffix):
    image_io.check_target(output)
    if suffix is not None and suffix.lower() != output.suffix.lower():
        raise UserError(
            f"--output {quoted(output)} with --format {suffix.removeprefix('.')}",
            "one format",
            "Omit --format, or change the name of the result.",
        )


def _target(path, output, relative, suffix=None):
    suffix = suffix or image_io.result_suffix(path)
    if output is None:
        return path.with_name(f"{path.stem}{MARK}{suffix}")
    return (output / relative).with_suffix(suffix)


def _planned(targets, num_samples=1, side_by_side=False):
    """Return items with everything to write, each source once."""
    once = {}
    for source, target in targets:
        once.setdefault(_identity(source), (source, target))
    return [_item(*pair, num_samples, side_by_side) for pair in once.values()]


def _item(source, target, num_samples, side_by_side):
    results, sheets = [target], {}
    if num_samples > 1:
        numbers = range(1, num_samples + 1)
        results = [target.with_stem(f"{target.stem}_{number}") for number in numbers]
        sheets[target.with_stem(target.stem + VARIATIONS)] = results
    if side_by_side:
        sheets[target.with_stem(target.stem + SIDE_BY_SIDE)] = results[:1]
    return BatchItem(source, tuple(results), sheets)


def _without_results(items):
    """Skip results of an earlier run that are beside their sources."""
    sources = {item.source.with_suffix(""): item.source for item in items}
    checked = []
    for item in items:
        match = _RESULT.fullmatch(item.source.stem)
        original = match and sources.get(item.source.with_name(match[1]))
        if original:
            reason = f"its name is that of a result of {quoted(original)}"
            item = BatchItem(item.source, skipped=reason)
        checked.append(item)
    return checked


def _checked(items):
    """Add a problem where a result would replace a source or another result."""
    sources = {_identity(item.source) for item in items if item.skipped is None}
    first, checked = {}, []
    for item in items:
        problem = None
        for target in item.targets:
            identity = _identity(target)
            other = first.setdefault(identity, item)
            if identity in sources:
                problem = UserError(
                    f"{quoted(target)} as result of {quoted(item.source)}, which is a source",
                    "another file",
                    "Pass another --output.",
                )
            elif other is not item:
                problem = UserError(
                    f"{quoted(item.source)} and {quoted(other.source)}, both with the result "
                    f"{quoted(target)}",
                    "results with different names",
                    "Rename one of them, or color it separately.",
                )
        checked.append(item if problem is None else BatchItem(item.source, problem=problem))
    return checked


def _identity(path):
    return os.path.realpath(path)
