"""Tests for selecting files to colorize and naming the output files."""

import os
from pathlib import Path

import pytest

from colorkeras.inference.batch import plan
from colorkeras.utils.errors import UserError


@pytest.fixture
def scans(tmp_path, monkeypatch):
    """Working directory with a folder `scans` of empty files instead of images."""
    monkeypatch.chdir(tmp_path)
    for name in ("b.jpg", "a.PNG", "c.gif", "notes.txt", ".hidden.jpg", "deep/d.tif"):
        path = Path("scans", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return Path("scans")


def planned(*arguments, **settings):
    return {
        item.source.as_posix(): item.results[0].as_posix()
        for item in plan.plan(*arguments, **settings).items
        if item.results
    }


def test_result_is_beside_its_source(scans):
    assert planned(["scans/b.jpg"]) == {"scans/b.jpg": "scans/b_color.jpg"}


def test_format_without_results_gets_another(scans):
    assert planned(["scans/c.gif"]) == {"scans/c.gif": "scans/c_color.png"}


def test_the_result_of_one_file_may_be_named(scans):
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


def test_results_beside_sources_are_not_colored_again(scans):
    first = planned(["scans"])
    written = [*first.values(), "scans/b_color_2.jpg", "scans/b_color_variations.jpg"]
    for path in [*written, "scans/b_color_side_by_side.jpg"]:
        Path(path).touch()
    assert planned(["scans"]) == first
    # The name of this file suggests that it is an output file, but there is no matching input file.
    Path("scans/red_color.jpg").touch()
    assert "scans/red_color.jpg" in planned(["scans"])


def test_results_below_the_sources_are_not_colored_again(scans):
    first = planned(["scans"], "scans/out", recursive=True)
    Path("scans/out/deep").mkdir(parents=True)
    for path in first.values():
        Path(path).touch()
    assert planned(["scans"], "scans/out", recursive=True) == first


def test_samples_are_numbered_and_have_sheets(scans):
    (item,) = plan.plan(["scans/b.jpg"], num_samples=2, side_by_side=True).items
    assert [path.name for path in item.results] == ["b_color_1.jpg", "b_color_2.jpg"]
    assert {path.name: len(shown) for path, shown in item.sheets.items()} == {
        "b_color_variations.jpg": 2,
        "b_color_side_by_side.jpg": 1,
    }
    (item,) = plan.plan(["scans/b.jpg"]).items
    assert item.targets == [Path("scans/b_color.jpg")]


@pytest.mark.parametrize(
    ("source", "output", "settings"),
    [
        ("b.jpg", "scans/b.jpg", {}),
        ("b.jpg", "link/b.jpg", {}),
        ("p_1.jpg", "scans/p.jpg", {"num_samples": 2}),
        ("p_side_by_side.jpg", "scans/p.jpg", {"side_by_side": True}),
    ],
)
def test_sources_are_never_targets(scans, source, output, settings):
    """All output names are checked, including variations and contact sheets."""
    Path("link").symlink_to("scans", target_is_directory=True)
    scans.joinpath(source).touch()
    (item,) = plan.plan([scans / source], output, **settings).items
    assert item.targets == [] and "is also an input file" in str(item.problem)


def test_two_sources_with_one_result_are_a_problem(scans):
    Path("scans/c.png").touch()
    found = plan.plan(["scans"]).items
    problems = {item.source.name: str(item.problem) for item in found if item.problem}
    assert list(problems) == ["c.png"]
    assert "'scans/c.png' and 'scans/c.gif'" in problems["c.png"]


def test_sheets_of_two_formats_do_not_collide(scans):
    Path("scans/b.png").touch()
    found = plan.plan(["scans/b.jpg", "scans/b.png"], side_by_side=True).items
    assert not any(item.problem for item in found)
    assert len({path for item in found for path in item.targets}) == 4


def test_duplicates_are_colored_once(scans):
    found = plan.plan(["scans/b.jpg", "scans", "./scans/b.jpg"]).items
    assert [item.source.name for item in found] == ["b.jpg", "a.PNG", "c.gif"]


def test_results_that_a_shell_matches_are_skipped_with_the_reason(scans):
    Path("scans/b_color.jpg").touch()
    skipped = plan.plan(["scans/b.jpg", "scans/b_color.jpg"]).items[1]
    reason = "it was skipped because its name suggests that it is an output file for 'scans/b.jpg'"
    assert skipped.skipped == reason
    # If there is an output folder, names are not interpreted.
    found = planned(["scans"], "color")
    assert found["scans/b_color.jpg"] == "color/b_color.jpg"


def test_an_empty_input_is_not_the_current_folder(scans):
    with pytest.raises(UserError, match="an empty path"):
        plan.plan([""])


def test_a_folder_around_the_sources_may_take_results(scans):
    assert planned(["scans/deep"], ".") == {"scans/deep/d.tif": "d.tif"}


def test_results_below_the_sources_by_another_path(scans):
    first = planned(["scans"], Path("scans/out").absolute(), recursive=True)
    for path in first.values():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).touch()
    assert planned(["scans"], Path("scans/out").absolute(), recursive=True) == first


def test_hidden_folders_are_skipped(scans):
    Path("scans/.thumbs").mkdir()
    Path("scans/.thumbs/t.jpg").touch()
    assert "scans/.thumbs/t.jpg" not in planned(["scans"], recursive=True)


def test_a_folder_that_cannot_be_read_is_a_problem(scans, monkeypatch):
    def walk(path, onerror):
        onerror(PermissionError(13, "Permission denied", f"{path}/locked"))
        yield from [(str(path), [], ["b.jpg"])]

    monkeypatch.setattr(plan.os, "walk", walk)
    good, bad = plan.plan(["scans"]).items
    assert good.source.name == "b.jpg" and "'scans/locked'" in str(bad.problem)


def test_a_name_that_is_too_long_is_planned(scans):
    (item,) = plan.plan([f"{'x' * 300}.jpg"]).items
    assert item.problem is None  # Reading fails later, with an explanation.


@pytest.mark.parametrize("inputs", [["scans/b.jpg", "scans/a.PNG"], ["scans"]])
def test_several_images_are_not_one_result(scans, inputs):
    with pytest.raises(UserError, match="for several input files"):
        plan.plan(inputs, "new.png")
    assert "new.png/b.jpg" in planned(inputs, "new.png/").values()


def test_a_folder_without_images_is_refused(scans):
    Path("empty").mkdir()
    with pytest.raises(UserError, match="'empty', where no images were found"):
        plan.plan(["empty"])


@pytest.mark.parametrize(
    ("names", "settings", "reason"),
    [
        ((), {}, "'other', where no images were found"),
        (("a.dng", "b.DNG", "c"), {}, "found (ignored: 2 .dng, 1 no suffix)"),
        (("deep/a.jpg",), {}, "found (subfolders: 'other/deep')"),
        (("a.jpg", "b.pgm"), {"exclude": ["*.jpg"]}, "found (ignored: 1 .pgm)"),
    ],
)
def test_folders_without_images_are_explained(names, settings, reason, scans):
    for name in names:
        path = Path("other", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    Path("other").mkdir(exist_ok=True)
    with pytest.raises(UserError) as error:
        plan.plan(["other"], **settings)
    assert reason in error.value.received
    assert ("--exclude" in error.value.fix) == ("exclude" in settings)


def test_files_that_are_found_twice_are_listed_once(scans):
    found = plan.plan(["scans", scans.absolute(), "scans/../scans"])
    assert [path.name for path in found.passed_over] == ["notes.txt"]
    assert [path.name for path in found.unsearched] == ["deep"]


@pytest.mark.parametrize("name", ["Thumbs.db", "desktop.ini", "ehthumbs.db", "._a.jpg"])
def test_files_of_the_operating_system_are_skipped(name, scans):
    Path("scans", name).touch()
    found = plan.plan(["scans"])
    assert name not in [path.name for path in found.passed_over]
    assert name not in [item.source.name for item in found.items]


def test_a_result_of_unknown_format_is_refused(scans):
    with pytest.raises(UserError, match=r"'new\.xyz'"):
        plan.plan(["scans/b.jpg"], "new.xyz")


def test_names_that_are_not_utf8_are_found(scans):
    path = Path(os.fsdecode(b"scans/\xff.jpg"))
    path.touch()
    assert path in [item.source for item in plan.plan(["scans"]).items]


def test_other_files_and_subfolders_are_listed(scans):
    for name in ("x.pgm", "noext", ".hidden.txt", "deep/y.tga", ".trash/z.pgm"):
        Path("scans", name).parent.mkdir(exist_ok=True)
        Path("scans", name).touch()
    found = plan.plan(["scans"])
    assert [path.name for path in found.passed_over] == ["noext", "notes.txt", "x.pgm"]
    assert found.unsearched == [Path("scans/deep")]
    found = plan.plan(["scans"], recursive=True)
    assert [path.name for path in found.passed_over] == ["noext", "notes.txt", "x.pgm", "y.tga"]
    assert found.unsearched == []


def test_linked_folders_are_listed_but_not_searched(scans):
    elsewhere = Path("elsewhere")
    elsewhere.mkdir()
    (elsewhere / "c.png").touch()
    Path("scans/deep/link").symlink_to(elsewhere.resolve())
    found = plan.plan(["scans"], recursive=True)
    assert found.unsearched == [Path("scans/deep/link")]
    assert not any("link" in item.source.parts for item in found.items)


@pytest.mark.parametrize(
    "name",
    [
        *("@eaDir", "__MACOSX", "#recycle", "$RECYCLE.BIN", ".Trash", ".Trash-1000", "@Recycle"),
        *("~snapshot", "Network Trash Folder", ".@__thumb", "RECYCLED", "lost+found"),
    ],
)
@pytest.mark.parametrize("recursive", [True, False])
def test_system_folders_are_skipped(name, recursive, scans):
    path = Path("scans", name, "a.jpg", "THUMB.jpg")
    path.parent.mkdir(parents=True)
    path.touch()
    path.with_suffix(".pgm").touch()
    found = plan.plan(["scans"], recursive=recursive)
    assert not any(name in str(item.source) for item in found.items)
    assert not any(name in str(path) for path in [*found.passed_over, *found.unsearched])


@pytest.mark.parametrize(
    ("patterns", "left"),
    [
        (["*.gif"], {"scans/a.PNG", "scans/b.jpg", "scans/deep/d.tif"}),
        (["deep"], {"scans/a.PNG", "scans/b.jpg", "scans/c.gif"}),
        (["deep/*", "b.*"], {"scans/a.PNG", "scans/c.gif"}),
        (["deep/"], {"scans/a.PNG", "scans/b.jpg", "scans/c.gif"}),
        (["nothing"], {"scans/a.PNG", "scans/b.jpg", "scans/c.gif", "scans/deep/d.tif"}),
        (["scans/deep"], {"scans/a.PNG", "scans/b.jpg", "scans/c.gif"}),
        (["./scans/d*", "./b.jpg"], {"scans/a.PNG", "scans/c.gif"}),
        (["scans/[ab].*"], {"scans/c.gif", "scans/deep/d.tif"}),
        (["**/[bd].*"], {"scans/a.PNG", "scans/c.gif"}),
        (["*/[bd].*"], {"scans/a.PNG", "scans/b.jpg", "scans/c.gif"}),
        (["scans/d.tif"], {"scans/a.PNG", "scans/b.jpg", "scans/c.gif", "scans/deep/d.tif"}),
    ],
)
def test_patterns_exclude_files_and_folders(patterns, left, scans):
    assert set(planned(["scans"], recursive=True, exclude=patterns)) == left


def test_patterns_may_be_absolute(scans, monkeypatch):
    monkeypatch.setenv("HOME", str(Path.cwd()))
    for pattern in (f"{scans.absolute()}/deep/", "~/scans/deep/*"):
        assert "scans/deep/d.tif" not in planned(["scans"], recursive=True, exclude=[pattern])


def test_empty_pattern_is_refused(scans):
    with pytest.raises(UserError, match="an empty pattern"):
        plan.plan(["scans"], exclude=["*.gif", ""])


def test_patterns_exclude_named_files(scans):
    for pattern in ("*.PNG", "scans/a.PNG", "*/a.PNG", "**/a.PNG"):
        assert set(planned(["scans/b.jpg", "scans/a.PNG"], exclude=[pattern])) == {"scans/b.jpg"}


@pytest.mark.parametrize("excluded", ["scans/deep", "scans/deep/", "scans/deep/d.tif"])
@pytest.mark.parametrize("pattern", ["deep", "scans/deep", "./scans/d*", "**/deep"])
def test_patterns_exclude_inputs_and_the_folders_in_their_paths(excluded, pattern, scans):
    for path in (excluded, Path(excluded).absolute(), f"../{Path.cwd().name}/{excluded}"):
        assert set(planned(["scans/b.jpg", path], exclude=[pattern])) == {"scans/b.jpg"}
        with pytest.raises(UserError) as error:
            plan.plan([path], exclude=[pattern])
        received = f"'{Path(path)}', where no images were found (excluded: '{Path(path)}')"
        assert error.value.received == received
        assert "change --exclude" in error.value.fix
    with pytest.raises(UserError, match=r"excluded: 'scans/deep/d\.tif'"):
        plan.plan(["scans/deep/d.tif"], "new.png", exclude=[pattern])


def test_patterns_do_not_exclude_the_current_folder_or_its_parents(scans, monkeypatch):
    monkeypatch.chdir("scans")
    patterns = [".*", "scans", Path.cwd().parent.name, "../scans"]
    for path in (".", Path.cwd(), "../scans"):
        assert len(planned([path], exclude=patterns)) == 3
    assert planned(["b.jpg"], exclude=patterns) == {"b.jpg": "b_color.jpg"}


def test_patterns_may_start_with_another_path_to_an_input_folder(scans):
    Path("link").symlink_to("scans")
    for path in (f"../{Path.cwd().name}/scans", "link", "./scans/../scans"):
        sources = planned([path], recursive=True, exclude=["scans/deep"])
        assert {Path(source).name for source in sources} == {"a.PNG", "b.jpg", "c.gif"}


def test_one_format_for_all_results(scans):
    assert planned(["scans"], "color", suffix=".jpg") == {
        "scans/a.PNG": "color/a.jpg",
        "scans/b.jpg": "color/b.jpg",
        "scans/c.gif": "color/c.jpg",
    }
    assert planned(["scans/c.gif"], suffix=".tif") == {"scans/c.gif": "scans/c_color.tif"}
    cases = {"xyz": "Choose", "jepg": "Did you mean jpg?", "gif": "", "": "Choose"}
    for name, fix in cases.items():
        suffix, message = f".{name}", f"--format '{name}' for images\n.*jpg, png, .*\n.*{fix}"
        with pytest.raises(UserError, match=message):
            plan.plan(["scans"], suffix=suffix)
    with pytest.raises(UserError, match=r"--format 'mp4' for images\n.*one of jpg, png"):
        plan.plan(["scans"], suffix=".mp4")
    with pytest.raises(UserError, match=r"--format '\\x1b\[31m' for images\n"):
        plan.plan(["scans"], suffix=".\x1b[31m")
    with pytest.raises(UserError, match="the same format"):
        plan.plan(["scans/b.jpg"], "new.png", suffix=".jpg")


def test_paths_in_pieces_suggest_quotes(scans):
    Path("My scans 1950").mkdir()
    Path("My scans 1950/a.jpg").touch()
    with pytest.raises(UserError) as error:
        plan.plan(["scans", "My", "scans", "1950"])
    received, expected, fix = str(error.value).splitlines()
    assert "'My', 'scans', '1950'" in received and "'My scans 1950'" in expected
    assert '"My scans 1950"' in fix


def test_home_is_expanded(scans, monkeypatch):
    monkeypatch.setenv("HOME", str(scans.absolute()))
    home = scans.absolute().as_posix()
    assert planned(["~/b.jpg"], "~/color") == {f"{home}/b.jpg": f"{home}/color/b.jpg"}


@pytest.mark.parametrize("name", ["-b.jpg", "with space.jpg", "\N{GRINNING FACE}.jpg"])
def test_unusual_names_are_planned(name, scans):
    Path(name).touch()
    result = f"{Path(name).stem}_color.jpg"
    assert planned([name]) == {name: result}
    Path(name).rename(scans / name)
    assert planned(["scans"], "color")[f"scans/{name}"] == f"color/{name}"


def test_lists_and_patterns_skip_system_folders(scans):
    Path("scans/@eaDir").mkdir()
    Path("scans/@eaDir/d.tif").touch()
    found = plan.plan_archive("scans/**/*.tif", "color").items
    assert [item.source for item in found] == [Path("scans/deep/d.tif").absolute()]
    Path("list.txt").write_text("scans/@eaDir/d.tif\n")
    [item] = plan.plan_archive("list.txt", "color").items
    assert item.source.parent.name == "@eaDir"  # This file was passed explicitly.
