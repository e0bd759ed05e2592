"""A visitor's own forcing: how it is held, and what the model says under it beside what the page says.

It is one visitor's alone: held in the memory of the session, in no cache that visitors share, and gone with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from dashboard import aside, export
from dashboard.engine import Engine
from dashboard.language import mark
from proda_core import variables
from proda_core.constants import GRAMS_PER_KILOGRAM, GRAMS_PER_PETAGRAM
from proda_core.grid import STOCK_DEPTHS, LandGrid
from proda_core.scenario import Scenario
from proda_core.scenarios import Experiment
from proda_core.simulation import Given

FloatArray = npt.NDArray[np.float64]

EXAMPLE_FILE = "proda-example-forcing.nc"
EXAMPLE_BOX = (50.0, 65.0, 10.0, 40.0)
"""South, north, west and east of the example [degrees]."""

WARMER = 2.0
"""How much warmer the soil of the example is [K]."""

EXAMPLE_TITLE = mark("Made up: this page's own forcing from 50° to 65° N and 10° to 40° E, all soil 2 °C warmer")


@dataclass(frozen=True)
class Forced:
    """A visitor's forcing.

    Attributes:
        name: of the file.
        given: what it says, checked.
    """

    name: str
    given: Given


class Comparison(NamedTuple):
    """Soil organic carbon above each depth in the cells that the forcing covers [kg m-2] (depth, cell).

    Attributes:
        forced: the forcing.
        change: what was changed.
        page: baseline and scenario under the page's forcing.
        yours: the same under the visitor's.
    """

    forced: Forced
    change: Scenario | Experiment
    page: tuple[FloatArray, FloatArray]
    yours: tuple[FloatArray, FloatArray]

    @property
    def moved(self) -> bool:
        """Whether anything was changed."""
        return not _unchanged(self.change)


def _unchanged(change: Scenario | Experiment) -> bool:
    return isinstance(change, Scenario) and change.is_baseline


def hold(name: str, folder: Path, land: LandGrid, told: dict[str, Any]) -> Forced:
    """Take in what ``dashboard.aside`` read.

    Args:
        name: of the file.
        folder: where the forcing is.
        land: the model's land.
        told: names, counts and title.

    Raises:
        ValueError: cells that the land does not have.
    """
    with np.load(folder / aside.GIVEN, allow_pickle=False) as held:
        fields = {key: held[key] for key in held.files}
    cells, row = fields.pop("cells"), fields.pop("row")
    if len(cells) and not 0 <= int(cells.min()) <= int(cells.max()) < len(land.latitude):
        raise ValueError(f"expected cells of the model's land in {name}, got others; read it again")
    said = told["forcing"]
    names = {str(ours): str(theirs) for ours, theirs in said["names"].items()}
    counts = {str(what): int(count) for what, count in said["counts"].items()}
    return Forced(name, Given(fields, cells, row, names, counts, str(said["title"])))


def compare(engine: Engine, forced: Forced, change: Scenario | Experiment, known: Comparison | None = None) -> Comparison:
    """The model in the cells that a forcing covers, under it and as on the page.

    Args:
        engine: the model.
        forced: the forcing.
        change: what was changed.
        known: another comparison of the same forcing, whose baseline is used again.
    """
    cells = forced.given.cells
    before = engine.under(forced.given, Scenario()) if known is None else known.yours[0]
    page = engine.baseline.soc[:, cells]
    if _unchanged(change):
        return Comparison(forced, change, (page, page), (before, before))
    return Comparison(forced, change, (page, engine.outcome(change).soc[:, cells]), (before, engine.under(forced.given, change)))


def stocks(comparison: Comparison, land: LandGrid) -> FloatArray:
    """Stocks summed over the covered cells [Pg]: baseline and scenario, page and yours, by depth (2, 2, depth)."""
    area = land.area[comparison.forced.given.cells]
    held = np.array([comparison.page, comparison.yours]).swapaxes(0, 1)
    found: FloatArray = held @ area * (GRAMS_PER_KILOGRAM / GRAMS_PER_PETAGRAM)
    return found


def as_table(comparison: Comparison, land: LandGrid) -> pd.DataFrame:
    """Stocks above each depth in every covered cell."""
    cells = comparison.forced.given.cells
    columns: dict[str, Any] = {
        "cell": cells,
        "latitude": land.latitude[cells],
        "longitude": land.longitude[cells],
        "land_area [m2]": np.round(land.area[cells]),
    }
    for i, depth in enumerate(STOCK_DEPTHS):
        for side, of in (("page", comparison.page), ("yours", comparison.yours)):
            for when, soc in zip(("baseline", "scenario"), of, strict=True):
                columns[f"soc_{depth}_{side}_{when} [kg m-2]"] = soc[i]
    return pd.DataFrame(columns)


def example(engine: Engine) -> xr.Dataset:
    """A small made-up file: the page's own forcing of a region, its soil warmer; a regular grid, NaN where there is no land."""
    land = engine.model.land
    south, north, west, east = EXAMPLE_BOX
    latitude, longitude = (np.arange(low + land.size / 2, high, land.size) for low, high in ((south, north), (west, east)))
    inside = (land.latitude > south) & (land.latitude < north) & (land.longitude > west) & (land.longitude < east)
    cells = np.flatnonzero(inside)
    at = tuple(np.rint((where[cells] - axis[0]) / land.size).astype(int)
               for where, axis in ((land.latitude, latitude), (land.longitude, longitude)))  # fmt: skip
    forcing, over = engine.model.forcing(cells), ("latitude", "longitude")
    data: dict[str, Any] = {}
    for name in variables.FORCING:
        values = getattr(forcing, name).numpy()
        grid = np.full((len(latitude), len(longitude), *values.shape[1:]), np.nan, dtype=np.float32)
        grid[at] = values + (WARMER if name == "soil_temperature" else 0.0)
        data[name] = ((*over, *variables.VARIABLES[name].dims[1:]), grid, variables.attributes(name))
    axes = {name: (name, axis, variables.attributes(name)) for name, axis in zip(over, (latitude, longitude), strict=True)}
    return xr.Dataset(data, axes, {"Conventions": "CF-1.11", "title": EXAMPLE_TITLE})


@lru_cache(1)
def example_file(engine: Engine) -> bytes:
    """The example as the bytes of a NetCDF-4 file."""
    return export.as_netcdf(example(engine))
