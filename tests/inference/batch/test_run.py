"""Tests of coloring files: what is written, kept and reported."""

import errno
import os
import weakref
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import colorkeras
from colorkeras import image_io
from colorkeras.config.colorize_options import ColorizeOptions
from colorkeras.image_io import SOURCE_TYPE
from colorkeras.inference.batch import plan, run
from colorkeras.inference.batch.run import DONE, FAILED, SKIPPED


@pytest.fixture(scope="module")
def model():
    return colorkeras.load("unet")


@pytest.fixture(scope="module")
def vivid():
    return colorkeras.load("unet_vivid", render_size=16)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Folder in which a run starts; `scans` in it holds three gray pictures."""
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
    return list(run.colorize_files(model, planned.items, ColorizeOptions(**settings), num_workers))


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
    # Source and two samples of 30x40 pixels in two columns; source and result side by side.
    assert size_of("scans/0_color_variations.png") == (68, 88)
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
    assert "1_variations.png' exists" in results[1].notes[0]


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

    def fail_once(self, picture, *arguments, **settings):
        if picture.pixels.shape[0] == 41:
            raise ValueError("a bug")
        return colored(self, picture, *arguments, **settings)

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
    assert result.status == FAILED and "created by another program" in str(result.error)
    assert "'scans/0_color.png', created by another program, as output of 'scans/0.png'" in str(
        result.error
    )
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
    assert result.notes == ["page 2 was already in color, which was kept"]
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
    assert result.status == FAILED and "which exists" in str(result.error)
    color(vivid, "scans/0.png", output=target, overwrite=True, **changed)
    assert color(vivid, "scans/0.png", output=target, **changed)[0].status == SKIPPED
    assert color(vivid, "scans/0.png", output=target)[0].status == FAILED


def test_results_of_other_models_and_without_a_mark_are_not_skipped(model, vivid, folder):
    color(model, "scans/0.png", output="0.png")
    assert color(vivid, "scans/0.png", output="0.png")[0].status == FAILED
    color(model, "scans/1.png", output="1.png", mark=False)
    assert color(model, "scans/1.png", output="1.png", mark=False)[0].status == FAILED


def test_results_of_other_versions_are_skipped(model, folder, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(run, "__version__", "0.0.9")
        color(model, "scans/0.png", output="0.png")
    assert color(model, "scans/0.png", output="0.png")[0].status == SKIPPED


@pytest.mark.parametrize("keep", [True, False])
def test_times_are_kept_if_asked_for(vivid, folder, keep):
    os.utime("scans/0.png", (10**9, 10**9))
    (result,) = color(vivid, "scans/0.png", num_samples=2, side_by_side=True, keep_times=keep)
    assert len(result.targets) == 4
    assert {path.stat().st_mtime == 10**9 for path in result.targets} == {keep}
