"""The page: its tabs, and what they share."""

import errno
import ipaddress
import socket
import sys
import time

import gradio as gr
from PIL import Image

from colorkeras import image_io
from colorkeras.data import sample
from colorkeras.demo import full_size, guard
from colorkeras.demo.blind_test import BlindTest
from colorkeras.demo.comparison import Comparison
from colorkeras.demo.line import PRIVATE
from colorkeras.demo.photograph import Photograph
from colorkeras.demo.previews import Preview
from colorkeras.demo.visits import SERVED, UPLOADS, Visits, delete_older
from colorkeras.utils.errors import UserError, one_line

TITLE = "colorkeras"

INTRODUCTION = """# colorkeras
Color for black-and-white photographs. The colors are plausible guesses, no record of what was
there: say so where you show them."""

MAX_CALLS, CALL_SECONDS = 20, 600
"""Results of programs' calls that are kept at once, and for how long."""

MAX_WAITING = 50
"""Events in line; who comes later is told that the page is busy."""

SECONDS_BETWEEN_SWEEPS, MAX_SECONDS_OF_UPLOADS = 60, 3600
"""How often what is too old is looked for, and how old copies become that the library keeps, and
uploads of which nothing was made."""

# Those of the visitor's machine: the library's own are fetched from elsewhere.
FONTS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]
MONOSPACED = ["ui-monospace", "Menlo", "Consolas", "monospace"]


# Galleries are as high as what they show; that of examples names them to screen readers alone;
# texts have the contrast that WCAG asks for.
CSS = """
#examples .grid-container { grid-template-columns: repeat(3, minmax(0, 1fr)) !important; }
:is(#examples, #compared) :is(.grid-wrap, .gallery-container) {
    height: auto !important; min-height: 0;
}
#examples .caption-label { display: none; }
button[role=tab][aria-selected=true] { color: var(--body-text-color) !important; }
.or, .min_value, .max_value, .show-api { color: var(--body-text-color-subdued) !important; }
"""


class Page:
    """What all tabs need.

    Args:
        models: Dict of `inference.predictor.Predictor` by name, the first one chosen at the start.
        folder: For files of visits, and examples.
        max_megapixels: Millions of pixels of the largest photograph.
        runs_dir: Folder of runs whose epochs are shown.

    Attributes:
        visits: `visits.Visits` of people.
        calls: `visits.Visits` of programs.
        suffixes: Of files that are taken.
        examples: List of the path of a gray photograph and its title.
        originals: Paths of the same in color, by title.
        compared: Folder for the examples in color.
    """

    def __init__(self, models, folder, max_megapixels, runs_dir):
        self.models, self.max_megapixels, self.runs_dir = models, max_megapixels, runs_dir
        self.visits = Visits(folder)
        # They cannot say that they are done, and shall not take the room of people.
        self.calls = Visits(folder, max_visits=MAX_CALLS, idle_seconds=CALL_SECONDS)
        # Else each file of a visit would be copied, and the copies outlast the visit. They are
        # served under any name and so are written here; what came is elsewhere.
        gr.set_static_paths([folder / SERVED, folder / "examples"])
        self._uploads = folder / UPLOADS
        self.suffixes = [suffix for kind in image_io.FORMATS.values() for suffix in kind.suffixes]
        self.originals = {title: path for path, title in sample.photographs()}
        self.examples = list(_grayed(self.originals, folder / "examples" / "gray"))
        self.compared = folder / "examples" / "compared"

    def look(self, path):
        """The `Preview` of a file."""
        return Preview(path, self.models, self.max_megapixels)

    def sweep(self):
        """Deletes what is too old."""
        self.visits.end_idle()
        self.calls.end_idle()
        delete_older(self._uploads, MAX_SECONDS_OF_UPLOADS)


def build(page):
    """The page as `gr.Blocks`, not yet launched."""
    with gr.Blocks(title=TITLE, analytics_enabled=False) as blocks:
        gr.Markdown(INTRODUCTION)
        with gr.Tab("Color a photograph"):
            Photograph(page).build()
        with gr.Tab("Compare models"):
            comparison = Comparison(page)
            comparison.build()
        with gr.Tab("Real or recolored?"):
            BlindTest(page).build()

        full_size.build(page)
        blocks.load(comparison.first, None, comparison.shown_first, **PRIVATE)

        def leave(request: gr.Request):
            page.visits.end(request.session_hash)

        blocks.unload(leave)
    return blocks


def serve(page, options):
    """Serves the page until the process is interrupted.

    Args:
        page: `Page`.
        options: Of `colorkeras demo`.

    Raises:
        UserError: The address cannot be listened at, or the port is taken.
    """
    port, address = options.port, free_address(options.host, options.port)
    name = _in_url(address)
    build(page).queue(max_size=MAX_WAITING).launch(
        server_name=name,
        server_port=port,
        inbrowser=not options.no_browser,
        max_file_size=int(options.max_megabytes * 1e6),
        theme=_theme(),
        css=CSS,
        app_kwargs={"middleware": guard.middleware(name if address.is_loopback else None)},
        enable_monitoring=False,
        run_history=False,
        footer_links=["api"],
        share=False,
        ssr_mode=False,
        quiet=True,
        prevent_thread_lock=True,
    )
    if not address.is_loopback:
        print(
            f"--host {options.host}: whoever reaches this machine at port {port} can use the page "
            "and upload files; it asks for no password and encrypts nothing.",
            file=sys.stderr,
        )
    if address.is_unspecified:
        # It stands for all addresses, and cannot be opened itself.
        name = _in_url(ipaddress.ip_address("127.0.0.1" if address.version == 4 else "::1"))
    print(f"The page is at http://{name}:{port}; Ctrl-C ends it.", flush=True)
    while True:
        time.sleep(SECONDS_BETWEEN_SWEEPS)
        page.sweep()


def free_address(host, port):
    """The address that a name or address stands for, at which something can be served.

    Args:
        host: As the user gives it; IPv6 in brackets or without.
        port: Number.

    Returns:
        `ipaddress.IPv4Address` or `IPv6Address`.

    Raises:
        UserError: The address is not this machine's, or the port is taken.
    """
    try:
        kind, _, _, _, address = socket.getaddrinfo(
            host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            raise UserError(
                f"--port {port} ({one_line(error)})", "a port that is free", "Pass another --port."
            ) from error
        raise UserError(
            f"--host {host} ({one_line(error)})",
            "an address of this machine",
            "Leave --host away to serve this machine alone.",
        ) from error
    return ipaddress.ip_address(address[0])


def _in_url(address):
    return f"[{address}]" if address.version == 6 else str(address)


def _theme():
    """The library's, in colors of enough contrast."""
    theme = gr.themes.Default(primary_hue="indigo", font=FONTS, font_mono=MONOSPACED)
    fill = {
        f"button_primary_background_fill{state}{scheme}": color
        for state, color in (("", "*primary_600"), ("_hover", "*primary_700"))
        for scheme in ("", "_dark")
    }
    subdued = {
        "body_text_color_subdued": "*neutral_600",
        "body_text_color_subdued_dark": "*neutral_300",
    }
    return theme.set(**fill, **subdued)


def _grayed(originals, folder):
    """Writes photographs in gray; yields paths and titles."""
    folder.mkdir(parents=True)
    for title, path in originals.items():
        with path.open("rb") as stream, Image.open(stream) as image:
            image.convert("L").save(folder / path.name, quality=92)
        yield str(folder / path.name), title
