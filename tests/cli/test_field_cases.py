"""Tests for the command line on types of files that caused problems for users.

The files are created by `make_cases.py` in the folder given by the COLORKERAS_CASES_DIR environment
variable.
"""

import collections
import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

from colorkeras import cli

CASES = Path(os.environ.get("COLORKERAS_CASES_DIR", ""), "make_cases.py")

NOTES = {
    "gain_map.jpg": "the gain map was left out",
    "motion.jpg": "the video of the motion photo was left out",
    "no_end_marker.jpg": "the file's end marker is missing, but the pixel data is complete",
    "photoshop_gray.jpg": "XMP description of the input file's color and structure was left out",
    "mixed/stereo.mpo": "only the first of 2 images in the file was colorized",
    "train/color_00.jpg": "it was already in color; its colors were replaced",
    "train/float.tif": "32-bit floating-point pixels are not supported",
    "mixed/x.pgm": "its format (.pgm) is not supported",
    "mixed/raw.dng": "it is a raw file; export it as TIFF or JPEG",
    "raw.dng": "it is a raw file; export it as TIFF or JPEG",
}
"""Text that the report must contain for each file."""

SILENT = [
    *("preview_first.tif", "pyramid.tif", "mask.tif", "int8.tif", "int16.tif", "rgb16_lzw.tif"),
    *("jpeg2000.tif", "lab16.tif", "exif_text.jpg", "exif_text.tif", "exif_text.png"),
    *("exif_text.webp", "gamma_linear.png", "gamma_1_8.png", "cutout_black.png"),
    *("cutout_noise.png", "cutout_red.png", "mixed/x.jp2"),
]
"""Files that are colorized without any loss."""


@pytest.mark.slow
@pytest.mark.skipif(not CASES.is_file(), reason="COLORKERAS_CASES_DIR names no make_cases.py")
def test_all_cases(main):
    pytest.importorskip("imagecodecs")
    pytest.importorskip("pillow_heif")
    subprocess.run([sys.executable, CASES, "cases"], check=True, capture_output=True)
    status, output, errors = main("colorize cases -o color --recursive --report report.csv")
    assert status == cli.FAILED and "Traceback" not in errors
    # 21 single files, 4 mixed files, 46 training images, and the target of the link.
    assert output.splitlines()[-4:] == [
        "72 done, 0 skipped, 1 failed, 5 ignored (2 .dng, 1 .pcx, 1 .pgm, 1 .tga)",
        "Ignored files in unsupported formats: 'cases/raw.dng', 'cases/mixed/raw.dng', "
        "'cases/mixed/x.pcx', 'cases/mixed/x.pgm', 'cases/mixed/x.tga'",
        "Skipped subfolders: 'cases/train/link' (--recursive includes all except links)",
        "Output files are in 'color'. 1 failed: 'cases/train/float.tif'.",
    ]
    with Path("report.csv").open(newline="", encoding="utf-8") as file:
        rows = {row["source"].removeprefix("cases/"): row for row in csv.DictReader(file)}
    statuses = collections.Counter(row["status"] for row in rows.values())
    assert statuses == {"done": 72, "failed": 1, "ignored": 5}
    for name, note in NOTES.items():
        assert note in rows[name]["notes"], name
    assert {name: rows[name]["notes"] for name in SILENT} == dict.fromkeys(SILENT, "")
    assert all(Path(row["results"]).is_file() for row in rows.values() if row["status"] == "done")
    assert not any("@eaDir" in name for name in rows)
    status, _, errors = main("colorize cases/raw.dng")
    assert status == cli.FAILED
    assert "Export the raw file as TIFF or JPEG." in errors
