"""Tests for unreadable files, and for side effects of reading on the process."""

import io
import os
import struct
import subprocess
import sys
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import tifffile
from image_files import jpeg_bytes, ramp, read
from PIL import Image

from colorkeras import image_io
from colorkeras.image_io import DecodedImage
from colorkeras.image_io.formats.png16 import encoded
from colorkeras.utils.errors import UserError


def png_header(width, height, depth=8, kind=0):
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    length, checksum = struct.pack(">I", 13), struct.pack(">I", zlib.crc32(chunk))
    return b"\x89PNG\r\n\x1a\n" + length + chunk + checksum


def png(width, height, content=b""):
    content = zlib.compress(content)
    data = struct.pack(">I", len(content)) + b"IDAT" + content
    data += struct.pack(">I", zlib.crc32(data[4:]))
    return png_header(width, height) + data + b"\0\0\0\0IEND\xaeB`\x82"


def saved(image, writer, **settings):
    buffer = io.BytesIO()
    image.save(buffer, writer, **settings)
    return buffer.getvalue()


NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8))
DEEP = np.random.default_rng(0).integers(0, 65536, (64, 64, 3), np.uint16)


def deep_tiff():
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, DEEP, photometric="rgb", compression="zlib")
    return buffer.getvalue()


def deep_png():
    return b"\x89PNG\r\n\x1a\n" + b"".join(encoded(DecodedImage(DEEP)))


def half(content):
    return content[: len(content) // 2]


BAD = {
    "empty.jpg": (b"", "an empty file"),
    "text.jpg": (b"Dear Grandma, here is the photograph.", "not in a supported image format"),
    "other.jpg": (saved(NOISE, "PPM"), "not in a supported image format"),
    "script.jpg": (b"%!PS-Adobe-3.0 EPSF-3.0\n", "not in a supported image format"),
    "short.jpg": (jpeg_bytes(NOISE)[:300], "cannot be read"),
    "short.webp": (half(saved(NOISE, "WEBP")), "cannot be read"),
    "short.gif": (half(saved(NOISE, "GIF")), "cannot be read"),
    "short.bmp": (half(saved(NOISE, "BMP")), "cannot be read"),
    "header.png": (png_header(9, 9), "cannot be read"),
    "signature.png": (b"\x89PNG\r\n\x1a\n", "cannot be read"),
    "signature.jpg": (b"\xff\xd8\xff", "cannot be read"),
    "signature.tif": (b"II*\0", "cannot be read"),
    "nothing.png": (png(0, 5), "cannot be read"),
    "nothing.gif": (b"GIF89a\0\0\0\0\0\0\0;", "cannot be read"),
    "nothing.tif": (b"II*\0\x08\0\0\0\0\0\0\0\0\0", "cannot be read"),
    "few.png": (png(64, 64, b"\0" * 100), "cannot be read"),
    "bomb.png": (png(60000, 60000), "60000x60000 pixels (3600 megapixels)"),
    "bomb.bmp": (
        b"BM" + struct.pack("<IIIIiiHHIIiiII", 54, 0, 54, 40, 50000, 50000, 1, 8, 0, 0, 0, 0, 0, 0),
        "2500 megapixels",
    ),
}
BAD |= {
    f"half.{suffix}": (half(content), "cannot be read")
    for suffix, content in {
        "jpg": jpeg_bytes(NOISE),
        "progressive.jpg": jpeg_bytes(NOISE, progressive=True),
        "png": saved(NOISE, "PNG"),
        "tif": saved(NOISE, "TIFF", compression="tiff_lzw"),
        "plain.tif": saved(NOISE, "TIFF"),
        "deep.tif": deep_tiff(),
        "deep.png": deep_png(),
    }.items()
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_get_a_user_error(name, tmp_path):
    content, what = BAD[name]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UserError) as error:
        read(path)
    received, expected, fix = str(error.value).splitlines()
    assert received.startswith(f"Received: '{path}'") and what in received
    assert expected.startswith("Expected: ") and fix.startswith("Fix: ")


@pytest.mark.parametrize("name", ["half.jpg", "half.png", "half.deep.png", "half.plain.tif"])
def test_pixels_are_decoded_on_demand(name, tmp_path):
    content = BAD[name][0] if "tif" not in name else deep_tiff()[:-9]
    (tmp_path / name).write_bytes(content)
    with image_io.open_image(tmp_path / name) as contents:
        assert contents.num_pages == 1 and not contents.notes
        with pytest.raises(UserError, match="cannot be read"):
            next(contents.pages)


def test_paths_of_other_things(tmp_path):
    (tmp_path / "link.jpg").symlink_to(tmp_path / "gone.jpg")
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")
    for name, what in {
        "missing.jpg": "which does not exist",
        "link.jpg": "a broken symbolic link",
        ".": "a folder",
        "loop.jpg": "a broken symbolic link",
        "pipe.jpg/a.jpg": "which does not exist .Not a directory",
        "pipe.jpg": "which is not a regular file",
        "n" * 300 + ".jpg": "does not exist .File name too long",
        "zero\0.jpg": "null",
    }.items():
        with pytest.raises(UserError, match=what):
            read(f"{tmp_path}/{name}")


def test_no_permission(tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg_bytes(NOISE))
    path.chmod(0)
    with pytest.MonkeyPatch.context() as monkeypatch:
        if os.access(path, os.R_OK):  # The superuser can read any file.

            def refuse(*arguments, **settings):
                raise PermissionError(13, "Permission denied")

            monkeypatch.setattr(Path, "open", refuse)
        with pytest.raises(UserError, match="do not have permission to read"):
            read(path)


def test_names_that_are_not_utf8(tmp_path):
    path = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9\n.jpg")
    with pytest.raises(UserError) as error:
        read(path)
    assert r"caf\xe9\n.jpg'" in str(error.value)
    str(error.value).encode("ascii")
    Path(path).write_bytes(jpeg_bytes(NOISE))
    assert read(path)[0][0].size == (64, 64)


def test_size_limit(tmp_path):
    pages = [Image.new("L", size) for size in ((100, 100), (200, 100))]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    assert len(read(tmp_path / "a.tif", max_megapixels=0.02)[0]) == 2
    with pytest.raises(
        UserError, match=r"200x100 pixels \(0.02 megapixels\)\n.*0.019 megapixels\n"
    ):
        read(tmp_path / "a.tif", max_megapixels=0.019)


def test_process_wide_settings_stay(tmp_path):
    before = Image.MAX_IMAGE_PIXELS, list(warnings.filters)
    for suffix in (".png", ".jpg", ".tif", ".bmp", ".gif", ".webp"):
        NOISE.save(tmp_path / f"a{suffix}")
        with image_io.open_image(tmp_path / f"a{suffix}", 1) as contents:
            next(contents.pages)
            assert (Image.MAX_IMAGE_PIXELS, warnings.filters) == before


@pytest.mark.parametrize("suffix", [".gif", ".webp"])
def test_limit_of_pillow_is_explained(suffix, tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    NOISE.save(tmp_path / f"a{suffix}")
    if suffix == ".webp":
        with pytest.raises(UserError, match="--max-megapixels"):
            read(tmp_path / f"a{suffix}")
    with warnings.catch_warnings():
        image_io.use_own_limits()
        assert read(tmp_path / f"a{suffix}")[0][0].size == (64, 64)


def test_content_decides_not_the_name(tmp_path):
    NOISE.save(tmp_path / "a.jpg", "PNG")
    assert read(tmp_path / "a.jpg")[1].format == "PNG"


@pytest.mark.parametrize(("brand", "name"), [(b"heic", "HEIC"), (b"avif", "AVIF")])
def test_missing_readers_are_named(brand, name, tmp_path, monkeypatch):
    (tmp_path / "a.heic").write_bytes(b"\0\0\0\x18ftyp" + brand + b"\0" * 99)
    monkeypatch.setattr("colorkeras.image_io.reading._pillow_readers", dict)
    with pytest.raises(UserError, match=rf"in {name} format.*\n.*\n.*colorkeras\[heif\]"):
        read(tmp_path / "a.heic")


def test_threads_read_concurrently(tmp_path):
    for number in range(24):
        Image.fromarray(ramp((20 + number, 30))).save(tmp_path / f"{number}.tif", compression="lzw")
    before = Image.MAX_IMAGE_PIXELS
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(read, [tmp_path / f"{number}.tif" for number in range(24)]))
    assert [images[0].size[0] for images, _ in found] == list(range(20, 44))
    assert before == Image.MAX_IMAGE_PIXELS


# Pillow and tifffile report damaged tags but tolerate them.
NOISY_PROGRAM = """
import sys
from colorkeras import image_io
from colorkeras.utils.errors import UserError
image_io.use_own_limits()
for path in sys.argv[1:]:
    try:
        with image_io.open_image(path) as contents:
            list(contents.pages)
    except UserError as error:
        print(error)
"""


def test_nothing_is_written_to_standard_error(tmp_path):
    paths = []
    for name, (content, _) in BAD.items():
        paths.append(tmp_path / name)
        paths[-1].write_bytes(content)
    exif = b"Exif\0\0II*\0\x08\0\0\0\x02\0" + struct.pack("<HHII", 271, 2, 9999, 9999) * 2
    paths.append(tmp_path / "exif.jpg")
    paths[-1].write_bytes(jpeg_bytes(NOISE, exif=exif))
    paths.append(tmp_path / "tags.tif")
    tag = (65000, 3, 2, (1, 2), True)
    tifffile.imwrite(paths[-1], DEEP, photometric="rgb", extratags=[tag], resolution=(1, 0.01))
    content = paths[-1].read_bytes()
    paths[-1].write_bytes(
        content.replace(struct.pack("<HHI", 65000, 3, 2), b"\0\xfe\x03\0\xff\xff\0\0")
    )
    process = subprocess.run(
        [sys.executable, "-c", NOISY_PROGRAM, *paths],
        capture_output=True,
        text=True,
        check=True,
    )
    assert process.stderr == ""
    assert process.stdout.count("Received") == len(BAD)


def test_damaged_exif_is_ignored(tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg_bytes(NOISE, exif=b"Exif\0\0no TIFF at all"))
    (decoded,), contents = read(path)
    assert decoded.size == (64, 64)
    assert contents.notes == ["damaged EXIF was left out"]
    assert contents.metadata.exif is None


def test_importing_the_package_does_not_import_tensorflow():
    program = "import sys, colorkeras.image_io; print(*sys.modules)"
    process = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    loaded = {name.partition(".")[0] for name in process.stdout.split()}
    assert "PIL" in loaded and not loaded & {"tensorflow", "keras", "tifffile", "imagecodecs"}


def test_memory_errors_are_not_attributed_to_the_file(tmp_path, monkeypatch):
    NOISE.save(tmp_path / "a.png")

    def fail(*arguments):
        raise MemoryError

    monkeypatch.setattr("colorkeras.image_io.formats.format.from_pillow", fail)
    with pytest.raises(MemoryError), image_io.open_image(tmp_path / "a.png") as contents:
        next(contents.pages)
