"""Tests that every image format must pass."""

import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest
import tifffile
from image_files import ramp, read
from PIL import Image, features
from PIL.JpegImagePlugin import JpegImageFile

from colorkeras import image_io
from colorkeras.image_io import FORMATS, DecodedImage, Metadata
from colorkeras.utils.errors import UserError

WRITTEN = [name for name, kind in FORMATS.items() if kind.write is not None]
LOSSY = {"JPEG": 8, "WEBP": 60}
"""Tolerance in levels at the highest quality. WebP halves the chroma resolution."""


def has_heif():
    try:
        import pillow_heif
    except ImportError:
        return False
    return bool(pillow_heif.libheif_info()["HEIF"])


NEEDS = {
    "AVIF": pytest.mark.skipif(not features.check("avif"), reason="Pillow was built without AVIF"),
    "HEIF": pytest.mark.skipif(not has_heif(), reason="pillow-heif cannot write HEIC"),
    "JXL": pytest.mark.skipif(not find_spec("pillow_jxl"), reason="no pillow-jxl-plugin"),
}
"""Skip marks for formats that cannot be written without additional packages."""


@pytest.fixture(params=WRITTEN)
def kind(request):
    return FORMATS[request.param]


def colored(height=21, width=34, dtype=np.uint8):
    rows, columns = np.mgrid[0 : 1 : 1j * height, 0 : 1 : 1j * width]
    smooth = np.stack([rows, columns, (rows + columns) / 2], axis=-1)
    return np.rint(smooth * np.iinfo(dtype).max).astype(dtype)


def tolerance(kind):
    return LOSSY.get(next(name for name in FORMATS if FORMATS[name] is kind), 0)


@pytest.mark.parametrize("name", [pytest.param(n, marks=NEEDS.get(n, ())) for n in FORMATS])
def test_reads_every_format(name, tmp_path):
    if name == "HEIF":
        import pillow_heif

        pillow_heif.register_heif_opener()
    if name == "JXL":
        import pillow_jxl  # noqa: F401
    path = tmp_path / f"image{FORMATS[name].suffixes[0]}"
    Image.fromarray(ramp((20, 30))).convert("RGB").save(path, name)
    (decoded,), contents = read(path)
    assert contents.format in (name, name.replace("MPO", "JPEG")) and contents.num_pages == 1
    assert decoded.size == (20, 30) and decoded.pixels.dtype == np.uint8
    gray = decoded.pixels if decoded.pixels.ndim == 2 else decoded.pixels[..., 1]
    assert np.abs(gray.astype(int) - ramp((20, 30))).max() <= 16
    assert not contents.notes


def test_reads_what_was_written(kind, tmp_path):
    path = tmp_path / f"new/image{kind.suffixes[0]}"
    pixels = colored()
    assert image_io.save(path, iter([DecodedImage(pixels)]), Metadata(), quality=100) == []
    (decoded,), contents = read(path)
    assert FORMATS[contents.format] is kind
    assert np.abs(decoded.pixels.astype(int) - pixels).max() <= tolerance(kind)
    assert decoded.alpha is None and not contents.notes
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_writes_gray_images(kind, tmp_path):
    path = tmp_path / f"image{kind.suffixes[0]}"
    image_io.save(path, iter([DecodedImage(ramp((9, 7)))]), Metadata(), quality=100)
    (decoded,), _ = read(path)
    assert np.abs(decoded.pixels.astype(int) - ramp((9, 7))).max() <= min(4, tolerance(kind))


def test_16_bits_are_kept_or_the_loss_is_reported(kind, tmp_path):
    path = tmp_path / f"image{kind.suffixes[0]}"
    pixels = colored(dtype=np.uint16)
    notes = image_io.save(path, iter([DecodedImage(pixels, ramp((21, 34), np.uint16))]), Metadata())
    (decoded,), _ = read(path)
    assert (
        ("the bit depth was reduced from 16 to 8 bits" in notes)
        is (decoded.pixels.dtype == np.uint8)
        is (not kind.has_16_bits)
    )
    if kind.has_16_bits:
        pixels[0, 0] = 65535  # This pixel is hidden.
        np.testing.assert_array_equal(decoded.pixels, pixels)
        np.testing.assert_array_equal(decoded.alpha, ramp((21, 34), np.uint16))


def test_transparency_is_kept_or_the_loss_is_reported(kind, tmp_path):
    path = tmp_path / f"image{kind.suffixes[0]}"
    alpha = np.zeros((21, 34), np.uint8)
    alpha[:8] = 255
    notes = image_io.save(path, iter([DecodedImage(colored(), alpha)]), Metadata())
    (decoded,), _ = read(path)
    assert ("transparent areas became white" in notes) is (not kind.has_alpha)
    if kind.has_alpha:
        np.testing.assert_array_equal(decoded.alpha, alpha)
        shown = np.where(alpha[..., np.newaxis] == 0, 255, colored())
        assert np.abs(decoded.pixels.astype(int) - shown).max() <= 16
    else:
        assert decoded.alpha is None and decoded.pixels[16:].min() > 250


def test_pages_are_kept_or_the_loss_is_reported(kind, tmp_path):
    path = tmp_path / f"image{kind.suffixes[0]}"
    pages = [
        DecodedImage(colored(9, 7)),
        DecodedImage(colored(5, 8)),
        DecodedImage(colored(5, 8, np.uint16)),
    ]
    notes = image_io.save(path, iter(pages), Metadata(), num_pages=3)
    images, contents = read(path)
    lost = "only the first of 3 pages was saved because the output format supports only one page"
    assert (lost in notes) is (not kind.has_pages)
    assert contents.num_pages == len(images) == (3 if kind.has_pages else 1)
    for page, decoded in zip(pages, images, strict=False):
        assert page.size == decoded.size
        assert page.pixels.dtype == decoded.pixels.dtype


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1)])
def test_small_and_narrow_images(kind, size, tmp_path):
    path = tmp_path / f"image{kind.suffixes[0]}"
    metadata = Metadata(has_thumbnail=True)
    image_io.mark(metadata, "colorkeras")
    image_io.save(path, iter([DecodedImage(colored(*size))]), metadata)
    (decoded,), _ = read(path)
    assert decoded.size == size


def test_quality_of_lossy_formats(tmp_path):
    for name in WRITTEN:
        sizes = []
        for quality in (20, 100):
            path = tmp_path / f"{quality}{FORMATS[name].suffixes[0]}"
            noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
            image_io.save(path, iter([DecodedImage(noise)]), Metadata(), quality=quality)
            sizes.append(path.stat().st_size)
        assert (sizes[0] < sizes[1]) is (name in LOSSY)


def test_maximum_side(kind, tmp_path):
    if kind.max_side is None:
        pytest.skip("this format has no size limit")
    path = tmp_path / f"image{kind.suffixes[0]}"
    with pytest.raises(UserError, match=f"at most {kind.max_side} pixels"):
        image_io.save(path, iter([DecodedImage(colored(1, kind.max_side + 1))]), Metadata())
    assert not list(tmp_path.iterdir())
    image_io.save(path, iter([DecodedImage(colored(1, kind.max_side))]), Metadata())


def test_failed_writes_leave_no_file(kind, tmp_path):
    path = tmp_path / f"image{kind.suffixes[0]}"

    def images():
        raise KeyboardInterrupt
        yield

    with pytest.raises(KeyboardInterrupt):
        image_io.save(path, images(), Metadata())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", FORMATS)
def test_suffixes(name):
    kind = FORMATS[name]
    for suffix in kind.suffixes:
        path = f"folder.d/Image{suffix.upper()}"
        assert image_io.is_image(path)
        result = image_io.result_suffix(path)
        image_io.check_target(f"image{result}")
        if kind.write is None:
            with pytest.raises(UserError, match=r"a name that ends in one of \.jpg, \.png"):
                image_io.check_target(path)
        else:
            assert result == suffix.upper()
    assert sum(suffix in other.suffixes for other in FORMATS.values()) == 1


@pytest.mark.parametrize("name", ["notes.txt", "image", ".jpg", "archive.jpg.zip"])
def test_other_names_are_not_images(name):
    assert not image_io.is_image(name)
    with pytest.raises(UserError, match="a name that ends in"):
        image_io.check_target(name)
    assert image_io.result_suffix(name) == ".png"


@pytest.mark.parametrize(
    ("suffix", "writer"), [(".gif", "GIF"), (".webp", "WEBP"), (".png", "PNG")]
)
def test_first_image_of_animations(suffix, writer, tmp_path):
    path = tmp_path / f"image{suffix}"
    frames = [Image.new("RGB", (20, 10), (shade,) * 3) for shade in (200, 100, 50)]
    frames[0].save(path, writer, save_all=True, append_images=frames[1:], lossless=True)
    (decoded,), contents = read(path)
    assert contents.notes == ["only the first of 3 images in the file was colorized"]
    np.testing.assert_array_equal(decoded.pixels, np.full((10, 20), 200))


def test_pages_are_decoded_on_demand(tmp_path):
    path = tmp_path / "pages.tif"
    with tifffile.TiffWriter(path) as file:
        for _ in range(3):
            file.write(ramp((9, 7)), photometric="minisblack", metadata=None)
    with image_io.open_image(path) as contents:
        assert next(contents.pages).size == (9, 7)
        assert contents.num_pages == 3
    # This truncates the last page's pixels but not its directory, which precedes them.
    path.write_bytes(path.read_bytes()[:-30])
    with image_io.open_image(path) as contents:
        assert next(contents.pages).size == (9, 7)
        next(contents.pages)
        with pytest.raises(UserError, match="cannot be read"):
            next(contents.pages)


def test_size_of_the_largest_page_is_known_before_decoding(tmp_path):
    with tifffile.TiffWriter(tmp_path / "pages.tif") as file:
        for shape in ((9, 7), (20, 30), (3, 4)):
            file.write(ramp(shape), photometric="minisblack", metadata=None)
    with image_io.open_image(tmp_path / "pages.tif") as contents:
        assert contents.num_pixels == 600
    Image.new("L", (11, 13)).save(tmp_path / "a.gif")
    with image_io.open_image(tmp_path / "a.gif") as contents:
        assert contents.num_pixels == 143


def test_existing_files_are_not_replaced(kind, tmp_path):
    path = tmp_path / f"image{kind.suffixes[0]}"

    def images():
        # Another program writes the file first.
        path.write_text("of another program")
        yield DecodedImage(colored())

    with pytest.raises(FileExistsError):
        image_io.save(path, images(), Metadata(), replace=False)
    assert path.read_text() == "of another program"
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    image_io.save(path, images(), Metadata())
    read(path)


@pytest.mark.parametrize("animated", [False, True])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_lossless_webp_stays_lossless(mode, animated, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (21, 35, len(mode)), np.uint8)
    image = Image.fromarray(noise)
    more = {"save_all": True, "append_images": [image.rotate(180)]} if animated else {}
    for lossless in (True, False):
        image.save(tmp_path / "a.webp", lossless=lossless, exact=True, exif=b"Exif\0\0", **more)
        _, contents = read(tmp_path / "a.webp")
        assert contents.metadata.is_lossless is lossless
        image_io.save(tmp_path / "b.webp", iter([DecodedImage(noise[..., :3])]), contents.metadata)
        (decoded,), _ = read(tmp_path / "b.webp")
        assert np.array_equal(decoded.pixels, noise[..., :3]) is lossless


MEASURE = """
import resource, sys
import numpy as np
from colorkeras import image_io
from colorkeras.image_io import Metadata, DecodedImage

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

path, has_alpha = sys.argv[1], sys.argv[2] == "True"
small = np.zeros((9, 9, 3), np.uint16)
alpha = np.zeros((9, 9), np.uint16) if has_alpha else None
image_io.save(path, iter([DecodedImage(small, alpha)]), Metadata())
with image_io.open_image(path) as contents:
    next(contents.pages)
pixels = np.ones((2500, 4000, 3), np.uint16)
pixels[..., 1:] = 7
alpha = np.ones((2500, 4000), np.uint16) if has_alpha else None
before = peak()
image_io.save(path, iter([DecodedImage(pixels, alpha)]), Metadata())
written = peak() - before
del pixels, alpha
with image_io.open_image(path) as contents:
    next(contents.pages)
# The earlier peak includes the pixels that were written.
print(written / 1e7, (peak() - before) / 1e7)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux reports ru_maxrss in KiB")
@pytest.mark.parametrize(
    ("suffix", "has_alpha", "most"),
    [
        pytest.param(".png", False, 2, marks=pytest.mark.slow),
        (".png", True, 2),
        (".tif", False, 2),
    ],
)
def test_large_16_bit_images_are_not_copied(suffix, has_alpha, most, tmp_path):
    call = [sys.executable, "-c", MEASURE, str(tmp_path / f"a{suffix}"), str(has_alpha)]
    result = subprocess.run(call, capture_output=True, text=True, check=True)
    written, both = map(float, result.stdout.split())
    assert written < most  # Bytes per pixel; a pixel itself has 6 or 8.
    assert both < 7


def test_errors_of_the_caller_are_not_attributed_to_the_file(tmp_path):
    Image.new("L", (4, 3)).save(tmp_path / "a.png")
    with pytest.raises(OSError, match="disk"), image_io.open_image(tmp_path / "a.png"):
        raise OSError("no space on disk")


def test_memory_of_pillow_is_freed(tmp_path):
    Image.new("L", (4, 3)).save(tmp_path / "a.jpg")
    closed = []
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(JpegImageFile, "close", lambda image: closed.append(image))
        with image_io.open_image(tmp_path / "a.jpg") as contents:
            assert not closed
            next(contents.pages)
            assert closed
