"""What would it take?  The change of one mechanism that brings the global stock to a target, or the honest answer that none does.

A target is an amount of carbon above a depth, in the end or after some years.  Each mechanism is searched alone, from nothing
outwards within ``scenario.LIMITS``: the stock is computed at a few changes, and where it first crosses the target, the crossing
is found with Brent's method (``scipy.optimize.brentq``).  Where it never does, the answer is the most that the mechanism can do.

"4 per 1000" (Minasny et al. 2017, doi:10.1016/j.geoderma.2017.01.002) asks that soils gain 0.4 % of their carbon every year; for
thirty years that is 12 % of today's stock, to be there *after thirty years*, not in the end.  The initiative speaks of the top
30 to 40 cm; its authors compute with the top metre too.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from proda_core.grid import STOCK_DEPTHS
from proda_core.process.transient import log_years
from proda_core.scenario import LIMITS, Scenario
from proda_core.simulation.globe import GlobalModel
from proda_core.simulation.transient import follow

PER_MILLE = 0.004
"""Growth of the stock that "4 per 1000" asks for [yr-1]."""

IN_THE_END = math.inf

STEPS = 8
"""Time steps of a transient to a target's year; doubling them moves the gain of 30 years by less than 0.5 %."""

POINTS = 4
"""Changes at which a mechanism is looked at on either side of zero."""

TOLERANCE = 1e-4
"""Of the change that is found [1, or K]."""

Gain = Callable[[float], float]
"""Change of a mechanism -> carbon gained [Pg]."""


@dataclass(frozen=True)
class Target:
    """What the global stock is to gain.

    Attributes:
        gain: carbon [Pg]; less than zero for a loss.
        depth: above which depth, a key of ``grid.STOCK_DEPTHS``.
        years: after how many years [yr]; :data:`IN_THE_END` for the new balance.
    """

    gain: float
    depth: str = "1m"
    years: float = IN_THE_END

    def __post_init__(self) -> None:
        if self.depth not in STOCK_DEPTHS:
            raise ValueError(f"expected a depth out of {', '.join(STOCK_DEPTHS)}, got {self.depth!r}")
        if not math.isfinite(self.gain) or self.gain == 0:
            raise ValueError(f"expected a gain of carbon other than zero [Pg], got {self.gain}")
        if not self.years >= 1:
            raise ValueError(f"expected at least one year, got {self.years}")


@dataclass(frozen=True)
class Need:
    """What a target takes of one mechanism.

    Attributes:
        mechanism: key of ``scenario.LIMITS``.
        change: the smallest change that reaches the target [1, or K]; none where no change within the limits does.
        gain: what that change gains, or the most (of a loss: the least) that the mechanism can [Pg].
        at: the change at which it does so; equals ``change`` where there is one.
    """

    mechanism: str
    change: float | None
    gain: float
    at: float


def stock_share(model: GlobalModel, share: float, depth: str) -> float:
    """A share [1] of today's stock above a depth, as an amount [Pg]."""
    return share * float(model.baseline.total[list(STOCK_DEPTHS).index(depth)])


def gain_of(
    model: GlobalModel,
    mechanism: str,
    target: Target,
    turn: Callable[[], AbstractContextManager[object]] = nullcontext,
    size: int | None = None,
) -> Gain:
    """What changes of a mechanism gain at a target's depth and time.

    Args:
        model: the globe.
        mechanism: key of ``scenario.LIMITS``.
        target: depth and time; its gain is not looked at.
        turn: makes what each piece of work is done within, see ``transient.follow``.
        size: cells of a piece of a transient.
    """
    depth = list(STOCK_DEPTHS).index(target.depth)
    before = float(model.baseline.total[depth])

    def gain(change: float) -> float:
        if change == 0:
            return 0.0
        scenario = Scenario().with_change(mechanism, change)
        if target.years == IN_THE_END:
            with turn():
                return float(model.respond(scenario).total[depth]) - before
        years = log_years(min(1.0, target.years / 10), target.years, STEPS)
        return float(follow(model, scenario, years, turn=turn, size=size).soc[-1, depth]) - before

    return gain


def need(mechanism: str, target: Target, gain: Gain) -> Need:
    """The smallest change of a mechanism that reaches a target.

    Args:
        mechanism: key of ``scenario.LIMITS``.
        target: what is to be gained.
        gain: see :func:`gain_of`; continuous, and zero at zero.

    Returns:
        the change, or the most that the mechanism can do.
    """
    low, high = LIMITS[mechanism]
    sides = [np.linspace(0.0, end, POINTS + 1) for end in (low, high)]
    known = {float(change): gain(float(change)) for side in sides for change in side}
    found = [
        crossing
        for side in sides
        if (crossing := _first_crossing([float(change) for change in side], known, target.gain, gain)) is not None
    ]
    if found:
        change = min(found, key=abs)
        return Need(mechanism, change, gain(change), change)
    return _most(mechanism, sorted(known), known, gain, 1.0 if target.gain > 0 else -1.0)


def _most(mechanism: str, changes: list[float], known: dict[float, float], gain: Gain, sign: float) -> Need:
    """The change that gains most, or loses most where ``sign`` is -1: an end of the range, or a top between."""
    best = max(changes, key=lambda change: sign * known[change])
    i = changes.index(best)
    if 0 < i < len(changes) - 1 and known[best] != 0:
        around = changes[i - 1], changes[i + 1]
        top = minimize_scalar(lambda change: -sign * gain(change), bounds=around, method="bounded", options={"xatol": 1e-3})
        if -top.fun > sign * known[best]:
            return Need(mechanism, None, float(-sign * top.fun), float(top.x))
    return Need(mechanism, None, known[best], best)


def _first_crossing(side: list[float], known: dict[float, float], wanted: float, gain: Gain) -> float | None:
    """Where the gain first becomes what is wanted, on the way from zero to an end."""
    for near, far in pairwise(side):
        if (known[near] - wanted) * (known[far] - wanted) <= 0:
            return float(brentq(lambda change: gain(change) - wanted, near, far, xtol=TOLERANCE))
    return None
