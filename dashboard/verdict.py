"""What controls the carbon, in words and tables: every number worked out of the findings, all text from a file escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import numpy as np

from dashboard import words
from dashboard.catalogue import CONTROLS, DEPTH_NOUNS, DEPTH_WORDS, DEPTHS
from dashboard.diagrams import MARKS, FloatArray
from dashboard.drawn import Sign
from dashboard.language import mark, tr
from proda_core.grid import STOCK_DEPTHS
from proda_core.published import CUE_TIMES, ONE_PERCENT_CUE
from proda_core.sensitivity import CONTROLS as CONTROLLED
from proda_core.sensitivity import MECHANISMS, RECIPES, Findings

RECIPE_LABELS: dict[str, str] = {"published": mark("Published recipe"), "realised": mark("As the sliders do")}

MANY = 0.01
"""Part of the land left out of a curve from which on the curve says little of the whole column."""

CUE = MECHANISMS.index("cue")
RANKED = tuple(name for name in MECHANISMS if name != "carbon_input")
"""Mechanisms whose maps were learned and can be made uniform; plant input is forcing."""

PG = "Pg\N{NO-BREAK SPACE}C"


def introduction() -> str:
    """What the card asks, as HTML."""
    said = tr(
        "Four ways to ask what controls the carbon: change a mechanism everywhere, make its map uniform, share out the variance, "
        "and compare places. They are different questions, and need not agree."
    )
    return f"<h2>{tr('Which mechanism matters')}</h2><p class=quiet>{said}</p>"


def label(mechanism: str) -> str:
    """How a mechanism is called on the page."""
    return tr(CONTROLS[mechanism].label)


def signs(mechanisms: Iterable[str]) -> tuple[Sign, ...]:
    """How mechanisms are drawn, for the legend of a diagram."""
    return tuple(Sign(label(name), MARKS[name].colour, MARKS[name].shape) for name in mechanisms)


def _dot(mechanism: str) -> str:
    mark = MARKS[mechanism]
    return f"<span class=mark style='color:{mark.colour}' aria-hidden=true>{mark.sign}</span> "


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """An HTML table of cells that are HTML already; the first cell of a row is its name."""
    top = "".join(f"<th scope=col>{name}</th>" for name in head)
    body = "".join(f"<tr><th scope=row>{first}</th>{''.join(f'<td>{cell}</td>' for cell in rest)}</tr>" for first, *rest in rows)
    inside = f"<caption>{caption}</caption><thead><tr>{top}</tr></thead><tbody>{body}</tbody>"
    return f"<div class=scroll><table>{inside}</table></div>"


def _spread(values: FloatArray) -> str:
    """Mean and standard deviation over the members, not to be torn apart at the end of a line."""
    return words.with_spread(float(values.mean()), float(values.std(ddof=1))).replace(" ", "\N{NO-BREAK SPACE}")


def _fixed(values: FloatArray, places: int) -> str:
    """The same with so many decimals, for the columns of a table."""
    return f"{values.mean():.{places}f} ± {values.std(ddof=1):.{places}f}".replace("-", words.MINUS)


# ---- changing a mechanism everywhere ----


def unsound(found: Findings, recipe: int, cells: int) -> list[int]:
    """Mechanisms whose curve leaves out many cells, of which the whole column says little."""
    return [int(i) for i in np.flatnonzero(found.dropped[recipe].max(axis=0) > MANY * cells)]


def response(found: Findings, recipe: str, depth: str, cells: int) -> str:
    """Our answer to +1 % CUE beside the published one, and who comes first, as HTML.

    Args:
        found: the findings.
        recipe: key of :data:`RECIPE_LABELS`.
        depth: key of ``catalogue.DEPTHS``.
        cells: land cells of the model.
    """
    r, d = RECIPES.index(recipe), list(DEPTHS).index(depth)
    ours, slope = found.one_percent[r, :, CUE, d], found.elasticity[r, :, CUE, -1]
    given = ONE_PERCENT_CUE
    middle, around = (given.low + given.high) / 2, (given.high - given.low) / 2
    part = 1.01 ** float(slope.mean()) - 1
    start = found.stock[r, :, CUE, found.stock.shape[3] // 2, -1]
    template = (
        tr(
            "One per cent more CUE adds <b>{gain}</b> to {depth} by the published recipe (mean ± SD of {count} members, per 1 % "
            "that was made). Published, no depth named: {published} ({source})."
        )
        if recipe == "published"
        else tr(
            "One per cent more CUE adds <b>{gain}</b> to {depth} as the sliders change it (mean ± SD of {count} members, per 1 % "
            "that was made). Published, no depth named: {published} ({source})."
        )
    )
    gain = template.format(
        gain=f"{_spread(ours)} {PG}", depth=tr(DEPTH_NOUNS[depth]), count=found.members,
        published=f"{middle:.0f} ± {around:.0f} {PG}", source=escape(given.source),
    )  # fmt: skip
    share = tr(
        "By the elasticity of the full depth, {slope}, one per cent adds {part} % of the stock: {gain} goes with a stock of "
        "about {stock}; this model holds {ours}.",
        slope=_spread(slope), part=words.number(100 * part), gain=f"{middle:.0f} {PG}", stock=words.number(middle / part),
        ours=_spread(start),
    )  # fmt: skip
    return f"<p>{gain}</p><p>{share}</p><p>{_first(found, r, d, cells)}</p>"


def _first(found: Findings, recipe: int, depth: int, cells: int) -> str:
    """Which mechanism comes first, and whether what comes first in the full depth can be believed."""
    size = np.abs(found.one_percent[recipe].mean(axis=0))
    whole = len(STOCK_DEPTHS) - 1
    leader, doubtful = int(np.argmax(size[:, whole])), unsound(found, recipe, cells)
    order = [int(i) for i in np.argsort(-size[:, depth])]
    sound = [i for i in order if i not in doubtful]
    one, two = sound[:2] if depth == whole and len(sound) > 1 else order[:2]
    times = words.number(float(size[one, depth] / size[two, depth]), 2)
    leads = {"times": times, "second": _noun(two)}
    if leader not in doubtful:
        return _leads(label(MECHANISMS[one]), depth == whole, one == CUE).format(**leads)
    doubt = {
        "leader": label(MECHANISMS[leader]),
        "gain": f"{_spread(found.one_percent[recipe, :, leader, whole])} {PG}",
        "dropped": f"{found.dropped[recipe, :, leader].max():,.0f}",
        "cells": f"{cells:,}",
    }
    if MECHANISMS[leader] == "input_allocation":
        warning = tr(
            "{leader} seems to come first in the full depth, unlike published: {gain}. That is no finding: carbon put below the "
            "mixed soil hardly decays there, and up to {dropped} of {cells} cells had to be left out.",
            **doubt,
        )
    else:
        warning = tr(
            "{leader} seems to come first in the full depth, unlike published: {gain}. That is no finding, and up to {dropped} "
            "of {cells} cells had to be left out.",
            **doubt,
        )
    if depth == whole:
        others = tr("Without it, {said}", said=_leads(_noun(one), True, one == CUE).format(**leads))
        return words.sentences(warning, others)
    return words.sentences(_leads(label(MECHANISMS[one]), False, one == CUE).format(**leads), warning)


def _leads(first: str, whole: bool, published: bool) -> str:
    """That a mechanism comes first, as a template for how many times the second it makes."""
    if whole:
        template = (
            tr("{first} comes first, as published, {times} times {second}.")
            if published
            else tr("{first} comes first, unlike published (CUE), {times} times {second}.")
        )
    else:
        template = (
            tr("{first} comes first here, as published, {times} times {second}.")
            if published
            else tr("{first} comes first here, unlike published (CUE), {times} times {second}.")
        )
    return template.replace("{first}", first)


def _noun(mechanism: int) -> str:
    return tr(CONTROLS[MECHANISMS[mechanism]].noun)


def response_table(found: Findings, recipe: str, depth: str) -> str:
    """Elasticity and response of every mechanism as an HTML table, which is also the key to the diagram."""
    r, d = RECIPES.index(recipe), list(DEPTHS).index(depth)
    order = np.argsort(-np.abs(found.one_percent[r, :, :, d].mean(axis=0)))
    rows = [
        (
            f"{_dot(MECHANISMS[i])}{label(MECHANISMS[i])}",
            _fixed(found.elasticity[r, :, i, d], 2),
            _fixed(found.one_percent[r, :, i, d], 1),
        )
        for i in order
    ]
    caption = tr(
        "{recipe}, {depth}: mean ± SD of {count} members",
        recipe=tr(RECIPE_LABELS[recipe]), depth=tr(DEPTHS[depth]).lower(), count=found.members,
    )  # fmt: skip
    return table(caption, (tr("Mechanism"), tr("Elasticity"), f"+1 % [{PG}]"), rows)


# ---- making a map uniform ----


def lost(found: Findings, depth: int, weighted: bool = False) -> tuple[FloatArray, FloatArray]:
    """What each member loses when a mechanism is uniform.

    Args:
        found: the findings.
        depth: position in ``grid.STOCK_DEPTHS``.
        weighted: whether layers count by the importance of their profile, or all alike.

    Returns:
        change of the stock [%], and loss of explained variation [percentage points], each (member, :data:`RANKED`).
    """
    own = [CONTROLLED.index(name) for name in RANKED]
    stock, whole = found.controlled[:, own, depth], found.controlled[:, :1, depth]
    explained = _explained(found, weighted)
    return 100 * (stock / whole - 1), 100 * (explained[:, :1] - explained[:, own])


def _explained(found: Findings, weighted: bool) -> FloatArray:
    return found.explained_weighted if weighted else found.explained


def _interval(values: FloatArray) -> tuple[float, float, float]:
    low, middle, high = (float(value) for value in np.quantile(values, (0.16, 0.5, 0.84)))
    return low, middle, high


def _median(values: FloatArray, sign: str) -> str:
    low, middle, high = (f"{value:{sign}.1f}".replace("-", words.MINUS) for value in _interval(values))
    return tr("{middle} <small>({low} to {high})</small>", middle=middle, low=low, high=high)


def control(found: Findings, depth: str, weighted: bool = False) -> str:
    """What component control says, beside what was published, as HTML."""
    stock, explained = lost(found, list(DEPTHS).index(depth), weighted)
    all_explained = _explained(found, weighted)
    loss, moved = np.median(explained, axis=0), np.median(stock, axis=0)
    first, second = (int(i) for i in np.argsort(-loss)[:2])
    most = int(np.argmax(np.abs(moved)))
    below = int((all_explained < 0).any(axis=1).sum())
    cue = RANKED.index("cue")
    low, _, high = _interval(stock[:, cue])
    whole = 100 * float(np.median(all_explained[:, 0]))
    explains = tr(
        "Made uniform, {first} takes away the most explained variation: {loss} of {whole} percentage points, {times} times "
        "{second}. Published: CUE at least {published} times as important as any other (Tao et al. 2023).",
        first=_ranked(first), loss=words.number(loss[first]), whole=words.number(whole),
        times=words.number(loss[first] / loss[second], 2), second=_ranked(second), published=f"{CUE_TIMES:.0f}",
    )  # fmt: skip
    template = (
        tr("The stock {where} moves most with {most}: {moved} % (CUE {cue} %).")
        if low * high > 0
        else tr("The stock {where} moves most with {most}: {moved} % (CUE {cue} %, whose interval holds zero).")
    )
    stocks = template.format(
        where=tr(DEPTH_WORDS[depth]), most=_ranked(most), moved=words.signed(moved[most]), cue=words.signed(moved[cue])
    )
    uniform = tr("Uniform: parameters at their mean over all profiles. Median and 16–84 % of members.")
    apart = _input_apart(found, weighted, float(loss[cue]))
    return (
        f"<p>{explains}</p><p>{words.sentences(stocks, _agreement(first, most))}</p><p>{apart}</p>"
        f"<p class=quiet>{words.sentences(uniform, _filtered(below, found.members))}</p>"
    )


def _filtered(below: int, members: int) -> str:
    """What it does that the authors leave out some members."""
    if below:
        return tr(
            "The authors leave out members that explain less than nothing: in {below} of {count} members some of it does, which "
            "makes what ruins a fit look better than it is.",
            below=below, count=members,
        )  # fmt: skip
    return tr(
        "The authors leave out members that explain less than nothing: none of our {count} members does, so it changes nothing "
        "here.",
        count=members,
    )


def _ranked(mechanism: int) -> str:
    return tr(CONTROLS[RANKED[mechanism]].noun)


def _input_apart(found: Findings, weighted: bool, by_cue: float) -> str:
    """What uniform plant input takes away, which is no part of the ranking."""
    own = found.uniform_input_weighted if weighted else found.uniform_input
    low, middle, high = _interval(100 * (_explained(found, weighted)[:, 0] - own))
    return tr(
        "Plant input stands apart: it is forcing, the same for all members and not learned. Uniform it would take away {points} "
        "points ({low} to {high}), {times} times what CUE does. So CUE comes first among what was learned, given the input.",
        points=words.number(middle), low=words.number(low), high=words.number(high), times=words.number(middle / by_cue, 2),
    )  # fmt: skip


def _agreement(explained: int, stock: int) -> str:
    by_variation, by_stock = (RANKED[first] == "cue" for first in (explained, stock))
    if by_variation and by_stock:
        return tr("Both put CUE first, as published.")
    if by_variation:
        return tr("So CUE is first in explained variation only, where the authors find it in both.")
    return tr("So CUE is first in stock only, where the authors find it in both.") if by_stock else tr("Published: CUE in both.")


def control_table(found: Findings, depth: str, weighted: bool = False) -> str:
    """Component control as an HTML table."""
    stock, explained = lost(found, list(DEPTHS).index(depth), weighted)
    rows = [
        (f"{_dot(RANKED[i])}{label(RANKED[i])}", _median(stock[:, i], "+"), _median(explained[:, i], ""))
        for i in np.argsort(-np.median(explained, axis=0))
    ]
    caption = tr("Uniform mechanism, {depth}", depth=tr(DEPTHS[depth]).lower())
    return table(caption, (tr("Mechanism"), tr("Stock [%]"), tr("Explained lost [points]")), rows)
