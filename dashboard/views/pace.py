"""How long it takes: the way of the world's carbon, and of a place, from the baseline to the new balance."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import panel as pn
from bokeh.core.properties import value

from dashboard import plots, theme, words
from dashboard.catalogue import DEPTH_WORDS, DEPTHS
from dashboard.drawn import Drawn, Sign, words_of
from dashboard.engine import Answer
from dashboard.language import mark, tr
from dashboard.pace import Course, FloatArray, Journey, Way
from dashboard.pane import framed, room
from dashboard.sight import Sight

HEIGHT = 200
"""Of the diagrams [px]."""

NAMED = (10, 100, 1000)
"""Years that the sentence names, and whose marks lie on the curve."""

SMALL = 5e-4
"""Change relative to the baseline that is hardly one, as in the headline."""

GRID = """
:host { display: grid !important; gap: 10px 34px; grid-template-columns: minmax(0, 1fr); align-items: start;
  grid-auto-rows: max-content; grid-column: 1 / -1; position: relative; }
@media (min-width: 900px) { :host { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); } .said { grid-column: 1 / -1; } }
@media (min-width: 1500px) { :host { grid-template-columns: repeat(3, minmax(0, 1fr)); } .said { grid-column: auto; } }
"""
ROOM = """
.words { min-height: 9.5em; } p + p { margin-top: 6px; } h3 { font-size: 15px; margin: 0; }
@media (min-width: 900px) and (max-width: 1499px) { .words { min-height: 6.5em; } }
"""
"""Room for the longest sentence, so that what lies below stands still."""

PETAGRAMS, PER_AREA = "Pg\N{NO-BREAK SPACE}C", "kg\N{NO-BREAK SPACE}C\N{NO-BREAK SPACE}m⁻²"

TITLE = mark("How long it takes")
REST = mark(
    "Soils need centuries to millennia to reach their new balance. Move a slider, and this card shows the way there, over 10,000 "
    "years."
)
BUSY = mark("Being computed, some seconds once the sliders rest …")
TROUBLE = mark("The way there could not be computed for this choice. Move a slider to go on.")


class Plot:
    """The figure of a course, and the data that it draws."""

    def __init__(self, unit: str) -> None:
        self.figure = plots.style(plots.rendered(plots.way(tr("Change [{unit}]", unit=unit))))
        self.before, self.balance, self.line = plots.sources(self.figure, "Line")
        (self.marks,) = plots.sources(self.figure, "Scatter")
        (self.name,) = plots.renderers(self.figure, "Text")
        self.name.glyph.text_font = value(theme.FONT)


class Diagram:
    """Change against time, of the world or of a place; drawn at first when there is something to draw."""

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self.title = pn.pane.HTML("", stylesheets=[theme.TEXT, ROOM], margin=0, sizing_mode="stretch_width")
        self.room = room(HEIGHT)
        self.panel = pn.Column(self.title, self.room, sizing_mode="stretch_width", margin=0)
        self.is_drawn = False

    @cached_property
    def plot(self) -> Plot:
        """What is drawn, made for the first course."""
        return Plot(self._unit)

    def clear(self) -> None:
        """Show no numbers."""
        if self.is_drawn:
            plot = self.plot
            for source in (plot.before, plot.balance, plot.line, plot.marks):
                source.data = {"years": [], "change": []}
            plot.name.data_source.data = {"years": [], "change": [], "text": []}
        self.is_drawn = False

    def draw(self, course: Course, depth: int) -> None:
        """Show a course at a depth."""
        plot = self.plot
        change, end, ends = course.change[:, depth], float(course.balance[depth]), [course.years[0], course.years[-1]]
        plot.before.data = {"years": ends, "change": [0.0, 0.0]}
        plot.balance.data = {"years": ends, "change": [end, end]}
        plot.line.data = {"years": course.years, "change": change}
        plot.marks.data = {"years": list(NAMED), "change": [at(course, depth, year) for year in NAMED]}
        text = tr("in the end {change} {unit}", change=words.signed(end), unit=self._unit)
        plot.name.data_source.data = {"years": [1.1], "change": [end], "text": [text]}
        plot.name.glyph.text_baseline = "bottom" if end >= 0 else "top"
        low, high = min(0.0, end, float(change.min())), max(0.0, end, float(change.max()))
        span = (high - low) or 1.0
        below, above = (0.05, 0.2) if end >= 0 else (0.2, 0.05)
        plot.figure.y_range.update(start=low - below * span, end=high + above * span)
        self.is_drawn = True
        if not self.room.objects:
            self.room.objects = [framed(plot.figure, HEIGHT)]


class Pace:
    """The card."""

    def __init__(self) -> None:
        self._way: Way | None = None
        self._answer: Answer | None = None
        self._failed = False
        self.sight = Sight(margin=0)
        self.text = pn.pane.HTML("", stylesheets=[theme.TEXT, ROOM], margin=0, sizing_mode="stretch_width", css_classes=["said"])
        self.world, self.here = Diagram(PETAGRAMS), Diagram(PER_AREA)
        self.panel = pn.Column(self.text, self.world.panel, self.here.panel, self.sight, stylesheets=[theme.CARD, GRID])

    def show(self, answer: Answer) -> None:
        """Another choice; what was drawn for another scenario goes."""
        self._answer = answer
        self._update()

    def begin(self) -> None:
        """Another way is looked for; whether there is one may be known before or after the answer to the same choice."""
        self._failed = False

    def draw(self, way: Way) -> None:
        """Show a way, if it is that of the latest choice."""
        self._way, self._failed = way, False
        self._update()

    def fail(self, _: Exception) -> None:
        """Say that there is no way to show."""
        self._failed = True
        self._update()

    def drawn(self) -> list[Drawn]:
        """The ways that are known."""
        signs = (Sign(tr("Change by then"), theme.ACCENT), Sign(tr("New balance"), theme.ACCENT, "dashed"))
        said = tr(
            "A change at year 0 that stays; marks after {years} years.", years=words.listed([f"{year:,}" for year in NAMED])
        )
        return [
            Drawn(f"{tr(TITLE)}: {words_of(part.title.object)}", part.plot.figure, signs, said, follows=True)
            for part in (self.world, self.here)
            if part.is_drawn
        ]

    def _update(self) -> None:
        answer, way = self._answer, self._way
        if answer is None:
            return
        change, place = _asked(answer)
        known = way if way is not None and way.journey.change == change else None
        self.text.object = (
            f"<div class=words aria-busy={_flag(self._waits(known))}><h2>{tr(TITLE)}</h2>{self._said(answer, known)}</div>"
        )
        depth = tr(DEPTHS[answer.choice.depth]).lower()
        heading = "&nbsp;" if answer.choice.scenario.is_baseline else tr("World, {depth}", depth=depth)
        self.world.title.object = f"<h3>{heading}</h3>"
        self.here.room.visible = place is not None
        self.here.title.object = _place(answer)
        if known is None:
            self.world.clear()
        else:
            self.world.draw(known.world, answer.depth)
        if known is None or known.here is None or known.journey.place != place:
            self.here.clear()
        else:
            self.here.draw(known.here, answer.depth)

    def _waits(self, known: Way | None) -> bool:
        answer = self._answer
        if answer is None or answer.choice.scenario.is_baseline or self._failed:
            return False
        return known is None or known.journey.place != answer.choice.place

    def _said(self, answer: Answer, known: Way | None) -> str:
        if answer.choice.scenario.is_baseline:
            return _quiet(tr(REST))
        if known is None:
            return f"<p>{tr(TROUBLE)}</p>" if self._failed else _quiet(tr(BUSY))
        depth = answer.depth
        said = describe(known.world, depth, PETAGRAMS, tr(DEPTH_WORDS[answer.choice.depth]), float(answer.baseline.total[depth]))
        if answer.profile is None:
            return said
        if known.here is None or known.journey.place != answer.choice.place:
            return said + (f"<p>{tr(TROUBLE)}</p>" if self._failed else _quiet(tr("The place: being computed …")))
        before = float(answer.profile.stock[0][depth])
        return said + describe(known.here, depth, PER_AREA, tr("at the place"), before)


def _asked(answer: Answer) -> Journey:
    return Journey(answer.choice.change, answer.choice.place)


def _quiet(text: str) -> str:
    return f"<p class=quiet>{text}</p>"


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _place(answer: Answer) -> str:
    soil = answer.profile
    if soil is None:
        return _quiet(tr("Click the map to see one place beside the world."))
    place, depth = words.place(soil.latitude, soil.longitude), tr(DEPTHS[answer.choice.depth]).lower()
    return f"<h3>{tr('{place}, {depth}', place=place, depth=depth)}</h3>"


def at(course: Course, depth: int, year: float) -> float:
    """Change by a year."""
    return float(np.interp(np.log(year), np.log(course.years), course.change[:, depth]))


def describe(course: Course, depth: int, unit: str, where: str, baseline: float) -> str:
    """What a course says, in words, as HTML.

    Args:
        course: the course.
        depth: position in ``grid.STOCK_DEPTHS``.
        unit: of its changes.
        where: what it is a course of.
        baseline: stock at year zero [the same unit].
    """
    end = float(course.balance[depth])
    years = words.listed([f"{year:,}" for year in NAMED])
    steps = words.listed([f"<b>{words.signed(at(course, depth, year), 2)}</b>" for year in NAMED])
    said = tr(
        "After {years} years {where}: {steps} {unit}, of <b class=more>{end}</b> in the end.",
        years=years, where=where, steps=steps, unit=unit, end=words.signed(end),
    )  # fmt: skip
    if abs(end) < SMALL * baseline or end == 0:
        return f"<p>{said}</p>{_quiet(tr('So little changes in the end that parts of the way say nothing.'))}"
    return f"<p>{said}</p>{_quiet(share(course, depth))}"


def share(course: Course, depth: int) -> str:
    """How much of the way is done by when, in words."""
    done = course.change[:, depth] / course.balance[depth]
    century, last = at(course, depth, 100) / course.balance[depth], float(done[-1])
    if century < 0:
        first = tr("After 100 years the change still points the other way")
    elif century > 1:
        first = tr("After 100 years it has gone further than in the end")
    else:
        first = tr("{part} of the way is done after 100 years", part=_percent(century))
    over = np.flatnonzero(done >= 0.5)
    if not len(over):
        return tr("{first}, not even half of it after 10,000 ({last}).", first=first, last=_percent(last))
    if over[0] == 0:
        return tr("{first}, half of it after the first, {last} after 10,000.", first=first, last=_percent(last))
    half = _half(course.years, done, int(over[0]))
    return tr("{first}, half of it after about {half}, {last} after 10,000.", first=first, half=half, last=_percent(last))


def _half(years: FloatArray, done: FloatArray, first: int) -> str:
    """The year in which half of the way is done."""
    pair = slice(first - 1, first + 1)
    year = float(np.exp(np.interp(0.5, done[pair], np.log(years[pair]))))
    return words.number(float(f"{year:.2g}"), 2)


def _percent(part: float) -> str:
    return f"{words.number(100 * part, 2)} %"
