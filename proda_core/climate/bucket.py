"""Soil water: a two-zone bucket that steps six times a month through the same year until it repeats itself.

Per zone, with wetness s = theta/theta_sat:

    top:  dW/dt = rain + melt - runoff - E_top - drainage(top)
    deep: dW/dt = drainage(top) - E_deep - drainage(deep)
    E = PET share b(s),   b = clip((s - s_dry)/(s_free - s_dry), 0, 1);   drainage = (W - W_field)+ / residence time

Water that does not fit runs off.  Where thaw is shallow the deep zone drains more slowly, in proportion to the thawed depth.
The design is ours, after Thornthwaite & Mather 1957; thresholds after Allen et al. 1998.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from proda_core.climate.radiation import DAYS_IN_MONTH
from proda_core.climate.retention import POROSITY, wetness_at
from proda_core.constants import MONTHS
from proda_core.grid import FloatArray

STEPS_PER_MONTH = 6
SPIN_UP_YEARS = 12


@dataclass(frozen=True)
class Zone:
    """One zone of the bucket.

    Attributes:
        thickness: thickness [m].
        share: part of the potential evapotranspiration that it can meet when the other zone gives nothing [1].
        residence: time in which water above field capacity drains [d].
    """

    thickness: float
    share: float
    residence: float


TOP = Zone(thickness=0.3, share=0.65, residence=5.0)
DEEP = Zone(thickness=1.2, share=0.35, residence=20.0)
ZONE_MIDDLES: FloatArray = np.array([TOP.thickness / 2, TOP.thickness + DEEP.thickness / 2])
"""Depths to which the wetness of the two zones belongs [m]."""


FIELD_WETNESS = wetness_at(-0.033)
"""Wetness at field capacity [1]."""

WILTING_WETNESS = wetness_at(-1.5)
"""Wetness at which plants wilt [1]."""

FREE_WETNESS = WILTING_WETNESS + 0.5 * (FIELD_WETNESS - WILTING_WETNESS)
"""Wetness above which evapotranspiration is not limited [1]; half of the plant-available water, Allen et al. 1998."""


def bucket_year(supply: FloatArray, demand: FloatArray, thaw: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Seasonal cycle of soil wetness and actual evapotranspiration.

    Args:
        supply: rain and melt [mm month-1] (cell, month).
        demand: potential evapotranspiration [mm month-1] (cell, month).
        thaw: active-layer thickness [m] (cell,).

    Returns:
        wetness [1] (cell, zone, month) and actual evapotranspiration [mm month-1] (cell, month).
    """
    storage = [np.full(len(supply), FIELD_WETNESS * POROSITY * zone.thickness * 1000.0) for zone in (TOP, DEEP)]
    open_below = np.clip(thaw / (TOP.thickness + DEEP.thickness), 0.1, 1.0)
    wetness = np.zeros((len(supply), 2, MONTHS))
    actual = np.zeros_like(supply)
    for year in range(SPIN_UP_YEARS):
        last = year == SPIN_UP_YEARS - 1
        for step in range(MONTHS * STEPS_PER_MONTH):
            month = step // STEPS_PER_MONTH
            days = DAYS_IN_MONTH[month] / STEPS_PER_MONTH
            rain, need = supply[:, month] / STEPS_PER_MONTH, demand[:, month] / STEPS_PER_MONTH
            evaporated = _advance(storage, rain, need, open_below, days)
            if last:
                actual[:, month] += evaporated
                for index, zone in enumerate((TOP, DEEP)):
                    wetness[:, index, month] += _wetness(storage[index], zone) / STEPS_PER_MONTH
    return wetness, actual


def _wetness(water: FloatArray, zone: Zone) -> FloatArray:
    return water / (POROSITY * zone.thickness * 1000.0)


def _advance(storage: list[FloatArray], rain: FloatArray, need: FloatArray, open_below: FloatArray, days: float) -> FloatArray:
    """One step of both zones, in place; returns the water evaporated [mm] (cell,)."""
    inflow = rain
    evaporated = np.zeros_like(rain)
    for index, zone in enumerate((TOP, DEEP)):
        room = POROSITY * zone.thickness * 1000.0
        water = np.minimum(storage[index] + inflow, room)
        stress = np.clip((water / room - WILTING_WETNESS) / (FREE_WETNESS - WILTING_WETNESS), 0.0, 1.0)
        taken = np.minimum(zone.share * need * stress, np.maximum(water - WILTING_WETNESS * room, 0.0))
        water = water - taken
        opening = open_below if zone is DEEP else 1.0
        drained = np.maximum(water - FIELD_WETNESS * room, 0.0) * -np.expm1(-days * opening / zone.residence)
        storage[index], inflow = water - drained, drained
        evaporated = evaporated + taken
    return evaporated
