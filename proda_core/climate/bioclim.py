"""Bioclimatic predictors from monthly temperature and precipitation.

They follow WorldClim's BIO definitions (Fick & Hijmans 2017, doi:10.1002/joc.5086), except that monthly means stand in for the
daily extremes of BIO5-7, which a monthly climatology does not hold.
"""

from __future__ import annotations

import numpy as np

from proda_core.climate.radiation import DAYS_IN_MONTH
from proda_core.constants import MONTHS
from proda_core.grid import FloatArray


def quarters(monthly: FloatArray) -> FloatArray:
    """Sum over each month and the two after it, around the year; (cell, month) -> (cell, first month)."""
    return np.asarray(sum(np.roll(monthly, -shift, axis=1) for shift in range(3)))


def bioclimate(temperature: FloatArray, precipitation: FloatArray) -> dict[str, FloatArray]:
    """Bioclimatic variables by name.

    Args:
        temperature: air temperature [degC] (cell, month).
        precipitation: precipitation [mm month-1] (cell, month).

    Returns:
        ``bio1``, ``bio4``-``bio19`` and ``growing_degree_days``, each (cell,); units in ``proda_core.climate.schema``.
    """
    cell = np.arange(len(temperature))
    warmth, rain = quarters(temperature) / 3.0, quarters(precipitation)
    warmest, coldest, wettest, driest = warmth.argmax(1), warmth.argmin(1), rain.argmax(1), rain.argmin(1)
    year = precipitation.sum(axis=1)
    return {
        "bio1": temperature.mean(axis=1),
        "bio4": temperature.std(axis=1, ddof=1),
        "bio5": temperature.max(axis=1),
        "bio6": temperature.min(axis=1),
        "bio7": np.ptp(temperature, axis=1),
        "bio8": warmth[cell, wettest],
        "bio9": warmth[cell, driest],
        "bio10": warmth[cell, warmest],
        "bio11": warmth[cell, coldest],
        "bio12": year,
        "bio13": precipitation.max(axis=1),
        "bio14": precipitation.min(axis=1),
        "bio15": 100.0 * precipitation.std(axis=1, ddof=1) / (1.0 + year / MONTHS),
        "bio16": rain[cell, wettest],
        "bio17": rain[cell, driest],
        "bio18": rain[cell, warmest],
        "bio19": rain[cell, coldest],
        "growing_degree_days": (np.clip(temperature, 0.0, None) * DAYS_IN_MONTH).sum(axis=1),
    }
