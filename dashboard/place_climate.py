"""What drives the soil of one place: its climate in words, and the months of its soil as small diagrams with their table."""

from __future__ import annotations

from html import escape

import numpy as np
import numpy.typing as npt

from dashboard import words
from dashboard.engine import Profile
from dashboard.language import tr
from dashboard.place import Setting
from proda_core.grid import LAYERS, LAYERS_CLM5

FloatArray = npt.NDArray[np.float64]

LOOK = """
.months { display: grid; grid-template-columns: repeat(auto-fit, minmax(230px, 1fr)); gap: 8px 20px; margin: 6px 0; }
.months svg { width: 100%; height: auto; display: block; overflow: visible; font-size: 12px; }
.months text { fill: currentColor; opacity: .8; }
.months .axis { stroke: rgb(128 140 148 / .45); stroke-width: 1; }
.months .top { stroke: var(--accent); fill: none; stroke-width: 2.5; }
.months .low { stroke: #5b8aa6; fill: none; stroke-width: 2.5; stroke-dasharray: 6 3; }
.months figcaption { font-size: 13px; } .months figure { margin: 0; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 3px 14px; font-size: 14px; margin: 4px 0; }
dt { opacity: .72; } dd { margin: 0; }
"""
WIDTH, HEIGHT, LEFT, BELOW = 260, 120, 34, 18
FROZEN_BELOW = float(LAYERS_CLM5.interface[LAYERS - 1])
"""Thaw depth from which on nothing stays frozen in the column [m]."""


def card(soil: Profile) -> str:
    """The climate of a place and what drives its soil, as HTML."""
    setting = soil.setting
    facts = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts_of(soil))
    depths = depths_of(setting)
    pictures = _figure(tr("Soil temperature [°C]"), depths, setting.temperature) + _figure(
        tr("Water scalar [1]"), depths, setting.water
    )
    return (
        f"<h3>{tr('Climate and forcing')}</h3><dl>{facts}</dl><div class=months>{pictures}</div><p class=quiet>{key(setting)}</p>"
        f"{_table(setting, depths)}"
    )


def depths_of(setting: Setting) -> list[str]:
    """The layers whose months are shown."""
    return [f"{100 * depth:.0f} cm" for depth in setting.depth]


def key(setting: Setting) -> str:
    """How these layers are drawn."""
    first, second = depths_of(setting)
    return tr("Solid: {first} deep, dashed: {second}. Monthly means of many years.", first=first, second=second)


def facts_of(soil: Profile) -> list[tuple[str, str]]:
    """What is told of a place in words: pairs of name and value."""
    setting = soil.setting
    facts = []
    if setting.zone:
        facts.append((tr("Climate zone"), f"{setting.zone}, {words.climate(setting.zone)}"))
    facts.append((tr("Soil, mean of the year"), f"{words.number(float(setting.temperature[0].mean()))} °C"))
    given = words.number(float(soil.budgets[0].litter_input.sum()))
    facts.append((tr("Plant carbon input"), f"{given} g C m⁻² yr⁻¹"))
    thaw = tr("the whole column") if setting.thaw >= FROZEN_BELOW else f"{words.number(setting.thaw)} m"
    facts.append((tr("Thaws each year"), thaw))
    facts.append((tr("Carbon is mixed down to"), tr("{depth} m (assumed, not measured)", depth=words.number(setting.bedrock))))
    return facts


def _figure(title: str, depths: list[str], values: FloatArray) -> str:
    """Twelve months of two layers as lines."""
    low, high = ends(values)
    marks = words.ticks(low, high)

    def y(value: float) -> float:
        return (HEIGHT - BELOW) * (1 - (value - low) / (high - low))

    def x(month: float) -> float:
        return LEFT + (WIDTH - LEFT - 6) * month / 11

    lines = "".join(
        f"<polyline class={name} points='{' '.join(f'{x(m):.1f},{y(float(v)):.1f}' for m, v in enumerate(row))}'/>"
        for name, row in zip(("low", "top"), values[::-1], strict=True)
    )
    step = max(1, len(marks) // 4)
    axis = "".join(
        f"<line class=axis x1={LEFT} x2={WIDTH} y1={y(mark):.1f} y2={y(mark):.1f} />"
        f"<text x={LEFT - 6} y={y(mark) + 4:.1f} text-anchor=end>{words.plain(mark)}</text>"
        for mark in marks[::step]
    )
    letters = "".join(f"<text x={x(m):.1f} y={HEIGHT - 2} text-anchor=middle>{name}</text>" for m, name in enumerate(months()))
    said = tr("{title} by month at {depths}; the table below has the numbers", title=title, depths=", ".join(depths))
    return (
        f"<figure><figcaption>{title}</figcaption><svg viewBox='0 -6 {WIDTH} {HEIGHT + 6}' role=img aria-label='{escape(said)}'>"
        f"{axis}{lines}{letters}</svg></figure>"
    )


def ends(values: FloatArray) -> tuple[float, float]:
    """Ends of an axis with some room around the values, which may all be the same."""
    low, high = float(values.min()), float(values.max())
    room = max(0.06 * (high - low), 0.02 * max(abs(low), abs(high)), 1e-3)
    return low - room, high + room


def months() -> list[str]:
    """The months, a letter or a number each."""
    return tr("J F M A M J J A S O N D").split()


def _named() -> list[str]:
    return tr("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec").split()


def _table(setting: Setting, depths: list[str]) -> str:
    head = [
        tr("Month"),
        *(tr("Temperature at {depth} [°C]", depth=depth) for depth in depths),
        *(tr("Water scalar at {depth}", depth=depth) for depth in depths),
    ]
    rows = "".join(
        f"<tr><th scope=row>{name}</th>"
        + "".join(f"<td>{words.number(float(value))}</td>" for value in (*setting.temperature[:, m], *setting.water[:, m]))
        + "</tr>"
        for m, name in enumerate(_named())
    )
    columns = "".join(f"<th scope=col>{name}</th>" for name in head)
    return (
        f"<details><summary>{tr('Months as a table')}</summary><div class=scroll><table><thead><tr>{columns}</tr></thead>"
        f"<tbody>{rows}</tbody></table></div></details>"
    )
