"""Tests for variants of PNG files."""

import struct
import zlib

import numpy as np
import pytest
from image_files import ramp, read, rgb_profile
from PIL import Image, PngImagePlugin

from colorkeras import image_io
from colorkeras.image_io import DecodedImage, Metadata
from colorkeras.image_io.color_profiles import srgb_profile

CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}
"""Number of channels by color type."""

ADAM7 = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
"""First column, first row, column step and row step of each pass in interlaced files."""


def chunk(name, content):
    body = name + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def png(pixels, kind, depth, *chunks, interlaced=False):
    """Return an unfiltered PNG file with levels `[h, w, channels]` of any bit depth."""
    height, width, _ = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlaced)
    lines = b""
    for left, top, across, down in ADAM7 if interlaced else ((0, 0, 1, 1),):
        part = pixels[top::down, left::across]
        if not part.size:
            continue
        for row in part.reshape(len(part), -1):
            if depth == 16:
                packed = row.astype(">u2").tobytes()
            else:
                bits = (row[:, np.newaxis] >> np.arange(depth)[::-1]) & 1
                packed = np.packbits(bits.astype(np.uint8)).tobytes()
            lines += b"\0" + packed
    content = b"".join(chunks) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + content


def levels(kind, depth, shape=(11, 13)):
    generator = np.random.default_rng(0)
    return generator.integers(0, 2**depth, (*shape, CHANNELS[kind]), np.uint16)


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize(
    ("kind", "depth"),
    [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16), (4, 8), (4, 16), (6, 8), (6, 16)],
)
def test_every_kind_and_depth(kind, depth, interlaced, tmp_path):
    expected = levels(kind, depth)
    (tmp_path / "a.png").write_bytes(png(expected, kind, depth, interlaced=interlaced))
    (decoded,), contents = read(tmp_path / "a.png")
    assert decoded.pixels.dtype == (np.uint16 if depth == 16 else np.uint8)
    scale = 1 if depth == 16 else 255 // (2**depth - 1)
    shown, expected = decoded.pixels, expected * scale
    if decoded.alpha is not None:
        shown = np.dstack([decoded.pixels, decoded.alpha])
        expected[..., :-1][expected[..., -1] == 0] = np.iinfo(shown.dtype).max
    np.testing.assert_array_equal(shown.reshape(expected.shape), expected)
    assert not contents.notes


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_palettes(depth, tmp_path):
    indices = levels(0, depth)
    palette = np.random.default_rng(1).integers(0, 256, (2**depth, 3), np.uint8)
    alpha = np.arange(2**depth, dtype=np.uint8)
    chunks = chunk(b"PLTE", palette.tobytes()), chunk(b"tRNS", alpha.tobytes())
    (tmp_path / "a.png").write_bytes(png(indices, 3, depth, *chunks))
    (decoded,), _ = read(tmp_path / "a.png")
    palette[alpha == 0] = 255
    np.testing.assert_array_equal(decoded.pixels, palette[indices[..., 0]])
    np.testing.assert_array_equal(decoded.alpha, alpha[indices[..., 0]])


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("kind", [0, 2])
def test_transparent_level(kind, depth, tmp_path):
    if kind == 2 and depth < 8:
        pytest.skip("this combination does not exist")
    pixels = levels(kind, depth)
    level = pixels[3, 4]
    transparent = chunk(b"tRNS", level.astype(">u2").tobytes())
    (tmp_path / "a.png").write_bytes(png(pixels, kind, depth, transparent))
    (decoded,), _ = read(tmp_path / "a.png")
    is_seen = (pixels != level).any(axis=-1)
    np.testing.assert_array_equal(decoded.alpha, is_seen * np.iinfo(decoded.alpha.dtype).max)


def test_suggested_palette_of_16_bit_colors(tmp_path):
    pixels = levels(2, 16)
    suggested = chunk(b"PLTE", bytes(30)), chunk(b"bKGD", bytes(6)), chunk(b"gAMA", b"\0\0\xb1\x8f")
    (tmp_path / "a.png").write_bytes(png(pixels, 2, 16, *suggested))
    np.testing.assert_array_equal(read(tmp_path / "a.png")[0][0].pixels, pixels)


@pytest.mark.parametrize("name", [b"iCCP", b"tEXt", b"pHYs", b"abCd"])
def test_16_bit_pixels_are_read_despite_damaged_chunks(name, tmp_path):
    content = png(levels(2, 16), 2, 16)
    damaged = chunk(name, b"\xff" * 9)
    (tmp_path / "a.png").write_bytes(content[:-12] + damaged + content[-12:])
    np.testing.assert_array_equal(read(tmp_path / "a.png")[0][0].pixels, levels(2, 16))


@pytest.mark.parametrize("num_colors", [1, 3])
@pytest.mark.parametrize("has_alpha", [False, True])
def test_other_programs_read_written_16_bit_files(num_colors, has_alpha, tmp_path):
    import tensorflow as tf

    # With noise and with steep and flat parts, each filter is best for some row.
    noise = np.random.default_rng(0).integers(0, 65536, (300, 40, num_colors), np.uint16)
    rows = np.arange(300)[:, np.newaxis, np.newaxis]
    pixels = np.where(rows % 3 == 0, noise, np.where(rows % 3 == 1, noise[:1], 999)).astype("u2")
    alpha = noise[..., 0] if has_alpha else None
    stored = np.dstack([pixels, alpha]) if has_alpha else pixels
    color = pixels[..., 0] if num_colors == 1 else pixels
    image_io.save(tmp_path / "a.png", iter([DecodedImage(color, alpha)]), Metadata(dpi=(300, 300)))
    content = (tmp_path / "a.png").read_bytes()
    np.testing.assert_array_equal(tf.io.decode_png(content, dtype=tf.uint16), stored)
    (decoded,), _ = read(tmp_path / "a.png")
    np.testing.assert_array_equal(decoded.pixels, color)


def test_16_bit_files_are_as_small_as_those_of_others(tmp_path):
    import tensorflow as tf

    rows, columns = np.mgrid[0:1:200j, 0:1:300j]
    grain = np.random.default_rng(0).normal(0, 0.001, (200, 300, 1))
    smooth = np.stack([rows, columns, (rows + columns) / 2], axis=-1) * 0.9 + 0.05 + grain
    pixels = np.rint(smooth * 65535).astype(np.uint16)
    image_io.save(tmp_path / "a.png", iter([DecodedImage(pixels)]), Metadata())
    other = len(tf.io.encode_png(pixels).numpy())
    assert (tmp_path / "a.png").stat().st_size < 1.02 * other


def test_pillow_reads_written_16_bit_files(tmp_path):
    pixels = ramp((9, 7), np.uint16)
    image_io.save(tmp_path / "a.png", iter([DecodedImage(pixels)]), Metadata(dpi=(300, 300)))
    with Image.open(tmp_path / "a.png") as image:
        image.verify()
    with Image.open(tmp_path / "a.png") as image:
        np.testing.assert_array_equal(np.asarray(image), pixels)
        assert image.info["dpi"] == pytest.approx((300, 300), rel=1e-4)


def color_chunks(path, image, **chunks):
    info = PngImagePlugin.PngInfo()
    for name, content in chunks.items():
        info.add(name.encode(), content)
    image.save(path, pnginfo=info)


def srgb(light):
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


P3 = struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
REC709 = struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
SRGB, ADOBE = b"\0", struct.pack(">I", 45455)
LINEAR = struct.pack(">I", 100_000)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("is_gray", [False, True])
@pytest.mark.parametrize("gamma", [1.0, 1 / 1.8, 1 / 2.2, 0.45455])
def test_gamma_is_applied(gamma, is_gray, dtype, tmp_path):
    if dtype == np.uint16 and not is_gray:
        pytest.skip("Pillow cannot write such files")
    levels = ramp((16, 16), dtype)
    image = Image.fromarray(levels if is_gray else np.stack([levels] * 3, -1))
    color_chunks(tmp_path / "a.png", image, gAMA=struct.pack(">I", round(gamma * 100_000)))
    (found,), contents = read(tmp_path / "a.png")
    stored = levels / np.iinfo(dtype).max
    expected = stored if round(gamma, 5) == 0.45455 else srgb(stored ** (1 / gamma))
    assert found.pixels.ndim == 2
    tolerance = 1.1 / 255 if dtype == np.uint8 else 1e-3
    assert np.abs(found.pixels / np.iinfo(dtype).max - expected).max() < tolerance
    assert not contents.notes and not contents.metadata.has_profile


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        ({"cHRM": P3}, (215, 93, 97)),
        ({"cHRM": P3, "gAMA": ADOBE}, (215, 93, 97)),
        ({"cHRM": REC709, "gAMA": ADOBE}, (200, 100, 100)),
        ({"sRGB": SRGB, "cHRM": P3, "gAMA": LINEAR}, (200, 100, 100)),
        ({"cICP": bytes([12, 13, 0, 1])}, (215, 93, 97)),
        ({"cICP": bytes([1, 13, 0, 1]), "cHRM": P3}, (200, 100, 100)),
        ({"cICP": bytes([12, 13, 0, 1]), "sRGB": SRGB}, (215, 93, 97)),
        ({"gAMA": struct.pack(">I", 0)}, (200, 100, 100)),
        ({"cHRM": bytes(32)}, (200, 100, 100)),
    ],
)
def test_color_chunks(chunks, expected, tmp_path):
    image = Image.new("RGB", (8, 8), (200, 100, 100))
    color_chunks(tmp_path / "a.png", image, **chunks)
    (found,), _ = read(tmp_path / "a.png")
    np.testing.assert_allclose(found.pixels[0, 0].astype(int), expected, atol=1)


def test_profile_overrides_gamma(tmp_path):
    image = Image.new("RGB", (8, 8), (200, 100, 100))
    info = PngImagePlugin.PngInfo()
    info.add(b"gAMA", LINEAR)
    image.save(tmp_path / "a.png", pnginfo=info, icc_profile=srgb_profile())
    assert tuple(read(tmp_path / "a.png")[0][0].pixels[0, 0]) == (200, 100, 100)


def test_other_color_codings_are_reported(tmp_path):
    for coding in ([9, 16, 0, 1], [1, 13, 0, 0], [1, 13, 1, 1]):
        color_chunks(tmp_path / "a.png", Image.new("RGB", (8, 8)), cICP=bytes(coding))
        name = "/".join(map(str, coding))
        expected = [f"the unsupported color encoding {name} (cICP) was ignored"]
        assert read(tmp_path / "a.png")[1].notes == expected


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_meaningless_color_chunks_are_reported(dtype, tmp_path):
    exif = Image.Exif()
    exif[274] = 6
    info = PngImagePlugin.PngInfo()
    info.add(b"cHRM", bytes(32))
    Image.fromarray(ramp((30, 40), dtype)).save(tmp_path / "a.png", pnginfo=info, exif=exif)
    (image,), contents = read(tmp_path / "a.png")
    np.testing.assert_array_equal(image.pixels, np.rot90(ramp((30, 40), dtype), -1))
    assert contents.notes == ["invalid color chunks (gAMA, cHRM) were ignored"]


def test_missing_end_is_reported(tmp_path):
    Image.fromarray(ramp((30, 40))).save(tmp_path / "a.png")
    (tmp_path / "a.png").write_bytes((tmp_path / "a.png").read_bytes()[:-12])
    (image,), contents = read(tmp_path / "a.png")
    np.testing.assert_array_equal(image.pixels, ramp((30, 40)))
    assert contents.notes == ["the file's end marker is missing, but the pixel data is complete"]


def damaged(name, content=b"1\0x", cut=0):
    """Return a chunk with a wrong checksum, or with a content from which bytes were cut."""
    if cut:
        return chunk(name, content[:-cut])
    return chunk(name, content)[:-1] + b"?"


DAMAGED_CHUNKS = {
    "text": damaged(b"tEXt"),
    "unknown": damaged(b"abCd"),
    "gamma": damaged(b"gAMA", LINEAR),
    "short gamma": damaged(b"gAMA", LINEAR, cut=3),
    "short resolution": damaged(b"pHYs", bytes(9), cut=8),
    "short primaries": damaged(b"cHRM", P3, cut=30),
    "text bomb": chunk(b"zTXt", b"Bomb\0\0" + zlib.compress(bytes(100_000_000))),
}


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("is_after", [False, True])
@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("name", DAMAGED_CHUNKS)
def test_damaged_chunks_are_left_out(name, depth, is_after, interlaced, tmp_path):
    pixels = levels(2, depth)
    comment = chunk(b"tEXt", b"Comment\0Grandma")
    content = png(pixels, 2, depth, comment, interlaced=interlaced)
    at = len(content) - 12 if is_after else 33
    (tmp_path / "a.png").write_bytes(content[:at] + DAMAGED_CHUNKS[name] + content[at:])
    (image,), contents = read(tmp_path / "a.png")
    np.testing.assert_array_equal(image.pixels, pixels)
    assert contents.notes == ["damaged metadata was left out"]
    assert contents.metadata.comments == {"Comment": "Grandma"}


def test_other_chunks_count_despite_damaged_ones(tmp_path):
    image = Image.new("RGBA", (8, 4), (200, 100, 100, 255))
    exif = Image.Exif()
    exif[274] = 6
    image.save(tmp_path / "a.png", exif=exif)
    content = (tmp_path / "a.png").read_bytes()
    added = damaged(b"tEXt") + chunk(b"cHRM", P3)
    (tmp_path / "a.png").write_bytes(content[:33] + added + content[33:])
    (found,), _ = read(tmp_path / "a.png")
    assert found.size == (8, 4)
    np.testing.assert_allclose(found.pixels[0, 0].astype(int), (215, 93, 97), atol=1)


def test_damaged_transparency_of_a_palette(tmp_path):
    palette = chunk(b"PLTE", bytes(range(12)))
    for transparent, alpha in ((chunk(b"tRNS", b"\0"), 0), (damaged(b"tRNS", b"\0"), None)):
        content = png(np.zeros((4, 4, 1), np.uint16), 3, 2, palette, transparent)
        (tmp_path / "a.png").write_bytes(content)
        (image,), contents = read(tmp_path / "a.png")
        assert (image.alpha is None) if alpha is None else (image.alpha == alpha).all()
        assert contents.notes == ([] if alpha == 0 else ["damaged metadata was left out"])


@pytest.mark.parametrize("depth", [8, 16])
def test_short_transparency_is_left_out(depth, tmp_path):
    pixels = levels(2, depth)
    (tmp_path / "a.png").write_bytes(png(pixels, 2, depth, chunk(b"tRNS", b"\0\0")))
    (image,), contents = read(tmp_path / "a.png")
    np.testing.assert_array_equal(image.pixels, pixels)
    assert image.alpha is None and contents.notes == ["damaged metadata was left out"]


def test_bytes_after_the_end_are_ignored(tmp_path):
    comment = chunk(b"tEXt", b"Comment\0Grandma")
    content = png(levels(2, 8), 2, 8)
    # This many empty chunks would take minutes.
    (tmp_path / "a.png").write_bytes(content + comment + bytes(12 * 10**6))
    _, contents = read(tmp_path / "a.png")
    assert not contents.notes and not contents.metadata.comments


@pytest.mark.parametrize("depth", [8, 16])
def test_chunks_before_the_header(depth, tmp_path):
    content, pixels = png(levels(0, depth), 0, depth), levels(0, depth)[..., 0]
    text = chunk(b"tEXt", b"interlace\0text")
    (tmp_path / "a.png").write_bytes(content[:8] + text + content[8:])
    (image,), contents = read(tmp_path / "a.png")
    np.testing.assert_array_equal(image.pixels, pixels)
    assert contents.metadata.comments == {"interlace": "text"}


@pytest.mark.parametrize("depth", [8, 16])
def test_headers_after_the_pixels_are_ignored(depth, tmp_path):
    content, pixels = png(levels(2, depth), 2, depth), levels(2, depth)
    other = chunk(b"IHDR", struct.pack(">IIBBBBB", 99, 99, 24 - depth, 0, 0, 0, 1))
    (tmp_path / "a.png").write_bytes(content[:-12] + other + content[-12:])
    (image,), contents = read(tmp_path / "a.png")
    np.testing.assert_array_equal(image.pixels, pixels)
    assert not contents.notes


def test_chunks_after_the_pixels_are_read_once(tmp_path, monkeypatch):
    calls = []

    class Stream(PngImagePlugin.PngStream):
        def call(self, cid, pos, length):
            calls.append(cid)
            return super().call(cid, pos, length)

    texts = [chunk(b"tEXt", b"Note %d\0text" % number) for number in range(100)]
    # Pillow does not read chunks after the pixels.
    content = png(levels(0, 8), 0, 8)
    (tmp_path / "a.png").write_bytes(content[:-12] + b"".join(texts) + content[-12:])
    monkeypatch.setattr(PngImagePlugin, "PngStream", Stream)
    _, contents = read(tmp_path / "a.png")
    assert len(contents.metadata.comments) == 100 and calls.count(b"tEXt") == 100


ADOBE_RGB = chunk(b"iCCP", b"Adobe\0\0" + zlib.compress(rgb_profile(2.2)))
SRGB_CODING, PQ_CODING = chunk(b"cICP", bytes([1, 13, 0, 1])), chunk(b"cICP", bytes([9, 16, 0, 1]))
IGNORED_CODING = "the unsupported color encoding 9/16/0/1 (cICP) was ignored"


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize(
    ("chunks", "is_changed", "notes"),
    [
        ([ADOBE_RGB], True, []),
        ([ADOBE_RGB, SRGB_CODING], False, []),
        ([ADOBE_RGB, SRGB_CODING, PQ_CODING], False, []),
        ([ADOBE_RGB, PQ_CODING], True, [IGNORED_CODING]),
        ([chunk(b"gAMA", LINEAR), PQ_CODING], True, [IGNORED_CODING]),
        ([chunk(b"iCCP", b"a\0\0?")], False, ["the damaged color profile was ignored"]),
    ],
)
def test_precedence_of_color_chunks(chunks, is_changed, notes, depth, tmp_path):
    pixels = levels(2, depth)
    (tmp_path / "a.png").write_bytes(png(pixels, 2, depth, *chunks))
    (image,), contents = read(tmp_path / "a.png")
    assert np.array_equal(image.pixels, pixels) is not is_changed
    assert contents.notes == notes
