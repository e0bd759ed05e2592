"""What to be careful about where a slider stands: how far published work goes, and where limits hold a change back."""

from __future__ import annotations

from collections.abc import Mapping

from dashboard import expert, words
from dashboard.expert import EXPERT, SLIDERS
from dashboard.language import mark, tr
from proda_core.published import WARMING
from proda_core.sensitivity import MECHANISMS, RECIPES, STEPS, Findings

Ranges = Mapping[str, tuple[float, float]]

TOLD = 0.001
"""Part of the land on which a change is held back from which on the page says so."""

ARTEFACT = 0.01
"""Part of the land with beta at its limit from which on the gain in full depth says nothing: from there on the curve of
the stock is no power law any more."""

ENDS: dict[str, str] = {
    "cue": mark("The end is a judgement: further out, more and more pools would hand on all that they lose."),
    "input_allocation": mark("The end is a judgement: most of the land is at the limit of β by then."),
    "warming": mark("The end is a judgement: warming beyond the range of published projections."),
}
ANY_END = mark("The end is a judgement: changes as large as this were tested against nothing.")


def published(findings: Findings | None) -> Ranges:
    """Between which changes of each mechanism the published curve runs [unit of its slider], by name.

    That recipe moves normalised parameters by up to 20 % either way; what the mechanism makes of it was worked out with the maps,
    as the mean of the members.  Nothing is known where there are no findings.
    """
    if findings is None:
        return {}
    made = 100 * findings.realised[RECIPES.index("published")].mean(axis=0)[:, [0, len(STEPS) - 1]]
    return {name: (float(ends.min()), float(ends.max())) for name, ends in zip(MECHANISMS, made, strict=True)}


def at_the_end(name: str) -> str:
    """Why a slider ends where it does."""
    if name in EXPERT:
        return tr(
            "The end is a judgement. In every place the value stays within {range}, where it was sought.",
            range=expert.span(name),
        )
    return tr(ENDS.get(name, ANY_END))


def of(name: str, value: float, depth: str, held: Mapping[str, float], ranges: Ranges) -> str:
    """What to be careful about, in sentences; empty where nothing is to be said.

    Args:
        name: of the slider.
        value: where it stands [its unit].
        depth: key of ``catalogue.DEPTHS``.
        held: part of the land on which each change is held back [1], see ``scenario.held_back``.
        ranges: see :func:`published`.
    """
    share = held.get(name, 0.0) if value else 0.0
    said = [_beyond(name, value, ranges), _held(name, share) if share >= TOLD else ""]
    if name in ("input_allocation", "beta") and value > 0 and depth == "full" and share >= ARTEFACT:
        said.append(
            tr(
                "In the full depth the gain is then an artefact: carbon is placed below where anything is mixed and where hardly "
                "anything decays. Look at 0–1 m instead."
            )
        )
    return " ".join(part for part in said if part)


def _beyond(name: str, value: float, ranges: Ranges) -> str:
    if name == "warming":
        if value <= WARMING.high:
            return ""
        return tr(
            "Beyond {most} °C, the upper end of what is very likely by 2081–2100 over 1850–1900 under very high emissions "
            "({source}).", most=words.plain(WARMING.high), source=WARMING.source,
        )  # fmt: skip
    low, high = ranges.get(name, (value, value))
    if low <= value <= high:
        return ""
    return tr(
        "Beyond the published curve, which runs from {low} to {high} % of this mechanism. Out here this model stands alone.",
        low=words.signed(low, 2), high=words.signed(high, 2),
    )  # fmt: skip


def _held(name: str, share: float) -> str:
    percent = words.number(100 * share, 2)
    if name == "cue":
        return tr("On {share} % of the land it is held back: a pool cannot hand on more than it loses.", share=percent)
    if name == "input_allocation":
        return tr("On {share} % of the land it is held back: β is at its limit.", share=percent)
    return tr("Held at its limit on {share} % of the land.", share=percent)


if not set(ENDS) < set(SLIDERS):
    raise RuntimeError(f"expected reasons for sliders only, got {', '.join(ENDS)}")
