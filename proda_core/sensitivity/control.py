"""Component control: what the map of one mechanism is worth, told by taking it away.

The parameters of one mechanism are replaced by their mean over all sites, everywhere; then the global stock, and the part of the
variation of observed carbon that the model explains, are compared with those of the full model.

Plant input has no parameter, and the published recipe does not make it uniform: it is multiplied by ``1 +- 2 s``, s its relative
standard deviation and the sign drawn at random in each cell.  What that costs grows with s and says nothing of the map of input,
so that it cannot be ranked with the other mechanisms.  Beside it stands ``uniform_input``, in which the sum of plant input is its
mean over all sites everywhere (its split into litter classes stays): what the map of input, which is forcing and was not learned,
is worth.

Their summary is median, 16 % and 84 % quantile over the members; of explained variation they count *only members above zero*,
which makes any mechanism whose loss ruins the model look better than it is.  Both summaries are given: ``published`` and without
that filter.  Changes of the stock are those of each member, before they are summed up.  Explained variation is the
Nash-Sutcliffe efficiency over all observed layers; the model is averaged over the depths of each layer
(``assimilation.operator``), where the authors read it off at mid-depth.

Source: Tao et al. 2023, doi:10.1038/s41586-023-06042-3, and the published PRODA implementation.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
import xarray as xr

from proda_core import mechanisms
from proda_core.constants import GRAMS_PER_PETAGRAM
from proda_core.grid import SOIL_POOLS, STOCK_DEPTHS
from proda_core.learning.problem import Observations
from proda_core.learning.validation import importance
from proda_core.parameters import COUNT
from proda_core.process import column
from proda_core.process.column import Forcing, Terms
from proda_core.sensitivity.columns import GROUPS, MECHANISMS, Columns, physical
from proda_core.sensitivity.pieces import Arrays, Progress, Shelf, work
from proda_core.simulation import World
from proda_core.simulation.globe import chunks

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

FULL, UNIFORM, UNIFORM_INPUT = "none", "all", "uniform_input"
CONTROLS: tuple[str, ...] = (FULL, *MECHANISMS, UNIFORM)
"""What is controlled in the published recipe: nothing, one mechanism, or every parameter at once."""

_ALL = (*CONTROLS, UNIFORM_INPUT)

APART: tuple[str, ...] = ("carbon_input", UNIFORM_INPUT)
"""Controls of plant input: they change forcing, not parameters, and do not belong in a ranking with the others."""

INPUT_SPREAD = 0.1
"""Relative standard deviation of plant input [1]: about that of local production from year to year, a judgement.  The authors
take it per cell from a run of CESM2 that is not at hand."""

LARGEST_SPREAD = 0.5
"""Beyond it ``1 - 2 s`` is negative; cut at zero, it would raise mean input."""

QUANTILES = (0.16, 0.5, 0.84)


@dataclass(frozen=True)
class StandIn:
    """What is the same everywhere, in place of a map.

    Attributes:
        unit: normalised parameters (21,), see :func:`site_mean`.
        carbon_input: plant input [gC m-2 yr-1], see :func:`mean_input`.
    """

    unit: FloatArray
    carbon_input: float


@dataclass(frozen=True)
class Observed:
    """Observed layers and where they lie.

    Attributes:
        cells: land cells that have layers (place,).
        place: place of each layer, a position in ``cells`` (observation,).
        weight: averages node values over each layer [1] (observation, 20).
        soc: observed density [gC m-3] (observation,).
        importance: of each layer's profile, see ``learning.validation.importance`` [1] (observation,).
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
        latitude, longitude, weight = (
            profiles[name].values.astype(np.float64) for name in ("latitude", "longitude", "sampling_weight")
        )
        counts = importance(latitude, longitude, weight)[profile]
        return cls(used.astype(np.int64), place.astype(np.int64)[profile], seen.weight.numpy(), seen.soc.numpy(), counts)

    def explained(self, nodes: FloatArray, weighted: bool) -> float:
        """Part of the variation of observed layers that is explained [1].

        Args:
            nodes: modelled SOC density at the nodes [gC m-3] (place, 20).
            weighted: whether layers count by the importance of their profile, or all alike.
        """
        modelled = np.einsum("oj,oj->o", self.weight, nodes[self.place])
        w = self.importance if weighted else np.ones_like(self.soc)
        mean = np.average(self.soc, weights=w)
        return float(1 - np.sum(w * (modelled - self.soc) ** 2) / np.sum(w * (self.soc - mean) ** 2))


def input_factor(cells: int, spread: float = INPUT_SPREAD, seed: int = 0) -> FloatArray:
    """``1 +- 2 spread`` with a random sign for each cell (cell,).

    Raises:
        ValueError: a spread outside 0..:data:`LARGEST_SPREAD`.
    """
    if not 0 <= spread <= LARGEST_SPREAD:
        raise ValueError(f"expected a relative standard deviation of plant input within 0..{LARGEST_SPREAD:g}, got {spread:g}")
    sign = np.random.default_rng([seed, 11]).choice([-1.0, 1.0], cells)
    factor: FloatArray = np.maximum(0.0, 1 + 2 * spread * sign)  # rounding apart, nothing to cut
    return factor


def mean_input(litter_input: FloatArray, profile_count: npt.NDArray[np.number]) -> float:
    """Mean plant input over all profiles [gC m-2 yr-1].

    Args:
        litter_input: by litter class [gC m-2 yr-1] (cell, 4).
        profile_count: profiles in each cell (cell,).

    Raises:
        ValueError: see :func:`site_mean`.
    """
    return float(np.average(litter_input.sum(1), weights=_counts(profile_count)))


def site_mean(member_unit: FloatArray, profile_count: npt.NDArray[np.number]) -> FloatArray:
    """Mean of the normalised parameters over all profiles and members (21,).

    Args:
        member_unit: (member, 21, cell).
        profile_count: profiles in each cell (cell,).

    Raises:
        ValueError: no profile anywhere.
    """
    mean: FloatArray = np.average(member_unit.mean(axis=0), axis=1, weights=_counts(profile_count))
    return mean


def _counts(profile_count: npt.NDArray[np.number]) -> FloatArray:
    weight = np.asarray(profile_count, dtype=np.float64)
    if not weight.sum() > 0:
        raise ValueError("expected profiles in some cells to average over, got none; give the mean instead")
    return weight


def controlled(
    columns: Columns, unit: FloatArray, forcing: Forcing, control: str, stand_in: StandIn, factor: FloatArray
) -> Terms:
    """The terms of some columns under a control.

    Args:
        columns: the full model.
        unit: its normalised parameters (21, cell).
        forcing: what drives the columns.
        control: one of :data:`CONTROLS`, or :data:`UNIFORM_INPUT`.
        stand_in: what takes the place of parameters and plant input.
        factor: of plant input in the published recipe (cell,).
    """
    if control == FULL:
        return columns.terms
    if control == "carbon_input":
        return columns.with_input(factor)
    if control == UNIFORM_INPUT:
        entering = forcing.litter_input.sum(1).numpy()
        # where nothing grows there is no split into classes either: such cells stay empty
        scale = np.divide(stand_in.carbon_input, entering, out=np.zeros(len(entering)), where=entering > 0)
        return columns.with_input(scale)
    changed = unit.copy()
    rows = GROUPS[control] if control in GROUPS else list(range(COUNT))
    changed[rows] = stand_in.unit[rows, None]
    return column.terms(physical(changed), forcing) if control == UNIFORM else columns.with_parameters(control, changed)


def control(
    world: World,
    member_unit: FloatArray,
    stand_in: StandIn,
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
        stand_in: what takes the place of the parameters of a mechanism, and of plant input.
        observed: observed layers; without them no variation is explained.
        spread: relative standard deviation of plant input [1].
        seed: of the signs of its change.
        shelf: keeps pieces, one a member and stretch of cells.
        scheduler: address of the scheduler of a Dask cluster to do the pieces.
        progress: called with the fraction done.

    Returns:
        ``stock`` and ``moved``, the change of carbon summed without regard to its sign [Pg], ``change``, the stock's relative
        change [1] (member, control, depth); with observations ``explained`` and ``explained_weighted`` [1] (member, control).
        For uniform input the same under names that begin with ``uniform_input_``, without the dimension ``control``.  What stood
        in is among the attributes.

    Raises:
        ValueError: see :func:`input_factor`.
    """
    factor = input_factor(len(world.parameters), spread, seed)
    stretches = chunks(len(world.parameters))
    keys = {f"{member:03d}-{i:03d}": (member, rows) for member in range(len(member_unit)) for i, rows in enumerate(stretches)}

    def job(key: str) -> _Stretch:
        member, rows = keys[key]
        return _Stretch(world.forcing.rows(rows), member_unit[member][:, rows], world.land.area[rows], stand_in, factor[rows])

    found = work(list(keys), job, shelf, scheduler, progress)
    shape = (len(member_unit), len(_ALL), len(STOCK_DEPTHS))
    stock, moved = np.zeros(shape), np.zeros(shape)
    for key, (member, _) in keys.items():
        stock[member] += found[key]["stock"]
        moved[member] += found[key]["moved"]
    over = ("member", "control", "depth")
    data = xr.Dataset(
        {
            "stock": (over, stock, {"long_name": "global soil organic carbon above the depth", "units": "Pg"}),
            "moved": (over, moved, {"long_name": "change of carbon summed without regard to its sign", "units": "Pg"}),
            "change": (over, stock / stock[:, :1] - 1, {"long_name": "relative change of the stock", "units": "1"}),
        },
        {"control": list(_ALL), "depth": list(STOCK_DEPTHS)},
        {
            "Conventions": "CF-1.11",
            "title": "Global soil carbon with one mechanism made uniform",
            "input_spread": spread,
            "uniform_input_gC_per_m2_per_year": stand_in.carbon_input,
        },
    )
    if observed is not None:
        data = data.assign(_explained(world, member_unit, stand_in, observed, factor))
    apart = data.sel(control=UNIFORM_INPUT).drop_vars("control")
    return data.sel(control=list(CONTROLS)).assign({f"{UNIFORM_INPUT}_{name}": values for name, values in apart.items()})


def joined(data: xr.Dataset) -> xr.Dataset:
    """What :func:`control` gives with uniform input as one more entry of the dimension ``control``, for tables."""
    names = [str(name) for name in data if "control" in data[name].dims]
    apart = data[[f"{UNIFORM_INPUT}_{name}" for name in names]].rename({f"{UNIFORM_INPUT}_{name}": name for name in names})
    return xr.concat([data[names], apart.expand_dims(control=[UNIFORM_INPUT])], dim="control")


class _Stretch:
    """The work on a piece: what a stretch of cells of one member adds to the stocks.  Pickles as arrays."""

    def __init__(self, forcing: Forcing, unit: FloatArray, area: FloatArray, stand_in: StandIn, factor: FloatArray) -> None:
        self._forcing = {name: values.numpy() for name, values in vars(forcing).items()}
        self._unit, self._area, self._stand_in, self._factor = unit, area, stand_in, factor

    def __call__(self) -> Arrays:
        forcing = Forcing(**{name: torch.as_tensor(values) for name, values in self._forcing.items()})
        columns = Columns(forcing, self._unit)
        soc = np.stack(
            [
                mechanisms.solve(controlled(columns, self._unit, forcing, name, self._stand_in, self._factor)).soc.numpy()
                for name in _ALL
            ]
        )
        amount = np.einsum("kcd,c->kd", soc, self._area) / GRAMS_PER_PETAGRAM
        moved = np.einsum("kcd,c->kd", np.abs(soc - soc[0]), self._area) / GRAMS_PER_PETAGRAM
        return {"stock": amount, "moved": moved}


def _explained(
    world: World, member_unit: FloatArray, stand_in: StandIn, observed: Observed, factor: FloatArray
) -> dict[str, tuple[tuple[str, ...], FloatArray, dict[str, str]]]:
    forcing = world.forcing.rows(torch.as_tensor(observed.cells))
    found = np.empty((2, len(member_unit), len(_ALL)))
    for member, unit in enumerate(member_unit):
        here = unit[:, observed.cells]
        columns = Columns(forcing, here)
        for i, name in enumerate(_ALL):
            pools = column.solve(controlled(columns, here, forcing, name, stand_in, factor[observed.cells]))
            nodes = pools[:, SOIL_POOLS].sum(1).numpy()
            found[:, member, i] = [observed.explained(nodes, weighted) for weighted in (False, True)]
    words = "part of the variation of observed layers that is explained"
    weighted_words = f"{words}, by the importance of their profiles"
    return {
        "explained": (("member", "control"), found[0], {"long_name": f"{words}, all layers alike", "units": "1"}),
        "explained_weighted": (("member", "control"), found[1], {"long_name": weighted_words, "units": "1"}),
    }


def summary(values: xr.DataArray, *, published: bool) -> xr.DataArray:
    """16 %, 50 % and 84 % quantiles over the members, along a new dimension ``quantile``.

    Args:
        values: with a dimension ``member``.
        published: whether only values above zero count, as in the authors' summary of explained variation; where there are none
            the result is NaN.
    """
    kept = values.where(values > 0) if published else values
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "All-NaN slice")  # that is the result: nobody is above zero
        return kept.quantile(list(QUANTILES), dim="member", skipna=True)
