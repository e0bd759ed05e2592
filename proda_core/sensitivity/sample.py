"""Few cells that stand for the whole globe, so that thousands of runs become affordable.

Cells are drawn zone by zone, systematically along latitude, with a probability in proportion to ``area x stock`` of the
unperturbed model.  Weighted by the inverse of that probability the sample holds *exactly* the unperturbed stock of every zone;
what is sampled is only the relative change of stocks, which varies far less from cell to cell.  :func:`error` says how far the
sample is from the globe for given changes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from proda_core.constants import GRAMS_PER_KILOGRAM, GRAMS_PER_PETAGRAM
from proda_core.regions import Regions
from proda_core.scenario import Scenario
from proda_core.simulation import GlobalModel

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

CELLS = 2000
"""Cells of a sample by default."""

FEWEST = 4
"""Cells that every zone gets, if it has as many."""


@dataclass(frozen=True)
class Sample:
    """Cells that stand for the globe.

    Attributes:
        cells: drawn cells (row,); a cell with much carbon may come more than once.
        weight: land area that each row stands for [m2] (row,).
        zone: zone of each row, a position in ``names`` (row,).
        names: names of the zones that hold carbon.
    """

    cells: IntArray
    weight: FloatArray
    zone: IntArray
    names: tuple[str, ...]

    def stock(self, soc: FloatArray) -> FloatArray:
        """Stock of the globe and then of each zone [Pg] (1 + zone,), from soil organic carbon [kg m-2] (row,)."""
        amount = soc * self.weight * (GRAMS_PER_KILOGRAM / GRAMS_PER_PETAGRAM)
        by_zone = np.bincount(self.zone, weights=amount, minlength=len(self.names))
        return np.concatenate([[by_zone.sum()], by_zone])


def draw(soc: FloatArray, area: FloatArray, zones: Regions, latitude: FloatArray, count: int = CELLS, seed: int = 0) -> Sample:
    """Draw a sample.

    Args:
        soc: soil organic carbon of the unperturbed model [kg m-2] (cell,).
        area: [m2] (cell,).
        zones: strata; each with carbon gets at least :data:`FEWEST` rows.
        latitude: [degrees north] (cell,).
        count: rows, about.
        seed: of the random starts.

    Raises:
        ValueError: fewer rows than zones need.
    """
    amount = soc * area
    held = np.bincount(zones.index, weights=amount, minlength=len(zones.names))
    used = np.flatnonzero(held > 0)
    if count < FEWEST * len(used):
        raise ValueError(f"expected at least {FEWEST * len(used)} cells for {len(used)} zones, got {count}; draw more")
    rng = np.random.default_rng([seed, 13])
    parts = []
    for place, zone in enumerate(used):
        own = np.flatnonzero((zones.index == zone) & (amount > 0))
        rows = min(len(own), max(FEWEST, round(count * held[zone] / held.sum())))
        order = own[np.argsort(latitude[own], kind="stable")]
        edges = np.cumsum(amount[order])
        at = (np.arange(rows) + rng.random()) * edges[-1] / rows
        drawn = order[np.minimum(np.searchsorted(edges, at, side="right"), len(order) - 1)]
        parts.append((drawn, held[zone] / rows / soc[drawn], np.full(rows, place)))
    cells, weight, zone_of = (np.concatenate(values) for values in zip(*parts, strict=True))
    return Sample(cells, weight, zone_of.astype(np.int64), tuple(zones.names[zone] for zone in used))


def error(model: GlobalModel, sample: Sample, depth: int, changes: list[Scenario]) -> FloatArray:
    """How far the sample is from the globe: relative error of the global stock under each change [1] (change,)."""
    found = np.empty(len(changes))
    for i, change in enumerate(changes):
        outcome = model.respond(change)
        found[i] = sample.stock(outcome.soc[depth, sample.cells])[0] / outcome.total[depth] - 1
    return found
