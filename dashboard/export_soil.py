"""The soil of the chosen place as files: carbon of every pool with depth, and the carbon budget of its column."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from dashboard.engine import Answer, Engine, Profile
from dashboard.export import NothingThereError, provenance
from proda_core.grid import LAYERS, LAYERS_CLM5, POOLS
from proda_core.process.linear import TRANSFERS

STATES = ("baseline", "scenario")


def profile_dataset(engine: Engine, answer: Answer, address: str = "") -> xr.Dataset:
    """Every pool at the chosen place, baseline and scenario (pool, depth); :func:`profile_table` as NetCDF.

    Raises:
        NothingThereError: no place was chosen.
    """
    soil, place = _soil(answer)
    layers = LAYERS_CLM5
    down = {"standard_name": "depth", "units": "m", "positive": "down", "bounds": "depth_bounds"}
    bounds = np.column_stack([layers.top[:LAYERS], layers.interface[:LAYERS]])
    carbon = {
        f"carbon_{state}": (("pool", "depth"), pools, {"long_name": f"carbon per volume of soil, {state}", "units": "kg m-3"})
        for state, pools in zip(STATES, soil.pools, strict=True)
    }
    return xr.Dataset(
        {**carbon, "depth_bounds": (("depth", "bound"), bounds)},
        {
            "pool": ("pool", np.array(POOLS, dtype=str)),
            "depth": ("depth", layers.node[:LAYERS], down),
            "latitude": ((), soil.latitude, {"standard_name": "latitude", "units": "degrees_north"}),
            "longitude": ((), soil.longitude, {"standard_name": "longitude", "units": "degrees_east"}),
        },
        {**provenance(engine, answer, address), "title": f"Carbon with depth, {place}"},
    )


def profile_table(engine: Engine, answer: Answer, address: str = "") -> pd.DataFrame:
    """Every pool at the chosen place with depth, baseline and scenario.

    Raises:
        NothingThereError: no place was chosen.
    """
    soil, place = _soil(answer)
    layers = LAYERS_CLM5
    columns = {
        "node_depth_m": layers.node[:LAYERS],
        "layer_top_m": layers.top[:LAYERS],
        "layer_bottom_m": layers.interface[:LAYERS],
    }
    for label, pools in zip(STATES, soil.pools, strict=True):
        columns |= {f"{pool}_{label} [kg m-3]": pools[i] for i, pool in enumerate(POOLS)}
    table = pd.DataFrame(columns)
    table.attrs = {**provenance(engine, answer, address), "title": f"Carbon with depth, {place}"}
    return table


def _soil(answer: Answer) -> tuple[Profile, str]:
    """The soil at the chosen place, and where that is."""
    soil = answer.profile
    if soil is None:
        raise NothingThereError("expected a place for a profile, got none; click the map first")
    return soil, f"{soil.latitude:g} degrees north, {soil.longitude:g} degrees east"


def flows_table(engine: Engine, answer: Answer, address: str = "") -> pd.DataFrame:
    """The carbon budget of the chosen place: what each pool holds and what flows where, baseline and scenario.

    Raises:
        NothingThereError: no place was chosen.
    """
    soil, place = _soil(answer)
    budgets = soil.budgets
    parts = [("stock", pool, "", "kg m-2", [each.stock[i] for each in budgets]) for i, pool in enumerate(POOLS)]
    flow = "g m-2 yr-1"
    parts += [("input", "plants", pool, flow, [each.litter_input[i] for each in budgets]) for i, pool in enumerate(POOLS)]
    parts += [
        ("transfer", POOLS[donor], POOLS[receiver], flow, [each.transfer[i] for each in budgets])
        for i, (donor, receiver) in enumerate(TRANSFERS)
    ]
    parts += [("respiration", pool, "air", flow, [each.respired[i] for each in budgets]) for i, pool in enumerate(POOLS)]
    table = pd.DataFrame(
        [(*names, *values) for *names, values in parts], columns=["part", "from", "to", "unit", "baseline", "scenario"]
    )
    table.attrs = {**provenance(engine, answer, address), "title": f"Pools and flows of carbon in the column, {place}"}
    return table
