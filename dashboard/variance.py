"""Shares of the variance of the carbon, and how sure the answer to +1 % CUE is, in words and tables; see ``verdict``."""

from __future__ import annotations

from html import escape

import numpy as np

from dashboard import words
from dashboard.catalogue import CONTROLS, DEPTH_WORDS, DEPTHS, MAPS
from dashboard.diagrams import FloatArray
from dashboard.language import mark, tr
from dashboard.verdict import PG, label, table
from proda_core.parameters import INDEX, MECHANISM_PARAMETERS
from proda_core.sensitivity import Findings
from proda_core.sensitivity.findings import Shares

STUDIES: dict[str, str] = {"mechanisms": mark("Six mechanisms"), "parameters": mark("21 parameters")}


def symbol(parameter: str) -> str:
    """A parameter's symbol."""
    return MAPS[parameter].label.rpartition(" ")[2]  # the same in every language


def shares(found: Findings, study: str) -> str:
    """What the Sobol indices say, and whether they have settled, as HTML."""
    held = found.mechanisms if study == "mechanisms" else found.parameters
    total, first = held.total[-1, 0], held.first[-1, 0]
    one, two = (int(i) for i in np.argsort(-total)[:2])
    names = [tr(CONTROLS[name].noun) if study == "mechanisms" else _meaning(name) for name in held.names]
    moved = float(np.nanmax(np.abs(held.total[-1, 0] - held.total[-2, 0]))) if len(held.sizes) > 1 else float("nan")
    before = held.sizes[-2] if len(held.sizes) > 1 else 0
    template = (
        tr(
            "When all {count} mechanisms, changed as the sliders do, move by up to {width} %, {first} makes <b>{part}</b> of the "
            "variance of the stock {where}, {times} times {second}."
        )
        if study == "mechanisms"
        else tr(
            "When all {count} parameters, normalised, move by up to {width} %, {first} makes <b>{part}</b> of the variance of "
            "the stock {where}, {times} times {second}."
        )
    )
    said = template.format(
        count=len(names), width=f"{100 * found.shares_width:.0f}", first=names[one],
        part=f"{total[one]:.2f} ± {held.total_confidence[-1, 0, one]:.2f}", where=tr(DEPTH_WORDS[found.shares_depth]),
        times=words.number(total[one] / total[two], 2), second=names[two],
    )  # fmt: skip
    alone = (
        tr("What inputs make alone adds up to {sum}: they hardly act together.", sum=f"{first.sum():.2f}")
        if first.sum() > 0.9
        else tr("What inputs make alone adds up to {sum}: the rest they make together.", sum=f"{first.sum():.2f}")
    )
    key = tr(
        "Light: with all interactions; dark: alone; lines: 95 % intervals. From {before} to {size} samples no share moved by "
        "more than {moved}. It says what matters if all are equally uncertain, not what is uncertain.",
        before=f"{before:,}", size=f"{held.sizes[-1]:,}", moved=f"{moved:.3f}",
    )  # fmt: skip
    added = _by_mechanism(first, held.first_confidence[-1, 0]) if study == "parameters" else ""
    return f"<p>{words.sentences(said, alone, _among(found, held, one))}</p>{added}<p class=quiet>{key}</p>"


def _among(found: Findings, held: Shares, one: int) -> str:
    """Between what an input's total index runs among the climate zones; nothing where they are not known."""
    zones = held.total[-1, 1:, one]
    known = np.flatnonzero(np.isfinite(zones))
    if not len(known):
        return ""
    ends = (known[zones[known].argmin()], known[zones[known].argmax()])
    low, high = (f"{zones[i]:.2f} ({escape(found.places[1 + i])})" for i in ends)
    return tr("Among climate zones its share runs from {low} to {high}.", low=low, high=high)


def _meaning(parameter: str) -> str:
    """A parameter's meaning and symbol, within a sentence."""
    name = tr(MAPS[parameter].label)
    return f"{name[:1].lower()}{name[1:]}"


def _by_mechanism(first: FloatArray, half: FloatArray) -> str:
    """What the parameters of each mechanism make, each alone, added up, as HTML."""
    own = {name: [INDEX[id_] for id_ in ids] for name, ids in MECHANISM_PARAMETERS.items() if ids}
    sums = {name: float(first[rows].sum()) for name, rows in own.items()}
    error = {name: float(np.sqrt((half[rows] ** 2).sum())) for name, rows in own.items()}
    order = sorted(sums, key=lambda name: -sums[name])
    told = words.listed([f"{tr(CONTROLS[name].noun)} {abs(sums[name]):.2f}" for name in order])
    best = tr(CONTROLS[order[0]].noun)
    if order[0] == "cue":
        said = tr("Added up by mechanism: {told}; CUE comes first, as published.", told=told)
    elif sums[order[0]] - sums["cue"] < np.hypot(error[order[0]], error["cue"]):
        said = tr(
            "Added up by mechanism: {told}; within their intervals {best} and CUE are level, where CUE is published to come "
            "first.",
            told=told, best=best,
        )  # fmt: skip
    else:
        said = tr(
            "Added up by mechanism: {told}; the largest is that of {best}, where CUE is published to come first.",
            told=told, best=best,
        )  # fmt: skip
    return f"<p>{said}</p>"


def shares_table(found: Findings, study: str) -> str:
    """The indices as an HTML table."""
    held = found.mechanisms if study == "mechanisms" else found.parameters
    values = (held.total, held.total_confidence, held.first, held.first_confidence)
    total, total_ci, first, first_ci = (kept[-1, 0] for kept in values)
    rows = [
        (
            escape(label(held.names[i]) if study == "mechanisms" else tr(MAPS[held.names[i]].label)),
            f"{total[i]:.3f} ± {total_ci[i]:.3f}",
            f"{first[i]:.3f} ± {first_ci[i]:.3f}".replace("-", words.MINUS),
        )
        for i in np.argsort(-total)
    ]
    return table(tr("Shares of the variance ± half the 95 % interval"), (tr("Input"), tr("In all"), tr("Alone")), rows)


def budget(found: Findings) -> str:
    """The budget of variances as an HTML table; nothing where there is none."""
    if not found.budget:
        return ""
    rows = [
        (
            f"{escape(tr(row.source))}<small>{escape(tr(row.note))}</small>",
            "–" if np.isnan(row.sd) else words.number(row.sd, 2),
            "–" if np.isnan(row.share) else f"{100 * row.share:.0f}",
        )
        for row in found.budget
    ]
    depth = tr(DEPTHS.get(found.budget_depth, found.budget_depth)).lower()
    caption = tr("How sure is +1 % CUE ({depth}, as the sliders do)? Standard deviations", depth=escape(depth))
    return table(caption, (tr("Source"), tr("SD [{unit}]", unit=PG), tr("Share of variance [%]")), rows)
