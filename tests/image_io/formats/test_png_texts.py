"""Tests for the texts in PNG files."""

import io
import zlib

import numpy as np
import pytest
from image_files import XMP, exif_of, gray_profile, ramp, read
from PIL import ExifTags, Image, PngImagePlugin

from colorkeras import image_io
from colorkeras.image_io.color_profiles import srgb_profile

EXIF = exif_of(orientation=6).tobytes()
XMP_SEGMENT = b"http://ns.adobe.com/xap/1.0/\0" + XMP


@pytest.fixture(autouse=True)
def own_limits(monkeypatch):
    monkeypatch.setattr(PngImagePlugin, "MAX_TEXT_CHUNK", 2**26)


def write(path, *chunks, dtype=np.uint8, **settings):
    """Write a grayscale image with text chunks, given as pairs of a name and the content."""
    info = PngImagePlugin.PngInfo()
    for name, content in chunks:
        info.add(name, content)
    Image.fromarray(ramp((30, 40), dtype)).save(path, pnginfo=info, **settings)
    return path


def raw_profile(name, content):
    """Return a chunk with hexadecimal data, as written by ImageMagick."""
    digits = content.hex()
    lines = [digits[start : start + 72] for start in range(0, len(digits), 72)]
    text = "\n".join(["", name, f"{len(content):8}", *lines, ""])
    keyword = f"Raw profile type {name}".encode()
    return b"zTXt", keyword + b"\0\0" + zlib.compress(text.encode())


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("name", ["exif", "APP1"])
@pytest.mark.parametrize("prefix", [b"Exif\0\0", b""])
def test_hexadecimal_exif(name, prefix, dtype, tmp_path):
    content = prefix + EXIF.removeprefix(b"Exif\0\0")
    (image,), contents = read(write(tmp_path / "a.png", raw_profile(name, content), dtype=dtype))
    assert image.size == (40, 30)
    assert contents.metadata.exif[ExifTags.Base.Make] == "Leica"
    assert contents.notes == ["the maker note (focus points) was left out"]
    assert not contents.metadata.comments


@pytest.mark.parametrize(("name", "content"), [("xmp", XMP), ("APP1", XMP_SEGMENT)])
def test_hexadecimal_xmp(name, content, tmp_path):
    _, contents = read(write(tmp_path / "a.png", raw_profile(name, content)))
    assert contents.metadata.xmp == XMP and not contents.notes
    assert not contents.metadata.comments


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("exif", "damaged EXIF was left out"),
        ("xmp", "XMP was left out because it is not UTF-8"),
    ],
)
@pytest.mark.parametrize("lines", ["\n  9\nzz", ""])
def test_damaged_hexadecimal_data(lines, name, note, tmp_path):
    content = f"Raw profile type {name}\0\n{name}{lines}".encode()
    assert read(write(tmp_path / "a.png", (b"tEXt", content)))[1].notes == [note]


@pytest.mark.parametrize("kinds", [("exif", "APP1"), ("APP1", "exif")])
def test_damaged_hexadecimal_data_next_to_valid_data(kinds, tmp_path):
    damaged = f"Raw profile type {kinds[1]}\0\n{kinds[1]}\n  9\nzz".encode()
    path = write(tmp_path / "a.png", raw_profile(kinds[0], EXIF), (b"tEXt", damaged))
    assert read(path)[1].metadata.exif[ExifTags.Base.Make] == "Leica"


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("name", ["icc", "icm"])
def test_hexadecimal_color_profile(name, dtype, tmp_path):
    path = write(tmp_path / "a.png", raw_profile(name, gray_profile(1.0)), dtype=dtype)
    (image,), contents = read(path)
    assert image.pixels.mean() > 1.2 * ramp((30, 40), dtype).mean()
    assert contents.metadata.has_profile and not contents.notes


def test_damaged_hexadecimal_color_profile(tmp_path):
    chunk = b"tEXt", b"Raw profile type icc\0\nicc\n 9\nzz"
    (note,) = read(write(tmp_path / "a.png", chunk))[1].notes
    assert note.startswith("the color profile was not applied")


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize(
    "chunk", [(b"zTXt", b"Note\0\0"), (b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0")]
)
def test_long_compressed_texts(chunk, dtype, tmp_path):
    name, head = chunk
    text = XMP.replace(b"nobody", b"nobody " * 300_000)
    path = write(tmp_path / "a.png", (name, head + zlib.compress(text)), dtype=dtype)
    (image,), contents = read(path)
    assert image.size == (30, 40) and not contents.notes
    assert text in (contents.metadata.xmp, contents.metadata.comments.get("Note", "").encode())


@pytest.mark.parametrize(
    ("chunk", "is_damaged"),
    [
        ((b"zTXt", b"Title\0\0damaged text"), True),
        ((b"iTXt", b"Title\0\1\0\0\0damaged text"), True),
        ((b"iTXt", b"Title\0\0\0\0\0Zo\xeb"), True),
        ((b"iTXt", b"Title\0\0\0"), True),
        ((b"tEXt", b"Title\0"), False),
        ((b"zTXt", b"Title\0\0" + zlib.compress(b"")), False),
        ((b"zTXt", b"Title\0\0" + zlib.compress(b"", 0)), False),
        ((b"iTXt", b"Title\0\0\0de\0Name des Bildes\0"), False),
        ((b"iTXt", b"Title\0\1\0de\0Name des Bildes\0" + zlib.compress(b"", 0)), False),
    ],
)
def test_damaged_texts_are_reported(chunk, is_damaged, tmp_path):
    _, contents = read(write(tmp_path / "a.png", (b"tEXt", b"Author\0Zo\xeb"), chunk))
    assert contents.notes == ["damaged comments were left out"] * is_damaged
    assert contents.metadata.comments.pop("Author") == "Zoë"
    assert contents.metadata.comments.get("Title", "") == ""


PROPERTIES = ("transparency", "icc_profile", "gamma", "xmp", "iptc", "aspect", "bbox", "interlace")


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("keyword", PROPERTIES)
def test_keywords_that_are_names_of_properties(keyword, dtype, tmp_path):
    path = write(tmp_path / "a.png", (b"tEXt", keyword.encode() + b"\0a text"), dtype=dtype)
    (image,), contents = read(path)
    np.testing.assert_array_equal(image.pixels, ramp((30, 40), dtype))
    assert contents.metadata.comments == {keyword: "a text"} and not contents.notes


@pytest.mark.parametrize("mode", ["L", "P", "RGB"])
def test_properties_override_texts_of_the_same_name(mode, tmp_path):
    info, texts = PngImagePlugin.PngInfo(), io.BytesIO()
    info.add_itxt("XML:com.adobe.xmp", XMP.decode())
    for keyword in PROPERTIES:
        PngImagePlugin.putchunk(texts, b"tEXt", keyword.encode() + b"\0a text")
    settings = {"pnginfo": info, "icc_profile": srgb_profile()}
    settings["transparency"] = (0, 0, 0) if mode == "RGB" else 0
    image = Image.fromarray(ramp((30, 40)) // 128).convert(mode)
    image.save(tmp_path / "a.png", **settings)
    content = (tmp_path / "a.png").read_bytes()
    at = content.index(b"IDAT") - 4
    (tmp_path / "a.png").write_bytes(content[:at] + texts.getvalue() + content[at:])
    (found,), contents = read(tmp_path / "a.png")
    np.testing.assert_array_equal(found.alpha, (ramp((30, 40)) >= 128) * 255)
    assert contents.metadata.xmp == XMP and contents.metadata.has_profile
    assert contents.metadata.comments == dict.fromkeys(PROPERTIES, "a text") and not contents.notes


@pytest.mark.parametrize(
    "chunk",
    [
        (b"tEXt", b"XML:com.adobe.xmp\0" + XMP.replace(b"nobody", "Zoë".encode())),
        (b"zTXt", b"XML:com.adobe.xmp\0\0" + zlib.compress(XMP.replace(b"nobody", "Zoë".encode()))),
    ],
)
def test_xmp_in_other_kinds_of_texts(chunk, tmp_path):
    _, contents = read(write(tmp_path / "a.png", chunk))
    assert contents.metadata.xmp == XMP.replace(b"nobody", "Zoë".encode())
    assert not contents.metadata.comments and not contents.notes


@pytest.mark.parametrize(
    "chunk",
    [
        (b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0damaged"),
        (b"iTXt", b"XML:com.adobe.xmp\0\0\0"),
        (b"zTXt", b"XML:com.adobe.xmp\0\0damaged"),
    ],
)
def test_damaged_xmp_is_reported(chunk, tmp_path):
    _, contents = read(write(tmp_path / "a.png", chunk, (b"tEXt", b"Title\0Grandma")))
    assert contents.notes == ["damaged XMP was left out"]
    assert contents.metadata.xmp is None and contents.metadata.comments == {"Title": "Grandma"}


def test_texts_beyond_the_memory_limit_are_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr(PngImagePlugin, "MAX_TEXT_MEMORY", 1000)
    texts = [(b"tEXt", b"Note %d\0" % number + b"x" * 300) for number in range(6)]
    path = write(tmp_path / "a.png", *texts, exif=EXIF)
    (image,), contents = read(path)
    assert image.size == (40, 30) and contents.metadata.exif[ExifTags.Base.Make] == "Leica"
    assert "Note 0" in contents.metadata.comments and "Note 5" not in contents.metadata.comments
    assert contents.notes[0] == "damaged metadata was left out"


def test_decompression_of_damaged_texts_is_limited(tmp_path, monkeypatch):
    monkeypatch.setattr(PngImagePlugin, "MAX_TEXT_CHUNK", 2**20)
    monkeypatch.setattr(PngImagePlugin, "MAX_TEXT_MEMORY", 2**21)
    # The checksum at the end is wrong.
    compressed = zlib.compress(bytes(2**20 - 1))[:-4] + b"????"
    chunks = [
        (name, b"Note %d\0" % number + head + compressed)
        for number in range(20)
        for name, head in ((b"zTXt", b"\0"), (b"iTXt", b"\1\0\0\0"))
    ]
    content = write(tmp_path / "a.png", *chunks, (b"tEXt", b"Title\0Grandma")).read_bytes()
    # Pillow itself decompresses texts before the pixels.
    at, end = content.index(b"zTXt") - 4, content.index(b"IDAT") - 4
    content = content[:at] + content[end:-12] + content[at:end] + content[-12:]
    (tmp_path / "a.png").write_bytes(content)
    created, create = [], zlib.decompressobj
    monkeypatch.setattr(zlib, "decompressobj", lambda: created.append(None) or create())
    _, contents = read(tmp_path / "a.png")
    assert len(created) < 8
    assert contents.notes[0] == "damaged metadata was left out"


@pytest.mark.parametrize(
    "chunk", [(b"zTXt", b"Title\0\0damaged text"), (b"iTXt", b"Title\0\1\0\0\0damaged text")]
)
def test_short_damaged_texts_do_not_exhaust_the_limit(chunk, tmp_path):
    path = write(tmp_path / "a.png", *[chunk] * 9, (b"tEXt", b"Author\0Zo\xeb"))
    assert read(path)[1].metadata.comments["Author"] == "Zoë"


@pytest.mark.parametrize(
    ("name", "head", "note"),
    [
        (b"zTXt", b"Title\0\0", "damaged comments were partly left out"),
        (b"iTXt", b"Title\0\1\0\0\0", "damaged comments were partly left out"),
        (b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0", "damaged XMP was partly left out"),
    ],
)
def test_truncated_texts_are_reported(name, head, note, tmp_path):
    compressed = zlib.compress(XMP, 0)
    path = write(tmp_path / "a.png", (name, head + compressed[:100]))
    _, contents = read(path)
    assert note in contents.notes
    found = contents.metadata.xmp or contents.metadata.comments["Title"].encode()
    assert XMP.startswith(found)


def test_repeated_xmp_is_reported(tmp_path):
    packets = [(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP)] * 2
    assert read(write(tmp_path / "a.png", *packets))[1].notes == [
        "only one of several XMP packets was kept"
    ]


def test_texts_keep_their_kind_and_language(tmp_path):
    chunks = [
        (b"tEXt", b"Author\0Zo\xeb"),
        (b"tEXt", "Title\0Großmutter, 祖母".encode()),
        (b"iTXt", "Copyright\0\0\0de\0Urheber\0Zoë, 祖母".encode()),
    ]
    images, contents = read(write(tmp_path / "a.png", *chunks))
    image_io.save(tmp_path / "b.png", iter(images), contents.metadata)
    content = (tmp_path / "b.png").read_bytes()
    for name, text in chunks:
        assert name + text in content
