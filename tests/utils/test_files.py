"""Tests that atomic writes leave no partial or temporary files and overwrite nothing."""

import errno
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from colorkeras.utils.errors import UserError
from colorkeras.utils.files import (
    as_user_error,
    atomic_write,
    is_disk_problem,
    require_new,
    require_writable,
    write_json,
    write_next_version,
    write_text,
)

FAILURES = [
    OSError(errno.ENOSPC, "No space left on device"),
    ValueError("a bug"),
    KeyboardInterrupt(),
]


def _tree(folder):
    """Return all files and folders in a folder, recursively, including hidden ones."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def _write(text):
    return lambda folder: Path(folder, "model.txt").write_text(text)


def test_file_appears_only_when_complete(tmp_path):
    path = tmp_path / "new" / "deep" / "figure.png"
    with atomic_write(str(path)) as temporary:
        temporary.write_text("content")
        assert temporary.suffix == ".png"
        assert temporary.parent == path.parent
        assert not path.exists()
    assert path.read_text() == "content"
    assert _tree(path.parent) == {"figure.png"}


@pytest.mark.parametrize("has_hard_links", [True, False])
@pytest.mark.parametrize("kind", ["file", "link", "dangling link", "folder"])
def test_replace_false_keeps_existing_files(tmp_path, monkeypatch, has_hard_links, kind):
    def refuse(*names):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    if not has_hard_links:
        monkeypatch.setattr(os, "link", refuse)
    path = tmp_path / "figure.png"
    with atomic_write(path, replace=False) as temporary:
        temporary.write_text("content")
    assert path.read_text() == "content" and _tree(tmp_path) == {"figure.png"}
    path.unlink()
    with pytest.raises(FileExistsError), atomic_write(path, replace=False) as temporary:
        temporary.write_text("other")
        if kind == "file":
            path.write_text("old")
        elif kind == "folder":
            path.mkdir()
        else:
            path.symlink_to(temporary if kind == "link" else "nothing")
    assert _tree(tmp_path) == {"figure.png"}
    if kind == "file":
        assert path.read_text() == "old"


def test_temporary_names_are_unique_per_thread(tmp_path):
    with atomic_write(tmp_path / ("a" * 240 + ".png")) as temporary, ThreadPoolExecutor(1) as pool:
        assert len(temporary.name) < 100

        def name():
            with atomic_write(tmp_path / ("a" * 240 + ".png")) as other:
                other.write_text("content")
                return other

        assert pool.submit(name).result() != temporary
        temporary.write_text("content")


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
def test_failed_write_keeps_the_existing_file(tmp_path, failure):
    path = tmp_path / "figure.png"
    path.write_text("old")
    with pytest.raises(type(failure)), atomic_write(path) as temporary:
        temporary.write_text("half")
        raise failure
    assert path.read_text() == "old"
    assert _tree(tmp_path) == {"figure.png"}


@pytest.mark.parametrize("opens_folders", [True, False])
def test_durable_write_where_folders_cannot_be_opened(tmp_path, monkeypatch, opens_folders):
    open_, flushed = os.open, []

    def open_as_windows(path, flags, *arguments):
        if Path(path).is_dir() and not opens_folders:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return open_(path, flags, *arguments)

    monkeypatch.setattr(os, "open", open_as_windows)
    monkeypatch.setattr(os, "fsync", flushed.append)
    write_text(tmp_path / "config.json", "{}", durable=True)
    assert (tmp_path / "config.json").read_text() == "{}"
    assert len(flushed) == 1 + opens_folders


def test_block_that_writes_nothing_fails(tmp_path):
    with pytest.raises(FileNotFoundError), atomic_write(tmp_path / "figure.png"):
        pass
    assert _tree(tmp_path) == set()


def test_text_is_utf8_and_replaces_existing_text(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old and longer")
    write_text(path, "Süsstrunk\n")
    assert path.read_bytes() == b"S\xc3\xbcsstrunk\n"


def test_json_keeps_key_order_and_unicode(tmp_path):
    write_json(tmp_path / "a.json", {"b": 1.5, "a": ["ü"]})
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert list(json.loads(text).items()) == [("b", 1.5), ("a", ["ü"])]
    assert "ü" in text and text.endswith("}\n")


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_json_rejects_nan_and_infinity(tmp_path, number):
    with pytest.raises(ValueError):
        write_json(tmp_path / "a.json", {"loss": number})
    assert _tree(tmp_path) == set()


@pytest.mark.parametrize(
    "entries, number",
    [
        ([], "1"),
        (["1/a"], "2"),
        (["1/a", "9/a", "10/a"], "11"),
        # Gaps are not filled, so higher numbers are always newer versions.
        (["3/a"], "4"),
        # Files and empty folders also occupy numbers; names that are not numbers are ignored.
        (["7/"], "8"),
        (["5"], "6"),
        (["2/a", "best/a", ".9/a", "-4/a", "1.5/a", "notes.txt"], "3"),
    ],
)
def test_next_version_is_the_largest_plus_one(tmp_path, entries, number):
    parent = tmp_path / "saved_models" / "unet"
    for entry in entries:
        path = parent / entry
        if entry.endswith("/"):
            path.mkdir(parents=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("old")
    before = _tree(parent)
    folder = write_next_version(parent, _write("new"))
    assert folder == parent / number
    assert (folder / "model.txt").read_text() == "new"
    assert _tree(parent) == before | {number, f"{number}/model.txt"}
    for entry in entries:
        assert entry.endswith("/") or (parent / entry).read_text() == "old"


def test_version_has_default_permissions(tmp_path):
    (tmp_path / "other").mkdir()
    folder = write_next_version(tmp_path, _write("new"))
    assert folder.stat().st_mode == (tmp_path / "other").stat().st_mode


def test_version_appears_only_when_complete(tmp_path):
    def write(folder):
        assert not any(entry.name.isdecimal() for entry in tmp_path.iterdir())
        # The folder must be on the same file system; otherwise, it could not be renamed atomically.
        assert folder.parent == tmp_path
        _write("new")(folder)

    write_next_version(tmp_path, write)


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
def test_failed_version_keeps_earlier_ones(tmp_path, failure):
    write_next_version(tmp_path, _write("old"))

    def write(folder):
        _write("half")(folder)
        (folder / "variables").mkdir()
        raise failure

    with pytest.raises(type(failure)):
        write_next_version(tmp_path, write)
    assert _tree(tmp_path) == {"1", "1/model.txt"}
    assert (tmp_path / "1" / "model.txt").read_text() == "old"
    assert write_next_version(tmp_path, _write("new")).name == "2"


def test_number_taken_by_another_process_is_skipped(tmp_path, monkeypatch):
    rename = Path.rename

    def rename_too_late(self, target):
        if target.name == "1":
            target.mkdir()
            _write("theirs")(target)
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", rename_too_late)
    assert write_next_version(tmp_path, _write("ours")).name == "2"
    assert (tmp_path / "1" / "model.txt").read_text() == "theirs"
    assert (tmp_path / "2" / "model.txt").read_text() == "ours"


def test_permanent_rename_failure_is_raised(tmp_path, monkeypatch):
    def fail(self, target):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        write_next_version(tmp_path, _write("new"))
    assert _tree(tmp_path) == set()


def test_concurrent_versions_are_all_kept(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda text: write_next_version(tmp_path, _write(str(text))), range(32)))
    assert {entry.name for entry in tmp_path.iterdir()} == {str(n) for n in range(1, 33)}
    texts = {(entry / "model.txt").read_text() for entry in tmp_path.iterdir()}
    assert texts == {str(text) for text in range(32)}


def test_require_new_names_every_existing_file(tmp_path):
    files = [tmp_path / name for name in ("a", "b", "c")]
    require_new(files, overwrite=False)
    for file in files[1:]:
        file.touch()
    with pytest.raises(UserError, match=f"(?s) {files[1]}, {files[2]}\n.*--overwrite"):
        require_new(files, overwrite=False)
    require_new(files, overwrite=True)


def test_require_new_rejects_a_folder(tmp_path):
    with pytest.raises(UserError, match=f"^Received: '{tmp_path}', which is a folder"):
        require_new([tmp_path], overwrite=True)


@pytest.mark.parametrize("path", ["", "new", "new/deep"])
def test_require_writable_creates_nothing(tmp_path, monkeypatch, path):
    require_writable(tmp_path / path, "--runs-dir")
    monkeypatch.chdir(tmp_path)
    require_writable(path, "--runs-dir")
    assert _tree(tmp_path) == set()


@pytest.mark.parametrize("path", ["file", "file/below", "file/far/below"])
def test_require_writable_rejects_a_file_in_the_path(tmp_path, path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError) as raised:
        require_writable(tmp_path / path, "--runs-dir")
    assert raised.match("(?s)^Received: --runs-dir '.*file is not a folder.*Expected: .*Fix: ")


def test_require_writable_rejects_a_long_name(tmp_path):
    with pytest.raises(UserError, match=r"^Received: --runs-dir '.*too long"):
        require_writable(tmp_path / ("a" * 300), "--runs-dir")


@pytest.mark.parametrize("path", ["", "new/deep"])
def test_require_writable_rejects_a_read_only_folder(tmp_path, monkeypatch, path):
    # Patch the check, because permissions do not apply to root.
    def access(folder, mode):
        return Path(folder).exists() and (mode == os.F_OK or Path(folder) != tmp_path)

    monkeypatch.setattr(os, "access", access)
    with pytest.raises(UserError, match=f"^Received: --export-dir .*{tmp_path} is read-only"):
        require_writable(tmp_path / path, "--export-dir")


@pytest.mark.parametrize(
    "error, expected",
    [
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (PermissionError(errno.EACCES, "Permission denied"), True),
        (FileNotFoundError(errno.ENOENT, "No such file or directory"), False),
        (OSError("without a number"), False),
        # TensorFlow reports the error in this way.
        (RuntimeError("variables.data-00000; No space left on device"), True),
        (ValueError("a bug"), False),
    ],
)
def test_is_disk_problem(error, expected):
    assert is_disk_problem(error) is expected


def test_names_that_are_too_long_are_explained():
    error = as_user_error("a.jpg", OSError(errno.ENAMETOOLONG, "File name too long"))
    assert error.received == "'a.jpg', whose output file has a name that is too long"
    assert error.fix.startswith("Pass an output folder or a shorter name with -o, or rename")
