"""Numbers of places in tables: mechanisms and times of one place, and two places side by side."""

from __future__ import annotations

from html import escape
from typing import NamedTuple

from dashboard import words
from dashboard.catalogue import DEPTHS, MAPS
from dashboard.engine import Profile
from dashboard.language import tr
from dashboard.place import Budget
from dashboard.place_words import lowered
from proda_core import mechanisms
from proda_core.parameters import PARAMETERS


class Row(NamedTuple):
    """A quantity of a place; its spread is that of the ensemble, if there is one."""

    name: str
    unit: str
    value: float
    spread: float | None
    scenario: float


_HARDLY = 5e-7
"""Relative change that is none: round-off of two solves."""


def mechanisms_of(soil: Profile) -> str:
    """Mechanisms of a place and how long carbon stays there, as HTML."""
    head = [tr("Quantity"), tr("Baseline ± SD"), tr("Scenario"), tr("Change")]
    rows = "".join(
        f"<tr>{_named(row)}<td>{_known(row)}</td><td>{_moved(row)}</td><td>{_percent(row.value, row.scenario)}</td></tr>"
        for row in (*_times(*soil.budgets), *_mechanisms(soil))
    )
    said = tr(
        "Transit time: from entering as litter to being respired, the stock over the input. Age: of the carbon that is there. "
        "Both in balance, litter and wood included. SD: across the ensemble."
    )
    return f"<h3>{tr('Mechanisms and times')}</h3><table>{_head(head)}<tbody>{rows}</tbody></table><p class=quiet>{said}</p>"


def _times(before: Budget, after: Budget) -> list[Row]:
    unit = tr("yr")
    return [
        Row(tr("Mean transit time"), unit, before.transit_time, None, after.transit_time),
        Row(tr("Mean age of carbon"), unit, before.age, None, after.age),
    ]


def _mechanisms(soil: Profile) -> list[Row]:
    before, after = soil.budgets
    return [
        Row(
            tr(MAPS[name].label),
            MAPS[name].unit,
            before.mechanism[name],
            soil.mechanism_sd.get(name) or None,
            after.mechanism[name],
        )
        for name in mechanisms.UNITS
    ]


def _stocks(soil: Profile) -> list[Row]:
    label = tr(MAPS["soc"].label)
    return [
        Row(
            f"{label}, {tr(depth)}", MAPS["soc"].unit, float(soil.stock[0, i]),
            None if soil.support is None else float(soil.support.spread[i]), float(soil.stock[1, i]),
        )
        for i, depth in enumerate(DEPTHS.values())
    ]  # fmt: skip


def _parameters(soil: Profile) -> list[Row]:
    found: list[Row] = []
    for i, parameter in enumerate(PARAMETERS):
        members, best = soil.setting.members, float(soil.setting.best[i])
        spread = None if members is None else float(members[:, i].std(ddof=1))
        found.append(Row(tr(MAPS[parameter.id].label), MAPS[parameter.id].unit, best, spread, best))
    return found


def compared(first: Profile, second: Profile) -> str:
    """Two places side by side, as HTML."""
    places = [words.place(soil.latitude, soil.longitude) for soil in (first, second)]
    blocks: list[tuple[str, list[Row], list[Row]]] = [
        (tr("Stocks"), _stocks(first), _stocks(second)),
        (tr("Times"), _times(*first.budgets), _times(*second.budgets)),
        (tr("Mechanisms"), _mechanisms(first), _mechanisms(second)),
        (tr("Parameters, best estimate"), _parameters(first), _parameters(second)),
    ]
    body = "".join(
        f"<tr class=group><th scope=rowgroup colspan=4>{title}</th></tr>" + "".join(map(_beside, ours, theirs))
        for title, ours, theirs in blocks
    )
    body = _climate((first, second)) + body
    head = [tr("Quantity"), tr("A: {place}", place=places[0]), tr("B: {place}", place=places[1]), tr("B against A")]
    said = tr(
        "± SD across the ensemble. Where a scenario changes a number, → leads to what it becomes; the last column compares those."
    )
    return (
        f"<h3>{tr('Two places side by side')}</h3>"
        f"<div class=scroll tabindex=0 role=group aria-label='{escape(tr('Two places side by side'))}'><table class=two>"
        f"{_head(head)}<tbody>{body}</tbody></table></div><p class=quiet>{said}</p>"
    )


def _beside(ours: Row, theirs: Row) -> str:
    cells = "".join(f"<td>{_known(row)}{_leads(row)}</td>" for row in (ours, theirs))
    return f"<tr>{_named(ours)}{cells}<td>{_percent(ours.scenario, theirs.scenario)}</td></tr>"


def _climate(soils: tuple[Profile, Profile]) -> str:
    """What the places are like, where that is known."""
    zones = [soil.setting.zone for soil in soils]
    named = [f"{zone}, {words.climate(zone)}" if zone else "" for zone in zones]
    rows = [(tr("Climate zone"), named)] if any(zones) else []
    rows.append((tr("Soil, mean of the year [°C]"), [words.number(float(soil.setting.temperature[0].mean())) for soil in soils]))
    return "".join(
        f"<tr><th scope=row>{escape(name)}</th>{''.join(f'<td class=words>{escape(text)}</td>' for text in texts)}<td></td></tr>"
        for name, texts in rows
    )


def _head(names: list[str]) -> str:
    return f"<thead><tr>{''.join(f'<th scope=col>{escape(name)}</th>' for name in names)}</tr></thead>"


def _named(row: Row) -> str:
    printed = "" if row.unit == "1" else f" <small>{escape(row.unit)}</small>"
    return f"<th scope=row>{lowered(row.name)}{printed}</th>"


def _known(row: Row) -> str:
    return words.number(row.value) if row.spread is None else words.with_spread(row.value, row.spread)


def _leads(row: Row) -> str:
    return f" → <b class=more>{words.number(row.scenario)}</b>" if _differ(row.value, row.scenario) else ""


def _moved(row: Row) -> str:
    number = words.number(row.scenario)
    return f"<b class=more>{number}</b>" if _differ(row.value, row.scenario) else number


def _differ(before: float, after: float) -> bool:
    return abs(after - before) > _HARDLY * max(abs(before), abs(after))


def _percent(before: float, after: float) -> str:
    return f"{words.signed(words.percent(after, before))} %" if before and _differ(before, after) else ""
