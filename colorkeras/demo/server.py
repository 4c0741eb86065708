"""The web server of the page: address, theme, housekeeping."""

import errno
import ipaddress
import socket
import sys
import time

import gradio as gr

from colorkeras.demo import page as pages
from colorkeras.demo import request_guard
from colorkeras.utils.errors import UserError, one_line

_MAX_QUEUE = 50
"""Maximum number of waiting events; further visitors see that the page is busy."""

_SECONDS_BETWEEN_CLEANUPS = 60

# Fonts of the visitor's machine; Gradio's own would be fetched from another server.
_FONTS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]
_MONOSPACED = ["ui-monospace", "Menlo", "Consolas", "monospace"]

# Galleries are as tall as their content; only screen readers get the label of the examples; texts
# have the contrast that WCAG requires.
_CSS = """
#examples .grid-container { grid-template-columns: repeat(3, minmax(0, 1fr)) !important; }
:is(#examples, #compared) :is(.grid-wrap, .gallery-container) {
    height: auto !important; min-height: 0;
}
#examples .caption-label { display: none; }
button[role=tab][aria-selected=true] { color: var(--body-text-color) !important; }
.or, .min_value, .max_value, .show-api { color: var(--body-text-color-subdued) !important; }
"""


def serve(page, options):
    """Serve the page until the process is interrupted.

    Args:
        page: `page.Page`.
        options: Options of `colorkeras demo`.

    Raises:
        UserError: The address is not available, or the port is in use.
    """
    port, address = options.port, free_address(options.host, options.port)
    name = _in_url(address)
    middleware = request_guard.middleware(name if address.is_loopback else None)
    pages.build(page).queue(max_size=_MAX_QUEUE).launch(
        server_name=name,
        server_port=port,
        inbrowser=not options.no_browser,
        max_file_size=int(options.max_megabytes * 1e6),
        theme=_theme(),
        css=_CSS,
        app_kwargs={"middleware": middleware},
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
            f"--host {options.host}: anyone who can reach this machine at port {port} can use the "
            "page and upload files; there is no password and no encryption.",
            file=sys.stderr,
        )
    if address.is_unspecified:
        # It stands for all addresses; browsers cannot open it.
        name = _in_url(ipaddress.ip_address("127.0.0.1" if address.version == 4 else "::1"))
    print(f"The page is at http://{name}:{port}. Press Ctrl-C to stop.", flush=True)
    while True:
        time.sleep(_SECONDS_BETWEEN_CLEANUPS)
        page.delete_expired()


def free_address(host, port):
    """Resolve a host name or address on which this machine can serve.

    Args:
        host: Name or address; IPv6 with or without brackets.
        port: Port number.

    Returns:
        `ipaddress.IPv4Address` or `IPv6Address`.

    Raises:
        UserError: The address is not one of this machine, or the port is in use.
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
                f"--port {port} ({one_line(error)})", "a free port", "Pass another --port."
            ) from error
        raise UserError(
            f"--host {host} ({one_line(error)})",
            "an address of this machine",
            "Omit --host to serve this machine only.",
        ) from error
    return ipaddress.ip_address(address[0])


def _in_url(address):
    return f"[{address}]" if address.version == 6 else str(address)


def _theme():
    """Return Gradio's theme in colors with enough contrast."""
    theme = gr.themes.Default(primary_hue="indigo", font=_FONTS, font_mono=_MONOSPACED)
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
