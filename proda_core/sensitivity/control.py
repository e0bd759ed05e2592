"""Component control: what the map of one mechanism is worth, told by taking it away.

The parameters of one mechanism are replaced by their mean over all sites, everywhere; then the global stock, and the part of the
variation of observed carbon that the model explains, are compared with those of the full model.  Plant input has no parameter:
it is multiplied by ``1 +- 2 s``, s its relative standard deviation and the sign drawn at random in each cell, as the authors do.

Their summary is median, 16 % and 84 % quantile over the members; of explained variation they count *only members above zero*,
which makes any mechanism whose loss ruins the model look better than it is.  Both summaries are given: ``published`` and without
that filter.  Explained variation is the Nash-Sutcliffe efficiency over all observed layers; the model is averaged over the depths
of each layer (``assimilation.operator``), where the authors read it off at mid-depth.

Source: Tao et al. 2023, doi:10.1038/s41586-023-06042-3, and the published PRODA implementation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
import xarray as xr

from proda_core import mechanisms
from proda_core.constants import GRAMS_PER_PETAGRAM
from proda_core.grid import SOIL_POOLS, STOCK_DEPTHS
from proda_core.learning.problem import Observations
from proda_core.parameters import COUNT
from proda_core.process import column
from proda_core.process.column import Forcing, Terms
from proda_core.sensitivity.columns import GROUPS, MECHANISMS, Columns, physical
from proda_core.sensitivity.pieces import Arrays, Progress, Shelf, work
from proda_core.simulation import World
from proda_core.simulation.globe import chunks

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

FULL, UNIFORM = "none", "all"
CONTROLS: tuple[str, ...] = (FULL, *MECHANISMS, UNIFORM)
"""What is controlled: nothing, one mechanism, or every parameter at once."""

INPUT_SPREAD = 0.1
"""Relative standard deviation of plant input [1]: about that of local production from year to year, a judgement.  The authors
take it per cell from a run of CESM2 that is not at hand."""

QUANTILES = (0.16, 0.5, 0.84)


@dataclass(frozen=True)
class Observed:
    """Observed layers and where they lie.

    Attributes:
        cells: land cells that have layers (place,).
        place: place of each layer, a position in ``cells`` (observation,).
        weight: averages node values over each layer [1] (observation, 20).
        soc: observed density [gC m-3] (observation,).
        importance: sampling weight of each layer's profile [1] (observation,).
    """

    cells: IntArray
    place: IntArray
    weight: FloatArray
    soc: FloatArray
    importance: FloatArray

    @classmethod
    def of(cls, profiles: xr.Dataset, cells: IntArray) -> Observed:
        """From a table of profiles, see ``observations.table``, and the land cell of each profile (profile,)."""
        seen = Observations.of(profiles)
        used, place = np.unique(cells, return_inverse=True)
        profile = seen.profile.numpy()
        weight = profiles["sampling_weight"].values.astype(np.float64)[profile]
        return cls(used.astype(np.int64), place.astype(np.int64)[profile], seen.weight.numpy(), seen.soc.numpy(), weight)

    def explained(self, nodes: FloatArray, weighted: bool) -> float:
        """Part of the variation of observed layers that is explained [1].

        Args:
            nodes: modelled SOC density at the nodes [gC m-3] (place, 20).
            weighted: whether layers count by the sampling weight of their profile, or all alike.
        """
        modelled = np.einsum("oj,oj->o", self.weight, nodes[self.place])
        w = self.importance if weighted else np.ones_like(self.soc)
        mean = np.average(self.soc, weights=w)
        return float(1 - np.sum(w * (modelled - self.soc) ** 2) / np.sum(w * (self.soc - mean) ** 2))


def input_factor(cells: int, spread: float = INPUT_SPREAD, seed: int = 0) -> FloatArray:
    """``1 +- 2 spread`` with a random sign for each cell, not below zero (cell,)."""
    sign = np.random.default_rng([seed, 11]).choice([-1.0, 1.0], cells)
    factor: FloatArray = np.maximum(0.0, 1 + 2 * spread * sign)
    return factor


def site_mean(member_unit: FloatArray, profile_count: npt.NDArray[np.number]) -> FloatArray:
    """Mean of the normalised parameters over all profiles and members (21,).

    Args:
        member_unit: (member, 21, cell).
        profile_count: profiles in each cell (cell,).

    Raises:
        ValueError: no profile anywhere.
    """
    weight = np.asarray(profile_count, dtype=np.float64)
    if not weight.sum() > 0:
        raise ValueError("expected profiles in some cells to average parameters over, got none; give the mean instead")
    mean: FloatArray = np.average(member_unit.mean(axis=0), axis=1, weights=weight)
    return mean


def controlled(columns: Columns, unit: FloatArray, forcing: Forcing, control: str, mean: FloatArray, factor: FloatArray) -> Terms:
    """The terms of some columns under a control.

    Args:
        columns: the full model.
        unit: its normalised parameters (21, cell).
        forcing: what drives the columns.
        control: one of :data:`CONTROLS`.
        mean: normalised parameters that stand in (21,).
        factor: of plant input (cell,).
    """
    if control == FULL:
        return columns.terms
    if control == "carbon_input":
        return columns.with_input(factor)
    changed = unit.copy()
    rows = GROUPS[control] if control in GROUPS else list(range(COUNT))
    changed[rows] = mean[rows, None]
    return column.terms(physical(changed), forcing) if control == UNIFORM else columns.with_parameters(control, changed)


def control(
    world: World,
    member_unit: FloatArray,
    mean: FloatArray,
    observed: Observed | None = None,
    *,
    spread: float = INPUT_SPREAD,
    seed: int = 0,
    shelf: Shelf | None = None,
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Stock and explained variation under every control, for every member.

    Args:
        world: forcing and land; its own parameters are not used.
        member_unit: normalised parameters (member, 21, cell).
        mean: normalised parameters that stand in for those of a mechanism (21,), see :func:`site_mean`.
        observed: observed layers; without them no variation is explained.
        spread: relative standard deviation of plant input [1].
        seed: of the signs of its change.
        shelf: keeps pieces, one a member and stretch of cells.
        scheduler: address of the scheduler of a Dask cluster to do the pieces.
        progress: called with the fraction done.

    Returns:
        ``stock`` and ``moved``, the change of carbon summed without regard to its sign [Pg] (member, control, depth); with
        observations ``explained`` and ``explained_weighted`` [1] (member, control).
    """
    factor = input_factor(len(world.parameters), spread, seed)
    stretches = chunks(len(world.parameters))
    keys = {f"{member:03d}-{i:03d}": (member, rows) for member in range(len(member_unit)) for i, rows in enumerate(stretches)}

    def job(key: str) -> _Stretch:
        member, rows = keys[key]
        return _Stretch(world.forcing.rows(rows), member_unit[member][:, rows], world.land.area[rows], mean, factor[rows])

    found = work(list(keys), job, shelf, scheduler, progress)
    shape = (len(member_unit), len(CONTROLS), len(STOCK_DEPTHS))
    stock, moved = np.zeros(shape), np.zeros(shape)
    for key, (member, _) in keys.items():
        stock[member] += found[key]["stock"]
        moved[member] += found[key]["moved"]
    over = ("member", "control", "depth")
    data = xr.Dataset(
        {
            "stock": (over, stock, {"long_name": "global soil organic carbon above the depth", "units": "Pg"}),
            "moved": (over, moved, {"long_name": "change of carbon summed without regard to its sign", "units": "Pg"}),
        },
        {"control": list(CONTROLS), "depth": list(STOCK_DEPTHS)},
        {"Conventions": "CF-1.11", "title": "Global soil carbon with one mechanism made uniform"},
    )
    return data if observed is None else data.assign(_explained(world, member_unit, mean, observed, factor))


class _Stretch:
    """The work on a piece: what a stretch of cells of one member adds to the stocks.  Pickles as arrays."""

    def __init__(self, forcing: Forcing, unit: FloatArray, area: FloatArray, mean: FloatArray, factor: FloatArray) -> None:
        self._forcing = {name: values.numpy() for name, values in vars(forcing).items()}
        self._unit, self._area, self._mean, self._factor = unit, area, mean, factor

    def __call__(self) -> Arrays:
        forcing = Forcing(**{name: torch.as_tensor(values) for name, values in self._forcing.items()})
        columns = Columns(forcing, self._unit)
        soc = np.stack(
            [
                mechanisms.solve(controlled(columns, self._unit, forcing, name, self._mean, self._factor)).soc.numpy()
                for name in CONTROLS
            ]
        )
        amount = np.einsum("kcd,c->kd", soc, self._area) / GRAMS_PER_PETAGRAM
        moved = np.einsum("kcd,c->kd", np.abs(soc - soc[0]), self._area) / GRAMS_PER_PETAGRAM
        return {"stock": amount, "moved": moved}


def _explained(
    world: World, member_unit: FloatArray, mean: FloatArray, observed: Observed, factor: FloatArray
) -> dict[str, tuple[tuple[str, ...], FloatArray, dict[str, str]]]:
    forcing = world.forcing.rows(torch.as_tensor(observed.cells))
    found = np.empty((2, len(member_unit), len(CONTROLS)))
    for member, unit in enumerate(member_unit):
        here = unit[:, observed.cells]
        columns = Columns(forcing, here)
        for i, name in enumerate(CONTROLS):
            pools = column.solve(controlled(columns, here, forcing, name, mean, factor[observed.cells]))
            nodes = pools[:, SOIL_POOLS].sum(1).numpy()
            found[:, member, i] = [observed.explained(nodes, weighted) for weighted in (False, True)]
    words = "part of the variation of observed layers that is explained"
    return {
        "explained": (("member", "control"), found[0], {"long_name": f"{words}, all layers alike", "units": "1"}),
        "explained_weighted": (("member", "control"), found[1], {"long_name": f"{words}, by sampling weight", "units": "1"}),
    }


def summary(values: xr.DataArray, *, published: bool) -> xr.DataArray:
    """16 %, 50 % and 84 % quantiles over the members, along a new dimension ``quantile``.

    Args:
        values: with a dimension ``member``.
        published: whether only values above zero count, as in the authors' summary of explained variation; where there are none
            the result is NaN.
    """
    kept = values.where(values > 0) if published else values
    return kept.quantile(list(QUANTILES), dim="member", skipna=True)
