"""The map: what to show, one globe or two, and how the globe is laid flat."""

from __future__ import annotations

from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui
from bokeh.events import RangesUpdate
from bokeh.models import ColumnDataSource, LinearColorMapper

from dashboard.buttons import Buttons
from dashboard.catalogue import COMPARISONS, PROJECTIONS
from dashboard.choice import Choice
from dashboard.chooser import Chooser
from dashboard.details import Details
from dashboard.engine import Answer, Engine
from dashboard.framing import Framing, Window
from dashboard.globe import DRAW, Globe
from dashboard.keys import Keys
from dashboard.language import tr
from dashboard.projection import BY_NAME
from dashboard.sheet import Sheet
from dashboard.stage import Stage
from dashboard.state import State
from dashboard.summary import as_html, summary
from dashboard.theme import CARD
from proda_core.scenario import finite

SMALL = ".MuiFormControlLabel-label { font-size: 13px !important; } .MuiCheckbox-root { padding: 2px 6px !important; }"


class Map:
    """The map and its choices."""

    def __init__(self, state: State, engine: Engine) -> None:
        self._state, self._engine = state, engine
        self._latest: Answer | None = None
        self.first = Sheet(engine, "first", self._globe())
        self.second: Sheet | None = None
        self._points: tuple[ColumnDataSource, LinearColorMapper] | None = None
        self._cells: tuple[ColumnDataSource, LinearColorMapper] | None = None
        self.stage = Stage(self.first, state.framing.divider)
        choice = state.choice
        self.chooser = Chooser(engine, (tr("Map"), tr("Depth"), tr("View")), choice.look, state.show)
        names = (tr("Other map"), tr("Depth of the other map"), tr("View of the other map"))
        self.other = Chooser(engine, names, choice.second, state.show_other)
        self.compare = self._row(tr("Maps"), COMPARISONS, state.compare)
        self.projection = self._row(tr("Projection"), PROJECTIONS, state.project)
        self.table = Details(label=tr("The map as a table"), sizing_mode="stretch_width", margin=(6, 0, 0, 0))
        self.table.param.watch(lambda _: self._tabulate(), "opened")
        self.panel = pn.Column(
            self.chooser.panel, self.other.panel,
            pn.FlexBox(self.compare, self.projection, *self._buttons(), align_items="center", sizing_mode="stretch_width"),
            self.stage.panel, *self._doubts(), self.table, Keys(),
            stylesheets=[CARD],
        )  # fmt: skip
        state.param.watch(lambda event: self._follow(event.new), "choice")
        self._follow(choice)
        self._frame(state.framing)

    def _frame(self, framing: Framing) -> None:
        """Look at the maps as a link says, and note how they are looked at from then on."""
        globe, note = self.first.globe, lambda *_: self._note()
        if framing.window != Window():
            globe.look(framing.window)
        if framing.fit:
            self.first.fit(True)
        globe.figure.on_event(RangesUpdate, note)
        self.stage.divider.param.watch(note, "share")

    def _note(self) -> None:
        """Note how the maps are looked at, for the link."""
        divider = finite(self.stage.divider.share)
        framing = Framing(
            self.first.globe.window, self.first.fitted, self.hatch.value is True,
            Framing().divider if divider is None else round(min(max(divider, 0.0), 100.0)),
        )  # fmt: skip
        if framing != self._state.framing:
            self._state.framing = framing

    def _globe(self, beside: Globe | None = None) -> Globe:
        on = BY_NAME[self._state.choice.projection] if beside is None else beside.on
        return Globe(self._engine, on, self._state.visit, self._state.look_at, beside)

    def _row(self, label: str, table: dict[str, str], choose: Any) -> Buttons:
        """A row of buttons for a table of names."""
        by_label = {tr(text): name for name, text in table.items()}
        row = Buttons(label=label, options=list(by_label), value=next(iter(by_label)), margin=(0, 14, 8, 0))

        def press(event: Any) -> None:
            if isinstance(event.new, str) and event.new in by_label:
                choose(by_label[event.new])
            else:
                self._follow(self._state.choice)

        row.param.watch(press, "value")
        return row

    def _follow(self, choice: Choice) -> None:
        """Show what is chosen, and what can be."""
        self.chooser.follow(choice.look)
        self.other.follow(choice.second)
        self.other.panel.visible = bool(choice.compare)
        self.fade.value = choice.fade
        shown = self._engine.view(choice)
        self.fade.disabled = not choice.compare and bool(self._engine.fields.unfaded(choice.variable, shown))
        self.compare.value, self.projection.value = tr(COMPARISONS[choice.compare]), tr(PROJECTIONS[choice.projection])

    def _doubts(self) -> list[pn.viewable.Viewable]:
        """Boxes to fade what is uncertain and to take the hatching away, where anything is known of either."""
        look = {"size": "small", "margin": 0, "stylesheets": [SMALL]}
        self.hatch = pmui.Checkbox(label=tr("Hatch land unlike any training site"), value=self._state.framing.hatch, **look)
        self.fade = pmui.Checkbox(label=tr("Fade what is uncertain"), value=False, **look)
        self.hatch.param.watch(lambda event: self._hatched(event.new is True), "value")
        self.fade.param.watch(lambda event: self._state.fade(event.new is True), "value")
        boxes = [] if self._engine.ensemble is None else [self.fade, self.hatch]
        return [pn.FlexBox(*boxes, justify_content="center", sizing_mode="stretch_width")] if boxes else []

    def _hatched(self, visible: bool) -> None:
        for sheet in self._sheets():
            sheet.globe.hatch(visible)
        self._note()

    def _sheets(self) -> list[Sheet]:
        return [self.first] if self.second is None else [self.first, self.second]

    def _shown(self) -> list[Sheet]:
        """The maps that somebody sees."""
        return self._sheets() if self._state.choice.compare else [self.first]

    def _fitted(self) -> bool:
        """Whether colours of changes fit what is shown: on both maps, so that equal values keep equal colours."""
        return any(sheet.fitted and sheet.fits for sheet in self._shown())

    def _buttons(self) -> list[pmui.Button]:
        """Zoom without a wheel, and colours that fit."""
        made = []
        for label, call in (
            (tr("Fit colours"), lambda _: self._fit()),
            (tr("Zoom in"), lambda _: self.zoom(0.5)),
            (tr("Zoom out"), lambda _: self.zoom(2.0)),
            (tr("Whole world"), lambda _: self.zoom(np.inf)),
        ):
            button = pmui.Button(label=label, variant="text", size="small", margin=(0, 0, 8, 0))
            button.on_click(call)
            made.append(button)
        self.fit = made[0]
        return made

    def zoom(self, factor: float) -> None:
        """Show more or less of the world around the middle of what is shown."""
        self.first.globe.zoom(factor)
        self._note()

    def drawing(self, button: pmui.Button) -> None:
        """Let a button make the next drag on the map draw a box."""
        globe = self.first.globe
        button.js_on_click(args={"box": globe.box, "figure": globe.figure}, code=DRAW)

    def _tabulate(self) -> None:
        """Tell the map in numbers, where somebody reads them."""
        if self.table.opened is True and self._latest is not None:
            shown = [self._latest, self._latest.second] if self._latest.choice.compare else [self._latest]
            self.table.held = "".join(as_html(summary(self._engine, each)) for each in shown)

    def points(self, source: ColumnDataSource, mapper: LinearColorMapper) -> None:
        """Draw points that another part of the page holds, in its colours: columns longitude, latitude and value."""
        self._points = source, mapper
        self.first.globe.scatter(source, mapper)

    def cells(self, source: ColumnDataSource, mapper: LinearColorMapper) -> None:
        """Draw values of another part of the page over the map, in its colours: column value (cell,), or empty."""
        self._cells = source, mapper
        self.first.globe.lay_over(source, mapper)

    def _fit(self) -> None:
        fitted = not self._fitted()
        for sheet in self._sheets():
            sheet.fit(fitted)
        if self._latest is not None:
            self.show(self._latest)

    def show(self, answer: Answer) -> None:
        """Put an answer on the map, or on both."""
        self._latest, choice = answer, answer.choice
        self.first.show(answer)
        if choice.compare:
            if self.second is None:
                self.second = Sheet(self._engine, "second", self._globe(self.first.globe))
                self.second.fit(self._fitted())
                if self._points is not None:
                    self.second.globe.scatter(*self._points)
                if self._cells is not None:
                    self.second.globe.lay_over(*self._cells)
            self.second.show(answer.second)
        self.stage.lay(choice.compare, self.second)
        self._hatched(self.hatch.value is True)
        self._tabulate()
        label = tr("Fixed colours") if self._fitted() else tr("Fit colours")
        self.fit.param.update(label=label, visible=any(sheet.fits for sheet in self._shown()))
