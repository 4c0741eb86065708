"""The tab that compares models on one photograph, and replays the epochs of a run."""

import shutil
from pathlib import Path

import gradio as gr
from PIL import Image

from colorkeras.demo.event_options import COLORING, PRIVATE
from colorkeras.demo.previews import JPEG_QUALITY
from colorkeras.demo.visitor_messages import show_errors
from colorkeras.training.run_directory import EPOCHS_FOLDER

_EPOCH_FILES = "[0-9][0-9][0-9].png"

_OWN = "Your photograph, from the first tab"

_SECONDS_PER_EPOCH = 0.7

_LATEST = {"trigger_mode": "always_last", **PRIVATE}


class CompareTab:
    """Content and events of the tab of a `page.Page`."""

    def __init__(self, page):
        self._page = page
        self._examples = {}
        # Colored before the first visitor comes, which also warms up the networks.
        _, self._first_title = page.examples[1]
        self.example(self._first_title)

    def build(self):
        """Add the tab to the page that is being built."""
        titles = [title for _, title in self._page.examples]
        gr.Markdown("## One photograph, colored by all models")
        photograph = gr.Dropdown([*titles, _OWN], value=self._first_title, label="Photograph")
        compared = gr.Gallery(
            label="Gray, each model, and the original colors if known",
            columns=4,
            object_fit="contain",
            height="auto",
            buttons=[],
            interactive=False,
            elem_id="compared",
        )
        photograph.input(self.compare, photograph, compared, **COLORING, **_LATEST)
        self.initial_outputs = [compared, *self._build_replay()]

    def _build_replay(self):
        gr.Markdown("## Epoch by epoch")
        with gr.Row():
            run = gr.Dropdown(
                [],
                label="Run",
                info=f"Runs in the folder {Path(self._page.runs_dir).name} with images of epochs",
            )
            epoch = gr.Slider(1, 2, 1, step=1, label="Epoch")
            play = gr.Button("Replay")
        shown = gr.Image(
            label="Ten validation images: gray, prediction, ground truth",
            show_label=False,
            interactive=False,
            buttons=["fullscreen"],
            visible=False,
            alt_text="Ten validation images of the run after the epoch",
        )
        timer = gr.Timer(_SECONDS_PER_EPOCH, active=False)
        hidden = {**_LATEST, "show_progress": "hidden"}
        run.input(self.select_run, run, [epoch, shown], **hidden)
        epoch.change(self.epoch_image, [run, epoch], shown, **hidden)
        play.click(lambda: (1, gr.Timer(active=True)), None, [epoch, timer], **hidden)
        timer.tick(self.next_epoch, [run, epoch], [epoch, timer], **PRIVATE, show_progress="hidden")
        return run, play, epoch, shown

    def initial(self):
        """Return the initial values of `initial_outputs`."""
        runs = list(self._runs())
        run = runs[-1] if runs else None
        return (
            self.example(self._first_title),
            gr.Dropdown(runs, value=run),
            gr.Button(interactive=bool(runs)),
            *self.select_run(run),
        )

    def compare(self, title, request: gr.Request):
        """Return paths and captions of a photograph colored by all models."""
        if title != _OWN:
            return self.example(title)
        with show_errors(), self._page.sessions.use(request.session_hash) as session:
            return self._colored(session.preview, session.new_file)

    def example(self, title):
        """Return the same for an example; it is colored once."""
        page = self._page
        if title not in self._examples:
            [path] = [path for path, own in page.examples if own == title]
            truth = page.compared / Path(path).name
            page.compared.mkdir(exist_ok=True)
            shutil.copyfile(page.originals[title], truth)
            images = self._colored(
                page.preview(path), lambda name: page.compared / f"{truth.stem}_{name}"
            )
            self._examples[title] = [*images, (str(truth), "original")]
        return self._examples[title]

    def _colored(self, preview, new_file):
        """Write a preview in gray and colored by each model; return paths and captions."""
        images = {"gray": preview.gray}
        images |= {name: preview.colored(name) for name in self._page.models}
        compared = []
        for caption, pixels in images.items():
            path = new_file(f"compared_{len(compared)}.jpg")
            Image.fromarray(pixels).save(path, quality=JPEG_QUALITY)
            compared.append((str(path), caption))
        return compared

    def _runs(self):
        """Return the folders with images of epochs by run, the newest last."""
        root = Path(self._page.runs_dir)
        folders = [
            path for path in root.glob(f"*/*/{EPOCHS_FOLDER}") if any(path.glob(_EPOCH_FILES))
        ]
        folders.sort(key=lambda folder: folder.parent.name)
        return {str(folder.parent.relative_to(root)): folder for folder in folders}

    def select_run(self, run):
        """Return a slider over a run's epochs, and the image of the first epoch."""
        last = self._last_epoch(run)
        return gr.Slider(1, max(2, last), 1, interactive=last > 1), self.epoch_image(run, 1)

    def epoch_image(self, run, epoch):
        """Return the image after an epoch; hidden if there is none."""
        folder = self._runs().get(run)
        path = folder and folder / f"{int(epoch):03}.png"
        if path is None or not path.exists():
            return gr.Image(None, visible=False)
        # Pixels instead of the path, because the page serves no files outside of its folder.
        with Image.open(path) as image:
            return gr.Image(image.convert("RGB"), visible=True)

    def next_epoch(self, run, epoch):
        """Return the next epoch, and a timer that runs until the last one."""
        last = self._last_epoch(run)
        return min(epoch + 1, max(1, last)), gr.Timer(active=epoch + 1 < last)

    def _last_epoch(self, run):
        folder = self._runs().get(run)
        files = folder.glob(_EPOCH_FILES) if folder else []
        return max((int(path.stem) for path in files), default=0)
