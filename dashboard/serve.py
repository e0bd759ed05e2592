"""The server: everything compiled and the baseline solved before the address is announced; nothing comes from other hosts."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path
from types import FrameType

# before bokeh is imported: scripts and fonts come from this server, never from a content network
os.environ.setdefault("BOKEH_RESOURCES", "server")

import panel as pn
from bokeh.server import connection
from tornado.web import RequestHandler
from tornado.websocket import WebSocketClosedError

from dashboard import app, engine
from dashboard.downloads import Files
from dashboard.teacher import Teacher

MEGABYTE = 2**20
LOCAL = ("localhost", "127.0.0.1")


class Health(RequestHandler):
    """Says that the process answers."""

    def get(self) -> None:
        """Answer."""
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.write("ok\n")


def serve(port: int = 5006, address: str | None = None, workers: int = 1, show: bool = False) -> None:
    """Serve the page until the process is told to stop.

    Pages from elsewhere may not open its websocket; to put it behind a proxy, name the public host in ``BOKEH_ALLOW_WS_ORIGIN``.

    Args:
        port: where to listen.
        address: which address to listen on; by default this machine only.
        workers: number of processes, each on a port of its own from ``port`` on, to stand behind a proxy that keeps a visitor on
            one of them.
        show: whether to open a browser.
    """
    if workers > 1:
        _serve_many(port, address, workers)
        return
    engine.shared()
    gc.freeze()  # the model stays: looking through it for garbage would stop every visitor for a third of a second
    for name in ("asyncio", "tornado.application"):
        logging.getLogger(name).addFilter(_is_trouble)
    host = address or "localhost"
    server = pn.serve(
        {"/": app.page},
        port=port,
        address=host,
        websocket_origin=[f"{name}:{port}" for name in {*LOCAL, host}],
        show=False,
        start=False,
        verbose=False,
        extra_patterns=[(r"/healthz", Health), (r"/files/([a-z.]{1,20})", Files), (r"/teacher", Teacher)],
        websocket_max_message_size=MEGABYTE,
        compress_response=True,  # scripts and styles shrink from 4.8 to 1.4 MB
        unused_session_lifetime_milliseconds=15_000,
        check_unused_sessions_milliseconds=5_000,
    )
    print(f"PRODA Explorer: http://{'localhost' if host in ('0.0.0.0', '::') else host}:{port}", flush=True)  # noqa: S104, T201
    if show:
        server.io_loop.add_callback(server.show, "/")
    server.run_until_shutdown()


def _is_trouble(record: logging.LogRecord) -> bool:
    """Whether a message tells of trouble; that a page was closed while it came, or while something was sent to it, is none."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, AssertionError):  # Bokeh asks a connection that ends before its session exists for that session
        return Path(traceback.extract_tb(error.__traceback__)[-1].filename) != Path(connection.__file__)
    return not isinstance(error, WebSocketClosedError)


def _serve_many(port: int, address: str | None, workers: int) -> None:
    """Single processes on ports of their own; they all end with this one."""
    where = ["--address", address] if address else []
    commands = [[sys.executable, "-m", "dashboard.serve", "--port", str(port + i), *where] for i in range(workers)]
    children: list[subprocess.Popen[bytes]] = []
    told: list[int] = []

    def stop(number: int = 0, _: FrameType | None = None) -> None:
        told.append(number)
        for child in children:
            child.terminate()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    for command in commands:
        children.append(subprocess.Popen(command))  # noqa: S603, PERF401 our own module; a signal may come between two
    while all(child.poll() is None for child in children):
        time.sleep(0.2)
    lost = [command[4] for command, child in zip(commands, children, strict=True) if child.poll() is not None and not told]
    stop()
    for child in children:
        child.wait()
    if lost:
        raise OSError(f"expected {workers} workers to go on, got an end of the one on port {lost[0]}; is that port taken?")


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description=serve.__doc__)
    parser.add_argument("--port", type=int, default=5006)
    parser.add_argument("--address")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--show", action="store_true")
    arguments = parser.parse_args()
    serve(arguments.port, arguments.address, arguments.workers, arguments.show)


if __name__ == "__main__":
    main()
