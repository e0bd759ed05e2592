"""The numbers of ``data/README.md``: run ``python -m proda_core.climate.report [climate.nc]``."""

from __future__ import annotations

import json
import sys
from importlib import resources
from pathlib import Path

import numpy as np
import xarray as xr

from proda_core.climate.artefact import default_path, load, load_predictors
from proda_core.climate.koppen import ZONES
from proda_core.climate.litter import SOFT_LITTER
from proda_core.climate.schema import LITTERS
from proda_core.climate.soil_temperature import COLUMN_DEPTH
from proda_core.constants import FREEZING, GRAMS_PER_PETAGRAM
from proda_core.grid import FloatArray, LandGrid
from proda_core.store import checksum

NEAR_SURFACE = 3.0
"""Near-surface permafrost: cells whose active layer is thinner than this [m]."""

PLACES: dict[str, tuple[float, float]] = {
    "central Sahara": (23.25, 5.25),
    "central Amazon": (-3.25, -60.25),
    "Congo basin": (0.25, 22.25),
    "central Europe": (50.25, 10.25),
    "West Siberian wetland": (61.25, 74.25),
    "Yakutsk": (62.25, 129.75),
    "Tiksi": (71.25, 128.75),
}
"""Places whose values are printed: latitude, longitude."""


def describe(path: Path) -> str:
    """All numbers as text, one a line."""
    forcing, predictors = load(path), load_predictors(path)
    land = LandGrid(forcing["latitude"].values, forcing["longitude"].values, forcing["land_fraction"].values)
    parts = (
        _file(path),
        _land(land),
        _temperature(forcing, predictors, land.area),
        _water(forcing, predictors, land.area),
        _plants(forcing, land.area),
        _regression(),
        _koppen(predictors, land.area),
        _places(forcing, predictors, land),
    )
    return "\n".join(line for part in parts for line in part)


def _mean(values: FloatArray, area: FloatArray) -> float:
    return float(np.average(values, weights=area))


def _file(path: Path) -> list[str]:
    return [f"file: {path.stat().st_size} bytes, sha256 {checksum(path)}"]


def _land(land: LandGrid) -> list[str]:
    return [f"land: {len(land.area)} cells, {land.area.sum() / 1e12:.1f} million km2 without water and permanent ice"]


def _temperature(forcing: xr.Dataset, predictors: xr.Dataset, area: FloatArray) -> list[str]:
    thaw = forcing["active_layer"].values
    soil = forcing["soil_temperature"].values[:, :8].mean(axis=(1, 2)) - FREEZING
    frozen = {depth: area[thaw < depth].sum() / 1e12 for depth in (1.0, 2.0, NEAR_SURFACE, COLUMN_DEPTH - 0.01)}
    air = _mean(predictors["bio1"].values, area)
    return [
        f"mean temperature: air {air:.2f} degC; soil, nodes of the top 0.9 m, {_mean(soil, area):.2f} degC",
        "permafrost [million km2]: " + ", ".join(f"thaw < {depth:.2f} m: {size:.1f}" for depth, size in frozen.items()),
        f"cells that never thaw (active layer 0): {int((thaw == 0).sum())}; at the floor of 0.1 m: {int((thaw == 0.1).sum())}",
    ]


def _water(forcing: xr.Dataset, predictors: xr.Dataset, area: FloatArray) -> list[str]:
    water = forcing["water_scalar"].values
    oxygen = forcing["oxygen_scalar"].values
    year = water[:, 2].mean(axis=1)
    limited = int((oxygen.mean(axis=(1, 2)) < 0.9).sum())
    quantiles = np.quantile(year, [0.05, 0.25, 0.5, 0.75, 0.95])
    flux = float(predictors["actual_evapotranspiration"].values @ area) / 1e15
    rain = float(predictors["bio12"].values @ area) / 1e15
    return [
        f"precipitation {rain:.1f} and evapotranspiration {flux:.1f} thousand km3 yr-1",
        f"water scalar at 0.09 m, annual mean: {_mean(year, area):.3f}; 5/25/50/75/95 % of cells: "
        + " ".join(f"{quantile:.2f}" for quantile in quantiles),
        f"water scalar of all layers and months: {water.min():.3f}..{water.max():.3f}, mean {water.mean():.3f}",
        f"oxygen scalar: {oxygen.min():.2f}..{oxygen.max():.2f}, mean {oxygen.mean():.4f}; below 0.9 in {limited} cells",
    ]


def _plants(forcing: xr.Dataset, area: FloatArray) -> list[str]:
    totals = forcing["litter_input"].values.T @ area / GRAMS_PER_PETAGRAM
    shares = ", ".join(f"{name} {100 * part / totals.sum():.1f} %" for name, part in zip(LITTERS, totals, strict=True))
    soft = " : ".join(f"{part:g}" for part in SOFT_LITTER)
    return [f"plant input {totals.sum():.2f} PgC yr-1: {shares} (leaf and fine-root litter {soft})"]


def _regression() -> list[str]:
    table = json.loads(resources.files("proda_core.climate").joinpath("npp_coefficients.json").read_text(encoding="utf-8"))
    return [
        f"NPP regression, {name}: " + ", ".join(f"{key} {value:g}" for key, value in row.items())
        for name, row in table["skill"].items()
    ]


def _koppen(predictors: xr.Dataset, area: FloatArray) -> list[str]:
    share = np.bincount(predictors["koppen"].values, weights=area, minlength=len(ZONES) + 1)[1:] / area.sum()
    return ["Koppen zones [% of land]: " + ", ".join(f"{zone} {100 * part:.1f}" for zone, part in zip(ZONES, share, strict=True))]


def _places(forcing: xr.Dataset, predictors: xr.Dataset, land: LandGrid) -> list[str]:
    lines = []
    for name, (latitude, longitude) in PLACES.items():
        cell = land.nearest(latitude, longitude)
        soil = forcing["soil_temperature"].values[cell, 8].mean() - FREEZING
        lines.append(
            f"{name}: {ZONES[int(predictors['koppen'].values[cell]) - 1]}, air {predictors['bio1'].values[cell]:.1f} degC, "
            f"soil at 1.06 m {soil:.1f} degC, active layer {forcing['active_layer'].values[cell]:.2f} m, "
            f"rain {predictors['bio12'].values[cell]:.0f} mm, "
            f"water scalar at 0.09 m {forcing['water_scalar'].values[cell, 2].mean():.2f}, "
            f"oxygen {forcing['oxygen_scalar'].values[cell].mean():.2f}, input {predictors['npp'].values[cell]:.0f} gC m-2 yr-1"
        )
    return lines


if __name__ == "__main__":
    sys.stdout.write(describe(Path(sys.argv[1]) if len(sys.argv) > 1 else default_path()) + "\n")
