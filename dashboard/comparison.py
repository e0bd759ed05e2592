"""Carbon use efficiency from place to place, in words: what the model says beside what is measured and published."""

from __future__ import annotations

import numpy as np

from dashboard import words
from dashboard.diagrams import ZONE_COLOURS
from dashboard.drawn import Sign
from dashboard.efficiency import ZONES, Efficiency
from dashboard.language import tr
from dashboard.theme import ACCENT
from proda_core.published import CUE_MOST, CUE_RECOMMENDED, CUE_SOURCE, CUE_TEMPERATURE

WEAK = 0.1
"""Size of a correlation below which there is none to speak of."""


def temperature(found: Efficiency) -> str:
    """How CUE goes with temperature here and in measurements, as HTML."""
    measured, (low, high) = CUE_TEMPERATURE, found.range
    over = tr(
        "Over the land the model's CUE goes with mean annual air temperature at a correlation of <b>{r}</b>, by {slope} per °C. "
        "Measured CUE of microbes: {at} at 20 °C and {measured} per °C, single values ± {sd} ({source}); {recommended} "
        "recommended for models, at most {most} ({limits}).",
        r=words.signed(found.with_temperature, 2), slope=words.signed(found.slope, 2), at=f"{measured.at_20:g}",
        measured=words.signed(measured.slope, 2), sd=f"{measured.sd:g}", source=measured.source,
        recommended=f"{CUE_RECOMMENDED:.2f}", most=f"{CUE_MOST:.2f}", limits=CUE_SOURCE,
    )  # fmt: skip
    most = tr(
        "Nine tenths of the land lie between {low} and {high}: {beside} What is measured is growth over uptake in days; the "
        "model's is what all transfers pass on.",
        low=f"{low:.2f}", high=f"{high:.2f}", beside=_beside(found),
    )  # fmt: skip
    return f"<p>{over}</p><p class=quiet>{most}</p>"


def _beside(found: Efficiency) -> str:
    steeper = CUE_TEMPERATURE.slope / found.slope if found.slope else np.inf
    template = (
        tr("the same sign as measured, but the measured slope is {times} times as steep.")
        if steeper > 0
        else tr("the other sign as measured, but the measured slope is {times} times as steep.")
    )
    return template.format(times=words.number(abs(steeper), 2))


def signs() -> tuple[Sign, ...]:
    """How the land is drawn, for the legend of a diagram."""
    dots = tuple(Sign(tr(name), colour, "circle") for name, colour in zip(ZONES.values(), ZONE_COLOURS, strict=True))
    lines = (Sign(tr("median of the land"), ACCENT), Sign(tr("its middle 68 %"), ACCENT, "dotted"))
    return dots + lines


def zones() -> str:
    """What the colours of a diagram mean, as HTML."""
    dots = (
        f"<span class=dot style='background:{colour}'></span>{tr(name)}"
        for name, colour in zip(ZONES.values(), ZONE_COLOURS, strict=True)
    )
    orange = tr("<span class=more>Orange: median and the middle 68 % of the land.</span>")
    return f"<p class=quiet>{tr('{zones}. {orange}', zones=''.join(dots), orange=orange)}</p>"


def carbon(found: Efficiency) -> str:
    """How CUE goes with carbon, as HTML."""
    r = found.with_carbon
    values = zip(ZONES.values(), found.in_zones, strict=True)
    inside = [f"{tr(name)} {words.signed(float(value), 2)}" for name, value in values if np.isfinite(value)]
    if r >= WEAK:
        whole = tr(
            "Over the land the correlation of CUE with carbon to 1 m is <b>{r}</b>: positive, as published (Tao et al. 2023).",
            r=words.signed(r, 2),
        )  # fmt: skip
    elif r > -WEAK:
        whole = tr(
            "Over the land the correlation of CUE with carbon to 1 m is <b>{r}</b>: none to speak of, not the positive one that "
            "is published (Tao et al. 2023).",
            r=words.signed(r, 2),
        )  # fmt: skip
    else:
        whole = tr(
            "Over the land the correlation of CUE with carbon to 1 m is <b>{r}</b>: negative, not the positive one that is "
            "published (Tao et al. 2023).",
            r=words.signed(r, 2),
        )  # fmt: skip
    within = tr(
        "Within climate zones it is {inside}. More CUE means more carbon in every soil of the model, and yet soils with more "
        "carbon need not have more CUE: other things differ between places.",
        inside=words.listed(inside),
    )  # fmt: skip
    return f"<p>{words.sentences(whole, within)}</p>"
