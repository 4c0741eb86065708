"""Tests for `colorkeras colorize`."""

import csv
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skewed_scans import scan_of, textured

from colorkeras import cli
from colorkeras.cli import colorize


@pytest.fixture
def run(main):
    """Return a function that runs the command in a folder with the subfolder `scans`.

    One of the images in `scans` is broken. The model defaults to `unet`, which loads faster.
    """
    Path("scans").mkdir()
    for name in ("a", "b"):
        Image.fromarray(np.full([20, 30], 120, np.uint8)).save(f"scans/{name}.jpg")
    Path("scans/c.jpg").write_text("text")
    return lambda words: main(f"colorize --model unet {words}")


def test_one_image(run):
    status, output, errors = run("scans/a.jpg")
    assert (status, output) == (cli.DONE, "scans/a_color.jpg\n")
    assert errors == "Colorizing 'scans/a.jpg' with unet ...\n"
    with Image.open("scans/a_color.jpg") as image:
        assert image.size == (30, 20)


def test_a_repeated_run_says_that_it_skipped_its_only_image(run):
    for note in ("", "Note: scans/a.jpg: it was skipped because its output file already exists\n"):
        status, output, _ = run("scans/a.jpg -o new.jpg")
        assert status == cli.DONE and output == (note or "new.jpg\n")


def test_a_folder_with_a_broken_file(run):
    status, output, errors = run("scans -o color --report report.csv")
    assert status == cli.FAILED
    assert output.splitlines()[-2:] == [
        "2 done, 0 skipped, 1 failed",
        "Output files are in 'color'. 1 failed: 'scans/c.jpg'.",
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
    """The report includes files from a killed run, and all rows are up to date."""
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
    for num_finished in range(2):  # The second run finds the first run's results.
        status, output, _ = run(words)
        assert status == cli.DONE
        assert output.splitlines()[-4:] == [
            f"{1 - num_finished} done, {num_finished} skipped, 0 failed, "
            "3 ignored (2 .pgm, 1 .tga)",
            "Ignored files in unsupported formats: 'scans/x.pgm', 'scans/y.pgm', 'scans/z.tga'",
            "Skipped subfolders: 'scans/deep' (--recursive includes all except links)",
            "Output files are in 'color'.",
        ]
        assert [path.name for path in Path("color").iterdir()] == ["a.png"]
        with Path("report.csv").open(newline="") as file:
            statuses = {row["source"]: row["status"] for row in csv.DictReader(file)}
        passed_over = dict.fromkeys(["scans/x.pgm", "scans/y.pgm", "scans/z.tga"], "ignored")
        assert statuses == {**passed_over, "scans/a.jpg": "done"}
    assert Path("color/a.png").stat().st_mtime == 10**9


def started(*words):
    """Start the command as a separate process in the current folder."""
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    return subprocess.Popen(
        [sys.executable, "-m", "colorkeras", "colorize", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment | {"PYTHONPATH": str(Path(colorize.__file__).parents[2])},
    )


@pytest.mark.slow
def test_a_process_prints_what_it_does_at_once_and_the_result(run):
    process = started("scans/a.jpg", "--model", "unet")
    beginning = b"Colorizing 'scans/a.jpg' with unet ...\n"
    assert process.stderr.readline() == beginning and process.poll() is None
    assert process.communicate() == (b"scans/a_color.jpg\n", b"")
    assert process.returncode == cli.DONE


def test_the_default_model_takes_hints_and_vividness(run, main):
    place = "--hint 10,10=#505090 --vividness 0.8"
    status, output, errors = main(f"colorize scans/a.jpg -o result.jpg {place}")
    assert (status, output) == (cli.DONE, "result.jpg\n"), errors
    assert errors == "Colorizing 'scans/a.jpg' with photo ...\n"
    status, output, _ = main("colorize scans -o color --variations 2 --exclude c.jpg")
    assert status == cli.DONE and "2 done" in output
    names = {"a_1.jpg", "a_2.jpg", "a_variations.jpg", "b_1.jpg", "b_2.jpg", "b_variations.jpg"}
    assert {path.name for path in Path("color").iterdir()} == names


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
        summary = "0 done, 2 skipped, 0 failed\nOutput files are in 'color'.\n"
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
    ("scans --format xyz", "--format 'xyz'", "jpg"),
    ("scans/a.jpg -o new.png --format jpg", "--format 'jpg'", "the same format"),
    ("My scans", "'My', 'scans'", '"My scans"'),
    ("scans --variations 2", "2 variations from", "unet_vivid"),
    ("scans --temperature 1", "temperature 1", "Omit"),
    ("scans --vividness 1.5", "--vividness 1.5", "at most 1"),
    ("scans --vividness 0.5", "vividness 0.5 for", "photo"),
    ("scans/a.jpg --hint 1,1=#7a1f2b", "hints for", "photo"),
    ("scans --hint 1,1=#7a1f2b", "hints for 3 images", "one image"),
    ("scans/a.jpg --hint 1=#7a1f2b", "--hint '1=#7a1f2b'", "X,Y=#RRGGBB"),
    ("scans/a.jpg --hint 1,1=red", "color red", "#7a1f2b"),
    ("scans/a.jpg --hint 1,2", "--hint '1,2' without a color", "--hint '1,2=#7a1f2b'"),
    ("scans/a.jpg --hint 1,2=", "--hint '1,2=' without a color", "--hint '1,2=#7a1f2b'"),
    ("scans/a.jpg --hint 1,1=#7a1f2b --variations 2", "--variations 2 with hints", "either"),
    ("scans --gallery there.csv", "--gallery 'there.csv'", ".html"),
    ("scans --gallery there.html", "that is not a gallery", ".html"),
    ("scans --gallery scans/a.jpg/g.html", "--gallery 'scans/a.jpg'", "folder"),
    ("scans --gallery folder.html --overwrite", "'folder.html', which is a folder", "a file"),
    ("scans/a.jpg --hints missing.json", "'missing.json'", "JSON"),
    ("scans/a.jpg --hints there.csv", "not a hints file", "JSON"),
    ("scans/a.jpg --reference missing.jpg", "'missing.jpg'", "path to an image"),
    ("scans/a.jpg --reference scans/b.jpg", "'scans/b.jpg', which is gray", "color"),
    ("a.jpg --reference ref.png --max-megapixels 0.001", "40x40 pixels", "at most 0.001"),
    ("scans --model unet_vivid --temperature 1.6", "temperature 1.6", "1.5"),
    ("empty", "'empty', where no images were found", "--recursive"),
    ("scans/a.jpg -o new.xyz", "'new.xyz'", ".jpg"),
    ("scans --report there.csv", "there.csv", "--overwrite"),
    ("scans --report there.csv --skip-existing", "not a report", "--report"),
    ("scans --report scans/c.jpg/below.csv", "scans/c.jpg", "folder"),
]


@pytest.mark.parametrize(("words", "received", "expected"), UNUSABLE)
def test_unusable_options_change_nothing(run, words, received, expected):
    Path("empty").mkdir()
    Path("My scans").mkdir()
    Path("folder.html").mkdir()
    Image.new("RGB", (40, 40), (150, 120, 100)).save("ref.png")
    for name in ("there.csv", "there.html"):
        Path(name).write_bytes(b"\xff\xd8")
    before = sorted(Path().rglob("*"))
    status, _, errors = run(words)
    assert status == cli.UNUSABLE
    assert received in errors and expected in errors and "Fix: " in errors
    assert sorted(Path().rglob("*")) == before


def test_a_gallery_shows_images_and_failures_without_other_files(run):
    Path("scans/a.jpg").rename("scans/<a>.jpg")
    for num_finished in range(2):  # The second run finds the first run's results.
        status, output, _ = run("scans -o color --gallery color/gallery.html")
        assert status == cli.FAILED and "Gallery: color/gallery.html" in output
        text = Path("color/gallery.html").read_text()
        assert text.count("<figure>") == 2 and "&lt;a&gt;.jpg in color" in text
        assert "<a>" not in text and "scans/c.jpg" in text and "not in a supported image" in text
        addresses = re.findall(r"""(?:src|href)=["']?([^"'\s>]{1,30})""", text)
        assert len(addresses) == 4
        assert all(address.startswith("data:image/jpeg;base64,") for address in addresses)
        assert "://" not in text, num_finished


def test_a_gallery_names_the_folders_of_images_from_several_folders(run):
    Path("scans/more").mkdir()
    Path("scans/b.jpg").rename("scans/more/a.jpg")
    run("scans -o color --recursive --gallery gallery.html")
    text = Path("gallery.html").read_text()
    assert all(f"<figcaption>{name}<" in text for name in ("scans/a.jpg", "scans/more/a.jpg"))


def test_a_gallery_shows_notes(run):
    gray = np.add.outer(np.arange(40), np.arange(60)).astype(np.uint8) + 80
    Image.fromarray(np.stack([gray, gray - 20, gray - 60], axis=-1)).save("sepia.png")
    for _ in range(2):
        run("sepia.png -o new.png --gallery g.html")
        text = Path("g.html").read_text()
        assert "output file already exists" not in text
    run("sepia.png -o new.png --overwrite --gallery g.html")
    assert "<small>it had a sepia tone" in Path("g.html").read_text()


def test_a_skewed_print_is_straightened_and_cropped(run):
    scan = Image.fromarray(scan_of(textured(), 3.0, bed=15))
    scan.save("scan.tif", dpi=(600, 600))
    words = "scan.tif -o new.tif --straighten --crop-borders --side-by-side --report report.csv"
    note = "the print was rotated counterclockwise by 3.0 degrees"
    status, output, _ = run(words)
    assert status == cli.DONE and f"Note: scan.tif: {note}\n" in output
    with Image.open("new.tif") as image, Image.open("new_side_by_side.tif") as sheet:
        assert image.width in range(415, 421) and image.height in range(295, 301)
        assert image.info["dpi"] == (600, 600)
        assert np.percentile(image.convert("L"), 0.1) > 40  # The dark bed is gone.
        assert sheet.height == scan.height
    assert note in Path("report.csv").read_text()
    assert run(words.replace("report.csv", "2.csv"))[1].endswith(
        "it was skipped because its output file already exists\n"
    )
    status, output, _ = run("scans/a.jpg --straighten")
    assert status == cli.DONE and "Note: scans/a.jpg: no skewed print was found\n" in output


def test_results_are_opened_if_asked_for(run, monkeypatch):
    opened = []
    monkeypatch.setattr(colorize, "open_file", lambda path: opened.append(str(path)))
    monkeypatch.setattr(colorize, "require_opener", lambda: None)
    run("scans/a.jpg --open")
    run("scans/a.jpg --open")
    run("scans/b.jpg --open --side-by-side")
    run("scans/a.jpg scans/b.jpg -o color --open")
    run("scans/a.jpg scans/b.jpg -o color --open --gallery g.html")
    run("scans/c.jpg --open")
    assert opened == [
        "scans/a_color.jpg",
        "scans/a_color.jpg",
        "scans/b_color_side_by_side.jpg",
        "color",
        "g.html",
        "scans",
    ]


def test_opening_needs_a_program(run, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    status, _, errors = run("scans/a.jpg --open")
    assert status == cli.UNUSABLE and "--open, but" in errors


@pytest.mark.parametrize("words", ["missing.jpg", "scans/c.jpg", "scans/a.jpg -o scans/a.jpg"])
def test_an_image_that_cannot_be_colored(run, words):
    status, output, errors = run(words)
    assert (status, output) == (cli.FAILED, "")
    assert words.split()[0] in errors and "Fix: " in errors


def test_missing_files_are_not_announced(run, monkeypatch):
    Path("link.jpg").symlink_to("nowhere.jpg")
    status, output, errors = run("missing.jpg --report report.csv")
    assert (status, output) == (cli.FAILED, "")
    assert "Received: 'missing.jpg', which does not exist" in errors
    assert "Expected: the path to an image" in errors and "Colorizing" not in errors
    assert "'missing.jpg'" in Path("report.csv").read_text()
    status, output, errors = run("missing.jpg scans/a.jpg link.jpg -o color")
    assert status == cli.FAILED and "1 done, 0 skipped, 2 failed" in output
    assert errors.startswith("Colorizing 'scans/a.jpg' with unet ...\n")
    assert "'link.jpg', a broken symbolic link" in errors


def test_a_loop_of_links_is_reported_like_a_broken_link(run):
    Path("scans/loop.jpg").symlink_to("loop.jpg")
    status, output, errors = run("scans -o color --report report.csv --gallery gallery.html")
    assert status == cli.FAILED
    assert "'scans/loop.jpg', a broken symbolic link" in errors
    assert "2 failed: 'scans/c.jpg', 'scans/loop.jpg'." in output.splitlines()[-1]
    assert sorted(path.name for path in Path("color").iterdir()) == ["a.jpg", "b.jpg"]


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("{}.jpg", cli.FAILED),
        ("scans/a.jpg/b.jpg", cli.FAILED),
        ("scans/a.jpg -o {}.jpg", cli.FAILED),
        ("scans/a.jpg -o color --report {}.csv", cli.UNUSABLE),
        ("scans/a.jpg -o color --gallery {}.html", cli.UNUSABLE),
        ("scans/a.jpg -o color --reference {}.jpg", cli.UNUSABLE),
        ("scans/a.jpg -o color --model {}", cli.UNUSABLE),
    ],
)
def test_names_at_which_there_can_be_no_file_are_explained(words, status, run):
    received = run(words.format("x" * 300))
    assert received[0] == status
    lines = received[2].splitlines()[-3:]
    assert "free space" not in received[2] and "complete image" not in received[2]
    assert [line.split(":")[0] for line in lines] == ["Received", "Expected", "Fix"]
    assert not Path("color").exists()


def test_missing_films_are_reported(run):
    pytest.importorskip("av", reason="requires the 'video' extra")
    pytest.importorskip("cv2", reason="requires the 'video' extra")
    assert "Expected: the path to a film" in run("missing.mp4")[2]


def test_a_signal_stops_the_run_and_keeps_finished_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("scans").mkdir()
    for number in range(400):
        Image.fromarray(np.full([400, 300], 120, np.uint8)).save(f"scans/{number:03}.jpg")
    process = started("scans", "-o", "color", "--report", "report.csv", "--model", "unet")
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
