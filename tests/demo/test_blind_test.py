"""Tests of rounds of the blind test."""

from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("gradio", reason="Gradio is not installed: pip install -e '.[demo]'")

from colorkeras.data import sample
from colorkeras.demo.blind_test import CROP_SIZE, NUM_PICTURES, REAL, RECOLORED, BlindTest, wilson


class Model:
    def colorize(self, image, seed):
        return np.zeros_like(image)


@pytest.fixture
def blind_test():
    originals = {title: path for path, title in sample.photographs()}
    return BlindTest(SimpleNamespace(models={"black": Model()}, originals=originals))


def test_pictures_are_real_or_recolored_as_their_truth_says(blind_test):
    round_, *_ = blind_test.begin("black")
    assert len(round_["pictures"]) == NUM_PICTURES
    for _, truth, crop in round_["pictures"]:
        assert crop.shape == (CROP_SIZE, CROP_SIZE, 3)
        assert (truth == RECOLORED) == (not crop.any())


def test_a_round_ends_in_a_score_and_rows(blind_test):
    round_, number, *_ = blind_test.begin("black")
    truths, opposite = [], {REAL: RECOLORED, RECOLORED: REAL}
    for title, truth, _ in list(round_["pictures"]):
        truths.append((title.replace(",", ""), truth))
        # All right but the first.
        given = truth if len(truths) > 1 else opposite[truth]
        round_, number, *state = blind_test.answering(given)(round_, number)
    told, rows = state[-2:]
    assert "9 of 10 right" in told and told.count("(wrong)") == 1
    assert [(title, truth) for title, _, truth, _ in rows] == truths
    assert [given for *_, given in rows] == [opposite[truths[0][1]], *(t for _, t in truths[1:])]
    # Nothing is left to answer.
    assert round_ is None and number == NUM_PICTURES + 1
    assert isinstance(blind_test.answering(REAL)(round_, number), dict)


def test_an_answer_to_a_picture_that_is_not_shown_any_more_does_not_count(blind_test):
    round_, number, *_ = blind_test.begin("black")
    after, *_ = blind_test.answering(REAL)(round_, number)
    skipped = blind_test.answering(RECOLORED)(after, number)
    assert isinstance(skipped, dict) and after["answers"] == [REAL]


@pytest.mark.parametrize(
    ("successes", "low", "high"),
    # By hand: 1.96^2 / (10 + 1.96^2) of none, and so on.
    [(0, 0.0, 0.2775), (5, 0.2366, 0.7634), (9, 0.5958, 0.9821), (10, 0.7225, 1.0)],
)
def test_wilson(successes, low, high):
    np.testing.assert_allclose(wilson(successes, 10), (low, high), atol=2e-4)
