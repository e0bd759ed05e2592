"""The 21 parameters of a place as bars: where the members of the ensemble lie within the prior, beside the default of CLM5."""

from __future__ import annotations

from html import escape

import numpy as np

from dashboard import words
from dashboard.catalogue import MAPS
from dashboard.engine import Profile
from dashboard.fields import BLOCK
from dashboard.language import mark, tr
from dashboard.place_words import lowered
from proda_core import parameters
from proda_core.parameters import PARAMETERS, Parameter

LOOK = """
.parameters { display: grid; grid-template-columns: minmax(0, 1fr); gap: 0 34px; }
@media (min-width: 1500px) { .parameters { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); } }
.parameters table { font-size: 14px; }
.parameters th, .parameters td { padding: 5px 0 5px 12px; vertical-align: middle; }
.parameters th:first-child { white-space: normal; width: 34%; min-width: 150px; padding-left: 0; line-height: 1.25; }
.parameters td.chart { width: 30%; min-width: 120px; }
.parameters small { opacity: .72; font-size: 12px; display: inline; white-space: nowrap; }
.span { position: relative; height: 16px; border-radius: 3px; background: rgb(128 140 148 / .2); }
.span i { position: absolute; }
.span .range { top: 3px; height: 10px; background: #5b8aa6; opacity: .45; min-width: 2px; }
.span .sd { top: 7px; height: 2px; background: currentColor; min-width: 2px; }
.span .mean { top: 1px; height: 14px; width: 3px; margin-left: -1.5px; background: currentColor; }
.span .clm { top: 4px; width: 6px; height: 6px; margin-left: -4px; border: 1.5px solid var(--accent); transform: rotate(45deg);
  background: var(--panel-surface-color); }
.span .clm.out { background: var(--accent); }
.span .best { top: 1px; height: 14px; border-left: 2px dotted currentColor; margin-left: -1px; }
.ends { display: flex; justify-content: space-between; font-size: 11.5px; opacity: .72; }
.key { display: inline-block; position: relative; width: 22px; height: 16px; vertical-align: -3px; margin: 0 3px 0 8px; }
"""


MARKS = {
    mark("10th to 90th percentile of the networks"): "<i class=range style='left:3px;right:3px'></i>",
    mark("mean"): "<i class=mean style='left:50%'></i>",
    mark("± SD"): "<i class=sd style='left:3px;right:3px'></i>",
    mark("best estimate, on the maps"): "<i class=best style='left:50%'></i>",
    mark("CLM5; filled where it lies outside the prior"): "<i class=clm style='left:50%'></i>",
}
"""What is drawn, as it is drawn on the page."""


def table(soil: Profile) -> str:
    """The parameters of a place as HTML."""
    members = soil.setting.members
    head = [tr("Parameter"), tr("Prior range"), tr("Mean ± SD"), tr("10–90 %"), tr("CLM5")]
    if members is None:
        head = [tr("Parameter"), tr("Prior range"), tr("Value"), tr("CLM5")]
    rows = [
        _row(parameter, soil.setting.best[i], None if members is None else members[:, i])
        for i, parameter in enumerate(PARAMETERS)
    ]
    half = (len(rows) + 1) // 2
    columns = "".join(f"<th scope=col>{escape(name)}</th>" for name in head)
    names = [(tr("Parameters, first half"), rows[:half]), (tr("Parameters, second half"), rows[half:])]
    parts = "".join(
        f"<div class=scroll tabindex=0 role=group aria-label='{escape(name)}'><table><thead><tr>{columns}</tr></thead>"
        f"<tbody>{''.join(part)}</tbody></table></div>"
        for name, part in names
    )
    return f"<h3>{tr('Parameters')}</h3>{_said(soil)}<div class=parameters>{parts}</div>"


def spread_of(soil: Profile) -> str:
    """What the spread of the parameters of a place is, in words."""
    members, support = soil.setting.members, soil.support
    if members is None or support is None:
        return tr("These values are the same everywhere: they are not retrieved from data, so they have no spread.")
    return tr(
        "The spread is that of {count} networks, each trained on other draws of the profiles: how far learning is sure, not the "
        "posterior of measurements at this place. Training profiles: {here} in this cell, {around} in its block of {block}°.",
        count=len(members), here=f"{support.profiles:,}", around=f"{support.around:,}", block=f"{BLOCK:g}",
    )  # fmt: skip


def _said(soil: Profile) -> str:
    said = spread_of(soil)
    if soil.setting.members is None or soil.support is None:
        return f"<p class=quiet>{said}</p>"
    marks = {tr(name): shown for name, shown in MARKS.items()}
    key = "".join(f"<span class='key span'>{shown}</span>{escape(name)}" for name, shown in marks.items())
    return f"<p class=quiet>{said}</p><p class=quiet>{key}</p>"


def _row(parameter: Parameter, best: float, members: np.ndarray | None) -> str:
    label, unit = MAPS[parameter.id].label, MAPS[parameter.id].unit
    printed = "" if unit == "1" else f" <small>{escape(unit)}</small>"
    clm = parameter.clm5_default
    inside = parameter.lower <= clm <= parameter.upper
    default = words.number(clm) if inside else tr("{value}, outside", value=words.number(clm))
    values = [words.number(float(best))] if members is None else list(spread(members))
    cells = "".join(f"<td>{value}</td>" for value in (*values, default))
    ends = "".join(f"<span>{words.plain(end)}</span>" for end in (parameter.lower, parameter.upper))
    return (
        f"<tr><th scope=row>{lowered(tr(label))}{printed}</th><td class=chart>"
        f"<div class=span>{_bar(parameter, best, members)}</div><div class=ends>{ends}</div></td>{cells}</tr>"
    )


def spread(members: np.ndarray) -> tuple[str, str]:
    """Mean with standard deviation, and the middle eighty per cent."""
    low, high = np.percentile(members, [10, 90])
    return words.with_spread(float(members.mean()), float(members.std(ddof=1))), f"{words.number(low)}–{words.number(high)}"


def _bar(parameter: Parameter, best: float, members: np.ndarray | None) -> str:
    def at(value: float) -> float:
        return float(np.clip(100 * (value - parameter.lower) / (parameter.upper - parameter.lower), 0, 100))

    def stretch(name: str, low: float, high: float) -> str:
        return f"<i class={name} style='left:{at(low):.1f}%;width:{at(high) - at(low):.1f}%'></i>"

    clm = parameter.clm5_default
    out = "" if parameter.lower <= clm <= parameter.upper else " out"
    marks = f"<i class=best style='left:{at(best):.1f}%'></i><i class='clm{out}' style='left:{at(clm):.1f}%'></i>"
    if members is None:
        return marks
    mean, sd = float(members.mean()), float(members.std(ddof=1))
    low, high = np.percentile(members, [10, 90])
    middle = f"<i class=mean style='left:{at(mean):.1f}%'></i>"
    return stretch("range", float(low), float(high)) + stretch("sd", mean - sd, mean + sd) + middle + marks


if set(parameters.IDS) - set(MAPS):
    raise RuntimeError("expected a map, and so a name, for every parameter")
