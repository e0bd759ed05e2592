"""What a page shows as a file for others to compute with: NetCDF with CF metadata, or a table, each with where it comes from.

The map is here, with what all files share; ``export_soil`` has the soil of a place, ``export_region`` the stocks of a region.
"""

from __future__ import annotations

import io
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from dashboard import takeaway
from dashboard.catalogue import MAPS
from dashboard.dress import dress
from dashboard.engine import Answer, Engine
from dashboard.words import plain
from proda_core.grid import LandGrid
from proda_core.scenario import LIMITS, Scenario

SUPERSCRIPTS = str.maketrans("⁰¹²³⁻", "0123-")


class NothingThereError(LookupError):
    """There is nothing of the kind that was asked for."""


def map_dataset(engine: Engine, answer: Answer, address: str = "") -> xr.Dataset:
    """The map of an answer on the half-degree grid.

    Args:
        engine: the model.
        answer: what is shown.
        address: link to the page, for the record.

    Returns:
        the values (latitude, longitude), NaN where there is no value, and the land area of each cell.
    """
    choice, land = answer.choice, engine.model.land
    worn = dress(engine, answer)
    name = choice.variable if not worn.kind else f"{choice.variable}_{engine.view(choice)}"
    over = ("latitude", "longitude")
    values = on_grid(land, engine.map_values(answer)).astype(np.float32)
    area = on_grid(land, land.area)
    about = {"long_name": worn.title.rpartition(" [")[0], "units": udunits(worn.unit), "comment": MAPS[choice.variable].about}
    known = {key: text for key, text in about.items() if text}
    return xr.Dataset(
        {
            name: (over, values, {**known, "cell_measures": "area: land_area", "_FillValue": np.float32(np.nan)}),
            "land_area": (over, area, {"long_name": "land area of the cell", "units": "m2"}),
        },
        axes(land),
        provenance(engine, answer, address),
    )


def axes(land: LandGrid) -> dict[str, Any]:
    """Coordinates of the full grid."""
    rows, columns = land.shape
    return {
        "latitude": ("latitude", -90 + land.size * (np.arange(rows) + 0.5), _axis("latitude", "degrees_north")),
        "longitude": ("longitude", -180 + land.size * (np.arange(columns) + 0.5), _axis("longitude", "degrees_east")),
    }


def on_grid(land: LandGrid, values: np.ndarray) -> np.ndarray:
    """Cell values (..., cell) on the full grid, NaN elsewhere (..., latitude, longitude)."""
    grid = np.full((*values.shape[:-1], *land.shape), np.nan)
    grid[..., land.row, land.column] = values
    return grid


def _axis(name: str, units: str) -> dict[str, str]:
    return {"standard_name": name, "units": units}


def udunits(unit: str) -> str:
    """A unit as UDUNITS writes it.

    >>> udunits("kg C m⁻²"), udunits("°C"), udunits("1"), udunits("%")
    ('kg m-2', 'degC', '1', '%')
    """
    plainly = unit.translate(SUPERSCRIPTS).replace("°C", "degC").replace(" C ", " ")
    return "1" if plainly.startswith("per ") else plainly


def provenance(engine: Engine, answer: Answer, address: str) -> dict[str, str]:
    """Where the numbers of a file come from, as CF attributes."""
    found = {
        "Conventions": "CF-1.11",
        "title": dress(engine, answer).title,
        "source": f"CLM5 soil carbon model, steady state. {engine.model.parameter_source}",
        "institution": "PRODA Explorer developers",
        "model_version": engine.version,
        "scenario": described(answer.choice.scenario),
        **({"scenario_region": str(answer.choice.region)} if answer.choice.region is not None and answer.choice.within else {}),
        "history": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} PRODA Explorer, model and maps {engine.version}",
        "references": takeaway.citation(answer.choice, engine, address),
        "python": takeaway.python(answer.choice),
        "comment": "Climate and soil forcing are derived from ERA5 and satellite vegetation, not from a CLM5 run.",
    }
    if engine.ensemble is not None:
        found["license"] = engine.ensemble.licence
    return found


def described(scenario: Scenario) -> str:
    """A scenario as text.

    >>> described(Scenario(cue=0.01, warming=-1)), described(Scenario())
    ('cue=0.01 warming=-1', 'baseline')
    """
    names = (*LIMITS, *(id_ for id_, _ in scenario.parameters))
    changes = [f"{name}={plain(value).replace('−', '-')}" for name in names if (value := scenario.value(name))]
    return " ".join(changes) or "baseline"


def map_table(engine: Engine, answer: Answer, address: str = "") -> pd.DataFrame:
    """The map of an answer as a table, a land cell with a value each; its ``attrs`` say where it comes from."""
    data = map_dataset(engine, answer, address)
    name = next(iter(data.data_vars))
    land, values = engine.model.land, engine.map_values(answer)
    units = data[name].attrs["units"]
    table = pd.DataFrame(
        {
            "latitude_degrees_north": land.latitude,
            "longitude_degrees_east": land.longitude,
            "land_area_m2": np.round(land.area),
            f"{name} [{units}]": values.astype(np.float32),
        }
    )
    table.attrs = {key: str(value) for key, value in data.attrs.items()}
    return table.dropna().reset_index(drop=True)


def as_netcdf(data: xr.Dataset) -> bytes:
    """A dataset as the bytes of a NetCDF-4 file."""
    encoding = {str(name): {"zlib": True, "complevel": 4} for name in data.data_vars}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.nc"
        data.to_netcdf(path, engine="netcdf4", encoding=encoding)
        return path.read_bytes()


def as_csv(table: pd.DataFrame) -> bytes:
    """A table as CSV; lines that begin with ``#`` say where it comes from."""
    said = [f"# {key}: {line}" for key, text in table.attrs.items() for line in text.splitlines()]
    held = io.StringIO()
    held.write("\n".join(said) + "\n")
    table.to_csv(held, index=False, float_format="%.7g")
    return held.getvalue().encode()
