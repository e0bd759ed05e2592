"""Log posterior of the 21 parameters at a batch of profiles at once.

**Unknowns.**  A profile's parameters are normalised to x in [0, 1] with a uniform prior (``parameters.PARAMETERS``) and sampled
as z with x = Phi(z), the standard normal distribution function: the prior of z is then exactly N(0, I), which is what
:mod:`proda_core.assimilation.moves` likes best.

**Likelihoods**, chosen by name:

``default``
    relative errors, so residuals are taken in logarithms: r_i = ln(observed_i) - ln(modelled_i).  Given the profile's error size
    s they are independent and normal with variance s^2.  s is not assumed but estimated: s^2 has a scaled inverse chi-square
    prior whose typical size S and degrees of freedom nu are themselves estimated from real profiles, see
    :mod:`proda_core.assimilation.error_model`.  s is integrated out exactly, which leaves a multivariate t ::

        ln L = -(nu + n) / 2 ln(1 + sum_i r_i^2 / (nu S^2))

    How well S and nu describe the errors is seen where a layer is predicted from the other layers of its profile.  At the 2,210
    profiles that README names (Pareto-smoothed leave-one-out, ``proda assimilate``) 51.2 % of the layers lie within their 50 %
    interval and 90.2 % within their 90 % interval.  S and nu were estimated from 400 of these profiles, so it does not show that
    they hold for others.  That the smoothing stands for leaving out in fact was checked with one layer of each of 160 profiles
    held out and the chains run anew (at S = 0.19, nu = 2.1): 50.0 % and 89.4 %, the same within what 160 layers can tell.

    The model is averaged over each observed layer, see :mod:`proda_core.assimilation.operator`.  The standard errors that come
    with the observations are not added: most of what they hold (bulk density by a pedotransfer function, stones unknown) is
    common to the layers of a profile or already part of the misfit that s measures.
``published``
    the authors' cost, ``sum_i w_i (modelled_i - observed_i)^2 / (2 (0.6 observed_i)^2)`` with w_i = max(1, 10 exp(-(rank_i -
    1))), the model read off at the middle of the layer by a monotone cubic.  They multiply its differences by ln(step + 2) when
    accepting, which is annealing: what they call posterior is sharpened as sampling goes on (:func:`published_annealing`).  For
    comparison.

Sources: Gelman et al. 2013, Bayesian Data Analysis, section 3.3 (inverse chi-square); Tao et al. 2020,
doi:10.3389/fdata.2020.00017 (the published cost).
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import torch
import xarray as xr

from proda_core import parameters
from proda_core.assimilation import operator
from proda_core.assimilation.error_model import ErrorModel
from proda_core.assimilation.likelihood import multivariate_t, observed_by
from proda_core.assimilation.streams import Streams
from proda_core.grid import LAYERS
from proda_core.process.places import Places

Tensor = torch.Tensor
FloatArray = npt.NDArray[np.float64]

PUBLISHED_RELATIVE_ERROR = 0.6
"""The authors' standard error as a fraction of the observation."""


@dataclass(frozen=True)
class Observations:
    """What a batch of profiles saw, padded to the same number of layers.

    Attributes:
        weight: averages node values over observed layers [1] (profile, observation, 20); harmless where padded.
        middle: mid-depth [m] (profile, observation).
        soc: observed SOC density [gC m-3] (profile, observation); one where padded.
        seen: false where padded (profile, observation).
    """

    weight: Tensor
    middle: Tensor
    soc: Tensor
    seen: Tensor

    @classmethod
    def from_profiles(cls, profiles: xr.Dataset) -> Observations:
        """From the observation table, see :mod:`proda_core.observations`."""
        index = profiles["profile_index"].values
        count = np.bincount(index, minlength=profiles.sizes["profile"])
        row = np.arange(len(index)) - np.repeat(np.cumsum(count) - count, count)
        top, bottom, soc = (profiles[name].values for name in ("layer_top", "layer_bottom", "soc_density"))
        shape = (len(count), int(count.max(initial=1)))

        def padded(values: np.ndarray, fill: float) -> Tensor:
            out = np.full((*shape, *values.shape[1:]), fill)
            out[index, row] = values
            return torch.from_numpy(out)

        return cls(
            weight=padded(operator.layer_mean(top, bottom), 1 / LAYERS),
            middle=padded((top + bottom) / 2, 1.0),
            soc=padded(soc, 1.0),
            seen=padded(np.ones(len(index)), 0.0) > 0,
        )

    def rows(self, which: Tensor) -> Observations:
        """The observations of some of the profiles."""
        return Observations(*(getattr(self, name)[which] for name in ("weight", "middle", "soc", "seen")))


class Posterior(ABC):
    """Log posterior of a batch of profiles, up to a constant of each; a target of the sampler.

    Args:
        observations: what the profiles saw.
        places: forcing of each profile, prepared.
        place: which of the places each profile is (profile,); by default one after the other.
    """

    def __init__(self, observations: Observations, places: Places, place: Tensor | None = None) -> None:
        self.observations = observations
        self._places = places
        self._place = torch.arange(len(places)) if place is None else place
        self._lower = torch.as_tensor(parameters.LOWER)
        self._span = torch.as_tensor(parameters.UPPER - parameters.LOWER)

    def rows(self, which: Tensor) -> Self:
        """The posterior of some of the profiles."""
        return type(self)(self.observations.rows(which), self._places, self._place[which])

    def soc(self, unit: Tensor) -> Tensor:
        """SOC density [gC m-3] (profile, k, 20) for normalised parameters (profile, k, 21)."""
        return self._places.forward(*self._columns(unit))[0].view(*unit.shape[:2], LAYERS)

    def _columns(self, unit: Tensor) -> tuple[Tensor, Tensor]:
        """Physical parameters (profile k, 21) and place of each (profile k,)."""
        return (self._lower + unit * self._span).flatten(0, 1), self._place.repeat_interleave(unit.shape[1])

    def observed_by(self, soc: Tensor) -> Tensor:
        """What the profiles would see of SOC density (profile, k, 20) [gC m-3] (profile, k, observation)."""
        return observed_by(soc, self.observations.weight)

    @abstractmethod
    def start(self, streams: Streams, chains: int) -> Tensor:
        """Draws from the prior to start chains from (profile, chain, 21)."""

    @abstractmethod
    def to_unit(self, state: Tensor) -> Tensor:
        """Normalised parameters in [0, 1] of states of the sampler; states that are not finite give the middle."""

    @abstractmethod
    def value(self, x: Tensor) -> Tensor:
        """Log posterior (profile, chain) at states (profile, chain, 21)."""

    @abstractmethod
    def value_and_gradient(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Log posterior (profile, chain) and its gradient (profile, chain, 21)."""


class Default(Posterior):
    """Multivariate t of logarithmic residuals; see the module.

    Args:
        observations, places, place: see :class:`Posterior`.
        error: distribution of the error size.
    """

    def __init__(
        self,
        observations: Observations,
        places: Places,
        place: Tensor | None = None,
        error: ErrorModel = ErrorModel(),  # noqa: B008 -- frozen
    ) -> None:
        super().__init__(observations, places, place)
        self.error = error
        self._log_soc = observations.soc.log()
        self._precision = observations.seen / error.size**2
        self._layers = observations.seen.sum(1)
        self._kept: FloatArray | None = None
        self._degrees = error.degrees + self._layers

    def rows(self, which: Tensor) -> Self:
        """See :class:`Posterior`."""
        return type(self)(self.observations.rows(which), self._places, self._place[which], self.error)

    def start(self, streams: Streams, chains: int) -> Tensor:
        """See :class:`Posterior`."""
        return streams.normal(chains, parameters.COUNT)

    def to_unit(self, state: Tensor) -> Tensor:
        """See :class:`Posterior`."""
        unit: Tensor = torch.special.ndtr(torch.nan_to_num(state, 0.0, 0.0, 0.0))
        return unit

    def misfit(self, soc: Tensor) -> Tensor:
        """Sum of squared residuals over S^2 [1] (profile, k)."""
        residual = self._log_soc[:, None] - self.observed_by(soc).log()
        misfit: Tensor = (residual.square() * self._precision[:, None]).sum(-1)
        return misfit

    def value(self, x: Tensor) -> Tensor:
        """See :class:`Posterior`."""
        return self._log_likelihood(self.soc(self.to_unit(x)))[0] - x.square().sum(-1) / 2

    def _log_likelihood(self, soc: Tensor) -> tuple[Tensor, Tensor]:
        """Log likelihood (profile, chain) and its gradient by SOC density (profile, chain, 20)."""
        seen = self.observations.weight, self._log_soc, self._layers
        return multivariate_t(soc, *seen, self.error.size, self.error.degrees)

    def value_and_gradient(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """See :class:`Posterior`."""
        physical, place = self._columns(self.to_unit(x))
        soc, kept = self._places.forward(physical, place, self._kept)
        self._kept = kept
        likelihood, by_soc = self._log_likelihood(soc.view(*x.shape[:2], LAYERS))
        by_physical = self._places.backward(physical, place, kept, by_soc.flatten(0, 1)).view_as(x)
        density = (x.square() * -0.5).exp() * (self._span / math.sqrt(2 * math.pi))
        return likelihood - x.square().sum(-1) / 2, by_physical * density - x

    def error_distribution(self, soc: Tensor) -> tuple[Tensor, Tensor]:
        """Distribution of the error size s given SOC density (profile, k, 20): s^2 is scaled inverse chi-square.

        Returns:
            degrees of freedom (profile, k) and scale, the typical s, [1] (profile, k).
        """
        degrees = self._degrees[:, None].expand(soc.shape[:2])
        return degrees, self.error.size * ((self.error.degrees + self.misfit(soc)) / degrees).sqrt()

    def error_size(self, soc: Tensor, streams: Streams) -> Tensor:
        """Draws of the error size s [1] (profile, k) given SOC density (profile, k, 20)."""
        degrees, scale = self.error_distribution(soc)
        return scale * (degrees / streams.chi_square(degrees)).sqrt()

    def each_given_others(self, soc: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Distribution of each logarithmic observation given the others of its profile: a t, the error size integrated out.

        Args:
            soc: SOC density (profile, k, 20) [gC m-3].

        Returns:
            standardised observation [1], scale [1] and degrees of freedom, each (profile, k, observation).
        """
        residual = self._log_soc[:, None] - self.observed_by(soc).log()
        own = residual.square() * self._precision[:, None]
        degrees = (self._degrees[:, None, None] - 1).expand(own.shape)
        scale = self.error.size * ((self.error.degrees + own.sum(-1, keepdim=True) - own) / degrees).sqrt()
        return residual / scale, scale, degrees


class Published(Posterior):
    """The authors' cost; see the module.  Its states are the normalised parameters: annealing must not sharpen the prior."""

    def __init__(self, observations: Observations, places: Places, place: Tensor | None = None) -> None:
        super().__init__(observations, places, place)
        variance = (PUBLISHED_RELATIVE_ERROR * observations.soc).square()
        self._precision = observations.seen * _published_weight(observations) / variance

    def observed_by(self, soc: Tensor) -> Tensor:
        """Modelled SOC density at the middle of the layers."""
        return operator.at_depth(soc, self.observations.middle[:, None].expand(-1, soc.shape[1], -1))

    def start(self, streams: Streams, chains: int) -> Tensor:
        """See :class:`Posterior`."""
        return streams.uniform(chains, parameters.COUNT)

    def to_unit(self, state: Tensor) -> Tensor:
        """See :class:`Posterior`."""
        return torch.nan_to_num(state, 0.5, 0.5, 0.5).clamp(0, 1)

    def value(self, x: Tensor) -> Tensor:
        """Minus the cost inside the prior (profile, chain), -inf outside."""
        misfit = (self.observed_by(self.soc(self.to_unit(x))) - self.observations.soc[:, None]).square()
        inside = ((x > 0) & (x < 1)).all(-1)
        return torch.where(inside, -(misfit * self._precision[:, None]).sum(-1) / 2, -math.inf)

    def value_and_gradient(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Not there: the authors' sampler is a random walk."""
        raise NotImplementedError("expected a random walk for the published likelihood; sample it with method='metropolis'")


def _published_weight(observations: Observations) -> Tensor:
    """``max(1, 10 exp(-(rank - 1)))``, rank the mean of the descending ranks of |SOC - mean| and |depth - mean|."""
    seen = observations.seen

    def rank(values: Tensor) -> Tensor:
        count = seen.sum(1, keepdim=True)
        distance = (values - (values * seen).sum(1, keepdim=True) / count).abs().where(seen, -1.0)
        return distance.argsort(dim=1, descending=True, stable=True).argsort(dim=1) + 1.0

    mean_rank = (rank(observations.soc) + rank(observations.middle)) / 2
    return (10 * torch.exp(1 - mean_rank)).clamp(min=1)


def published_annealing(iteration: int) -> float:
    """Inverse temperature of the authors' acceptance at an iteration counted from 0, ln(step + 2)."""
    return math.log(iteration + 3)
