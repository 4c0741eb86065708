"""Tests for image folders: file selection, crops and notes."""

import numpy as np
import pytest
import tifffile
from image_files import rgb_profile
from PIL import Image, PngImagePlugin

from colorkeras import image_io
from colorkeras.data import folder, load_dataset, training_batches
from colorkeras.image_io.pixels import on_white
from colorkeras.utils.errors import UserError

PARTS = ("train", "validation", "test")

# Red above green: large uniform areas survive JPEG compression and scaling.
RED, GREEN = (200, 20, 30), (10, 180, 20)


def _halves(width=40, height=30, mode="RGB"):
    pixels = np.full((height, width, 3), RED, np.uint8)
    pixels[height // 2 :] = GREEN
    return Image.fromarray(pixels).convert(mode)


def _noise(width=60, height=50, seed=0):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    return Image.fromarray(pixels)


def _fill(path, count, start=0):
    path.mkdir(exist_ok=True)
    for number in range(start, start + count):
        _noise(20, 16, seed=number).save(path / f"{number}.png")
    return path


def _crop(path, image_size=16, part="validation", epoch=0):
    """Return the first image of a split. If a folder has only one image, all splits contain it."""
    source = getattr(folder.load(path, image_size, include_gray=True), part)
    (crop,) = source.load(np.array([0]), epoch).numpy()
    assert crop.dtype == np.uint8
    assert crop.shape == (image_size, image_size, 3)
    return crop


def _assert_halves(crop, top=RED, bottom=GREEN, tolerance=12):
    """Assert that the top half of a scaled image is `top` and the bottom half is `bottom`."""
    for row, color in ((1, top), (-2, bottom)):
        error = np.abs(crop[row].astype(int) - color)
        assert error.max() <= tolerance, (crop[row].mean(axis=0), color)


@pytest.mark.parametrize(
    "name",
    ["a.jpg", "a.JPG", "a.jpeg", "a.PNG", "a.webp", "a.bmp", "a.gif", "a.tif", "deep/er/a b.png"],
)
def test_formats(tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    _halves().save(path)
    _assert_halves(_crop(tmp_path))


@pytest.mark.parametrize(
    "mode, name, top, bottom",
    [
        # The gray levels are the BT.601 luma of the two colors.
        ("L", "a.png", (75,) * 3, (111,) * 3),
        ("L", "a.jpg", (75,) * 3, (111,) * 3),
        ("LA", "a.png", (75,) * 3, (111,) * 3),
        ("1", "a.png", None, None),
        ("P", "a.png", RED, GREEN),
        ("P", "a.gif", RED, GREEN),
        ("RGBA", "a.png", RED, GREEN),
        ("RGBA", "a.webp", RED, GREEN),
        ("CMYK", "a.jpg", RED, GREEN),
        ("CMYK", "a.tif", RED, GREEN),
    ],
)
def test_modes_become_rgb(tmp_path, mode, name, top, bottom):
    _halves(mode=mode).save(tmp_path / name)
    crop = _crop(tmp_path)
    if top:
        _assert_halves(crop, top, bottom)


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_16_bit_grayscale_is_scaled(tmp_path, name):
    levels = np.repeat(np.array([[0], [257 * 100], [257 * 200], [65535]], np.uint16), 4, axis=1)
    Image.fromarray(np.kron(levels, np.ones((8, 8), np.uint16))).save(tmp_path / name)
    crop = _crop(tmp_path, 32)
    np.testing.assert_array_equal(
        crop[4::8], np.broadcast_to(np.array([0, 100, 200, 255]).reshape(4, 1, 1), (4, 32, 3))
    )


def test_transparent_palette_is_read_without_a_warning(tmp_path):
    # Pillow warns about such files, and tests turn warnings into errors.
    alpha = bytes([0] + [255] * 255)
    _halves(mode="P").save(tmp_path / "a.png", transparency=alpha)
    _assert_halves(_crop(tmp_path))


def test_size_limit_is_that_of_colorize(tmp_path, monkeypatch):
    _noise(60, 50).save(tmp_path / "large.png")
    _noise(90, 80).save(tmp_path / "bomb.png")
    monkeypatch.setattr(image_io.read_rgb, "__defaults__", (None, 0.005))
    dataset = folder.load(tmp_path)
    assert dataset.train.num_examples == 1
    assert dataset.notes[0] == "Skipped unreadable files: 1 (bomb.png)"


def test_orientation_of_the_camera_is_applied(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 3  # Upside down.
    _halves().save(tmp_path / "a.jpg", exif=exif, quality=95)
    _assert_halves(_crop(tmp_path), top=GREEN, bottom=RED)


def _damage(path, kind):
    if kind == "text":
        path.write_text("not an image")
    elif kind == "empty":
        path.touch()
    else:
        _noise().save(path)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize("kind", ["text", "empty", "truncated"])
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".gif", ".tif"])
def test_unreadable_files_are_skipped_and_named(tmp_path, kind, suffix):
    _halves().save(tmp_path / "good.png")
    (tmp_path / "deep").mkdir()
    _damage(tmp_path / "deep" / f"bad{suffix}", kind)
    dataset = folder.load(tmp_path)
    assert dataset.notes[0] == f"Skipped unreadable files: 1 (deep/bad{suffix})"
    _assert_halves(_crop(tmp_path))


def test_many_unreadable_files_are_counted(tmp_path):
    _halves().save(tmp_path / "good.png")
    for number in range(13):
        (tmp_path / f"bad{number:02}.jpg").touch()
    note = folder.load(tmp_path).notes[0]
    assert note.startswith("Skipped unreadable files: 13 (bad00.jpg, bad01.jpg, ")
    assert note.endswith("bad09.jpg and 3 more)")


def test_summary_names_what_is_not_used(tmp_path):
    root = tmp_path / "root"
    _fill(root, 40)
    for name in ("notes.txt", "more.TXT", "Makefile", "x.pgm", "._a.jpg", ".DS_Store", "Thumbs.db"):
        (root / name).write_text("text")
    (root / "folder.jpg").mkdir()
    for number in range(3):
        _halves(mode="L").save(root / f"gray{number}.jpg")
    Image.fromarray(np.ones((9, 9), np.float32)).save(root / "float.tif")
    for name in ("@eaDir", ".hidden", "__MACOSX"):
        _fill(root / name, 2)
    _fill(tmp_path / "elsewhere", 2)
    (root / "link").symlink_to(tmp_path / "elsewhere")
    dataset = folder.load(root, 8)
    assert dataset.notes[:4] == [
        "Skipped gray images: 3 (gray0.jpg, gray1.jpg, gray2.jpg)",
        "Skipped unreadable files: 1 (float.tif)",
        "Ignored other files: 4 (2 .txt, 1 .pgm, 1 without suffix)",
        "Ignored linked folders: 1 (link)",
    ]
    assert sum(getattr(dataset, part).num_examples for part in PARTS) == 40
    both = load_dataset(str(root), image_size=8, include_gray=True)
    assert sum(getattr(both, part).num_examples for part in PARTS) == 43


@pytest.mark.parametrize(
    "kind", ["profile", "transparent", "cmyk", "deep", "gamma", "truncated_end"]
)
def test_images_are_decoded_as_for_inference(tmp_path, kind):
    path = tmp_path / {"deep": "a.tif", "transparent": "a.png", "gamma": "a.png"}.get(kind, "a.jpg")
    image = _noise(40, 30)
    if kind == "profile":
        image.save(path, icc_profile=rgb_profile(1.8))
    elif kind == "transparent":
        image.putalpha(
            Image.fromarray(np.repeat(np.uint8([[0], [90], [255]]), 40, 1)).resize((40, 30))
        )
        image.save(path)
    elif kind == "cmyk":
        image.convert("CMYK").save(path)
    elif kind == "deep":
        tifffile.imwrite(path, np.asarray(image).astype(np.uint16) * 257, photometric="rgb")
    elif kind == "gamma":
        info = PngImagePlugin.PngInfo()
        info.add(b"gAMA", (100_000).to_bytes(4, "big"))
        image.save(path, pnginfo=info)
    else:
        image.save(path)
        path.write_bytes(path.read_bytes()[:-2])
    with image_io.open_image(path) as contents:
        expected = on_white(next(contents.pages))
    np.testing.assert_array_equal(
        np.asarray(folder._open(path, 8)), image_io.as_uint8(expected.pixels)
    )


@pytest.mark.parametrize(
    "content, message",
    [
        ([], "which contains no usable images"),
        (["a.txt"], r"which contains no usable images \(Ignored other files: 1 \(1 .txt\)\)"),
        (
            ["a.jpg", "b.png"],
            r"which contains no usable images \(Skipped unreadable files: 2 \(a.jpg, b.png\)\)",
        ),
    ],
)
def test_folders_without_images_are_explained(tmp_path, content, message):
    path = tmp_path / "images"
    path.mkdir()
    for name in content:
        (path / name).touch()
    with pytest.raises(UserError) as raised:
        folder.load(path)
    assert raised.match(f"(?s)^Received: .*{message}\nExpected: .*\nFix: ")
    assert str(path) in str(raised.value)


def _parts(path):
    """Return the file names in each split."""
    dataset = folder.load(path, 8)
    return {part: {file.name for file in getattr(dataset, part)._paths} for part in PARTS}


def test_images_keep_their_part_when_others_come(tmp_path):
    before = _parts(_fill(tmp_path, 120))
    _fill(tmp_path, 80, start=120)
    after = _parts(tmp_path)
    assert set.union(*after.values()) == {f"{number}.png" for number in range(200)}
    assert sum(map(len, after.values())) == 200
    for part in PARTS:
        assert before[part] and before[part] < after[part]


def test_parts_are_90_5_5_percent():
    parts = [folder._part(folder.Path(f"holiday/{number}.jpg")) for number in range(10_000)]
    # Five standard deviations for 10,000 draws.
    assert abs(parts.count("train") - 9000) < 150
    assert abs(parts.count("validation") - 500) < 109
    assert abs(parts.count("test") - 500) < 109


def test_parts_do_not_depend_on_where_the_folder_is(tmp_path):
    assert _parts(_fill(tmp_path / "here", 60)) == _parts(_fill(tmp_path / "there", 60))


def test_empty_parts_take_all_images(tmp_path):
    dataset = folder.load(_fill(tmp_path, 1), 8)
    assert [getattr(dataset, part).num_examples for part in PARTS] == [1, 1, 1]
    # One split contains the image anyway; the notes are about the other two.
    assert len(dataset.notes) == 2
    for note in dataset.notes:
        assert note.startswith("No images were assigned to the ")
        assert note.endswith("so it uses all images.")


def test_description_counts_the_parts(tmp_path):
    dataset = folder.load(_fill(tmp_path / "mine", 60), 8)
    counts = [getattr(dataset, part).num_examples for part in PARTS]
    assert dataset.description == (
        "folder mine ({} train / {} validation / {} test images, crops of 8x8)".format(*counts)
    )


def test_training_crops_are_a_function_of_seed_and_epoch(tmp_path):
    _noise().save(tmp_path / "a.png")
    first, again = (_crop(tmp_path, part="train") for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert (first != _crop(tmp_path, part="train", epoch=1)).any()
    other = folder.load(tmp_path, 16, seed=1).train.load(np.array([0]), 0).numpy()
    assert (first != other[0]).any()


def test_training_crops_of_a_pipeline_repeat(tmp_path):
    train = folder.load(_fill(tmp_path, 8), 8).train

    def epochs(initial_epoch, count):
        steps = count * (train.num_examples // 2)
        batches = training_batches(train, 2, seed=3, initial_epoch=initial_epoch).take(steps)
        return np.concatenate([images.numpy() for images in batches])

    both = epochs(0, 2)
    np.testing.assert_array_equal(both, epochs(0, 2))
    np.testing.assert_array_equal(np.split(both, 2)[1], epochs(1, 1))
    # Not just the order but also the crops of each image differ between epochs.
    first, second = ({crop.tobytes() for crop in half} for half in np.split(both, 2))
    assert first != second


def test_training_crops_have_many_places_and_sizes(tmp_path):
    """Pixel values in a gradient image reveal the position and size of each crop."""
    ramp = np.linspace(0, 255, 256).astype(np.uint8)
    pixels = np.stack([*np.meshgrid(ramp, ramp), np.zeros((256, 256))], axis=-1).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    source = folder.load(tmp_path, 16).train
    crops = np.stack([source.load(np.array([0]), epoch)[0] for epoch in range(200)]).astype(int)
    left, covered = crops[:, 8, 0, 0], crops[:, 8, -1, 0] - crops[:, 8, 0, 0]
    # The shorter side is scaled to 16 to 32 pixels, so a 16-pixel crop covers half to all of it.
    assert 100 <= covered.min() <= 135 and 225 <= covered.max() <= 255
    assert left.min() <= 10 and left.max() >= 110


def test_validation_crops_are_the_fixed_center(tmp_path):
    pixels = np.zeros((30, 90, 3), np.uint8)
    pixels[:, 30:60] = 200
    Image.fromarray(pixels).save(tmp_path / "a.png")
    for part in ("validation", "test"):
        crop = _crop(tmp_path, 10, part)
        # The resampling filter may overshoot at the two edges.
        np.testing.assert_array_equal(crop[:, 2:-2], np.full((10, 6, 3), 200))
        np.testing.assert_array_equal(crop, _crop(tmp_path, 10, part, epoch=5))


@pytest.mark.parametrize("part", ["train", "validation"])
@pytest.mark.parametrize(
    "size", [(1, 1), (1, 500), (500, 1), (3, 5), (15, 17), (16, 16), (301, 299)], ids=str
)
def test_any_image_size(tmp_path, size, part):
    Image.new("RGB", size, RED).save(tmp_path / "a.png")
    for epoch in range(5):
        crop = _crop(tmp_path, 16, part, epoch)
        np.testing.assert_array_equal(crop, np.broadcast_to(RED, crop.shape))


@pytest.mark.parametrize(
    "image_size, decoded",
    [(16, (125, 100)), (60, (250, 200)), (150, (500, 400)), (250, (1000, 800))],
)
def test_large_jpegs_are_decoded_small_but_never_too_small(tmp_path, image_size, decoded):
    _halves(1000, 800).save(tmp_path / "a.jpg")
    # Training scales images to at most twice the crop size, so decoding must not go below that.
    assert folder._open(tmp_path / "a.jpg", image_size).size == decoded
    _assert_halves(_crop(tmp_path, image_size))
