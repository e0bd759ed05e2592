"""Soil temperature by depth from the surface's annual cycle, and the depth of thaw.

Conduction is linear in the Kirchhoff potential phi of the temperature T [degC],

    phi = T          where T <= 0 (frozen soil conducts with k_f)
    phi = r T        where T > 0  (thawed soil conducts with k_t = r k_f),

so each Fourier harmonic n of the surface's annual cycle is damped and delayed on its way down,

    phi_n(z) = phi_n(0) exp(-(1 + i) z / d_n),     d_n = sqrt(2 D / omega_n),

and the annual mean of phi is the same at every depth.  Where soil never freezes this is plain conduction with the same mean
temperature at every depth; where it does, the mean temperature falls with depth by the thermal offset, which is how permafrost
persists below ground whose surface is warmer than freezing.  Freezing and thawing slow the wave: the latent heat of the soil
water, spread over half the annual range (its mean over the layer that thaws), adds to the heat capacity,

    D = k / (c + w L rho theta / ((T_max - T_min)/2)),   w = min(1, mean frost / 1 K).

Sources: Carslaw & Jaeger 1959, sections 2.6 and 2.16; thermal offset: Romanovsky & Osterkamp 1995 (doi:10.1002/ppp.3430060404),
Smith & Riseborough 2002 (doi:10.1002/ppp.410); apparent heat capacity: Williams & Smith 1989, The Frozen Earth.
The weight w is ours: light frost freezes only the top of the soil.
"""

from __future__ import annotations

import numpy as np

from proda_core.constants import DAYS_PER_YEAR, FREEZING, MONTHS, SECONDS_PER_DAY
from proda_core.grid import LAYERS, LAYERS_CLM5, FloatArray

CONDUCTIVITY_RATIO = 0.75
"""Thawed over frozen conductivity of moist soil [1]; Smith & Riseborough 2002 give 0.3 (peat) to 0.9 (dry mineral soil)."""

CONDUCTIVITY = 1.5
"""Conductivity of moist mineral soil [W m-1 K-1]; Williams & Smith 1989."""

HEAT_CAPACITY = 2.4e6
"""Volumetric heat capacity of moist mineral soil [J m-3 K-1]; Williams & Smith 1989."""

FREEZING_WATER = 0.40
"""Volume of water that freezes and thaws [m3 m-3]; moist loam under a humus layer."""

LATENT_HEAT_OF_FUSION = 3.337e5
"""Latent heat of fusion [J kg-1]; CLM5 technical note, table 2.2.7."""

YEAR_SECONDS = DAYS_PER_YEAR * SECONDS_PER_DAY
"""Length of a year [s]."""

COLUMN_DEPTH = float(LAYERS_CLM5.interface[LAYERS - 1])
"""Depth of the modelled column [m]; the largest active-layer thickness that is reported."""

THAW_STEP = 0.05
"""Spacing of the depths that are searched for the base of the active layer [m]."""


def to_potential(temperature: FloatArray) -> FloatArray:
    """Kirchhoff potential [K] of a temperature [degC]."""
    return np.where(temperature > 0.0, CONDUCTIVITY_RATIO * temperature, temperature)


def from_potential(potential: FloatArray) -> FloatArray:
    """Temperature [degC] of a Kirchhoff potential [K]."""
    return np.where(potential > 0.0, potential / CONDUCTIVITY_RATIO, potential)


def diffusivity(surface: FloatArray) -> FloatArray:
    """Effective thermal diffusivity [m2 s-1] (cell,) from the surface's annual cycle [degC] (cell, month)."""
    frost = np.clip(-surface, 0.0, None).mean(axis=1)
    crossing = (surface.min(axis=1) < 0.0) & (surface.max(axis=1) > 0.0)
    spread = np.maximum((surface.max(axis=1) - surface.min(axis=1)) / 2.0, 1.0)
    latent = np.where(crossing, np.minimum(frost, 1.0), 0.0) * LATENT_HEAT_OF_FUSION * 1000.0 * FREEZING_WATER / spread
    return np.asarray(CONDUCTIVITY / (HEAT_CAPACITY + latent))


class AnnualWave:
    """The annual cycle of the surface, ready to be read at any depth.

    Args:
        surface: surface temperature [degC] (cell, month).
    """

    def __init__(self, surface: FloatArray) -> None:
        self._harmonics = np.fft.rfft(to_potential(surface), axis=1)
        orders = np.arange(self._harmonics.shape[1])
        speed = 2 * np.pi / YEAR_SECONDS * orders
        self._inverse_depth = np.sqrt(speed / 2.0) / np.sqrt(diffusivity(surface))[:, None]

    def potential(self, depth: FloatArray | float) -> FloatArray:
        """Kirchhoff potential [K] (cell, month) at ``depth`` [m], one for all cells or one each (cell, 1)."""
        damped = self._harmonics * np.exp(-(1.0 + 1.0j) * self._inverse_depth * depth)
        return np.asarray(np.fft.irfft(damped, n=MONTHS, axis=1))


def layer_temperature(surface: FloatArray, depths: FloatArray = LAYERS_CLM5.node[:LAYERS]) -> FloatArray:
    """Monthly soil temperature at given depths.

    Args:
        surface: surface temperature [degC] (cell, month).
        depths: depths [m] (layer,); the nodes of the 20 CLM5 layers when left out.

    Returns:
        soil temperature [K] (cell, layer, month).
    """
    wave = AnnualWave(surface)
    result = np.empty((len(surface), len(depths), MONTHS))
    for layer, depth in enumerate(depths):
        result[:, layer] = from_potential(wave.potential(float(depth))) + FREEZING
    return result


def active_layer(surface: FloatArray) -> FloatArray:
    """Largest depth of thaw in the year: where the annual maximum of temperature falls through 0 degC.

    The maximum is searched on a 5 cm grid and interpolated within it.

    Args:
        surface: surface temperature [degC] (cell, month).

    Returns:
        thickness [m] (cell,): 0 where the surface never thaws, ``COLUMN_DEPTH`` where nothing stays frozen.
    """
    wave = AnnualWave(surface)
    above = wave.potential(0.0).max(axis=1)
    thickness = np.where(above > 0.0, COLUMN_DEPTH, 0.0)
    thawed = above > 0.0
    for depth in np.arange(THAW_STEP, COLUMN_DEPTH + THAW_STEP, THAW_STEP):
        below = wave.potential(float(depth)).max(axis=1)
        base = thawed & (below <= 0.0)
        step = THAW_STEP * above[base] / (above[base] - below[base])
        thickness[base] = np.minimum(depth - THAW_STEP + step, COLUMN_DEPTH)
        thawed &= below > 0.0
        above = below
    return thickness
