"""Files of a view, by an address that says which: ``/files/map.nc?v=1&cue=1&view=change`` and its like."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tornado.web import RequestHandler

from dashboard import export, export_region, export_soil, language, link, printed
from dashboard.engine import Answer, Engine, shared

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
    "map.png": ("image/png", lambda engine, answer, address: printed.figure(engine, answer, "png", address)),
    "map.svg": ("image/svg+xml", lambda engine, answer, address: printed.figure(engine, answer, "svg", address)),
}
"""Type of each file, and what makes it of engine, answer and the address of the page."""

READ = ("map.png", "map.svg")
"""Files that are read, and speak the visitor's language; the others are for programs, and English as those expect it."""


class Files(RequestHandler):
    """Makes a file of a view."""

    async def get(self, name: str) -> None:
        """Answer with the file, or say why there is none."""
        if name not in FILES:
            self._refuse(404, f"expected one of {', '.join(FILES)}")
            return
        kind, make = FILES[name]
        try:
            content = await asyncio.get_running_loop().run_in_executor(QUEUE, self._made, name, make)
        except export.NothingThereError as nothing:
            self._refuse(404, str(nothing))
        except ValueError as refusal:
            self._refuse(400, str(refusal))
        else:
            self.set_header("Content-Type", kind)
            self.set_header("Content-Disposition", f'attachment; filename="proda-{name}"')
            self.write(content)

    def _made(self, name: str, make: Make) -> bytes:
        engine = shared()
        with language.speaking(self._language()):
            opened = link.open_link(self.request.query_arguments, engine.version)
        if opened.broken:
            raise ValueError(opened.notice)
        page = f"{self.request.protocol}://{self.request.host}/"
        with language.speaking(self._language() if name in READ else language.ENGLISH):
            return make(engine, engine.answer(opened.choice), f"{page}?{query}" if (query := self.request.query) else page)

    def _language(self) -> str:
        """The language of the page from which the file is asked for."""
        wished = self.request.headers.get("Accept-Language", "")
        return link.language(self.request.query_arguments) or language.preferred(wished)

    def _refuse(self, status: int, why: str) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.write(f"No file: {why}.\n")
