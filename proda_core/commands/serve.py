"""``proda serve``: the dashboard."""

from __future__ import annotations

import errno
import socket
from typing import Annotated, Any

import typer

from proda_core.commands.base import Failure, UsageError


def _port(value: int) -> int:
    if not 1 <= value <= 65535:
        raise UsageError(f"expected a --port within 1..65535, got {value}")
    return value


def _workers(value: int) -> int:
    if value < 1:
        raise UsageError(f"expected at least 1 of --workers, got {value}")
    return value


def serve(
    port: Annotated[int, typer.Option(help="Port to serve on.", callback=_port)] = 5006,
    address: Annotated[str, typer.Option(help="Address to serve on; localhost is seen by this computer only.")] = "localhost",
    workers: Annotated[
        int, typer.Option(help="Processes, each on a port of its own from --port on; for a proxy.", callback=_workers)
    ] = 1,
) -> None:
    """Serve the dashboard; open the address that it prints in a browser, Ctrl-C stops it."""
    _check_free(address, port)
    typer.echo(f"PRODA Explorer starts at http://{address}:{port} (Ctrl-C stops it)")
    from dashboard.serve import serve as serve_page

    serve_page(port=port, address=address, workers=workers)


def _check_free(address: str, port: int) -> None:
    """Find out before anything slow happens whether the page can be served at all."""
    try:
        for family, kind, protocol, _, place in socket.getaddrinfo(address, port, type=socket.SOCK_STREAM):
            _try_to_bind(family, kind, protocol, place)
    except OSError as error:
        raise Failure(
            f"expected a free address and port, got {address} {port} ({error.strerror}); choose others with --address and --port"
        ) from error


def _try_to_bind(family: int, kind: int, protocol: int, place: Any) -> None:
    try:
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.bind(place)
    except OSError as error:  # an address family that this computer lacks is no obstacle, the server leaves it out
        if error.errno not in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL) or family == socket.AF_INET:
            raise
