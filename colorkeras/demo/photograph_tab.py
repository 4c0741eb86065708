"""The tab that colors a photograph: preview, settings, full-size file."""

from types import SimpleNamespace

import gradio as gr
import numpy as np
from matplotlib import colormaps
from PIL import Image

from colorkeras.demo import full_size
from colorkeras.demo.event_options import COLORING, PRIVATE, SHOWING
from colorkeras.demo.previews import JPEG_QUALITY
from colorkeras.demo.visitor_messages import show_errors
from colorkeras.export.bundled import PURPOSES

_MAX_UNCERTAINTY = 0.15
"""Standard deviation of chroma that gets the brightest color of the map."""

# Gradio's image slider has no alternative texts.
_SET_ALTERNATIVE_TEXTS = """() => document.querySelectorAll("#shown img").forEach(
    (image, number) => { image.alt = number ? "The photograph in color" : "The same in gray"; }
)"""

# Gradio recognizes this default value.
_PROGRESS = gr.Progress()

_QUIET = {**PRIVATE, "show_progress": "hidden"}

_LATEST = {"trigger_mode": "always_last", **SHOWING, **_QUIET}


class PhotographTab:
    """Content and events of the tab of a `page.Page`."""

    def __init__(self, page):
        self._page = page

    def build(self):
        """Add the tab to the page that is being built."""
        with gr.Row():
            with gr.Column(scale=1, min_width=300):
                controls = self._build_controls()
            with gr.Column(scale=3, min_width=300):
                results = _build_results()
        self._connect_inputs(controls, results)
        self._connect_results(controls, results)

    def _build_controls(self):
        names = list(self._page.models)
        file = gr.File(
            label="Drop a photograph, or click", file_types=self._page.suffixes, height=140
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
        return SimpleNamespace(
            file=file,
            examples=examples,
            model=gr.Radio(choices, value=names[0], label="Model"),
            saturation=gr.Slider(0, 2, 1, step=0.05, label="Saturation"),
            seed=gr.State(0),
            another=gr.Button("Another variation", interactive=False),
            uncertain=gr.Checkbox(
                False, label="Show where the model is uncertain", interactive=False
            ),
        )

    def _connect_inputs(self, controls, results):
        """Connect the events that show another photograph or another coloring of it."""
        settings = [controls.model, controls.saturation, controls.seed]
        started = [results.message, results.full]
        waiting = {**COLORING, **PRIVATE, "show_progress_on": results.preview}
        dropped = controls.file.upload(self.start, controls.file, started, **waiting)
        picked = controls.examples.select(self.pick, None, started, **waiting)
        # Empty the field in any case, so that another file can be dropped.
        for after in (dropped.success, dropped.failure):
            after(lambda: None, None, controls.file, queue=False, **_QUIET)
        seed, repeatable = controls.seed, {"trigger_mode": "multiple", "queue": False, **_QUIET}
        next_seed = controls.another.click(lambda seed: seed + 1, seed, seed, **repeatable)
        # One event for all settings, so that the preview ends up with the latest of them.
        outputs = [results.preview, controls.another, controls.uncertain, results.download]
        show = self.show, settings, outputs
        gr.on([controls.model.input, controls.saturation.input], *show, **_LATEST)
        next_seed.then(*show, **_LATEST)
        show_map = self.show_map, [controls.model, controls.uncertain], results.map
        gr.on([controls.model.input, controls.uncertain.input], *show_map, **_LATEST)
        for start in (dropped, picked):
            start.success(*show, **SHOWING, **_QUIET)
            start.success(*show_map, **SHOWING, **_QUIET)

    def _connect_results(self, controls, results):
        """Connect the events of the divider and the full-size file."""
        results.divider.input(
            lambda position: gr.ImageSlider(slider_position=position),
            results.divider,
            results.preview,
            queue=False,
            trigger_mode="always_last",
            **_QUIET,
        )
        results.preview.change(None, js=_SET_ALTERNATIVE_TEXTS, **PRIVATE)
        # The file field must be visible first, because it shows the progress.
        visible = results.full.click(
            lambda: gr.File(None, visible=True), None, results.download, queue=False, **_QUIET
        )
        settings = [controls.model, controls.saturation, controls.seed]
        visible.then(self.color_full_size, settings, results.download, **COLORING, **PRIVATE)

    def pick(self, event: gr.SelectData, request: gr.Request):
        """Start with one of the examples."""
        path, _ = self._page.examples[event.index]
        return self.start(path, request)

    def start(self, path, request: gr.Request):
        """Start with an uploaded photograph."""
        start = self._page.sessions.start(request.session_hash, path, self._prepare)
        with show_errors(), start as session:
            preview = session.preview
            width, height = preview.size
            lines = [f"**{session.source.name}**, {width} x {height} pixels."]
            if preview.num_pages > 1:
                lines.append(f"The preview shows page 1 of {preview.num_pages}; all are colored.")
            message = " ".join([*lines, *(f"{note}." for note in preview.notes)])
            return message, gr.Button(interactive=True)

    def _prepare(self, session):
        session.preview = self._page.preview(session.source)
        session.gray = session.new_file("gray.jpg")
        _save(session.preview.gray, session.gray)

    def show(self, name, saturation, seed, request: gr.Request):
        """Show the preview with the settings."""
        sessions, session_hash = self._page.sessions, request.session_hash
        if not sessions.has_started(session_hash):
            return gr.skip()
        with show_errors(), sessions.use(session_hash) as session:
            pixels = session.preview.colored(name, seed, saturation)
            gray, color = session.gray, session.new_file("color.jpg")
            _save(pixels, color)
        exported = self._page.models[name].exported
        return (
            (str(gray), str(color)),
            gr.Button(interactive=exported.samples),
            gr.Checkbox(interactive=exported.is_confident),
            gr.File(None, visible=False),
        )

    def show_map(self, name, is_wanted, request: gr.Request):
        """Show where the model is uncertain, if requested and if the model predicts it."""
        sessions, session_hash = self._page.sessions, request.session_hash
        is_shown = is_wanted and self._page.models[name].exported.is_confident
        if not (is_shown and sessions.has_started(session_hash)):
            return gr.Image(visible=False)
        with show_errors(), sessions.use(session_hash) as session:
            uncertainty = session.preview.uncertainty(name)
            share = np.clip(uncertainty / _MAX_UNCERTAINTY, 0, 1)
            colors = colormaps["inferno"](share, bytes=True)
            height, width = session.preview.gray.shape
            path = session.new_file("uncertain.jpg")
            _save(colors[..., :3], path, (width, height))
            return gr.Image(str(path), visible=True)

    def color_full_size(self, name, saturation, seed, request: gr.Request, progress=_PROGRESS):
        """Write the photograph in color, like `colorkeras colorize`."""
        with show_errors(), self._page.sessions.use(request.session_hash) as session:
            result = full_size.colorize_session(
                self._page,
                session,
                (name, saturation, seed),
                lambda share, text: progress(share, desc=text),
            )
            for note in result.notes:
                gr.Info(f"{note}.")
            label = f"Full size, with metadata: {name}, saturation {saturation:g}"
            return gr.File(str(result.targets[0]), visible=True, label=label)


def _build_results():
    preview = gr.ImageSlider(
        label="Gray and color: drag the divider",
        type="filepath",
        interactive=False,
        max_height=700,
        buttons=["fullscreen"],
        elem_id="shown",
    )
    return SimpleNamespace(
        preview=preview,
        divider=gr.Slider(0, 100, 50, step=1, label="Divider, for the keyboard", buttons=[]),
        message=gr.Markdown("Your photograph is sent only to the server of this page."),
        map=gr.Image(
            label="Brighter: the model is less certain of the color",
            visible=False,
            interactive=False,
            buttons=["fullscreen"],
            alt_text="The photograph as a map, bright where the model is uncertain of colors",
        ),
        full=gr.Button("Color the full size", variant="primary", interactive=False),
        download=gr.File(label="Full size, with metadata", visible=False, height=110),
    )


def _save(pixels, path, size=None):
    """Write uint8 pixels as a JPEG file, optionally resized."""
    image = Image.fromarray(pixels)
    if size is not None:
        image = image.resize(size, Image.Resampling.BILINEAR)
    image.save(path, quality=JPEG_QUALITY)
