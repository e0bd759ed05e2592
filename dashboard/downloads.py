"""Files of a view, by an address that says which: ``/files/map.nc?v=1&cue=1&view=change`` and its like."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tornado.web import RequestHandler

from dashboard import export, export_region, export_soil, language, link, printed
from dashboard.engine import Answer, Engine, shared
from dashboard.paper import Kind

log = logging.getLogger(__name__)

QUEUE = ThreadPoolExecutor(1, "files")
"""One file at a time for all visitors, and not in the threads that answer slider moves."""

Make = Callable[[Engine, Answer, str], bytes]

FILES: dict[str, tuple[str, Make]] = {
    "map.nc": ("application/x-netcdf", lambda *of: export.as_netcdf(export.map_dataset(*of))),
    "map.csv": ("text/csv; charset=utf-8", lambda *of: export.as_csv(export.map_table(*of))),
    "region.nc": ("application/x-netcdf", lambda *of: export.as_netcdf(export_region.region_dataset(*of))),
    "region.csv": ("text/csv; charset=utf-8", lambda *of: export.as_csv(export_region.region_table(*of))),
    "profile.nc": ("application/x-netcdf", lambda *of: export.as_netcdf(export_soil.profile_dataset(*of))),
    "profile.csv": ("text/csv; charset=utf-8", lambda *of: export.as_csv(export_soil.profile_table(*of))),
    "flows.csv": ("text/csv; charset=utf-8", lambda *of: export.as_csv(export_soil.flows_table(*of))),
}
"""Type of each file with numbers, and what makes it of engine, answer and the address of the page; all English, for programs."""

PICTURES: dict[str, tuple[str, Kind]] = {"map.png": ("image/png", "png"), "map.svg": ("image/svg+xml", "svg")}
"""Type and kind of each file to look at, which speaks the visitor's language."""


class Files(RequestHandler):
    """Makes a file of a view."""

    async def get(self, name: str) -> None:
        """Answer with the file, or say why there is none."""
        known = {**FILES, **PICTURES}
        if name not in known:
            self._refuse(404, f"expected one of {', '.join(known)}")
            return
        kind, _ = known[name]
        try:
            content = await asyncio.get_running_loop().run_in_executor(QUEUE, self._made, name)
        except export.NothingThereError as nothing:
            self._refuse(404, str(nothing))
        except ValueError as refusal:
            self._refuse(400, str(refusal))
        else:
            self.set_header("Content-Type", kind)
            self.set_header("Content-Disposition", f'attachment; filename="proda-{name}"')
            self.write(content)

    def _made(self, name: str) -> bytes:
        engine = shared()
        with language.speaking(self._language()):
            opened = link.open_link(self.request.query_arguments, engine.version)
        if opened.broken:
            raise ValueError(opened.notice)
        page = f"{self.request.protocol}://{self.request.host}/"
        address = f"{page}?{query}" if (query := self.request.query) else page
        with language.speaking(self._language() if name in PICTURES else language.ENGLISH):
            answer = engine.answer(opened.choice)
            if name in PICTURES:
                return printed.figure(engine, answer, PICTURES[name][1], address, opened.framing)
            return FILES[name][1](engine, answer, address)

    def _language(self) -> str:
        """The language of the page from which the file is asked for."""
        wished = self.request.headers.get("Accept-Language", "")
        return link.language(self.request.query_arguments) or language.preferred(wished)

    def _refuse(self, status: int, why: str) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.write(f"No file: {why}.\n")
