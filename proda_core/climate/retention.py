"""How tightly soil holds its water, and what that means for decomposers.

    psi = psi_sat s^-b                                     Clapp & Hornberger, s = theta/theta_sat
    psi = rho L_f (T - T_f)/T                              unfrozen water beside ice, T < T_f
    W = ln(psi_min/psi) / ln(psi_min/psi_max),             psi_min = -2 MPa, psi_max = -0.002 MPa

Sources: CLM5 technical note (Lawrence et al. 2018), chapters 2.7 (texture; Clapp & Hornberger 1978, Cosby et al. 1984), 2.6
(supercooled water; Niu & Yang 2006) and 2.21 (water scalar; Andren & Paustian 1987).
"""

from __future__ import annotations

import numpy as np

from proda_core.climate.soil_temperature import LATENT_HEAT_OF_FUSION
from proda_core.constants import FREEZING
from proda_core.grid import FloatArray

SAND, CLAY = 45.0, 20.0
"""Texture of the default loam [%]: no soil map is among the sources."""

POROSITY = 0.489 - 0.00126 * SAND
"""Water content at saturation [m3 m-3]; Cosby et al. 1984."""

RETENTION_EXPONENT = 2.91 + 0.159 * CLAY
"""Clapp-Hornberger exponent b [1]; Cosby et al. 1984."""

SATURATION_POTENTIAL = -10.0 * 10.0 ** (1.88 - 0.0131 * SAND) * 9.80665e-6
"""Matric potential at saturation [MPa], from the fit in mm of water; Cosby et al. 1984."""

DRIEST_POTENTIAL, WETTEST_POTENTIAL = -2.0, -0.002
"""Potentials [MPa] at which the water scalar is zero and one; CLM5 technical note 2.21.5."""


def wetness_at(potential: float) -> float:
    """Wetness [1] of the default loam at a matric potential [MPa].

    >>> round(wetness_at(-0.033), 2)
    0.63
    """
    return float((potential / SATURATION_POTENTIAL) ** (-1.0 / RETENTION_EXPONENT))


def matric_potential(wetness: FloatArray) -> FloatArray:
    """Matric potential [MPa] of a wetness [1], any shape: psi = psi_sat s^-b."""
    return np.asarray(SATURATION_POTENTIAL * np.clip(wetness, 0.01, 1.0) ** -RETENTION_EXPONENT)


def supercooled_potential(temperature: FloatArray) -> FloatArray:
    """Potential of unfrozen water beside ice [MPa] at ``temperature`` [K]: psi = rho L_f (T - T_f)/T, zero when thawed."""
    return np.asarray(np.minimum(LATENT_HEAT_OF_FUSION * 1e-3 * (temperature - FREEZING) / temperature, 0.0))


def water_scalar(potential: FloatArray) -> FloatArray:
    """CLM5's water scalar of decomposition [1] at a potential [MPa], within 0..1.

    >>> water_scalar(np.array([-0.002, -2.0])).round(6)
    array([1., 0.])
    """
    span = np.log(DRIEST_POTENTIAL / WETTEST_POTENTIAL)
    return np.asarray(np.clip(np.log(DRIEST_POTENTIAL / np.minimum(potential, -1e-9)) / span, 0.0, 1.0))
