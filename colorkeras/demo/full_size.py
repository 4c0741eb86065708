"""The full-size file of a visit, for the page and for other programs."""

import uuid

import gradio as gr

from colorkeras import image_io
from colorkeras.config.training_config import check_saturation
from colorkeras.demo import previews
from colorkeras.demo.line import COLORING
from colorkeras.demo.plain_words import in_plain_words
from colorkeras.inference.batch import plan, run
from colorkeras.utils.errors import UserError, check_choice

API_NAME = "colorize"


def color(page, visit, name, saturation, seed, tell=lambda share, text: None):
    """Writes a visit's photograph in color, as `colorkeras colorize` does.

    Args:
        page: `page.Page`.
        visit: `visits.Visit`.
        name: Of the model.
        saturation: Factor of chroma.
        seed: Of the version.
        tell: Function of the share that is done, 0..1, and what is being done.

    Returns:
        `run.FileResult`.

    Raises:
        UserError: It could not be colored, or a setting is out of range.
    """
    check_choice("model", name, page.models)
    check_saturation(saturation)
    target = f"{visit.source.stem}{plan.MARK}{image_io.result_suffix(visit.source)}"
    [job] = plan.plan([visit.source], visit.new_file(target))
    settings = run.ColorizeOptions(
        seed=seed, saturation=saturation, max_megapixels=page.max_megapixels
    )
    tell(0, "Reading")
    if visit.preview is None:
        num_pages = previews.num_pages(visit.source, page.max_megapixels)
    else:
        num_pages = visit.preview.num_pages
    watched = _Watched(page.models[name], num_pages, tell)
    outcome = run.colorize_file(watched, job, settings)
    if outcome.error is not None:
        raise outcome.error
    return outcome


class _Watched:
    """A model that tells how many pages of a file it has colored."""

    def __init__(self, model, num_pages, tell):
        self.name, self._model, self._tell = model.name, model, tell
        self._num_pages, self._num_done = num_pages, 0

    def color_image(self, *arguments):
        which = f" page {self._num_done + 1} of {self._num_pages}" if self._num_pages > 1 else ""
        self._tell((self._num_done + 0.2) / self._num_pages, f"Coloring{which}")
        colored = self._model.color_image(*arguments)
        self._tell((self._num_done + 0.8) / self._num_pages, f"Writing{which}")
        self._num_done += 1
        return colored


def build(page):
    """Adds the endpoint for other programs to the page that is being built."""
    names = list(page.models)

    def colorize(photograph, model, saturation, seed):
        """Color a photograph; returns a file of its size and, where it can be, its format.

        Args:
            photograph: A file of any format that `colorkeras colorize` takes.
            model: Name of a model of the page.
            saturation: Factor of chroma, 0..4.
            seed: Whole number; of models that sample, another gives another plausible version.
        """
        with in_plain_words():
            if photograph is None:
                raise UserError("no photograph", "a file that was uploaded", "Upload one first.")
            for title, number in (("saturation", saturation), ("seed", seed)):
                if number is None:
                    raise UserError(f"no {title}", "a number", "Pass 1 and 0 for the usual ones.")
            with page.calls.begin(uuid.uuid4().hex, photograph) as call:
                return str(color(page, call, model, saturation, int(seed)).targets[0])

    with gr.Row(visible=False):
        inputs = [
            gr.File(label="photograph"),
            gr.Textbox(names[0], label="model"),
            gr.Number(1, label="saturation"),
            gr.Number(0, precision=0, label="seed"),
        ]
        result = gr.File(label="result")
        gr.Button().click(colorize, inputs, result, api_name=API_NAME, **COLORING)
