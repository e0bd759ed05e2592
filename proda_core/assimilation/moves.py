"""The moves of the sampler: how a chain proposes, accepts and is tuned.  Knows no soil.

Every ``iterate`` is one Metropolis-Hastings step in detailed balance with the density (Hamiltonian moves: together with a
resampled velocity), whatever the tuning; ``tune`` and ``learn`` are called in warm-up only.
"""

from __future__ import annotations

import copy
import math
from typing import Literal, Protocol, Self

import torch

from proda_core.assimilation import leapfrog

Tensor = torch.Tensor
Method = Literal["hamiltonian", "metropolis", "differential-evolution"]


class Target(Protocol):
    """Log density of every problem, up to a constant of each."""

    def value(self, x: Tensor) -> Tensor:
        """Log density (problem, chain) at x (problem, chain, d); NaN or -inf where x cannot be."""
        ...

    def value_and_gradient(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Log density (problem, chain) and its gradient (problem, chain, d)."""
        ...

    def rows(self, which: Tensor) -> Self:
        """The densities of some of the problems."""
        ...


class Move:
    """What the moves share: the state of the chains, acceptance, and the tuning of a step size.

    Attributes:
        x: states (problem, chain, d).
        log_density: their log density (problem, chain), -inf where it is not finite.
        cost: evaluations of the density an iteration needs.
    """

    cost = 1
    acceptance_aim = 0.234
    """Best for a random walk in many dimensions (Roberts et al. 1997, doi:10.1214/aoap/1034625254)."""

    def __init__(self, target: Target, start: Tensor, steps: int) -> None:
        self.target = target
        self.x = start
        self.log_density = _finite_or_never(target.value(start))
        self._search = _StepSearch(start.new_full(start.shape[:1], self.first_step(start.shape[-1])), self.acceptance_aim)

    def rows(self, which: Tensor) -> Self:
        """The move of some of the problems."""
        part = copy.copy(self)
        for name, value in vars(self).items():
            if isinstance(value, Tensor):
                setattr(part, name, value[which])
        part.target, part._search = self.target.rows(which), self._search.rows(which)
        return part

    def first_step(self, d: int) -> float:
        """Step size to begin with in ``d`` dimensions."""
        return 1.0

    def iterate(self, normal: Tensor, uniform: Tensor, inverse_temperature: float) -> Tensor:
        """One step of every chain.

        Args:
            normal: standard normal numbers (problem, chain, d).
            uniform: uniform numbers (problem, chain, 4); the last is kept for acceptance.
            inverse_temperature: multiplies the log density ratio.

        Returns:
            acceptance probability (problem, chain).
        """
        proposal = self.x + self.jump(normal, uniform)
        log_density = _finite_or_never(self.target.value(proposal))
        chance = _chance(inverse_temperature * (log_density - self.log_density))
        accepted = uniform[..., -1] < chance
        self.x = torch.where(accepted[..., None], proposal, self.x)
        self.log_density = torch.where(accepted, log_density, self.log_density)
        return chance

    def jump(self, normal: Tensor, uniform: Tensor) -> Tensor:
        """Difference between proposal and state (problem, chain, d); its distribution must be even in sign."""
        raise NotImplementedError

    @property
    def step(self) -> Tensor:
        """Step size in use (problem,)."""
        return self._search.step

    def tune(self, chance: Tensor) -> None:
        """Adapt the step size to the acceptance of an iteration (problem, chain), in the chains that have found a density."""
        found = torch.isfinite(self.log_density)
        mean = torch.where(found, chance, 0.0).sum(1) / found.sum(1).clamp(min=1)
        self._search.update(torch.where(found.any(1), mean, self.acceptance_aim))

    def learn(self, visited: Tensor) -> None:
        """Adapt the shape of proposals to a window of states (problem, chain, iteration, d)."""

    def freeze(self) -> None:
        """End warm-up."""
        self._search.freeze()


def _finite_or_never(log_density: Tensor) -> Tensor:
    return torch.where(torch.isfinite(log_density), log_density, -math.inf)


def _chance(log_ratio: Tensor) -> Tensor:
    """Metropolis acceptance probability; a state without density leaves for any with one, never the other way."""
    return torch.where(torch.isnan(log_ratio), -math.inf, log_ratio).clamp(max=0).exp()


_LONGEST = 3.0
"""Upper bound of the log of a step, for densities that accept everything."""


class _StepSearch:
    """Dual averaging of log step towards an aimed acceptance (Hoffman & Gelman 2014, JMLR 15:1593, section 3.2)."""

    GAMMA, T0, KAPPA = 0.05, 10.0, 0.75

    def __init__(self, first: Tensor, aim: float) -> None:
        self._aim = aim
        self.restart(first)

    def restart(self, first: Tensor) -> None:
        """Search anew around ``first`` (problem,)."""
        self.step = first
        self._mu = (2.0 * first).log()
        self._error, self._mean, self._count = torch.zeros_like(first), first.log(), 0

    def update(self, acceptance: Tensor) -> None:
        """Take in the mean acceptance of an iteration (problem,)."""
        self._count += 1
        share = 1 / (self._count + self.T0)
        self._error = (1 - share) * self._error + share * (self._aim - acceptance)
        log_step = self._mu - self._count**0.5 / self.GAMMA * self._error
        weight = self._count**-self.KAPPA
        self._mean = weight * log_step + (1 - weight) * self._mean
        self.step = log_step.clamp(max=_LONGEST).exp()

    def rows(self, which: Tensor) -> _StepSearch:
        """The search of some of the problems, ended."""
        part = copy.copy(self)
        part.step = self.step[which]
        return part

    def freeze(self) -> None:
        """Use the averaged step from now on."""
        self.step = self._mean.clamp(max=_LONGEST).exp()


class Metropolis(Move):
    """Random walk with covariance ``step^2 2.38^2 / d`` times that of the chains (Haario et al. 2001, doi:10.2307/3318737)."""

    def __init__(self, target: Target, start: Tensor, steps: int) -> None:
        super().__init__(target, start, steps)
        self._factor = torch.eye(start.shape[-1], dtype=start.dtype).repeat(len(start), 1, 1)

    def jump(self, normal: Tensor, uniform: Tensor) -> Tensor:
        """Normal jumps."""
        size: Tensor = self.step * (2.38 / normal.shape[-1] ** 0.5)
        jump, centre = torch.empty_like(normal), normal.new_zeros(len(normal), normal.shape[-1])
        leapfrog.place(jump.numpy(), normal.contiguous().numpy(), centre.numpy(), self._factor.numpy())
        return size[:, None, None] * jump

    def learn(self, visited: Tensor) -> None:
        """Take the covariance of the chains."""
        _, self._factor = _learned(visited)
        self._search.restart(torch.ones_like(self.step))


class DifferentialEvolution(Move):
    """DE-MC with the past as population (ter Braak & Vrugt 2008, doi:10.1007/s11222-008-9104-9).

    Jumps are scaled differences of two earlier states, plus a little noise; every tenth goes the whole difference, from mode to
    mode.  The past is frozen after warm-up, which makes later steps an ordinary Metropolis chain.
    """

    def __init__(self, target: Target, start: Tensor, steps: int) -> None:
        super().__init__(target, start, steps)
        # A difference of two standard normal states serves until there is a past, which the first window provides.
        self._past: Tensor | None = None

    def jump(self, normal: Tensor, uniform: Tensor) -> Tensor:
        """A difference of two states of the past."""
        d = normal.shape[-1]
        size: Tensor = (self.step * 2.38 / (2 * d) ** 0.5)[:, None, None]
        if self._past is None:
            return size * 2**0.5 * normal
        first, second = ((uniform[..., i] * self._past.shape[1]).long().clamp(max=self._past.shape[1] - 1) for i in (0, 1))
        row = torch.arange(len(normal))[:, None]
        whole = uniform[..., 2:3] < 0.1
        jump: Tensor = torch.where(whole, 1.0, size) * (self._past[row, first] - self._past[row, second]) + 1e-4 * normal
        return jump

    def learn(self, visited: Tensor) -> None:
        """Put the window into the past; the first window, from arbitrary starts, is forgotten when a second has come."""
        self._past = visited.flatten(1, 2)
        self._search.restart(torch.ones_like(self.step))


class Hamiltonian(Move):
    """Hamiltonian Monte Carlo that moves exactly under a Gaussian reference N(m, S) and corrects for the difference.

    With x = m + L z, S = L L^T and U(z) = -ln p(m + L z) - |z|^2 / 2, one step of angle e is ::

        v -= e/2 grad U(z);    (z, v) <- (z cos e + v sin e,  v cos e - z sin e);    v -= e/2 grad U(z)

    which preserves volume and is its own reverse.  U is constant where p is the reference: there every proposal is accepted, and
    a path of a quarter turn gives an independent draw.  The reference starts as N(0, I), so a problem should be posed such that
    its prior is standard normal; warm-up replaces it by the shrunk mean and covariance of the chains.  Directions that the data
    leave alone then cost nothing; only those that they narrow decide the step.

    Sources: Neal 2011, Handbook of Markov Chain Monte Carlo, section 5.5.1 (splitting); Beskos et al. 2011,
    doi:10.1016/j.spa.2011.06.003 (Gaussian reference).
    """

    acceptance_aim = 0.8

    def __init__(self, target: Target, start: Tensor, steps: int) -> None:
        self.cost = self._steps = steps
        super().__init__(target, start, steps)
        self._centre = torch.zeros_like(start[:, 0])
        self._factor = torch.eye(start.shape[-1], dtype=start.dtype).repeat(len(start), 1, 1)
        self._gradient = self._evaluate(start)[1]

    def first_step(self, d: int) -> float:
        """Half of a quarter turn in one path."""
        return math.pi / 4 / self._steps

    def iterate(self, normal: Tensor, uniform: Tensor, inverse_temperature: float) -> Tensor:
        """One path of every chain; see :meth:`Move.iterate`."""
        proposal, v, log_density, gradient = self.path(normal, self._angle(uniform))
        gained = inverse_temperature * (log_density - self.log_density)
        chance = _chance(gained + (normal.square().sum(-1) - v.square().sum(-1)) / 2)
        accepted = uniform[..., -1] < chance
        self.x = torch.where(accepted[..., None], proposal, self.x)
        self._gradient = torch.where(accepted[..., None], gradient, self._gradient)
        self.log_density = torch.where(accepted, log_density, self.log_density)
        return chance

    def path(self, v: Tensor, angle: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Where a path leads that leaves the present states with velocity ``v`` (problem, chain, d); the states stay.

        Returns:
            states and velocities there (problem, chain, d), log density (problem, chain) and its gradient (problem, chain, d).
        """
        centre, factor, angles = self._centre.numpy(), self._factor.numpy(), angle[..., 0].contiguous().numpy()
        z, v, gradient = torch.empty_like(self.x), v.clone(), self._gradient
        leapfrog.reference(z.numpy(), self.x.contiguous().numpy(), centre, factor)
        leapfrog.kick(z.numpy(), v.numpy(), gradient.contiguous().numpy(), factor, angles / 2)
        for step in range(self._steps):
            leapfrog.turn(z.numpy(), v.numpy(), angles)
            x = torch.empty_like(z)
            leapfrog.place(x.numpy(), z.numpy(), centre, factor)
            log_density, gradient = self._evaluate(x)
            # the second half of a step's kick and the first of the next are one
            last = step == self._steps - 1
            leapfrog.kick(z.numpy(), v.numpy(), gradient.contiguous().numpy(), factor, angles / 2 if last else angles)
        return x, v, log_density, gradient

    def _angle(self, uniform: Tensor) -> Tensor:
        """Angle of each step (problem, chain, 1): at most a quarter turn a path, varied by a fifth so that no path is periodic.

        Now and then a path takes steps of a quarter of that length: a chain that has got into a narrow place, where the usual
        step is refused again and again, finds its way out.
        """
        step = self.step.clamp(max=math.pi / 2 / self._steps)
        short = torch.where(uniform[..., 1:2] < 0.08, 0.25, 1.0)
        return step[:, None, None] * short * (0.8 + 0.4 * uniform[..., :1])

    def _evaluate(self, x: Tensor) -> tuple[Tensor, Tensor]:
        log_density, gradient = self.target.value_and_gradient(x)
        return _finite_or_never(log_density), torch.nan_to_num(gradient, 0.0, 0.0, 0.0)

    def learn(self, visited: Tensor) -> None:
        """Take the mean and the covariance of the chains as the reference."""
        self._centre, self._factor = _learned(visited)
        self._search.restart(torch.full_like(self.step, self.first_step(0)))


_SHRINK = 10.0
"""Weight of the identity in learned covariances, in draws."""


def _learned(visited: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (problem, d) and lower factor of the shrunk covariance (problem, d, d) of states (problem, chain, iteration, d)."""
    states = visited.flatten(1, 2)
    problems, _, d = states.shape
    mean, factor = states.new_empty(problems, d), states.new_zeros(problems, d, d)
    leapfrog.learn(states.contiguous().numpy(), _SHRINK, mean.numpy(), factor.numpy())
    return mean, factor


MOVES: dict[str, type[Move]] = {
    "hamiltonian": Hamiltonian,
    "metropolis": Metropolis,
    "differential-evolution": DifferentialEvolution,
}
"""The methods, by name."""
