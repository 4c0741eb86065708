"""Open a page in the browser: drop a photograph, slide between gray and color.

    colorkeras demo

The page is served to this machine alone, unless `--host` says otherwise, and nothing is fetched
from elsewhere. What visitors upload is deleted when they close it.
"""

import importlib.util

from colorkeras.cli import quiet_start
from colorkeras.cli.coloring_options import check_range
from colorkeras.demo import temporary_folder
from colorkeras.export.bundled import BUNDLED_MODELS, resolve
from colorkeras.export.metadata import read_metadata
from colorkeras.utils.errors import UserError

LOCAL = "127.0.0.1"

PORT = 7860

MAX_MEGABYTES, MAX_MEGAPIXELS = 100, 60
"""Of an upload."""


def add_arguments(parser):
    """Adds the options of the command."""
    add = parser.add_argument
    add(
        "--model",
        action="append",
        metavar="NAME_OR_PATH",
        help=f"{', '.join(BUNDLED_MODELS)} or the folder of an export; may be repeated (default: "
        "the bundled ones)",
    )
    add(
        "--host",
        default=LOCAL,
        metavar="ADDRESS",
        help="address to serve at (default %(default)s, this machine alone); with 0.0.0.0 whoever "
        "reaches this machine can use it and upload files",
    )
    add("--port", type=int, default=PORT, metavar="N", help="(default %(default)s)")
    add(
        "--max-megabytes",
        type=float,
        default=MAX_MEGABYTES,
        metavar="N",
        help="largest file that is taken (default %(default)g)",
    )
    add(
        "--max-megapixels",
        type=float,
        default=MAX_MEGAPIXELS,
        metavar="N",
        help="millions of pixels of the largest photograph (default %(default)g)",
    )
    add("--runs-dir", default="runs", metavar="DIR", help="runs to replay (default %(default)s)")
    add("--no-browser", action="store_true", help="do not open the page")


def run(options):
    """Serves the page until it is stopped; returns the exit status."""
    names = options.model or list(BUNDLED_MODELS)
    for name in names:
        read_metadata(resolve(name))
    check_range("--port", options.port, 1, 65535)
    check_range("--max-megabytes", options.max_megabytes, 0.001, 10_000)
    check_range("--max-megapixels", options.max_megapixels, 0.001, 10_000)
    if importlib.util.find_spec("gradio") is None:
        raise UserError(
            "colorkeras demo without Gradio", "the extra demo", "pip install 'colorkeras[demo]'"
        )
    with temporary_folder() as folder:
        with quiet_start():
            from colorkeras.demo import page, server
            from colorkeras.inference import predictor

            models = {name: predictor.load(name) for name in names}
            shared = page.Page(models, folder, options.max_megapixels, options.runs_dir)
        server.serve(shared, options)
