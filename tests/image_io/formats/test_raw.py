"""Tests that raw files are rejected regardless of content and suffix."""

import numpy as np
import pytest
import tifffile
from image_files import read

from colorkeras import image_io
from colorkeras.image_io import FORMATS
from colorkeras.utils.errors import UserError

REFUSED = "Export the raw file as TIFF or JPEG"
PREFIXES = {
    "a.raf": b"FUJIFILMCCD-RAW 0201",
    "a.orf": b"IIRO\x08\0\0\0",
    "a.rw2": b"IIU\0\x18\0\0\0",
    "a.cr3": b"\0\0\0\x18ftypcrx \0\0\0\1",
    "a.cr2": b"II*\0\x10\0\0\0CR\2\0",
    "a.iiq": b"II*\0\x08\0\0\0IIII",
    "a.x3f": b"FOVb\2\0\2\0",
}


@pytest.mark.parametrize("name", PREFIXES)
def test_raw_files_are_recognized_by_content(name, tmp_path):
    for path in (tmp_path / name, tmp_path / "a.jpg"):
        path.write_bytes(PREFIXES[name] + bytes(100))
        with pytest.raises(UserError, match=REFUSED):
            read(path)


@pytest.mark.parametrize("suffix", [".nef", ".ARW", ".dng", ".pef", ".3fr", ".srw"])
def test_raw_files_are_recognized_by_suffix(suffix, tmp_path):
    assert image_io.is_raw_suffix(f"a{suffix}") and not image_io.is_image(f"a{suffix}")
    tifffile.imwrite(tmp_path / f"a{suffix}", np.zeros((4, 4), np.uint8))
    with pytest.raises(UserError, match=REFUSED):
        read(tmp_path / f"a{suffix}")


def test_raw_suffixes_decide_where_the_content_is_unknown(tmp_path):
    (tmp_path / "a.r3d").write_bytes(b"\0\0\1\0RED2" + bytes(99))
    with pytest.raises(UserError, match=REFUSED):
        read(tmp_path / "a.r3d")


def test_no_supported_suffix_is_raw():
    suffixes = [suffix for kind in FORMATS.values() for suffix in kind.suffixes]
    assert not any(map(image_io.is_raw_suffix, suffixes))
    assert len(suffixes) == len(set(suffixes))
