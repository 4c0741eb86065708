"""Tests for HEIC and AVIF files."""

import pytest
from image_files import ramp, read
from PIL import Image, features


@pytest.mark.skipif(not features.check("avif"), reason="Pillow lacks AVIF")
def test_avif_with_the_plugin_of_another_package(tmp_path, monkeypatch):
    Image.fromarray(ramp((30, 40))).save(tmp_path / "a.avif")
    opened, (open_with_pillow, accept) = [], Image.OPEN["AVIF"]

    class Plugin(open_with_pillow):
        def _open(self):
            opened.append(self)
            super()._open()

    monkeypatch.setitem(Image.OPEN, "AVIF", (Plugin, accept))
    (image,), _ = read(tmp_path / "a.avif")
    assert image.size == (30, 40) and opened
