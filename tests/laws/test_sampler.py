"""A sampler is right when densities whose moments are known come out of it, and wrong samplers do not pass for right ones.

All densities go through a sampler as one batch, several copies each, so that Monte Carlo errors can be told: a mean over the draws
of a density has the error ``sd / sqrt(effective sample size)``, and must lie within ``SIGMAS`` of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from arviz_stats.base.array import array_stats
from scipy import stats

from proda_core.assimilation import diagnostics, moves
from proda_core.assimilation.moves import MOVES, Hamiltonian, Metropolis, Move
from proda_core.assimilation.sampler import Draws, Sampler, Settings
from proda_core.assimilation.streams import Streams

Tensor = torch.Tensor
LogDensity = Callable[[Tensor], Tensor]
METHODS = list(MOVES)
D = 3
CHAINS = 4
COPIES = 8
SIGMAS = 4.0
"""A right sampler misses one of the 72 moments below by chance in one of 220 seeds; the seed is fixed."""

# ---- densities with known answers ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Law:
    """A density and what its moments must be.

    Attributes:
        log_density: of states (..., d), up to a constant.
        moments: functions of states (..., d) whose means are known, (..., k).
        means: their means (k,).
        start: states (...) from standard normal numbers, where the density is not zero.
    """

    log_density: LogDensity
    moments: Callable[[Tensor], Tensor]
    means: Sequence[float]
    start: Callable[[Tensor], Tensor] = lambda normal: normal


def _gaussian(mean: np.ndarray, covariance: np.ndarray) -> Law:
    centre, precision = torch.as_tensor(mean), torch.as_tensor(np.linalg.inv(covariance))
    row, column = np.triu_indices(D)

    def moments(x: Tensor) -> Tensor:
        scaled = (x - centre) / torch.as_tensor(np.sqrt(np.diag(covariance)))
        return torch.cat([scaled, scaled[..., row] * scaled[..., column]], -1)

    sd = np.sqrt(np.diag(covariance))
    correlation = (covariance / sd[:, None] / sd)[row, column]
    return Law(
        lambda x: -0.5 * torch.einsum("...i,ij,...j->...", x - centre, precision, x - centre), moments, [0] * D + [*correlation]
    )


def _rotation() -> np.ndarray:
    return np.linalg.qr(np.random.default_rng(1).normal(size=(D, D)))[0]


BEND = 0.7


def _banana_density(x: Tensor) -> Tensor:
    """x_0 and x_2 standard normal, x_1 normal around a parabola of x_0 with standard deviation 0.5."""
    bent = x[..., 1] - BEND * (x[..., 0] ** 2 - 1)
    return -0.5 * (x[..., 0] ** 2 + (bent / 0.5) ** 2 + x[..., 2] ** 2)


def _banana_moments(x: Tensor) -> Tensor:
    x0, x1, x2 = x.unbind(-1)
    return torch.stack([x0, x1, x2, x0**2, x1**2, x2**2, x0 * x1, x0**2 * x1], -1)


def _box_density(x: Tensor) -> Tensor:
    inside = ((x[..., :2] > 0) & (x[..., :2] < 1)).all(-1) & (x[..., 2] > 0)
    return torch.where(inside, -0.5 * x[..., 2] ** 2, -math.inf)


def _box_moments(x: Tensor) -> Tensor:
    u, v, half = x.unbind(-1)
    return torch.stack([u, v, half, u**2, v**2, half**2, u * v, (u < 0.05) * 1.0, (v > 0.95) * 1.0, (half < 0.1) * 1.0], -1)


DEGREES = 5.0


def _t_density(x: Tensor) -> Tensor:
    return -(DEGREES + 1) / 2 * torch.log1p(x**2 / DEGREES).sum(-1)


_OUTER, _FAR = stats.t.ppf([0.75, 0.99], DEGREES)


def _t_moments(x: Tensor) -> Tensor:
    return torch.cat([x.clamp(-3, 3), (x.abs() < _OUTER) * 1.0, (x.abs() > _FAR) * 1.0], -1)


LAWS = {
    "correlated Gaussian": _gaussian(
        np.array([1.0, -2.0, 0.5]), np.array([[1.0, 0.9, -0.3], [0.9, 2.0, 0.1], [-0.3, 0.1, 0.5]])
    ),
    "narrow Gaussian, 1:100": _gaussian(np.zeros(D), _rotation() @ np.diag([1.0, 0.1, 0.01]) ** 2 @ _rotation().T),
    "banana": Law(_banana_density, _banana_moments, [0, 0, 0, 1, 0.25 + 2 * BEND**2, 1, 0, 2 * BEND]),
    "uniform box and half normal": Law(
        _box_density,
        _box_moments,
        [0.5, 0.5, math.sqrt(2 / math.pi), 1 / 3, 1 / 3, 1, 0.25, 0.05, 0.05, float(2 * stats.norm.cdf(0.1) - 1)],
        start=torch.special.ndtr,
    ),
    "heavy-tailed t": Law(_t_density, _t_moments, [0] * D + [0.5] * D + [0.02] * D),
}


class Batch:
    """A target that holds densities, one for each problem; gradients by automatic differentiation."""

    def __init__(self, densities: Sequence[LogDensity]) -> None:
        self.densities = list(densities)

    def value(self, x: Tensor) -> Tensor:
        # neighbours with the same density are evaluated at once
        out, first = [], 0
        for i, density in enumerate(self.densities):
            if i + 1 == len(self.densities) or self.densities[i + 1] is not density:
                out.append(density(x[first : i + 1]))
                first = i + 1
        return torch.cat(out)

    def value_and_gradient(self, x: Tensor) -> tuple[Tensor, Tensor]:
        leaf = x.detach().clone().requires_grad_()
        value = self.value(leaf)
        return value.detach(), torch.autograd.grad(value.sum(), leaf)[0]

    def rows(self, which: Tensor) -> Batch:
        return Batch([self.densities[i] for i in which.tolist()])


def _names(count: int) -> list[str]:
    return [f"problem {i}" for i in range(count)]


def _sampler(densities: Sequence[LogDensity], settings: Settings, seed: int = 0, names: Sequence[str] | None = None) -> Sampler:
    names = _names(len(densities)) if names is None else names
    start = Streams(seed, names, "start").normal(settings.chains, D)
    return Sampler(Batch(densities), start, Streams(seed, names), settings)


def _run(densities: Sequence[LogDensity], settings: Settings, draws: int, seed: int = 0, **more: Any) -> Draws:
    sampler = _sampler(densities, settings, seed, **more)
    sampler.warm_up()
    return sampler.draw(draws)


# ---- the checks: they raise ----------------------------------------------------------------------------------------------------

EFFORT = {
    "hamiltonian": (Settings(method="hamiltonian", chains=CHAINS), 300),
    "metropolis": (Settings(method="metropolis", chains=CHAINS, warm_up=(200, 400, 400, 200), thin=8), 500),
    "differential-evolution": (Settings(method="differential-evolution", chains=CHAINS, warm_up=(200, 400, 400, 200), thin=8), 500),
}


def miss(law: Law, x: Tensor) -> np.ndarray:
    """By how many Monte Carlo errors the means over draws (copy, chain, draw, d) miss those of the law (k,)."""
    values = law.moments(x).movedim(-1, 0).numpy()
    ess = array_stats.ess(values, method="mean", chain_axis=-2, draw_axis=-1)
    variance = values.var((2, 3)) / ess
    error = np.sqrt(variance.sum(1)) / values.shape[1]
    return (values.mean((1, 2, 3)) - np.array(law.means)) / error


def check_laws(method: str) -> None:
    """Every law comes out of the method."""
    settings, draws = EFFORT[method]
    names = _names(COPIES * len(LAWS))
    laws = [law for law in LAWS.values() for _ in range(COPIES)]
    normal = Streams(1, names, "start").normal(CHAINS, D)
    start = torch.stack([law.start(numbers) for law, numbers in zip(laws, normal, strict=True)])
    sampler = Sampler(Batch([law.log_density for law in laws]), start, Streams(1, names), settings)
    sampler.warm_up()
    x = sampler.draw(draws).x
    for i, (name, law) in enumerate(LAWS.items()):
        misses = miss(law, x[i * COPIES : (i + 1) * COPIES])
        print(method, name, misses.round(1), diagnostics.ess_bulk(x[i * COPIES].movedim(-1, 0).numpy()).round())
