"""The page as its visitors get it: a server of its own process, and Chromium."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from proda_core.store import data_directory
from tests.browser.visitor import BASELINE, Visitor
from tests.dashboard.made_up import write_made_up

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
REQUIRE = "PRODA_REQUIRE_BROWSER"
START = 120.0
"""Seconds that a server may take to start: on a new machine it compiles the model first."""

expect.set_options(timeout=20_000)


@dataclass(frozen=True)
class Server:
    """A running server.

    Attributes:
        address: where it is.
        log: file with all that it printed.
    """

    address: str
    log: Path

    @property
    def host(self) -> str:
        return urlsplit(self.address).netloc


@dataclass
class Troubles:
    """What went wrong in a page, and whom it talked to."""

    found: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.found.append(f"page error: {error}"))
        page.on("console", self._console)
        page.on("requestfailed", lambda request: self.found.append(f"failed: {request.url} {request.failure}"))
        page.on("response", lambda answer: self.found.append(f"{answer.status}: {answer.url}") if answer.status >= 400 else None)
        page.on("request", lambda request: self._talk(request.url))
        page.on("websocket", lambda socket: self._talk(socket.url))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.found.append(f"console: {message.text}")

    def _talk(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob", "about"):
            self.hosts.add(parts.netloc)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("localhost", 0))
        port: int = found.getsockname()[1]
    return port


def _healthy(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=5) as answer:  # noqa: S310 our own server
            return bool(answer.read() == b"ok\n")
    except OSError:
        return False


@pytest.fixture(scope="package")
def chromium() -> str:
    """Path of a Chromium; without one the tests are skipped, or fail where one is required."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        message = f"expected one of {', '.join(NAMES)} on the path, got none; on Debian and Ubuntu: apt install chromium"
        if os.environ.get(REQUIRE) == "1":
            pytest.fail(f"{message} ({REQUIRE}=1)")
        pytest.skip(message)
    return found


@contextmanager
def serving(log: Path, data: Path) -> Iterator[Server]:
    """A server on a free port, with the files of a data directory."""
    port = _free_port()
    here = Server(f"http://localhost:{port}", log)
    with log.open("w") as file:
        command = [sys.executable, "-m", "dashboard.serve", "--port", str(port)]
        surroundings = {**os.environ, "PRODA_DATA": str(data)}
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, env=surroundings)  # noqa: S603 our own module
        try:
            limit = time.monotonic() + START
            while not _healthy(here.address):
                if process.poll() is not None or time.monotonic() > limit:
                    pytest.fail(f"expected a server within {START:g} s, got:\n{log.read_text()}")
                time.sleep(0.1)
            yield here
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture(scope="package")
def server(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the data that come with the project, whatever they are."""
    with serving(tmp_path_factory.mktemp("server") / "log.txt", data_directory()) as here:
        yield here


@pytest.fixture(scope="package")
def informed_server(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with retrieved maps and with evidence, both made up."""
    folder = tmp_path_factory.mktemp("informed")
    write_made_up(folder)
    with serving(folder / "log.txt", folder) as here:
        yield here


@pytest.fixture(scope="package")
def damaged_server(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose retrieved maps are cut short and whose evidence is of another version."""
    folder = tmp_path_factory.mktemp("damaged")
    write_made_up(folder)
    whole = (folder / "retrieved.nc").read_bytes()
    (folder / "retrieved.nc").write_bytes(whole[: len(whole) // 2])
    (folder / "evidence.json").write_text('{"schema": "99"}')
    with serving(folder / "log.txt", folder) as here:
        yield here


@pytest.fixture(scope="package")
def browser(chromium: str) -> Iterator[Browser]:
    """A browser; it ends with this package, since its event loop would be in the way of others."""
    options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=chromium, args=options)
        yield made
        made.close()


@contextmanager
def visiting(browser: Browser, server: Server) -> Iterator[Callable[..., Visitor]]:
    """Makes visitors, each in a browser context of its own, who see the whole page.

    Afterwards: no error in any page, no word to another host, no traceback in the server's log.
    """
    contexts, troubles, told = [], Troubles(), len(server.log.read_text())

    def make(width: int = 1400, height: int = 900, query: str = "", sentence: re.Pattern[str] = BASELINE) -> Visitor:
        context = browser.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        page = context.new_page()
        troubles.watch(page)
        visitor = Visitor(page)
        page.goto(f"{server.address}/?{query}" if query else server.address)
        visitor.wait_until_drawn(sentence)
        visitor.wait_until_complete()
        return visitor

    yield make
    for context in contexts:
        context.close()
    log = server.log.read_text()[told:]
    assert troubles.found == []
    assert troubles.hosts <= {server.host}
    assert "Traceback" not in log, log


@pytest.fixture
def arrive(browser: Browser, server: Server) -> Iterator[Callable[..., Visitor]]:
    """Makes visitors of the page with the project's data."""
    with visiting(browser, server) as make:
        yield make


@pytest.fixture
def visitor(arrive: Callable[..., Visitor]) -> Visitor:
    """One visitor."""
    return arrive()


@pytest.fixture
def informed(browser: Browser, informed_server: Server) -> Iterator[Callable[..., Visitor]]:
    """Makes visitors of the page with made-up retrieved maps and evidence."""
    with visiting(browser, informed_server) as make:
        yield make


@pytest.fixture
def misled(browser: Browser, damaged_server: Server) -> Iterator[Callable[..., Visitor]]:
    """Makes visitors of the page with damaged files."""
    with visiting(browser, damaged_server) as make:
        yield make
