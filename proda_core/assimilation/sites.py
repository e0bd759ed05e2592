"""Assimilation of a batch of profiles: observations and forcing in, posterior out.

The chains of all profiles of a batch run side by side.  After a first stretch those profiles whose fitted SOC has converged are
done; the others go on, each time for half as many draws again, until they have converged too or the effort is used up.  What
comes out for a profile depends on the seed, on its own observations and on its forcing, not on its neighbours in the batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
import xarray as xr

from proda_core.assimilation import diagnostics, summary
from proda_core.assimilation.error_model import ErrorModel
from proda_core.assimilation.posterior import Default, Observations, Posterior, Published, published_annealing
from proda_core.assimilation.sampler import Sampler, Settings
from proda_core.assimilation.streams import Streams
from proda_core.grid import LAYERS
from proda_core.process import column
from proda_core.process.places import Places

Tensor = torch.Tensor
FloatArray = npt.NDArray[np.float64]

LIKELIHOODS = ("default", "published")
"""Names of the likelihoods, see :func:`posterior`."""

_PIECE = 16
"""Draws of each chain for which SOC is computed at a time."""

PUBLISHED = Settings(method="metropolis", chains=3, warm_up=(10_000, 10_000), thin=50)
"""The authors' effort: 3 chains, 20,000 steps to find the proposal and 50,000 to keep."""

PUBLISHED_DRAWS = 1_000
"""Draws of each chain with the published likelihood; with the thinning above 50,000 steps."""


@dataclass(frozen=True)
class Options:
    """How to assimilate.

    Attributes:
        likelihood: ``"default"`` or ``"published"``, see :mod:`proda_core.assimilation.posterior`.
        chains: chains of each profile (the published likelihood has its own three).
        draws: draws of each chain before the first look at convergence; a profile that needs more gets half as many again, and
            again.
        most_draws: draws of each chain after which a profile is given up.
        seed: seed of the whole run.
        error_size: typical relative error of the model at an observed layer [1].
        error_degrees: degrees of freedom of its distribution over profiles [1].
    """

    likelihood: str = "default"
    chains: int = 4
    draws: int = 240
    most_draws: int = 3000
    seed: int = 0
    error_size: float = ErrorModel().size
    error_degrees: float = ErrorModel().degrees

    def __post_init__(self) -> None:
        if self.likelihood not in LIKELIHOODS:
            raise ValueError(f"expected a likelihood out of {', '.join(LIKELIHOODS)}, got {self.likelihood!r}")
        if self.chains < 2:
            raise ValueError(f"expected at least 2 chains, to see whether they agree, got {self.chains}")
        if not 8 <= self.draws <= self.most_draws:
            raise ValueError(f"expected 8 draws or more and most_draws not below, got {self.draws} and {self.most_draws}")
        if not 0 <= self.seed < 2**63:
            raise ValueError(f"expected a seed within 0..{2**63 - 1}, got {self.seed}")
        ErrorModel(self.error_size, self.error_degrees)


class Fit(NamedTuple):
    """Diagnostics of a profile's fitted SOC, each (observation,); NaN where not known."""

    r_hat: FloatArray
    bulk: FloatArray
    tail: FloatArray


class Finished(NamedTuple):
    """Profiles that need no more draws, all with the same number of them.

    Attributes:
        profile: their positions in the batch (k,).
        target: their posterior.
        unit: normalised parameters (k, chain, draw, 21).
        soc: SOC density [gC m-3] (k, chain, draw, 20).
        observed: what the profiles would see of it [gC m-3] (k, chain, draw, observation).
        acceptance: mean acceptance probability (k, chain).
        fit: diagnostics of each profile's fitted SOC.
    """

    profile: Tensor
    target: Posterior
    unit: Tensor
    soc: Tensor
    observed: Tensor
    acceptance: Tensor
    fit: list[Fit] = []  # noqa: RUF012 -- replaced, never changed


def assimilate(profiles: xr.Dataset, forcing: column.Forcing, options: Options, *, keep_draws: bool = False) -> xr.Dataset:
    """Posterior of the 21 parameters at every profile of a batch.

    Args:
        profiles: the observation table, see :mod:`proda_core.observations`.
        forcing: what drives each profile's column, one row a profile.
        options: likelihood and effort.
        keep_draws: whether to return draws as well, ``options.draws`` of each chain, evenly spread over those made.

    Returns:
        see :mod:`proda_core.assimilation.summary`.

    Raises:
        ValueError: profiles and forcing of different length.
    """
    if len(forcing) != profiles.sizes["profile"]:
        raise ValueError(f"expected forcing for {profiles.sizes['profile']} profiles, got {len(forcing)} rows")
    target = posterior(profiles, forcing, options)
    names = [str(name) for name in profiles["profile_id"].values]
    builder = summary.Builder(profiles, Streams(options.seed, names, "error"), options.draws if keep_draws else 0)
    for finished in sample(target, names, options):
        builder.add(finished)
    return builder.dataset()


def growing(profiles: xr.Dataset, forcing: column.Forcing, options: Options) -> Iterator[xr.Dataset]:
    """The posterior of a batch as it grows: what is known after each stretch of draws, the last when all have converged.

    Args:
        profiles: the observation table.
        forcing: what drives each profile's column, one row a profile.
        options: effort; the likelihood is the default one.

    Yields:
        what :func:`assimilate` returns, of the draws so far.
    """
    names = [str(name) for name in profiles["profile_id"].values]
    target = posterior(profiles, forcing, options)
    starts = target.start(Streams(options.seed, names, "start"), options.chains)
    sampler = Sampler(target, starts, Streams(options.seed, names), Settings(chains=options.chains))
    sampler.warm_up()
    everyone, so_far = torch.arange(len(names)), None
    for stretch in _stretches(options):
        so_far = _extend(so_far, _draw(sampler, target, everyone, stretch))
        fit = [_diagnose(so_far.observed[k][..., target.observations.seen[k]], whole=True) for k in everyone]
        builder = summary.Builder(profiles, Streams(options.seed, names, "error"), 0)
        builder.add(so_far._replace(fit=fit))
        yield builder.dataset()
        if all(map(_settled, fit)):
            return


def posterior(profiles: xr.Dataset, forcing: column.Forcing, options: Options) -> Posterior:
    """The posterior of a batch by the name of its likelihood."""
    observations, places = Observations.from_profiles(profiles), Places(forcing)
    if options.likelihood == "published":
        return Published(observations, places)
    return Default(observations, places, error=ErrorModel(options.error_size, options.error_degrees))


def sample(target: Posterior, names: list[str], options: Options) -> Iterator[Finished]:
    """Sample every profile until it has converged or the effort is used up; yields profiles as they finish."""
    streams, starts = Streams(options.seed, names), Streams(options.seed, names, "start")
    if isinstance(target, Published):
        sampler = Sampler(target, target.start(starts, PUBLISHED.chains), streams, PUBLISHED, published_annealing)
        stretches = [PUBLISHED_DRAWS]
    else:
        sampler = Sampler(target, target.start(starts, options.chains), streams, Settings(chains=options.chains))
        stretches = _stretches(options)
    sampler.warm_up()
    profile, so_far = torch.arange(len(names)), None
    for i, stretch in enumerate(stretches):
        so_far = _extend(so_far, _draw(sampler, target, profile, stretch))
        last = i == len(stretches) - 1
        fit = [_diagnose(so_far.observed[k][..., target.observations.seen[k]], whole=last) for k in range(len(profile))]
        done = torch.tensor([last or _settled(found) for found in fit])
        if bool(done.any()):
            yield _rows(so_far, done.nonzero()[:, 0])._replace(fit=[found for found, over in zip(fit, done, strict=True) if over])
        left = (~done).nonzero()[:, 0]
        if not len(left):
            return
        so_far, sampler, target, profile = _rows(so_far, left), sampler.rows(left), target.rows(left), profile[left]


def _stretches(options: Options) -> list[int]:
    """Numbers of draws to make before each look at convergence: half as many again each time, within the effort."""
    stretches = [options.draws]
    while sum(stretches) < options.most_draws:
        stretches.append(min(max(8, sum(stretches) // 2), options.most_draws - sum(stretches)))
    return stretches


def _draw(sampler: Sampler, target: Posterior, profile: Tensor, count: int) -> Finished:
    draws = sampler.draw(count)
    unit = target.to_unit(draws.x)
    # in pieces, for what the model keeps of each column would fill the memory
    pieces = torch.split(unit, _PIECE, dim=2)
    soc = torch.cat([target.soc(piece.flatten(1, 2)).view(*piece.shape[:3], LAYERS) for piece in pieces], dim=2)
    # where no state of a chain ever had a density, what it holds means nothing
    never = torch.isneginf(draws.log_density).all(2).any(1)
    unit = torch.where(never[:, None, None, None], torch.nan, unit)
    soc = torch.where(never[:, None, None, None], torch.nan, soc)
    observed = target.observed_by(soc.flatten(1, 2)).view(*unit.shape[:3], -1)
    return Finished(profile, target, unit, soc, observed, draws.acceptance)


def _extend(before: Finished | None, after: Finished) -> Finished:
    if before is None:
        return after
    n, m = before.unit.shape[2], after.unit.shape[2]
    return after._replace(
        unit=torch.cat([before.unit, after.unit], dim=2),
        soc=torch.cat([before.soc, after.soc], dim=2),
        observed=torch.cat([before.observed, after.observed], dim=2),
        acceptance=(n * before.acceptance + m * after.acceptance) / (n + m),
    )


def _rows(finished: Finished, which: Tensor) -> Finished:
    profile, unit, soc, observed, acceptance = (
        part[which] for part in (finished.profile, finished.unit, finished.soc, finished.observed, finished.acceptance)
    )
    return Finished(profile, finished.target.rows(which), unit, soc, observed, acceptance)


def _diagnose(observed: Tensor, whole: bool) -> Fit:
    """Diagnostics of one profile's fitted SOC (chain, draw, observation); unless ``whole``, stops at the first that is not
    met.
    """
    draws = observed.log().movedim(-1, 0).numpy()
    bulk = diagnostics.ess_bulk(draws)
    unknown = np.full_like(bulk, np.nan)
    if not whole and (bulk < diagnostics.ESS_LIMIT).any():
        return Fit(unknown, bulk, unknown)
    r_hat = diagnostics.r_hat(draws)
    if not whole and (r_hat >= diagnostics.R_HAT_LIMIT).any():
        return Fit(r_hat, bulk, unknown)
    return Fit(r_hat, bulk, diagnostics.ess_tail(draws))


def _settled(fit: Fit) -> bool:
    """Whether more draws are not needed, or of no use."""
    return diagnostics.converged(*fit) or bool(np.isnan(fit.bulk).all())
