"""Serve a web page: drop a photograph, slide between gray and color.

    colorkeras demo

The page is reachable from this machine only, unless --host says otherwise, and loads nothing from
the network. Uploads are deleted when visitors close the page.
"""

import importlib.util
from dataclasses import dataclass

from colorkeras.cli.colorize_arguments import add_model_argument
from colorkeras.cli.startup import quiet_start
from colorkeras.config.settings import Checked, add_options, setting
from colorkeras.demo import temporary_folder
from colorkeras.export.bundled import BUNDLED_MODELS, resolve
from colorkeras.export.metadata import read_metadata
from colorkeras.utils.errors import UserError


@dataclass(frozen=True)
class DemoOptions(Checked):
    """Settings of the page."""

    host: str = setting(
        "127.0.0.1",
        "Address to serve at. With 0.0.0.0 everyone who reaches this machine can upload files.",
        metavar="ADDRESS",
    )
    port: int = setting(7860, "Port to serve at.", low=1, high=65535)
    max_megabytes: float = setting(100.0, "Largest upload in megabytes.", low=0.001, high=10_000)
    max_megapixels: float = setting(
        60.0, "Largest photograph in megapixels.", low=0.001, high=10_000
    )
    runs_dir: str = setting("runs", "Folder of runs to replay.", metavar="DIR")
    no_browser: bool = setting(False, "Do not open the page in a browser.")


def add_arguments(parser):
    """Add the options of the command."""
    add_model_argument(parser, action="append")
    add_options(parser, DemoOptions)


def run(options):
    """Serve the page until it is stopped; return the exit status."""
    names = options.model or list(BUNDLED_MODELS)
    for name in names:
        read_metadata(resolve(name))
    settings = DemoOptions.from_options(options)
    if importlib.util.find_spec("gradio") is None:
        raise UserError(
            "colorkeras demo without Gradio", "the extra demo", "pip install 'colorkeras[demo]'"
        )
    with temporary_folder() as folder:
        with quiet_start():
            from colorkeras.demo import page, server
            from colorkeras.inference import predictor

            models = {name: predictor.load(name) for name in names}
            shared = page.Page(models, folder, settings.max_megapixels, settings.runs_dir)
        server.serve(shared, settings)
