"""What there is to learn from: places with predictors, observed layers, site posteriors, and a process model handed in.

Nothing here knows how the process model works: it is a function from parameters at places to SOC density at the nodes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
import xarray as xr

from proda_core.assimilation import operator
from proda_core.grid import LAYERS_CLM5
from proda_core.learning.predictors import Features
from proda_core.learning.validation import importance

Tensor = torch.Tensor
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

Process = Callable[[Tensor, Tensor], Tensor]
"""Physical parameters (row, 21), the place of each (row,) -> SOC density at the nodes [gC m-3] (row, 20), differentiable."""

WIDEST = 0.98
"""Posterior variance of a normal score above which a site is silent along an axis.

Some of what speaks below it is noise: a covariance of 21 scores from some 830 effective draws of the prior alone has eigenvalues
within 0.71..1.34 (Marchenko & Pastur 1967, doi:10.1070/SM1967v001n04ABEH001994).  Silencing all axes above 0.7 was tried and is
worse, an NSE on held-out blocks of 0.15 rather than 0.23: weak knowledge is lost with the noise.
"""

PRIOR_VARIANCE = 1.0 / 12.0
"""Variance of a normalised parameter under its uniform prior."""

GLOBE_CELLS = 2048
"""Land cells that stand for the whole globe."""


@dataclass(frozen=True)
class Observations:
    """Observed layers.

    Attributes:
        weight: averages node values over each layer [1] (observation, 20).
        soc: observed SOC density [gC m-3] (observation,), positive.
        profile: profile of each (observation,).
    """

    weight: Tensor
    soc: Tensor
    profile: Tensor

    @classmethod
    def of(cls, profiles: xr.Dataset) -> Observations:
        """The observations of a table of profiles, see ``observations.table``."""
        weight = operator.layer_mean(profiles["layer_top"].values, profiles["layer_bottom"].values)
        soc, index = (torch.as_tensor(profiles[name].values) for name in ("soc_density", "profile_index"))
        return cls(torch.as_tensor(weight), soc.double(), index.long())


@dataclass(frozen=True)
class Sites:
    """What assimilation found at some of the profiles, as the likelihood alone says it, of all parameters together.

    Observed carbon narrows combinations of parameters rather than parameters.  So each site speaks along the principal axes of
    its posterior, in normal scores (quantiles of the standard normal at the normalised values), whose prior is standard normal.
    Along an axis with posterior variance v and mean m the likelihood has the precision 1/v - 1 and the mean m/(1 - v): the prior
    is divided out, as a network that sees many sites must not count it many times.  Where data say nothing, v = 1 but for the
    noise of the draws, and the site is nearly silent.  Taking parameters one at a time was tried: the network then reproduces
    posterior means, but not the carbon.

    Attributes:
        profile: profile of each site (site,).
        axes: principal axes as columns (site, 21, 21).
        mean: along each axis (site, 21).
        precision: along each axis, not negative (site, 21).
    """

    profile: IntArray
    axes: Tensor
    mean: Tensor
    precision: Tensor

    @classmethod
    def of(cls, posterior: xr.Dataset, profiles: xr.Dataset) -> Sites:
        """The converged sites of a posterior store that are among the profiles.

        Args:
            posterior: of ``proda assimilate``, with ``score_mean`` and ``score_covariance``.
            profiles: table of profiles.

        Raises:
            ValueError: none of them is among the profiles.
        """
        order = {str(name): i for i, name in enumerate(profiles["profile_id"].values)}
        wanted = np.array([order.get(str(name), -1) for name in posterior["profile_id"].values], dtype=np.int64)
        use = (wanted >= 0) & posterior["converged"].values
        if not use.any():
            raise ValueError(
                "expected site posteriors of the given profiles, got none of their profile_id; assimilate these profiles"
            )
        mean = torch.as_tensor(posterior["score_mean"].values[use]).double()
        covariance = torch.as_tensor(posterior["score_covariance"].values[use]).double()
        return cls(wanted[use], *likelihood_of(mean, covariance))


def likelihood_of(mean: Tensor, covariance: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Principal axes, mean and precision along them of the likelihood behind a posterior of normal scores.

    Args:
        mean: (site, 21).
        covariance: (site, 21, 21).

    Returns:
        axes as columns (site, 21, 21), mean and precision (site, 21).
    """
    variance, axes = torch.linalg.eigh(covariance)
    known = variance.clamp(1e-6, WIDEST)
    along = torch.einsum("sij,si->sj", axes, mean)
    precision = torch.where(variance < WIDEST, 1.0 / known - 1.0, 0.0)
    return axes, along / (1.0 - known), precision


@dataclass(frozen=True)
class Globe:
    """A sample of land cells that stands for all of them where a statement about the whole Earth is made.

    Attributes:
        features: of the cells; drawn in proportion to area, so that all count alike.
        process: the process model at them.
    """

    features: Features
    process: Process


@dataclass(frozen=True)
class Problem:
    """Everything that a method may learn from.

    Attributes:
        features: of the places (place, feature).
        process: the process model at the places.
        place: place of each profile (profile,).
        observations: observed layers.
        latitude: of each profile [degrees north] (profile,).
        longitude: of each profile [degrees east] (profile,).
        importance: how much each profile counts [1], see ``validation.importance`` (profile,).
        sites: site posteriors, which only the method ``proda`` needs.
        globe: cells for the constraint on deep soil; without them there is none.
    """

    features: Features
    process: Process
    place: IntArray
    observations: Observations
    latitude: FloatArray
    longitude: FloatArray
    importance: FloatArray
    sites: Sites | None = None
    globe: Globe | None = None

    @property
    def profile_of_observation(self) -> IntArray:
        """Profile of each observation (observation,)."""
        index: IntArray = self.observations.profile.numpy()
        return index


def stretch(top: float, bottom: float) -> Tensor:
    """Weights [1] (20,) that average node values between two depths [m], layer by layer."""
    upper = LAYERS_CLM5.integral_weights(top)
    lower = LAYERS_CLM5.integral_weights(bottom)
    part = torch.as_tensor(lower - upper)
    return part / part.sum()


def assemble(
    profiles: xr.Dataset,
    cells: IntArray,
    features: Features,
    process: Callable[[IntArray], Process],
    area: FloatArray,
    posterior: xr.Dataset | None = None,
    seed: int = 0,
) -> Problem:
    """The problem that a table of profiles poses.

    Args:
        profiles: see ``observations.table``.
        cells: land cell of each profile (profile,).
        features: of every land cell.
        process: land cells -> the process model at them.
        area: of every land cell [m2] (cell,), by which the cells that stand for the globe are drawn.
        posterior: store of ``proda assimilate``, for the method ``proda``.
        seed: of the drawing.
    """
    used, place = np.unique(cells, return_inverse=True)
    rng = np.random.default_rng([seed, 7])
    drawn = np.sort(rng.choice(len(area), min(GLOBE_CELLS, len(area)), replace=False, p=area / area.sum()))
    return Problem(
        features=features.rows(used),
        process=process(used),
        place=place.astype(np.int64),
        observations=Observations.of(profiles),
        latitude=profiles["latitude"].values.astype(np.float64),
        longitude=profiles["longitude"].values.astype(np.float64),
        importance=importance(
            *(profiles[name].values.astype(np.float64) for name in ("latitude", "longitude", "sampling_weight"))
        ),
        sites=Sites.of(posterior, profiles) if posterior is not None else None,
        globe=Globe(features.rows(drawn), process(drawn)),
    )
