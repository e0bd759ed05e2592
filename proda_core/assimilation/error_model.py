"""How far the model is from observed layers: the size of the error, estimated from the profiles themselves.

Every profile has an error size s of its own; over profiles s^2 follows a scaled inverse chi-square distribution with typical
size S and nu degrees of freedom.  With s integrated out, a profile with n layers and logarithmic residuals r_i has the likelihood
(a multivariate t) ::

    L = Gamma((nu + n) / 2) / Gamma(nu / 2) (pi nu S^2)^(-n / 2) (1 + sum_i r_i^2 / (nu S^2))^(-(nu + n) / 2)

S and nu are those that make all profiles together likeliest, the parameters of the soil model integrated out as well (empirical
Bayes).  Given draws under (S0, nu0), a profile's marginal likelihood relative to there is the mean of L / L0 over its draws;
:func:`improve` maximises the product over profiles within reach of the draws, and repeating it with new draws climbs to the
maximum.

Source: Geyer & Thompson 1992, doi:10.1111/j.2517-6161.1992.tb01443.x (Monte Carlo maximum likelihood).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

FloatArray = npt.NDArray[np.float64]

REACH = 1.3
"""Largest factor by which :func:`improve` changes S; nu by its square."""

MOST_DEGREES = 200.0
"""Above this many degrees of freedom all profiles are as good as equal."""


@dataclass(frozen=True)
class ErrorModel:
    """Distribution of the error size over profiles.

    The defaults are what the third round of ``proda error-model`` (seed 0) found with 400 of the 2,210 observed profiles that
    README names; the rounds before had found 0.209 and 1.85, 0.208 and 1.83.  With nu below 2 the prior of s^2 has no mean: some
    profiles are very far from what the model can do.

    Attributes:
        size: typical relative error S [1].
        degrees: degrees of freedom nu [1]; many: all profiles have the same size.
    """

    size: float = 0.207
    degrees: float = 1.82

    def __post_init__(self) -> None:
        if not (0 < self.size < 10 and self.degrees > 0):
            raise ValueError(f"expected an error size within 0..10 and positive degrees, got {self.size:g} and {self.degrees:g}")


def log_likelihood(error: ErrorModel, squares: FloatArray, layers: int) -> FloatArray:
    """Logarithm of the L of the module's head.

    Args:
        error: the error model.
        squares: sum of squared logarithmic residuals of a profile, for each draw [1] (draw,).
        layers: number of layers n.
    """
    nu, scale = error.degrees, error.degrees * error.size**2
    constant = special.gammaln((nu + layers) / 2) - special.gammaln(nu / 2) - layers / 2 * math.log(math.pi * scale)
    result: FloatArray = constant - (nu + layers) / 2 * np.log1p(squares / scale)
    return result


def improve(error: ErrorModel, profiles: Sequence[tuple[FloatArray, int]]) -> ErrorModel:
    """The likeliest error model within reach of draws made under ``error``.

    Args:
        error: the error model of the draws.
        profiles: for each profile the sums of squares of its draws and its number of layers, as in :func:`log_likelihood`.

    Raises:
        ValueError: no profiles.
    """
    if not profiles:
        raise ValueError("expected draws of at least one profile, got none; were all profiles left out?")
    before = [log_likelihood(error, *profile) for profile in profiles]

    def loss(x: FloatArray) -> float:
        trial = ErrorModel(math.exp(x[0]), math.exp(x[1]))
        ratios = (log_likelihood(trial, *profile) - old for profile, old in zip(profiles, before, strict=True))
        return -sum(float(special.logsumexp(ratio) - math.log(len(ratio))) for ratio in ratios)

    start, reach = np.log([error.size, error.degrees]), math.log(REACH)
    most = math.log(MOST_DEGREES)
    bounds = [(start[0] - reach, start[0] + reach), (min(start[1] - 2 * reach, most), min(start[1] + 2 * reach, most))]
    found = optimize.minimize(loss, start.clip(max=most), method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-10})
    return ErrorModel(*(float(value) for value in np.exp(found.x)))
