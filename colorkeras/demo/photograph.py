"""The first tab: a photograph in gray and in color, and the full-size file of it."""

import gradio as gr
import numpy as np
from matplotlib import colormaps
from PIL import Image

from colorkeras.demo import full_size
from colorkeras.demo.line import COLORING, PRIVATE, SHOWING
from colorkeras.demo.plain_words import in_plain_words
from colorkeras.demo.previews import JPEG_QUALITY
from colorkeras.export.bundled import PURPOSES

MOST_UNSURE = 0.15
"""Standard deviation of chroma that the brightest color of the map stands for."""

# The library's component has none.
_ALTERNATIVE_TEXTS = """() => document.querySelectorAll("#shown img").forEach(
    (image, number) => { image.alt = number ? "The photograph in color" : "The same in gray"; }
)"""

# Gradio looks for this default value.
_PROGRESS = gr.Progress()


class Photograph:
    """What the tab does.

    Args:
        page: `page.Page`.
    """

    def __init__(self, page):
        self._page = page

    def build(self):
        """Adds the tab to the page that is being built."""
        names = list(self._page.models)
        with gr.Row():
            with gr.Column(scale=1, min_width=300):
                file = gr.File(
                    label="Drop a photograph, or click",
                    file_types=self._page.suffixes,
                    height=140,
                )
                examples = gr.Gallery(
                    self._page.examples,
                    label="Or pick one of these",
                    columns=3,
                    height="auto",
                    allow_preview=False,
                    object_fit="cover",
                    interactive=False,
                    buttons=[],
                    elem_id="examples",
                )
                choices = [(f"{name}: {PURPOSES.get(name, 'your own')}", name) for name in names]
                model = gr.Radio(choices, value=names[0], label="Model")
                saturation = gr.Slider(0, 2, 1, step=0.05, label="Saturation")
                seed = gr.State(0)
                another = gr.Button("Another plausible version", interactive=False)
                unsure = gr.Checkbox(
                    False, label="Show where the model is unsure", interactive=False
                )
            with gr.Column(scale=3, min_width=300):
                shown = gr.ImageSlider(
                    label="Gray and color: drag the divider",
                    type="filepath",
                    interactive=False,
                    max_height=700,
                    buttons=["fullscreen"],
                    elem_id="shown",
                )
                divider = gr.Slider(
                    0, 100, 50, step=1, label="Divider, for the keyboard", buttons=[]
                )
                told = gr.Markdown(
                    "What you drop goes to the server of this page and nowhere else."
                )
                where = gr.Image(
                    label="Brighter: other colors are as plausible",
                    visible=False,
                    interactive=False,
                    buttons=["fullscreen"],
                    alt_text="The photograph as a map, bright where the model is unsure of colors",
                )
                full = gr.Button("Color the full size", variant="primary", interactive=False)
                result = gr.File(label="Full size, with the metadata", visible=False, height=110)

        settings = [model, saturation, seed]
        begun, waited = [told, full], {**COLORING, **PRIVATE, "show_progress_on": shown}
        hidden = {**PRIVATE, "show_progress": "hidden"}
        dropped = file.upload(self.drop, file, begun, **waited)
        picked = examples.select(self.pick, None, begun, **waited)
        # Emptied, whatever became of it, so that another one can be dropped.
        for after in (dropped.success, dropped.failure):
            after(lambda: None, None, file, queue=False, **hidden)
        asked_again = another.click(
            lambda number: number + 1, seed, seed, queue=False, trigger_mode="multiple", **hidden
        )
        # One event for all settings: what is shown in the end is what is set in the end.
        showing = self.show, settings, [shown, another, unsure, result]
        last = {"trigger_mode": "always_last", **SHOWING, **hidden}
        gr.on([model.input, saturation.input], *showing, **last)
        asked_again.then(*showing, **last)
        locating = self.where, [model, unsure], where
        gr.on([model.input, unsure.input], *locating, **last)
        for begin in (dropped, picked):
            begin.success(*showing, **SHOWING, **hidden)
            begin.success(*locating, **SHOWING, **hidden)
        divider.input(
            lambda position: gr.ImageSlider(slider_position=position),
            divider,
            shown,
            queue=False,
            trigger_mode="always_last",
            **hidden,
        )
        shown.change(None, js=_ALTERNATIVE_TEXTS, **PRIVATE)
        # Progress is shown on it, so it has to be seen first.
        asked = full.click(lambda: gr.File(None, visible=True), None, result, queue=False, **hidden)
        asked.then(self.full, settings, result, **COLORING, **PRIVATE)

    def drop(self, file, request: gr.Request):
        """Begins with an uploaded photograph."""
        return self._begin(file, request)

    def pick(self, event: gr.SelectData, request: gr.Request):
        """Begins with one of the examples."""
        path, _ = self._page.examples[event.index]
        return self._begin(path, request)

    def _begin(self, path, request):
        visits, session = self._page.visits, request.session_hash
        with in_plain_words(), visits.begin(session, path, self._look) as visit:
            preview = visit.preview
            width, height = preview.size
            lines = [f"**{visit.source.name}**, {width} x {height} pixels."]
            if preview.num_pages > 1:
                lines.append(f"The first of {preview.num_pages} pages is shown; all are colored.")
            told = " ".join([*lines, *(f"{note}." for note in preview.notes)])
            return told, gr.Button(interactive=True)

    def _look(self, visit):
        visit.preview, visit.gray = self._page.look(visit.source), visit.new_file("gray.jpg")
        _save(visit.preview.gray, visit.gray)

    def show(self, name, saturation, seed, request: gr.Request):
        """Shows the preview with the settings."""
        visits, session = self._page.visits, request.session_hash
        if not visits.knows(session):
            return gr.skip()
        with in_plain_words(), visits.of(session) as visit:
            pixels = visit.preview.colored(name, seed, saturation)
            gray, color = visit.gray, visit.new_file("color.jpg")
            _save(pixels, color)
        exported = self._page.models[name].exported
        return (
            (str(gray), str(color)),
            gr.Button(interactive=exported.samples),
            gr.Checkbox(interactive=exported.is_confident),
            gr.File(None, visible=False),
        )

    def where(self, name, wanted, request: gr.Request):
        """Shows where the model is unsure, if that is wanted and it tells."""
        visits, session = self._page.visits, request.session_hash
        is_told = wanted and self._page.models[name].exported.is_confident
        if not (is_told and visits.knows(session)):
            return gr.Image(visible=False)
        with in_plain_words(), visits.of(session) as visit:
            spread = visit.preview.spread(name)
            colors = colormaps["inferno"](np.clip(spread / MOST_UNSURE, 0, 1), bytes=True)
            height, width = visit.preview.gray.shape
            path = visit.new_file("unsure.jpg")
            _save(colors[..., :3], path, (width, height))
            return gr.Image(str(path), visible=True)

    def full(self, name, saturation, seed, request: gr.Request, progress=_PROGRESS):
        """Writes the photograph in color, as `colorkeras colorize` does."""
        with in_plain_words(), self._page.visits.of(request.session_hash) as visit:
            outcome = full_size.color(
                self._page,
                visit,
                name,
                saturation,
                seed,
                lambda share, text: progress(share, desc=text),
            )
            for note in outcome.notes:
                gr.Info(f"{note}.")
            label = f"Full size, with the metadata: {name}, saturation {saturation:g}"
            return gr.File(str(outcome.targets[0]), visible=True, label=label)


def _save(pixels, path, size=None):
    """Writes uint8 pixels as a JPEG file, of another size if one is given."""
    image = Image.fromarray(pixels)
    if size is not None:
        image = image.resize(size, Image.Resampling.BILINEAR)
    image.save(path, quality=JPEG_QUALITY)
