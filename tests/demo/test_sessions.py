"""Tests of sessions and their expiry."""

import os
import time

import pytest

from colorkeras.demo import sessions
from colorkeras.demo.sessions import Sessions
from colorkeras.utils.errors import UserError


@pytest.fixture
def upload(tmp_path):
    """Function that creates an uploaded file where Gradio would."""
    uploads = tmp_path / sessions.UPLOADS

    def upload(name, content=b"image"):
        path = uploads / f"hash of {content!r}" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    return upload


@pytest.fixture
def all_sessions(tmp_path):
    return Sessions(tmp_path)


@pytest.fixture
def start(all_sessions, upload):
    """Function that starts a session with an upload of this name."""

    def start(session_hash, name):
        with all_sessions.start(session_hash, upload(name), prepare) as session:
            return session

    return start


def get(all_sessions, session_hash):
    with all_sessions.use(session_hash) as session:
        return session


def prepare(session):
    assert session.source.read_bytes() == b"image"
    session.preview = f"preview of {session.source.name}"


def files_in(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_session_life_cycle(all_sessions, start, tmp_path):
    assert not all_sessions.has_started("session")
    first = start("session", "a.jpg")
    assert first.source.name == "a.jpg" and first.preview == "preview of a.jpg"
    assert get(all_sessions, "session") is first and all_sessions.has_started("session")
    shown = first.new_file("color.jpg")
    shown.write_bytes(b"shown")
    second = start("session", "b.jpg")
    assert not first.source.exists() and not shown.exists()
    assert get(all_sessions, "session") is second
    all_sessions.close("session")
    assert not files_in(tmp_path)
    with pytest.raises(UserError, match="Drop a photograph"):
        get(all_sessions, "session")
    all_sessions.close("session")


@pytest.mark.parametrize("name", ["gray.jpg", "color.jpg", "uncertain.jpg", "evil.html"])
def test_photograph_may_have_any_name_and_is_not_served(name, start, tmp_path):
    session = start("session", name)
    session.new_file(name).write_bytes(b"made")
    assert session.source.read_bytes() == b"image"
    assert tmp_path / sessions.SERVED not in session.source.parents
    assert tmp_path / sessions.UPLOADS not in session.source.parents


def test_failed_start_keeps_the_previous_session(all_sessions, start, upload, tmp_path):
    session = start("session", "a.jpg")
    bad = upload("b.jpg", b"text")
    with pytest.raises(AssertionError), all_sessions.start("session", bad, prepare):
        pass
    assert get(all_sessions, "session") is session
    assert files_in(tmp_path) == {str(session.source.relative_to(tmp_path))}


def test_session_in_use_stays_until_the_last_user_is_done(all_sessions, start, tmp_path):
    start("session", "a.jpg")
    with all_sessions.use("session") as session:
        with all_sessions.use("session"):
            all_sessions.close("session")
        session.new_file("result.jpg").write_bytes(b"result")
        assert session.source.exists()
    assert not files_in(tmp_path)


def test_session_after_a_lost_connection_expires_sooner(all_sessions, start, tmp_path, monkeypatch):
    all_sessions.close("session")
    session = start("session", "a.jpg")
    assert get(all_sessions, "session") is session
    later = sessions.time.monotonic() + sessions.CLOSED_IDLE_SECONDS + 1
    start("other", "a.jpg")
    monkeypatch.setattr(sessions.time, "monotonic", lambda: later)
    all_sessions.expire()
    with pytest.raises(UserError):
        get(all_sessions, "session")
    assert get(all_sessions, "other")


def test_session_in_use_is_not_idle(all_sessions, start, monkeypatch):
    start("session", "a.jpg")
    with all_sessions.use("session") as session:
        later = sessions.time.monotonic() + sessions.IDLE_SECONDS + 1
        monkeypatch.setattr(sessions.time, "monotonic", lambda: later)
        all_sessions.expire()
    # Its idle time starts again.
    all_sessions.expire()
    assert get(all_sessions, "session") is session


def test_missing_upload_is_an_error(all_sessions, upload):
    path = upload("a.jpg")
    path.unlink()
    with pytest.raises(UserError, match="Drop it again"), all_sessions.start("one", path, prepare):
        pass


def test_other_files_are_copied(all_sessions, tmp_path):
    example = tmp_path / "examples" / "gray" / "cat.jpg"
    example.parent.mkdir(parents=True)
    example.write_bytes(b"image")
    with all_sessions.start("session", example, prepare):
        all_sessions.close("session")
    assert files_in(tmp_path) == {"examples/gray/cat.jpg"}


def test_idle_sessions_make_room(upload, tmp_path, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(sessions.time, "monotonic", lambda: now[0])
    few = Sessions(tmp_path, max_sessions=2, idle_seconds=100)
    for number, session in enumerate("abc"):
        now[0] = float(number)
        with few.start(session, upload(f"{session}.jpg"), prepare):
            pass
        now[0] += 0.5
        get(few, "a")
    with pytest.raises(UserError):
        get(few, "b")
    # It is still known to have had a photograph.
    assert few.has_started("b")
    now[0] += 101
    few.expire()
    for session in "ac":
        with pytest.raises(UserError, match="Drop a photograph"):
            get(few, session)
    assert not files_in(tmp_path)


def test_only_the_latest_files_of_a_name_are_kept(start):
    session = start("session", "a.jpg")
    made = []
    for _ in range(sessions.MAX_FILES_PER_NAME + 3):
        made.append(session.new_file("color.jpg"))
        made[-1].write_bytes(b"")
    assert made[-1].exists() and not made[0].exists()
    assert sum(path.exists() for path in made) == sessions.MAX_FILES_PER_NAME


def test_delete_older(tmp_path):
    for name, age in (("old/a", 100), ("new/b", 10), ("c", 100)):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
        os.utime(path, (time.time() - age, time.time() - age))
    sessions.delete_older(tmp_path, 50)
    assert files_in(tmp_path) == {"new/b"}
    os.utime(tmp_path / "old", (0, 0))
    sessions.delete_older(tmp_path, 50)
    assert {path.name for path in tmp_path.iterdir()} == {"new"}
