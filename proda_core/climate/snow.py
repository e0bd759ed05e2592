"""The snow store: how much of the precipitation lies, when it melts, and how well it shields the soil.

    snowfall = P f(T),  f falls linearly from 1 at -3 degC to 0 at +5 degC (monthly means)
    melt     = m D(T),  D: positive degree-days of a normal distribution around the monthly mean
    n_f      = n_min + (1 - n_min) exp(-h / h_n),  h: snow depth [m]

Sources: rain-snow threshold near +1 degC, Jennings et al. 2018 (doi:10.1038/s41467-018-03629-7); positive degree-days: Calov &
Greve 2005 (doi:10.3189/172756505781829601); freezing n-factors of 0.3 under deep to 1 without snow: Smith & Riseborough 2002
(doi:10.1002/ppp.410).  The exponential between the two ends is ours.
"""

from __future__ import annotations

import numpy as np
from scipy.special import erfc

from proda_core.climate.radiation import DAYS_IN_MONTH
from proda_core.constants import MONTHS
from proda_core.grid import FloatArray

ALL_SNOW, ALL_RAIN = -3.0, 5.0
"""Monthly mean temperatures below / above which all precipitation is snow / rain [degC]."""

DEGREE_DAY_MELT = 3.0
"""Melt per positive degree-day [mm K-1 d-1]; Hock 2003, snow."""

DAILY_SPREAD = 5.0
"""Standard deviation of temperature around its monthly mean [K]; Calov & Greve 2005."""

SNOW_DENSITY = 250.0
"""Density of seasonal snow [kg m-3]; Sturm et al. 1995, between taiga and tundra snow."""

LEAST_N_FACTOR = 0.3
"""Freezing n-factor under deep snow [1]; Smith & Riseborough 2002."""

SHIELDING_DEPTH = 0.25
"""Snow depth over which the n-factor falls by 1/e [m]; ours."""

SPIN_UP_YEARS = 5
"""Years until the seasonal snow repeats itself; snow that never melts stays below two years' precipitation."""


def snowfall_fraction(temperature: FloatArray) -> FloatArray:
    """Part of the precipitation that falls as snow [1] at a monthly mean temperature [degC]."""
    return np.asarray(np.clip((ALL_RAIN - temperature) / (ALL_RAIN - ALL_SNOW), 0.0, 1.0))


def positive_degrees(temperature: FloatArray) -> FloatArray:
    """Mean of the temperature above freezing within a month [K]: T_+ = sigma/sqrt(2 pi) exp(-x^2) + T/2 erfc(-x)."""
    scaled = temperature / (np.sqrt(2.0) * DAILY_SPREAD)
    return np.asarray(DAILY_SPREAD / np.sqrt(2 * np.pi) * np.exp(-(scaled**2)) + temperature / 2 * erfc(-scaled))


def snow_year(temperature: FloatArray, precipitation: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Seasonal cycle of the snow store and of the water that reaches the soil.

    Args:
        temperature: air temperature [degC] (cell, month).
        precipitation: precipitation [mm month-1] (cell, month).

    Returns:
        mean snow water equivalent of the month [mm] (cell, month) and rain plus melt [mm month-1] (cell, month).
    """
    fall = precipitation * snowfall_fraction(temperature)
    capacity = DEGREE_DAY_MELT * DAYS_IN_MONTH * positive_degrees(temperature)
    store = np.zeros(len(temperature))
    mean, melt = np.zeros_like(temperature), np.zeros_like(temperature)
    for step in range(SPIN_UP_YEARS * MONTHS):
        month = step % MONTHS
        before = store
        melt[:, month] = np.minimum(before + fall[:, month], capacity[:, month])
        store = np.minimum(before + fall[:, month] - melt[:, month], 2.0 * precipitation.sum(axis=1))
        mean[:, month] = (before + store) / 2
    return mean, precipitation - fall + melt


def snow_depth(water_equivalent: FloatArray) -> FloatArray:
    """Depth of snow [m] of a water equivalent [mm]."""
    return water_equivalent / SNOW_DENSITY


def freezing_n_factor(depth: FloatArray) -> FloatArray:
    """Ratio of surface to air temperature below freezing [1] under ``depth`` [m] of snow.

    >>> freezing_n_factor(np.array([0.0, 0.25, 5.0])).round(2)
    array([1.  , 0.56, 0.3 ])
    """
    return LEAST_N_FACTOR + (1.0 - LEAST_N_FACTOR) * np.exp(-depth / SHIELDING_DEPTH)


def surface_temperature(temperature: FloatArray, depth: FloatArray) -> FloatArray:
    """Temperature of the soil surface: air temperature above freezing, n_f times air temperature [degC] below.

    Args:
        temperature: air temperature [degC] (cell, month).
        depth: snow depth [m] (cell, month).

    Returns:
        surface temperature [degC] (cell, month).
    """
    return np.where(temperature < 0.0, temperature * freezing_n_factor(depth), temperature)
