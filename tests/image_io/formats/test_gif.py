"""Tests for GIF files."""

import pytest
from image_files import ramp, read
from PIL import Image


@pytest.mark.parametrize("padding", [b"", b"\0\0\0"])
@pytest.mark.parametrize("is_complete", [True, False])
def test_missing_end_is_reported(is_complete, padding, tmp_path):
    Image.fromarray(ramp((30, 40))).save(tmp_path / "a.gif")
    content = (tmp_path / "a.gif").read_bytes()
    (tmp_path / "a.gif").write_bytes((content if is_complete else content[:-1]) + padding)
    (image,), contents = read(tmp_path / "a.gif")
    assert image.size == (30, 40)
    expected = ["the file's end marker is missing, but the pixel data is complete"]
    assert contents.notes == ([] if is_complete else expected)
