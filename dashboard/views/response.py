"""How the global stock answers to one mechanism across its range, with the published number beside ours."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import numpy as np
import panel as pn
import panel_material_ui as pmui

from dashboard import plots, theme, words
from dashboard.catalogue import CONTROLS, DEPTHS, PUBLISHED_RESPONSE
from dashboard.drawn import Drawn, Sign
from dashboard.engine import Answer, Curve, Engine
from dashboard.language import tr
from dashboard.pane import drawn_in, framed, room
from dashboard.state import State

HEIGHT = 165
"""Of the curve [px]."""


class Plot:
    """The figure of the curve, and the data that it draws."""

    def __init__(self) -> None:
        nothing = np.array([0.0, 1.0])
        self.figure = plots.style(plots.rendered(plots.curve(nothing, nothing, tr("Change"), "Pg C")))
        (self.line,) = plots.sources(self.figure, "Line")
        self.start, self.rival, self.now = plots.sources(self.figure, "Scatter")


class Response:
    """The response curve."""

    def __init__(self, state: State, engine: Engine) -> None:
        self._engine = engine
        self._curve: Curve | None = None
        self._latest: Answer | None = None
        self.room = room(HEIGHT)
        labels = {tr(control.label): name for name, control in CONTROLS.items()}
        self.mechanism = pmui.Select(
            label=tr("Stock against"), options=list(labels), size="small", margin=(0, 0, 2, 0), sizing_mode="stretch_width"
        )
        self.mechanism.param.watch(lambda event: state.param.update(mechanism=labels[event.new]), "value")
        # said before the curve is there, so that what lies below stands still
        end = tr("All in the end; see <i>How long it takes</i>.")
        said = f"<p class=quiet>{words.sentences(end, tr(PUBLISHED_RESPONSE))}<br>{self._ours()}</p>"
        self.text = pn.pane.HTML(said, stylesheets=[theme.TEXT], margin=0, sizing_mode="stretch_width")
        self.title = tr("Response of the world's stock")
        self.panel = pn.Column(
            pn.pane.HTML(f"<h2>{self.title}</h2>", stylesheets=[theme.TEXT], margin=(0, 0, 10, 0)),
            self.mechanism, self.room, self.text,
            stylesheets=[theme.CARD],
        )  # fmt: skip

    @cached_property
    def plot(self) -> Plot:
        """What is drawn, made when the first curve is computed."""
        return Plot()

    def draw(self, curve: Curve) -> None:
        """Show the curve of another mechanism."""
        self._curve = curve
        if not self.room.objects:
            self.room.objects = [framed(self.plot.figure, HEIGHT)]
        if self._latest is not None:
            self.show(self._latest)

    def show(self, answer: Answer) -> None:
        """Mark where the sliders stand."""
        self._latest = answer
        if self._curve is None:
            return
        # the curve says which slider it is of: a newly chosen one may still be on its way
        (name, values, totals), i, plot = self._curve, answer.depth, self.plot
        plot.line.data = {"change": values, "stock": totals[:, i]}
        plot.start.data = {"change": [0.0], "stock": [float(answer.baseline.total[i])]}
        plot.now.data = {
            "change": [getattr(answer.choice.scenario, name) * CONTROLS[name].scale],
            "stock": [float(answer.outcome.total[i])],
        }
        rival = answer.rival
        plot.rival.data = {
            "change": [] if rival is None else [rival.pinned.scenario.value(name) * CONTROLS[name].scale],
            "stock": [] if rival is None else [float(rival.total[i])],
        }
        control = CONTROLS[name]
        plot.figure.xaxis.axis_label = f"{tr(control.label)} [{control.unit}]"
        plot.figure.yaxis.axis_label = f"Pg C, {tr(DEPTHS[answer.choice.depth])}"
        low, high = float(np.min(totals[:, i])), float(np.max(totals[:, i]))
        marks = [float(answer.outcome.total[i]), *plot.rival.data["stock"]]
        low, high = min(low, *marks), max(high, *marks)
        plot.figure.y_range.update(start=low - 0.08 * (high - low), end=high + 0.08 * (high - low))
        plot.figure.x_range.update(start=1.06 * control.limits[0], end=1.06 * control.limits[1])

    def drawn(self) -> list[Drawn]:
        """The curve, once it is computed."""
        signs = [Sign(tr("Baseline"), "white", "circle", theme.STEEL), Sign(tr("Scenario"), theme.ACCENT, "circle")]
        if self._latest is not None and self._latest.rival is not None:
            signs.append(Sign(tr("Scenario A"), theme.RIVAL, "diamond"))
        said = tr("One mechanism alone is changed everywhere along the line.")
        return [Drawn(self.title, shown, tuple(signs), said, follows=True) for shown in drawn_in(self.room)]

    def _ours(self) -> str:
        """Our answers to +1 % CUE as HTML."""
        computed = [words.signed(float(value)) for value in self._engine.one_percent()]
        said = tr("This model, computed here: +1 % CUE gives {gains} Pg C.", gains=_by_depth(computed))
        ensemble = self._engine.ensemble
        if ensemble is None:
            return said
        pairs = zip(ensemble.one_percent.mean(axis=0), ensemble.one_percent_sd, strict=True)
        spread = [words.with_spread(float(mean), float(sd)) for mean, sd in pairs]
        members = tr("Mean ± SD of its {count} members: {gains} Pg C.", count=ensemble.members, gains=_by_depth(spread))
        return f"{said}<br>{members}"


def _by_depth(values: Iterable[str]) -> str:
    parts = zip(values, DEPTHS.values(), strict=True)
    return tr(", ").join(tr("{value} ({depth})", value=value, depth=tr(label).lower()) for value, label in parts)
