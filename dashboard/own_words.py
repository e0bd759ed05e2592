"""A visitor's own profiles in words and tables; whatever comes from a file is escaped."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np

from dashboard import own, own_forcing_words, words
from dashboard.language import mark, tr
from dashboard.own import Comparison, Profiles
from proda_core.observations.report import ASSUMED, DROPPED, REPAIRED

ACCOUNTS = {"read": mark("read"), "kept": mark("kept"), "dropped": mark("dropped"), "repaired": mark("repaired"),
            "assumed": mark("assumed")}  # fmt: skip


def introduction() -> str:
    """What the card is for, as HTML."""
    columns = "profile_id, latitude, longitude, layer_top, layer_bottom [m]"
    said = tr(
        "Bring profiles: a table with one row a layer: {columns}, and organic_carbon [g/kg] (bulk_density [kg/m³] if known) or "
        "soc_density [g/m³]. WoSIS, ISRaD and PRODA files are read as they are.",
        columns=columns,
    )
    private = tr(
        "Your data stay in this session: no other visitor sees them, they are not in the link that you share, and they are gone "
        "when you close the page."
    )
    further = own_forcing_words.introduction()
    return f"<h2>{tr('Your data')}</h2><p>{escape(said)}</p>{further}<p class=quiet>{escape(private)}</p>"


def accounted(profiles: Profiles) -> str:
    """What was read, dropped and repaired, and why, as HTML."""
    meanings = {**DROPPED, **REPAIRED, **ASSUMED}
    rows = "".join(
        f"<tr><th scope=row>{tr(ACCOUNTS[account])}{': ' + escape(reason) if reason else ''}"
        f"<small>{escape(meanings.get(reason, ''))}</small></th><td>{layers:,}</td>"
        f"<td>{'' if count is None else f'{count:,}'}</td></tr>"
        for account, reason, layers, count in profiles.account
    )
    dropped = sum(layers for account, _, layers, _ in profiles.account if account == "dropped")
    title = tr("What was read and why {count} layers were dropped", count=f"{dropped:,}") if dropped else tr("What was read")
    notes = [*profiles.remarks]
    for count, text in zip(
        profiles.left_out,
        (mark("{count} layers were extrapolated rather than measured and are left out."),
         mark("{count} layers reach below the model's soil and are left out.")),
        strict=True,
    ):  # fmt: skip
        notes += [tr(text, count=f"{count:,}")] if count else []
    head = f"<th scope=col></th><th scope=col>{tr('layers')}</th><th scope=col>{tr('profiles')}</th>"
    said = "".join(f"<p class=quiet>{escape(note)}</p>" for note in notes)
    return (
        f"<details{' open' if dropped else ''}><summary>{title}</summary><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{rows}</tbody></table></details>{said}"
    )


def skill_table(comparison: Comparison) -> str:
    """Skill by depth class at the baseline and under the scenario, as HTML."""
    moved = comparison.scenario is not comparison.baseline
    sides = (tr("baseline"), tr("scenario")) if moved else (tr("baseline"),)
    rows = "".join(
        f"<tr><th scope=row>{tr('all layers') if name == 'all' else escape(name.replace('-', '–'))}</th><td>{layers:,}</td>"
        + "".join(
            f"<td>{_two(found.nse) if layers > 1 else '–'}</td><td>{words.signed(float(found.bias))}</td>"
            f"<td>{words.number(float(found.rmse))}</td>"
            for found in found_by_side[: len(sides)]
        )
        + "</tr>"
        for name, layers, *found_by_side in own.skill(comparison)
    )
    head = "".join(
        f"<th scope=col>{tr('NSE')}<small>{side}</small></th><th scope=col>{tr('bias')}<small>{side}</small></th>"
        f"<th scope=col>{tr('RMSE')}<small>{side}</small></th>"
        for side in sides
    )
    caption = tr(
        "Modelled against observed carbon density [kg C m⁻³]; NSE: 1 is perfect, 0 no better than the mean. A profile is a point "
        "and the model a cell of half a degree: some misfit is the land's own variety."
    )
    return (
        f"<div class=scroll><table><caption>{caption}</caption><thead><tr><th scope=col>{tr('Depth of the layer')}</th>"
        f"<th scope=col>{tr('layers')}</th>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _two(value: Any) -> str:
    number = float(value)
    return f"{number:.2f}".replace("-", words.MINUS) if np.isfinite(number) else "–"
