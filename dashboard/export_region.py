"""The chosen region as files, or all land where none is chosen: its stocks, and the carbon of its cells above every depth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from dashboard.engine import Answer, Engine
from dashboard.export import axes, on_grid, provenance
from proda_core.grid import STOCK_DEPTHS

OVER = ("above", "latitude", "longitude")


def region_dataset(engine: Engine, answer: Answer, address: str = "") -> xr.Dataset:
    """Carbon of the cells of the region, baseline and scenario (above, latitude, longitude), and its stocks (above,)."""
    land, inside = engine.model.land, _inside(engine, answer)
    held: dict[str, tuple[tuple[str, ...], np.ndarray, dict[str, Any]]] = {}
    area = {"long_name": "land area of the cell", "units": "m2"}
    for state, outcome, stocks in zip(("baseline", "scenario"), (answer.baseline, answer.outcome), answer.stocks, strict=True):
        cells = on_grid(land, np.where(inside, outcome.soc, np.nan)).astype(np.float32)
        about = {"long_name": f"soil organic carbon, {state}", "units": "kg m-2", "cell_measures": "area: land_area"}
        held[f"soc_{state}"] = (OVER, cells, {**about, "_FillValue": np.float32(np.nan)})
        held[f"stock_{state}"] = (("above",), stocks, {"long_name": f"carbon in the soils of the region, {state}", "units": "Pg"})
    held["land_area"] = (OVER[1:], on_grid(land, np.where(inside, land.area, np.nan)), area)
    depths = {"long_name": "depth that carbon is counted to; full is the whole column"}
    above = ("above", np.array(list(STOCK_DEPTHS), dtype=str), depths)
    return xr.Dataset(held, {"above": above, **axes(land)}, _said(engine, answer, address))


def region_table(engine: Engine, answer: Answer, address: str = "") -> pd.DataFrame:
    """Stocks of the region above each depth, baseline and scenario; its ``attrs`` say which region."""
    before, after = answer.stocks
    inside = _inside(engine, answer)
    table = pd.DataFrame(
        {
            "above": list(STOCK_DEPTHS),
            "land_area [m2]": np.full(len(STOCK_DEPTHS), engine.model.land.area[inside].sum()),
            "baseline [Pg]": before,
            "scenario [Pg]": after,
            "change [Pg]": after - before,
            "change [%]": 100 * (after / before - 1),
        }
    )
    table.attrs = _said(engine, answer, address)
    return table


def _inside(engine: Engine, answer: Answer) -> np.ndarray:
    """Whether each cell lies in the region (cell,)."""
    return np.ones(len(engine.model), dtype=bool) if answer.part is None else answer.part.inside


def _said(engine: Engine, answer: Answer, address: str) -> dict[str, str]:
    region = answer.choice.region
    where = "all land" if region is None else str(region)
    return {**provenance(engine, answer, address), "title": f"Soil organic carbon of {where}", "region": where}
