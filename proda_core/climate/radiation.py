"""Sunshine, net radiation and potential evapotranspiration from monthly temperature, precipitation, latitude and elevation.

    PET = alpha s/(s + gamma) R_n / (lambda rho),   R_n = (1 - albedo) tau R_a - L
    tau = (0.25 + 0.5 S)(1 + 2.67e-5 z),            L = (0.2 + 0.8 S)(107 - T)
    S = max(0.4, 1 - C/8),                          C = 1 + 0.5 log10 P + (log10 P)^2

with T air temperature [degC], P precipitation [mm month-1], z elevation [m], C cloudiness [okta], S sunshine fraction [1] and
R_a radiation at the top of the atmosphere [W m-2].  The floor of S is ours: it keeps wet tropical months, whose rain falls in
showers, as sunny as sunshine records say.

Sources: Priestley & Taylor 1972 (doi:10.1175/1520-0493(1972)100<0081:OTAOSH>2.3.CO;2); transmissivity and long-wave loss as in
SPLASH, Davis et al. 2017 (doi:10.5194/gmd-10-689-2017); cloudiness from rain: Linacre 1992, Climate Data and Resources;
R_a, s and gamma as in FAO paper 56 (Allen et al. 1998).
"""

from __future__ import annotations

import numpy as np

from proda_core.constants import DAYS_PER_YEAR, SECONDS_PER_DAY
from proda_core.grid import FloatArray

DAYS_IN_MONTH: FloatArray = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], dtype=float)
"""Days of each month of a CLM year [d]."""

MID_MONTH: FloatArray = np.cumsum(DAYS_IN_MONTH) - DAYS_IN_MONTH / 2
"""Day of year at the middle of each month [d]."""

SOLAR_CONSTANT = 1361.0
"""Total solar irradiance [W m-2]; Kopp & Lean 2011."""

PRIESTLEY_TAYLOR = 1.26
"""Priestley-Taylor coefficient of a wet surface [1]."""

ALBEDO = 0.17
"""Short-wave albedo of snow-free, vegetated land [1]; Davis et al. 2017."""

LEAST_SUNSHINE = 0.4
"""Smallest monthly sunshine fraction [1]; ours, see above."""

LATENT_HEAT = 2.45e6
"""Latent heat of vaporisation [J kg-1]; Allen et al. 1998."""


def top_of_atmosphere(latitude: FloatArray) -> FloatArray:
    """Daily mean solar radiation at the top of the atmosphere in the middle of each month.

    R_a = G/pi d_r (w sin(phi) sin(delta) + cos(phi) cos(delta) sin(w)), with sunset angle w.

    Args:
        latitude: latitude [degrees north] (cell,).

    Returns:
        radiation [W m-2] (cell, month).
    """
    angle = 2 * np.pi * MID_MONTH / DAYS_PER_YEAR
    declination, distance = 0.409 * np.sin(angle - 1.39), 1 + 0.033 * np.cos(angle)
    phi = np.deg2rad(latitude)[:, None]
    sunset = np.arccos(np.clip(-np.tan(phi) * np.tan(declination), -1.0, 1.0))
    shape = sunset * np.sin(phi) * np.sin(declination) + np.cos(phi) * np.cos(declination) * np.sin(sunset)
    return np.asarray(SOLAR_CONSTANT / np.pi * distance * shape)


def sunshine_fraction(precipitation: FloatArray) -> FloatArray:
    """Part of the possible hours that the sun shines [1] from monthly precipitation [mm month-1], any shape.

    >>> sunshine_fraction(np.array([0.0, 10.0, 1000.0])).round(3)
    array([0.875, 0.688, 0.4  ])
    """
    log = np.log10(np.maximum(precipitation, 1.0))
    okta = 1.0 + 0.5 * log + log**2
    return np.asarray(np.maximum(LEAST_SUNSHINE, 1.0 - okta / 8.0))


def net_radiation(temperature: FloatArray, precipitation: FloatArray, latitude: FloatArray, elevation: FloatArray) -> FloatArray:
    """Daily mean net radiation of snow-free land [W m-2] (cell, month), never below zero; arguments as in the module's text."""
    sunshine = sunshine_fraction(precipitation)
    transmissivity = (0.25 + 0.5 * sunshine) * (1.0 + 2.67e-5 * elevation[:, None])
    long_wave = (0.2 + 0.8 * sunshine) * (107.0 - temperature)
    return np.maximum((1.0 - ALBEDO) * transmissivity * top_of_atmosphere(latitude) - long_wave, 0.0)


def potential_evapotranspiration(
    temperature: FloatArray, precipitation: FloatArray, latitude: FloatArray, elevation: FloatArray
) -> FloatArray:
    """Potential evapotranspiration after Priestley and Taylor; none in months that are colder than freezing.

    Args:
        temperature: air temperature [degC] (cell, month).
        precipitation: precipitation [mm month-1] (cell, month).
        latitude: latitude [degrees north] (cell,).
        elevation: height above sea level [m] (cell,).

    Returns:
        potential evapotranspiration [mm month-1] (cell, month).

    Source: Priestley & Taylor 1972; see the module's text.
    """
    saturation = 0.6108 * np.exp(17.27 * temperature / (temperature + 237.3))  # [kPa]
    slope = 4098.0 * saturation / (temperature + 237.3) ** 2  # [kPa K-1]
    pressure = 101.3 * ((293.0 - 0.0065 * elevation[:, None]) / 293.0) ** 5.26  # [kPa]
    gamma = 0.000665 * pressure  # [kPa K-1]
    energy = net_radiation(temperature, precipitation, latitude, elevation) * SECONDS_PER_DAY * DAYS_IN_MONTH  # [J m-2 month-1]
    evaporation = PRIESTLEY_TAYLOR * slope / (slope + gamma) * energy / LATENT_HEAT
    return np.where(temperature > 0.0, evaporation, 0.0)
