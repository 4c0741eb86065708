"""The second tab: all models on the same picture, and what a run's epochs looked like."""

import shutil
from pathlib import Path

import gradio as gr
from PIL import Image

from colorkeras.demo.line import COLORING, PRIVATE
from colorkeras.demo.plain_words import in_plain_words
from colorkeras.demo.previews import JPEG_QUALITY
from colorkeras.training.run_directory import EPOCHS_FOLDER

EPOCHS = "[0-9][0-9][0-9].png"
"""Pictures of epochs, as a pattern."""

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
        self._compared = {}
        # Made before the first visitor comes, who then meets networks that have been used once.
        _, self._first_title = page.examples[1]
        self.example(self._first_title)

    def build(self):
        """Adds the tab to the page that is being built."""
        titles = [title for _, title in self._page.examples]
        gr.Markdown("## The same picture, colored by all models")
        picture = gr.Dropdown([*titles, OWN], value=self._first_title, label="Picture")
        compared = gr.Gallery(
            label="Gray, each model, and, where it is known, the truth",
            columns=4,
            object_fit="contain",
            height="auto",
            buttons=[],
            interactive=False,
            elem_id="compared",
        )
        last = {"trigger_mode": "always_last", **PRIVATE}
        picture.input(self.compare, picture, compared, **COLORING, **last)

        gr.Markdown("## Epoch by epoch")
        with gr.Row():
            run = gr.Dropdown(
                [],
                label="Run",
                info=f"Of the folder {Path(self._page.runs_dir).name}, with pictures of epochs",
            )
            epoch = gr.Slider(1, 2, 1, step=1, label="Epoch")
            play = gr.Button("Replay")
        shown = gr.Image(
            label="Ten validation pictures: gray, prediction, truth",
            show_label=False,
            interactive=False,
            buttons=["fullscreen"],
            visible=False,
            alt_text="Ten validation pictures of the run after the epoch",
        )
        timer = gr.Timer(SECONDS_PER_EPOCH, active=False)
        hidden = {**last, "show_progress": "hidden"}
        run.input(self.begin, run, [epoch, shown], **hidden)
        epoch.change(self.after, [run, epoch], shown, **hidden)
        play.click(lambda: (1, gr.Timer(active=True)), None, [epoch, timer], **hidden)
        timer.tick(self.next, [run, epoch], [epoch, timer], **PRIVATE, show_progress="hidden")
        self.shown_first = [compared, run, play, epoch, shown]

    def first(self):
        """What is shown before anything is asked for, for `shown_first`."""
        runs = list(self.runs())
        run = runs[-1] if runs else None
        return (
            self.example(self._first_title),
            gr.Dropdown(runs, value=run),
            gr.Button(interactive=bool(runs)),
            *self.begin(run),
        )

    def compare(self, title, request: gr.Request):
        """Paths of pictures with captions."""
        if title != OWN:
            return self.example(title)
        with in_plain_words(), self._page.visits.of(request.session_hash) as visit:
            return self._colored(visit.preview, visit.new_file)

    def example(self, title):
        """The same of one of the examples, made once."""
        page = self._page
        if title not in self._compared:
            [path] = [path for path, own in page.examples if own == title]
            truth = page.compared / Path(path).name
            page.compared.mkdir(exist_ok=True)
            shutil.copyfile(page.originals[title], truth)
            pictures = self._colored(
                page.look(path), lambda name: page.compared / f"{truth.stem}_{name}"
            )
            self._compared[title] = [*pictures, (str(truth), "truth")]
        return self._compared[title]

    def _colored(self, preview, new_file):
        """Writes a photograph in gray and as each model colors it; paths with captions."""
        pictures = {"gray": preview.gray}
        pictures |= {name: preview.colored(name) for name in self._page.models}
        compared = []
        for caption, pixels in pictures.items():
            path = new_file(f"compared_{len(compared)}.jpg")
            Image.fromarray(pixels).save(path, quality=JPEG_QUALITY)
            compared.append((str(path), caption))
        return compared

    def runs(self):
        """Folders with pictures of epochs, by the names of their runs, the newest last."""
        root = Path(self._page.runs_dir)
        folders = [path for path in root.glob(f"*/*/{EPOCHS_FOLDER}") if any(path.glob(EPOCHS))]
        folders.sort(key=lambda folder: folder.parent.name)
        return {str(folder.parent.relative_to(root)): folder for folder in folders}

    def begin(self, run):
        """The slider for a run's epochs, and the picture of the first one."""
        last = self._last(run)
        return gr.Slider(1, max(2, last), 1, interactive=last > 1), self.after(run, 1)

    def after(self, run, epoch):
        """The picture after an epoch; hidden where there is none."""
        folder = self.runs().get(run)
        path = folder and folder / f"{int(epoch):03}.png"
        if path is None or not path.exists():
            return gr.Image(None, visible=False)
        # Not its path: the page gives nothing from outside of its own folder.
        with Image.open(path) as image:
            return gr.Image(image.convert("RGB"), visible=True)

    def next(self, run, epoch):
        """The epoch after another one, and whether the replay goes on."""
        last = self._last(run)
        return min(epoch + 1, max(1, last)), gr.Timer(active=epoch + 1 < last)

    def _last(self, run):
        folder = self.runs().get(run)
        return max((int(path.stem) for path in folder.glob(EPOCHS)), default=0) if folder else 0
