"""The third tab: which of ten pictures are real, and which recolored?"""

import math
import random

import gradio as gr
import numpy as np
from PIL import Image

from colorkeras.demo.line import ANSWERING, COLORING, PRIVATE

NUM_PICTURES = 10

CROP_SIZE, SHOWN_SIZE = 144, 432
"""Pixels of a side: of the part of a photograph that is recolored, and as it is shown."""

REAL, RECOLORED = "real", "recolored"

# Where it is kept in the visitor's browser, and read again after the server has been started anew.
_STORAGE = {"storage_key": "colorkeras-blind-test", "secret": "colorkeras"}

# The rows of a round that is over, behind those of the rounds before it, with the round's number.
_KEEP = """(answers, rows) => {
    const round = String(1 + Math.max(0, ...answers.map((row) => Number(row[0]))));
    return [[...answers, ...rows.map((row) => [round, ...row])]];
}"""

_EXPORT = """(answers) => {
    const rows = [["round", "picture", "model", "truth", "answer"], ...answers];
    const text = rows.map((row) => row.join(",")).join("\\n") + "\\n";
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], {type: "text/csv"}));
    link.download = "real-or-recolored.csv";
    link.click();
    // Not at once: the browser starts to read it after the click.
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}"""


class BlindTest:
    """What the tab does.

    Args:
        page: `page.Page`.
    """

    def __init__(self, page):
        self._page = page

    def build(self):
        """Adds the tab to the page that is being built."""
        names = list(self._page.models)
        gr.Markdown(
            f"{NUM_PICTURES} parts of photographs. Each is real or recolored by the model, by the "
            "toss of a coin. Your answers are kept by your browser alone; the page's server scores "
            "a round and forgets it when it is over."
        )
        # Of all rounds: lists of texts, a row for each answer. Only the browser has them.
        answers = gr.BrowserState([], **_STORAGE)
        round_, finished = gr.State(None), gr.JSON(visible="hidden")
        # The one that the visitor saw when they answered.
        number = gr.Number(0, visible="hidden", precision=0)
        with gr.Row():
            model = gr.Radio(names, value=names[-1], label="Model that recolors")
            start = gr.Button("Begin", variant="primary")
        shown = gr.Image(
            label="Real or recolored?",
            interactive=False,
            visible=False,
            format="png",
            buttons=[],
            height=460,
            alt_text="A part of a photograph, in its own colors or recolored",
        )
        with gr.Row():
            real = gr.Button("Real", interactive=False)
            recolored = gr.Button("Recolored", interactive=False)
        told = gr.Markdown()
        export = gr.Button("Save my answers")

        state = [round_, number, shown, real, recolored, told, finished]
        start.click(self.begin, model, state, **COLORING, **PRIVATE)
        for button, answer in ((real, REAL), (recolored, RECOLORED)):
            button.click(self.answering(answer), [round_, number], state, **ANSWERING, **PRIVATE)
        finished.change(None, [answers, finished], answers, js=_KEEP, **PRIVATE)
        export.click(None, answers, None, js=_EXPORT, **PRIVATE)

    def begin(self, model):
        """Draws ten pictures; shows the first."""
        chance = random.SystemRandom()
        pictures = []
        for title, path in chance.choices(list(self._page.originals.items()), k=NUM_PICTURES):
            crop = _crop(path, chance)
            truth = chance.choice((REAL, RECOLORED))
            if truth == RECOLORED:
                seed = chance.randrange(2**31 - 1)
                crop = self._page.models[model].colorize(crop, seed=seed)
            pictures.append((title, truth, crop))
        return self._state({"model": model, "pictures": pictures, "answers": []})

    def answering(self, answer):
        """A function that takes an answer, and shows the next picture or the score."""

        def take(round_, number):
            if round_ is None or number != len(round_["answers"]) + 1:
                return gr.skip()
            return self._state({**round_, "answers": [*round_["answers"], answer]})

        return take

    def _state(self, round_):
        """A round, and what the page shows of it."""
        pictures, done = round_["pictures"], round_["answers"]
        number = len(done) + 1
        if number > NUM_PICTURES:
            rows = [
                [title.replace(",", ""), round_["model"], truth, given]
                for (title, truth, _), given in zip(pictures, done, strict=True)
            ]
            off = gr.Button(interactive=False)
            return None, number, gr.Image(visible=False), off, off, score(round_), rows
        crop = pictures[len(done)][-1]
        image = Image.fromarray(crop).resize((SHOWN_SIZE, SHOWN_SIZE), Image.Resampling.BICUBIC)
        told, on = f"Picture {number} of {NUM_PICTURES}", gr.Button(interactive=True)
        return round_, number, gr.Image(image, visible=True), on, on, told, []


def score(round_):
    """Markdown on a round that is over: score, its interval, chance, and each picture."""
    pairs = [
        (truth, given)
        for (_, truth, _), given in zip(round_["pictures"], round_["answers"], strict=True)
    ]
    right = sum(truth == given for truth, given in pairs)
    low, high = wilson(right, len(pairs))
    table = "\n".join(
        f"| {number} | {title} | {truth} | {given}{'' if truth == given else ' (wrong)'} |"
        for number, ((title, _, _), (truth, given)) in enumerate(
            zip(round_["pictures"], pairs, strict=True), 1
        )
    )
    return (
        f"### {right} of {len(pairs)} right\n"
        f"Who answers like this is right in {100 * low:.0f} to {100 * high:.0f} % of many pictures "
        "(95 % interval). Guessing gives 50 %, 5 of 10.\n\n"
        f"| | picture | truth | answer |\n| --- | --- | --- | --- |\n{table}"
    )


def wilson(successes, trials, quantile=1.96):
    """Interval of a share.

    Args:
        successes: Number.
        trials: Number, at least 1.
        quantile: Of the normal distribution; the default gives 95 %.

    Returns:
        `(low, high)`, each in 0..1.

    Reference: Wilson, "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22, 1927.

    >>> low, high = wilson(5, 10)
    >>> print(f"{low:.3f} {high:.3f}")
    0.237 0.763
    """
    share, square = successes / trials, quantile**2 / trials
    middle = share + square / 2
    half = math.sqrt(share * (1 - share) * square + square**2 / 4)
    return (middle - half) / (1 + square), (middle + half) / (1 + square)


def _crop(path, chance):
    """A part of a photograph, uint8 `[CROP_SIZE, CROP_SIZE, 3]`."""
    with path.open("rb") as stream, Image.open(stream) as image:
        # Made smaller, so that more than a texture is in it.
        pixels = np.asarray(image.convert("RGB").reduce(2))
    top, left = (chance.randrange(side - CROP_SIZE + 1) for side in pixels.shape[:2])
    return pixels[top : top + CROP_SIZE, left : left + CROP_SIZE]
