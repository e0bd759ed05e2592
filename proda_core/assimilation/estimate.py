"""The error size from profiles: sample, improve the error model, sample again, until it stays where it is."""

from __future__ import annotations

from collections.abc import Callable

import xarray as xr

from proda_core.assimilation import error_model, sites
from proda_core.assimilation.error_model import ErrorModel
from proda_core.assimilation.posterior import Default
from proda_core.process import column

DRAWS = 160
"""Draws of each chain; the chains need not have converged at every profile, the mean over profiles counts."""


def estimate(
    profiles: xr.Dataset,
    forcing: column.Forcing,
    start: ErrorModel = ErrorModel(),  # noqa: B008 -- frozen
    *,
    seed: int = 0,
    rounds: int = 6,
    report: Callable[[int, ErrorModel], None] = lambda number, found: None,
) -> ErrorModel:
    """Estimate the error model of the default likelihood from profiles, see :mod:`proda_core.assimilation.error_model`.

    Args:
        profiles: the observation table; a few hundred profiles from many places do.
        forcing: what drives each profile's column.
        start: where to begin.
        seed: seed of the sampling.
        rounds: rounds of sampling and improving; each reaches no further than ``error_model.REACH``.
        report: called after each round with its number and what it found.

    Returns:
        the error model of the last round.
    """
    found, names = start, [str(name) for name in profiles["profile_id"].values]
    for number in range(rounds):
        options = sites.Options(
            draws=DRAWS, most_draws=DRAWS, seed=seed + number, error_size=found.size, error_degrees=found.degrees
        )
        target = sites.posterior(profiles, forcing, options)
        assert isinstance(target, Default)  # noqa: S101 -- for the type checker
        (sampled,) = sites.sample(target, names, options)
        squares = target.misfit(sampled.soc.flatten(1, 2)).numpy() * found.size**2
        layers = target.observations.seen.sum(1).tolist()
        found = error_model.improve(found, list(zip(squares, layers, strict=True)))
        report(number + 1, found)
    return found
