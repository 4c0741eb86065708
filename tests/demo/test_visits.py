"""Tests of what is kept of a visit, and for how long."""

import os
import time

import pytest

from colorkeras.demo import visits
from colorkeras.demo.visits import Visits
from colorkeras.utils.errors import UserError


@pytest.fixture
def upload(tmp_path):
    """Function that makes an uploaded file, as Gradio keeps it."""
    uploads = tmp_path / visits.UPLOADS

    def upload(name, content=b"picture"):
        path = uploads / f"hash of {content!r}" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    return upload


@pytest.fixture
def all_visits(tmp_path):
    return Visits(tmp_path)


@pytest.fixture
def begin(all_visits, upload):
    """Function that begins a visit with an upload of a name."""

    def begin(session, name):
        with all_visits.begin(session, upload(name), look) as visit:
            return visit

    return begin


def get(all_visits, session):
    with all_visits.of(session) as visit:
        return visit


def look(visit):
    assert visit.source.read_bytes() == b"picture"
    visit.preview = f"preview of {visit.source.name}"


def files_in(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_visit_from_the_first_photograph_to_the_end(all_visits, begin, tmp_path):
    assert not all_visits.knows("session")
    first = begin("session", "a.jpg")
    assert first.source.name == "a.jpg" and first.preview == "preview of a.jpg"
    assert get(all_visits, "session") is first and all_visits.knows("session")
    shown = first.new_file("color.jpg")
    shown.write_bytes(b"shown")
    second = begin("session", "b.jpg")
    assert not first.source.exists() and not shown.exists()
    assert get(all_visits, "session") is second
    all_visits.end("session")
    assert not files_in(tmp_path)
    with pytest.raises(UserError, match="Drop a photograph"):
        get(all_visits, "session")
    all_visits.end("session")


@pytest.mark.parametrize("name", ["gray.jpg", "color.jpg", "unsure.jpg", "evil.html"])
def test_a_photograph_may_have_any_name_and_is_not_served(name, begin, tmp_path):
    visit = begin("session", name)
    visit.new_file(name).write_bytes(b"made")
    assert visit.source.read_bytes() == b"picture"
    assert tmp_path / visits.SERVED not in visit.source.parents
    assert tmp_path / visits.UPLOADS not in visit.source.parents


def test_what_cannot_be_shown_leaves_the_visit_as_it_was(all_visits, begin, upload, tmp_path):
    visit = begin("session", "a.jpg")
    bad = upload("b.jpg", b"text")
    with pytest.raises(AssertionError), all_visits.begin("session", bad, look):
        pass
    assert get(all_visits, "session") is visit
    assert files_in(tmp_path) == {str(visit.source.relative_to(tmp_path))}


def test_a_visit_that_is_worked_on_stays_until_that_is_done(all_visits, begin, tmp_path):
    begin("session", "a.jpg")
    with all_visits.of("session") as visit:
        with all_visits.of("session"):
            all_visits.end("session")
        visit.new_file("result.jpg").write_bytes(b"result")
        assert visit.source.exists()
    assert not files_in(tmp_path)


def test_a_page_whose_connection_broke_goes_on_and_is_idle_sooner(
    all_visits, begin, tmp_path, monkeypatch
):
    all_visits.end("session")
    visit = begin("session", "a.jpg")
    assert get(all_visits, "session") is visit
    later = visits.time.monotonic() + visits.ENDED_SECONDS + 1
    begin("other", "a.jpg")
    monkeypatch.setattr(visits.time, "monotonic", lambda: later)
    all_visits.end_idle()
    with pytest.raises(UserError):
        get(all_visits, "session")
    assert get(all_visits, "other")


def test_what_is_worked_on_is_not_idle(all_visits, begin, monkeypatch):
    begin("session", "a.jpg")
    with all_visits.of("session") as visit:
        later = visits.time.monotonic() + visits.IDLE_SECONDS + 1
        monkeypatch.setattr(visits.time, "monotonic", lambda: later)
        all_visits.end_idle()
    # Its time begins anew.
    all_visits.end_idle()
    assert get(all_visits, "session") is visit


def test_an_upload_that_is_gone_is_told(all_visits, upload):
    path = upload("a.jpg")
    path.unlink()
    with pytest.raises(UserError, match="Drop it again"), all_visits.begin("one", path, look):
        pass


def test_a_file_that_is_no_upload_stays(all_visits, tmp_path):
    example = tmp_path / "examples" / "gray" / "cat.jpg"
    example.parent.mkdir(parents=True)
    example.write_bytes(b"picture")
    with all_visits.begin("session", example, look):
        all_visits.end("session")
    assert files_in(tmp_path) == {"examples/gray/cat.jpg"}


def test_the_idle_make_room(upload, tmp_path, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(visits.time, "monotonic", lambda: now[0])
    few = Visits(tmp_path, max_visits=2, idle_seconds=100)
    for number, session in enumerate("abc"):
        now[0] = float(number)
        with few.begin(session, upload(f"{session}.jpg"), look):
            pass
        now[0] += 0.5
        get(few, "a")
    with pytest.raises(UserError):
        get(few, "b")
    # It had a photograph, and is told so.
    assert few.knows("b")
    now[0] += 101
    few.end_idle()
    for session in "ac":
        with pytest.raises(UserError, match="Drop a photograph"):
            get(few, session)
    assert not files_in(tmp_path)


def test_only_the_last_files_of_a_name_stay(begin):
    visit = begin("session", "a.jpg")
    made = []
    for _ in range(visits.NUM_KEPT + 3):
        made.append(visit.new_file("color.jpg"))
        made[-1].write_bytes(b"")
    assert made[-1].exists() and not made[0].exists()
    assert sum(path.exists() for path in made) == visits.NUM_KEPT


def test_what_is_old_is_swept_away(tmp_path):
    for name, age in (("old/a", 100), ("new/b", 10), ("c", 100)):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
        os.utime(path, (time.time() - age, time.time() - age))
    visits.delete_older(tmp_path, 50)
    assert files_in(tmp_path) == {"new/b"}
    os.utime(tmp_path / "old", (0, 0))
    visits.delete_older(tmp_path, 50)
    assert {path.name for path in tmp_path.iterdir()} == {"new"}
