"""How long the way to a new balance takes, for the globe and for one place: seconds of work, in pieces that can wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dashboard.kept import Kept
from proda_core.constants import GRAMS_PER_KILOGRAM, GRAMS_PER_PETAGRAM
from proda_core.scenario import Scenario
from proda_core.scenarios import Experiment
from proda_core.simulation import GlobalModel, Transient, follow, log_years

FloatArray = npt.NDArray[np.float64]

PIECE = 1024
"""Cells worked on in one turn, some 0.03 s: what a visitor who moves a slider meanwhile may have to wait."""

STEPS = 25
"""Times of a course, six a decade: 1, 10, ... 10,000 years are among them.  Right to 0.3 % there against 20 times as many."""


class OvertakenError(Exception):
    """Nobody waits for this any more."""


class Journey(NamedTuple):
    """What a way is asked for.

    Attributes:
        change: what changes at year zero.
        place: latitude and longitude of a place to follow as well [degrees], or none.
    """

    change: Scenario | Experiment
    place: tuple[float, float] | None = None


class Course(NamedTuple):
    """Change of carbon since year zero above each depth [Pg, or of a place kg m-2].

    Attributes:
        years: since the change [yr] (time,).
        change: from the baseline (time, depth).
        balance: that of the new balance, which time approaches (depth,).
    """

    years: FloatArray
    change: FloatArray
    balance: FloatArray


@dataclass(frozen=True)
class Way:
    """The way of the globe [Pg] and of a place, if there is one [kg m-2]."""

    journey: Journey
    world: Course
    here: Course | None


def never() -> bool:
    """Whether a patient visitor has gone on to something else."""
    return False


class Pace:
    """Finds ways, one at a time for all visitors.

    Args:
        model: the globe.
        turn: makes the context of each piece of work: a lock that slider moves have first.
    """

    def __init__(self, model: GlobalModel, turn: Callable[[], AbstractContextManager[None]]) -> None:
        self._model, self._turn = model, turn
        self._worlds: Kept[Scenario | Experiment, Course] = Kept(64)
        # not the threads that answer slider moves: visitors who wait for their way must not use them up
        self.queue = ThreadPoolExecutor(1, "pace")

    def way(self, journey: Journey, overtaken: Callable[[], bool] = never) -> Way:
        """The way under a scenario.

        Args:
            journey: what is asked for.
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

        world = self._worlds.get(journey.change)
        if world is None:
            found = follow(self._model, journey.change, log_years(count=STEPS), turn=turn, size=PIECE)
            world = self._worlds.put(journey.change, _course(found))
        return Way(journey, world, self._here(journey, turn))

    def _here(self, journey: Journey, turn: Callable[[], AbstractContextManager[None]]) -> Course | None:
        """The way of the land cell nearest to the place."""
        if journey.place is None:
            return None
        land = self._model.land
        cell = land.nearest(*journey.place)
        found = follow(self._model, journey.change, log_years(count=STEPS), np.array([cell]), turn=turn)
        return _course(found, GRAMS_PER_PETAGRAM / GRAMS_PER_KILOGRAM / float(land.area[cell]))


def _course(found: Transient, scale: float = 1.0) -> Course:
    start = found.soc[0]
    return Course(found.years[1:], scale * (found.soc[1:] - start), scale * (found.balance - start))
