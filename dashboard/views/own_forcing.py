"""A visitor's own forcing: the model solved under it, beside the page, on the map and as a table."""

from __future__ import annotations

import io
from functools import partial
from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui
import param

from dashboard import export, own, own_forcing, own_forcing_words, own_points
from dashboard.bringing import Bringing
from dashboard.catalogue import DEPTH_WORDS
from dashboard.engine import Answer, Engine
from dashboard.language import mark, tr
from dashboard.own_forcing import Comparison, Forced
from dashboard.own_points import Cells
from dashboard.pane import html

DIFFERENCE, HIDDEN = mark("With your forcing − this page"), mark("Nothing")
GRID = """
:host { display: grid !important; gap: 14px 34px; width: 100%; height: auto !important; grid-template-columns: minmax(0, 1fr);
  align-items: start; grid-auto-rows: max-content; }
@media (min-width: 1100px) { :host { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
"""


class OwnForcing(param.Parameterized):
    """What is shown of a forcing; ``wish`` is what to compare."""

    wish = param.Parameter(default=None, doc="Forcing and the change to compare under it; none where there is none.")

    def __init__(self, engine: Engine, bringing: Bringing) -> None:
        super().__init__()
        self._engine, self._bringing = engine, bringing
        self._answer: Answer | None = None
        self.forced: Forced | None = None
        self.comparison: Comparison | None = None
        self.cells = Cells()
        bringing.give(Forced, lambda found: own_forcing_words.account(found, engine.model.land), self.take)
        button = partial(pmui.Button, variant="text", size="small")
        self.try_it = button(label=tr("Try example forcing"), margin=(4, 6, 0, 0), disabled=not own.allowed())
        self.try_it.on_click(lambda _: self.try_example())
        self.remove = button(label=tr("Remove my forcing"), margin=(4, 0, 0, 0), visible=False)
        self.remove.on_click(lambda _: self.take(None))
        give = partial(pmui.FileDownload, auto=True, size="small", margin=(4, 6, 0, 0))
        self.example = give(label=tr("Download example forcing"), filename=own_forcing.EXAMPLE_FILE, callback=self._example)
        self.csv = give(label=tr("Download the cells (CSV)"), filename="proda-own-forcing.csv", callback=self._csv)
        self.example.variant = self.csv.variant = "text"  # given at once, it would meet the name that Panel gives up
        self.read, self.numbers = html(""), html("")
        self.colour = pmui.Select(
            label=tr("On the map"), options={tr(name): name for name in (DIFFERENCE, HIDDEN)}, value=DIFFERENCE, size="small",
            width=300, margin=(14, 0, 4, 0),
        )  # fmt: skip
        self.colour.param.watch(lambda _: self._dot(), "value")
        left = pn.Column(html(f"<h3>{tr('Under your forcing')}</h3>"), self.read, self.colour, self.cells.bar, margin=0)
        right = pn.Column(self.numbers, self.csv, html(own_forcing_words.limits()), margin=0)
        grid = pn.Column(left, right, stylesheets=[GRID], margin=(16, 0, 0, 0))
        self.body = pn.Column(grid, sizing_mode="stretch_width", margin=0, visible=False)
        self.offer = pn.FlexBox(self.try_it, self.example, self.remove)

    def try_example(self) -> None:
        """Read the example as if it had been brought."""
        self._bringing.open(own_forcing.EXAMPLE_FILE, lambda: own_forcing.example_file(self._engine))

    def _example(self) -> io.BytesIO:
        return io.BytesIO(own_forcing.example_file(self._engine))

    def take(self, forced: Forced | None) -> None:
        """Show a forcing in place of that which was there."""
        self.forced, self.comparison = forced, None
        self.remove.visible = self.body.visible = forced is not None
        self.read.object = "" if forced is None else own_forcing_words.accounted(forced)
        self.numbers.object = "" if forced is None else f"<p>{tr('The model is being solved under your forcing.')}</p>"
        self.csv.visible = False
        self.cells.hide()
        if forced is None:
            self._bringing.hush()
        self._want()

    def show(self, answer: Answer) -> None:
        """The scenario or the depth may have changed."""
        before, self._answer = self._answer, answer
        if self.forced is None:
            return
        if before is None or before.choice.depth != answer.choice.depth:
            self._dot()
        self._want()

    def _want(self) -> None:
        change = None if self._answer is None else self._answer.choice.change
        self.wish = None if self.forced is None or change is None else (self.forced, change)

    def compare(self, wish: Any) -> Comparison | None:
        """The model under the forcing; called in a thread."""
        if wish is None:
            return None
        forced, change = wish
        known = self.comparison
        return own_forcing.compare(self._engine, forced, change, known if known is not None and known.forced is forced else None)

    def draw(self, comparison: Comparison | None) -> None:
        """Show what the model says under the forcing beside the page."""
        if comparison is None or comparison.forced is not self.forced:
            return
        self.comparison = comparison
        self.numbers.object = own_forcing_words.stock_table(comparison, self._engine.model.land)
        self.csv.visible = True
        self._dot()

    def fail(self, _: Exception) -> None:
        """Say that there is no answer; what was shown stays."""
        if self.comparison is None and self.forced is not None:
            self.numbers.object = f"<p>{tr('The model could not be solved under this forcing; bring another file.')}</p>"

    def _dot(self) -> None:
        """Put the difference on the map."""
        comparison, answer = self.comparison, self._answer
        if comparison is None or answer is None:
            return
        if self.colour.value == HIDDEN:
            self.cells.hide()
            return
        first, now = (comparison.yours[i][answer.depth] - comparison.page[i][answer.depth] for i in (0, 1))
        value = np.full(len(self._engine.model), np.nan)
        value[comparison.forced.given.cells] = now
        title = tr(
            "Over the map: soil organic carbon, {depth}, with your forcing − this page",
            depth=tr(DEPTH_WORDS[answer.choice.depth]),
        )
        self.cells.draw(value, title, own_points.steady(first))

    def _csv(self) -> io.BytesIO:
        if self.comparison is None or self._answer is None:
            return io.BytesIO()
        table = own_forcing.as_table(self.comparison, self._engine.model.land)
        given = self.comparison.forced.given
        said = {"title": f"Soil organic carbon under the forcing of {self.comparison.forced.name} beside the page",
                "stood_in": ", ".join(given.stood_in) or "nothing"}  # fmt: skip
        table.attrs = {**export.provenance(self._engine, self._answer, ""), **said}
        return io.BytesIO(export.as_csv(table))

    def close(self) -> None:
        """The visitor has gone, and their data with them."""
        self.forced = self.comparison = None
