"""Parameters and forcing -> pools, stocks and mechanisms on the grid, in chunks, so that memory stays bounded.

:func:`load_world` gives the embedded default; :func:`run` is the whole globe as a dataset; :class:`GlobalModel` keeps the
evaluated terms, so that a scenario costs one solve: what a slider move does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
import xarray as xr

from proda_core import climate, mechanisms, parameters, scenario, variables
from proda_core.constants import GRAMS_PER_KILOGRAM, GRAMS_PER_PETAGRAM
from proda_core.grid import LAYERS, LAYERS_CLM5, POOLS, STOCK_DEPTHS, LandGrid
from proda_core.process import column
from proda_core.regions import Regions, latitude_bands
from proda_core.scenario import Scenario

FloatArray = npt.NDArray[np.float64]

CHUNK = 8192
"""Columns worked on at a time, so that temporaries stay small whatever the size of the grid."""

PARAMETER_SET = (
    "One set of 21 parameters everywhere: the rough mean of the values that the authors of PRODA retrieved at about 6,100 sites "
    "(proda_core.parameters.PRODA_MEAN). Not retrieved from data here."
)
"""Says where the default parameters come from; shown wherever results are."""


@dataclass(frozen=True)
class World:
    """Everything that the model needs to run on the globe.

    Attributes:
        forcing: what drives each land cell.
        parameters: physical parameters (cell, 21).
        land: where the cells are.
        parameter_source: where the parameters come from, in a sentence.
        regions: ways to divide the land, by name, beside latitude bands.
    """

    forcing: column.Forcing
    parameters: torch.Tensor
    land: LandGrid
    parameter_source: str = PARAMETER_SET
    regions: dict[str, Regions] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not len(self.forcing) == len(self.parameters) == len(self.land.latitude):
            raise ValueError(
                "expected forcing, parameters and land of one length, got "
                f"{len(self.forcing)}, {len(self.parameters)} and {len(self.land.latitude)} cells"
            )


def forcing_from_dataset(dataset: xr.Dataset) -> column.Forcing:
    """Checked forcing of the process model from a dataset with the variables of ``variables.FORCING``.

    Args:
        dataset: on a list of cells, or on a latitude-longitude grid, see ``variables.on_cells``.
    """
    cells = variables.check(variables.on_cells(dataset))
    return column.Forcing(**{name: torch.as_tensor(np.ascontiguousarray(cells[name].values)) for name in variables.FORCING})


def land_from_dataset(dataset: xr.Dataset) -> LandGrid:
    """Land grid from a dataset with the variables of ``variables.PLACE``."""
    cells = variables.on_cells(dataset)
    latitude, longitude, fraction = (np.asarray(cells[name].values, dtype=float) for name in variables.PLACE)
    return LandGrid(latitude, longitude, fraction)


def load_world(path: Path | None = None, changes: Mapping[str, float] | None = None) -> World:
    """The embedded default: ERA5-derived forcing with one parameter set everywhere.

    Args:
        path: a climate file made by ``proda climate build``; by default the one that comes with the project.
        changes: physical values of some parameters by id, used everywhere in place of the published means.

    Returns:
        the world.

    Raises:
        KeyError: unknown parameter id.
        ValueError: a damaged file, or a parameter value that cannot be.
    """
    stored = climate.read(path)
    dataset = climate.expand(stored)
    forcing = forcing_from_dataset(dataset)
    physical = torch.as_tensor(parameters.vector(changes or {})).repeat(len(forcing), 1)
    chosen = ", ".join(f"{id_} = {value:g}" for id_, value in (changes or {}).items())
    origin = f"{PARAMETER_SET} Changed by hand: {chosen}." if chosen else PARAMETER_SET
    zones = Regions(climate.ZONES, stored["koppen"].values.astype(np.int64) - 1)
    return World(forcing, physical, land_from_dataset(dataset), origin, regions={"koppen": zones})


@dataclass(frozen=True)
class Outcome:
    """What a run of the globe yields.

    Attributes:
        scenario: what was changed.
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

    Safe to call from several threads: nothing changes after it is made.
    """

    def __init__(self, world: World) -> None:
        self.land = world.land
        self.parameter_source = world.parameter_source
        self._terms = _evaluate(world)
        self._all = tuple(mechanisms.UNITS)

    def __len__(self) -> int:
        return len(self._terms)

    @cached_property
    def baseline(self) -> Outcome:
        """The unperturbed globe, with every mechanism."""
        return self.respond(Scenario(), self._all)

    def respond(self, change: Scenario, names: Iterable[str] = ()) -> Outcome:
        """Solve the globe under a scenario.

        Args:
            change: the scenario.
            names: mechanisms to read off as well, keys of ``mechanisms.UNITS``.

        Returns:
            the outcome.
        """
        wanted = tuple(names)
        cells = len(self)
        soc = np.empty((len(STOCK_DEPTHS), cells))
        read = {name: np.empty(cells) for name in wanted}
        passed_on = decomposed = 0.0
        area = torch.as_tensor(self.land.area)
        for rows in _chunks(cells):
            terms = scenario.apply(change, self._terms.rows(rows))
            integrals = mechanisms.solve(terms)
            soc[:, rows] = integrals.soc.T.numpy() / GRAMS_PER_KILOGRAM
            handed, lost = mechanisms.carbon_use(terms, integrals)
            passed_on += float(handed @ area[rows])
            decomposed += float(lost @ area[rows])
            if wanted:
                found = mechanisms.read_off(terms, integrals)
                for name in wanted:
                    read[name][rows] = found[name].numpy()
        return Outcome(change, soc, self.global_stock(soc), passed_on / decomposed, read)

    def global_stock(self, soc: FloatArray) -> FloatArray:
        """Stocks [kg m-2] (..., cell) summed over all land [Pg] (...,)."""
        return soc @ self.land.area * (GRAMS_PER_KILOGRAM / GRAMS_PER_PETAGRAM)

    def response_curve(self, name: str, values: Iterable[float], around: Scenario | None = None) -> FloatArray:
        """Global stocks [Pg] (value, depth) as one change of a scenario runs through ``values``, the others as in ``around``."""
        start = around or Scenario()
        return np.stack([self.respond(start.with_change(name, value)).total for value in values])

    def pools(self, rows: slice, change: Scenario | None = None) -> FloatArray:
        """Carbon of every pool and layer of some of the cells [g m-3] (cell, 7, 20)."""
        pools: FloatArray = column.solve(scenario.apply(change or Scenario(), self._terms.rows(rows))).numpy()
        return pools

    def profile(self, cell: int, change: Scenario | None = None) -> FloatArray:
        """Carbon of every pool with depth at one cell [kg m-3] (7, 20)."""
        profile: FloatArray = self.pools(slice(cell, cell + 1), change)[0] / GRAMS_PER_KILOGRAM
        return profile


def _evaluate(world: World) -> column.Terms:
    """The terms of every cell, evaluated chunk by chunk; the monthly forcing is not needed afterwards."""
    parts = [column.terms(world.parameters[rows], world.forcing.rows(rows)) for rows in _chunks(len(world.parameters))]
    return column.Terms(**{f.name: torch.cat([getattr(part, f.name) for part in parts]) for f in fields(column.Terms)})


def _chunks(cells: int) -> list[slice]:
    return [slice(first, min(first + CHUNK, cells)) for first in range(0, cells, CHUNK)]


def run(
    world: World,
    change: Scenario | None = None,
    progress: Callable[[float], None] | None = None,
    with_pools: bool = False,
) -> xr.Dataset:
    """Run the model on the globe.

    Args:
        world: forcing, parameters and land.
        change: a scenario; by default the baseline.
        progress: called with the fraction done.
        with_pools: whether to keep the carbon of every pool and layer as well, some 70 MB for the half-degree globe.

    Returns:
        SOC [kg m-2] (depth, cell), every mechanism and residence time (cell,), global stock [Pg] (depth,), stocks by latitude
        band and by each division in ``world.regions`` [Pg] (depth, band or division), and where the cells are; on request pools
        [g m-3] (cell, pool, layer); CF attributes throughout.
    """
    model = GlobalModel(world)
    if progress:
        progress(0.5)
    outcome = model.respond(change or Scenario(), mechanisms.UNITS)
    dataset = _to_dataset(outcome, world)
    if with_pools:
        dataset["pools"] = _pools(model, outcome.scenario)
    if progress:
        progress(1.0)
    return dataset


def _pools(model: GlobalModel, change: Scenario) -> xr.DataArray:
    values = np.empty((len(model), len(POOLS), LAYERS))
    for rows in _chunks(len(model)):
        values[rows] = model.pools(rows, change)
    coords = {"pool": list(POOLS), "layer": ("layer", LAYERS_CLM5.node[:LAYERS], {"long_name": "node depth", "units": "m"})}
    return xr.DataArray(values, coords, ("cell", "pool", "layer"), attrs={"long_name": "carbon density", "units": "g m-3"})


def _regional(outcome: Outcome, world: World) -> dict[str, tuple[tuple[str, ...], FloatArray, dict[str, str]]]:
    """Stocks of every division of the land, as variables of a dataset."""
    stocks: dict[str, tuple[tuple[str, ...], FloatArray, dict[str, str]]] = {}
    for name, regions in _divisions(world).items():
        meaning = f"soil organic carbon above the depth by {name.replace('_', ' ')}"
        values = regions.stock(outcome.soc, world.land.area)
        stocks[f"stock_by_{name}"] = (("depth", name), values, {"long_name": meaning, "units": "Pg"})
    return stocks


def _divisions(world: World) -> dict[str, Regions]:
    return {"latitude_band": latitude_bands(world.land.latitude), **world.regions}


def _to_dataset(outcome: Outcome, world: World) -> xr.Dataset:
    land = world.land
    lower_bound = [min(depth, float(LAYERS_CLM5.interface[LAYERS - 1])) for depth in STOCK_DEPTHS.values()]
    places = {"latitude": land.latitude, "longitude": land.longitude, "land_fraction": land.land_fraction}
    data = {
        "soc": (("depth", "cell"), outcome.soc, {"long_name": "soil organic carbon above the depth", "units": "kg m-2"}),
        "global_stock": (("depth",), outcome.total, {"long_name": "global soil organic carbon above the depth", "units": "Pg"}),
        **_regional(outcome, world),
        "area": (("cell",), land.area, {"long_name": "land area of the cell", "units": "m2", "standard_name": "cell_area"}),
        **{
            name: (("cell",), values, {"long_name": name.replace("_", " "), "units": mechanisms.UNITS[name]})
            for name, values in outcome.mechanism.items()
        },
    }
    coords = {
        "depth": ("depth", lower_bound, {"long_name": "lower bound of the stock", "units": "m", "positive": "down"}),
        **{name: ("cell", values, variables.attributes(name)) for name, values in places.items()},
        **{name: (name, list(regions.names)) for name, regions in _divisions(world).items()},
    }
    changed = {f"scenario_{f.name}": getattr(outcome.scenario, f.name) for f in fields(outcome.scenario)}
    return xr.Dataset(
        data,
        coords,
        {
            "Conventions": "CF-1.11",
            "title": "PRODA soil carbon",
            "parameters": world.parameter_source,
            "bulk_cue": outcome.cue,
            **changed,
        },
    )
