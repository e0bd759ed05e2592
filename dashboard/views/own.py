"""A visitor's own profiles: brought as a file, seen on the map and beside the model, one of them fitted while they look."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui
import param
from bokeh.models import ColumnDataSource
from panel.io.document import hold
from panel.io.state import set_curdoc

from dashboard import export, legend, own, own_plots, own_words, plots, theme
from dashboard.catalogue import DEPTH_WORDS, MAPS
from dashboard.drawn import Drawn
from dashboard.engine import Answer, Engine
from dashboard.jobs import Job, Told
from dashboard.language import mark, tr
from dashboard.own import MOST_MEGABYTES, Comparison, Profiles
from dashboard.own_plots import CLASS_COLOURS
from dashboard.pane import drawn_in, framed, html, room
from dashboard.single import Single
from dashboard.state import State
from dashboard.upload import Coming, Upload, announced, fits

DRAWN = 4000
"""Most points in a diagram and on the map; of more a part is drawn, chosen at random."""

MISFIT, OBSERVED, HIDDEN = mark("Observed − modelled"), mark("Observed"), mark("Nothing")
GRID = """
:host { display: grid !important; gap: 22px 34px; width: 100%; height: auto !important; grid-template-columns: minmax(0, 1fr);
  align-items: start; grid-auto-rows: max-content; }
@media (min-width: 1100px) { :host { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
@media (min-width: 1700px) { :host { grid-template-columns: repeat(3, minmax(0, 1fr)); } }
"""

NOWHERE: dict[str, list[float]] = {"longitude": [], "latitude": [], "value": []}


class Own(param.Parameterized):
    """The card; ``wish`` is what to compare."""

    wish = param.Parameter(default=None, doc="Profiles and the change to compare them under; none where there are none.")

    def __init__(self, state: State, engine: Engine) -> None:
        super().__init__()
        self._engine, self._document = engine, pn.state.curdoc
        self._answer: Answer | None = None
        self._coming: Coming | None = None
        self.reading: Job | None = None
        self.profiles: Profiles | None = None
        self.comparison: Comparison | None = None
        self._closed = False
        self.points = ColumnDataSource(NOWHERE)
        self.mapper = plots.mapper()
        self.upload = Upload(
            label=tr("Choose a file"), accept=".csv,.tsv,.txt,.gz,.nc,.parquet", sizing_mode="stretch_width", margin=0,
            hint=tr("or drop it here: a table (CSV, Parquet) or NetCDF, at most {most} MB", most=MOST_MEGABYTES),
            disabled=not own.allowed(),
            said="" if own.allowed() else tr("This server takes no files; run your own to use yours."),
        )  # fmt: skip
        self.upload.on_msg(self._message)
        self.try_it = pmui.Button(label=tr("Try the example"), variant="text", size="small", margin=(4, 6, 0, 0))
        self.try_it.on_click(lambda _: self.try_example())
        self.remove = pmui.Button(
            label=tr("Remove my profiles"), variant="text", size="small", margin=(4, 0, 0, 0), visible=False
        )
        self.remove.on_click(lambda _: self.take(None))
        give = partial(pmui.FileDownload, auto=True, size="small", margin=(4, 6, 0, 0))
        self.example = give(label=tr("Download the example"), filename="proda-example-profiles.csv", callback=self._example)
        self.csv = give(label=tr("Download the comparison (CSV)"), filename="proda-own-profiles.csv", callback=self._csv)
        self.example.variant = self.csv.variant = "text"  # given at once, it would meet the name that Panel gives up
        self.read = html("")
        self.single = Single(engine, self._later)
        self.title = tr("Against the maps")
        self.diagram, self.numbers = room(), html("")
        self._pairs: ColumnDataSource | None = None
        self.colour = pmui.Select(
            label=tr("On the map"), options={tr(name): name for name in (MISFIT, OBSERVED, HIDDEN)}, value=MISFIT, size="small",
            width=240, margin=(6, 0, 4, 0),
        )  # fmt: skip
        self.colour.param.watch(lambda _: self._dot(), "value")
        self.bar = pn.pane.HTML("", stylesheets=[theme.TEXT, legend.BAR], sizing_mode="stretch_width", margin=(6, 0, 0, 0))
        beside = pn.Column(html(f"<h3>{self.title}</h3>"), self.diagram, self.numbers, self.csv, self.colour, self.bar, margin=0)
        grid = pn.Column(beside, *self.single.panels, stylesheets=[GRID], margin=(16, 0, 0, 0))
        self.body = pn.Column(grid, sizing_mode="stretch_width", margin=0, visible=False)
        self.panel = pn.Column(
            html(own_words.introduction()), self.upload, pn.FlexBox(self.try_it, self.example, self.remove), self.read, self.body,
            stylesheets=[theme.CARD, ":host { grid-column: 1 / -1; }"],
        )  # fmt: skip

    # -- the file ----------------------------------------------------------------------------------------------------------------

    def _message(self, message: Any) -> None:
        """Take what a browser sends of a file; anything else is not heard."""
        told = getattr(message, "data", message)
        if not isinstance(told, dict) or not own.allowed():
            return
        if told.get("what") == "begin":
            self._begin(told)
        elif told.get("what") == "piece" and self._coming is not None and told.get("number") == self._coming.number:
            self._piece(self._coming, told.get("data"))

    def _begin(self, told: dict[str, Any]) -> None:
        file = announced(told)
        if file is None:
            return
        number, name, size = file
        self._forget()
        if not fits(size):
            got = f"{size / own.MEGABYTE:.1f}"
            why = tr("expected a file of 1 byte to {most} MB, got {got} MB; upload a part of it", most=MOST_MEGABYTES, got=got)
            self._fail(why, number)
            return
        folder, path = own.room(name, self._engine.model.land)
        self._coming = Coming(number, size, folder, path)
        self.upload.param.update(said=tr("{name} is coming.", name=path.name), failed=False, part=0.0, got=(number, 0))

    def _piece(self, coming: Coming, data: Any) -> None:
        if not coming.add(data):
            coming.folder.cleanup()
            self._coming = None
            self._fail(tr("expected the whole file, got something else on the way; choose it again"), coming.number)
            return
        self.upload.param.update(part=0.99 * coming.got / coming.size, got=(coming.number, coming.got))
        if coming.got == coming.size:
            self._coming = None
            self._open(coming.folder, coming.path)

    def _open(self, folder: TemporaryDirectory[str], path: Path) -> None:
        """Read a file in a process of its own."""
        name, place, land = path.name, Path(folder.name), self._engine.model.land
        jobs: list[Job] = []

        def tell(told: Told) -> None:
            if "account" in told:
                try:
                    found = own.hold(name, place, land, told)
                except ValueError as error:
                    told = {"error": str(error)}
                else:
                    self._later(lambda: self._arrived(jobs[0], found))
            if "error" in told:
                self._later(lambda: self._lost(jobs[0], str(told["error"])))

        self.upload.param.update(said=tr("{name} is being read.", name=name), failed=False, part=1.0)
        self.reading = Job("read", folder, tell)
        jobs.append(self.reading)

    def _arrived(self, job: Job, found: Profiles) -> None:
        if job is self.reading:
            self.reading = None
            self.upload.param.update(said=own.account(found), failed=False, part=None)
            self.take(found)

    def _lost(self, job: Job, why: str) -> None:
        if job is self.reading:
            self.reading = None
            self._fail(why)

    def _fail(self, why: str, number: int = 0) -> None:
        """Say why there is nothing; what was there stays."""
        said = tr("The file could not be used: {reason}.", reason=why.rstrip("."))
        self.upload.param.update(said=said, failed=True, part=None, got=(number, -1))

    def _forget(self) -> None:
        """No longer wait for a file."""
        if self._coming is not None:
            self._coming.folder.cleanup()
            self._coming = None
        if self.reading is not None:
            self.reading.cancel()
            self.reading = None

    def try_example(self) -> None:
        """Read the example as if it had been brought."""
        self._forget()
        folder, path = own.room("example.csv", self._engine.model.land)
        own.example(self._engine).to_csv(path, index=False)
        self._open(folder, path)

    def _example(self) -> io.BytesIO:
        return io.BytesIO(own.example(self._engine).to_csv(index=False).encode())

    def _later(self, call: Callable[[], None]) -> None:
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

    # -- the comparison ----------------------------------------------------------------------------------------------------------

    def take(self, profiles: Profiles | None) -> None:
        """Show profiles in place of those that were there."""
        self.profiles, self.comparison = profiles, None
        there = profiles is not None
        self.remove.visible = there
        self.single.hold(profiles)
        self.read.object = own_words.accounted(profiles) if profiles is not None else ""
        if profiles is None:
            self.upload.param.update(said="", failed=False, part=None)
            self.body.visible = False
            self.points.data = dict(NOWHERE)
        self._want()

    def show(self, answer: Answer) -> None:
        """The scenario, the depth or the place may have changed."""
        before, self._answer = self._answer, answer
        if self.profiles is None:
            return
        place = answer.choice.place
        if place is not None and (before is None or before.choice.place != place):
            self.single.choose(*place)
        if before is None or before.choice.depth != answer.choice.depth:
            self._dot()
        self._want()

    def _want(self) -> None:
        change = None if self._answer is None else self._answer.choice.change
        self.wish = None if self.profiles is None or change is None else (self.profiles, change)

    def compare(self, wish: Any) -> Comparison | None:
        """The model at the profiles; called in a thread."""
        if wish is None:
            return None
        profiles, change = wish
        known = self.comparison
        before = known.baseline if known is not None and known.profiles is profiles else None
        return own.compare(self._engine, profiles, change, before)

    def draw(self, comparison: Comparison | None) -> None:
        """Show observed beside modelled."""
        if comparison is None or comparison.profiles is not self.profiles:
            return
        fresh = self.comparison is None
        self.comparison = comparison
        if self._pairs is None:
            shown, self._pairs = own_plots.pairs()
            self.diagram.objects = [framed(shown)]
        some = sample(len(comparison.baseline))
        if fresh:
            self._pairs.data = _pairs(comparison, some)
            self.body.visible = True
        else:
            self._pairs.data.update(modelled=comparison.scenario[some])
        self.numbers.object = f"{own_plots.class_dots()}{own_words.skill_table(comparison)}{_part(len(comparison.baseline))}"
        self._dot()

    def drawn(self) -> list[Drawn]:
        """The diagrams of the profiles, where there are any."""
        if self.profiles is None or self._answer is None or not self.body.visible:
            return []
        said = tr("On the line both are equal.")
        pairs = [Drawn(self.title, shown, own_plots.class_signs(), said, follows=True) for shown in drawn_in(self.diagram)]
        return [*pairs, *self.single.drawn()]

    def _dot(self) -> None:
        """Put the profiles on the map."""
        comparison, answer = self.comparison, self._answer
        if comparison is None or answer is None:
            return
        if self.colour.value == HIDDEN:
            self.points.data = dict(NOWHERE)
            self.bar.object = ""
            return
        profiles, depth = comparison.profiles, answer.choice.depth
        some = sample(len(profiles.cells))
        held = profiles.stock(profiles.observed, depth)
        if self.colour.value == MISFIT:
            # the scale stands still while sliders move: it is that of the baseline
            first = held - profiles.stock(comparison.baseline, depth)
            value = held - profiles.stock(comparison.scenario, depth)
            most = max(float(f"{np.percentile(np.abs(first), 95):.1g}"), 0.1)
            name, limits, logarithmic = "vik", (-most, most), False
            title = tr(
                "Points: carbon in the layers that each profile saw, {depth}, observed − modelled", depth=DEPTH_WORDS[depth]
            )
        else:
            value = np.where(profiles.covered(depth) >= own.COVERED, held, np.nan)
            variable = MAPS["soc"]
            name, logarithmic = variable.colours, variable.logarithmic
            limits = self._engine.fields.limits("soc", depth, "baseline")
            title = tr(
                "Points: observed carbon, {depth}, on the map's scale; empty where layers cover less than {share} % of the depth",
                depth=DEPTH_WORDS[depth], share=f"{100 * own.COVERED:.0f}",
            )  # fmt: skip
        self.mapper.update(palette=plots.palette(name, limits, logarithmic), low=limits[0], high=limits[1])
        place = {name: profiles.table[name].values[some] for name in ("longitude", "latitude")}
        self.points.data = {**place, "value": value[some]}
        bar = legend.colour_bar(name, limits, "kg C m⁻²", logarithmic, self.colour.value == MISFIT)
        self.bar.object = f"<p>{escape(title)} [kg C m⁻²]</p>{bar.split('<p class=')[0]}{_part(len(profiles.cells))}"

    def _csv(self) -> io.BytesIO:
        if self.comparison is None or self._answer is None:
            return io.BytesIO()
        table = own.as_table(self.comparison, self._engine.model.land)
        table.attrs = {**export.provenance(self._engine, self._answer, ""), "title": "Own profiles beside the model"}
        return io.BytesIO(export.as_csv(table))

    def close(self) -> None:
        """The visitor has gone, and their data with them."""
        self._closed = True
        self._forget()
        if self.single.job is not None:
            self.single.job.cancel()
        self.profiles = self.comparison = None


def sample(count: int) -> np.ndarray[Any, Any]:
    """Positions of what is drawn of so many, the same each time."""
    if count <= DRAWN:
        return np.arange(count)
    return np.sort(np.random.default_rng(0).choice(count, DRAWN, replace=False))


def _part(count: int) -> str:
    if count <= DRAWN:
        return ""
    text = tr("{drawn} of {count} are drawn, chosen at random.", drawn=f"{DRAWN:,}", count=f"{count:,}")
    return f"<p class=quiet>{text}</p>"


def _pairs(comparison: Comparison, some: np.ndarray[Any, Any]) -> dict[str, Any]:
    profiles = comparison.profiles
    table, colours = profiles.table, np.array(CLASS_COLOURS)
    top, bottom = (table[name].values[some] for name in ("layer_top", "layer_bottom"))
    return {
        "modelled": comparison.scenario[some],
        "observed": profiles.observed[some],
        "colour": colours[profiles.depth_class[some]],
        "name": table["profile_id"].values[profiles.index[some]].astype(str),
        "depth": [f"{a:.2f}–{b:.2f} m" for a, b in zip(top, bottom, strict=True)],
    }
