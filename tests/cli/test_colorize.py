"""Tests of `colorkeras colorize`."""

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colorkeras import cli
from colorkeras.cli import colorize


@pytest.fixture
def run(main):
    """Return a function that runs words beside `scans`, a folder of two images and a broken one."""
    Path("scans").mkdir()
    for name in ("a", "b"):
        Image.fromarray(np.full([20, 30], 120, np.uint8)).save(f"scans/{name}.jpg")
    Path("scans/c.jpg").write_text("text")
    return lambda words: main(f"colorize {words}")


def test_one_image(run):
    status, output, errors = run("scans/a.jpg")
    assert (status, output, errors) == (cli.DONE, "scans/a_color.jpg\n", "")
    with Image.open("scans/a_color.jpg") as image:
        assert image.size == (30, 20)


def test_a_folder_with_a_broken_file(run):
    status, output, errors = run("scans -o color --report report.csv")
    assert status == cli.FAILED
    assert output.splitlines()[-2:] == [
        "2 done, 0 skipped, 1 failed",
        "Results are in 'color'. 1 failed: 'scans/c.jpg'.",
    ]
    assert "'scans/c.jpg'" in errors and "Traceback" not in errors
    with Path("report.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["source"], row["status"]) for row in rows] == [
        ("scans/a.jpg", "done"),
        ("scans/b.jpg", "done"),
        ("scans/c.jpg", "failed"),
    ]
    assert rows[0]["results"] == "color/a.jpg" and "c.jpg" in rows[2]["notes"]


def test_a_run_and_its_report_continue(run):
    run("scans -o color --report report.csv")
    first = Path("report.csv").read_text().splitlines()
    Path("color/b.jpg").unlink()
    status, output, _ = run("scans -o color --report report.csv --skip-existing")
    assert status == cli.FAILED
    assert output.splitlines()[-2] == "1 done, 1 skipped, 1 failed"
    second = Path("report.csv").read_text().splitlines()
    assert len(second) == len(first) and second[:2] == first[:2]


def test_a_report_has_a_row_for_every_file(run):
    """Files that a killed run colored without reporting them are listed, and no row is stale."""
    run("scans -o color")
    run("scans -o color --report report.csv")
    run("scans -o color --report report.csv --skip-existing")
    with Path("report.csv").open(newline="") as file:
        statuses = {row["source"]: row["status"] for row in csv.DictReader(file)}
    assert statuses == {
        "scans/a.jpg": "skipped",
        "scans/b.jpg": "skipped",
        "scans/c.jpg": "failed",
    }


def test_what_a_folder_holds_besides_images_is_reported(run):
    Path("scans/c.jpg").unlink()
    names = ["x.pgm", "y.pgm", "z.tga", "deep/d.jpg", "@eaDir/a.jpg/SYNOPHOTO.jpg", ".t/e.jpg"]
    for name in names:
        Path("scans", name).parent.mkdir(parents=True, exist_ok=True)
        Path("scans", name).write_bytes(Path("scans/a.jpg").read_bytes())
    words = "scans -o color --format png --exclude b.* --keep-times --report report.csv"
    os.utime("scans/a.jpg", (10**9, 10**9))
    for num_finished in range(2):  # The second run finds the results of the first.
        status, output, _ = run(words)
        assert status == cli.DONE
        assert output.splitlines()[-4:] == [
            f"{1 - num_finished} done, {num_finished} skipped, 0 failed, "
            "3 passed over (2 .pgm, 1 .tga)",
            "Passed over, as their formats are not read: "
            "'scans/x.pgm', 'scans/y.pgm', 'scans/z.tga'",
            "Subfolders skipped without --recursive: 'scans/deep'",
            "Results are in 'color'.",
        ]
        assert [path.name for path in Path("color").iterdir()] == ["a.png"]
        with Path("report.csv").open(newline="") as file:
            statuses = {row["source"]: row["status"] for row in csv.DictReader(file)}
        passed_over = dict.fromkeys(["scans/x.pgm", "scans/y.pgm", "scans/z.tga"], "passed over")
        assert statuses == {**passed_over, "scans/a.jpg": "done"}
    assert Path("color/a.png").stat().st_mtime == 10**9


def started(*words):
    """Start the command as a process in the current folder, as a shell does."""
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    return subprocess.Popen(
        [sys.executable, "-m", "colorkeras", "colorize", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment | {"PYTHONPATH": str(Path(colorize.__file__).parents[2])},
    )


def test_a_process_prints_only_the_result(run):
    process = started("scans/a.jpg")
    assert process.communicate() == (b"scans/a_color.jpg\n", b"")
    assert process.returncode == cli.DONE


def test_usage_errors_do_not_load_tensorflow(run, run_python):
    program = (
        "import sys; from colorkeras import cli;"
        "status = cli.main(['colorize', 'missing', '-o', 'new.xyz']);"
        "sys.exit(status + ('tensorflow' in sys.modules))"
    )
    process = run_python("-c", program)
    assert process.returncode == cli.UNUSABLE, process.stderr


def test_nothing_to_do_succeeds(run):
    Path("scans/c.jpg").unlink()
    run("scans -o color")
    for words in ("scans -o color", "scans -o color --skip-existing"):
        status, output, _ = run(words)
        summary = "0 done, 2 skipped, 0 failed\nResults are in 'color'.\n"
        assert (status, output) == (cli.DONE, summary)


UNUSABLE = [
    ("missing.jpg --variations 0", "--variations 0", "at least 1 and at most 100"),
    ("scans --quality 101", "--quality 101", "at most 100"),
    ("scans --saturation nan", "--saturation nan", "at least 0 and at most 4"),
    ("scans --max-megapixels 0", "--max-megapixels 0", "0.001"),
    ("scans --workers none", "--workers none", "auto"),
    ("scans --workers 0", "--workers '0'", "auto"),
    ("scans --workers 65", "--workers '65'", "from 1 to 64"),
    ("scans --seed -1", "--seed -1", "at most 2147483547"),
    ("scans --seed 99999999999999999999", "--seed 99999999999999999999", "at most 2147483547"),
    ("scans -o scans/a.jpg/below", "scans/a.jpg", "folder"),
    ("scans --report scans", "--overwrite to replace", "--overwrite"),
    ("scans --report scans --skip-existing", "scans", "Fix"),
    ("scans --report scans/a.jpg --overwrite", "which is an image", "another file"),
    ("scans --render-size 4", "--render-size 4", "at least 8 and at most 4096"),
    ("scans --model missing", "'missing'", "bundled"),
    ("scans --model unet-vivid", "'unet-vivid'", "Did you mean unet_vivid?"),
    ("scans --format xyz", "xyz", ".jpg"),
    ("scans/a.jpg -o new.png --format jpg", "--format jpg", "one format"),
    ("My scans", "'My', 'scans'", '"My scans"'),
    ("scans --variations 2", "--variations 2 for unet", "unet_vivid"),
    ("scans --temperature 1", "temperature 1", "Omit"),
    ("scans --model unet_vivid --temperature 1.6", "temperature 1.6", "1.5"),
    ("empty", "'empty' without an image", "--recursive"),
    ("scans/a.jpg -o new.xyz", "'new.xyz'", ".jpg"),
    ("scans --report there.csv", "there.csv", "--overwrite"),
    ("scans --report there.csv --skip-existing", "not a report", "--report"),
    ("scans --report scans/c.jpg/below.csv", "scans/c.jpg", "folder"),
]


@pytest.mark.parametrize(("words", "received", "expected"), UNUSABLE)
def test_unusable_options_change_nothing(run, words, received, expected):
    Path("empty").mkdir()
    Path("My scans").mkdir()
    Path("there.csv").write_bytes(b"\xff\xd8")
    before = sorted(Path().rglob("*"))
    status, _, errors = run(words)
    assert status == cli.UNUSABLE
    assert received in errors and expected in errors and "Fix: " in errors
    assert sorted(Path().rglob("*")) == before


@pytest.mark.parametrize("words", ["missing.jpg", "scans/c.jpg", "scans/a.jpg -o scans/a.jpg"])
def test_an_image_that_cannot_be_colored(run, words):
    status, output, errors = run(words)
    assert (status, output) == (cli.FAILED, "")
    assert words.split()[0] in errors and "Fix: " in errors


def test_a_signal_stops_the_run_and_keeps_finished_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("scans").mkdir()
    for number in range(400):
        Image.fromarray(np.full([400, 300], 120, np.uint8)).save(f"scans/{number:03}.jpg")
    process = started("scans", "-o", "color", "--report", "report.csv")
    while process.poll() is None and not (tmp_path / "color" / "003.jpg").exists():
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    assert b"Interrupted." in errors and b"Traceback" not in errors
    finished = sorted(path.name for path in (tmp_path / "color").iterdir())
    assert 4 <= len(finished) < 400
    assert not [name for name in finished if name.startswith(".")]
    for name in finished:
        with Image.open(tmp_path / "color" / name) as image:
            image.load()
    lines = (tmp_path / "report.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == [f"scans/{name}" for name in finished]
