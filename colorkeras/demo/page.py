"""The page: its tabs and their shared state."""

import gradio as gr
from PIL import Image

from colorkeras import image_io
from colorkeras.data import sample
from colorkeras.demo import full_size
from colorkeras.demo.blind_test_tab import BlindTestTab
from colorkeras.demo.compare_tab import CompareTab
from colorkeras.demo.event_options import PRIVATE
from colorkeras.demo.photograph_tab import PhotographTab
from colorkeras.demo.previews import Preview
from colorkeras.demo.sessions import SERVED, UPLOADS, Sessions, delete_older

_INTRODUCTION = """# colorkeras
Color for black-and-white photographs. The colors are plausible guesses, not a record of what was
there: please say so wherever you show them."""

_MAX_API_SESSIONS, _API_SECONDS = 20, 600
"""Number of API results to keep, and how long to keep them."""

_UPLOAD_SECONDS = 3600
"""Maximum age of unused uploads and of Gradio's copies."""


class Page:
    """State that all tabs share.

    Args:
        models: Dict of name to `predictor.Predictor`; the first is selected initially.
        folder: Folder for visitors' files and examples.
        max_megapixels: Maximum size of a photograph, in millions of pixels.
        runs_dir: Folder of training runs to replay.

    Attributes:
        sessions: `Sessions` of visitors.
        api_sessions: `Sessions` of API clients.
        suffixes: Suffixes of the accepted files.
        examples: List of (path of a grayscale photograph, title).
        originals: Dict of title to path of the same photograph in color.
        compared: Folder for the colored examples.
    """

    def __init__(self, models, folder, max_megapixels, runs_dir):
        self.models, self.max_megapixels, self.runs_dir = models, max_megapixels, runs_dir
        self.sessions = Sessions(folder)
        # Apart from visitors', because API clients cannot say when they are done.
        self.api_sessions = Sessions(folder, _MAX_API_SESSIONS, _API_SECONDS)
        # Otherwise Gradio would copy each file, and the copies would outlive the session. Static
        # paths serve any file in them, so photographs and uploads are in other folders.
        gr.set_static_paths([folder / SERVED, folder / "examples"])
        self._uploads = folder / UPLOADS
        self.suffixes = [suffix for kind in image_io.FORMATS.values() for suffix in kind.suffixes]
        self.originals = {title: path for path, title in sample.photographs()}
        self.examples = list(_write_grayscale(self.originals, folder / "examples" / "gray"))
        self.compared = folder / "examples" / "compared"

    def preview(self, path):
        """Return the `Preview` of a file."""
        return Preview(path, self.models, self.max_megapixels)

    def delete_expired(self):
        """Delete expired sessions and uploads."""
        self.sessions.expire()
        self.api_sessions.expire()
        delete_older(self._uploads, _UPLOAD_SECONDS)


def build(page):
    """Return the page as `gr.Blocks`."""
    with gr.Blocks(title="colorkeras", analytics_enabled=False) as blocks:
        gr.Markdown(_INTRODUCTION)
        with gr.Tab("Color a photograph"):
            PhotographTab(page).build()
        with gr.Tab("Compare models"):
            compare_tab = CompareTab(page)
            compare_tab.build()
        with gr.Tab("Real or recolored?"):
            BlindTestTab(page).build()

        full_size.build(page)
        blocks.load(compare_tab.initial, None, compare_tab.initial_outputs, **PRIVATE)

        def close(request: gr.Request):
            page.sessions.close(request.session_hash)

        blocks.unload(close)
    return blocks


def _write_grayscale(originals, folder):
    """Write photographs in grayscale; yield paths and titles."""
    folder.mkdir(parents=True)
    for title, path in originals.items():
        with path.open("rb") as stream, Image.open(stream) as image:
            image.convert("L").save(folder / path.name, quality=92)
        yield str(folder / path.name), title
