"""HTTP server for the web page."""

import errno
import ipaddress
import socket
import sys
import threading
import webbrowser

import uvicorn

from colorkeras.demo import app
from colorkeras.utils.errors import UserError, one_line

_SHUTDOWN_SECONDS = 3

# Longer than typical pauses between clicks, because requests may fail while a connection closes.
_KEEP_ALIVE_SECONDS = 75

_MAX_CONNECTIONS = 500


def serve(page, options, host_names=()):
    """Serve the page until the process is interrupted.

    Args:
        page: `page.Page`.
        options: `DemoOptions` of `colorkeras demo`.
        host_names: Host names under which the page may be reached, in addition to `options.host`
            and the names of the machine.

    Raises:
        UserError: The address is unavailable, or the port is in use.
    """
    port, address = options.port, free_address(options.host, options.port)
    name = _in_url(address)
    config = uvicorn.Config(
        app.create(page, [options.host, *names_of_machine(), *host_names]),
        host=str(address),
        port=port,
        # The default configuration would close log handlers of other packages.
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        limit_concurrency=_MAX_CONNECTIONS,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
    )
    if not address.is_loopback:
        print(
            f"--host {options.host}: anyone who can reach this machine on port {port} can use the "
            "page and upload files. There is no password and no encryption.",
            file=sys.stderr,
        )
    if address.is_unspecified:
        # The unspecified address stands for all addresses, and browsers cannot open it.
        name = _in_url(ipaddress.ip_address("127.0.0.1" if address.version == 4 else "::1"))

    def report():
        print(f"The page is at http://{name}:{port}. Press Ctrl-C to stop.", flush=True)
        if not options.no_browser:
            address = f"http://{name}:{port}"
            threading.Thread(target=webbrowser.open, args=[address], daemon=True).start()

    _Server(config, report).run()


class _Server(uvicorn.Server):
    """Uvicorn server that calls a function as soon as it accepts connections."""

    def __init__(self, config, on_start):
        super().__init__(config)
        self.on_start = on_start

    async def startup(self, sockets=None):
        await super().startup(sockets)
        self.on_start()


def names_of_machine():
    """Return the names under which browsers on the local network may reach this machine."""
    name = socket.gethostname()
    short = name.partition(".")[0]
    # The last item is the multicast DNS name.
    return [name, short, f"{short}.local"]


def free_address(host, port):
    """Resolve a host name or address of this machine and check that the port is free.

    IPv6 addresses may be enclosed in brackets.

    Returns:
        `ipaddress.IPv4Address` or `IPv6Address`.

    Raises:
        UserError: The address does not belong to this machine, or the port is in use.
    """
    try:
        kind, _, _, _, address = socket.getaddrinfo(
            host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, UnicodeError) as error:
        # Invalid host names raise UnicodeError, which has no errno.
        if getattr(error, "errno", None) in (errno.EADDRINUSE, errno.EACCES):
            raise UserError(
                f"--port {port} ({one_line(error)})", "a free port", "Pass a different --port."
            ) from error
        raise UserError(
            f"--host {host} ({one_line(error)})",
            "an address of this machine",
            "Omit --host to accept connections only from this machine.",
        ) from error
    return ipaddress.ip_address(address[0])


def _in_url(address):
    return f"[{address}]" if address.version == 6 else str(address)
