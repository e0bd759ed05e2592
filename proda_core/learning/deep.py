"""What is known of soil below 2 m, made small where a model departs from it.

Profiles end at about 2 m, the model does not.  In steady state carbon that diffuses below has all the time in the
world to gather there, so unobserved parameters decide the stock of the whole column.  The one published number that speaks of
these depths is the global ratio of the stocks in 2-3 m and 1-2 m, 351 / 491 Pg C (Jobbagy & Jackson 2000, table 3,
doi:10.1890/1051-0761(2000)010[0423:TVDOSO]2.0.CO;2).  Every cell is pulled towards it, in logarithms and
within ``SPREAD``, and kept from more below 3 m than the same decline per metre would leave, which is our extrapolation.
"""

from __future__ import annotations

import math

import torch

from proda_core.grid import LAYERS, LAYERS_CLM5
from proda_core.learning.problem import stretch

Tensor = torch.Tensor

DECLINE = 351.0 / 491.0
"""Published ratio of the global stocks in 2-3 m and 1-2 m."""

SPREAD = 0.3
"""Tolerance of a cell about that ratio, in natural logarithms; ours."""

_UPPER, _MIDDLE, _LOWER = stretch(1.0, 2.0), stretch(2.0, 3.0), stretch(3.0, math.inf)


def _below() -> float:
    """Density below 3 m over that in 2-3 m when it declines by the published ratio per metre."""
    rate, bottom = -math.log(DECLINE), float(LAYERS_CLM5.interface[LAYERS - 1])
    return DECLINE * (1 - math.exp(-rate * (bottom - 3.0))) / (1 - DECLINE) / (bottom - 3.0)


def misfit(soc: Tensor) -> Tensor:
    """Mean square distance of the decline below 2 m from the published one, over its tolerance [1]; below 3 m an excess counts.

    Args:
        soc: SOC density at the nodes (cell, 20).
    """
    upper, middle, lower = (soc @ part for part in (_UPPER, _MIDDLE, _LOWER))
    first = (middle / upper).log() - math.log(DECLINE)
    second = ((lower / middle).log() - math.log(_below())).clamp(min=0.0)
    return (first.square() + second.square()).mean() / (2 * SPREAD**2)
