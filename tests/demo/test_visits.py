"""Tests of what is kept of a visit, and for how long."""

import pytest

from colorkeras.demo import visits
from colorkeras.demo.visits import Visits
from colorkeras.errors import UserError


@pytest.fixture
def upload(tmp_path):
    """Function that makes an uploaded file, as Gradio keeps it."""

    def upload(name, content=b"picture"):
        path = tmp_path / f"hash of {content!r}" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return path

    return upload


@pytest.fixture
def all_visits(tmp_path):
    return Visits(tmp_path / "visits", tmp_path)


def look(path):
    assert path.read_bytes() == b"picture"
    return f"preview of {path.name}"


def files_in(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_visit_from_the_first_photograph_to_the_end(all_visits, upload, tmp_path):
    first = all_visits.begin("session", upload("a.jpg"), look)
    assert first.source.name == "a.jpg" and first.preview == "preview of a.jpg"
    assert all_visits.of("session") is first
    second = all_visits.begin("session", upload("b.jpg"), look)
    assert not first.folder.exists() and not first.uploaded.exists()
    assert all_visits.of("session") is second
    all_visits.end("session")
    assert not files_in(tmp_path)
    with pytest.raises(UserError, match="Drop a photograph"):
        all_visits.of("session")
    all_visits.end("session")


def test_what_cannot_be_shown_leaves_the_visit_as_it_was(all_visits, upload, tmp_path):
    visit = all_visits.begin("session", upload("a.jpg"), look)
    bad = upload("b.jpg", b"text")
    with pytest.raises(AssertionError):
        all_visits.begin("session", bad, look)
    assert all_visits.of("session") is visit and not bad.exists()
    assert {path.name for path in (tmp_path / "visits").iterdir()} == {visit.folder.name}


def test_visitors_who_upload_the_same_file_share_it(all_visits, upload):
    path = upload("a.jpg")
    for session in ("one", "other"):
        all_visits.begin(session, path, look)
    all_visits.end("one")
    assert path.exists() and all_visits.of("other").source.exists()
    all_visits.end("other")
    assert not path.exists()


def test_a_file_that_is_no_upload_stays(all_visits, tmp_path):
    example = tmp_path / "examples" / "gray" / "cat.jpg"
    example.parent.mkdir(parents=True)
    example.write_bytes(b"picture")
    all_visits.begin("session", example, look)
    all_visits.end("session")
    assert example.exists()


def test_the_idle_make_room(all_visits, upload, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(visits.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(visits, "MAX_VISITS", 2)
    for number, session in enumerate("abc"):
        now[0] = float(number)
        all_visits.begin(session, upload(f"{session}.jpg"), look)
        now[0] += 0.5
        all_visits.of("a")
    with pytest.raises(UserError):
        all_visits.of("b")
    now[0] += visits.IDLE_SECONDS + 1
    all_visits.end_idle()
    for session in "ac":
        with pytest.raises(UserError):
            all_visits.of(session)


def test_only_the_last_files_of_a_name_stay(all_visits, upload):
    visit = all_visits.begin("session", upload("a.jpg"), look)
    made = []
    for _ in range(visits.NUM_KEPT + 3):
        made.append(visit.new_file("color.jpg"))
        made[-1].write_bytes(b"")
    assert made[-1].exists() and not made[0].exists()
    assert sum(path.exists() for path in made) == visits.NUM_KEPT + 1
