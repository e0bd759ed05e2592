"""What neighbours add to a network: a correction of its vectors that fades away from the profiles.

A network of predictors treats places that look alike alike.  Soil carbon also depends on what no predictor tells, and in that
neighbours resemble each other.  This is regression kriging (Hengl et al. 2004, doi:10.1016/j.geoderma.2003.08.018) moved from
carbon to the vectors that the network gives: a Gaussian process over the globe, one for each entry, with the covariance
exp(-distance / reach) and the standard deviation 1, of which the most probable course is found through the process model, given
the profiles and the trained network.  It speaks for gaps between profiles; far from all of them it is zero, and the network
stands alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from proda_core.constants import EARTH_RADIUS

Tensor = torch.Tensor
FloatArray = npt.NDArray[np.float64]

NUGGET = 1e-3
"""Variance that even coinciding places do not share [1]; keeps the covariance regular."""

STEPS = 120
RATE = 0.1
"""Steps of Adam towards the most probable correction, and its first step size, which falls to a tenth."""

CHUNK = 4096
"""Places corrected at a time."""


@dataclass(frozen=True)
class Correction:
    """Corrections of all members, from the same places.

    Attributes:
        position: latitude and longitude of the places with profiles [degrees] (known, 2).
        value: weight of each known place (member, known, outputs).
        reach: distance over which the correction falls to 1/e [km].
    """

    position: FloatArray
    value: Tensor
    reach: float

    def at(self, position: FloatArray) -> Tensor:
        """What to add to the vectors at other places (member, place, outputs), in double precision.

        Args:
            position: latitude and longitude [degrees] (place, 2).
        """
        members, known, outputs = self.value.shape
        flat = self.value.double().permute(1, 0, 2).reshape(known, members * outputs)
        parts = [
            covariance(position[first : first + CHUNK], self.position, self.reach) @ flat
            for first in range(0, len(position), CHUNK)
        ]
        return torch.cat(parts).view(len(position), members, outputs).permute(1, 0, 2)


def covariance(one: FloatArray, other: FloatArray, reach: float) -> Tensor:
    """exp(-great-circle distance / reach) between places given by latitude and longitude [degrees] (place, 2)."""
    chord = torch.cdist(_on_sphere(one), _on_sphere(other), compute_mode="donot_use_mm_for_euclid_dist")
    distance = 2.0 * EARTH_RADIUS / 1e3 * torch.asin((chord / 2.0).clamp(max=1.0))
    return torch.exp(-distance / reach)


def _on_sphere(position: FloatArray) -> Tensor:
    latitude, longitude = np.radians(np.asarray(position, dtype=np.float64)).T
    east = np.cos(latitude)
    return torch.as_tensor(np.stack([east * np.cos(longitude), east * np.sin(longitude), np.sin(latitude)], axis=1))


def solve(cost: Callable[[Tensor], Tensor], base: Tensor, position: FloatArray, reach: float, strength: float) -> Tensor:
    """Weights of the most probable correction at places with profiles, see :class:`Correction`.

    Args:
        cost: of corrected vectors (place, outputs), the smaller the better.
        base: vectors of the network (place, outputs).
        position: of the places [degrees] (place, 2).
        reach: see :class:`Correction`.
        strength: of the prior of the correction beside ``cost``: half the square of its whitened values is weighed by twice this.

    Returns:
        (place, outputs), in single precision.
    """
    shared = covariance(position, position, reach)
    root = torch.linalg.cholesky(shared + NUGGET * torch.eye(len(shared), dtype=shared.dtype))
    white = torch.zeros_like(base, requires_grad=True)  # standard normal under the prior
    optimiser = torch.optim.Adam([white], lr=RATE)
    for step in range(STEPS):
        optimiser.param_groups[0]["lr"] = RATE * (1.0 - 0.9 * step / STEPS)
        optimiser.zero_grad()
        value = cost(base + root @ white) + strength * white.square().sum()
        value.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    weight: Tensor = torch.linalg.solve_triangular(root.T, white.detach(), upper=True)
    return weight.float()
