"""Net primary production from climate and vegetation: a small log-linear regression with fixed, documented coefficients.

    NPP = scale limit exp(c_0 + sum_i c_i (clip(x_i, low_i, high_i) - mean_i) / sd_i)
    limit = E / (E + 50 mm yr-1) (1 - exp(-G / 600 K d)),

with E actual evapotranspiration and G growing degree-days, so that nothing grows without water or warmth.  Every term x_i is
clipped to the range it had when the regression was fitted: nothing is extrapolated.  The coefficients stand in
``npp_coefficients.json`` beside this file and are renewed by ``python -m proda_core.climate.npp_fit``; they were fitted to the
NPP of CLM5.0 in TRENDY v8 (simulation S2).  ``scale`` sets the global total to ``GLOBAL_TOTAL``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources

import numpy as np

from proda_core.constants import GRAMS_PER_PETAGRAM
from proda_core.grid import FloatArray

GLOBAL_TOTAL = 57.0
"""Global net primary production that the input is scaled to [PgC yr-1]; CLM5.0 in TRENDY v8 S2 has 57.1."""

LEAST_PRODUCTION = 1.0
"""Production given to every cell [gC m-2 yr-1]: crusts, lichens and algae; ours.  It keeps every ratio to carbon defined."""

HALF_WATER = 50.0
"""Actual evapotranspiration at which the water limit is one half [mm yr-1]; ours."""

WARMTH_SCALE = 600.0
"""Growing degree-days over which the warmth limit rises [K d]; ours, skill is flat between 300 and 1000."""

BARE_NDVI = 0.07
"""NDVI of bare ground [1], subtracted before the logarithm; ours."""


@dataclass(frozen=True)
class Regression:
    """A fitted regression.

    Attributes:
        intercept: c_0, log of NPP in gC m-2 yr-1 at the mean of all terms.
        terms: names of the terms, in the order of the arrays below.
        coefficient: c_i, per standard deviation [1] (term,).
        mean: mean_i (term,).
        sd: sd_i (term,).
        low: smallest value of each term in the fit (term,).
        high: largest value of each term in the fit (term,).
    """

    intercept: float
    terms: tuple[str, ...]
    coefficient: FloatArray
    mean: FloatArray
    sd: FloatArray
    low: FloatArray
    high: FloatArray

    def predict(self, terms: dict[str, FloatArray], limit: FloatArray) -> FloatArray:
        """NPP before scaling [gC m-2 yr-1] (cell,) from the terms by name and the growth limit [1], each (cell,)."""
        return limit * np.exp(self.intercept + self.design(terms) @ self.coefficient)

    def design(self, terms: dict[str, FloatArray]) -> FloatArray:
        """Clipped, centred and scaled terms [1] (cell, term)."""
        raw = np.column_stack([terms[name] for name in self.terms])
        return (np.clip(raw, self.low, self.high) - self.mean) / self.sd


def load_regression() -> Regression:
    """The committed coefficients."""
    table = json.loads(resources.files("proda_core.climate").joinpath("npp_coefficients.json").read_text(encoding="utf-8"))
    rows = table["terms"]
    columns = {key: np.array([row[key] for row in rows]) for key in ("coefficient", "mean", "sd", "low", "high")}
    return Regression(table["intercept"], tuple(row["name"] for row in rows), **columns)


def growth_limit(evapotranspiration: FloatArray, degree_days: FloatArray) -> FloatArray:
    """Limit of growth by water and warmth [1], from evapotranspiration [mm yr-1] and growing degree-days [K d], any shape.

    >>> growth_limit(np.array([0.0, 50.0, 500.0]), np.array([5000.0, 5000.0, 0.0])).round(2)
    array([0. , 0.5, 0. ])
    """
    return np.asarray(evapotranspiration / (evapotranspiration + HALF_WATER) * -np.expm1(-degree_days / WARMTH_SCALE))


def regression_terms(climate: dict[str, FloatArray], vegetation: dict[str, FloatArray]) -> dict[str, FloatArray]:
    """The terms of the regression.

    Args:
        climate: ``bio4`` [K], ``growing_degree_days`` [K d], ``actual_evapotranspiration`` and
            ``potential_evapotranspiration`` [mm yr-1], each (cell,).
        vegetation: ``ndvi_max`` and ``fapar_max`` [1], each (cell,).

    Returns:
        terms by name (cell,).
    """
    warmth = np.sqrt(climate["growing_degree_days"])
    potential = climate["potential_evapotranspiration"]
    return {
        "evaporative_fraction": climate["actual_evapotranspiration"] / (potential + 10.0),
        "root_degree_days": warmth,
        "degree_days": warmth**2,
        "temperature_seasonality": climate["bio4"],
        "log_greenness": np.log(np.maximum(vegetation["ndvi_max"] - BARE_NDVI, 0.01)),
        "fapar_max": vegetation["fapar_max"],
    }


def predict(climate: dict[str, FloatArray], vegetation: dict[str, FloatArray], regression: Regression) -> FloatArray:
    """NPP before scaling [gC m-2 yr-1] (cell,); arguments as in :func:`regression_terms`."""
    limit = growth_limit(climate["actual_evapotranspiration"], climate["growing_degree_days"])
    return regression.predict(regression_terms(climate, vegetation), limit)


def scale_to_total(production: FloatArray, area: FloatArray, total: float = GLOBAL_TOTAL) -> tuple[FloatArray, float]:
    """Production scaled so that the area-weighted sum is ``total``, then raised to the floor; and the total before [PgC yr-1].

    Args:
        production: net primary production [gC m-2 yr-1] (cell,).
        area: land area [m2] (cell,).
        total: wanted sum [PgC yr-1].
    """
    before = float(production @ area) / GRAMS_PER_PETAGRAM
    return np.maximum(production * (total / before), LEAST_PRODUCTION), before
