"""The raw fields of the source packages on the land cells: climate, elevation, land cover, greenness."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from proda_core.climate import land, sources
from proda_core.climate.regrid import SIZE, Edges, average, block_mean, regular_edges
from proda_core.grid import FloatArray, LandGrid

MISSING_BELOW = -0.5
"""Numbers below this mark missing pixels in the greenness files: NDVI reaches down to -0.2, fAPAR to 0."""

Progress = Callable[[float, str], None]
"""Called with the part done [1] and a few words on what comes next."""


@dataclass(frozen=True)
class Fields:
    """What the sources say about each land cell.

    Attributes:
        grid: the land cells.
        temperature: 2 m air temperature [degC] (cell, month).
        precipitation: precipitation [mm month-1] (cell, month).
        elevation: height above sea level [m] (cell,).
        cover: land-cover fractions of the soil-bearing land [1] by name (cell,).
        vegetation: ``ndvi_max``, ``ndvi_min``, ``fapar_max``, ``c4_fraction`` [1] (cell,).
    """

    grid: LandGrid
    temperature: FloatArray
    precipitation: FloatArray
    elevation: FloatArray
    cover: dict[str, FloatArray]
    vegetation: dict[str, FloatArray]


def gather(progress: Progress) -> Fields:
    """Read every source and average it onto the land cells.

    Args:
        progress: called between the steps.

    Raises:
        SourceError: a package is missing or its file is not as expected.
    """
    sources.check_installed()
    progress(0.0, "land cover")
    classes = sources.read_image(sources.LAND_COVER)
    fractions = land.class_fractions(classes)
    grid = land.land_grid(fractions)
    soil = (classes != land.WATER) & (classes != land.ICE)
    progress(0.15, "temperature and precipitation")
    temperature, precipitation = _climate(soil, grid)
    progress(0.35, "elevation and greenness")
    return Fields(
        grid=grid,
        temperature=temperature,
        precipitation=precipitation,
        elevation=_elevation(soil, grid),
        cover=land.cover_of_land(fractions, grid),
        vegetation=_vegetation(soil, grid),
    )


def _at_cells(field: FloatArray, grid: LandGrid) -> FloatArray:
    """Values at the land cells, (..., row, column) -> (cell, ...)."""
    return np.moveaxis(field[..., grid.row, grid.column], -1, 0)


def _soil_fraction(soil: np.ndarray, target: Edges) -> FloatArray:
    """Soil-bearing fraction [1] of the cells of another grid; longitudes may wrap by one cell at either end."""
    fine = regular_edges(SIZE / land.PIXELS_PER_CELL)
    fraction = np.nan_to_num(average(soil, fine, target))
    fraction[:, 0] = fraction[:, -1] = (fraction[:, 0] + fraction[:, -1]) / 2
    return fraction


def _climate(soil: np.ndarray, grid: LandGrid) -> tuple[FloatArray, FloatArray]:
    """Air temperature [degC] and precipitation [mm month-1] over the soil-bearing part of each cell (cell, month)."""
    temperature, precipitation, edges = sources.read_era5()
    weight = _soil_fraction(soil, edges) + 1e-3  # the offset serves small islands that ERA5's nodes miss
    target = regular_edges(SIZE)
    averaged = (average(field, edges, target, weight) for field in (temperature, precipitation))
    first, second = (_at_cells(field, grid) for field in averaged)
    return first, second


def _elevation(soil: np.ndarray, grid: LandGrid) -> FloatArray:
    height, edges = sources.read_elevation()
    weight = _soil_fraction(soil, edges) + 1e-3
    return _at_cells(average(height, edges, regular_edges(SIZE), weight), grid)


def _vegetation(soil: np.ndarray, grid: LandGrid) -> dict[str, FloatArray]:
    """Greenness over the soil-bearing pixels of each cell [1] (cell,); no valid pixel counts as no vegetation."""
    c4 = average(sources.read_image(sources.C4_FRACTION), regular_edges(1.0), regular_edges(SIZE)) / 100.0
    return {
        "ndvi_max": _greenness(sources.NDVI_MAXIMUM, 1.0, soil, grid),
        "ndvi_min": _greenness(sources.NDVI_MINIMUM, 1.0, soil, grid),
        "fapar_max": _greenness(sources.FAPAR_MAXIMUM, 1e-4, soil, grid),
        "c4_fraction": np.clip(_at_cells(c4, grid), 0.0, 1.0),
    }


def _greenness(source: sources.Source, unit: float, soil: np.ndarray, grid: LandGrid) -> FloatArray:
    """Mean over the valid soil-bearing pixels, within 0..1 (cell,); ``unit`` turns the file's numbers into fractions."""
    image = sources.read_image(source)
    valid = soil & (image > MISSING_BELOW)  # false for NaN as well
    total = block_mean(np.where(valid, image, 0), land.PIXELS_PER_CELL) * unit
    share = block_mean(valid, land.PIXELS_PER_CELL)
    mean = np.divide(total, share, out=np.zeros_like(total), where=share > 0)
    return np.clip(_at_cells(mean, grid), 0.0, 1.0)
