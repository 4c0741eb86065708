"""Tests for the locks of work folders."""

import errno
from types import SimpleNamespace

import pytest

from colorkeras.utils.errors import UserError
from colorkeras.video import work_folder
from colorkeras.video.work_folder import WorkFolder


@pytest.fixture
def target(tmp_path):
    return tmp_path / "film.mp4"


def test_a_folder_has_one_user(target):
    with WorkFolder(target, {}), pytest.raises(UserError, match="another process is writing"):
        WorkFolder(target, {}).__enter__()
    assert list(target.parent.iterdir()) == []


def test_files_are_removed_before_the_lock_is_released(target):
    found = []

    def release():
        found.extend(path.name for path in folder.path.iterdir())
        lock.release()

    with WorkFolder(target, {}) as folder:
        folder.save_segment((0, 5), {})
        lock, folder._lock = folder._lock, SimpleNamespace(release=release)
    assert not set(found) - {"lock"}
    assert list(target.parent.iterdir()) == []


def test_the_lock_is_released_if_the_folder_cannot_be_prepared(target, monkeypatch):
    def fail(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    first = WorkFolder(target, {})
    with monkeypatch.context() as patch:
        patch.setattr(work_folder, "write_json", fail)
        with pytest.raises(OSError, match="No space left"):
            first.__enter__()
    with WorkFolder(target, {}) as second:
        assert second.path == first.path


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_an_interrupted_folder_keeps_its_segments(error, target):
    with pytest.raises(error), WorkFolder(target, {}) as folder:
        folder.save_segment((0, 5), {})
        raise error
    with WorkFolder(target, {}) as again:
        assert again.has_segment((0, 5))
