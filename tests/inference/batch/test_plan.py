"""Tests of which files are colored and what their results are called."""

import os
from pathlib import Path

import pytest

from colorkeras.inference.batch import plan
from colorkeras.utils.errors import UserError


@pytest.fixture
def scans(tmp_path, monkeypatch):
    """Folder in which a run starts, with pictures, which are empty files, below `scans`."""
    monkeypatch.chdir(tmp_path)
    for name in ("b.jpg", "a.PNG", "c.gif", "notes.txt", ".hidden.jpg", "deep/d.tif"):
        path = Path("scans", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return Path("scans")


def planned(*arguments, **settings):
    return {
        job.source.as_posix(): job.results[0].as_posix()
        for job in plan.plan(*arguments, **settings)
        if job.results
    }


def test_result_of_a_file_lies_beside_it(scans):
    assert planned(["scans/b.jpg"]) == {"scans/b.jpg": "scans/b_color.jpg"}


def test_format_without_results_gets_another(scans):
    assert planned(["scans/c.gif"]) == {"scans/c.gif": "scans/c_color.png"}


def test_a_file_may_be_named(scans):
    assert planned(["scans/b.jpg"], "new.png") == {"scans/b.jpg": "new.png"}
    Path("folder.jpg").mkdir()
    assert planned(["scans/b.jpg"], "folder.jpg") == {"scans/b.jpg": "folder.jpg/b.jpg"}


def test_folders_keep_their_order_and_structure(scans):
    assert planned(["scans"], "color") == {
        "scans/a.PNG": "color/a.PNG",
        "scans/b.jpg": "color/b.jpg",
        "scans/c.gif": "color/c.png",
    }
    assert planned(["scans"], "color", recursive=True)["scans/deep/d.tif"] == "color/deep/d.tif"


def test_results_beside_sources_are_no_sources_the_next_time(scans):
    first = planned(["scans"])
    written = [*first.values(), "scans/b_color_2.jpg", "scans/b_color_versions.jpg"]
    for path in [*written, "scans/b_color_side_by_side.jpg"]:
        Path(path).touch()
    assert planned(["scans"]) == first
    # One that is called so but was made of nothing that is there.
    Path("scans/red_color.jpg").touch()
    assert "scans/red_color.jpg" in planned(["scans"])


def test_results_below_the_sources_are_no_sources(scans):
    first = planned(["scans"], "scans/out", recursive=True)
    Path("scans/out/deep").mkdir(parents=True)
    for path in first.values():
        Path(path).touch()
    assert planned(["scans"], "scans/out", recursive=True) == first


def test_versions_are_numbered_and_have_sheets(scans):
    (job,) = plan.plan(["scans/b.jpg"], num_versions=2, side_by_side=True)
    assert [path.name for path in job.results] == ["b_color_1.jpg", "b_color_2.jpg"]
    assert {path.name: len(shown) for path, shown in job.sheets.items()} == {
        "b_color_versions.jpg": 2,
        "b_color_side_by_side.jpg": 1,
    }
    (job,) = plan.plan(["scans/b.jpg"])
    assert job.targets == [Path("scans/b_color.jpg")]


@pytest.mark.parametrize(
    ("source", "output", "settings"),
    [
        ("b.jpg", "scans/b.jpg", {}),
        ("b.jpg", "link/b.jpg", {}),
        ("p_1.jpg", "scans/p.jpg", {"num_versions": 2}),
        ("p_side_by_side.jpg", "scans/p.jpg", {"side_by_side": True}),
    ],
)
def test_a_source_is_no_target(scans, source, output, settings):
    """Whatever its name, and also where it would be a version or a sheet."""
    Path("link").symlink_to("scans", target_is_directory=True)
    scans.joinpath(source).touch()
    (job,) = plan.plan([scans / source], output, **settings)
    assert job.targets == [] and "which is a source" in str(job.problem)


def test_of_two_with_one_result_the_second_is_a_problem(scans):
    Path("scans/c.png").touch()
    found = plan.plan(["scans"])
    problems = {job.source.name: str(job.problem) for job in found if job.problem}
    assert list(problems) == ["c.png"]
    assert "'scans/c.png' and 'scans/c.gif'" in problems["c.png"]


def test_sheets_of_two_formats_do_not_meet(scans):
    Path("scans/b.png").touch()
    found = plan.plan(["scans/b.jpg", "scans/b.png"], side_by_side=True)
    assert not any(job.problem for job in found)
    assert len({path for job in found for path in job.targets}) == 4


def test_what_is_named_twice_is_colored_once(scans):
    found = plan.plan(["scans/b.jpg", "scans", "./scans/b.jpg"])
    assert [job.source.name for job in found] == ["b.jpg", "a.PNG", "c.gif"]


def test_results_that_a_shell_finds_are_skipped_with_the_reason(scans):
    Path("scans/b_color.jpg").touch()
    skipped = plan.plan(["scans/b.jpg", "scans/b_color.jpg"])[1]
    assert skipped.skipped == "by its name a result of 'scans/b.jpg'"
    # In another folder nothing is mistaken for what it may not be.
    found = planned(["scans"], "color")
    assert found["scans/b_color.jpg"] == "color/b_color.jpg"


def test_an_input_without_a_name_is_not_the_whole_folder(scans):
    with pytest.raises(UserError, match="without a name"):
        plan.plan([""])


def test_a_folder_around_the_sources_may_take_results(scans):
    assert planned(["scans/deep"], ".") == {"scans/deep/d.tif": "d.tif"}


def test_results_below_the_sources_by_another_path(scans):
    first = planned(["scans"], Path("scans/out").absolute(), recursive=True)
    for path in first.values():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).touch()
    assert planned(["scans"], Path("scans/out").absolute(), recursive=True) == first


def test_hidden_folders_are_left_out(scans):
    Path("scans/.thumbs").mkdir()
    Path("scans/.thumbs/t.jpg").touch()
    assert "scans/.thumbs/t.jpg" not in planned(["scans"], recursive=True)


def test_a_folder_that_cannot_be_read_is_a_problem(scans, monkeypatch):
    def walk(path, onerror):
        onerror(PermissionError(13, "Permission denied", f"{path}/locked"))
        yield from [(str(path), [], ["b.jpg"])]

    monkeypatch.setattr(plan.os, "walk", walk)
    good, bad = plan.plan(["scans"])
    assert good.source.name == "b.jpg" and "'scans/locked'" in str(bad.problem)


def test_a_name_that_is_too_long_is_no_end(scans):
    (job,) = plan.plan([f"{'x' * 300}.jpg"])
    assert job.problem is None  # That it cannot be read is said in its turn.


@pytest.mark.parametrize("inputs", [["scans/b.jpg", "scans/a.PNG"], ["scans"]])
def test_several_pictures_are_not_one_result(scans, inputs):
    with pytest.raises(UserError, match="for several pictures"):
        plan.plan(inputs, "new.png")
    assert "new.png/b.jpg" in planned(inputs, "new.png/").values()


def test_a_folder_without_pictures_is_refused(scans):
    Path("empty").mkdir()
    with pytest.raises(UserError, match="'empty', in which there is no picture"):
        plan.plan(["empty"])


def test_a_result_of_unknown_format_is_refused(scans):
    with pytest.raises(UserError, match=r"'new\.xyz'"):
        plan.plan(["scans/b.jpg"], "new.xyz")


def test_names_that_are_not_utf8_are_found(scans):
    path = Path(os.fsdecode(b"scans/\xff.jpg"))
    path.touch()
    assert path in [job.source for job in plan.plan(["scans"])]
