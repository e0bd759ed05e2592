"""What the methods make small.

Misfit: mean over layers of ``w (m**p - o**p)**2``, over its value when every layer is predicted by the mean.  The power p lies
between the linear view, in which a few peats own the loss, and the logarithmic one, in which small contents do.  The weight w
is what the bootstrap gave to the layer's block, times the weight of its profile as a sample, times a weight of its region.

Prior: mean square distance of the normalised parameters from the middle of their prior, over its prior expectation.

Deep soil: profiles end at about 2 m, the model does not.  In steady state carbon that diffuses below has all the time in the
world to gather there, so unobserved parameters decide the stock of the whole column.  The one published number that speaks of
these depths is the global ratio of the stocks in 2-3 m and 1-2 m, 351 / 491 Pg C (Jobbagy & Jackson 2000, table 3,
doi:10.1890/1051-0761(2000)010[0423:TVDOSO]2.0.CO;2).  Every cell is pulled towards it, in logarithms and
within ``DEEP_SPREAD``, and kept from more below 3 m than the same decline per metre would leave, which is our extrapolation.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from proda_core import parameters
from proda_core.grid import LAYERS, LAYERS_CLM5
from proda_core.learning.continents import region_index
from proda_core.learning.network import Network, to_unit
from proda_core.learning.predictors import LIMIT, Features
from proda_core.learning.problem import PRIOR_VARIANCE, BoolArray, FloatArray, Globe, Problem, Process, stretch
from proda_core.learning.settings import Settings
from proda_core.learning.training import Check, Loss

Tensor = torch.Tensor
Standardise = Callable[[Features], Tensor]

DECLINE = 351.0 / 491.0
"""Published ratio of the global stocks in 2-3 m and 1-2 m."""

DEEP_SPREAD = 0.3
"""Tolerance of a cell about that ratio, in natural logarithms; ours."""

DEEP_CELLS = 256
"""Cells in which a step looks at deep soil."""

LOG_SOC_LIMITS = (0.0, 14.0)
"""Logarithms of SOC density [gC m-3] that a network without a process may give."""


@dataclass(frozen=True)
class Sample:
    """What a member sees.

    Attributes:
        seen: weight of each profile in training, zero for those that are not in it (profile,).
        unseen: weight of each profile in the check, zero for those in training and for those held out (profile,).
    """

    seen: FloatArray
    unseen: FloatArray


def to_soc(vectors: Tensor) -> Tensor:
    """What a network without a process gives -> SOC density at the nodes [gC m-3]."""
    return vectors.clamp(*LOG_SOC_LIMITS).exp()


def region_weight(problem: Problem, train_on: BoolArray, balance: float) -> FloatArray:
    """Weight of each profile by its region, see ``Settings.region_balance`` (profile,)."""
    region = region_index(problem.latitude, problem.longitude)
    of_profile = np.bincount(problem.profile_of_observation, minlength=len(train_on)) * train_on
    layers = np.bincount(region, weights=of_profile)
    weight: FloatArray = np.where(layers > 0, np.maximum(layers, 1.0) ** -balance, 0.0)[region]
    return weight


def of(method: str, problem: Problem, standardise: Standardise, sample: Sample, settings: Settings) -> tuple[Loss, Check | None]:
    """Loss and check of a member."""
    if method == "proda":
        return _on_sites(problem, standardise, sample, settings)
    return _on_layers(method, problem, standardise, sample, settings)


@dataclass(frozen=True)
class _Target:
    """The layers of some profiles, with what is needed to compare them at their places only."""

    x: Tensor
    place: Tensor
    row: Tensor
    weight: Tensor
    value: Tensor
    importance: Tensor

    @classmethod
    def of(cls, problem: Problem, standardise: Standardise, weight: FloatArray, power: float) -> _Target | None:
        seen = problem.observations
        use = torch.as_tensor(weight > 0)[seen.profile]
        if not use.any():
            return None
        place = torch.as_tensor(problem.place)[seen.profile[use]]
        used, row = torch.unique(place, return_inverse=True)
        value = seen.soc[use] ** power
        importance = torch.as_tensor(weight)[seen.profile[use]]
        importance = importance / importance.sum()
        spread = (importance * (value - (importance * value).sum()).square()).sum()
        x = standardise(problem.features.rows(used.numpy()))
        return cls(x, used, row, seen.weight[use], value, importance / spread)

    def misfit(self, soc: Tensor, power: float) -> Tensor:
        """Weighted mean square residual over that of the mean."""
        modelled = (soc[self.row] * self.weight).sum(1) ** power
        return (self.importance * (modelled - self.value).square()).sum()


Decoder = Callable[[Tensor, Tensor], tuple[Tensor, Tensor | None]]
"""Vectors at places, and the places -> SOC density, and the normalised parameters where there are any."""


def _decoder(method: str, process: Process) -> Decoder:
    if method == "network-only":
        return lambda vectors, place: (to_soc(vectors), None)
    lower, upper = torch.as_tensor(parameters.LOWER), torch.as_tensor(parameters.UPPER)

    def decode(vectors: Tensor, place: Tensor) -> tuple[Tensor, Tensor | None]:
        unit = to_unit(vectors)
        return process(lower + unit * (upper - lower), place), unit

    return decode


def _on_layers(
    method: str, problem: Problem, standardise: Standardise, sample: Sample, settings: Settings
) -> tuple[Loss, Check | None]:
    target = _Target.of(problem, standardise, sample.seen, settings.power)
    held_out = _Target.of(problem, standardise, sample.unseen, settings.power)
    if target is None:
        raise ValueError("expected layers to learn from, got none; check folds and filters")
    decode = _decoder(method, problem.process)
    deep = _deep(problem.globe, method, standardise, settings) if problem.globe and method != "network-only" else None

    def loss(network: Network, generator: torch.Generator) -> Tensor:
        vectors = network(noisy(target.x, settings.noise, generator), settings.dropout, generator)
        soc, unit = decode(vectors, target.place)
        value = target.misfit(soc, settings.power)
        if unit is not None:
            value = value + settings.prior * pull(unit)
        return value + deep(network, generator) if deep else value

    return loss, _check_on_layers(held_out, decode, settings.power) if held_out else None


def _check_on_layers(target: _Target, decode: Decoder, power: float) -> Check:
    def check(network: Network) -> float:
        with torch.no_grad():
            return float(target.misfit(decode(network(target.x), target.place)[0], power))

    return check


def noisy(x: Tensor, noise: float, generator: torch.Generator) -> Tensor:
    """Predictors with noise on them, within their limits."""
    return (x + noise * torch.randn(x.shape, generator=generator)).clamp(-LIMIT, LIMIT) if noise else x


def pull(unit: Tensor) -> Tensor:
    """Mean square distance from the middle of the prior over its expectation under the prior."""
    return (unit - 0.5).square().mean() / PRIOR_VARIANCE


def _deep(
    globe: Globe, method: str, standardise: Standardise, settings: Settings
) -> Callable[[Network, torch.Generator], Tensor]:
    """The constraint on deep soil, at a few cells drawn anew in each step."""
    x, decode = standardise(globe.features), _decoder(method, globe.process)

    def value(network: Network, generator: torch.Generator) -> Tensor:
        cells = torch.randint(len(x), (DEEP_CELLS,), generator=generator)
        soc, _ = decode(network(x[cells]), cells)
        return settings.deep * deep_misfit(soc)

    return value


_UPPER, _MIDDLE, _LOWER = stretch(1.0, 2.0), stretch(2.0, 3.0), stretch(3.0, math.inf)


def _below() -> float:
    """Density below 3 m over that in 2-3 m when it declines by the published ratio per metre."""
    rate, bottom = -math.log(DECLINE), float(LAYERS_CLM5.interface[LAYERS - 1])
    return DECLINE * (1 - math.exp(-rate * (bottom - 3.0))) / (1 - DECLINE) / (bottom - 3.0)


def deep_misfit(soc: Tensor) -> Tensor:
    """Mean square distance of the decline below 2 m from the published one, over its tolerance [1]; below 3 m an excess counts.

    Args:
        soc: SOC density at the nodes (cell, 20).
    """
    upper, middle, lower = (soc @ part for part in (_UPPER, _MIDDLE, _LOWER))
    first = (middle / upper).log() - math.log(DECLINE)
    second = ((lower / middle).log() - math.log(_below())).clamp(min=0.0)
    return (first.square() + second.square()).mean() / (2 * DEEP_SPREAD**2)


def _on_sites(problem: Problem, standardise: Standardise, sample: Sample, settings: Settings) -> tuple[Loss, Check | None]:
    """Squared distance from the site posteriors along their axes, and the pull of the prior.

    Places that look alike to the network differ: along each axis ``Settings.heterogeneity`` adds to the variance of the site.
    """
    sites = problem.sites
    if sites is None:
        raise ValueError("expected site posteriors for the method proda, got none; run proda assimilate and name its store")
    x = standardise(problem.features.rows(problem.place[sites.profile]))
    precision = sites.precision / (1.0 + settings.heterogeneity**2 * sites.precision)
    scale = float((precision * sites.mean.square()).sum(1).mean())

    def target(weight: FloatArray) -> Tensor | None:
        importance = torch.as_tensor(weight[sites.profile])
        return importance / importance.sum() if float(importance.sum()) > 0 else None

    seen, unseen = target(sample.seen), target(sample.unseen)
    if seen is None:
        raise ValueError("expected site posteriors to learn from, got none; check folds and filters")

    def misfit(unit: Tensor, importance: Tensor) -> Tensor:
        along = torch.einsum("sij,si->sj", sites.axes, torch.special.ndtri(unit))
        return (importance * (precision * (along - sites.mean).square()).sum(1)).sum() / scale

    def loss(network: Network, generator: torch.Generator) -> Tensor:
        unit = to_unit(network(noisy(x, settings.noise, generator), settings.dropout, generator))
        return misfit(unit, seen) + settings.prior * pull(unit)

    def check_on(importance: Tensor) -> Check:
        def check(network: Network) -> float:
            with torch.no_grad():
                return float(misfit(to_unit(network(x)), importance))

        return check

    return loss, check_on(unseen) if unseen is not None else None
