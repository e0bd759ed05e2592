"""The global stock above each depth, as a table: what the map shows, for those who do not see it; and the published ranges."""

from __future__ import annotations

from html import escape

import numpy as np
import panel as pn

from dashboard import theme, words
from dashboard.catalogue import DEPTHS
from dashboard.engine import Answer, Engine, FloatArray, Part
from dashboard.language import tr
from proda_core.published import STOCKS, Range

BARS = """
.bars { display: grid; grid-template-columns: max-content minmax(0, 1fr) max-content; gap: 5px 10px; align-items: center;
  font-size: 13px; margin: 12px 0 8px; font-variant-numeric: tabular-nums; }
.bars .track { position: relative; height: 16px; border-bottom: 1px solid rgb(128 140 148 / .28); }
.bars i { position: absolute; top: 0; height: 15px; }
.bars .published { background: #5b8aa6; opacity: .45; min-width: 4px; }
.bars .spread { top: 7px; height: 2px; background: currentColor; }
.bars .ours { width: 3px; margin-left: -1.5px; background: currentColor; }
.bars .scenario { width: 3px; margin-left: -1.5px; background: var(--accent); }
.bars .rival { top: 4px; width: 8px; height: 8px; margin-left: -4px; transform: rotate(45deg); background: RIVAL; }
.swatch { display: inline-block; width: 10px; height: 10px; background: #5b8aa6; opacity: .6; }
""".replace("RIVAL", theme.RIVAL)

ABOUT = 0.05
"""What "about" means of a published number, relative to it."""


class Stocks:
    """The table of stocks and the bars beside it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.table = pn.pane.HTML("", stylesheets=[theme.TEXT, BARS], sizing_mode="stretch_width", margin=0)
        self.panel = pn.Column(self.table, stylesheets=[theme.CARD])

    def show(self, answer: Answer) -> None:
        """Show the stocks of an answer."""
        part, region = answer.part, answer.choice.region
        spread = None if self._engine.ensemble is None or part is not None else self._engine.ensemble.total_sd
        stocks = answer.stocks
        rows = []
        for i, (key, label) in enumerate(DEPTHS.items()):
            before, after = (float(stock[i]) for stock in stocks)
            known = words.number(before) if spread is None else words.with_spread(before, float(spread[i]))
            moved = [words.signed(after - before), words.signed(words.percent(after, before))]
            cells = [known, words.number(after), *moved]
            shown = " class=shown" if key == answer.choice.depth else ""
            rows.append(f"<tr{shown}><th scope=row>{tr(label)}</th>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
        names = (tr("Depth"), tr("Baseline"), tr("Scenario"), tr("Change"), "%")
        head = "".join(f"<th scope=col>{name}</th>" for name in names)
        if part is None:
            key = "" if answer.rival is None else tr(" Violet: A.")
            below = f"{_bars(answer, spread)}<p class=quiet>{self._beside(answer.baseline.total)}{key}</p>"
        else:
            below = _of(part, answer, float(self._engine.model.land.area.sum()))
        whose = tr("World soil carbon") if region is None else tr("Soil carbon {within}", within=words.within(region))
        self.table.object = (
            f"<table><caption>{escape(whose)} [Pg C]</caption><thead><tr>{head}</tr></thead>"
            f"<tbody>{''.join(rows)}</tbody></table>{below}"
        )

    def _beside(self, baseline: FloatArray) -> str:
        """What the bars mean, and how the baseline [Pg] (depth,) compares with the published ranges."""
        ensemble, bedrock = self._engine.ensemble, self._engine.has_bedrock
        sources = "Batjes 1996, Jobbágy &amp; Jackson 2000, Köchy et al. 2015"
        if ensemble is None:
            line = tr("line: baseline; <span class=more>orange: scenario</span>.")
        else:
            line = tr(
                "line: baseline ± SD of {count} ensemble members; <span class=more>orange: scenario</span>.",
                count=ensemble.members,
            )
        published = tr("<b><span class=swatch></span> Published</b> ({sources});", sources=sources)
        spread = np.zeros(len(DEPTHS)) if ensemble is None else ensemble.total_sd
        stocks = zip(DEPTHS, baseline, spread, strict=True)
        found = {key: compare(float(stock), float(sd), STOCKS[key]) for key, stock, sd in stocks}
        where = {way: _depths([key for key in found if found[key] == way]) for way in ("more", "less")}
        causes = _causes(ensemble is not None, bedrock)
        return words.sentences(published, line, _beside(where["more"], where["less"], bool(spread.any()), causes))


def _depths(keys: list[str]) -> str:
    """Where, in words; empty for nowhere."""
    if len(keys) == len(DEPTHS):
        return tr("at every depth")
    return tr("at {depths}", depths=words.listed([tr(DEPTHS[key]).lower() for key in keys])) if keys else ""


def _beside(more: str, less: str, spread: bool, causes: str) -> str:
    """Where the model holds more and less than published, in words."""
    if more and less:
        return tr("This model holds more {more} and less {less} than published{causes}.", more=more, less=less, causes=causes)
    if more:
        return tr("This model holds more {where} than published{causes}.", where=more, causes=causes)
    if less:
        return tr("This model holds less {where} than published{causes}.", where=less, causes=causes)
    if spread:
        return tr("This model lies within all of them, give or take its spread.")
    return tr("This model lies within all of them.")


def _causes(retrieved: bool, bedrock: bool) -> str:
    """Why the model may differ, behind a colon; empty where no reason is known."""
    causes = [] if retrieved else [tr("its parameters are not retrieved from profiles")]
    if not bedrock:
        causes.append(tr("it knows no bedrock"))
    return tr(": {causes}", causes=words.listed(causes)) if causes else ""


def _of(part: Part, answer: Answer, land_area: float) -> str:
    """A part of the land beside all of it, whose area is ``land_area`` [m2]."""
    if not part.inside.any():
        return f"<p class=quiet>{tr('The model has no land there.')}</p>"
    share = words.number(100 * part.area / land_area, 2)
    held = words.number(100 * float(part.baseline[answer.depth] / answer.baseline.total[answer.depth]), 2)
    said = tr(
        "{area} million km² of land, {share} % of all, with {held} % of the carbon. Members are not summed by region: for their "
        "spread see the map of uncertainty.",
        area=words.number(part.area / 1e12), share=share, held=held,
    )  # fmt: skip
    return f"<p class=quiet style='margin-top: 8px'>{said}</p>"


def compare(stock: float, spread: float, published: Range) -> str:
    """Whether a stock is "more" or "less" than published, or, give or take its spread, neither: an empty text.

    >>> compare(1600.0, 150.0, STOCKS["1m"]), compare(1600.0, 0.0, STOCKS["1m"]), compare(500.0, 50.0, STOCKS["0.3m"])
    ('', 'more', 'less')
    """
    slack = spread + (ABOUT * published.low if published.low == published.high else 0.0)
    if stock > published.high + slack:
        return "more"
    return "less" if stock < published.low - slack else ""


def _bars(answer: Answer, spread: FloatArray | None) -> str:
    """Baseline with its spread, scenario and published range above each depth, drawn to one scale."""
    most = float(answer.baseline.total[-1]) + (0.0 if spread is None else float(spread[-1]))
    shown = [float(answer.outcome.total[-1]), *([] if answer.rival is None else [float(answer.rival.total[-1])])]
    top = 1.06 * max(STOCKS["full"].high, most, *shown)

    def at(value: float) -> str:
        return f"{100 * value / top:.2f}%"

    rows = []
    for i, (key, label) in enumerate(DEPTHS.items()):
        published, before, after = STOCKS[key], float(answer.baseline.total[i]), float(answer.outcome.total[i])
        sd = 0.0 if spread is None else float(spread[i])
        marks = [
            f"<i class=published style='left:{at(published.low)};width:{at(published.high - published.low)}'></i>",
            f"<i class=spread style='left:{at(before - sd)};width:{at(2 * sd)}'></i>" if sd else "",
            f"<i class=ours style='left:{at(before)}'></i>",
            f"<i class=scenario style='left:{at(after)}'></i>" if after != before else "",
        ]
        about = published.low == published.high
        known = tr("about {stock}", stock=f"{published.low:,.0f}") if about else f"{published.low:,.0f}–{published.high:,.0f}"
        if answer.rival is not None:
            marks.append(f"<i class=rival style='left:{at(float(answer.rival.total[i]))}'></i>")
        rows.append(f"<span>{tr(label)}</span><span class=track aria-hidden=true>{''.join(marks)}</span><span>{known}</span>")
    return f"<div class=bars role=group aria-label='{tr('Published stocks [Pg C]')}'>{''.join(rows)}</div>"
