"""What became of each file, one line of CSV each."""

import csv
import io
from pathlib import Path

from colorkeras.inference.batch.plan import RESULT_EXISTS
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import printable, quoted, require_new, require_writable, write_text

COLUMNS = ("source", "status", "results", "seconds", "notes")
"""Of the file; several results, and several notes, are separated by " | "."""


def row(outcome):
    """The line of an `FileResult`: list of texts for `COLUMNS`."""
    error = [" ".join(str(outcome.error).split())] if outcome.error else []
    return [
        printable(outcome.source),
        outcome.status,
        " | ".join(map(printable, outcome.targets)),
        f"{outcome.seconds:.2f}",
        " | ".join([*outcome.notes, *error]),
    ]


def as_csv(rows):
    """Lines of a CSV file, each of which ends one line."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


class BatchReport:
    """Lines of a report, from threads as well.

    Args:
        path: Of the file, which `save` writes.
        jobs: All jobs, in the order of lines; others follow as they are recorded.
        go_on: Whether an earlier report there is continued: what it says of files stays unless
            they are worked on anew.
        overwrite: Whether another file there may be replaced.

    Raises:
        UserError: The file cannot be written, is no such report, or is one of the pictures.
    """

    def __init__(self, path, jobs=(), go_on=False, overwrite=False):
        self.path = Path(path)
        paths = {p.resolve() for job in jobs for p in (job.source, *job.targets)}
        if self.path.resolve() in paths:
            raise UserError(
                f"--report {quoted(path)}, which is a picture", "a file of its own", "Name another."
            )
        require_writable(self.path.parent, "--report")
        if not (go_on and self.path.is_file()):
            require_new([self.path], overwrite)
            self.rows = {}
        else:
            self.rows = self._read()
        self._names = [printable(job.source) for job in jobs]

    def _read(self):
        try:
            text = self.path.read_text(encoding="utf-8")
            header, *rows = csv.reader(io.StringIO(text), strict=True)
            if tuple(header) == COLUMNS:
                return {row[0]: row for row in rows if len(row) == len(COLUMNS)}
        except (UnicodeDecodeError, ValueError, csv.Error):
            pass
        raise UserError(
            f"--report {quoted(self.path)}, a file that is no such report",
            f"one whose first line is {','.join(COLUMNS)}, to be continued, or a new file",
            "Pass another --report.",
        )

    def record(self, outcome):
        """Takes the line of an `FileResult`."""
        name = printable(outcome.source)
        was_there = outcome.notes == [RESULT_EXISTS]
        if was_there and self.rows.get(name, ("", ""))[1] == "done":
            return  # It says more of how the result came about.
        self.rows[name] = row(outcome)

    def save(self):
        """Writes the file: first what an earlier one says of others, then the jobs in order."""
        names = [*(name for name in self.rows if name not in set(self._names)), *self._names]
        rows = [self.rows[name] for name in names if name in self.rows]
        write_text(self.path, as_csv([COLUMNS, *rows]))
