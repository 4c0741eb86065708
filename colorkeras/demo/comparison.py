"""The second tab: all models on the same picture, and what a run's epochs looked like."""

from pathlib import Path

import gradio as gr
import numpy as np
from PIL import Image

from colorkeras.demo.line import COLORING, PRIVATE
from colorkeras.demo.plain_words import in_plain_words
from colorkeras.demo.previews import Preview
from colorkeras.runs import EPOCHS_FOLDER

OWN = "Your photograph, from the first tab"

SECONDS_PER_EPOCH = 0.7
"""Of a replay."""


class Comparison:
    """What the tab does.

    Args:
        page: `page.Page`.
    """

    def __init__(self, page):
        self._page = page
        self._previews = {}

    def build(self):
        """Adds the tab to the page that is being built."""
        titles = [title for _, title in self._page.examples]
        gr.Markdown("## The same picture, colored by all models")
        picture = gr.Dropdown([*titles, OWN], value=titles[1], label="Picture")
        compared = gr.Gallery(
            label="Gray, each model, and, where it is known, the truth",
            columns=4,
            object_fit="contain",
            height="auto",
            buttons=[],
            interactive=False,
            elem_id="compared",
        )
        picture.input(self.compare, picture, compared, **COLORING, **PRIVATE)

        gr.Markdown("## Epoch by epoch")
        runs = self.runs()
        if not runs:
            gr.Markdown(f"No run in `{self._page.runs_dir}` has pictures of epochs.")
        with gr.Row(visible=bool(runs)):
            run = gr.Dropdown(
                list(runs), value=next(iter(runs), None), label=f"Run, of {self._page.runs_dir}"
            )
            epoch = gr.Slider(0, 1, 0, step=1, label="Epoch")
            play = gr.Button("Replay")
        shown = gr.Image(
            label="Ten validation pictures: gray, prediction, truth",
            show_label=False,
            interactive=False,
            buttons=["fullscreen"],
            visible=bool(runs),
            alt_text="Ten validation pictures of the run after the epoch",
        )
        timer = gr.Timer(SECONDS_PER_EPOCH, active=False)
        private = {**PRIVATE, "show_progress": "hidden"}
        run.input(self.begin, run, [epoch, shown], **private)
        epoch.change(self.after, [run, epoch], shown, **private)
        play.click(lambda: (1, gr.Timer(active=True)), None, [epoch, timer], **private)
        timer.tick(self.next, [run, epoch], [epoch, timer], **private)
        self.shown_first = [compared, epoch, shown]

    def first(self, request: gr.Request):
        """What is shown before anything is asked for, for `shown_first`."""
        titles = [title for _, title in self._page.examples]
        return self.compare(titles[1], request), *self.begin(next(iter(self.runs()), None))

    def compare(self, title, request: gr.Request):
        """Pictures with captions."""
        page, truth = self._page, []
        with in_plain_words():
            if title == OWN:
                preview = page.visits.of(request.session_hash).preview
            else:
                [path] = [path for path, own in page.examples if own == title]
                preview = self._previews.setdefault(title, Preview(path, page.models))
                truth = [(np.asarray(Image.open(page.originals[title])), "truth")]
            colored = [(preview.colored(name), name) for name in page.models]
            return [(preview.gray, "gray"), *colored, *truth]

    def runs(self):
        """Folders of runs with pictures of epochs, by their names."""
        root = Path(self._page.runs_dir)
        return {
            str(folder.parent.relative_to(root)): folder
            for folder in sorted(root.glob(f"*/*/{EPOCHS_FOLDER}"))
            if any(folder.glob("*.png"))
        }

    def begin(self, run):
        """The slider for a run's epochs, and the picture of the first one."""
        return gr.Slider(1, max(2, self._last(run)), 1), self.after(run, 1)

    def after(self, run, epoch):
        """The picture after an epoch, or None."""
        folder = self.runs().get(run)
        path = folder and folder / f"{int(epoch):03}.png"
        if path is None or not path.exists():
            return None
        # Not its path: the page gives nothing from outside of its own folder.
        with Image.open(path) as image:
            return image.convert("RGB")

    def next(self, run, epoch):
        """The epoch after another one, and whether the replay goes on."""
        last = self._last(run)
        return min(epoch + 1, max(1, last)), gr.Timer(active=epoch + 1 < last)

    def _last(self, run):
        folder = self.runs().get(run)
        return len(list(folder.glob("*.png"))) if folder else 0
