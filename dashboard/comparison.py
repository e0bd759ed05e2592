"""Carbon use efficiency from place to place, in words: what the model says beside what is measured and published."""

from __future__ import annotations

import numpy as np

from dashboard import words
from dashboard.diagrams import ZONE_COLOURS
from dashboard.efficiency import ZONES, Efficiency
from proda_core.published import CUE_MOST, CUE_RECOMMENDED, CUE_SOURCE, CUE_TEMPERATURE

WEAK = 0.1
"""Size of a correlation below which there is none to speak of."""


def temperature(found: Efficiency) -> str:
    """How CUE goes with temperature here and in measurements, as HTML."""
    measured, (low, high) = CUE_TEMPERATURE, found.range
    return (
        f"<p>Over the land the model's CUE goes with mean annual air temperature at a correlation of "
        f"<b>{words.signed(found.with_temperature, 2)}</b>, by {words.signed(found.slope, 2)} per °C. Measured CUE of microbes: "
        f"{measured.at_20:g} at 20 °C and {words.signed(measured.slope, 2)} per °C, single values ± {measured.sd:g} "
        f"({measured.source}); {CUE_RECOMMENDED:.2f} recommended for models, at most {CUE_MOST:.2f} ({CUE_SOURCE}).</p>"
        f"<p class=quiet>Nine tenths of the land lie between {low:.2f} and {high:.2f}: {_beside(found)} What is measured is "
        f"growth over uptake in days; the model's is what all transfers pass on.</p>{_zones()}"
    )


def _beside(found: Efficiency) -> str:
    steeper = CUE_TEMPERATURE.slope / found.slope if found.slope else np.inf
    same = "the same sign" if steeper > 0 else "the other sign"
    return f"{same} as measured, but the measured slope is {words.number(abs(steeper), 2)} times as steep."


def _zones() -> str:
    dots = (
        f"<span class=dot style='background:{colour}'></span>{name}"
        for name, colour in zip(ZONES.values(), ZONE_COLOURS, strict=True)
    )
    return f"<p class=quiet>{''.join(dots)}. <span class=more>Orange: median and the middle 68 % of the land.</span></p>"


def carbon(found: Efficiency) -> str:
    """How CUE goes with carbon, as HTML."""
    r = found.with_carbon
    sign = "none to speak of" if abs(r) < WEAK else "positive" if r > 0 else "negative"
    verdict = "as published" if r >= WEAK else "not the positive one that is published"
    inside = words.listed(
        [
            f"{name} {words.signed(float(value), 2)}"
            for name, value in zip(ZONES.values(), found.in_zones, strict=True)
            if np.isfinite(value)
        ]
    )
    return (
        f"<p>Over the land the correlation of CUE with carbon to 1 m is <b>{words.signed(r, 2)}</b>: {sign}, {verdict} (Tao et "
        f"al. 2023). Within climate zones it is {inside}. More CUE means more carbon in every soil of the model, and yet soils "
        f"with more carbon need not have more CUE: other things differ between places.</p>{_zones()}"
    )
