"""Markov chain Monte Carlo for many small problems at once.  Knows no soil.

A *problem* is a density on R^d; a batch holds many of them, each with several chains: states are (problem, chain, d).  Every
method is a Metropolis-Hastings method, so each leaves its density invariant whatever its tuning; tuning is learned from the
problem's own chains during warm-up and frozen before the first draw is kept.  :mod:`proda_core.assimilation.moves` holds the
methods:

``hamiltonian`` (default)
    gradient-based, around a Gaussian reference; about three times the effective samples a second of the two others at soil
    profiles (``python -m benchmarks.samplers``).
``metropolis``
    random walk with learned covariance.
``differential-evolution``
    random walk along differences of earlier states.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch

from proda_core.assimilation.moves import MOVES, Method, Target
from proda_core.assimilation.streams import Streams

Tensor = torch.Tensor

_BLOCK = 16
"""Iterations for which random numbers are drawn at a time."""

_VISITED = 1000
"""Iterations of a warm-up window, evenly spread, that are kept to learn from: long windows must not fill the memory."""


@dataclass(frozen=True)
class Settings:
    """How to sample.

    Attributes:
        method: name of the method.
        chains: chains of each problem.
        warm_up: lengths of the warm-up windows; proposals take their shape from the window before, and the last only finds the
            step size that goes with it.
        thin: iterations for each kept draw.
        steps: steps of a Hamiltonian path.
    """

    method: Method = "hamiltonian"
    chains: int = 4
    warm_up: tuple[int, ...] = (30, 50, 60, 40)
    thin: int = 1
    steps: int = 10

    def __post_init__(self) -> None:
        if self.method not in MOVES:
            raise ValueError(f"expected a method out of {', '.join(MOVES)}, got {self.method!r}")
        for name in ("chains", "thin", "steps"):
            if getattr(self, name) < 1:
                raise ValueError(f"expected at least 1 of {name}, got {getattr(self, name)}")
        if not self.warm_up or min(self.warm_up) < 2:
            raise ValueError(f"expected warm-up windows of at least 2 iterations, got {self.warm_up}")


@dataclass(frozen=True)
class Draws:
    """What sampling yields.

    Attributes:
        x: states (problem, chain, draw, d).
        log_density: log density of each (problem, chain, draw).
        acceptance: mean acceptance probability (problem, chain).
    """

    x: Tensor
    log_density: Tensor
    acceptance: Tensor


class Sampler:
    """Chains of a batch of problems: warm up once, then draw as often as wanted.

    Args:
        target: the densities.
        start: first states (problem, chain, d), finite; a chain whose density there is not stays until a proposal is accepted.
        streams: random numbers, one stream for each problem.
        settings: method and effort.
        inverse_temperature: multiplies log density ratios at each iteration, for annealing; anything but 1 changes what is
            sampled.

    Raises:
        ValueError: start of a wrong shape or not finite.
    """

    def __init__(
        self,
        target: Target,
        start: Tensor,
        streams: Streams,
        settings: Settings = Settings(),
        inverse_temperature: Callable[[int], float] = lambda iteration: 1.0,
    ) -> None:
        _check(start, streams, settings)
        self._streams, self._settings, self._inverse_temperature = streams, settings, inverse_temperature
        self._move = MOVES[settings.method](target, start, settings.steps)
        self._iteration = 0

    @property
    def evaluations(self) -> int:
        """Evaluations of the density so far for each chain, with its gradient where the method needs it."""
        return 1 + self._move.cost * self._iteration

    def rows(self, which: Tensor) -> Sampler:
        """The chains of some of the problems, to go on with these alone."""
        part = copy.copy(self)
        part._move, part._streams = self._move.rows(which), self._streams.rows(which.tolist())
        return part

    def warm_up(self) -> None:
        """Find where the densities are and tune; what is visited meanwhile is not kept."""
        visited: list[Tensor] = []
        for window, length in enumerate(self._settings.warm_up):
            if window:
                self._move.learn(torch.stack(visited, dim=2))
            visited = []
            every = -(-length // _VISITED)
            for i, chance in enumerate(self._iterate(length)):
                self._move.tune(chance)
                if (i + 1) % every == 0:
                    visited.append(self._move.x)
        self._move.freeze()

    def draw(self, count: int) -> Draws:
        """Go on for ``count`` draws of every chain, ``settings.thin`` iterations each."""
        x, log_density, accepted = [], [], []
        for i, chance in enumerate(self._iterate(count * self._settings.thin)):
            accepted.append(chance)
            if (i + 1) % self._settings.thin == 0:
                x.append(self._move.x)
                log_density.append(self._move.log_density)
        return Draws(torch.stack(x, dim=2), torch.stack(log_density, dim=2), torch.stack(accepted).mean(0))

    def _iterate(self, count: int) -> Iterator[Tensor]:
        """Iterate ``count`` times; yields acceptance probabilities (problem, chain)."""
        _, chains, d = self._move.x.shape
        for first in range(0, count, _BLOCK):
            size = min(_BLOCK, count - first)
            normal, uniform = self._streams.normal(size, chains, d), self._streams.uniform(size, chains, 4)
            for i in range(size):
                yield self._move.iterate(normal[:, i], uniform[:, i], self._inverse_temperature(self._iteration))
                self._iteration += 1


def _check(start: Tensor, streams: Streams, settings: Settings) -> None:
    expected = (len(streams), settings.chains)
    if start.ndim != 3 or tuple(start.shape[:2]) != expected:
        raise ValueError(f"expected start of shape (problem, chain, d) = {(*expected, 'd')}, got {tuple(start.shape)}")
    if not bool(torch.isfinite(start).all()):
        raise ValueError("expected a finite start for every chain, got NaN or infinite values")
