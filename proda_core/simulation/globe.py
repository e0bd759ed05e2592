"""The model on the globe: terms evaluated once, then one solve a scenario, in chunks, so that memory stays bounded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
import numpy.typing as npt
import torch

from proda_core import mechanisms, scenario
from proda_core.constants import GRAMS_PER_KILOGRAM, GRAMS_PER_PETAGRAM
from proda_core.grid import STOCK_DEPTHS, LandGrid
from proda_core.parameters import MECHANISM_PARAMETERS, PARAMETERS, index
from proda_core.process import column, kernel
from proda_core.process.reevaluation import reevaluate
from proda_core.regions import Regions
from proda_core.scenario import Scenario
from proda_core.scenarios import Experiment
from proda_core.simulation import experiments
from proda_core.simulation.forcing import Given
from proda_core.simulation.world import World

FloatArray = npt.NDArray[np.float64]

Changes = tuple[tuple[str, float], ...]

CHUNK = 8192
"""Columns worked on at a time, so that temporaries stay small whatever the size of the grid."""

KEPT_SETS = 4
"""Sets of changed parameters whose terms are kept, up to 75 MB each for the half-degree globe."""


@dataclass(frozen=True)
class Outcome:
    """What a run of the globe yields.

    Attributes:
        scenario: what was changed; of an experiment, its changes of mechanisms and its warming.
        soc: soil organic carbon above each depth of ``STOCK_DEPTHS`` [kg m-2] (depth, cell).
        total: global stock above each depth [Pg] (depth,).
        cue: global bulk CUE, carbon passed on over carbon decomposed on all land [1].
        mechanism: requested mechanism by name (cell,).
    """

    scenario: Scenario
    soc: FloatArray
    total: FloatArray
    cue: float
    mechanism: dict[str, FloatArray]


class GlobalModel:
    """The optimised model on the globe, its terms evaluated once, ready for scenarios.

    Where a scenario changes parameters, what they own is evaluated again, and kept for the scenarios that follow.  Safe to call
    from several threads: nothing else changes after it is made.
    """

    def __init__(self, world: World) -> None:
        self.land = world.land
        self.parameter_source = world.parameter_source
        self.regions = world.regions
        self._parameters, self._forcing = world.parameters, world.forcing
        self._terms = _evaluate(world)
        self._changed: tuple[tuple[Changes, column.Terms], ...] = ()
        self._all = tuple(mechanisms.UNITS)

    def __len__(self) -> int:
        return len(self._terms)

    @cached_property
    def baseline(self) -> Outcome:
        """The unperturbed globe, with every mechanism."""
        return self.respond(Scenario(), self._all)

    def terms(self, rows: slice | npt.NDArray[np.int64], change: Scenario | Experiment | None = None) -> column.Terms:
        """The terms of the equation of some of the cells, under a change if there is one.

        Raises:
            ValueError: an experiment with a target, or in a region that this world does not have.
        """
        which = rows if isinstance(rows, slice) else torch.as_tensor(rows)
        if change is None:
            return self._terms.rows(which)
        start = self._started(change).rows(which)
        if isinstance(change, Experiment):
            inside = experiments.inside(change, self.land, self.regions)[rows]
            return experiments.apply(change, self._terms.rows(which), inside, start)
        return scenario.apply(change, start)

    def _started(self, change: Scenario | Experiment) -> column.Terms:
        """The terms of all cells with the parameters of a change, before it changes mechanisms; the latest few are kept."""
        numbers = _numbers(change)
        if not numbers.parameters:
            return self._terms
        kept = self._changed  # one reading: another thread may replace it, never alter it
        for i, (parameters, terms) in enumerate(kept):
            if parameters == numbers.parameters:
                if i:  # the one longest unused goes first
                    self._changed = (kept[i], *kept[:i], *kept[i + 1 :])
                return terms
        owners = {PARAMETERS[index(id_)].mechanism for id_, _ in numbers.parameters}
        after = scenario.with_parameters(numbers, self._parameters)
        terms = reevaluate(self._terms, self._parameters, after, self._forcing, [m for m in MECHANISM_PARAMETERS if m in owners])
        self._changed = ((numbers.parameters, terms), *kept[: KEPT_SETS - 1])
        return terms

    def held_back(self, change: Scenario | Experiment) -> dict[str, float]:
        """Part of the land that a change applies to on which limits keep each of its changes from being made in full [1].

        By name, see ``scenario.held_back``.

        Raises:
            ValueError: see :meth:`terms`.
        """
        area = self.land.area
        if isinstance(change, Experiment):
            area = area * experiments.inside(change, self.land, self.regions)
        missed = scenario.held_back(_numbers(change), self._parameters, self._started(change))
        return {name: float(area @ where.numpy() / area.sum()) for name, where in missed.items()} if area.any() else {}

    def respond(self, change: Scenario | Experiment, names: Iterable[str] = ()) -> Outcome:
        """Solve the globe under a scenario.

        Args:
            change: the scenario, or an experiment.
            names: mechanisms to read off as well, keys of ``mechanisms.UNITS``.

        Returns:
            the outcome.

        Raises:
            ValueError: see :meth:`terms`.
        """
        wanted = tuple(names)
        cells = len(self)
        soc = np.empty((len(STOCK_DEPTHS), cells))
        read = {name: np.empty(cells) for name in wanted}
        area = torch.as_tensor(self.land.area)
        self._started(change)  # kept for every stretch of rows, rather than made by each

        def solve(rows: slice) -> tuple[float, float]:
            terms = self.terms(rows, change)
            integrals = mechanisms.solve(terms)
            soc[:, rows] = integrals.soc.T.numpy() / GRAMS_PER_KILOGRAM
            if wanted:
                found = mechanisms.read_off(terms, integrals)
                for name in wanted:
                    read[name][rows] = found[name].numpy()
            handed, lost = mechanisms.carbon_use(terms, integrals)
            return float(handed @ area[rows]), float(lost @ area[rows])

        passed_on, decomposed = np.sum(kernel.across(solve, cells, CHUNK), axis=0)
        return Outcome(_numbers(change), soc, self.global_stock(soc), float(passed_on / decomposed), read)

    def out_of_reach(self, experiment: Experiment) -> float:
        """Part of the land that an experiment changes on which limits keep CUE from changing by as much as it asks [1].

        Raises:
            ValueError: see :meth:`terms`.
        """
        if not experiment.cue_change:
            return 0.0
        where = experiments.inside(experiment, self.land, self.regions)
        start = self._started(experiment)
        missed = np.concatenate([experiments.misses(experiment, start.rows(rows)).numpy() for rows in chunks(len(self))])
        area = self.land.area * where
        return float(area @ missed / area.sum())

    def global_stock(self, soc: FloatArray) -> FloatArray:
        """Stocks [kg m-2] (..., cell) summed over all land [Pg] (...,)."""
        return soc @ self.land.area * (GRAMS_PER_KILOGRAM / GRAMS_PER_PETAGRAM)

    def response_curve(self, name: str, values: Iterable[float], around: Scenario | None = None) -> FloatArray:
        """Global stocks [Pg] (value, depth) as one change of a scenario runs through ``values``, the others as in ``around``."""
        start = around or Scenario()
        return np.stack([self.respond(start.with_change(name, value)).total for value in values])

    def forcing(self, cells: npt.NDArray[np.int64]) -> column.Forcing:
        """What drives some of the cells."""
        return self._forcing.rows(torch.as_tensor(cells))

    def under(self, given: Given, which: slice) -> GlobalModel:
        """Some of the cells that a file of forcing covers, with their own parameters, under that forcing.

        Args:
            given: the forcing.
            which: positions in ``given.cells``; at most :data:`CHUNK` at a time keep the memory bounded.
        """
        cells, land = given.cells[which], self.land
        place = LandGrid(land.latitude[cells], land.longitude[cells], land.land_fraction[cells], land.size)
        regions = {name: Regions(known.names, known.index[cells]) for name, known in self.regions.items()}
        forcing = given.forcing(which, self.forcing(cells))
        return GlobalModel(World(forcing, self._parameters[torch.as_tensor(cells)], place, self.parameter_source, regions))

    def pools(self, rows: slice | npt.NDArray[np.int64], change: Scenario | Experiment | None = None) -> FloatArray:
        """Carbon of every pool and layer of some of the cells [g m-3] (cell, 7, 20)."""
        pools: FloatArray = column.solve(self.terms(rows, change)).numpy()
        return pools

    def profile(self, cell: int, change: Scenario | Experiment | None = None) -> FloatArray:
        """Carbon of every pool with depth at one cell [kg m-3] (7, 20)."""
        profile: FloatArray = self.pools(slice(cell, cell + 1), change)[0] / GRAMS_PER_KILOGRAM
        return profile


def _numbers(change: Scenario | Experiment) -> Scenario:
    """The changes alone, wherever they apply."""
    return change.change if isinstance(change, Experiment) else change


def _evaluate(world: World) -> column.Terms:
    """The terms of every cell, evaluated chunk by chunk."""
    parts = [column.terms(world.parameters[rows], world.forcing.rows(rows)) for rows in chunks(len(world.parameters))]
    return column.Terms(**{f.name: torch.cat([getattr(part, f.name) for part in parts]) for f in fields(column.Terms)})


def chunks(cells: int, size: int | None = None) -> list[slice]:
    """Consecutive rows, at most ``size`` or :data:`CHUNK` at a time, that make up so many cells."""
    step = size or CHUNK
    return [slice(first, min(first + step, cells)) for first in range(0, cells, step)]
