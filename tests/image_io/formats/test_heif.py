"""Tests for HEIC and AVIF files."""

import sys

import pytest
from image_files import ramp, read
from PIL import Image, features


@pytest.mark.skipif(not features.check("avif"), reason="Pillow lacks AVIF")
def test_avif_with_the_plugin_of_another_package(tmp_path, monkeypatch):
    Image.fromarray(ramp((30, 40))).save(tmp_path / "a.avif")
    read(tmp_path / "a.avif")
    # Pillow has a plugin of its own since version 11.3.
    monkeypatch.setitem(sys.modules, "PIL.AvifImagePlugin", None)
    assert read(tmp_path / "a.avif")[0][0].size == (30, 40)
