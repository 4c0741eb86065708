"""Tests of rounds of the blind test."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from demo.browser import FULL_SIZE

pytest.importorskip("gradio", reason="Gradio is not installed: pip install -e '.[demo]'")

from colorkeras.data import sample
from colorkeras.demo.blind_test_tab import (
    CROP_SIZE,
    NUM_IMAGES,
    REAL,
    RECOLORED,
    BlindTestTab,
    wilson,
)


class Model:
    def colorize(self, image, seed):
        return np.zeros_like(image)


@pytest.fixture
def blind_test():
    originals = {title: path for path, title in sample.photographs()}
    return BlindTestTab(SimpleNamespace(models={"black": Model()}, originals=originals))


def test_recolored_images_are_the_models_output(blind_test):
    round_, *_ = blind_test.start("black")
    assert len(round_["images"]) == NUM_IMAGES
    for _, truth, crop in round_["images"]:
        assert crop.shape == (CROP_SIZE, CROP_SIZE, 3)
        assert (truth == RECOLORED) == (not crop.any())


def test_round_ends_with_score_and_rows(blind_test):
    round_, number, *_ = blind_test.start("black")
    truths, opposite = [], {REAL: RECOLORED, RECOLORED: REAL}
    for title, truth, _ in list(round_["images"]):
        truths.append((title.replace(",", ""), truth))
        # All answers but the first are right.
        given = truth if len(truths) > 1 else opposite[truth]
        round_, number, *state = blind_test.answer_event(given)(round_, number)
    message, rows = state[-2:]
    assert "9 of 10 right" in message and message.count("(wrong)") == 1
    assert [(title, truth) for title, _, truth, _ in rows] == truths
    assert [given for *_, given in rows] == [opposite[truths[0][1]], *(t for _, t in truths[1:])]
    # The round is over.
    assert round_ is None and number == NUM_IMAGES + 1
    assert isinstance(blind_test.answer_event(REAL)(round_, number), dict)


def test_answer_to_an_earlier_image_is_ignored(blind_test):
    round_, number, *_ = blind_test.start("black")
    after, *_ = blind_test.answer_event(REAL)(round_, number)
    skipped = blind_test.answer_event(RECOLORED)(after, number)
    assert isinstance(skipped, dict) and after["answers"] == [REAL]


@pytest.mark.parametrize(
    ("successes", "low", "high"),
    # By hand: the first high is 1.96^2 / (10 + 1.96^2).
    [(0, 0.0, 0.2775), (5, 0.2366, 0.7634), (9, 0.5958, 0.9821), (10, 0.7225, 1.0)],
)
def test_wilson(successes, low, high):
    np.testing.assert_allclose(wilson(successes, 10), (low, high), atol=2e-4)


def test_blind_test_in_the_browser(visitor, tmp_path):
    page = visitor()
    page.get_by_role("tab", name="Real or recolored?").click()
    page.click("text=Begin")
    for number in range(1, 11):
        page.wait_for_selector(f"text=Image {number} of 10")
        page.get_by_role("button", name="Real", exact=True).click()
    message = page.wait_for_selector("text=Guessing gives").inner_text()
    assert "95 % interval" in message and "Guessing gives 50 %" in message
    with page.expect_download() as waiting:
        page.click("text=Save my answers")
    rows = Path(waiting.value.path()).read_text().splitlines()
    # They survive a reload.
    page.reload()
    page.wait_for_selector(FULL_SIZE)
    page.get_by_role("tab", name="Real or recolored?").click()
    with page.expect_download() as waiting:
        page.click("text=Save my answers")
    assert Path(waiting.value.path()).read_text().splitlines() == rows
    assert rows[0] == "round,picture,model,truth,answer" and len(rows) == 11
    assert all(row.endswith(",real") for row in rows[1:])
