"""The tab that asks visitors which of ten images are real and which are recolored."""

import math
import random

import gradio as gr
import numpy as np
from PIL import Image

from colorkeras.demo.event_options import ANSWERING, COLORING, PRIVATE

NUM_IMAGES = 10

CROP_SIZE = 144
"""Side of the recolored crops, in pixels."""

REAL, RECOLORED = "real", "recolored"

_SHOWN_SIZE = 432

# A fixed secret keeps the answers in the browser readable after the server has restarted.
_STORAGE = {"storage_key": "colorkeras-blind-test", "secret": "colorkeras"}

# Append the rows of a finished round, with its number, to those of earlier rounds.
_APPEND = """(answers, rows) => {
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
    // Revoked later, because the browser starts to read the blob only after the click.
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}"""


class BlindTestTab:
    """Content and events of the tab of a `page.Page`."""

    def __init__(self, page):
        self._page = page

    def build(self):
        """Add the tab to the page that is being built."""
        names = list(self._page.models)
        gr.Markdown(
            f"{NUM_IMAGES} crops of photographs. A coin toss decides whether each is real or "
            "recolored by the model. Your answers are stored only in your browser; the server "
            "scores a round and then forgets it."
        )
        # Rows of all rounds, as text; stored only in the browser.
        answers = gr.BrowserState([], **_STORAGE)
        round_, finished = gr.State(None), gr.JSON(visible="hidden")
        # The number of the image that the visitor saw when answering.
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
            alt_text="A crop of a photograph, in its original colors or recolored",
        )
        with gr.Row():
            real = gr.Button("Real", interactive=False)
            recolored = gr.Button("Recolored", interactive=False)
        message = gr.Markdown()
        export = gr.Button("Save my answers")

        outputs = [round_, number, shown, real, recolored, message, finished]
        start.click(self.start, model, outputs, **COLORING, **PRIVATE)
        for button, answer in ((real, REAL), (recolored, RECOLORED)):
            event = self.answer_event(answer)
            button.click(event, [round_, number], outputs, **ANSWERING, **PRIVATE)
        finished.change(None, [answers, finished], answers, js=_APPEND, **PRIVATE)
        export.click(None, answers, None, js=_EXPORT, **PRIVATE)

    def start(self, model):
        """Draw ten images; show the first."""
        chance = random.SystemRandom()
        images = []
        for title, path in chance.choices(list(self._page.originals.items()), k=NUM_IMAGES):
            crop = _random_crop(path, chance)
            truth = chance.choice((REAL, RECOLORED))
            if truth == RECOLORED:
                seed = chance.randrange(2**31 - 1)
                crop = self._page.models[model].colorize(crop, seed=seed)
            images.append((title, truth, crop))
        return self._outputs({"model": model, "images": images, "answers": []})

    def answer_event(self, answer):
        """Return a function that records an answer and shows the next image or the score."""

        def record(round_, number):
            if round_ is None or number != len(round_["answers"]) + 1:
                return gr.skip()
            return self._outputs({**round_, "answers": [*round_["answers"], answer]})

        return record

    def _outputs(self, round_):
        """Return a round and what the page shows of it."""
        images, answers = round_["images"], round_["answers"]
        number = len(answers) + 1
        if number > NUM_IMAGES:
            rows = [
                [title.replace(",", ""), round_["model"], truth, answer]
                for (title, truth, _), answer in zip(images, answers, strict=True)
            ]
            off = gr.Button(interactive=False)
            return None, number, gr.Image(visible=False), off, off, score(round_), rows
        crop = images[len(answers)][-1]
        image = Image.fromarray(crop).resize((_SHOWN_SIZE, _SHOWN_SIZE), Image.Resampling.BICUBIC)
        message, on = f"Image {number} of {NUM_IMAGES}", gr.Button(interactive=True)
        return round_, number, gr.Image(image, visible=True), on, on, message, []


def score(round_):
    """Return Markdown about a finished round: score, confidence interval, table of answers."""
    pairs = [
        (truth, answer)
        for (_, truth, _), answer in zip(round_["images"], round_["answers"], strict=True)
    ]
    num_right = sum(truth == answer for truth, answer in pairs)
    low, high = wilson(num_right, len(pairs))
    table = "\n".join(
        f"| {number} | {title} | {truth} | {answer}{'' if truth == answer else ' (wrong)'} |"
        for number, ((title, _, _), (truth, answer)) in enumerate(
            zip(round_["images"], pairs, strict=True), 1
        )
    )
    return (
        f"### {num_right} of {len(pairs)} right\n"
        f"Over many images, someone with this score would be right {100 * low:.0f} to "
        f"{100 * high:.0f} % of the time (95 % interval). Guessing gives 50 %, 5 of 10.\n\n"
        f"| | image | truth | answer |\n| --- | --- | --- | --- |\n{table}"
    )


def wilson(num_successes, num_trials, quantile=1.96):
    """Return the Wilson score interval of a proportion.

    Args:
        num_successes: Number of successes.
        num_trials: Number of trials, at least 1.
        quantile: Quantile of the normal distribution; the default gives 95 %.

    Returns:
        `(low, high)`, each in `[0, 1]`.

    Reference: Wilson, "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22, 1927.

    >>> low, high = wilson(5, 10)
    >>> print(f"{low:.3f} {high:.3f}")
    0.237 0.763
    """
    share, square = num_successes / num_trials, quantile**2 / num_trials
    middle = share + square / 2
    half = math.sqrt(share * (1 - share) * square + square**2 / 4)
    return (middle - half) / (1 + square), (middle + half) / (1 + square)


def _random_crop(path, chance):
    """Return a crop of a photograph, uint8 `[CROP_SIZE, CROP_SIZE, 3]`."""
    with path.open("rb") as stream, Image.open(stream) as image:
        # Shrunk, so that the crop shows more than a texture.
        pixels = np.asarray(image.convert("RGB").reduce(2))
    top, left = (chance.randrange(side - CROP_SIZE + 1) for side in pixels.shape[:2])
    return pixels[top : top + CROP_SIZE, left : left + CROP_SIZE]
