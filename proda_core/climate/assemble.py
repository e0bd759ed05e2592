"""From the source packages to ``climate.nc``: gather, derive, put together, write."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from proda_core.climate import artefact, schema, sources
from proda_core.climate.derive import SoilClimate, derive, growing_climate
from proda_core.climate.gather import Fields, Progress, gather
from proda_core.climate.koppen import koppen_code
from proda_core.climate.land import woody_cover
from proda_core.climate.litter import litter_input
from proda_core.climate.npp import load_regression, predict, scale_to_total
from proda_core.grid import FloatArray


def build(out: Path, *, progress: Progress | None = None) -> xr.Dataset:
    """Make the climate file from the installed source packages.

    Args:
        out: where the file goes; replaced only when the new one is whole.
        progress: called with the part done [1] and what comes next.

    Returns:
        the stored variables in physical units, before packing.

    Raises:
        SourceError: a source package is missing; the message names it and how to install it.
    """
    report = progress or (lambda part, words: None)
    fields = gather(report)
    report(0.6, "snow, thaw and soil water")
    soil = derive(fields)
    report(0.9, "plant input and writing")
    dataset = assemble(fields, soil)
    artefact.write(dataset, out)
    report(1.0, "done")
    return dataset


def production(fields: Fields, soil: SoilClimate) -> tuple[FloatArray, float]:
    """Net primary production scaled to the global total [gC m-2 yr-1] (cell,), and the total before [PgC yr-1]."""
    raw = predict(growing_climate(fields, soil), fields.vegetation, load_regression())
    return scale_to_total(raw, fields.grid.area)


def assemble(fields: Fields, soil: SoilClimate) -> xr.Dataset:
    """The stored variables in physical units, with their CF attributes."""
    input_, before = production(fields, soil)
    tree, shrub = woody_cover(fields.cover)
    values: dict[str, np.ndarray] = {
        "latitude": fields.grid.latitude,
        "longitude": fields.grid.longitude,
        "land_fraction": fields.grid.land_fraction,
        "air_temperature": fields.temperature,
        "precipitation": fields.precipitation,
        "surface_temperature": soil.surface,
        "wetness": soil.wetness,
        "active_layer": soil.thaw,
        "litter_input": litter_input(input_, tree, shrub),
        "snow_water_max": soil.snow_water.max(axis=1),
        "potential_evapotranspiration": soil.potential.sum(axis=1),
        "actual_evapotranspiration": soil.actual.sum(axis=1),
        "elevation": fields.elevation,
        "koppen": koppen_code(fields.temperature, fields.precipitation),
        **fields.vegetation,
        **{f"cover_{name}": part for name, part in fields.cover.items()},
    }
    dataset = xr.Dataset(
        {name: (row.dims, values[name], row.attributes()) for name, row in schema.STORED.items()}, attrs=_attributes(before)
    )
    dataset["koppen"].attrs["flag_values"] = np.array(schema.KOPPEN_FLAGS["flag_values"], dtype=np.uint8)
    dataset["koppen"].attrs["flag_meanings"] = str(schema.KOPPEN_FLAGS["flag_meanings"])
    return dataset


def _attributes(production_before: float) -> dict[str, str | float]:
    """Global attributes of the file; no date, so that the same sources give the same bytes."""
    return {
        "Conventions": "CF-1.11",
        "title": "Default forcing and predictors of PRODA Explorer on half-degree land cells",
        "source": "; ".join(source.label for source in sources.ALL),
        "license": "; ".join(dict.fromkeys(source.licence for source in sources.ALL)),
        "comment": "Cells run row by row from south to north, each row from 180 degrees west. Made by: proda climate build",
        "npp_before_scaling_PgC_per_year": round(production_before, 3),
        schema.SCHEMA_ATTRIBUTE: schema.SCHEMA_VERSION,
    }
