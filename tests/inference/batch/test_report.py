"""Tests for batch reports and summaries."""

import csv
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from colorkeras.inference.batch.plan import RESULT_EXISTS, BatchItem, Plan
from colorkeras.inference.batch.report import (
    COLUMNS,
    DONE,
    FAILED,
    SKIPPED,
    BatchReport,
    BatchSummary,
    FileResult,
)
from colorkeras.utils.errors import UserError

KILLED_PROGRAM = """
import os, signal, sys
from pathlib import Path
from colorkeras.inference.batch.report import BatchReport, FileResult

report = BatchReport("report.csv")
for number in range(5):
    report.record(FileResult(Path(f"{number}.png"), notes=['with "quotes", commas']))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def rows(path="report.csv"):
    with Path(path).open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def planned(*names, **others):
    return Plan([BatchItem(Path(name)) for name in names], **others)


def test_a_kill_loses_no_finished_row():
    process = subprocess.run([sys.executable, "-c", KILLED_PROGRAM], env=os.environ)
    assert process.returncode == -signal.SIGKILL
    assert [row["source"] for row in rows()] == [f"{number}.png" for number in range(5)]
    assert rows()[0]["notes"] == 'with "quotes", commas'


@pytest.mark.parametrize("torn", ['4.png,done,"4_co', "4.png,done", "4"])
def test_a_report_with_a_torn_row_is_continued(torn):
    report = BatchReport("report.csv")
    report.record(FileResult(Path("3.png")))
    with Path("report.csv").open("a") as stream:
        stream.write(torn)
    report = BatchReport("report.csv", planned("4.png", "5.png"))
    for name in ("5.png", "4.png"):
        report.record(FileResult(Path(name)))
    assert [row["source"] for row in rows()] == ["3.png", "5.png", "4.png"]
    report.save()
    assert [row["source"] for row in rows()] == ["3.png", "4.png", "5.png"]


def test_nothing_is_written_before_the_first_row():
    BatchReport("report.csv", planned("a.png"))
    assert not Path("report.csv").exists()


def test_a_result_that_exists_keeps_its_earlier_row():
    report = BatchReport("report.csv")
    report.record(FileResult(Path("a.png"), notes=["reduced from 16 to 8 bits"]))
    report.save()
    report = BatchReport("report.csv")
    report.record(FileResult(Path("a.png"), SKIPPED, notes=[RESULT_EXISTS]))
    report.record(FileResult(Path("b.png"), SKIPPED, notes=[RESULT_EXISTS]))
    report.save()
    assert [(row["status"], row["notes"]) for row in rows()] == [
        ("done", "reduced from 16 to 8 bits"),
        ("skipped", RESULT_EXISTS),
    ]


def test_other_files_are_refused_unless_they_may_be_replaced():
    Path("report.csv").write_text("mine")
    with pytest.raises(UserError, match=r"(?s)not a report.*--overwrite"):
        BatchReport("report.csv")
    report = BatchReport("report.csv", overwrite=True)
    assert Path("report.csv").read_text() == "mine"
    report.record(FileResult(Path("a.png")))
    assert [row["source"] for row in rows()] == ["a.png"]


def test_files_that_are_passed_over_have_rows():
    paths = [Path("x.pgm"), Path("y"), Path("z.NEF")]
    report = BatchReport("report.csv", planned("a.png", passed_over=paths))
    report.record(FileResult(Path("a.png"), seconds=1.5))
    report.save()
    assert tuple(rows()[0]) == COLUMNS
    assert [(row["source"], row["status"]) for row in rows()] == [
        ("x.pgm", "ignored"),
        ("y", "ignored"),
        ("z.NEF", "ignored"),
        ("a.png", "done"),
    ]
    assert "(.pgm) is not" in rows()[0]["notes"]
    assert rows()[2]["notes"] == "it is a raw file; export it as TIFF or JPEG"


def summary(results, plan, output=None):
    made = BatchSummary(plan, output)
    for result in results:
        made.add(result)
    return list(made.lines())


def test_summary_counts_and_says_where_the_results_are():
    results = [FileResult(Path("a")), FileResult(Path("b"), SKIPPED), FileResult(Path("c"))]
    assert summary(results, planned()) == [
        "2 done, 1 skipped, 0 failed",
        "Output files are next to the input files.",
    ]
    assert summary(results, planned(), "my color")[-1] == "Output files are in 'my color'."


def test_summary_names_what_was_left_out():
    passed_over = [Path("a.pgm"), Path("b.PGM"), Path("c")]
    plan = planned(passed_over=passed_over, unsearched=[Path("deep")], excluded=[Path("private")])
    assert summary([FileResult(Path("d.png"))], plan) == [
        "1 done, 0 skipped, 0 failed, 3 ignored (2 .pgm, 1 no suffix)",
        "Ignored files in unsupported formats: 'a.pgm', 'b.PGM', 'c'",
        "Skipped subfolders: 'deep' (--recursive includes all except links)",
        "Excluded inputs: 'private'",
        "Output files are next to the input files.",
    ]


@pytest.mark.parametrize(("count", "end"), [(5, "'4'."), (7, "'4' and 2 more.")])
def test_summary_names_the_first_failed_files(count, end):
    results = [FileResult(Path(str(number)), FAILED) for number in range(count)]
    results.insert(3, FileResult(Path("good"), DONE))
    last = summary(results, planned(), "out")[-1]
    assert last == f"Output files are in 'out'. {count} failed: '0', '1', '2', '3', {end}"
