"""Tests for films: scenes, previews, whole films, limits and errors."""

import asyncio
import sys
import threading

import numpy as np
import pytest
from demo.answers import image_of
from video.films import FilmWriter, av, lumas_of, moving_bars, packets_of
from video.test_bad_films import encrypted, sound_only, text, without_index

from colorkeras.demo import film_routes, films, request_guard
from colorkeras.demo.color_request import SWITCHES
from colorkeras.demo.coloring_queue import ColoringQueue
from colorkeras.demo.visitor_messages import PageError

BLUE = {"color": "#3040c0", "radius": 8}


@pytest.fixture
def film(client, short_film):
    """Response to an upload of `short_film`."""
    answer = upload(client, short_film)
    assert answer.status_code == 201, answer.text
    return answer.json()


def upload(client, path):
    with path.open("rb") as stream:
        return client.post("/api/films", files={"file": (path.name, stream)})


def message_of(answer, status=422):
    assert answer.status_code == status and "message" in answer.json()
    return answer.json()["message"]


def post(client, film, name, **content):
    return client.post(f"/api/films/{film['id']}/{name}", json=content)


def frames_of(answer, folder):
    """Return the RGB frames of a film in a response, int `[n, h, w, 3]`."""
    assert answer.status_code == 200, answer.text
    path = folder / "answer.mp4"
    path.write_bytes(answer.content)
    with av.open(str(path)) as stream:
        frames = [frame.to_ndarray(format="rgb24") for frame in stream.decode(video=0)]
    return np.stack(frames).astype(int)


def blueness(frames):
    """Return how much blue exceeds red around the middle of each frame."""
    middle = frames[:, 60:84, 84:108].mean(axis=(1, 2))
    return middle[:, 2] - middle[:, 0]


def test_scenes_of_a_film(client, film, short_film):
    first, second = film.pop("scenes")
    assert len(film.pop("id")) == 32
    assert film == {
        "name": "harbor.mp4",
        "width": 192,
        "height": 144,
        "seconds": 2.36,
        "frames": 60,
        "notes": [],
        "is_color": False,
        "is_toned": False,
    }
    assert (first["start"], first["end"], second["start"], second["end"]) == (0, 1.2, 1.2, 2.4)
    luma = lumas_of(short_film)
    for scene, number in ((first, 0), (second, 30)):
        shown = image_of(client.get(f"/api/photographs/{scene['id']}/gray.jpg"))
        expected = (luma[number].astype(float) - 16) / 219 * 255
        assert np.abs(shown[..., 0] - expected).mean() < 2


def test_scenes_are_colored_like_photographs(client, film):
    address = f"/api/photographs/{film['scenes'][1]['id']}"
    plain, hinted = (
        image_of(client.post(f"{address}/color", json={"hints": hints}))
        for hints in ([], [{"x": 96, "y": 72, **BLUE}])
    )
    assert blueness(hinted[np.newaxis])[0] > blueness(plain[np.newaxis])[0] + 20
    answer = client.post(f"{address}/likely_colors", json={"x": 96, "y": 72})
    assert len(answer.json()["colors"]) == 5
    assert image_of(client.post(f"{address}/uncertainty", json={})).shape[2] == 4


def test_preview_is_one_second_of_the_scene_with_its_hints(client, film, tmp_path, page):
    start = film["scenes"][1]["start"]
    hints = [{"x": 96, "y": 72, "time": start, **BLUE}, {"x": 9, "y": 9, "time": 0, **BLUE}]
    answer = post(client, film, "preview", scene=1, settings={"hints": hints})
    assert answer.headers["x-notes"] == "[]"
    hinted = frames_of(answer, tmp_path)
    plain = frames_of(post(client, film, "preview", scene=1), tmp_path)
    assert len(hinted) == len(plain) == 25
    assert (blueness(hinted) > blueness(plain) + 15).all()
    assert not list(page.results.iterdir())
    for scene in (2, -1, True, None, "1"):
        assert message_of(post(client, film, "preview", scene=scene), 404)


def test_whole_film(client, film, short_film, tmp_path, page):
    hints = [{"x": 96, "y": 72, "time": film["scenes"][1]["start"], **BLUE}]
    settings = {"vividness": 0.7, "hints": hints, "keep_tone": False}
    answer = post(client, film, "result", settings=settings)
    assert 'filename="harbor_color.mp4"' in answer.headers["content-disposition"]
    colored = frames_of(answer, tmp_path)
    plain = frames_of(post(client, film, "result", settings={"vividness": 0.7}), tmp_path)
    change = blueness(colored) - blueness(plain)
    assert len(colored) == 60 and (change[30:] > 15).all() and np.abs(change[:30]).max() < 3
    path = tmp_path / "answer.mp4"
    assert np.abs(lumas_of(path).astype(float) - lumas_of(short_film)).mean() < 3
    assert packets_of(path)[1] == packets_of(short_film)[1]
    assert not list(page.results.iterdir())


@pytest.mark.parametrize("name", ["preview", "result"])
@pytest.mark.parametrize("option", SWITCHES)
def test_options_for_old_photographs_are_rejected(name, option, client, film):
    answer = post(client, film, name, settings={option: True})
    assert f"cannot use {option} for a film" in message_of(answer)
    assert post(client, film, name, settings={option: 1}).status_code == 422


def test_progress_of_a_film(client, film):
    ticket = "0123456789-film"
    address = f"/api/films/{film['id']}/result"
    assert client.post(address, json={}, headers={"x-ticket": ticket}).status_code == 200
    state = client.get(f"/api/queue/{ticket}").json()
    assert (state["done"], state["total"]) == (60, 60)


def test_a_film_is_not_a_photograph(client, film, upload, page):
    requests = [
        *[("GET", f"{name}.jpg", None) for name in ("gray", "original", "truth", "compare/0")],
        *[("GET", f"{name}.jpg?size=full", None) for name in ("gray", "original")],
        *[("POST", name, {}) for name in ("color", "uncertainty", "compare", "result")],
        ("POST", "color", {"hints": [{"x": 1, "y": 1, **BLUE}]}),
        ("POST", "color", {"size": "full"}),
        ("POST", "likely_colors", {"x": 1, "y": 1}),
    ]
    for method, name, content in requests:
        address = f"/api/photographs/{film['id']}/{name}"
        assert "scenes" in message_of(client.request(method, address, json=content), 404)
    answer = client.post("/api/zip", json={"items": [{"id": film["id"]}]})
    assert "scenes" in message_of(answer)
    for name in ("-2", "-x", "-00000", "-1-1"):
        assert client.get(f"/api/photographs/{film['id']}{name}/gray.jpg").status_code == 404
    photograph = upload()
    assert "not a film" in message_of(post(client, photograph, "preview"), 404)
    # All files of the film are deleted with it.
    scene = film["scenes"][0]["id"]
    assert client.delete(f"/api/photographs/{film['id']}").status_code == 204
    assert client.get(f"/api/photographs/{scene}/gray.jpg").json()["gone"]
    assert post(client, film, "result").json()["gone"]
    [folder] = (page.results.parent / "photographs").iterdir()
    assert folder.name == photograph["id"]


def long(folder):
    times = [1000 * number for number in range(62)]
    return FilmWriter(times=times).write(folder / "film.mp4", moving_bars(62))


def wide(folder):
    return FilmWriter().write(folder / "film.mp4", np.zeros([2, 32, 1930, 3], np.uint8))


def tall(folder):
    return FilmWriter().write(folder / "film.mp4", np.zeros([2, 1090, 1090, 3], np.uint8))


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (sound_only, "contains no video stream"),
        (encrypted, "is encrypted"),
        (text, "cannot be opened as a film"),
        (without_index, "cannot be opened as a film"),
        (long, "is longer than 60 seconds"),
        (wide, "has 1930 x 32 pixels. This page accepts films of up to 1920 x 1080 pixels."),
        (tall, "has 1090 x 1090 pixels"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_bad_films_get_a_sentence(make, reason, client, page, tmp_path):
    message = message_of(upload(client, make(tmp_path)))
    assert reason in message and "film.mp4" in message and message.endswith(".")
    assert not any(word in message for word in ("--", "pip", str(tmp_path), "Errno", "Received"))
    assert not list((page.results.parent / "photographs").glob("*"))


def test_films_of_the_maximum_duration_are_taken(client, tmp_path):
    writer = FilmWriter(times=[0, 30_000, 59_920, 59_960])
    assert upload(client, writer.write(tmp_path / "film.mp4", moving_bars(4))).is_success


def test_truncated_films_are_taken_with_a_note(client, tmp_path):
    whole = FilmWriter().write(tmp_path / "whole.mkv", moving_bars(100, 96, 128))
    path = tmp_path / "film.mkv"
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    answer = upload(client, path)
    assert answer.status_code == 201 and "may be incomplete" in answer.json()["notes"][0]


def test_missing_extra_is_explained(client, short_film, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    assert "ask the operator to install" in message_of(upload(client, short_film))
    monkeypatch.setattr("colorkeras.inference.batch.film_names.can_read_films", lambda: False)
    assert not client.get("/api/info").json()["films"]["is_available"]


def test_films_do_not_take_the_slots_of_photographs(client, short_film, page, monkeypatch):
    page.uploads, page.film_uploads = asyncio.Semaphore(1), asyncio.Semaphore(1)
    prepare, states = films.prepare, []

    def recording(film, **arguments):
        states.append((page.film_uploads.locked(), page.uploads.locked()))
        prepare(film, **arguments)

    monkeypatch.setattr(films, "prepare", recording)
    assert upload(client, short_film).is_success
    assert states == [(True, False)] and not page.film_uploads.locked()


def test_too_many_films_at_once_are_rejected(client, short_film, page):
    page.film_uploads = asyncio.Semaphore(0)
    answer = upload(client, short_film)
    assert "Too many films" in message_of(answer, 503) and answer.json()["busy"]


def test_large_films_are_rejected_while_they_are_sent(client, short_film, monkeypatch):
    monkeypatch.setattr(films, "MAX_MEGABYTES", 0)
    monkeypatch.setattr(request_guard, "_FORM_BYTES", 1000)
    assert "too large" in message_of(upload(client, short_film), 413)


class Visitor:
    """Visitor whose connection is lost after some time."""

    def __init__(self, num_checks):
        self.num_checks = num_checks

    async def is_disconnected(self):
        self.num_checks -= 1
        return self.num_checks < 0


@pytest.mark.parametrize("is_waiting", [False, True])
def test_coloring_stops_when_the_visitor_leaves(is_waiting, monkeypatch):
    monkeypatch.setattr(film_routes, "_POLL_SECONDS", 0.01)
    stopped, release, calls = threading.Event(), threading.Event(), []

    def work():
        calls.append("started")
        assert stopped.wait(10)
        calls.append("stopped")

    async def run():
        queue = ColoringQueue()
        other = asyncio.ensure_future(queue.run(lambda: release.wait(10), queue.ticket(None)))
        if not is_waiting:
            release.set()
        await asyncio.sleep(0.05)
        ticket = queue.ticket(None)
        with pytest.raises(PageError, match="connection"):
            await film_routes._finished(Visitor(3), queue.run(work, ticket), ticket, stopped)
        assert stopped.is_set()
        release.set()
        await other
        assert queue.idle.is_set()

    asyncio.run(run())
    assert calls == ([] if is_waiting else ["started", "stopped"])


def test_films_wait_for_photographs(client, film, page, monkeypatch):
    waited = []
    monkeypatch.setattr(page.queue.idle, "wait", waited.append)
    assert post(client, film, "result").is_success
    assert len(waited) >= 60
