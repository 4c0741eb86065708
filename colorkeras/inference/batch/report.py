"""Batch reports: a CSV file with one row per file, and a printed summary."""

import csv
import io
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from colorkeras import image_io
from colorkeras.inference.batch.film_names import is_film_name
from colorkeras.inference.batch.find import by_suffix, first_names, identity
from colorkeras.inference.batch.plan import RESULT_EXISTS, Plan
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import printable, quoted, require_new, require_writable, write_text

DONE, SKIPPED, FAILED = STATUSES = "done", "skipped", "failed"
"""Statuses of processed files."""

COLUMNS = ("source", "status", "results", "seconds", "engine", "notes")
"""Columns of a report. Multiple output files or notes are separated by " | "."""

PASSED_OVER = "ignored"
"""Status for files that were found in folders but are neither images nor films."""


@dataclass
class FileResult:
    """Outcome of colorizing a file.

    Attributes:
        source: Path to the input file.
        status: `DONE`, `SKIPPED` or `FAILED`.
        targets: Paths to the written files.
        notes: Notes about lost data and other information for the user.
        error: `UserError` if the file failed, otherwise None.
        seconds: Processing time in seconds, excluding time spent waiting for other files. In Beam
            pipelines, the time for a network batch is divided equally among its files.
        engine: Runtime that the model used, such as "LiteRT"; empty if nothing was colorized.
    """

    source: Path
    status: str = DONE
    targets: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    error: UserError | None = None
    seconds: float = 0.0
    engine: str = ""


def row(result):
    """Return the report row for a `FileResult` as a list of str in the order of `COLUMNS`."""
    error = [" ".join(str(result.error).split())] if result.error else []
    return [
        printable(result.source),
        result.status,
        " | ".join(map(printable, result.targets)),
        f"{result.seconds:.2f}",
        result.engine,
        " | ".join([*result.notes, *error]),
    ]


def as_csv(rows):
    """Format rows as CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


class BatchReport:
    """Thread-safe CSV report to which a row is added whenever a file is finished.

    The file is created when the first row is added. If the run is killed, the report contains all
    finished files in the order in which they finished, and possibly an incomplete last row.

    Args:
        path: Path to the CSV file.
        planned: `Plan` that determines the order of the rows in `save`.
        overwrite: Whether to replace an existing file. Otherwise, rows are added to an existing
            report; its old rows are kept unless their files are colorized again.

    Raises:
        UserError: The file cannot be written, is not a report or is one of the images.
    """

    def __init__(self, path, planned=None, overwrite=False):
        planned = planned or Plan([])
        self.path = Path(path)
        if identity(path) in planned.identities:
            raise UserError(
                f"--report {quoted(path)}, which is an image", "a CSV file", "Choose another file."
            )
        require_writable(self.path.parent, "--report")
        self._rows = {}
        if self.path.is_file() and not overwrite:
            self._rows = self._read()
        else:
            require_new([self.path], overwrite)
        for file in planned.passed_over:
            name = printable(file)
            note = f"its format ({file.suffix or 'no suffix'}) is not supported"
            if image_io.is_raw_suffix(file):
                note = "it is a raw file; export it as TIFF or JPEG"
            elif is_film_name(file):
                note = "it is a film; install the 'video' extra"
            self._rows[name] = [name, PASSED_OVER, "", "0.00", "", note]
        self._names = [printable(item.source) for item in planned.items]
        self._lock, self._is_begun = threading.Lock(), False

    def _read(self):
        try:
            text = self.path.read_text(encoding="utf-8")
            # A killed run may have left an incomplete last row.
            complete = text[: text.rfind("\n") + 1]
            header, *rows = csv.reader(io.StringIO(complete), strict=True)
            if tuple(header) == COLUMNS:
                return {row[0]: row for row in rows if len(row) == len(COLUMNS)}
        except (UnicodeDecodeError, ValueError, csv.Error):
            pass
        raise UserError(
            f"--report {quoted(self.path)}, which is not a report",
            f"a new file, or a report whose first line is {','.join(COLUMNS)}",
            "Pass a different --report, or pass --overwrite to replace it.",
        )

    def record(self, result):
        """Append a row for a `FileResult`."""
        name = printable(result.source)
        with self._lock:
            was_done = self._rows.get(name, ("", ""))[1] == "done"
            if result.notes == [RESULT_EXISTS] and was_done:
                return  # Keep the earlier row, which has more details.
            if not self._is_begun:
                write_text(self.path, as_csv([COLUMNS, *self._rows.values()]))
                self._is_begun = True
            self._rows[name] = row(result)
            with self.path.open("a", encoding="utf-8") as stream:
                stream.write(as_csv([self._rows[name]]))

    def save(self):
        """Rewrite the file in plan order, starting with the rows for files outside the plan."""
        planned = dict.fromkeys(self._names)
        names = [*(name for name in self._rows if name not in planned), *planned]
        rows = [self._rows[name] for name in names if name in self._rows]
        write_text(self.path, as_csv([COLUMNS, *rows]))


class BatchSummary:
    """Summary that is printed at the end of a run.

    Args:
        planned: `Plan`.
        output: Output folder or file, or None if output files are next to their input files.
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
        """Yield lines with the counts, the ignored files and the location of the output files."""
        counts = [f"{self.counts[name]} {name}" for name in STATUSES]
        passed_over = self._planned.passed_over
        if passed_over:
            counts.append(f"{len(passed_over)} {PASSED_OVER} ({by_suffix(passed_over)})")
        yield ", ".join(counts)
        if passed_over:
            yield f"Ignored files in unsupported formats: {first_names(passed_over)}"
        if self._planned.unsearched:
            names = first_names(self._planned.unsearched)
            yield f"Skipped subfolders: {names} (--recursive includes all except links)"
        if self._planned.excluded:
            yield f"Excluded inputs: {first_names(self._planned.excluded)}"
        where = "next to the input files" if self._output is None else f"in {quoted(self._output)}"
        failed = (
            f" {len(self._failed)} failed: {first_names(self._failed)}." if self._failed else ""
        )
        yield f"Output files are {where}.{failed}"
