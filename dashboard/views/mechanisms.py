"""Which mechanism matters: response curves, component control, shares of variance, and CUE from place to place.

The words are on the page from the start; the diagrams are made when a visitor comes near them, one after the other.  A slider
moves nothing but its mark.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from html import escape
from typing import Any, Protocol

import holoviews as hv
import numpy as np
import panel as pn
import panel_material_ui as pmui
from bokeh.core.properties import value

from dashboard import comparison, diagrams, plots, theme, variance, verdict
from dashboard.catalogue import DEPTHS
from dashboard.curves import Curves
from dashboard.diagrams import FloatArray, Line
from dashboard.drawn import Drawn, Sign, words_of
from dashboard.efficiency import Efficiency
from dashboard.engine import Answer, Engine
from dashboard.language import mark, tr
from dashboard.pane import HEIGHT, drawn_in, framed, html, room, soon
from dashboard.sight import Sight
from dashboard.state import State
from proda_core.published import CUE_MOST, CUE_RECOMMENDED, CUE_TEMPERATURE
from proda_core.sensitivity import Findings

GRID = """
:host { display: grid !important; gap: 26px 34px; width: 100%; height: auto !important; grid-template-columns: minmax(0, 1fr);
  align-items: start; grid-auto-rows: max-content; }
@media (min-width: 1100px) { :host { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
@media (min-width: 1700px) { :host { grid-template-columns: repeat(3, minmax(0, 1fr)); } }
"""


COUNTED = {mark("All alike"): False, mark("By importance of profiles"): True}
"""How observed layers may count: whether by the importance of their profiles, as in the tables of skill."""


class Part(Protocol):
    """A part of the card."""

    panels: tuple[pn.Column, ...]

    def draw(self) -> None:
        """Make its diagrams, once."""

    def show(self, answer: Answer) -> None:
        """Follow the page."""

    def drawn(self) -> list[Drawn]:
        """Its diagrams that are drawn."""


class Mechanisms:
    """The card."""

    def __init__(self, state: State, engine: Engine) -> None:
        self.sight = Sight(margin=0)
        self.sight.param.watch(lambda event: self.open() if event.new is True else None, "near")
        found, efficiency = engine.findings, engine.efficiency
        self.parts: list[Part] = []
        if found is not None:
            self.curves, self.control, self.shares = Curves(found, len(engine.model)), Control(found), Shares(found)
            self.parts += [self.curves, self.control, self.shares]
        if efficiency is not None:
            self.places = (
                Places(
                    tr("Compare places: CUE and temperature"), comparison.temperature(efficiency), partial(_warmth, efficiency)
                ),
                Places(tr("Compare places: CUE and carbon"), comparison.carbon(efficiency), partial(_wealth, efficiency)),
            )
            self.parts += self.places
        self.where = Where(state, found)
        self.parts.append(self.where)
        missing = f"<p>{escape(tr(engine.unfound))}</p>" if found is None and engine.unfound else ""
        self.intro = html(verdict.introduction() + missing)
        beside = pn.Column(*(panel for part in self.parts for panel in part.panels), stylesheets=[GRID], margin=(16, 0, 0, 0))
        self.panel = pn.Column(
            self.intro, self.sight, beside, stylesheets=[theme.CARD, ":host { grid-column: 1 / -1; position: relative; }"]
        )

    def show(self, answer: Answer) -> None:
        """Follow depth and sliders."""
        for part in self.parts:
            part.show(answer)

    def drawn(self) -> list[Drawn]:
        """The diagrams that were made."""
        return [each for part in self.parts for each in part.drawn()]

    def open(self) -> None:
        """Make the diagrams, once; each in a turn of its own, so that others are answered in between."""
        for part in self.parts:
            soon(part.draw)


class Control:
    """What is lost when a mechanism is the same everywhere."""

    def __init__(self, found: Findings) -> None:
        self._found, self._depth = found, ""
        self._figure: Any = None
        self._counted = {tr(label): weighted for label, weighted in COUNTED.items()}
        self.layers = pmui.Select(
            label=tr("Layers count"), options=list(self._counted), size="small", width=220, margin=(6, 0, 4, 0)
        )
        self.layers.param.watch(lambda _: self._update(), "value")
        self.room, self.text = room(), html("")
        self.title = tr("Make its map uniform")
        self.panels = (pn.Column(html(f"<h3>{self.title}</h3>"), self.layers, self.room, self.text, margin=0),)

    @property
    def _weighted(self) -> bool:
        return self._counted[self.layers.value]

    def show(self, answer: Answer) -> None:
        """Follow the depth."""
        if answer.choice.depth != self._depth:
            self._depth = answer.choice.depth
            self._update()

    def drawn(self) -> list[Drawn]:
        """The diagram, once it is made."""
        said = words_of(verdict.control(self._found, self._depth, self._weighted)) if self._depth else ""
        return [Drawn(self.title, shown, verdict.signs(verdict.RANKED), said) for shown in drawn_in(self.room)]

    def _update(self) -> None:
        of = (self._found, self._depth, self._weighted)
        self.text.object = verdict.control(*of) + verdict.control_table(*of)
        if self._figure is not None:
            self._place()

    def draw(self) -> None:
        """Make the diagram."""
        if self._figure is None:
            self._figure = plots.style(plots.rendered(diagrams.importance(verdict.RANKED)))
            (self._bars,), (self._points,) = (plots.sources(self._figure, glyph) for glyph in ("Segment", "Scatter"))
            self._place()
            self.room.objects = [framed(self._figure)]

    def _place(self) -> None:
        stock, explained = verdict.lost(self._found, list(DEPTHS).index(self._depth), self._weighted)
        (left, x, right), (low, y, high) = (np.quantile(values, (0.16, 0.5, 0.84), axis=0) for values in (stock, explained))
        self._points.data = {**self._points.data, "stock": x, "explained": y}
        ends = {"stock": (left, x), "stock2": (right, x), "explained": (y, low), "explained2": (y, high)}
        self._bars.data = {name: np.concatenate(values) for name, values in ends.items()}
        span, top = float(right.max() - left.min()), float(high.max())
        self._figure.x_range.update(start=float(left.min()) - 0.08 * span, end=float(right.max()) + 0.08 * span)
        self._figure.y_range.update(start=min(0.0, float(low.min())) - 0.05 * top, end=1.1 * top)


class Shares:
    """Shares of the variance."""

    def __init__(self, found: Findings) -> None:
        self._found = found
        labels = {tr(label): name for name, label in variance.STUDIES.items()}
        self.study = pmui.Select(label=tr("Moved"), options=list(labels), size="small", width=220, margin=(6, 0, 4, 0))
        self.study.param.watch(lambda event: self._choose(labels[event.new]), "value")
        self.room, self.text = room(HEIGHT + 60), html("")
        self.title = tr("Share out the variance")
        self.panels = (pn.Column(html(f"<h3>{self.title}</h3>"), self.study, self.room, self.text, margin=0),)
        self._choose("mechanisms")

    def show(self, answer: Answer) -> None:
        """Nothing here depends on the page."""

    def drawn(self) -> list[Drawn]:
        """The diagram, once it is made."""
        signs = (
            Sign(tr("with all interactions"), theme.STEEL, "band", alpha=0.4), Sign(tr("alone"), theme.STEEL, "band"),
            Sign(tr("95 % interval"), theme.GREY),
        )  # fmt: skip
        said = words_of(variance.shares(self._found, self._study))
        return [Drawn(self.title, shown, signs, said) for shown in drawn_in(self.room)]

    def _choose(self, study: str) -> None:
        self._study = study
        said, table = variance.shares(self._found, study), variance.shares_table(self._found, study)
        self.text.object = f"{said}<details><summary>{tr('All numbers')}</summary>{table}</details>"
        if self.room.objects:
            self.room.objects = []
            self.draw()

    def draw(self) -> None:
        """Make the diagram."""
        if self.room.objects:
            return
        held = self._found.mechanisms if self._study == "mechanisms" else self._found.parameters
        order = np.argsort(-held.total[-1, 0])
        values = (held.first, held.total, held.first_confidence, held.total_confidence)
        name = verdict.label if self._study == "mechanisms" else variance.symbol
        names = [name(held.names[i]) for i in order]
        shown = plots.style(plots.rendered(diagrams.shares(names, *(table[-1, 0, order] for table in values))))
        self.room.objects = [framed(shown, HEIGHT + 60)]


class Places:
    """CUE against another quantity, from place to place.

    Args:
        title: of the part.
        text: what it says, as HTML.
        compose: makes the diagram.
    """

    def __init__(self, title: str, text: str, compose: Callable[[], hv.Overlay]) -> None:
        self._compose, self.title, self._said = compose, title, words_of(text)
        self.room = room()
        self.panels = (pn.Column(html(f"<h3>{title}</h3>"), self.room, html(text + comparison.zones()), margin=0),)

    def drawn(self) -> list[Drawn]:
        """The diagram, once it is made."""
        return [Drawn(self.title, shown, comparison.signs(), self._said) for shown in drawn_in(self.room)]

    def show(self, answer: Answer) -> None:
        """Nothing here depends on the page."""

    def draw(self) -> None:
        """Make the diagram."""
        if not self.room.objects:
            shown = plots.style(plots.rendered(self._compose()))
            for name in plots.renderers(shown, "Text"):
                name.glyph.text_font = value(theme.FONT)
            self.room.objects = [framed(shown)]


def _warmth(found: Efficiency) -> hv.Overlay:
    course = found.by_temperature
    return diagrams.efficiency(
        found.temperature, found.cue, found.zone, (course.middle, course.low, course.median, course.high),
        tr("Mean annual air temperature [°C]"), _measured(), (0.2, 0.85),
    )  # fmt: skip


def _wealth(found: Efficiency) -> hv.Overlay:
    course = found.by_carbon
    return diagrams.efficiency(
        found.carbon, found.cue, found.zone, (course.middle, course.low, course.median, course.high),
        tr("Carbon to 1 m [kg C m⁻²]"), limits=_around(found.cue), logarithmic=True,
    )  # fmt: skip


def _around(values: FloatArray) -> tuple[float, float]:
    """Limits of an axis that holds nearly all of some values."""
    low, high = (float(end) for end in np.quantile(values, (0.002, 0.998)))
    return low - 0.1 * (high - low) - 1e-3, high + 0.1 * (high - low) + 1e-3


def _measured() -> list[Line]:
    """Measured relations of CUE to temperature, drawn where soils are not frozen."""
    slope, warm = CUE_TEMPERATURE, np.array([0.0, 30.0])
    everywhere = np.array([-20.0, 32.0])
    return [
        Line(warm, slope.at_20 + slope.slope * (warm - 20.0), tr("Measured, Qiao 2019"), (1.0, 0.8)),
        Line(everywhere, np.full(2, CUE_RECOMMENDED), tr("Recommended, Sinsabaugh 2013"), (-20.0, CUE_RECOMMENDED - 0.055)),
        Line(everywhere, np.full(2, CUE_MOST), tr("At most, Sinsabaugh 2013"), (-20.0, CUE_MOST)),
    ]


class Where:
    """Where it matters, on the map, and how sure it is."""

    def __init__(self, state: State, found: Findings | None) -> None:
        text = tr(
            "Where one more per cent of CUE adds most depends on the soil of a place: the map shows it, worked out for every "
            "cell by the adjoint of the model."
        )
        said = f"<h3>{tr('Where, and how sure')}</h3><p>{text}</p>"
        label = tr("Show where +1 % CUE matters most")
        self.button = pmui.Button(label=label, variant="outlined", size="small", margin=(6, 0, 8, 0))
        self.button.on_click(lambda _: state.show(variable="gain_cue"))
        self.text = html("" if found is None else variance.budget(found))
        self.panels = (pn.Column(html(said), self.button, self.text, margin=0),)

    def show(self, answer: Answer) -> None:
        """Nothing here depends on the page."""

    def draw(self) -> None:
        """There is no diagram."""

    def drawn(self) -> list[Drawn]:
        """There is no diagram."""
        return []
