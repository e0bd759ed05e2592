"""What the methods make small: costs of the vectors that stand for places.

Misfit: mean over layers of ``w (m**p - o**p)**2``, over its value when every layer is predicted by the mean.  The power p lies
between the linear view, in which a few peats own the loss, and the logarithmic one, in which small contents do.  The weight w
is what the bootstrap gave to the layer's block, times the weight of its profile as a sample, times a weight of its region.

Prior: mean square distance of the normalised parameters from the middle of their prior, over its prior expectation.

Deep soil: see ``deep``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from proda_core import parameters
from proda_core.learning import deep
from proda_core.learning.continents import region_index
from proda_core.learning.network import Network, to_unit
from proda_core.learning.predictors import LIMIT, Features
from proda_core.learning.problem import PRIOR_VARIANCE, BoolArray, FloatArray, Globe, IntArray, Problem, Sites
from proda_core.learning.settings import Settings
from proda_core.learning.training import Check, Loss

Tensor = torch.Tensor
Standardise = Callable[[Features], Tensor]

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
        near: weight of each profile in the correction among neighbours, zero for those held out (profile,).
    """

    seen: FloatArray
    unseen: FloatArray
    near: FloatArray


@dataclass(frozen=True)
class Objective:
    """What vectors at some places cost.

    Attributes:
        place: row of the problem's features of each vector (row,).
        misfit: of vectors (row, outputs) [1]: about 1 for a mean that is the same everywhere.
        cost: the same with the pull of the prior.
        whole: that with the constraint on deep soil at these very places; training looks at it on the whole globe instead.
        prior: strength beside it of the prior of a correction, see ``local.solve``.
    """

    place: IntArray
    misfit: Callable[[Tensor], Tensor]
    cost: Callable[[Tensor], Tensor]
    whole: Callable[[Tensor], Tensor]
    prior: float


def to_soc(vectors: Tensor) -> Tensor:
    """What a network without a process gives -> SOC density at the nodes [gC m-3]."""
    return vectors.clamp(*LOG_SOC_LIMITS).exp()


def region_weight(problem: Problem, train_on: BoolArray, balance: float) -> FloatArray:
    """Weight of each profile by its region, see ``Settings.region_balance`` (profile,)."""
    region = region_index(problem.latitude, problem.longitude)
    of_profile = np.bincount(problem.profile_of_observation, minlength=len(train_on)) * train_on * problem.importance
    layers = np.bincount(region, weights=of_profile)
    weight: FloatArray = np.where(layers > 0, np.maximum(layers, 1.0) ** -balance, 0.0)[region]
    return weight


def objective(method: str, problem: Problem, weight: FloatArray, settings: Settings) -> Objective | None:
    """What profiles of given weights (profile,) ask of the vectors of their places; None without any profile.

    Raises:
        ValueError: ``proda`` without site posteriors.
    """
    if method == "proda":
        return _on_sites(problem, weight, settings)
    return _on_layers(method, problem, weight, settings)


def of(method: str, problem: Problem, standardise: Standardise, sample: Sample, settings: Settings) -> tuple[Loss, Check | None]:
    """Loss and check of a member.

    Raises:
        ValueError: no profile to learn from.
    """
    aim, held_out = (objective(method, problem, weight, settings) for weight in (sample.seen, sample.unseen))
    if aim is None:
        raise ValueError("expected profiles to learn from, got none; check folds and filters")
    x = standardise(problem.features.rows(aim.place))
    noise = 0.0 if method == "one-batch" else settings.noise  # one vector for all has no predictors
    constrained = problem.globe is not None and method in ("one-batch", "end-to-end")
    below = _below(problem.globe, standardise, settings) if constrained and problem.globe else None

    def loss(network: Network, generator: torch.Generator) -> Tensor:
        value = aim.cost(network(noisy(x, noise, generator), settings.dropout, generator))
        return value + below(network, generator) if below else value

    if held_out is None:
        return loss, None
    apart, unseen = standardise(problem.features.rows(held_out.place)), held_out.misfit

    def check(network: Network) -> float:
        with torch.no_grad():
            return float(unseen(network(apart)))

    return loss, check


def noisy(x: Tensor, noise: float, generator: torch.Generator) -> Tensor:
    """Predictors with noise on them, within their limits."""
    return (x + noise * torch.randn(x.shape, generator=generator)).clamp(-LIMIT, LIMIT) if noise else x


def pull(unit: Tensor) -> Tensor:
    """Mean square distance from the middle of the prior over its expectation under the prior."""
    return (unit - 0.5).square().mean() / PRIOR_VARIANCE


def _physical(unit: Tensor) -> Tensor:
    lower, upper = torch.as_tensor(parameters.LOWER), torch.as_tensor(parameters.UPPER)
    return lower + unit * (upper - lower)


def _below(globe: Globe, standardise: Standardise, settings: Settings) -> Callable[[Network, torch.Generator], Tensor]:
    """The constraint on deep soil, at a few cells of the globe drawn anew in each step."""
    x = standardise(globe.features)

    def value(network: Network, generator: torch.Generator) -> Tensor:
        cells = torch.randint(len(x), (DEEP_CELLS,), generator=generator)
        return settings.deep * deep.misfit(globe.process(_physical(to_unit(network(x[cells]))), cells))

    return value


def _on_layers(method: str, problem: Problem, weight: FloatArray, settings: Settings) -> Objective | None:
    """Of the observed layers, through the process model where there is one."""
    layers = _Layers.of(problem, weight, settings.power)
    if layers is None:
        return None
    place = layers.place

    def of_soc(vectors: Tensor) -> Tensor:
        return layers.misfit(to_soc(vectors), settings.power)

    if method == "network-only":
        return Objective(place.numpy(), of_soc, of_soc, of_soc, settings.local / len(layers.row))

    def misfit(vectors: Tensor) -> Tensor:
        return layers.misfit(problem.process(_physical(to_unit(vectors)), place), settings.power)

    def cost(vectors: Tensor, below: float = 0.0) -> Tensor:
        unit = to_unit(vectors)
        soc = problem.process(_physical(unit), place)
        value = layers.misfit(soc, settings.power) + settings.prior * pull(unit)
        return value + below * deep.misfit(soc) if below else value

    def whole(vectors: Tensor) -> Tensor:
        return cost(vectors, settings.deep)

    return Objective(place.numpy(), misfit, cost, whole, settings.local / len(layers.row))


@dataclass(frozen=True)
class _Layers:
    """The layers of some profiles, with what is needed to compare them at their places only."""

    place: Tensor
    row: Tensor
    weight: Tensor
    value: Tensor
    importance: Tensor

    @classmethod
    def of(cls, problem: Problem, weight: FloatArray, power: float) -> _Layers | None:
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
        return cls(used, row, seen.weight[use], value, importance / spread)

    def misfit(self, soc: Tensor, power: float) -> Tensor:
        """Weighted mean square residual over that of the mean."""
        modelled = (soc[self.row] * self.weight).sum(1) ** power
        return (self.importance * (modelled - self.value).square()).sum()


def _on_sites(problem: Problem, weight: FloatArray, settings: Settings) -> Objective | None:
    """Squared distance from the site posteriors along their axes, and the pull of the prior.

    Places that look alike to the network differ: along each axis ``Settings.heterogeneity`` adds to the variance of the site.
    Among such places the mean of parameters, which act on the logarithm of carbon, stands for the geometric mean of their carbon,
    which is less than the mean that maps and stocks are made of.  Where carbon is lognormal, weights in proportion to its square
    root turn one into the other, so sites count by the root of their mean observed density.
    """
    sites = problem.sites
    if sites is None:
        raise ValueError("expected site posteriors for the method proda, got none; run proda assimilate and name its store")
    use = weight[sites.profile] > 0
    if not use.any():
        return None
    known = Sites(sites.profile[use], sites.axes[use], sites.mean[use], sites.precision[use])
    seen = problem.observations
    layers = torch.bincount(seen.profile, minlength=len(weight))
    carbon = torch.bincount(seen.profile, seen.soc, minlength=len(weight)) / layers.clamp(min=1)
    importance = (torch.as_tensor(weight) * carbon.sqrt())[torch.as_tensor(known.profile)]
    importance = importance / importance.sum()
    precision = known.precision / (1.0 + settings.heterogeneity**2 * known.precision)
    scale = float((precision * known.mean.square()).sum(1).mean())

    def misfit(vectors: Tensor) -> Tensor:
        along = torch.einsum("sij,si->sj", known.axes, torch.special.ndtri(to_unit(vectors)))
        return (importance * (precision * (along - known.mean).square()).sum(1)).sum() / scale

    def cost(vectors: Tensor) -> Tensor:
        return misfit(vectors) + settings.prior * pull(to_unit(vectors))

    return Objective(problem.place[known.profile], misfit, cost, cost, 1.0 / (scale * len(known.profile)))
