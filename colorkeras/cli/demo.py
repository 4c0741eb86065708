"""Serve a web page for colorizing photographs.

    colorkeras demo

By default, the page can only be reached from this machine. It loads nothing from the internet.
Uploads are deleted when visitors close the page.
"""

import importlib.util
from dataclasses import dataclass

from colorkeras.cli.colorize_arguments import add_model_argument
from colorkeras.cli.startup import quiet_start
from colorkeras.config.validation import Checked, Setting, add_options, setting
from colorkeras.demo import temporary_folder
from colorkeras.export.bundled import BUNDLED_MODELS, resolve
from colorkeras.export.metadata import read_metadata
from colorkeras.utils.errors import UserError

_PACKAGES = ("starlette", "uvicorn", "python_multipart")
"""Modules from the `demo` extra that the server needs."""

_HOST_NAME = Setting(
    str,
    pattern=r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?",
    expected="a host name without scheme and port, such as color.example.org",
)


@dataclass(frozen=True)
class DemoOptions(Checked):
    """Settings for `colorkeras demo`."""

    host: str = setting(
        "127.0.0.1",
        "Address to listen on. With 0.0.0.0, anyone who can reach this machine can upload files.",
        metavar="ADDRESS",
    )
    port: int = setting(7860, "Port to listen on.", low=1, high=65535)
    max_megabytes: float = setting(
        100.0, "Maximum upload size in megabytes.", low=0.001, high=10_000
    )
    max_megapixels: float = setting(
        60.0, "Maximum photograph size in megapixels.", low=0.001, high=10_000
    )
    no_browser: bool = setting(False, "Do not open the page in a browser.")


def add_arguments(parser):
    """Add the command's options."""
    add_model_argument(parser, action="append")
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="additional host name under which the page may be reached, such as that of a reverse "
        "proxy; can be repeated (IP addresses, localhost and the name of this machine are always "
        "accepted)",
    )
    add_options(parser, DemoOptions)


def run(options):
    """Serve the page until it is stopped; return the exit status."""
    names = options.model or list(BUNDLED_MODELS)
    for name in names:
        read_metadata(resolve(name))
    settings = DemoOptions.from_options(options)
    host_names = [_HOST_NAME.check("--allow-host", name) for name in options.allow_host]
    missing = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise UserError(
            f"colorkeras demo without {', '.join(missing)}",
            "an installation with the 'demo' extra",
            "pip install 'colorkeras[demo]'",
        )
    with temporary_folder() as folder:
        with quiet_start():
            from colorkeras.demo import server
            from colorkeras.demo.page import Page, named
            from colorkeras.inference import predictor

            models = named([(name, predictor.load(name)) for name in names])
            page = Page(models, folder, settings)
        server.serve(page, settings, host_names)
