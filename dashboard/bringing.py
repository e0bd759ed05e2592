"""A file that a visitor brings: it comes in pieces, is read in a process of its own, and goes to the part that shows its kind."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import panel as pn
from panel.io.document import hold
from panel.io.state import set_curdoc

from dashboard import own, own_forcing
from dashboard.engine import Engine
from dashboard.jobs import Job, Told
from dashboard.language import tr
from dashboard.own import MOST_MEGABYTES
from dashboard.upload import Coming, Upload, announced, fits

HOLDS: dict[str, Callable[..., Any]] = {"account": own.hold, "forcing": own_forcing.hold}
"""What takes in what was read, by the word under which ``dashboard.aside`` tells of it."""


class Bringing:
    """The button, the file on its way, and its reading.

    Args:
        engine: the model.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._document = engine, pn.state.curdoc
        self.coming: Coming | None = None
        self.reading: Job | None = None
        self._closed = False
        self._takers: dict[type, tuple[Callable[[Any], str], Callable[[Any], None]]] = {}
        self.upload = Upload(
            label=tr("Choose a file"), accept=".csv,.tsv,.txt,.gz,.nc,.nc4,.parquet", sizing_mode="stretch_width", margin=0,
            hint=tr("or drop it here: a table (CSV, Parquet) or NetCDF, at most {most} MB", most=MOST_MEGABYTES),
            disabled=not own.allowed(),
            said="" if own.allowed() else tr("This server takes no files; run your own to use yours."),
        )  # fmt: skip
        self.upload.on_msg(self.message)

    def give(self, kind: type, said: Callable[[Any], str], take: Callable[[Any], None]) -> None:
        """Give what was read of a kind to ``take``, after what ``said`` makes of it has been shown."""
        self._takers[kind] = said, take

    def message(self, message: Any) -> None:
        """Take what a browser sends of a file; anything else is not heard."""
        told = getattr(message, "data", message)
        if not isinstance(told, dict) or not own.allowed():
            return
        if told.get("what") == "begin":
            self._begin(told)
        elif told.get("what") == "piece" and self.coming is not None and told.get("number") == self.coming.number:
            self._piece(self.coming, told.get("data"))

    def _begin(self, told: dict[str, Any]) -> None:
        file = announced(told)
        if file is None:
            return
        number, name, size = file
        self.forget()
        if not fits(size):
            got = f"{size / own.MEGABYTE:.1f}"
            why = tr("expected a file of 1 byte to {most} MB, got {got} MB; upload a part of it", most=MOST_MEGABYTES, got=got)
            self._fail(why, number)
            return
        folder, path = own.room(name, self._engine.model.land)
        self.coming = Coming(number, size, folder, path)
        self.upload.param.update(said=tr("{name} is coming.", name=path.name), failed=False, part=0.0, got=(number, 0))

    def _piece(self, coming: Coming, data: Any) -> None:
        if not coming.add(data):
            coming.folder.cleanup()
            self.coming = None
            self._fail(tr("expected the whole file, got something else on the way; choose it again"), coming.number)
            return
        self.upload.param.update(part=0.99 * coming.got / coming.size, got=(coming.number, coming.got))
        if coming.got == coming.size:
            self.coming = None
            self._open(coming.folder, coming.path)

    def open(self, name: str, content: Callable[[], bytes]) -> None:
        """Read a file of the page's own as if it had been brought; it is made in a thread."""
        self.forget()
        folder, path = own.room(name, self._engine.model.land)
        self._open(folder, path, lambda: path.write_bytes(content()))

    def _open(self, folder: TemporaryDirectory[str], path: Path, prepare: Callable[[], object] | None = None) -> None:
        """Read a file in a process of its own."""
        name, place, land = path.name, Path(folder.name), self._engine.model.land
        jobs: list[Job] = []

        def tell(told: Told) -> None:
            for word in HOLDS.keys() & told.keys():
                try:
                    found = HOLDS[word](name, place, land, told)
                except ValueError as error:
                    told = {"error": str(error)}
                else:
                    self.later(partial(self._arrived, jobs[0], found))
            if "error" in told:
                why = str(told["error"])
                self.later(lambda: self._lost(jobs[0], why))

        self.upload.param.update(said=tr("{name} is being read.", name=name), failed=False, part=1.0)
        self.reading = Job("read", folder, tell, prepare)
        jobs.append(self.reading)

    def _arrived(self, job: Job, found: Any) -> None:
        if job is self.reading:
            self.reading = None
            said, take = self._takers[type(found)]
            self.upload.param.update(said=said(found), failed=False, part=None)
            take(found)

    def _lost(self, job: Job, why: str) -> None:
        if job is self.reading:
            self.reading = None
            self._fail(why)

    def _fail(self, why: str, number: int = 0) -> None:
        """Say why there is nothing; what was there stays."""
        said = tr("The file could not be used: {reason}.", reason=why.rstrip("."))
        self.upload.param.update(said=said, failed=True, part=None, got=(number, -1))

    def hush(self) -> None:
        """Say nothing any more of the file that was there."""
        self.upload.param.update(said="", failed=False, part=None)

    def forget(self) -> None:
        """No longer wait for a file."""
        if self.coming is not None:
            self.coming.folder.cleanup()
            self.coming = None
        if self.reading is not None:
            self.reading.cancel()
            self.reading = None

    def later(self, call: Callable[[], None]) -> None:
        """Make a change of the page from a thread, as one message."""
        document = self._document
        if self._closed:
            return
        if document is None or document.session_context is None:
            call()
            return

        def held() -> None:
            if not self._closed:
                with set_curdoc(document), hold(document):
                    call()

        document.add_next_tick_callback(held)

    def close(self) -> None:
        """The visitor has gone."""
        self._closed = True
        self.forget()
