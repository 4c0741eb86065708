"""Colorize a folder of 200 images in all formats, ten of them damaged, using an installed wheel.

    pip wheel --no-deps -w dist . && python -m venv trial
    trial/bin/pip install dist/colorkeras-*.whl
    trial/bin/python benchmarks/mixed_folder.py trial/bin/colorkeras

Creates the folder, runs `colorkeras colorize` on it from an empty directory, kills the command
partway through and resumes with `--skip-existing`. Then checks the exit status, the report and all
output files, which must be in color and have the same size as the input.

Latest result (2026-11-26): The command was killed after writing 66 files, one of them temporary.
The second run colorized 125 images, skipped 65, failed on 10, and exited with status 1. The result
was 190 correct output files, 10 reported failures, and 1 hidden temporary file left behind by the
killed process.
"""

import argparse
import csv
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

NUM_FILES, NUM_DAMAGED = 200, 10

SAVED_AS = (
    ("jpg", "L", {}),
    ("jpg", "RGB", {"progressive": True}),
    ("JPG", "CMYK", {}),
    ("png", "L", {}),
    ("png", "1", {}),
    ("png", "LA", {}),
    ("png", "P", {}),
    ("png", "I;16", {}),
    ("tif", "L", {"compression": "tiff_lzw"}),
    ("tif", "I;16", {}),
    ("webp", "RGB", {}),
    ("bmp", "L", {}),
    ("gif", "L", {}),
)
"""Suffixes, modes and encoder settings, which are assigned to the files in turn."""


def gray_image(number):
    """Return a random grayscale image; `number` determines its size and content."""
    generator = np.random.default_rng(number)
    size = int(generator.integers(60, 900)), int(generator.integers(60, 900))
    coarse = Image.fromarray(generator.integers(0, 256, (6, 8), np.uint8))
    return coarse.resize(size, Image.Resampling.BICUBIC)


def make(folder, num_files=NUM_FILES, num_damaged=NUM_DAMAGED):
    """Write the files; return the names of the damaged ones."""
    damaged = set()
    every = num_files // num_damaged
    for number in range(num_files):
        suffix, mode, settings = SAVED_AS[number % len(SAVED_AS)]
        image = gray_image(number)
        if mode == "I;16":
            image = Image.fromarray(np.asarray(image).astype(np.uint16) * 257)
        elif mode != "L":
            image = image.convert(mode)
        path = folder / f"sub{number % 3}" / f"{number:03}.{suffix}"
        path.parent.mkdir(exist_ok=True)
        image.save(path, **settings)
        if number % every == every - 1:
            # Make the file empty, truncate it, or replace it with text.
            contents = path.read_bytes()
            path.write_bytes((b"", contents[: len(contents) // 3], b"text")[number // every % 3])
            damaged.add(path.name)
    return damaged


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("program", type=Path)
    program = parser.parse_args().program.absolute()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        scans, color = folder / "scans", folder / "color"
        scans.mkdir()
        damaged = make(scans)
        words = [program, "colorize", "scans", "-o", "color", "--recursive", "--skip-existing"]
        words += ["--report", "report.csv"]
        first = subprocess.Popen(words, cwd=folder, stderr=subprocess.DEVNULL)
        while first.poll() is None and len(list(color.rglob("*.*"))) < NUM_FILES // 3:
            time.sleep(0.05)
        first.send_signal(signal.SIGKILL)
        first.wait()
        before = len(list(color.rglob("*.*")))
        process = subprocess.run(words, cwd=folder, capture_output=True, text=True)
        print(process.stdout.splitlines()[-1], f"- status {process.returncode}")
        print(f"{before} output files when the first process was killed")
        with (folder / "report.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        failed = {Path(row["source"]).name for row in rows if row["status"] == "failed"}
        assert process.returncode == 1
        assert "Traceback" not in process.stderr
        assert failed == damaged, failed ^ damaged
        results = [path for path in color.rglob("*") if path.is_file()]
        hidden = [path for path in results if path.name.startswith(".")]
        results = {path.stem: path for path in results if path not in hidden}
        assert len(results) == NUM_FILES - NUM_DAMAGED, len(results)
        for source in scans.rglob("*.*"):
            if source.name not in damaged:
                with Image.open(results[source.stem]) as result, Image.open(source) as original:
                    assert result.size == original.size
                    # Pure black and white have no chroma.
                    if original.mode != "1":
                        assert np.ptp(np.asarray(result.convert("RGB")), axis=-1).max() > 0
        print(
            f"{len(results)} correct output files, {len(failed)} reported failures; "
            f"{len(hidden)} temporary files left behind by the killed process"
        )


if __name__ == "__main__":
    main()
