"""Reports on batches: a CSV file with a row for each file, and a summary."""

import csv
import io
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from colorkeras.inference.batch.plan import RESULT_EXISTS, Plan
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import printable, quoted, require_new, require_writable, write_text

DONE, SKIPPED, FAILED = STATUSES = "done", "skipped", "failed"
"""Status of a file that was worked on."""

COLUMNS = ("source", "status", "results", "seconds", "notes")
"""Columns of a report. Several results or notes are separated by " | "."""

PASSED_OVER = "passed over"
"""Status of files in folders whose suffix is not that of an image format."""

_MAX_NAMES = 5
"""Number of files that the summary names."""


@dataclass
class FileResult:
    """Result of coloring a file.

    Attributes:
        source: Its path.
        status: `DONE`, `SKIPPED` or `FAILED`.
        targets: Paths that were written.
        notes: Sentences on anything lost or otherwise worth knowing.
        error: `UserError`, if it failed.
        seconds: Time it took.
    """

    source: Path
    status: str = DONE
    targets: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    error: UserError | None = None
    seconds: float = 0.0


def row(result):
    """Return the row of a `FileResult`: list of texts for `COLUMNS`."""
    error = [" ".join(str(result.error).split())] if result.error else []
    return [
        printable(result.source),
        result.status,
        " | ".join(map(printable, result.targets)),
        f"{result.seconds:.2f}",
        " | ".join([*result.notes, *error]),
    ]


def as_csv(rows):
    """Return rows as lines of CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


class BatchReport:
    """CSV file that gets a row as soon as a file is finished; safe to use from several threads.

    Nothing is written before the first row. A killed run leaves all rows but the one that was being
    written, in the order in which files were finished.

    Args:
        path: Path of the CSV file.
        planned: `Plan`, whose order `save` uses.
        overwrite: Whether to replace an existing file. Otherwise an existing report is continued:
            its rows stay unless their files are colored again.

    Raises:
        UserError: The file cannot be written, is not a report, or is one of the images.
    """

    def __init__(self, path, planned=None, overwrite=False):
        planned = planned or Plan([])
        self.path = Path(path)
        paths = {p.resolve() for item in planned.items for p in (item.source, *item.targets)}
        if self.path.resolve() in paths:
            raise UserError(
                f"--report {quoted(path)}, which is an image", "another file", "Name another file."
            )
        require_writable(self.path.parent, "--report")
        self._rows = {}
        if self.path.is_file() and not overwrite:
            self._rows = self._read()
        else:
            require_new([self.path], overwrite)
        for file in planned.passed_over:
            name = printable(file)
            note = f"{file.suffix or 'no suffix'} is not an image format that is read"
            self._rows[name] = [name, PASSED_OVER, "", "0.00", note]
        self._names = [printable(item.source) for item in planned.items]
        self._lock, self._is_begun = threading.Lock(), False

    def _read(self):
        try:
            text = self.path.read_text(encoding="utf-8")
            # A killed run may have written the last row in part.
            complete = text[: text.rfind("\n") + 1]
            header, *rows = csv.reader(io.StringIO(complete), strict=True)
            if tuple(header) == COLUMNS:
                return {row[0]: row for row in rows if len(row) == len(COLUMNS)}
        except (UnicodeDecodeError, ValueError, csv.Error):
            pass
        raise UserError(
            f"--report {quoted(self.path)}, which is not a report",
            f"a file to continue whose first line is {','.join(COLUMNS)}, or a new file",
            "Pass another --report, or --overwrite to replace it.",
        )

    def record(self, result):
        """Append the row of a `FileResult`."""
        name = printable(result.source)
        with self._lock:
            was_done = self._rows.get(name, ("", ""))[1] == "done"
            if result.notes == [RESULT_EXISTS] and was_done:
                return  # The earlier row says more about the result.
            if not self._is_begun:
                write_text(self.path, as_csv([COLUMNS, *self._rows.values()]))
                self._is_begun = True
            self._rows[name] = row(result)
            with self.path.open("a", encoding="utf-8") as stream:
                stream.write(as_csv([self._rows[name]]))

    def save(self):
        """Write the file again: first the rows of other files, then those of the plan in order."""
        planned = dict.fromkeys(self._names)
        names = [*(name for name in self._rows if name not in planned), *planned]
        rows = [self._rows[name] for name in names if name in self._rows]
        write_text(self.path, as_csv([COLUMNS, *rows]))


class BatchSummary:
    """Lines for the end of a run.

    Args:
        planned: `Plan`.
        output: Folder or file of results, or None if they are beside their sources.
    """

    def __init__(self, planned, output=None):
        self.counts, self._planned, self._output = Counter(), planned, output
        self._failed = []

    def add(self, result):
        """Count a `FileResult`."""
        self.counts[result.status] += 1
        if result.status == FAILED:
            self._failed.append(result.source)

    def lines(self):
        """Yield the counts, what was left out, and where the results are."""
        counts = [f"{self.counts[name]} {name}" for name in STATUSES]
        passed_over = self._planned.passed_over
        if passed_over:
            suffixes = Counter(file.suffix.lower() or "no suffix" for file in passed_over)
            kinds = ", ".join(f"{count} {suffix}" for suffix, count in suffixes.most_common())
            counts.append(f"{len(passed_over)} {PASSED_OVER} ({kinds})")
        yield ", ".join(counts)
        if passed_over:
            yield f"Passed over, as their formats are not read: {_names(passed_over)}"
        if self._planned.unsearched:
            yield f"Subfolders skipped without --recursive: {_names(self._planned.unsearched)}"
        where = "beside their sources" if self._output is None else f"in {quoted(self._output)}"
        failed = f" {len(self._failed)} failed: {_names(self._failed)}." if self._failed else ""
        yield f"Results are {where}.{failed}"


def _names(paths):
    names = ", ".join(map(quoted, paths[:_MAX_NAMES]))
    others = len(paths) - _MAX_NAMES
    return names if others <= 0 else f"{names} and {others} more"
