"""The evidence in words and tables; whatever comes from a file is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

import numpy as np

from dashboard import theme, words
from dashboard.catalogue import METHODS, VALIDATIONS
from dashboard.drawn import Sign, words_of
from dashboard.engine import Engine
from dashboard.language import as_written, tr
from proda_core.constants import GRAMS_PER_KILOGRAM
from proda_core.learning.evidence import Evidence, Skill

COLOURS = {"in-sample": theme.GREY, "random": theme.STEEL, "block": theme.ACCENT}
"""Of the ways to judge a method, in diagrams and tables."""


def method_label(method: str) -> str:
    """How a method is called on the page."""
    return tr(METHODS.get(method, method))


def validation_label(validation: str) -> str:
    """How a way to judge methods is called on the page."""
    return tr(VALIDATIONS.get(validation, validation))


def group_label(row: Skill) -> str:
    """How a group of layers is called on the page."""
    if row.group == "all":
        return tr("all layers")
    name = row.name.replace("-", "–") if row.group == "depth" else row.name
    return tr("{group}: {name}", group=tr(row.group), name=tr(name))


def introduction(engine: Engine) -> str:
    """What the maps rest on and where not to trust them, as HTML; everything from a file is escaped."""
    said = [f"<h2>{tr('Evidence: how far to trust this')}</h2>"]
    ensemble, tested = engine.ensemble, engine.evidence
    if ensemble is None:
        found = (
            tr("<b>The parameters on this page are not retrieved from data:</b> there is no skill to speak of.")
            if tested is None
            else tr(
                "<b>The parameters on this page are not retrieved from data:</b> what follows is the skill of the methods, not "
                "of these maps."
            )
        )
        said.append(f"<p>{found}</p>")
    else:
        trained = tr("<b>Trained on:</b> {source}", source=_sentence(ensemble.source))
        licence = tr("<b>Licence:</b> {licence}", licence=_sentence(ensemble.licence))
        said.append(f"<p>{trained} {licence}</p>")
    if tested is None:
        return "".join([*said, f"<p>{escape(tr(engine.untested))}</p>"])
    said.append(f"<p>{_tested_on(tested)}</p>")
    if tested.limits:
        limits = "".join(f"<li>{escape(tr(limit))}</li>" for limit in tested.limits)
        said.append(f"<h3 style='margin-top: 12px'>{tr('Where not to trust it')}</h3><ul>{limits}</ul>")
    return "".join(said)


def _tested_on(tested: Evidence) -> str:
    return tr("<b>Tested on:</b> {source}", source=_sentence(tested.source))


def tested_on(tested: Evidence) -> str:
    """What methods were judged by, in plain words."""
    return words_of(_tested_on(tested))


def _sentence(text: str) -> str:
    return as_written(f"{text.rstrip().removesuffix('.')}.")


def ordered(known: Mapping[str, str], found: Iterable[str]) -> list[str]:
    """What was found, in the order of a table, and behind it what the table does not know.

    >>> ordered(VALIDATIONS, ["new", "block", "random"])
    ['random', 'block', 'new']
    """
    names = list(dict.fromkeys(found))
    return sorted(names, key=lambda name: list(known).index(name) if name in known else len(known))


def skill_table(rows: Sequence[Skill], methods: Mapping[str, str]) -> str:
    """Efficiencies with their intervals as an HTML table, and what the methods are."""
    validations = ordered(VALIDATIONS, (row.validation for row in rows))
    head = "".join(f"<th scope=col>{_dot(name)}{escape(validation_label(name))}</th>" for name in validations)
    by = {(row.method, row.validation): row for row in rows}
    known = ordered(METHODS, (row.method for row in rows))
    body = "".join(
        f"<tr><th scope=row>{escape(method_label(method))}</th>"
        + "".join(f"<td>{_cell(by.get((method, validation)))}</td>" for validation in validations)
        + "</tr>"
        for method in known
    )
    meanings = "".join(
        f"<dt>{tr('{name}: ', name=escape(method_label(name)))}</dt><dd>{escape(tr(methods[name]))}</dd>"
        for name in known
        if methods.get(name)
    )
    return (
        f"<div class=scroll><table><caption>{skill_caption(rows)}</caption>"
        f"<thead><tr><th scope=col>{tr('Method')}</th>{head}</tr></thead><tbody>{body}</tbody></table></div><dl>{meanings}</dl>"
    )


def skill_caption(rows: Sequence[Skill]) -> str:
    """What efficiencies are, and of how many layers."""
    layers = max((row.layers for row in rows), default=0)
    return tr(
        "Efficiency (NSE) with 95 % interval: 1 is perfect, 0 no better than the mean; {layers} layers", layers=f"{layers:,}"
    )


def signs(rows: Sequence[Skill]) -> tuple[Sign, ...]:
    """How the ways to judge a method are drawn, for the legend of a diagram."""
    names = ordered(VALIDATIONS, (row.validation for row in rows))
    return tuple(Sign(validation_label(name), COLOURS.get(name, theme.INK), "circle") for name in names)


def _dot(validation: str) -> str:
    return f"<span class=dot style='background:{COLOURS.get(validation, theme.INK)}'></span>"


def _cell(row: Skill | None) -> str:
    if row is None:
        return "–"
    if not np.isfinite([row.nse_low, row.nse_high]).all():
        return _efficiency(row.nse)
    middle, low, high = (_efficiency(value) for value in (row.nse, row.nse_low, row.nse_high))
    return tr("{middle} <small>({low} to {high})</small>", middle=middle, low=low, high=high)


def _efficiency(value: float) -> str:
    return f"{value:.2f}".replace("-", words.MINUS)


def fit(row: Skill) -> str:
    """How well modelled and observed agree, in a sentence."""
    bias, rmse = words.signed(row.bias / GRAMS_PER_KILOGRAM), words.number(row.rmse / GRAMS_PER_KILOGRAM)
    said = tr(
        "{layers} layers of {profiles} profiles, darker where there are more; on the line both are equal. NSE {nse}, concordance "
        "{concordance}, mean error {bias} kg C m⁻³, root-mean-square error {rmse} kg C m⁻³; NSE of logarithms {log}.",
        layers=f"{row.layers:,}", profiles=f"{row.profiles:,}", nse=_efficiency(row.nse),
        concordance=_efficiency(row.concordance), bias=bias, rmse=rmse, log=_efficiency(row.log_nse),
    )  # fmt: skip
    return f"<p class=quiet>{said}</p>"


def located(tested: Evidence) -> str:
    """How many profiles there are, in how many cells."""
    found = tested.profiles
    return tr("{profiles} profiles in {cells} of the land cells.", profiles=f"{found.total:,}", cells=f"{found.cells:,}")


def counted(tested: Evidence) -> str:
    """Profiles by region and by source."""
    found = tested.profiles

    def table(title: str, counts: Mapping[str, int]) -> str:
        ranked = sorted(counts.items(), key=lambda item: -item[1])
        rows = "".join(f"<tr><th scope=row>{escape(tr(name))}</th><td>{count:,}</td></tr>" for name, count in ranked)
        return f"<table><caption>{title}</caption><tbody>{rows}</tbody></table>"

    regions, sources = table(tr("Profiles by region"), found.by_region), table(tr("Profiles by source"), found.by_source)
    return f"<p>{located(tested)}</p>{regions}<p>&nbsp;</p>{sources}"
