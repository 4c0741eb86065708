"""Tests for stored photographs and their expiration."""

import io

import pytest

pytest.importorskip("starlette", reason="Starlette is not installed: pip install -e '.[demo]'")

from colorkeras.demo import photograph_store
from colorkeras.demo.photograph_store import Photograph, PhotographStore, safe_name
from colorkeras.demo.visitor_messages import PageError


@pytest.fixture
def now(monkeypatch):
    """List with the current time, which tests can set."""
    now = [0.0]
    monkeypatch.setattr(photograph_store.time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def store(tmp_path):
    return PhotographStore(tmp_path)


def add(store, name="a.jpg", content=b"image"):
    return store.add(name, io.BytesIO(content), lambda photograph: None)


def exists(store, photograph):
    try:
        with store.use(photograph.id) as used:
            return used is photograph
    except PageError:
        return False


def files_in(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_life_cycle(store, tmp_path):
    first, second = add(store), add(store)
    assert first.source.read_bytes() == b"image" and first.source.name == "a.jpg"
    assert len(first.id) == 32 and first.id != second.id
    assert exists(store, first)
    store.delete(first.id)
    assert not exists(store, first) and exists(store, second)
    store.delete(second.id)
    store.delete("unknown")
    assert not files_in(tmp_path) and not list(tmp_path.iterdir())
    with pytest.raises(PageError, match="add it again") as error, store.use(first.id):
        pass
    assert error.value.status == 404 and error.value.flags == {"gone": True}


def test_failed_preparation_keeps_nothing(store, tmp_path):
    def prepare(photograph):
        assert photograph.source.read_bytes() == b"text"
        raise ValueError

    with pytest.raises(ValueError):
        store.add("a.jpg", io.BytesIO(b"text"), prepare)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Tante Käthe's.JPG", "Tante Käthe's.JPG"),
        ("../../etc/passwd", "passwd"),
        ("C:\\scans\\a.jpg", "a.jpg"),
        ("a\nb\0.jpg", "ab.jpg"),
        ("..", "photograph"),
        (".jpg", "jpg"),
        ("", "photograph"),
        (None, "photograph"),
        ("x" * 300 + ".tif", "x" * 96 + ".tif"),
        ("\udc80.jpg", "jpg"),
    ],
)
def test_names(name, expected, store, tmp_path):
    photograph = add(store, name)
    assert photograph.source.name == safe_name(name) == expected
    assert photograph.source.is_relative_to(tmp_path)


def test_films_and_photographs_have_separate_requests(store):
    def prepare(film):
        film.scenes.append(Photograph(f"{film.id}-0", film.folder, film.source))

    photograph, film = add(store), store.add("a.mp4", io.BytesIO(b"film"), prepare)
    [scene] = film.scenes
    for use, accepted, rejected in (
        (store.use_photograph, (photograph, scene), (film,)),
        (store.use_film, (film,), (photograph, scene)),
    ):
        for each in accepted:
            with use(each.id) as used:
                assert used is each
        for each in rejected:
            with pytest.raises(PageError) as error, use(each.id):
                pass
            assert error.value.status == 404 and error.value.flags == {}
    assert photograph.num_users == film.num_users == 0


def test_photograph_in_use_stays_until_the_last_user_is_done(store, tmp_path):
    photograph = add(store)
    with store.use(photograph.id):
        with store.use(photograph.id):
            store.delete(photograph.id)
        assert photograph.source.exists()
    assert not files_in(tmp_path)


def test_photograph_is_deleted_an_hour_after_the_last_use(store, now):
    photograph = add(store)
    for now[0] in range(300, photograph_store.IDLE_SECONDS, 300):
        assert store.keep_alive([photograph.id, "unknown"]) == ["unknown"]
    now[0] = photograph_store.IDLE_SECONDS
    store.expire()
    assert store.keep_alive([photograph.id]) == []
    now[0] += 1
    store.expire()
    assert store.keep_alive([photograph.id]) == [photograph.id]
    assert not photograph.source.exists()


def test_photograph_of_a_lost_page_is_deleted_sooner(store, now):
    lost, seen = add(store), add(store)
    now[0] = photograph_store.LOST_SECONDS
    store.keep_alive([seen.id])
    now[0] += 1
    store.expire()
    assert not exists(store, lost) and exists(store, seen)


def test_photograph_in_use_is_not_idle(store, now):
    photograph = add(store)
    with store.use(photograph.id):
        now[0] += photograph_store.IDLE_SECONDS + 1
        store.expire()
    # The idle time starts over.
    store.expire()
    assert exists(store, photograph)


@pytest.mark.parametrize("limit", [{"max_photographs": 2}, {"max_bytes": 12}])
def test_idlest_photographs_make_room(limit, tmp_path, now):
    store, photographs = PhotographStore(tmp_path, **limit), []
    for now[0] in (1.0, 2.0, 3.0):
        if photographs:
            assert exists(store, photographs[0])
        photographs.append(add(store))
    assert [exists(store, each) for each in photographs] == [True, False, True]
    # The newest photograph is always kept.
    now[0] = 4.0
    large = add(store, content=b"x" * 100)
    assert exists(store, large)
