"""A run of the globe as one dataset: stocks, mechanisms, regions, and the spread of the ensemble where there is one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields

import numpy as np
import numpy.typing as npt
import xarray as xr

from proda_core import mechanisms, variables
from proda_core.grid import LAYERS, LAYERS_CLM5, POOLS, STOCK_DEPTHS
from proda_core.regions import Regions, latitude_bands
from proda_core.scenario import Scenario
from proda_core.simulation.globe import GlobalModel, Outcome, chunks
from proda_core.simulation.world import World

FloatArray = npt.NDArray[np.float64]


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
        band and by each division in ``world.regions`` [Pg] (depth, band or division), and where the cells are; with retrieved
        parameters ``soc_sd``, ``global_stock_sd`` and ``<mechanism>_sd``, the spread of the ensemble without any change, and
        ``dissimilarity``; on request pools [g m-3] (cell, pool, layer); CF attributes throughout.
    """
    model = GlobalModel(world)
    if progress:
        progress(0.5)
    outcome = model.respond(change or Scenario(), mechanisms.UNITS)
    dataset = _to_dataset(outcome, world)
    if world.retrieved is not None:
        dataset = dataset.assign(_spread(world.retrieved))
    if with_pools:
        dataset["pools"] = _pools(model, outcome.scenario)
    if progress:
        progress(1.0)
    return dataset


def _spread(maps: xr.Dataset) -> dict[str, tuple[tuple[str, ...], FloatArray, dict[str, str]]]:
    """The spread of the ensemble without any change, and how far each cell is from the profiles, as variables of a dataset."""
    over = f"sample standard deviation over {maps.sizes['member']} members, without any change"
    found = {
        "soc_sd": (("depth", "cell"), maps["soc_sd"].values, {"long_name": f"soc: {over}", "units": "kg m-2"}),
        "global_stock_sd": (
            ("depth",),
            maps["global_stock"].values.std(axis=0, ddof=1),
            {"long_name": f"global_stock: {over}", "units": "Pg"},
        ),
        "dissimilarity": (("cell",), maps["dissimilarity"].values, dict(maps["dissimilarity"].attrs)),
    }
    for name, units in mechanisms.UNITS.items():
        values = maps["mechanism_sd"].sel(mechanism=name).values
        found[f"{name}_sd"] = (("cell",), values, {"long_name": f"{name.replace('_', ' ')}: {over}", "units": units})
    return found


def _pools(model: GlobalModel, change: Scenario) -> xr.DataArray:
    values = np.empty((len(model), len(POOLS), LAYERS))
    for rows in chunks(len(model)):
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
