"""A run of the globe as one dataset: stocks, mechanisms, regions, and the spread of the ensemble where there is one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields

import numpy as np
import numpy.typing as npt
import xarray as xr

from proda_core import mechanisms, variables
from proda_core.grid import LAYERS, LAYERS_CLM5, POOLS, STOCK_DEPTHS
from proda_core.regions import Regions, latitude_bands
from proda_core.scenario import Scenario
from proda_core.scenarios import Experiment
from proda_core.simulation.ages import carbon_age
from proda_core.simulation.globe import GlobalModel, Outcome, chunks
from proda_core.simulation.transient import Transient
from proda_core.simulation.world import World

FloatArray = npt.NDArray[np.float64]


def run(
    world: World,
    change: Scenario | Experiment | None = None,
    progress: Callable[[float], None] | None = None,
    with_pools: bool = False,
    with_ages: bool = False,
) -> xr.Dataset:
    """Run the model on the globe.

    Args:
        world: forcing, parameters and land.
        change: a scenario, or an experiment whose target is resolved; by default the baseline.
        progress: called with the fraction done.
        with_pools: whether to keep the carbon of every pool and layer as well, some 70 MB for the half-degree globe.
        with_ages: whether to tell how old the carbon is and how long it stays.

    Returns:
        SOC [kg m-2] (depth, cell), every mechanism and residence time (cell,), global stock [Pg] (depth,), stocks by latitude
        band and by each division in ``world.regions`` [Pg] (depth, band or division), and where the cells are; with retrieved
        parameters ``soc_sd``, ``global_stock_sd`` and ``<mechanism>_sd``, the spread of the ensemble without any change, and
        ``dissimilarity``; on request pools [g m-3] (cell, pool, layer), age of soil organic carbon [yr] (depth, cell) and
        transit time [yr] (cell,); CF attributes throughout.
    """
    model = GlobalModel(world)
    if progress:
        progress(0.5)
    outcome = model.respond(change or Scenario(), mechanisms.UNITS)
    dataset = _to_dataset(outcome, world)
    if world.retrieved is not None:
        dataset = dataset.assign(_spread(world.retrieved))
    if with_pools:
        dataset["pools"] = _pools(model, change)
    if with_ages:
        dataset = dataset.assign(_ages(model, change))
    if isinstance(change, Experiment):
        dataset = dataset.assign_attrs(words(change, model))
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


def words(experiment: Experiment, model: GlobalModel) -> dict[str, str | float]:
    """What an experiment says of itself, and how far the model could follow, as attributes of a dataset."""
    return {
        "scenario": experiment.key,
        "scenario_name": experiment.name,
        "scenario_question": experiment.question,
        "scenario_source": experiment.source,
        "scenario_region": str(experiment.region) if experiment.region else "everywhere",
        "scenario_cue_per_degree": experiment.cue_per_degree,
        "scenario_cue_out_of_reach": model.out_of_reach(experiment),
        "scenario_extra_input": experiment.extra_input,
    }


def course(
    found: Transient, model: GlobalModel, experiment: Experiment | None = None, members: Sequence[Transient] = ()
) -> xr.Dataset:
    """A transient as a dataset.

    Args:
        found: what ``simulation.follow`` gave.
        model: the globe that it was followed on.
        experiment: what was changed, for the attributes.
        members: the same under the parameters of each member of an ensemble, at least two if any.

    Returns:
        ``stock`` [Pg] (time, depth), ``stock_in_balance`` [Pg] and ``half_way`` [yr] (depth,), ``carbon`` [Pg], ``respiration``
        and ``carbon_input`` [Pg yr-1] (time,); with a region the stocks in it, ``stock_in_region`` and
        ``stock_in_region_in_balance``; with members ``change_mean`` and ``change_sd`` [Pg] (time, depth), the same
        ``_in_balance``, and the stocks and ``half_way`` of each, ``..._by_member``; with every cell ``soc`` [kg m-2]
        (time, depth, cell) and where the cells are; CF attributes.
    """
    everywhere = "soil organic carbon above the depth, sum over the cells"
    rate = {"units": "Pg yr-1"}
    entering = np.concatenate([found.respiration[:1], np.full(len(found.years) - 1, found.carbon_input)])
    breathed = "respiration, mean over the years since the time before; at year 0 that of the balance before"
    data = {
        "stock": (("time", "depth"), found.soc, {"long_name": everywhere, "units": "Pg"}),
        "stock_in_balance": (("depth",), found.balance, {"long_name": f"{everywhere}, in the new balance", "units": "Pg"}),
        "carbon": (("time",), found.carbon, {"long_name": "carbon of all pools, litter and wood included", "units": "Pg"}),
        "respiration": (("time",), found.respiration, {"long_name": breathed, **rate}),
        "carbon_input": (("time",), entering, {"long_name": "plant carbon input since the time before", **rate}),
    }
    data |= {"half_way": (("depth",), found.years_until(0.5), _HALF_WAY), **_inside(found, everywhere), **_by_member(members)}
    coords = {"time": ("time", found.years, {"long_name": "years after the change", "units": "yr"}), "depth": _depth()}
    dataset = xr.Dataset(data, coords, {"Conventions": "CF-1.11", "title": "PRODA soil carbon after a change"})
    dataset.attrs |= {"parameters": model.parameter_source, "imbalance": max(way.imbalance for way in (found, *members))}
    if experiment:
        changes = {f"scenario_{f.name}": getattr(experiment.change, f.name) for f in fields(experiment.change)}
        dataset.attrs |= {**changes, **words(experiment, model)}
    if found.soc_cells is not None:
        meaning = {"long_name": "soil organic carbon above the depth", "units": "kg m-2"}
        dataset["soc"] = (("time", "depth", "cell"), found.soc_cells, meaning)
        for name in ("latitude", "longitude"):
            dataset.coords[name] = ("cell", getattr(model.land, name)[found.cells], variables.attributes(name))
    return dataset


_HALF_WAY = {"long_name": "when half of the change of the stock above the depth is done", "units": "yr"}


def _inside(found: Transient, meaning: str) -> dict[str, tuple[tuple[str, ...], FloatArray, dict[str, str]]]:
    """Stocks in the region of the experiment, as variables of a dataset; none where it has no region."""
    if found.soc_inside is None or found.balance_inside is None:
        return {}
    here = f"{meaning} of the region"
    return {
        "stock_in_region": (("time", "depth"), found.soc_inside, {"long_name": here, "units": "Pg"}),
        "stock_in_region_in_balance": (
            ("depth",),
            found.balance_inside,
            {"long_name": f"{here}, in the new balance", "units": "Pg"},
        ),
    }


def _by_member(members: Sequence[Transient]) -> dict[str, tuple[tuple[str, ...], FloatArray, dict[str, str]]]:
    """The courses of members, what they have in common and how far they differ, as variables of a dataset."""
    if not members:
        return {}
    stock, balance = np.stack([member.soc for member in members]), np.stack([member.balance for member in members])
    half = np.stack([member.years_until(0.5) for member in members])
    own = "of each member of the ensemble"
    found: dict[str, tuple[tuple[str, ...], FloatArray, dict[str, str]]] = {
        "stock_by_member": (
            ("member", "time", "depth"), stock, {"long_name": f"soil organic carbon above the depth, {own}", "units": "Pg"}
        ),
        "stock_in_balance_by_member": (
            ("member", "depth"), balance, {"long_name": f"the same in the new balance, {own}", "units": "Pg"}
        ),
        "half_way_by_member": (("member", "depth"), half, {**_HALF_WAY, "long_name": f"{_HALF_WAY['long_name']}, {own}"}),
    }  # fmt: skip
    for name, dims, change in (
        ("change", ("time", "depth"), stock - stock[:, :1]),
        ("change_in_balance", ("depth",), balance - stock[:, 0]),
    ):
        over = f"of the {name.replace('_', ' ')} of the stock over {len(members)} members"
        found[f"{name}_mean"] = (dims, change.mean(axis=0), {"long_name": f"mean {over}", "units": "Pg"})
        spread = {"long_name": f"sample standard deviation {over}", "units": "Pg"}
        found[f"{name}_sd"] = (dims, change.std(axis=0, ddof=1), spread)
    return found


def _depth() -> tuple[str, list[float], dict[str, str]]:
    bounds = [min(depth, float(LAYERS_CLM5.interface[LAYERS - 1])) for depth in STOCK_DEPTHS.values()]
    return "depth", bounds, {"long_name": "lower bound of the stock", "units": "m", "positive": "down"}


def _ages(
    model: GlobalModel, change: Scenario | Experiment | None
) -> dict[str, tuple[tuple[str, ...], FloatArray, dict[str, str]]]:
    """Ages and transit times in balance, as variables of a dataset."""
    found = carbon_age(model, change)
    since = "mean age of soil organic carbon above the depth since it entered as litter"
    stay = "mean time of carbon from entering as litter to being respired"
    return {
        "soc_age": (("depth", "cell"), found.soc_age, {"long_name": since, "units": "yr"}),
        "transit_time": (("cell",), found.transit_time, {"long_name": stay, "units": "yr"}),
        "global_soc_age": (("depth",), found.global_soc_age, {"long_name": f"{since}, all land", "units": "yr"}),
        "global_transit_time": ((), np.array(found.global_transit_time), {"long_name": f"{stay}, all land", "units": "yr"}),
    }


def _pools(model: GlobalModel, change: Scenario | Experiment | None) -> xr.DataArray:
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
        "depth": _depth(),
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
