"""How old the carbon of the globe is in balance, and how long it stays; closed forms in :mod:`proda_core.process.age`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from proda_core.constants import GRAMS_PER_PETAGRAM
from proda_core.grid import STOCK_DEPTHS
from proda_core.process import age, transient
from proda_core.scenario import Scenario
from proda_core.scenarios import Experiment
from proda_core.simulation.globe import GlobalModel, chunks

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class CarbonAge:
    """Mean ages since carbon entered the soil as litter, and mean times until it leaves.

    Attributes:
        soc_age: of the soil organic carbon above each depth of ``STOCK_DEPTHS`` [yr] (depth, cell).
        column_age: of all carbon of the column, litter and wood included [yr] (cell,).
        transit_time: from entering to being respired [yr] (cell,).
        global_soc_age: of all soil organic carbon on land above each depth [yr] (depth,).
        global_transit_time: all carbon on land over all input [yr].
    """

    soc_age: FloatArray
    column_age: FloatArray
    transit_time: FloatArray
    global_soc_age: FloatArray
    global_transit_time: float


def carbon_age(model: GlobalModel, change: Scenario | Experiment | None = None) -> CarbonAge:
    """Ages and transit times in the balance of the baseline or of a change; not a number in cells without carbon."""
    cells, depths = len(model), len(STOCK_DEPTHS)
    soc_age, column_age, transit_time = np.empty((depths, cells)), np.empty(cells), np.empty(cells)
    held, stock, carbon_input = np.zeros(depths), np.zeros(depths + 1), 0.0
    for rows in chunks(cells):
        terms = model.terms(rows, change)
        found = age.ages(terms)
        amount, years_held = transient.stocks(found.pools), transient.stocks(found.years_held)
        soc_age[:, rows] = (years_held / amount)[:, :-1].T
        column_age[rows], transit_time[rows] = (years_held / amount)[:, -1], found.transit_time
        area = torch.as_tensor(model.land.area[rows]) / GRAMS_PER_PETAGRAM
        held += (area @ years_held).numpy()[:-1]
        stock += (area @ amount).numpy()
        carbon_input += float(area @ terms.litter_input.sum(1))
    return CarbonAge(soc_age, column_age, transit_time, held / stock[:-1], float(stock[-1] / carbon_input))
