"""Tests for converting all pixel types to upright sRGB."""

import io
import struct

import numpy as np
import pytest
import tifffile
from image_files import gray_profile, jpeg_bytes, profile_of, ramp, read, rgb_profile
from PIL import Image, ImageCms, ImageOps

from colorkeras import image_io
from colorkeras.image_io import DecodedImage, bit_depth, color_profiles, pixels
from colorkeras.image_io.pixels import from_pillow

GRAY = ramp((6, 10))
ORIENTATIONS = range(1, 9)

SRGB = ((0.4363, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141))
"""sRGB primaries with a small error, which would change colors by one level if applied."""


def colors(height=40, width=50):
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


def image_of(mode):
    """Return `GRAY` as an image in the given mode."""
    gray = Image.fromarray(GRAY)
    if mode == "CMYK":
        black = np.zeros((*GRAY.shape, 4), np.uint8)
        black[..., 3] = 255 - GRAY
        return Image.fromarray(black, "CMYK")
    if mode in ("La", "RGBa"):
        return gray.convert(mode[:-1] + "A").convert(mode)
    return gray.convert(mode)


@pytest.mark.parametrize(
    "mode",
    ["L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV"],
)
def test_gray_in_every_mode(mode):
    image = image_of(mode)
    before = image.tobytes()
    decoded = from_pillow(image, [])
    assert decoded.pixels.dtype == np.uint8 and decoded.alpha is None
    assert np.abs(decoded.pixels.astype(int) - GRAY).max() <= 1
    assert image.tobytes() == before and image.mode == mode


def test_bilevel():
    bits = ramp((6, 10)) > 99
    np.testing.assert_array_equal(from_pillow(Image.fromarray(bits), []).pixels, bits * 255)


@pytest.mark.parametrize("mode", ["I;16", "I;16B"])
def test_16_bit_gray(mode):
    deep = ramp((300, 10), np.uint16)
    content = deep.astype(">u2" if mode == "I;16B" else "<u2").tobytes()
    decoded = from_pillow(Image.frombytes(mode, (10, 300), content), [])
    np.testing.assert_array_equal(decoded.pixels, deep)
    assert decoded.pixels.dtype == np.uint16 and decoded.pixels.dtype.isnative


@pytest.mark.parametrize("mode", ["I", "F"])
def test_pixels_of_unknown_range(mode):
    with pytest.raises(ValueError, match="range is unknown"):
        from_pillow(Image.new(mode, (3, 2)), [])


@pytest.mark.parametrize("start", [0, bit_depth.ROWS - 1, bit_depth.ROWS, bit_depth.ROWS + 1])
def test_color_that_starts_in_any_row(start):
    expected = np.repeat(ramp((2 * bit_depth.ROWS, 5))[..., np.newaxis], 3, axis=-1)
    expected[start:, 2] = (1, 2, 3)
    np.testing.assert_array_equal(from_pillow(Image.fromarray(expected), []).pixels, expected)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA"])
def test_transparency(mode, tmp_path):
    image = Image.fromarray(np.where(GRAY > 99, 255, 0).astype(np.uint8)).convert("RGB")
    image = image.convert(mode)
    settings = {"1": 255, "L": 255, "RGB": (255, 255, 255)}
    if mode == "P":
        index = image.getpixel((9, 5))
        image.info["transparency"] = bytes(0 if n == index else 255 for n in range(256))
    elif mode in settings:
        image.info["transparency"] = settings[mode]
    else:
        image.putalpha(Image.fromarray(np.where(GRAY > 99, 0, 255).astype(np.uint8)))
    for decoded in (from_pillow(image, []), saved_and_read(image, tmp_path / "a.png")):
        np.testing.assert_array_equal(decoded.alpha, np.where(GRAY > 99, 0, 255))
        np.testing.assert_array_equal(decoded.pixels, np.where(GRAY > 99, 255, 0))


def saved_and_read(image, path):
    image.save(path)
    (decoded,), _ = read(path)
    return decoded


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize(
    "suffix", [".jpg", ".png", ".webp", ".tif", ".lzw.tif", ".deep.png", ".deep.tif"]
)
def test_orientation_is_applied_and_reset(orientation, suffix, tmp_path):
    path = tmp_path / f"a{suffix}"
    exif = Image.Exif()
    exif[274] = orientation
    # JPEG and WebP preserve smooth images well.
    upright = np.asarray(Image.fromarray(ramp((3, 5))).resize((40, 24), Image.Resampling.BILINEAR))
    inverse = {6: 8, 8: 6}.get(orientation, orientation)
    turned = Image.fromarray(upright)
    turned.getexif()[274] = inverse
    turned = ImageOps.exif_transpose(turned)
    if ".deep" in suffix:
        turned = Image.fromarray(np.asarray(turned).astype(np.uint16) * 257)
    settings = {"compression": "tiff_lzw"} if ".lzw" in suffix else {}
    if path.suffix == ".tif":
        settings["tiffinfo"] = {274: orientation}
    else:
        settings["exif"] = exif
    turned.save(path, **settings)
    (decoded,), contents = read(path)
    assert (decoded.pixels.dtype == np.uint16) is (".deep" in suffix)
    shown = image_io.as_uint8(decoded.pixels).astype(int)
    shown = shown if shown.ndim == 2 else shown[..., 1]
    assert np.abs(shown - upright).max() <= (8 if path.suffix in (".jpg", ".webp") else 0)
    copy = tmp_path / f"copy{path.suffix}"
    image_io.save(copy, iter([decoded]), contents.metadata)
    np.testing.assert_array_equal(read(copy)[0][0].size, upright.shape)
    with Image.open(copy) as image:
        assert image.getexif().get(274, 1) == 1


def test_invalid_orientation(tmp_path):
    exif = Image.Exif()
    exif[274] = 77
    image = Image.fromarray(GRAY)
    image.save(tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(read(tmp_path / "a.png")[0][0].pixels, GRAY)


def as_shown(image, profile):
    """Convert an image with a single LittleCMS call."""
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    target = ImageCms.createProfile("sRGB")
    return np.asarray(ImageCms.profileToProfile(image, source, target, outputMode="RGB")).astype(
        int
    )


def test_profile_of_colors():
    image = Image.fromarray(colors(300))
    profile = rgb_profile(2.2)
    image.info["icc_profile"] = profile
    decoded, notes = from_pillow(image, notes := []), notes
    np.testing.assert_array_equal(decoded.pixels, as_shown(image, profile))
    assert np.abs(decoded.pixels.astype(int) - np.asarray(image)).max() > 20 and not notes
    deep = np.asarray(image).astype(np.uint16) * 257
    deep = pixels.from_samples(deep, None, profile, 1, notes)
    assert np.abs(deep.pixels / 257 - decoded.pixels).max() < 1 and not notes


@pytest.mark.parametrize("gamma", [1.0, 1.8, 2.8])
def test_profile_of_gray_levels(gamma):
    image = Image.fromarray(ramp((16, 16)))
    for profile in (gray_profile(gamma), rgb_profile(gamma)):
        image.info["icc_profile"] = profile
        decoded, notes = from_pillow(image, notes := []), notes
        deep = pixels.from_samples(ramp((16, 16), np.uint16), None, profile, 1, notes)
        color = ramp((16, 16), np.uint16)[..., np.newaxis].repeat(3, axis=-1)
        if profile is not gray_profile(gamma):
            deep_color = pixels.from_samples(color, None, rgb_profile(gamma), 1, notes)
            assert np.abs(deep_color.pixels.astype(int) - deep.pixels).max() <= 1
        assert decoded.pixels.ndim == deep.pixels.ndim == deep_color.pixels.ndim == 2
        linear = np.linspace(0, 1, 256) ** gamma
        power = 1.055 * linear ** (1 / 2.4) - 0.055
        expected = 255 * np.where(linear <= 0.0031308, 12.92 * linear, power)
        assert np.abs(decoded.pixels.ravel() - expected).max() <= 2
        assert np.abs(deep.pixels.ravel() / 257 - expected).max() < 0.2
        assert not notes


def test_gray_stays_gray_under_a_profile():
    image = Image.fromarray(ramp((16, 16))).convert("RGB")
    image.info["icc_profile"] = rgb_profile(1.8)
    assert from_pillow(image, []).pixels.ndim == 2


def rounded_srgb_profile():
    """Return an sRGB profile with a tabulated curve and rounded primaries."""
    light = np.linspace(0, 1, 256)
    power = ((light + 0.055) / 1.055) ** 2.4
    table = np.rint(65535 * np.where(light <= 0.04045, light / 12.92, power)).astype(">u2")
    curve = b"curv\0\0\0\0" + struct.pack(">I", 256) + table.tobytes()
    return rgb_profile(None, curve, SRGB)


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("profile", [color_profiles.srgb_profile(), rounded_srgb_profile()])
def test_srgb_is_not_rounded_again(mode, profile):
    image = Image.fromarray(colors(200, 200)).convert(mode)
    image.info["icc_profile"] = profile
    np.testing.assert_array_equal(from_pillow(image, []).pixels, np.asarray(image))
    deep = np.random.default_rng(0).integers(0, 65536, (9, 9, 3), np.uint16)
    deep = deep[..., 0] if mode == "L" else deep
    decoded = pixels.from_samples(deep, None, profile, 1, [])
    np.testing.assert_array_equal(decoded.pixels, deep)


CURVES = {
    "identity": (b"curv\0\0\0\0\0\0\0\0", lambda x: x),
    "table": (
        b"curv\0\0\0\0\0\0\0\3\0\0\x40\0\xff\xff",
        lambda x: np.interp(x, [0, 0.5, 1], [0, 0.25, 1]),
    ),
    "power": (b"para\0\0\0\0\0\0\0\0\0\2\0\0", lambda x: x**2),
    "shifted": (
        b"para\0\0\0\0\0\1\0\0\0\2\0\0\0\2\0\0\xff\xff\x80\0",
        lambda x: np.clip(2 * x - 0.5, 0, 1) ** 2,
    ),
    "raised": (
        b"para\0\0\0\0\0\2\0\0\0\1\0\0\0\1\0\0\xff\xff\x80\0\0\0\x40\0",
        lambda x: np.where(x >= 0.5, x - 0.5, 0) + 0.25,
    ),
    "line": (
        b"para\0\0\0\0\0\3\0\0\0\2\0\0\0\1\0\0\0\0\0\0\0\0\x80\0\0\0\x80\0",
        lambda x: np.where(x >= 0.5, x**2, x / 2),
    ),
    "all": (
        b"para\0\0\0\0\0\4\0\0\0\2\0\0\0\1\0\0\0\0\0\0\0\0\x40\0\0\0\x80\0\0\0\x20\0\0\0\x10\0",
        lambda x: np.where(x >= 0.5, x**2 + 0.125, x / 4 + 0.0625),
    ),
}


@pytest.mark.parametrize("name", CURVES)
def test_curves_of_profiles(name):
    curve, formula = CURVES[name]
    levels = np.linspace(0, 1, 65536)
    expected = np.clip(formula(levels), 0, 1)
    np.testing.assert_allclose(color_profiles._curve(curve), expected, atol=1e-4)


@pytest.mark.parametrize("content", [b"\xff\xff\0\0", b"\x7f\xff\0\0", b"\0\0\0\0"])
@pytest.mark.parametrize("gray", [True, False])
def test_invalid_curves(content, gray):
    curve = b"para\0\0\0\0\0\0\0\0" + content
    profile = profile_of(b"GRAY", {b"kTRC": curve}) if gray else rgb_profile(None, curve)
    deep = colors().astype(np.uint16)
    deep = deep[..., 0] if gray else deep
    decoded = pixels.from_samples(deep, None, profile, 1, [])
    assert decoded.pixels.shape == deep.shape


@pytest.mark.parametrize("profile", [b"no profile", b"", rgb_profile(2.2)[:200], b"\0" * 4000])
def test_damaged_profiles(profile):
    image = Image.fromarray(colors())
    image.info["icc_profile"] = profile
    decoded, notes = from_pillow(image, notes := []), notes
    np.testing.assert_array_equal(decoded.pixels, np.asarray(image))
    assert len(notes) == bool(profile)
    notes.clear()
    deep = colors().astype(np.uint16)
    assert pixels.from_samples(deep, None, profile, 1, notes).pixels is not None
    assert len(notes) == bool(profile)
    assert all("the color profile was not applied" in note for note in notes)


def cmyk_bytes(ink, is_adobe):
    """Return a CMYK JPEG file, optionally inverted and marked as written by Adobe software."""
    content = jpeg_bytes(Image.fromarray(ink if is_adobe else 255 - ink, "CMYK"), quality=100)
    start = content.index(b"\xff\xeeA".replace(b"A", b"\0\x0eAdobe"))
    return content if is_adobe else content[:start] + content[start + 16 :]


@pytest.mark.parametrize("is_adobe", [True, False])
def test_cmyk_in_jpeg_files(is_adobe, tmp_path):
    ink = np.zeros((16, 16, 4), np.uint8)
    ink[:, 8:, 1:3] = 255
    (tmp_path / "a.jpg").write_bytes(cmyk_bytes(ink, is_adobe))
    (decoded,), _ = read(tmp_path / "a.jpg")
    np.testing.assert_allclose(decoded.pixels[:, :7], 255, atol=3)
    np.testing.assert_allclose(decoded.pixels[:, 9:], [[[255, 0, 0]] * 7] * 16, atol=3)


def test_profile_of_cmyk_is_applied(monkeypatch):
    ink = Image.fromarray(np.random.default_rng(0).integers(0, 256, (9, 9, 4), np.uint8), "CMYK")
    ink.info["icc_profile"] = b"of ink"
    built = []

    def build(source, target, mode, output):
        built.append((mode, output))
        return "transform"

    monkeypatch.setattr(ImageCms, "ImageCmsProfile", lambda stream: "source")
    monkeypatch.setattr(ImageCms, "buildTransform", build)
    monkeypatch.setattr(
        ImageCms, "applyTransform", lambda image, _: Image.new("RGB", image.size, "red")
    )
    decoded = from_pillow(ink, [])
    assert built == [("CMYK", "RGB")]
    assert (decoded.pixels == (255, 0, 0)).all()


def test_as_uint8_rounds():
    deep = np.arange(65536, dtype=np.uint16)
    np.testing.assert_array_equal(image_io.as_uint8(deep), np.rint(deep / 257))
    np.testing.assert_array_equal(image_io.as_uint8(deep.reshape(512, 128))[-1, -1], 255)
    shallow = colors()
    assert image_io.as_uint8(shallow) is shallow


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(300, 4), (300, 4, 3)])
def test_on_white(dtype, shape):
    white = np.iinfo(dtype).max
    alpha = ramp((300, 4), dtype)
    decoded = pixels.on_white(DecodedImage(np.zeros(shape, dtype), alpha))
    expected = (white - alpha).reshape(300, 4, *[1] * (len(shape) - 2))
    np.testing.assert_array_equal(decoded.pixels, np.broadcast_to(expected, shape))
    assert decoded.alpha is None and decoded.pixels.dtype == dtype


@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("profile", [None, rgb_profile(1.8)], ids=["srgb", "profile"])
def test_hidden_pixels_decide_nothing(suffix, dtype, profile, tmp_path):
    if suffix == ".webp" and dtype == np.uint16:
        pytest.skip("this combination does not exist")
    white = np.iinfo(dtype).max
    shown = np.stack([ramp((30, 40), dtype)] * 3, -1)
    alpha = np.full((30, 40), white, dtype)
    alpha[:, 20:] = 0
    alpha[:, 19] = white // 2
    found = []
    for hidden in (0, (white, 0, 0), np.random.default_rng(0).integers(0, white, (30, 20, 3))):
        pixels = np.dstack([shown, alpha])
        pixels[:, 20:, :3] = hidden
        path = tmp_path / f"a{suffix}"
        if suffix == ".tif":
            settings = {"photometric": "rgb", "extrasamples": ["unassalpha"]}
            tifffile.imwrite(path, pixels, iccprofile=profile, **settings)
        elif dtype == np.uint8:
            settings = {"lossless": True, "exact": True} if suffix == ".webp" else {}
            Image.fromarray(pixels).save(path, icc_profile=profile, **settings)
        else:
            profile_chunk = {"has_profile": profile is not None}
            image = DecodedImage(pixels[..., :3], alpha)
            image_io.save(path, iter([image]), image_io.Metadata(**profile_chunk))
        found.append(read(path)[0][0])
    assert found[0].pixels.ndim == 2 and found[0].pixels.dtype == dtype
    for image in found[1:]:
        np.testing.assert_array_equal(image.pixels, found[0].pixels)
        np.testing.assert_array_equal(image.alpha, alpha)
