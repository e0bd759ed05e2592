"""Predictors that a user adds: every variable of a NetCDF file on latitude and longitude, read at the centres of the land cells.

A cell takes the value at the nearest point of the file's grid, if that point is within :data:`REACH` spacings of the grid in
latitude and in longitude: half a cell of it, and a little for grids that are not quite regular.  So a map of one region says
nothing of others.  Where there is no value, the median of the others stands in, which is counted and told; a variable that would
be made up on more than half of the land is refused.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import xarray as xr

from proda_core.grid import LandGrid

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

REACH = 0.55
"""How far the nearest point of a grid may be from the centre of a cell, in spacings of the grid."""

LEAST_LAND = 0.5
"""Part of the land area on which a variable must have values [1]."""


def of_user(path: Path, land: LandGrid) -> xr.Dataset:
    """Further predictors from a NetCDF file.

    Args:
        path: NetCDF with one-dimensional coordinates named latitude/lat and longitude/lon [degrees], on any grid, longitudes
            from -180 or from 0.
        land: the land cells.

    Returns:
        one variable (cell,) each, finite, with the attributes ``filled``, the number of cells that had no value, and
        ``filled_share``, their part of the land area [1].

    Raises:
        FileNotFoundError: no such file.
        ValueError: no such coordinates, no numbers on them, or values on too little of the land.
    """
    if not path.is_file():
        raise FileNotFoundError(f"expected a NetCDF file of predictors at {path}, got none; check --predictors")
    with xr.open_dataset(path, decode_times=False) as data:
        names = {short: long for short, long in (("lat", "latitude"), ("lon", "longitude")) if short in data.dims}
        grid = data.rename(names)
        fields = _fields(grid, path).load()
    row, in_row = _nearest(_degrees(grid, "latitude", 90.0, path), land.latitude, path)
    column, in_column = _nearest(_degrees(grid, "longitude", 360.0, path), land.longitude, path, around=360.0)
    within = in_row & in_column
    found = {}
    for name, field in fields.items():
        values = field.transpose("latitude", "longitude").values.astype(np.float64)[row, column]
        found[name] = _filled(str(name), np.where(within, values, np.nan), land, path).assign_attrs(field.attrs)
    return xr.Dataset(found)


def _fields(grid: xr.Dataset, path: Path) -> xr.Dataset:
    """The variables on latitude and longitude, all of them numbers."""
    if not {"latitude", "longitude"} <= set(grid.dims):
        raise ValueError(
            f"expected dimensions latitude and longitude in {path}, got {', '.join(map(str, grid.dims))}; rename them"
        )
    names = [name for name, values in grid.items() if set(values.dims) == {"latitude", "longitude"}]
    if not names:
        got = ", ".join(map(str, grid)) or "none"
        raise ValueError(f"expected a variable on latitude and longitude in {path}, got {got}; drop other dimensions")
    for name in names:
        if grid[name].dtype.kind not in "fiub":
            raise ValueError(f"expected numbers in {name} of {path}, got {grid[name].dtype}; leave it out of the file")
    return grid[names]


def _degrees(grid: xr.Dataset, name: str, limit: float, path: Path) -> FloatArray:
    """A coordinate [degrees], checked."""
    if name not in grid.coords:
        raise ValueError(f"expected the coordinate {name} in {path}, got a dimension without one; add it in degrees")
    values = np.asarray(grid[name].values)
    if values.dtype.kind not in "fiu" or not (np.abs(values) <= limit).all():  # also catches NaN
        raise ValueError(f"expected {name} within {-limit:g}..{limit:g} degrees in {path}, got others; give them in degrees")
    return values.astype(np.float64)


def _nearest(points: FloatArray, wanted: FloatArray, path: Path, around: float = 0.0) -> tuple[IntArray, npt.NDArray[np.bool_]]:
    """Position of the nearest point along an axis, and whether it is within :data:`REACH`.

    Args:
        points: of the file, in any order; of points that coincide the first counts.
        wanted: what to look up.
        path: the file, for errors.
        around: after how many degrees the axis comes back to itself; 0 for never.
    """
    known, index = np.unique((points + 180.0) % around - 180.0 if around else points, return_index=True)
    if len(known) < 2:
        raise ValueError(f"expected a grid of at least two latitudes and two longitudes in {path}, got one; give a map")
    spacing = float(np.median(np.diff(known)))
    if around:
        known, index = np.concatenate([known - around, known, known + around]), np.tile(index, 3)
    right = np.searchsorted(known, wanted).clip(1, len(known) - 1)
    nearest = right - (wanted - known[right - 1] <= known[right] - wanted)
    return index[nearest], np.abs(known[nearest] - wanted) <= REACH * spacing


def _filled(name: str, values: FloatArray, land: LandGrid, path: Path) -> xr.DataArray:
    missing = ~np.isfinite(values)
    share = float(land.area[missing].sum() / land.area.sum())
    if missing.all() or share > 1.0 - LEAST_LAND:
        raise ValueError(
            f"expected values of {name} on at least {100 * LEAST_LAND:g} % of the land in {path}, got them on "
            f"{100 * (1 - share):.3g} %; a map of one region cannot tell of the world: extend it, or leave it out"
        )
    filled = np.where(missing, np.median(values[~missing]), values)
    return xr.DataArray(filled, dims="cell", attrs={"filled": int(missing.sum()), "filled_share": share})
