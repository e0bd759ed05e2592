"""What the members of an ensemble of parameters agree on: stocks, mechanisms and the response to CUE, mean and spread.

One member is solved at a time and only running moments are kept (Welford 1962, doi:10.1080/00401706.1962.10490022), so that
memory does not grow with the number of members.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
import xarray as xr

from proda_core import mechanisms, parameters
from proda_core.grid import STOCK_DEPTHS
from proda_core.retrieved import STORED
from proda_core.scenario import Scenario
from proda_core.simulation.globe import GlobalModel
from proda_core.simulation.world import World

FloatArray = npt.NDArray[np.float64]
Progress = Callable[[float], None]

ONE_PERCENT = Scenario(cue=0.01)
"""The change whose response the publications headline: 1 % more carbon use efficiency."""


@dataclass(frozen=True)
class Ensemble:
    """What running every member yields.

    Attributes:
        soc_mean: soil organic carbon above each depth of ``STOCK_DEPTHS``, mean of the members [kg m-2] (depth, cell).
        soc_sd: its sample standard deviation [kg m-2] (depth, cell).
        mechanism_sd: the same of every mechanism, in the units and the order of ``mechanisms.UNITS`` (mechanism, cell).
        global_stock: global stock above each depth [Pg] (member, depth).
        one_percent: its change under :data:`ONE_PERCENT` [Pg] (member, depth).
    """

    soc_mean: FloatArray
    soc_sd: FloatArray
    mechanism_sd: FloatArray
    global_stock: FloatArray
    one_percent: FloatArray


class Moments:
    """Running mean and sample standard deviation of arrays of one shape."""

    def __init__(self) -> None:
        self.count = 0
        self.mean: FloatArray = np.zeros(())
        self._squares: FloatArray = np.zeros(())

    def add(self, values: FloatArray) -> None:
        """Take in one more array."""
        self.count += 1
        off = values - self.mean
        self.mean = self.mean + off / self.count
        self._squares = self._squares + off * (values - self.mean)

    @property
    def deviation(self) -> FloatArray:
        """Sample standard deviation of what was taken in, of at least two arrays."""
        spread: FloatArray = np.sqrt(self._squares / (self.count - 1))
        return spread


def ensemble(world: World, member_unit: FloatArray, progress: Progress | None = None) -> Ensemble:
    """Run every member on the globe.

    Args:
        world: forcing and land; its own parameters are not used.
        member_unit: normalised parameters (member, 21, cell).
        progress: called with the fraction done.

    Returns:
        means, spreads and global figures.

    Raises:
        ValueError: fewer than two members, wrong shape, or parameters outside 0..1.
    """
    expected = (parameters.COUNT, len(world.parameters))
    if member_unit.ndim != 3 or member_unit.shape[1:] != expected or len(member_unit) < 2:
        raise ValueError(f"expected at least 2 members of shape (member, {expected[0]}, {expected[1]}), got {member_unit.shape}")
    soc, mechanism = Moments(), Moments()
    total, response = (np.empty((len(member_unit), len(STOCK_DEPTHS))) for _ in range(2))
    for member, unit in enumerate(member_unit):
        model = GlobalModel(with_parameters(world, unit))
        outcome = model.respond(Scenario(), mechanisms.UNITS)
        soc.add(outcome.soc)
        mechanism.add(np.stack([outcome.mechanism[name] for name in mechanisms.UNITS]))
        total[member] = outcome.total
        response[member] = model.respond(ONE_PERCENT).total - outcome.total
        if progress:
            progress((member + 1) / len(member_unit))
    return Ensemble(soc.mean, soc.deviation, mechanism.deviation, total, response)


def with_parameters(world: World, unit: FloatArray) -> World:
    """The same world under other parameters, normalised (21, cell)."""
    physical = parameters.to_physical(np.ascontiguousarray(unit.T, dtype=np.float64))
    return replace(world, parameters=torch.as_tensor(physical), retrieved=None)


def build_retrieved(
    world: World,
    best_unit: FloatArray,
    member_unit: FloatArray,
    *,
    dissimilarity: FloatArray,
    profile_count: npt.NDArray[np.integer],
    attributes: Mapping[str, object],
    progress: Progress | None = None,
) -> xr.Dataset:
    """The dataset of retrieved maps that ``retrieved.write`` takes.

    The members are run as they will stand in the file, rounded, so that whoever runs them again finds the same figures.

    Args:
        world: forcing and land; its own parameters are not used.
        best_unit: best estimate of the normalised parameters (21, cell).
        member_unit: normalised parameters of the members (member, 21, cell).
        dissimilarity: dissimilarity index to the training profiles over its threshold, 1 at the edge of the area of applicability
            (cell,).
        profile_count: profiles of the training in each cell (cell,).
        attributes: what ``retrieved.ATTRIBUTES`` asks for.
        progress: called with the fraction done.

    Returns:
        variables of ``retrieved.STORED`` and the attributes.

    Raises:
        ValueError: see :func:`ensemble`; or a parameter outside 0..1.
    """
    row = STORED["member_unit"]
    members = row.unpack(row.pack(np.asarray(member_unit, dtype=np.float64)))
    spread = ensemble(world, members, progress)
    values: dict[str, npt.NDArray[np.generic]] = {
        "parameter_unit": best_unit,
        "member_unit": members,
        "parameter_unit_sd": members.std(axis=0, ddof=1),
        "soc_mean": spread.soc_mean,
        "soc_sd": spread.soc_sd,
        "mechanism_sd": spread.mechanism_sd,
        "dissimilarity": dissimilarity,
        "profile_count": profile_count,
        "global_stock": spread.global_stock,
        "one_percent": spread.one_percent,
    }
    variables = {name: (STORED[name].dims, array, STORED[name].attributes()) for name, array in values.items()}
    return xr.Dataset(variables, attrs=dict(attributes))
