"""A visitor's own profiles: brought as a file, seen on the map and beside the model, one of them fitted while they look."""

from __future__ import annotations

import io
from functools import partial
from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui
import param
from bokeh.models import ColumnDataSource

from dashboard import export, own, own_plots, own_points, own_words, theme
from dashboard.bringing import Bringing
from dashboard.catalogue import DEPTH_WORDS, MAPS
from dashboard.drawn import Drawn
from dashboard.engine import Answer, Engine
from dashboard.language import mark, tr
from dashboard.own import Comparison, Profiles
from dashboard.own_plots import CLASS_COLOURS
from dashboard.own_points import Points
from dashboard.pane import drawn_in, framed, html, room
from dashboard.single import Single

MISFIT, OBSERVED, HIDDEN = mark("Observed − modelled"), mark("Observed"), mark("Nothing")
GRID = """
:host { display: grid !important; gap: 22px 34px; width: 100%; height: auto !important; grid-template-columns: minmax(0, 1fr);
  align-items: start; grid-auto-rows: max-content; }
@media (min-width: 1100px) { :host { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
@media (min-width: 1700px) { :host { grid-template-columns: repeat(3, minmax(0, 1fr)); } }
"""


class Own(param.Parameterized):
    """The card; ``wish`` is what to compare.

    Args:
        engine: the model.
        bringing: how files come.
        forcing: what the card shows of forcing: how to bring it, and what becomes of it.
    """

    wish = param.Parameter(default=None, doc="Profiles and the change to compare them under; none where there are none.")

    def __init__(self, engine: Engine, bringing: Bringing, forcing: tuple[pn.viewable.Viewable, pn.viewable.Viewable]) -> None:
        super().__init__()
        self._engine, self._bringing = engine, bringing
        self._answer: Answer | None = None
        self.profiles: Profiles | None = None
        self.comparison: Comparison | None = None
        self.points = Points()
        bringing.give(Profiles, own.account, self.take)
        self.try_it = pmui.Button(label=tr("Try example profiles"), variant="text", size="small", margin=(4, 6, 0, 0))
        self.try_it.on_click(lambda _: self.try_example())
        self.remove = pmui.Button(
            label=tr("Remove my profiles"), variant="text", size="small", margin=(4, 0, 0, 0), visible=False
        )
        self.remove.on_click(lambda _: self.take(None))
        give = partial(pmui.FileDownload, auto=True, size="small", margin=(4, 6, 0, 0))
        self.example = give(label=tr("Download example profiles"), filename="proda-example-profiles.csv", callback=self._example)
        self.csv = give(label=tr("Download the comparison (CSV)"), filename="proda-own-profiles.csv", callback=self._csv)
        self.example.variant = self.csv.variant = "text"  # given at once, it would meet the name that Panel gives up
        self.read = html("")
        self.single = Single(engine, bringing.later)
        self.title = tr("Against the maps")
        self.diagram, self.numbers = room(), html("")
        self._pairs: ColumnDataSource | None = None
        self.colour = pmui.Select(
            label=tr("On the map"), options={tr(name): name for name in (MISFIT, OBSERVED, HIDDEN)}, value=MISFIT, size="small",
            width=240, margin=(6, 0, 4, 0),
        )  # fmt: skip
        self.colour.param.watch(lambda _: self._dot(), "value")
        beside = pn.Column(
            html(f"<h3>{self.title}</h3>"), self.diagram, self.numbers, self.csv, self.colour, self.points.bar, margin=0
        )
        grid = pn.Column(beside, *self.single.panels, stylesheets=[GRID], margin=(16, 0, 0, 0))
        self.body = pn.Column(grid, sizing_mode="stretch_width", margin=0, visible=False)
        self.panel = pn.Column(
            html(own_words.introduction()), bringing.upload, pn.FlexBox(self.try_it, self.example, self.remove), forcing[0],
            self.read, self.body, forcing[1],
            stylesheets=[theme.CARD, ":host { grid-column: 1 / -1; }"],
        )  # fmt: skip

    def try_example(self) -> None:
        """Read the example as if it had been brought."""
        self._bringing.open("example.csv", lambda: self._example().getvalue())

    def _example(self) -> io.BytesIO:
        return io.BytesIO(own.example(self._engine).to_csv(index=False).encode())

    def take(self, profiles: Profiles | None) -> None:
        """Show profiles in place of those that were there."""
        self.profiles, self.comparison = profiles, None
        there = profiles is not None
        self.remove.visible = there
        self.single.hold(profiles)
        self.read.object = own_words.accounted(profiles) if profiles is not None else ""
        if profiles is None:
            self._bringing.hush()
            self.body.visible = False
            self.points.hide()
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
        some = own_points.sample(len(comparison.baseline))
        if fresh:
            self._pairs.data = _pairs(comparison, some)
            self.body.visible = True
        else:
            self._pairs.data.update(modelled=comparison.scenario[some])
        self.numbers.object = (
            f"{own_plots.class_dots()}{own_words.skill_table(comparison)}{own_points.part(len(comparison.baseline))}"
        )
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
            self.points.hide()
            return
        profiles, depth = comparison.profiles, answer.choice.depth
        held = profiles.stock(profiles.observed, depth)
        if self.colour.value == MISFIT:
            # the scale stands still while sliders move: it is that of the baseline
            first = held - profiles.stock(comparison.baseline, depth)
            value = held - profiles.stock(comparison.scenario, depth)
            name, limits, logarithmic = "vik", own_points.steady(first), False
            title = tr(
                "Points: carbon in the layers that each profile saw, {depth}, observed − modelled", depth=tr(DEPTH_WORDS[depth])
            )
        else:
            value = np.where(profiles.covered(depth) >= own.COVERED, held, np.nan)
            variable = MAPS["soc"]
            name, logarithmic = variable.colours, variable.logarithmic
            limits = self._engine.fields.limits("soc", depth, "baseline")
            title = tr(
                "Points: observed carbon, {depth}, on the map's scale; empty where layers cover less than {share} % of the depth",
                depth=tr(DEPTH_WORDS[depth]), share=f"{100 * own.COVERED:.0f}",
            )  # fmt: skip
        place = profiles.table["longitude"].values, profiles.table["latitude"].values
        self.points.draw(place, value, title, name, limits, logarithmic, self.colour.value == MISFIT)

    def _csv(self) -> io.BytesIO:
        if self.comparison is None or self._answer is None:
            return io.BytesIO()
        table = own.as_table(self.comparison, self._engine.model.land)
        table.attrs = {**export.provenance(self._engine, self._answer, ""), "title": "Own profiles beside the model"}
        return io.BytesIO(export.as_csv(table))

    def close(self) -> None:
        """The visitor has gone, and their data with them."""
        if self.single.job is not None:
            self.single.job.cancel()
        self.profiles = self.comparison = None


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
