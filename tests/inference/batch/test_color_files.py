"""Tests for colorizing files: which files are written or kept, and what is reported."""

import contextlib
import dataclasses
import errno
import os
import struct
import time
import weakref
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

import colorkeras
from colorkeras import image_io
from colorkeras.config.colorize_options import ColorizeOptions
from colorkeras.image_io import SOURCE_TYPE
from colorkeras.inference.batch import color_files, plan, sheets
from colorkeras.inference.batch.color_files import DONE, FAILED, SKIPPED
from colorkeras.inference.color_hints import Hint, HintList
from colorkeras.inference.color_settings import read_reference
from colorkeras.inference.predictor import Predictor
from colorkeras.utils.errors import UserError


@pytest.fixture(scope="module")
def model():
    return colorkeras.load("unet")


@pytest.fixture(scope="module")
def vivid():
    return colorkeras.load("unet_vivid", render_size=16)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Working directory with three grayscale images in the subfolder `scans`."""
    monkeypatch.chdir(tmp_path)
    Path("scans").mkdir()
    for number in range(3):
        levels = np.add.outer(np.arange(40 + number), np.arange(30)) + 50 * number
        Image.fromarray(levels.astype(np.uint8)).save(f"scans/{number}.png")
    return tmp_path


def color(
    model, *inputs, output=None, num_samples=1, side_by_side=False, num_workers=1, **settings
):
    planned = plan.plan(inputs, output, num_samples=num_samples, side_by_side=side_by_side)
    return list(
        color_files.colorize_files(model, planned.items, ColorizeOptions(**settings), num_workers)
    )


def pixels_of(path):
    with image_io.open_image(path) as contents:
        return next(contents.pages).pixels


def size_of(path):
    with Image.open(path) as image:
        return image.size


def contents_of(folder):
    return {path.name: path.read_bytes() for path in Path(folder).iterdir() if path.is_file()}


def test_results_match_the_predictor(model, folder):
    (result,) = color(model, "scans/1.png")
    assert (result.status, result.targets) == (DONE, [Path("scans/1_color.png")])
    expected = model.colorize(pixels_of("scans/1.png"))
    np.testing.assert_array_equal(pixels_of("scans/1_color.png"), expected)


def test_results_do_not_depend_on_workers(vivid, folder):
    for number in (1, 3):
        results = color(vivid, "scans", output=str(number), num_workers=number, seed=7)
        assert [result.source.name for result in results] == ["0.png", "1.png", "2.png"]
    assert contents_of("1") == contents_of("3")


@pytest.mark.parametrize("mark", [True, False])
def test_results_record_that_a_program_colored_them(model, folder, mark):
    color(model, "scans/0.png", mark=mark)
    content = Path("scans/0_color.png").read_bytes()
    assert (SOURCE_TYPE.encode() in content) == mark
    assert (b"colorkeras" in content and b"model unet 1" in content) == mark


def test_samples_are_written_with_sheets(vivid, folder):
    (result,) = color(vivid, "scans/0.png", num_samples=2, seed=5, side_by_side=True)
    names = ["0_color_1.png", "0_color_2.png", "0_color_variations.png", "0_color_side_by_side.png"]
    assert [path.name for path in result.targets] == names
    for number in (1, 2):
        expected = vivid.colorize(pixels_of("scans/0.png"), seed=4 + number)
        np.testing.assert_array_equal(pixels_of(f"scans/0_color_{number}.png"), expected)
    # The contact sheet shows the source and two samples of 30x40 pixels in two columns, each above
    # an 18-pixel label. The other sheet shows the source and the result side by side.
    assert size_of("scans/0_color_variations.png") == (68, 124)
    assert size_of("scans/0_color_side_by_side.png") == (68, 40)


def test_other_files_are_not_replaced_unless_asked_for(model, folder):
    Path("scans/0_color.png").write_text("mine")
    (result,) = color(model, "scans/0.png")
    assert result.status == FAILED and "--overwrite" in str(result.error)
    assert Path("scans/0_color.png").read_text() == "mine"
    (result,) = color(model, "scans/0.png", skip_existing=True)
    assert (result.status, result.notes) == (SKIPPED, [plan.RESULT_EXISTS])
    (result,) = color(model, "scans/0.png", overwrite=True)
    assert result.status == DONE
    assert pixels_of("scans/0_color.png").shape == (40, 30, 3)


def test_interrupted_items_are_completed(vivid, folder):
    settings = {"num_samples": 2, "side_by_side": True, "output": "out"}
    color(vivid, "scans", **settings)
    whole = contents_of("out")
    for name in ("1_2.png", "2_variations.png", "0_side_by_side.png", "0_1.png"):
        Path("out", name).unlink()
    untouched = {
        name: Path("out", name).stat().st_mtime_ns for name in ("1_1.png", "1_variations.png")
    }
    results = color(vivid, "scans", skip_existing=True, **settings)
    assert [result.status for result in results] == [DONE] * 3
    assert contents_of("out") == whole
    assert untouched == {name: Path("out", name).stat().st_mtime_ns for name in untouched}
    assert "kept the existing file 'out/1_variations.png'" in results[1].notes[0]


@pytest.mark.parametrize("keep", [True, False])
def test_colored_images_are_colored_again_or_kept(model, folder, keep):
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)
    Image.fromarray(noise).save("noise.png")
    (result,) = color(model, "noise.png", keep_colored=keep)
    assert result.status == (SKIPPED if keep else DONE)
    assert "already in color" in result.notes[0]
    assert Path("noise_color.png").exists() == (not keep)


def test_a_bad_file_does_not_stop_the_rest(model, folder):
    Path("scans/1.png").write_bytes(Path("scans/1.png").read_bytes()[:60])
    Path("scans/broken.png").symlink_to("nowhere.png")
    results = color(model, "scans", output="out", num_workers=2)
    assert [result.status for result in results] == [DONE, FAILED, DONE, FAILED]
    assert "'scans/1.png'" in str(results[1].error)
    assert sorted(contents_of("out")) == ["0.png", "2.png"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EDQUOT])
def test_a_full_disk_is_reported_and_leaves_nothing_half_written(
    model, folder, number, monkeypatch
):
    def fail(image, path, *arguments, **settings):
        Path(path).write_bytes(b"half")
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Image.Image, "save", fail)
    (result,) = color(model, "scans/0.png", output="out.png")
    assert result.status == FAILED
    assert os.strerror(number) in str(result.error)
    assert sorted(path.name for path in folder.iterdir()) == ["scans"]


def test_a_lack_of_memory_is_reported(model, folder, monkeypatch):
    def fail(*arguments, **settings):
        raise MemoryError

    monkeypatch.setattr(type(model), "color_image", fail)
    (result,) = color(model, "scans/0.png")
    assert result.status == FAILED and "'scans/0.png'" in str(result.error)


def test_a_bug_does_not_stop_the_rest(model, folder, monkeypatch):
    colored = type(model).color_image

    def fail_once(self, image, *arguments, **settings):
        if image.pixels.shape[0] == 41:
            raise ValueError("a bug")
        return colored(self, image, *arguments, **settings)

    monkeypatch.setattr(type(model), "color_image", fail_once)
    results = color(model, "scans", output="out", num_workers=2)
    assert [result.status for result in results] == [DONE, FAILED, DONE]
    assert "ValueError: a bug" in str(results[1].error)


def test_files_that_appeared_meanwhile_are_not_replaced(model, folder, monkeypatch):
    colored = type(model).color_image

    def slow(self, *arguments, **settings):
        Path("scans/0_color.png").write_text("mine")
        return colored(self, *arguments, **settings)

    monkeypatch.setattr(type(model), "color_image", slow)
    (result,) = color(model, "scans/0.png")
    assert result.status == FAILED
    assert "whose output file 'scans/0_color.png' already exists" in str(result.error)
    assert Path("scans/0_color.png").read_text() == "mine"
    assert len(list(Path("scans").iterdir())) == 4


def test_broken_links_are_not_replaced(model, folder):
    Path("scans/0_color.png").symlink_to("nowhere")
    (result,) = color(model, "scans/0.png")
    assert result.status == FAILED and Path("scans/0_color.png").is_symlink()


def test_colored_pages_are_kept_if_asked_for(model, folder):
    noise = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    first = Image.fromarray(pixels_of("scans/0.png"))
    first.save("pages.tif", save_all=True, append_images=[Image.fromarray(noise)])
    (result,) = color(model, "pages.tif", keep_colored=True)
    assert result.notes == ["page 2 was already in color and was kept"]
    with image_io.open_image("pages_color.tif") as contents:
        colored, kept = (page.pixels for page in contents.pages)
    np.testing.assert_array_equal(kept, noise)
    assert np.ptp(colored, axis=-1).max() > 0


def test_sheets_are_marked(model, folder):
    color(model, "scans/0.png", side_by_side=True)
    assert SOURCE_TYPE.encode() in Path("scans/0_color_side_by_side.png").read_bytes()


def test_large_images_are_refused_before_they_are_decoded(model, folder):
    (result,) = color(model, "scans/0.png", max_megapixels=0.001)
    assert result.status == FAILED and "30x40 pixels" in str(result.error)


def test_no_page_stays_in_memory_while_another_is_colored(model, folder, monkeypatch):
    images = [Image.fromarray(np.full([40, 30], level, np.uint8)) for level in (50, 100, 150)]
    images[0].save("scans/pages.tif", save_all=True, append_images=images[1:])
    colored, pages = type(model).color_image, []

    def watched(self, page, *arguments, **settings):
        assert not any(earlier() for earlier in pages)
        result = colored(self, page, *arguments, **settings)
        pages.extend(map(weakref.ref, (page.pixels, result.pixels)))
        return result

    monkeypatch.setattr(type(model), "color_image", watched)
    (result,) = color(model, "scans/pages.tif")
    assert result.status == DONE and len(pages) == 6


def test_every_page_is_colored(model, folder):
    pages = [Image.fromarray(pixels_of(f"scans/{number}.png")) for number in range(3)]
    pages[0].save("pages.tif", save_all=True, append_images=pages[1:])
    color(model, "pages.tif")
    with image_io.open_image("pages_color.tif") as contents:
        colored = [page.pixels for page in contents.pages]
    assert [pixels.shape for pixels in colored] == [(40 + n, 30, 3) for n in range(3)]
    np.testing.assert_array_equal(colored[2], model.colorize(pixels_of("scans/2.png")))


def test_finished_results_are_skipped(vivid, folder):
    arguments = {"num_samples": 2, "side_by_side": True, "seed": 3, "saturation": 1.5}
    color(vivid, "scans", output="out", **arguments)
    before = {path: path.stat().st_mtime_ns for path in Path("out").iterdir()}
    Path("out/1_2.png").unlink()
    results = color(vivid, "scans", output="out", **arguments)
    assert [result.status for result in results] == [SKIPPED, DONE, SKIPPED]
    assert results[0].notes == [plan.RESULT_EXISTS]
    after = {path: path.stat().st_mtime_ns for path in Path("out").iterdir()}
    assert [path.name for path in before if before[path] != after[path]] == ["1_2.png"]


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp"])
@pytest.mark.parametrize(
    "changed",
    [
        {"seed": 1},
        {"saturation": 1.25},
        {"quality": 90},
        {"keep_colored": True},
        {"temperature": 0.5},
        {"render_size": 32},
        {"straighten": True},
        {"auto_contrast": True},
        {"neutral_borders": True},
        {"crop_borders": True},
        {"keep_tone": True},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_results_of_other_settings_are_not_skipped(vivid, folder, changed, suffix):
    Path("out").mkdir()
    target = f"out/0{suffix}"
    color(vivid, "scans/0.png", output=target)
    (result,) = color(vivid, "scans/0.png", output=target)
    assert result.status == SKIPPED
    (result,) = color(vivid, "scans/0.png", output=target, **changed)
    assert result.status == FAILED and "already exists" in str(result.error)
    color(vivid, "scans/0.png", output=target, overwrite=True, **changed)
    assert color(vivid, "scans/0.png", output=target, **changed)[0].status == SKIPPED
    assert color(vivid, "scans/0.png", output=target)[0].status == FAILED


def test_results_of_other_models_and_without_a_mark_are_not_skipped(model, vivid, folder):
    color(model, "scans/0.png", output="0.png")
    assert color(vivid, "scans/0.png", output="0.png")[0].status == FAILED
    color(model, "scans/1.png", output="1.png", mark=False)
    assert color(model, "scans/1.png", output="1.png", mark=False)[0].status == FAILED


def test_results_of_another_export_with_the_same_name_are_not_skipped(hint_model, folder):
    models = []
    for run in "ab":
        path = Path(run, "unet", "2")
        path.mkdir(parents=True)
        (path / "saved_model.pb").write_text(run)
        models.append(Predictor(dataclasses.replace(hint_model.exported, path=path)))
    first, second = models
    assert first.name == second.name == "stub 2"
    assert color(first, "scans/0.png", output="0.png")[0].status == DONE
    assert color(second, "scans/0.png", output="0.png")[0].status == FAILED
    assert color(first, "scans/0.png", output="0.png")[0].status == SKIPPED


def test_large_results_are_recognized_by_their_header(model, folder, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    color(model, "scans/0.png", output="0.png")
    content = bytearray(Path("0.png").read_bytes())
    content[16:24] = struct.pack(">II", 20_000, 10_000)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    Path("0.png").write_bytes(content)
    (result,) = color(model, "scans/0.png", output="0.png", max_megapixels=300)
    assert result.status == SKIPPED, result.error


def test_seconds_do_not_include_waiting_for_another_large_file(model, folder, monkeypatch):
    waited, clock = [], time.perf_counter

    @contextlib.contextmanager
    def busy():
        waited.append(1000)
        yield

    monkeypatch.setattr(color_files, "LARGE", 0)
    monkeypatch.setattr(color_files, "_large_files", busy())
    monkeypatch.setattr(color_files.time, "perf_counter", lambda: clock() + sum(waited))
    (result,) = color(model, "scans/0.png")
    assert result.status == DONE and waited and 0 < result.seconds < 500


@pytest.mark.parametrize(("max_megapixels", "works"), [(0.0001, False), (0.001, True)])
def test_references_have_a_size_limit(folder, max_megapixels, works):
    Image.new("RGB", (25, 25), (150, 120, 100)).save("reference.png")
    with contextlib.nullcontext() if works else pytest.raises(UserError, match="25x25 pixels"):
        assert read_reference("reference.png", max_megapixels).pixels.shape == (25, 25, 3)


def test_results_of_other_versions_are_skipped(model, folder, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(color_files, "__version__", "0.0.9")
        color(model, "scans/0.png", output="0.png")
    assert color(model, "scans/0.png", output="0.png")[0].status == SKIPPED


@pytest.mark.parametrize("keep", [True, False])
def test_times_are_kept_if_asked_for(vivid, folder, keep):
    os.utime("scans/0.png", (10**9, 10**9))
    (result,) = color(vivid, "scans/0.png", num_samples=2, side_by_side=True, keep_times=keep)
    assert len(result.targets) == 4
    assert {path.stat().st_mtime == 10**9 for path in result.targets} == {keep}


def color_with(model, item, **settings):
    return color_files.colorize_file(model, item, ColorizeOptions(**settings))


def test_hints_and_references_are_part_of_the_record(hint_model, folder):
    reference = np.full([20, 20, 3], (150, 120, 100), np.uint8)
    Image.fromarray(reference).save("reference.png")
    [item] = plan.plan(["scans/2.png"], "out.png").items
    hints = HintList([Hint(10, 10, "#b05050")])
    hinted = dataclasses.replace(item, hints=hints)
    referenced = dataclasses.replace(item, reference=read_reference("reference.png"))
    other = dataclasses.replace(item, hints=HintList([Hint(10, 11, "#b05050")]))
    for one in (item, hinted, referenced):
        assert color_with(hint_model, one, overwrite=True).status == DONE
        assert color_with(hint_model, one).status == SKIPPED
        for another in (item, hinted, referenced, other):
            if another is not one:
                assert color_with(hint_model, another).status == FAILED
    result = color_with(hint_model, hinted, overwrite=True, vividness=1.0)
    assert result.notes == []
    assert f"vividness 1.0, hints {hints.digest}".encode() in Path("out.png").read_bytes()
    assert color_with(hint_model, hinted).status == FAILED
    expected = hint_model.colorize(pixels_of("scans/2.png"), hints=hints, vividness=1.0)
    np.testing.assert_array_equal(pixels_of("out.png"), expected)


def test_hints_for_other_files_are_refused(hint_model, folder):
    pages = [Image.fromarray(pixels_of("scans/0.png"))] * 2
    pages[0].save("scans/pages.tif", save_all=True, append_images=pages[1:])
    for name, hints, received in (
        ("pages.tif", HintList([Hint(1, 1, "#000000")]), "hints for a file with 2 pages"),
        ("0.png", HintList([Hint(1, 40, "#000000")]), "which is outside the image of 30x40 pixels"),
        (
            "0.png",
            HintList([Hint(1, 1, "#000000")], (30, 41)),
            "30x41 pixels, applied to an image of 30x40",
        ),
    ):
        [item] = plan.plan([f"scans/{name}"], f"out/{name}").items
        result = color_with(hint_model, dataclasses.replace(item, hints=hints))
        assert result.status == FAILED
        assert received in str(result.error) and f"'scans/{name}'" in str(result.error)
    assert not Path("out").exists()


def test_hints_that_the_gamut_limits_are_noted(hint_model, folder):
    [item] = plan.plan(["scans/0.png"], "out.png").items
    item = dataclasses.replace(item, hints=HintList([Hint(2, 2, "#ff0000")]))
    [note] = color_with(hint_model, item).notes
    assert note.startswith("hint 2,2=#ff0000: the image is too dark for this color")


def test_variations_are_numbered_on_the_sheet(hint_model, folder):
    (result,) = color(hint_model, "scans/0.png", num_samples=3)
    assert [path.stem[-2:] for path in result.targets[:3]] == ["_1", "_2", "_3"]
    sheet = pixels_of(result.targets[-1])
    captions = sheet[41:52, 38:68], sheet[107:118, :30], sheet[107:118, 38:68]
    assert all((caption < 100).any() for caption in captions)
    assert len({caption.tobytes() for caption in captions}) == 3
    assert (sheet[41:52, :30] == 255).all()


def sepia(pixels):
    """Convert grayscale pixels to brown RGB `[h, w, 3]`."""
    return np.stack([pixels, 0.85 * pixels, 0.65 * pixels], axis=-1).astype(np.uint8)


def test_the_tone_of_sepia_prints_is_removed_and_reported_or_kept(hint_model, folder):
    gray = pixels_of("scans/2.png")
    Image.fromarray(sepia(gray)).save("sepia.png")
    (result,) = color(hint_model, "sepia.png", output="removed.png", vividness=0)
    assert result.notes == ["it had a sepia tone; pass --keep-tone to preserve it"]
    assert image_io.is_nearly_gray(pixels_of("removed.png"))
    (result,) = color(hint_model, "sepia.png", output="kept.png", vividness=0, keep_tone=True)
    assert result.notes == []
    difference = pixels_of("kept.png").astype(int) - pixels_of("sepia.png")
    assert np.abs(difference).max() <= 4
    for name in ("sepia.png", "scans/2.png"):  # Grayscale images have no tone.
        color(hint_model, name, output=f"{name}_lively.png", keep_tone=True)
    warm, neutral = (pixels_of(f"{name}_lively.png") for name in ("sepia.png", "scans/2.png"))
    np.testing.assert_array_equal(neutral, hint_model.colorize(gray))
    warmth = [np.mean(pixels[..., 0].astype(int) - pixels[..., 2]) for pixels in (warm, neutral)]
    assert warmth[0] > warmth[1] + 20


def test_old_photographs_are_prepared_and_shown_in_the_sheet(model, folder):
    photograph = np.random.default_rng(0).integers(80, 160, [60, 90], np.uint8)
    exif = Image.Exif()
    exif[ExifTags.IFD.Exif] = {0x9214: (1, 2, 3, 4), 0x829A: 0.5}
    scan = Image.fromarray(np.pad(photograph, 10, constant_values=230))
    scan.save("scan.jpg", quality=95, exif=exif)
    options = {"auto_contrast": True, "crop_borders": True, "neutral_borders": True}
    (result,) = color(model, "scan.jpg", output="new.jpg", side_by_side=True, **options)
    assert result.status == DONE and result.engine == "LiteRT"
    assert result.notes == [
        "paper borders were cropped; 90x60 pixels remain",
        "the subject area was left out",
    ]
    with Image.open("new.jpg") as colored:
        assert colored.size == (90, 60) and np.ptp(np.asarray(colored.convert("L"))) > 240
        camera = colored.getexif().get_ifd(ExifTags.IFD.Exif)
    assert 0x829A in camera and 0x9214 not in camera
    assert size_of("new_side_by_side.jpg") == (2 * 110 + sheets._GAP, 80)
    (result,) = color(model, "scan.jpg", output="new.jpg", side_by_side=True, **options)
    assert result.status == SKIPPED


def test_metadata_positions_are_kept_if_nothing_is_cropped(model, folder):
    exif = Image.Exif()
    exif[ExifTags.IFD.Exif] = {0x9214: (1, 2, 3, 4)}
    photograph = np.random.default_rng(0).integers(80, 160, [60, 90], np.uint8)
    Image.fromarray(photograph).save("plain.jpg", quality=95, exif=exif)
    (result,) = color(model, "plain.jpg", output="new.jpg", crop_borders=True)
    assert result.notes == ["no paper borders were found"]
    with Image.open("new.jpg") as colored:
        assert 0x9214 in colored.getexif().get_ifd(ExifTags.IFD.Exif)


def test_sheets_show_transparent_images_on_white(tmp_path):
    pixels = np.zeros([8, 8, 4], np.uint8)
    pixels[:4, :, 3], pixels[4:, :, 3] = 102, 255
    Image.fromarray(pixels).save(tmp_path / "a.png")
    tile = np.asarray(sheets.tile(tmp_path / "a.png", 1))
    assert set(np.unique(tile[:4])) == {153} and set(np.unique(tile[4:])) == {0}
