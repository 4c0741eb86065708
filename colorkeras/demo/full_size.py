"""Coloring a file at full size, for the page's download and for API clients."""

import uuid

import gradio as gr

from colorkeras import image_io
from colorkeras.config.colorize_options import ColorizeOptions, check_option
from colorkeras.demo import previews
from colorkeras.demo.event_options import COLORING
from colorkeras.demo.visitor_messages import show_errors
from colorkeras.inference.batch import plan, run
from colorkeras.utils.errors import UserError, check_choice

API_NAME = "colorize"


def colorize_session(page, session, settings, report_progress=lambda share, text: None):
    """Write a session's photograph in color, like `colorkeras colorize`.

    Args:
        page: `page.Page`.
        session: `sessions.Session`.
        settings: Name of the model, saturation factor and seed.
        report_progress: Function of the finished share in `[0, 1]` and the current activity.

    Returns:
        `run.FileResult`.

    Raises:
        UserError: The photograph could not be colored, or a setting is out of range.
    """
    name, saturation, seed = settings
    check_choice("model", name, page.models)
    check_option("saturation", saturation)
    target = f"{session.source.stem}{plan.MARK}{image_io.result_suffix(session.source)}"
    [item] = plan.plan([session.source], session.new_file(target)).items
    options = ColorizeOptions(seed=seed, saturation=saturation, max_megapixels=page.max_megapixels)
    report_progress(0, "Reading")
    if session.preview is None:
        num_pages = previews.num_pages(session.source, page.max_megapixels)
    else:
        num_pages = session.preview.num_pages
    model = _ProgressModel(page.models[name], num_pages, report_progress)
    result = run.colorize_file(model, item, options)
    if result.error is not None:
        raise result.error
    return result


class _ProgressModel:
    """A model that reports how many pages of a file it has colored."""

    def __init__(self, model, num_pages, report_progress):
        self.name, self._model, self._report_progress = model.name, model, report_progress
        self._num_pages, self._num_done = num_pages, 0

    def color_image(self, *arguments):
        which = f" page {self._num_done + 1} of {self._num_pages}" if self._num_pages > 1 else ""
        self._report_progress((self._num_done + 0.2) / self._num_pages, f"Coloring{which}")
        colored = self._model.color_image(*arguments)
        self._report_progress((self._num_done + 0.8) / self._num_pages, f"Writing{which}")
        self._num_done += 1
        return colored


def build(page):
    """Add the API endpoint to the page that is being built."""
    names = list(page.models)

    def colorize(photograph, model, saturation, seed):
        """Color a photograph; return a file of the same size and, if possible, the same format.

        Args:
            photograph: A file in any format that `colorkeras colorize` reads.
            model: Name of one of the page's models.
            saturation: Factor of chroma in [0, 4].
            seed: Whole number; models that sample give another variation for each seed.
        """
        with show_errors():
            if photograph is None:
                raise UserError("no photograph", "an uploaded file", "Upload a file first.")
            for title, number in (("saturation", saturation), ("seed", seed)):
                if number is None:
                    raise UserError(
                        f"no {title}", "a number", "Pass saturation 1 and seed 0 for the defaults."
                    )
            with page.api_sessions.start(uuid.uuid4().hex, photograph) as session:
                result = colorize_session(page, session, (model, saturation, int(seed)))
                return str(result.targets[0])

    with gr.Row(visible=False):
        inputs = [
            gr.File(label="photograph"),
            gr.Textbox(names[0], label="model"),
            gr.Number(1, label="saturation"),
            gr.Number(0, precision=0, label="seed"),
        ]
        result = gr.File(label="result")
        gr.Button().click(colorize, inputs, result, api_name=API_NAME, **COLORING)
