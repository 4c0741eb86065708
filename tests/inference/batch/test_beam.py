"""Tests of Apache Beam's way of coloring; they run where it is installed.

python -m venv beam && beam/bin/pip install -e '.[beam,test]'
beam/bin/pytest tests/test_archives.py -m "faults or not faults"
"""

import csv
import os
import runpy
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

beam = pytest.importorskip("apache_beam", reason="Apache Beam is not installed")

from image_files import ramp, read  # noqa: E402

from colorkeras.config.colorize_options import ColorizeOptions  # noqa: E402
from colorkeras.inference import predictor  # noqa: E402
from colorkeras.inference.batch import beam as archives  # noqa: E402
from colorkeras.inference.batch import plan, run  # noqa: E402
from colorkeras.utils.errors import UserError  # noqa: E402

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "pipelines" / "colorize_beam.py"

pytestmark = [
    # Beam's and its libraries' own.
    pytest.mark.filterwarnings("ignore::DeprecationWarning:apache_beam"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:google"),
]


@pytest.fixture(scope="module")
def vivid():
    return predictor.load("unet_vivid")


@pytest.fixture
def archive(tmp_path):
    """A folder with one of each kind of file that is treated in its own way."""
    folder = tmp_path / "scans"
    (folder / "deep" / "er").mkdir(parents=True)
    Image.fromarray(ramp((40, 60))).save(folder / "a.png")
    Image.fromarray(ramp((40, 60))[::-1]).save(folder / "deep" / "b.JPG")
    Image.fromarray(ramp((300, 90))).save(folder / "deep" / "er" / "c.webp")
    pages = [Image.fromarray(ramp(shape)) for shape in ((40, 60), (90, 70), (40, 60))]
    pages[1] = Image.merge("RGB", (pages[1], pages[1].rotate(180), pages[1]))
    pages[0].save(folder / "pages.tif", save_all=True, append_images=pages[1:])
    pages[1].save(folder / "colored.png")
    (folder / "empty.png").write_bytes(b"")
    (folder / "notes.doc").write_text("no picture")
    return folder


def color(planned, loaded, settings, folder, handler=None):
    """Colors files in this process; returns counts and the rows of both lists."""
    words = ["--runner=FnApiRunner", "--direct_num_workers=2"]
    words.append("--direct_running_mode=multi_threading")
    options = beam.options.pipeline_options.PipelineOptions(words)
    pipeline = beam.Pipeline(options=options)
    lists = folder / "report.csv", folder / "failed.csv"
    archives.color(pipeline, planned, loaded, settings, *lists)
    result = pipeline.run()
    result.wait_until_finish()
    return archives.counts(result), *map(rows_of, lists)


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as file:
        return {row["source"]: row for row in csv.DictReader(file)}


def assert_same_pictures(expected, results):
    """Files have the same names, and pixels and transparency but for one level of 255.

    Lossy formats make up to a few levels of that one in few pixels.
    """
    names = [
        sorted(path.relative_to(folder) for path in folder.rglob("*.*") if path.suffix != ".csv")
        for folder in (expected, results)
    ]
    assert names[0] == names[1]
    for name in names[0]:
        of_either = [read(folder / name)[0] for folder in (expected, results)]
        for one, other in zip(*of_either, strict=True):
            step = 257 if one.pixels.dtype == np.uint16 else 1
            difference = one.pixels.astype(np.int32) - other.pixels.astype(np.int32)
            is_lossy = name.suffix.lower() in (".jpg", ".webp")
            assert np.abs(difference).max() <= (8 if is_lossy else step), name
            assert np.abs(difference).mean() <= 0.01 * step, name
            np.testing.assert_array_equal(one.alpha, other.alpha)


@pytest.mark.parametrize("keep_colored", [False, True], ids=["color all", "keep colored"])
def test_results_are_those_of_the_command_line(archive, vivid, tmp_path, keep_colored):
    settings = ColorizeOptions(seed=3, temperature=0.7, saturation=1.2, keep_colored=keep_colored)
    planned = plan.plan([archive], tmp_path / "one", recursive=True)
    outcomes = {o.source: o for o in run.colorize_files(vivid, planned, settings, 1)}

    planned = archives.find(str(archive), tmp_path / "beam")
    counts, report, failed = color(planned, vivid, settings, tmp_path / "beam")
    assert_same_pictures(tmp_path / "one", tmp_path / "beam")
    statuses = [outcome.status for outcome in outcomes.values()]
    assert counts == {name: statuses.count(name) for name in run.STATUSES}
    assert set(failed) == {str(archive / "empty.png")}
    assert "an empty file" in failed[str(archive / "empty.png")]["notes"]
    assert {name: row["status"] for name, row in report.items()} == {
        str(source): outcome.status for source, outcome in outcomes.items()
    }
    for source, outcome in outcomes.items():
        assert all(note in report[str(source)]["notes"] for note in outcome.notes)


def test_results_that_are_there_stay_unless_told_otherwise(archive, vivid, tmp_path):
    planned = archives.find(str(archive / "*.png"), tmp_path)
    [job] = [job for job in planned if job.source.name == "a.png"]
    job.results[0].write_bytes(b"mine")
    go_on = ColorizeOptions(skip_existing=True)
    counts, report, _ = color(planned, vivid, go_on, tmp_path)
    assert counts == {"done": 1, "skipped": 1, "failed": 1}
    assert report[str(job.source)]["notes"] == plan.RESULT_EXISTS
    assert job.results[0].read_bytes() == b"mine"
    # What an earlier run said of the others is kept.
    colored = str(archive / "colored.png")
    _, again, _ = color(planned, vivid, go_on, tmp_path)
    assert again[colored] == report[colored] and "were replaced" in again[colored]["notes"]
    counts, _, _ = color(planned, vivid, ColorizeOptions(overwrite=True), tmp_path)
    assert counts == {"done": 2, "skipped": 0, "failed": 1}
    assert job.results[0].read_bytes() != b"mine"


def test_a_batch_is_colored_by_size(archive, vivid, monkeypatch):
    planned = archives.find(str(archive / "**" / "*"), "elsewhere")
    shrink = archives._Shrink(vivid, ColorizeOptions())
    files = [small for job in planned for small in shrink.process(job)]
    files = [file for file in files if isinstance(file, archives.Shrunk)]
    handler = archives.ColorHandler(vivid, ColorizeOptions(seed=5))
    loaded, batches = handler.load_model(), []
    whole = type(loaded).color

    def counted(self, grayscale, seeds, temperature):
        batches.append(tuple(grayscale.shape))
        return whole(self, grayscale, seeds, temperature)

    monkeypatch.setattr(type(loaded), "color", counted)
    colored = handler.run_inference(files, loaded)
    # Two of the three pages, and two pictures, are of one size.
    assert sorted(batches) == [(1, 96, 29, 1), (2, 90, 70, 1), (4, 40, 60, 1)]
    for file in colored:
        assert [rgb.shape[:2] for rgb in file.colors] == [page.shape[:2] for page in file.pages]
        for page, rgb in zip(file.pages, file.colors, strict=True):
            alone = whole(loaded, page[np.newaxis], [5], None)[0]
            np.testing.assert_allclose(rgb, alone, atol=1e-4)


def test_a_batch_that_fails_is_told_of_each_file(archive, vivid, tmp_path, monkeypatch):
    def fail(*_):
        raise MemoryError("too much")

    monkeypatch.setattr(archives.ColorHandler, "run_inference", fail)
    planned = archives.find(str(archive), tmp_path)
    counts, _, failed = color(planned, vivid, ColorizeOptions(), tmp_path)
    assert counts == {"done": 0, "skipped": 0, "failed": len(planned)}
    assert "too much" in failed[str(archive / "a.png")]["notes"]


@pytest.mark.parametrize("text", ["scans", "scans.txt", "scans/**/*"])
def test_folders_lists_and_patterns(archive, tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    pictures = [path for path in archive.rglob("*.*") if path.suffix != ".doc"]
    Path("scans.txt").write_text("\n".join(map(str, pictures)) + "\n\n")
    # What an earlier run left is no source.
    (archive / "color").mkdir()
    (archive / "color" / "a.png").write_bytes(b"")
    planned = archives.find(text, "scans/color")
    assert {job.source for job in planned} == set(pictures)
    targets = {str(job.results[0].relative_to(archive / "color")) for job in planned}
    assert {"a.png", "deep/b.JPG", "deep/er/c.webp"} <= targets


def test_results_stay_in_their_folder(archive, tmp_path, monkeypatch):
    inner = tmp_path / "inner"
    inner.mkdir()
    monkeypatch.chdir(inner)
    Image.fromarray(ramp((8, 8))).save("here.png")
    Path("list.txt").write_text("\ufeff../scans/a.png\nhere.png\n", encoding="utf-8")
    targets = [job.results[0] for job in archives.find("list.txt", "../color")]
    color = tmp_path / "color"
    assert targets == [color / "scans" / "a.png", color / "inner" / "here.png"]


@pytest.mark.parametrize("pattern", ["../scans/**/*.png", "../link/**/*.png"])
@pytest.mark.parametrize("output", ["../scans/color", "{}/scans/color", "../other/../scans/color"])
def test_a_pattern_does_not_find_results(archive, tmp_path, monkeypatch, pattern, output):
    (tmp_path / "link").symlink_to(archive)
    (tmp_path / "other").mkdir()
    (archive / "color").mkdir()
    Image.fromarray(ramp((8, 8))).save(archive / "color" / "a.png")
    monkeypatch.chdir(tmp_path / "other")
    planned = archives.find(pattern, output.format(tmp_path))
    assert {job.source.name for job in planned} == {"a.png", "colored.png", "empty.png"}
    assert all("color" not in job.source.parts for job in planned)


def test_a_file_that_changes_meanwhile_fails(archive, vivid, tmp_path):
    [job] = archives.find(str(archive / "a.png"), tmp_path)
    [small] = archives._Shrink(vivid, ColorizeOptions()).process(job)
    handler = archives.ColorHandler(vivid, ColorizeOptions())
    [colored] = handler.run_inference([small], vivid.exported)
    Image.fromarray(ramp((80, 20))).save(job.source)
    outcome = archives._write(colored, vivid.name, ColorizeOptions())
    assert outcome.status == run.FAILED and "changed while" in str(outcome.error)
    assert not job.results[0].exists()


@pytest.mark.parametrize("text", ["nothing/*.png", "none.txt", "empty.txt", "utf16.txt", 300 * "a"])
def test_without_pictures(tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    Path("empty.txt").write_text("\n")
    Path("utf16.txt").write_text("a.png\n", encoding="utf-16")
    with pytest.raises(UserError, match=r"Received: .*\nExpected: .*\nFix: "):
        archives.find(text, "color")


@pytest.mark.parametrize(
    "words",
    [
        ("--input", "none.txt"),
        ("--input", ".", "--model", "no/model"),
        ("--input", ".", "--temperature", "1"),
        ("--input", ".", "--saturation", "nan"),
        ("--input", ".", "--modell", "unet"),
        ("--input", ".", "--output", "a.png"),
        ("--input", ".", "--workers", "0"),
        ("--input", ".", "--runner", "FlnkRunner"),
        ("--input", ".", "--runner", "FlinkRunner", "--workers", "2"),
    ],
    ids=" ".join,
)
def test_what_cannot_start(words, tmp_path):
    Image.fromarray(ramp((8, 8))).save(tmp_path / "a.png")
    status, said = end(start(tmp_path, *words))
    assert status == 2 and "Traceback" not in said, said
    assert {path.name for path in tmp_path.iterdir()} == {"a.png"}


@pytest.mark.parametrize("name", ["report.csv", "failed.csv"])
def test_a_file_that_is_no_report_is_not_replaced(name, tmp_path):
    Image.fromarray(ramp((8, 8))).save(tmp_path / "a.png")
    (tmp_path / "color").mkdir()
    (tmp_path / "color" / name).write_text("mine")
    status, said = end(start(tmp_path, "--input", "a.png"))
    assert status == 2 and "a file that is no such report" in said
    assert [path.name for path in (tmp_path / "color").iterdir()] == [name]


def start(folder, *words):
    command = [sys.executable, str(SCRIPT), "--output", "color", *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def end(process):
    said, _ = process.communicate()
    return process.returncode, said


@pytest.mark.faults
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=lambda number: number.name)
def test_500_pictures_of_which_some_are_broken_and_a_kill(number, tmp_path):
    scans, results = tmp_path / "scans", tmp_path / "color"
    scans.mkdir()
    make = runpy.run_path(str(ROOT / "benchmarks" / "mixed_folder.py"))["make"]
    broken = make(scans, 500, 20)
    killed = start(tmp_path, "--input", "scans")
    while killed.poll() is None and len(list(results.rglob("[0-9]*"))) < 150:
        time.sleep(0.05)
    assert killed.poll() is None
    killed.send_signal(number)
    status, said = end(killed)
    assert status == (-number if number == signal.SIGKILL else 128 + number), said
    assert "Traceback" not in said, said
    before = {path: path.stat().st_mtime_ns for path in results.rglob("[0-9]*")}
    assert 150 <= len(before) < 480

    status, said = end(start(tmp_path, "--input", "scans"))
    assert status == 1 and "Traceback" not in said, said
    done = 480 - len(before)
    assert f"{done} done, {len(before)} skipped, 20 failed" in said
    assert {Path(source).name for source in rows_of(results / "failed.csv")} == broken
    assert list(rows_of(results / "report.csv")) == sorted(map(str, scans.rglob("*.*")))
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())

    loaded, planned = predictor.load(), plan.plan([scans], tmp_path / "expected", recursive=True)
    for _ in run.colorize_files(loaded, planned, ColorizeOptions(), 3):
        pass
    for path in results.rglob(".*"):
        path.unlink()
    assert_same_pictures(tmp_path / "expected", results)
