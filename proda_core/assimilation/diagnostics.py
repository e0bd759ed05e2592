"""Have the chains converged, and what have the data said?  On ArviZ; knows no soil.

Sources: Vehtari et al. 2021, doi:10.1214/20-BA1221 (rank-normalised split R-hat, bulk and tail effective sample size);
Vehtari et al. 2017, doi:10.1007/s11222-016-9696-4 (leave-one-out by Pareto-smoothed importance sampling).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from arviz_stats.base.array import array_stats

FloatArray = npt.NDArray[np.float64]

R_HAT_LIMIT = 1.01
"""R-hat of converged chains is below this (Vehtari et al. 2021)."""

ESS_LIMIT = 400.0
"""Smallest effective sample size, bulk and tail, that is enough for four chains (Vehtari et al. 2021)."""

PARETO_LIMIT = 0.7
"""Pareto shape of importance weights above which they tell little (Vehtari et al. 2017)."""

_AXES = {"chain_axis": -2, "draw_axis": -1}


def r_hat(draws: FloatArray) -> FloatArray:
    """Rank-normalised split R-hat of draws (..., chain, draw); NaN where nothing varies or a value is not finite."""
    return _guarded(draws, lambda good: array_stats.rhat(good, **_AXES))


def ess_bulk(draws: FloatArray) -> FloatArray:
    """Effective sample size of the centre of draws (..., chain, draw); NaN as in :func:`r_hat`."""
    return _guarded(draws, lambda good: array_stats.ess(good, method="bulk", **_AXES))


def ess_tail(draws: FloatArray) -> FloatArray:
    """Effective sample size of the 5 % and 95 % quantiles of draws (..., chain, draw); NaN as in :func:`r_hat`."""
    return _guarded(draws, lambda good: array_stats.ess(good, method="tail", prob=(0.05, 0.95), **_AXES))


def _guarded(draws: FloatArray, measure: Callable[[FloatArray], FloatArray]) -> FloatArray:
    flat = draws.reshape(-1, *draws.shape[-2:])
    good = np.isfinite(flat).all(axis=(1, 2)) & (flat.max(axis=(1, 2), initial=-np.inf) > flat.min(axis=(1, 2), initial=np.inf))
    out = np.full(len(flat), np.nan)
    if good.any():
        out[good] = measure(flat[good])
    return out.reshape(draws.shape[:-2])


def converged(r_hat: FloatArray, bulk: FloatArray, tail: FloatArray) -> bool:
    """Whether every quantity meets :data:`R_HAT_LIMIT` and :data:`ESS_LIMIT`; NaN does not."""
    return bool(np.all(r_hat < R_HAT_LIMIT) and np.all(bulk >= ESS_LIMIT) and np.all(tail >= ESS_LIMIT))


def status(r_hat: FloatArray, bulk: FloatArray, tail: FloatArray, draws: int) -> str:
    """One sentence on the chains of one problem, from the diagnostics of what they are to tell."""
    if not np.isfinite(r_hat).all():
        return "not sampled: the likelihood is not finite wherever the chains went; check the observations and the forcing"
    if converged(r_hat, bulk, tail):
        return f"converged: R-hat {r_hat.max():.3f}, effective sample size {min(bulk.min(), tail.min()):.0f}"
    return (
        f"not converged after {draws} draws of each chain: R-hat {r_hat.max():.3f} (aim < {R_HAT_LIMIT}), "
        f"effective sample size {min(bulk.min(), tail.min()):.0f} (aim >= {ESS_LIMIT:.0f})"
    )


def shrinkage(posterior_sd: FloatArray, prior_sd: float) -> FloatArray:
    """How much the data narrowed a parameter, ``1 - SD_posterior / SD_prior``: 0 nothing learned, 1 known exactly."""
    return 1 - posterior_sd / prior_sd


def leave_one_out(log_likelihood: FloatArray, cumulative: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """What the posterior without an observation would have said about it, by Pareto-smoothed importance sampling.

    Args:
        log_likelihood: log density of each observation given the draw and the other observations (observation, draw).
        cumulative: the same distribution's cumulative probability at the observation (observation, draw).

    Returns:
        log predictive density (observation,), cumulative predictive probability (observation,), and the Pareto shape
        (observation,), above :data:`PARETO_LIMIT` where the two are unreliable, infinite where draws are too few or too often the
        same to tell.
    """
    smoothed = [_smoothed(row) for row in log_likelihood]
    log_weight, shape = np.array([weight for weight, _ in smoothed]), np.array([shape for _, shape in smoothed])
    weight = np.exp(log_weight - log_weight.max(axis=-1, keepdims=True))
    weight /= weight.sum(axis=-1, keepdims=True)
    peak = log_likelihood.max(axis=-1, keepdims=True)
    density = np.log((weight * np.exp(log_likelihood - peak)).sum(-1)) + peak[..., 0]
    return density, (weight * cumulative).sum(-1), shape


def _smoothed(log_likelihood: FloatArray) -> tuple[FloatArray, float]:
    """Log weights (draw,) that take an observation out, and their Pareto shape; not smoothed where that cannot be fitted."""
    try:
        with np.errstate(all="ignore"):  # draws that repeat make its divisors vanish
            weight, shape = array_stats.psislw(log_likelihood)  # which weights by the inverse of the likelihood
    except ValueError:  # fewer than five draws in the tail, or all of them the same
        return -log_likelihood, np.inf
    return (weight, float(shape)) if np.isfinite(shape) and np.isfinite(weight).all() else (-log_likelihood, np.inf)
