"""How far the maps can be trusted: skill of each method, observed against modelled, where the profiles are, and the limits.

The words are on the page from the start; the diagrams are made when a visitor comes near them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui
from bokeh.models import Range1d

from dashboard import judgement, legend, plots, projection, theme, words
from dashboard.catalogue import MAPS, METHODS, VALIDATIONS
from dashboard.drawn import Drawn, words_of
from dashboard.engine import Answer, Engine
from dashboard.language import tr
from dashboard.pane import drawn_in
from dashboard.sight import Sight
from dashboard.state import State
from proda_core.learning.evidence import Evidence as Tested
from proda_core.learning.evidence import Skill

STRICTEST = ("end-to-end", "block")
"""Method and validation that are compared first, if they are there."""

HEIGHT = 290
"""Of the diagrams [px]."""

GRID = """
:host { display: grid !important; gap: 22px 34px; width: 100%; height: auto !important; grid-template-columns: minmax(0, 1fr);
  align-items: start; grid-auto-rows: max-content; }
@media (min-width: 1100px) { :host { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
@media (min-width: 1700px) { :host { grid-template-columns: repeat(3, minmax(0, 1fr)); } }
"""
LIST = """
ul { margin: 6px 0 0; padding-left: 20px; } li { font-size: 14px; line-height: 1.5; max-width: 110ch; }
h3 { font-size: 15px; margin: 0 0 4px; } table { font-size: 14px; } caption { font-size: 14px; }
.dot { display: inline-block; width: 10px; height: 10px; border-radius: 50%; margin: 0 4px 0 10px; }
.counts { columns: 2; column-gap: 28px; } td small { opacity: .72; display: block; font-size: 12px; }
thead th { white-space: normal; vertical-align: bottom; } .scroll caption { font-weight: 400; }
.scroll { overflow-x: auto; } .scroll th:first-child { white-space: normal; }
h3 + p { margin-bottom: 6px; }
dl { margin: 8px 0 0; font-size: 13px; line-height: 1.4; opacity: .85; } dt { font-weight: 700; display: inline; }
dd { display: inline; margin: 0; } dd::after { content: ""; display: block; margin-bottom: 3px; }
"""


class Evidence:
    """The evidence, in words from the start and in diagrams once somebody looks."""

    def __init__(self, state: State, engine: Engine) -> None:
        self.sight = Sight(margin=0)
        self.sight.param.watch(lambda event: self.open() if event.new is True else None, "near")
        tested = engine.evidence
        self.skill = SkillByMethod(tested) if tested is not None and tested.skill else None
        self.density = ObservedModelled(tested) if tested is not None and tested.density else None
        self.places = Places(state, engine) if tested is not None or engine.ensemble is not None else None
        self.parts = [part for part in (self.skill, self.density, self.places) if part is not None]
        self.intro = _html(judgement.introduction(engine))
        beside = [pn.Column(*(part.panel for part in self.parts), stylesheets=[GRID], margin=(16, 0, 0, 0))] if self.parts else []
        self.panel = pn.Column(
            self.intro, self.sight, *beside, stylesheets=[theme.CARD, ":host { grid-column: 1 / -1; position: relative; }"]
        )

    def show(self, answer: Answer) -> None:
        """Nothing here depends on the page."""

    def drawn(self) -> list[Drawn]:
        """The diagrams that were made."""
        return [each for part in self.parts for each in part.drawn()]

    def open(self) -> None:
        """Make the diagrams, once."""
        for part in self.parts:
            if not part.room.objects:
                part.draw()


class SkillByMethod:
    """How well each method does in a chosen group of layers."""

    def __init__(self, tested: Tested) -> None:
        self._tested = tested
        groups = list(dict.fromkeys(judgement.group_label(row) for row in tested.skill))
        self.group = pmui.Select(label=tr("Skill in"), options=groups, size="small", width=220, margin=(6, 0, 4, 0))
        self.room, self.table = _room(), _html("")
        self.group.param.watch(lambda _: self._choose(), "value")
        self.title = tr("Skill by method")
        self.panel = pn.Column(_html(f"<h3>{self.title}</h3>"), self.group, self.room, self.table, margin=0)
        self._choose()

    def drawn(self) -> list[Drawn]:
        """The diagram, once it is made."""
        rows = self._rows
        chosen = tr("{what}: {shown}.", what=tr("Skill in"), shown=self.group.value)
        said = words.sentences(chosen, f"{judgement.skill_caption(rows)}{tr('.')}", judgement.tested_on(self._tested))
        return [Drawn(self.title, shown, judgement.signs(rows), said) for shown in drawn_in(self.room)]

    @property
    def _rows(self) -> list[Skill]:
        return [row for row in self._tested.skill if judgement.group_label(row) == self.group.value]

    def _choose(self) -> None:
        self.table.object = judgement.skill_table(self._rows, self._tested.methods)
        if self.room.objects:
            self.draw()

    def draw(self) -> None:
        """Make the diagram."""
        rows = self._rows
        methods = judgement.ordered(METHODS, (row.method for row in rows))
        series = []
        for validation in judgement.ordered(VALIDATIONS, (row.validation for row in rows)):
            by = {row.method: row for row in rows if row.validation == validation}
            picked = ([getattr(by[m], name) if m in by else np.nan for m in methods] for name in ("nse", "nse_low", "nse_high"))
            value, low, high = (np.array(values, dtype=float) for values in picked)
            series.append((judgement.COLOURS.get(validation, theme.INK), value, low, high))
        self.room.objects = [_pane(plots.skill([judgement.method_label(method) for method in methods], series))]


class ObservedModelled:
    """Observed against modelled layers for a chosen method and validation."""

    def __init__(self, tested: Tested) -> None:
        self._tested = tested
        self._pairs = {
            tr(
                "{method}, {validation}",
                method=judgement.method_label(method),
                validation=judgement.validation_label(validation),
            ): (method, validation)
            for method in judgement.ordered(METHODS, tested.density)
            for validation in judgement.ordered(VALIDATIONS, tested.density[method])
        }
        best = [label for label, pair in self._pairs.items() if pair == STRICTEST]
        self.pair = pmui.Select(
            label=tr("Method and validation"), options=list(self._pairs), value=(best or list(self._pairs))[0], size="small",
            width=290, margin=(6, 0, 4, 0),
        )  # fmt: skip
        self.room, self.text = _room(), _html("")
        self.pair.param.watch(lambda _: self._choose(), "value")
        self.title = tr("Observed against modelled carbon density")
        self.panel = pn.Column(_html(f"<h3>{self.title}</h3>"), self.pair, self.room, self.text, margin=0)
        self._choose()

    def drawn(self) -> list[Drawn]:
        """The diagram, once it is made."""
        chosen = tr("{what}: {shown}.", what=tr("Method and validation"), shown=self.pair.value)
        said = words.sentences(chosen, words_of(self.text.object), judgement.tested_on(self._tested))
        scale = tr("Number of layers, logarithm to base 10")
        return [Drawn(self.title, shown, said=said, scale=scale) for shown in drawn_in(self.room)]

    def _choose(self) -> None:
        method, validation = self._pairs[self.pair.value]
        found = self._tested.rows(method=method, validation=validation, group="all")
        self.text.object = judgement.fit(found[0]) if found else ""
        if self.room.objects:
            self.draw()

    def draw(self) -> None:
        """Make the diagram."""
        method, validation = self._pairs[self.pair.value]
        held = self._tested.density[method][validation]
        self.room.objects = [_pane(plots.density(held.edges_log10, held.counts))]


class Places:
    """Where the profiles are."""

    def __init__(self, state: State, engine: Engine) -> None:
        self._engine = engine
        self.room = pn.Column(min_height=0 if engine.ensemble is None else 160, sizing_mode="stretch_width", margin=0)
        self.bar = pn.pane.HTML("", stylesheets=[theme.TEXT, legend.BAR], sizing_mode="stretch_width", margin=(0, 0, 10, 0))
        self.show = pmui.Button(label=tr("Show on the large map"), variant="text", size="small", margin=(6, 0, 8, 0))
        self.show.on_click(lambda _: state.show(variable="profile_count"))
        self.show.visible = engine.ensemble is not None
        self.counts = _html("" if engine.evidence is None else judgement.counted(engine.evidence))
        self.title = tr("Where the profiles are")
        self.panel = pn.Column(_html(f"<h3>{self.title}</h3>"), self.show, self.room, self.bar, self.counts, margin=0)

    def drawn(self) -> list[Drawn]:
        """The map, once it is made."""
        variable, tested = MAPS["profile_count"], self._engine.evidence
        said = words.sentences(
            "" if tested is None else judgement.located(tested), tr("Grey: {what}.", what=tr(legend.NO_VALUE[variable.name]))
        )
        scale = f"{tr(variable.label)}, {tr(variable.unit)}"
        return [Drawn(self.title, shown, said=said, scale=scale) for shown in drawn_in(self.room)]

    def draw(self) -> None:
        """Make the map, where it is known what to draw."""
        engine = self._engine
        if engine.ensemble is None:
            return
        pixels = engine.pixels
        frame = pixels.frame(np.nan_to_num(engine.fields.profiles))[::2, ::2]
        variable = MAPS["profile_count"]
        limits = engine.fields.limits(variable.name, "1m", "baseline")
        figure = plots.rendered(plots.where(pixels.x[::2], pixels.y[::2], frame, projection.edge(), limits, variable.colours))
        figure.update(
            width=None, height=None, sizing_mode="stretch_width", aspect_ratio=projection.WIDTH / projection.HEIGHT,
            x_range=_around(projection.X_LIMITS), y_range=_around(projection.Y_LIMITS), min_border=0, background_fill_alpha=0,
            border_fill_alpha=0, outline_line_color=None, toolbar_location=None,
        )  # fmt: skip
        self.room.objects = [pn.pane.Bokeh(figure, sizing_mode="stretch_width", margin=0)]
        self.bar.object = legend.colour_bar(variable.colours, limits, tr(variable.unit), True, False, variable.name)


def _around(limits: tuple[float, float]) -> Range1d:
    return Range1d(1.01 * limits[0], 1.01 * limits[1])


def _html(text: str) -> pn.pane.HTML:
    return pn.pane.HTML(text, stylesheets=[theme.TEXT, LIST], sizing_mode="stretch_width", margin=0)


def _room(height: int = HEIGHT) -> pn.Column:
    """Room for a diagram, so that nothing moves when it comes."""
    return pn.Column(height=height, sizing_mode="stretch_width", margin=0)


def _pane(element: Any) -> pn.pane.Bokeh:
    figure = plots.style(plots.rendered(element))
    figure.update(height=HEIGHT, width=None, sizing_mode="stretch_width")
    return pn.pane.Bokeh(figure, sizing_mode="stretch_width", margin=0)
