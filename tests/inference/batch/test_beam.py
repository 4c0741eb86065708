"""Tests for colorization with Apache Beam. They are skipped if Beam is not installed.

python -m venv beam && beam/bin/pip install -e '.[beam,test]'
beam/bin/pytest tests/inference/batch/test_beam.py -m "faults or not faults"
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
from colorkeras.inference.batch import color_files, plan  # noqa: E402
from colorkeras.utils.errors import UserError  # noqa: E402

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "pipelines" / "colorize_beam.py"

pytestmark = [
    # Warnings from Beam and its dependencies.
    pytest.mark.filterwarnings("ignore::DeprecationWarning:apache_beam"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:google"),
]


@pytest.fixture(scope="module")
def vivid():
    return predictor.load("unet_vivid")


@pytest.fixture
def archive(tmp_path):
    """Folder with one file of each type that is handled differently."""
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
    (folder / "notes.doc").write_text("not an image")
    return folder


def color(planned, loaded, settings, folder, handler=None):
    """Colorize files in this process; return the counts and the rows of both CSV files."""
    words = ["--runner=FnApiRunner", "--direct_num_workers=2"]
    words.append("--direct_running_mode=multi_threading")
    options = beam.options.pipeline_options.PipelineOptions(words)
    pipeline = beam.Pipeline(options=options)
    lists = folder / "report.csv", folder / "failed.csv"
    archives.color(pipeline, planned, loaded, settings, *lists, copy_film)
    result = pipeline.run()
    result.wait_until_finish()
    return archives.counts(result), *map(rows_of, lists)


def copy_film(model, item, options):
    """Stand-in for `color_film`, which requires another extra."""
    item.results[0].write_bytes(item.source.read_bytes() + model.name.encode())
    return color_files.FileResult(item.source, targets=[item.results[0]])


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as file:
        return {row["source"]: row for row in csv.DictReader(file)}


def assert_same_images(expected, results):
    """Assert that files have the same names, pixels and transparency, within 1 of 255 levels.

    In lossy formats, some pixels may differ by a few levels.
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


def test_a_film_is_one_element(archive, vivid, tmp_path):
    film = archive / "film.mp4"
    film.write_bytes(b"film ")
    planned = plan.plan_archive(str(archive), tmp_path).items
    films = [item for item in planned if item.source == film]
    films = films or [plan.BatchItem(film, (tmp_path / "film.mp4",))]
    images = [item for item in planned if item.source.suffix == ".png"]
    counts, report, _ = color([*images, *films], vivid, ColorizeOptions(), tmp_path)
    assert (tmp_path / "film.mp4").read_bytes() == b"film unet_vivid 1"
    assert report[str(film)]["status"] == "done" and len(report) == len(images) + 1
    assert counts["done"] == len(report) - counts["failed"]


@pytest.mark.parametrize("keep_colored", [False, True], ids=["color all", "keep colored"])
def test_results_are_those_of_the_command_line(archive, vivid, tmp_path, keep_colored):
    settings = ColorizeOptions(seed=3, temperature=0.7, saturation=1.2, keep_colored=keep_colored)
    planned = plan.plan([archive], tmp_path / "one", recursive=True).items
    results = {o.source: o for o in color_files.colorize_files(vivid, planned, settings, 1)}

    planned = plan.plan_archive(str(archive), tmp_path / "beam").items
    counts, report, failed = color(planned, vivid, settings, tmp_path / "beam")
    assert_same_images(tmp_path / "one", tmp_path / "beam")
    statuses = [result.status for result in results.values()]
    assert counts == {name: statuses.count(name) for name in color_files.STATUSES}
    assert set(failed) == {str(archive / "empty.png")}
    assert "an empty file" in failed[str(archive / "empty.png")]["notes"]
    assert {name: row["status"] for name, row in report.items()} == {
        str(source): result.status for source, result in results.items()
    }
    for source, result in results.items():
        assert all(note in report[str(source)]["notes"] for note in result.notes)


@pytest.mark.parametrize("option", ["neutral_borders", "crop_borders"])
def test_borders_of_grayscale_scans(archive, vivid, tmp_path, option):
    photograph = np.random.default_rng(0).integers(80, 160, [70, 90], np.uint8)
    Image.fromarray(np.pad(photograph, 10, constant_values=230)).save(archive / "scan.png")
    planned = plan.plan_archive(str(archive / "scan.png"), tmp_path).items
    counts, report, _ = color(planned, vivid, ColorizeOptions(**{option: True}), tmp_path)
    assert counts == {"done": 1, "skipped": 0, "failed": 0}, report
    [colored], _ = read(tmp_path / "scan.png")
    if option == "crop_borders":
        assert colored.size == (70, 90)
    else:
        has_color = np.ptp(colored.pixels, axis=-1) > 0
        assert has_color[10:80, 10:100].mean() > 0.5
        assert not has_color[:10].any() and not has_color[:, :10].any()


def test_existing_results_are_kept_unless_overwritten(archive, vivid, tmp_path):
    planned = plan.plan_archive(str(archive / "*.png"), tmp_path).items
    [item] = [item for item in planned if item.source.name == "a.png"]
    item.results[0].write_bytes(b"mine")
    go_on = ColorizeOptions(skip_existing=True)
    counts, report, _ = color(planned, vivid, go_on, tmp_path)
    assert counts == {"done": 1, "skipped": 1, "failed": 1}
    assert report[str(item.source)]["notes"] == plan.RESULT_EXISTS
    assert item.results[0].read_bytes() == b"mine"
    # Rows from an earlier run are kept.
    colored = str(archive / "colored.png")
    _, again, _ = color(planned, vivid, go_on, tmp_path)
    assert again[colored] == report[colored] and "were replaced" in again[colored]["notes"]
    counts, _, _ = color(planned, vivid, ColorizeOptions(overwrite=True), tmp_path)
    assert counts == {"done": 2, "skipped": 0, "failed": 1}
    assert item.results[0].read_bytes() != b"mine"


def test_workers_apply_the_limits_of_the_command(archive, vivid, tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)  # Pillow's own limit.
    planned = plan.plan_archive(str(archive / "*" / "b.JPG"), tmp_path).items
    counts, _, _ = color(planned, vivid, ColorizeOptions(), tmp_path)
    assert counts == {"done": 1, "skipped": 0, "failed": 0}
    assert Image.MAX_IMAGE_PIXELS is None


@pytest.mark.parametrize(
    ("max_pixels", "counts"), [(archives.MAX_PIXELS, [4]), (2 * 40 * 60 + 1, [2, 2]), (1, [1] * 4)]
)
def test_a_batch_is_colored_by_size(archive, vivid, monkeypatch, max_pixels, counts):
    monkeypatch.setattr(archives, "MAX_PIXELS", max_pixels)
    planned = plan.plan_archive(str(archive / "**" / "*"), "elsewhere").items
    shrink = archives._Shrink(vivid, ColorizeOptions())
    files = [small for item in planned for small in shrink.process(item)]
    files = [file for file in files if isinstance(file, archives.Shrunk)]
    handler = archives.ColorHandler(vivid, ColorizeOptions(seed=5))
    loaded, batches = handler.load_model(), []
    whole = type(loaded).predict

    def counted(self, grayscale, settings):
        batches.append(tuple(grayscale.shape))
        return whole(self, grayscale, settings)

    monkeypatch.setattr(type(loaded), "predict", counted)
    colored = handler.run_inference(files, loaded)
    # Two of the three pages and two images have the same size.
    assert sorted(shape for shape in batches if shape[1] == 40) == [(n, 40, 60, 1) for n in counts]
    assert {shape[1:] for shape in batches} == {(96, 29, 1), (90, 70, 1), (40, 60, 1)}
    for file in colored:
        assert [rgb.shape[:2] for rgb in file.colors] == [page.shape[:2] for page in file.pages]
        for page, rgb in zip(file.pages, file.colors, strict=True):
            alone = whole(loaded, page[np.newaxis], handler.settings)[0]
            np.testing.assert_allclose(rgb, alone, atol=1e-4)


def test_a_batch_that_fails_is_told_of_each_file(archive, vivid, tmp_path, monkeypatch):
    def fail(*_):
        raise MemoryError("too much")

    monkeypatch.setattr(archives.ColorHandler, "run_inference", fail)
    planned = plan.plan_archive(str(archive), tmp_path).items
    counts, _, failed = color(planned, vivid, ColorizeOptions(), tmp_path)
    assert counts == {"done": 0, "skipped": 0, "failed": len(planned)}
    assert "too much" in failed[str(archive / "a.png")]["notes"]


@pytest.mark.parametrize("text", ["scans", "scans.txt", "scans/**/*"])
def test_folders_lists_and_patterns(archive, tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    images = [path for path in archive.rglob("*.*") if path.suffix != ".doc"]
    Path("scans.txt").write_text("\n".join(map(str, images)) + "\n\n")
    # Files left by an earlier run are not inputs.
    (archive / "color").mkdir()
    (archive / "color" / "a.png").write_bytes(b"")
    planned = plan.plan_archive(text, "scans/color").items
    assert {item.source for item in planned} == set(images)
    targets = {str(item.results[0].relative_to(archive / "color")) for item in planned}
    assert {"a.png", "deep/b.JPG", "deep/er/c.webp"} <= targets


def test_results_stay_in_their_folder(archive, tmp_path, monkeypatch):
    inner = tmp_path / "inner"
    inner.mkdir()
    monkeypatch.chdir(inner)
    Image.fromarray(ramp((8, 8))).save("here.png")
    Path("list.txt").write_text("\ufeff../scans/a.png\nhere.png\n", encoding="utf-8")
    targets = [item.results[0] for item in plan.plan_archive("list.txt", "../color").items]
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
    planned = plan.plan_archive(pattern, output.format(tmp_path)).items
    assert {item.source.name for item in planned} == {"a.png", "colored.png", "empty.png"}
    assert all("color" not in item.source.parts for item in planned)


def test_a_file_that_changes_meanwhile_fails(archive, vivid, tmp_path):
    [item] = plan.plan_archive(str(archive / "a.png"), tmp_path).items
    [small] = archives._Shrink(vivid, ColorizeOptions()).process(item)
    handler = archives.ColorHandler(vivid, ColorizeOptions())
    [colored] = handler.run_inference([small], vivid)
    Image.fromarray(ramp((80, 20))).save(item.source)
    result = archives._write(colored, vivid.recorded_name, vivid.engine, ColorizeOptions())
    assert result.status == color_files.FAILED and "changed while" in str(result.error)
    assert not item.results[0].exists()


def test_seconds_include_all_steps(archive, vivid, tmp_path):
    [item] = plan.plan_archive(str(archive / "a.png"), tmp_path).items
    [small] = archives._Shrink(vivid, ColorizeOptions()).process(item)
    [colored] = archives.ColorHandler(vivid, ColorizeOptions()).run_inference([small], vivid)
    result = archives._write(colored, vivid.recorded_name, vivid.engine, ColorizeOptions())
    assert 0 < small.seconds < colored.seconds < result.seconds


@pytest.mark.parametrize("text", ["nothing/*.png", "none.txt", "empty.txt", "utf16.txt", 300 * "a"])
def test_without_images(tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    Path("empty.txt").write_text("\n")
    Path("utf16.txt").write_text("a.png\n", encoding="utf-16")
    with pytest.raises(UserError, match=r"Received: .*\nExpected: .*\nFix: "):
        plan.plan_archive(text, "color")


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
    status, output = end(start(tmp_path, *words))
    assert status == 2 and "Traceback" not in output, output
    assert {path.name for path in tmp_path.iterdir()} == {"a.png"}


@pytest.mark.parametrize("name", ["report.csv", "failed.csv"])
def test_a_file_that_is_no_report_is_not_replaced(name, tmp_path):
    Image.fromarray(ramp((8, 8))).save(tmp_path / "a.png")
    (tmp_path / "color").mkdir()
    (tmp_path / "color" / name).write_text("mine")
    status, output = end(start(tmp_path, "--input", "a.png"))
    assert status == 2 and "which is not a report" in output
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
    output, _ = process.communicate()
    return process.returncode, output


@pytest.mark.faults
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=lambda number: number.name)
def test_images_of_which_some_are_broken_and_a_kill(number, tmp_path):
    scans, results = tmp_path / "scans", tmp_path / "color"
    scans.mkdir()
    make = runpy.run_path(str(ROOT / "benchmarks" / "mixed_folder.py"))["make"]
    broken = make(scans, 120, 6)
    killed = start(tmp_path, "--input", "scans")
    while killed.poll() is None and len(list(results.rglob("[0-9]*"))) < 36:
        time.sleep(0.05)
    assert killed.poll() is None
    killed.send_signal(number)
    status, output = end(killed)
    assert status == (-number if number == signal.SIGKILL else 128 + number), output
    assert "Traceback" not in output, output
    before = {path: path.stat().st_mtime_ns for path in results.rglob("[0-9]*")}
    assert 36 <= len(before) < 114

    status, output = end(start(tmp_path, "--input", "scans"))
    assert status == 1 and "Traceback" not in output, output
    done = 114 - len(before)
    assert f"{done} done, {len(before)} skipped, 6 failed" in output
    assert {Path(source).name for source in rows_of(results / "failed.csv")} == broken
    assert list(rows_of(results / "report.csv")) == sorted(map(str, scans.rglob("*.*")))
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())

    loaded, planned = (
        predictor.load(),
        plan.plan([scans], tmp_path / "expected", recursive=True).items,
    )
    for _ in color_files.colorize_files(loaded, planned, ColorizeOptions(), 3):
        pass
    for path in results.rglob(".*"):
        path.unlink()
    assert_same_images(tmp_path / "expected", results)
