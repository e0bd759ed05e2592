"""What a goal for the world's stock takes of each mechanism, found one after the other, in pieces that can wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from dashboard.catalogue import CONTROLS
from dashboard.kept import Kept
from dashboard.pace import PIECE, OvertakenError
from proda_core.simulation import GlobalModel, targets
from proda_core.simulation.targets import IN_THE_END, Need, Target

YEARS = 30.0
"""After how many years a goal is looked at beside the end [yr]: those of "4 per 1000"."""

WHEN: tuple[float, ...] = (IN_THE_END, YEARS)


class Goal(NamedTuple):
    """What is wished for.

    Attributes:
        share: of today's stock [1]; none where an amount is.
        amount: of carbon [Pg]; none where a share is.
        depth: key of ``grid.STOCK_DEPTHS``.
    """

    share: float | None
    amount: float | None
    depth: str


@dataclass(frozen=True)
class Findings:
    """What is known so far of a goal.

    Attributes:
        goal: the goal.
        gain: carbon that it asks for [Pg].
        needs: what it takes, by the year it is looked at and the mechanism; those that are still to find are missing.
    """

    goal: Goal
    gain: float
    needs: dict[tuple[float, str], Need]

    @property
    def complete(self) -> bool:
        """Whether nothing is left to find."""
        return len(self.needs) == len(WHEN) * len(CONTROLS)


class Goals:
    """Finds what goals take, one need at a time for all visitors.

    Args:
        model: the globe.
        turn: makes the context of each piece of work: a lock that slider moves have first.
    """

    def __init__(self, model: GlobalModel, turn: Callable[[], AbstractContextManager[None]]) -> None:
        self._model, self._turn = model, turn
        self._known: Kept[tuple[Target, str], Need] = Kept(512)
        # not the threads that answer slider moves: visitors who wait for this must not use them up
        self.queue = ThreadPoolExecutor(1, "goals")

    def findings(self, goal: Goal, overtaken: Callable[[], bool]) -> Findings:
        """One more need of a goal than was known before.

        Args:
            goal: the goal.
            overtaken: asked before each piece of work.

        Raises:
            OvertakenError: nobody waits any more.
        """

        @contextmanager
        def turn() -> Iterator[None]:
            if overtaken():
                raise OvertakenError
            with self._turn():
                yield

        gain = goal.amount if goal.share is None else targets.stock_share(self._model, goal.share, goal.depth)
        known: dict[tuple[float, str], Need] = {}
        if not gain:
            return Findings(goal, 0.0, known)
        fresh = False
        for years in WHEN:
            for name in CONTROLS:
                target = Target(gain, goal.depth, years)
                need = self._known.get((target, name))
                if need is None and not fresh:
                    fresh = True
                    found = targets.need(name, target, targets.gain_of(self._model, name, target, turn, PIECE))
                    need = self._known.put((target, name), found)
                if need is not None:
                    known[years, name] = need
        return Findings(goal, gain, known)
