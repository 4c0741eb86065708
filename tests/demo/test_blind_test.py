"""Tests for the blind test."""

import json
from importlib import resources

import numpy as np
import pytest

pytest.importorskip("starlette", reason="Starlette is not installed: pip install -e '.[demo]'")

from demo.answers import image_of

from colorkeras.demo.blind_test import (
    NUM_CROPS,
    REAL,
    RECOLORED,
    crop_file,
    sentence,
    wilson,
)

CROPS = resources.files("colorkeras.demo") / "static" / "crops"

OTHER = {REAL: RECOLORED, RECOLORED: REAL}


def start(client, count):
    answer = client.get(f"/api/blind_test?count={count}")
    assert answer.status_code == 200
    return answer.json()


def score(client, round_, answers):
    return client.post("/api/blind_test", json={"round": round_["round"], "answers": answers})


def test_crops_are_distinct_small_and_free():
    crops = json.loads((CROPS / "crops.json").read_text())
    files = [CROPS / crop_file(number, kind) for number in range(NUM_CROPS) for kind in OTHER]
    assert len(crops) == NUM_CROPS == 30
    assert len({file.read_bytes() for file in files}) == 2 * NUM_CROPS
    assert sum(file.stat().st_size for file in CROPS.iterdir()) <= 1_000_000
    assert {crop["license"] for crop in crops} <= {"CC0-1.0", "Public domain"}
    assert {*CROPS.iterdir()} == {*files, CROPS / "crops.json"}


def test_round(client):
    round_ = start(client, 30)
    ids = [item["id"] for item in round_["items"]]
    assert len(set(ids)) == 30
    shown = [client.get(item["url"]) for item in round_["items"]]
    guessed = score(client, round_, dict.fromkeys(ids, REAL)).json()
    truths = {picture["id"]: picture["truth"] for picture in guessed["pictures"]}
    # Order and coin tosses are random; each check fails with a probability below 1e-6.
    assert 2 < guessed["score"] < 28
    first_answers = {each: truths[each] for each in ids} | {ids[0]: OTHER[truths[ids[0]]]}
    result = score(client, round_, first_answers).json()
    assert (result["score"], result["count"], result["expected"]) == (29, 30, 0.5)
    assert result["interval"] == [round(bound, 4) for bound in wilson(29, 30)]
    assert [picture["right"] for picture in result["pictures"]] == [False] + [True] * 29
    assert len({picture["true_url"] for picture in result["pictures"]}) == 30
    for answer, picture in zip(shown, result["pictures"], strict=True):
        address = picture["true_url" if picture["truth"] == REAL else "colored_url"]
        assert client.get(address).content == answer.content
        assert {"title", "author", "license"} <= picture.keys()
    difference = image_of(client.get(picture["true_url"])) - image_of(
        client.get(picture["colored_url"])
    )
    assert np.abs(difference).mean() > 1


def test_pictures_do_not_reveal_the_answer(client):
    rounds = [start(client, 30) for _ in range(3)]
    ids = [item["id"] for round_ in rounds for item in round_["items"]]
    assert len(set(ids)) == 90
    for item in rounds[0]["items"]:
        assert item == {"id": item["id"], "url": item["url"]}
        headers = {*client.get(item["url"]).headers} - {"content-length"}
        assert not headers & {"etag", "last-modified", "content-disposition"}
    # Items are valid only in their own round.
    address = rounds[1]["items"][0]["url"].replace(rounds[1]["round"], rounds[0]["round"])
    assert client.get(address).status_code == 404
    answers = {rounds[1]["items"][0]["id"]: REAL}
    assert score(client, rounds[0], answers).status_code == 422


@pytest.mark.parametrize("count", ["0", "31", "-1", "x", "1e1", "000199", "9" * 5000])
def test_bad_counts(count, client):
    answer = client.get("/api/blind_test", params={"count": count})
    assert answer.status_code == 422 and "1 to 30" in answer.json()["message"]


@pytest.mark.parametrize("answers", [None, {}, [], {"a": REAL}, "first", {"first": "yes"}])
def test_bad_answers(answers, client):
    round_ = start(client, 1)
    if "first" in (answers or ()):
        answers = {round_["items"][0]["id"]: "yes"}
    answer = score(client, round_, answers)
    assert answer.status_code in (400, 422) and answer.json()["message"].endswith(".")


@pytest.mark.parametrize("path", ["a/b.jpg", "00/00_real.jpg"])
def test_unknown_pictures(path, client):
    assert client.get(f"/api/blind_test/{path}").status_code == 404


@pytest.mark.parametrize(
    ("num_right", "meaning"), [(5, "luck"), (10, "can tell"), (0, "more real")]
)
def test_sentence(num_right, meaning):
    assert meaning in sentence(num_right, 10) and f"{num_right} of 10" in sentence(num_right, 10)


@pytest.mark.parametrize(
    ("successes", "low", "high"),
    # Computed by hand; for example, the first upper bound is 1.96^2 / (10 + 1.96^2).
    [(0, 0.0, 0.2775), (5, 0.2366, 0.7634), (9, 0.5958, 0.9821), (10, 0.7225, 1.0)],
)
def test_wilson(successes, low, high):
    np.testing.assert_allclose(wilson(successes, 10), (low, high), atol=2e-4)
