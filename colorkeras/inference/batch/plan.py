"""Selection of the files to colorize, and naming of their output files."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from colorkeras import image_io
from colorkeras.inference.batch.film_names import (
    check_format,
    check_target,
    film_suffix,
    is_film,
    is_film_target,
)
from colorkeras.inference.batch.find import (
    LIST_SUFFIX,
    absolute,
    find,
    find_archive,
    identity,
)
from colorkeras.inference.color_hints import HintList
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import expand_home, is_folder, quoted

MARK = "_color"
"""Name suffix of output files that are written next to their input files."""

VARIATIONS, SIDE_BY_SIDE = "_variations", "_side_by_side"
"""Name suffixes of contact sheets that show the input next to all variations or to one output."""

RESULT_EXISTS = "it was skipped because its output file already exists"
"""Reason for skipping a file that has already been colorized."""

_RESULT = re.compile(f"(.+){MARK}(_[0-9]+|{VARIATIONS}|{SIDE_BY_SIDE})?")
"""Pattern that matches the names of all files written next to input files."""


@dataclass(frozen=True)
class BatchItem:
    """File to colorize.

    Attributes:
        source: Path to the input file.
        results: Paths to the output files, one per sample.
        sheets: Dict from the path of each contact sheet to the list of output files that it shows.
        skipped: Reason for skipping the file, or None.
        problem: `UserError` that prevents colorizing the file, or None.
        hints: `HintList` for the file; if it contains hints, the file must have a single page.
        reference: `color_settings.Reference`, or None.
    """

    source: Path
    results: tuple = ()
    sheets: dict = field(default_factory=dict)
    skipped: str | None = None
    problem: UserError | None = None
    hints: HintList = field(default_factory=HintList)
    reference: Any = None

    @property
    def targets(self):
        """Paths of all files to write."""
        return [*self.results, *self.sheets]


@dataclass(frozen=True)
class Plan:
    """Files to colorize and files to ignore.

    Attributes:
        items: List of `BatchItem`. Items that would replace an input file, or an output file of an
            earlier item, have a `problem`.
        passed_over: Paths of files that were found in folders but are neither images nor films.
        unsearched: Subfolders that were skipped: symbolic links or, without `recursive`, all of
            them.
        excluded: Inputs that were skipped because they match a pattern.
    """

    items: list
    passed_over: list = field(default_factory=list)
    unsearched: list = field(default_factory=list)
    excluded: list = field(default_factory=list)

    @property
    def identities(self):
        """Set of the `identity` of each input and output file."""
        return {identity(path) for item in self.items for path in (item.source, *item.targets)}


def plan(
    inputs,
    output=None,
    recursive=False,
    num_samples=1,
    side_by_side=False,
    suffix=None,
    exclude=(),
):
    """Find the files to colorize and name their output files.

    Args:
        inputs: Paths to files and folders. Duplicates are colorized once.
        output: Output folder, in which files from an input folder keep their relative paths, or
            output file for a single input file. None writes each output file next to its input.
        recursive: Whether to search subfolders, except for hidden and system folders.
        num_samples: Number of output files per input file.
        side_by_side: Whether to also write an image with the input and the output side by side.
        suffix: Suffix of all output files, such as ".jpg"; None keeps input suffixes if possible.
        exclude: Glob patterns for names and paths to skip; see `find`.

    Returns:
        `Plan`.

    Raises:
        UserError: There are no files to colorize, or the output format is not supported.
    """
    if not all(map(os.fspath, inputs)):
        raise UserError("an empty path", "paths to images or folders", "Pass at least one path.")
    if not all(exclude):
        raise UserError("an empty pattern", "patterns such as '*.gif'", "Change --exclude.")
    paths = [Path(expand_home(path)) for path in inputs]
    _check_quotes(paths)
    is_file = False
    if output is not None:
        is_explicit_folder = os.fspath(output).endswith(os.sep)
        output = Path(expand_home(output))
        is_file = not is_explicit_folder and _names_a_file(output, paths)
    found = find(paths, output, recursive, exclude)
    if not (found.files or found.unreadable):
        options = ["pass --recursive"] * (not recursive) + ["change --exclude"] * bool(exclude)
        raise UserError(
            f"{', '.join(map(quoted, paths))}, where no images were found{found.others}",
            "images or folders that contain images",
            f"{', or '.join(['Pass other paths', *options])}.",
        )
    if is_file:
        _check_output(paths[0], output, suffix)
        return Plan(without_collisions(_planned([(paths[0], output)], num_samples, side_by_side)))
    if suffix is not None and found.files:
        check_format(suffix, [path for path, _ in found.files])
    targets = [(path, _target(path, output, relative, suffix)) for path, relative in found.files]
    items = _planned(targets, num_samples, side_by_side)
    items += [BatchItem(path, problem=problem) for path, problem in found.unreadable]
    items = items if output is not None else _without_results(items)
    return Plan(without_collisions(items), found.passed_over, found.unsearched, found.excluded)


def plan_archive(source, output):
    """Find the files of an archive and name their output files.

    Args:
        source: Folder, which is searched recursively; ".txt" file with one path per line; or
            glob pattern (see `find_archive`).
        output: Output folder. Files keep their paths relative to the folder, to the common parent
            of all listed files, or to the folder before the first wildcard.

    Returns:
        `Plan` with absolute paths.

    Raises:
        UserError: No images were found.
    """
    path, output = absolute(source), absolute(output)
    if is_folder(path):
        return plan([path], output, recursive=True)
    paths, root = find_archive(path, output)
    if not paths:
        raise UserError(
            f"{quoted(source)}, where no images were found",
            f"a folder, a glob pattern in quotes, or a {LIST_SUFFIX} file with one path per line",
            "Choose another input.",
        )
    targets = [(path, _target(path, output, path.relative_to(root))) for path in paths]
    return Plan(without_collisions(_planned(targets)))


def _check_quotes(paths):
    """Raise UserError if the shell has split a path that contains spaces."""
    for start, path in enumerate(paths):
        if os.path.lexists(path):
            continue
        for stop in range(start + 2, min(len(paths), start + 20) + 1):
            joined = " ".join(map(str, paths[start:stop]))
            if os.path.lexists(joined):
                raise UserError(
                    ", ".join(map(quoted, paths[start:stop])),
                    f"the single path {quoted(joined)}",
                    f'Put it in quotes: "{joined}".',
                )


def _names_a_file(output, paths):
    """Return whether the output path names a file for a single image rather than a folder."""
    if is_folder(output) or not output.suffix:
        return False
    if len(paths) == 1 and not is_folder(paths[0]):
        return True
    if image_io.is_image(output) or is_film_target(output):
        raise UserError(
            f"--output {quoted(output)}, which is a file name, for several input files",
            "an output folder",
            "Pass a folder. If this is meant to be a folder, append a slash.",
        )
    return False


def _check_output(source, output, suffix):
    check_target(output, source)
    if suffix is not None and suffix.lower() != output.suffix.lower():
        raise UserError(
            f"--format {quoted(suffix.removeprefix('.'))}, which conflicts with the extension of "
            f"--output {quoted(output)}",
            "the same format in both options",
            "Omit --format or change the name of the output file.",
        )


def _target(path, output, relative, suffix=None):
    usual = film_suffix(path) if is_film(path) else image_io.result_suffix(path)
    # If a folder contains both films and images, the suffix applies only to one of them.
    is_usable = suffix is not None and is_film_target(f"result{suffix}") == is_film(path)
    suffix = suffix if is_usable else usual
    if output is None:
        return path.with_name(f"{path.stem}{MARK}{suffix}")
    return (output / relative).with_suffix(suffix)


def _planned(targets, num_samples=1, side_by_side=False):
    """Return one `BatchItem` per input file with all files to write for it."""
    once = {}
    for source, target in targets:
        once.setdefault(identity(source), (source, target))
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
    """Mark files as skipped if an earlier run wrote them next to their input files."""
    sources = {item.source.with_suffix(""): item.source for item in items}
    checked = []
    for item in items:
        match = _RESULT.fullmatch(item.source.stem)
        original = match and sources.get(item.source.with_name(match[1]))
        if original:
            reason = (
                "it was skipped because its name suggests that it is an output file for "
                f"{quoted(original)}"
            )
            item = BatchItem(item.source, skipped=reason)
        checked.append(item)
    return checked


def without_collisions(items):
    """Set `problem` for items that would replace an input file or an earlier item's output file."""
    items = list(items)
    sources = {identity(item.source) for item in items if item.skipped is None}
    first, checked = {}, []
    for item in items:
        problem = None
        for target in item.targets:
            target_identity = identity(target)
            other = first.setdefault(target_identity, item)
            if target_identity in sources:
                problem = UserError(
                    f"{quoted(item.source)}, whose output file {quoted(target)} is also an input "
                    "file",
                    "an output file that is not also an input file",
                    "Pass a different --output.",
                )
            elif other is not item:
                problem = UserError(
                    f"{quoted(item.source)} and {quoted(other.source)}, which have the same output "
                    f"file {quoted(target)}",
                    "output files with different names",
                    "Rename one of the input files, or colorize it separately.",
                )
        checked.append(item if problem is None else BatchItem(item.source, problem=problem))
    return checked
