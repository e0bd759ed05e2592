"""Land, ice and vegetation cover from the MODIS IGBP map: which half-degree cells there are and what grows in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from proda_core.climate.regrid import SIZE, block_mean
from proda_core.grid import FloatArray, LandGrid

PIXELS_PER_CELL = 10
"""0.05 degree pixels along the edge of a half-degree cell."""

WATER, ICE = 0, 15
"""IGBP codes that carry no soil."""

LEAST_LAND = 0.05
"""Cells with a smaller soil-bearing fraction are left out [1]."""

SOUTHERN_LIMIT = -60.0
"""Antarctica, south of this latitude, is left out [degrees north]."""


@dataclass(frozen=True)
class Cover:
    """One IGBP class.

    Attributes:
        code: IGBP number.
        name: name in datasets.
        meaning: IGBP name.
        tree: tree cover [1]: middle of the class's defining range.
        shrub: shrub cover [1].
    """

    code: int
    name: str
    meaning: str
    tree: float = 0.0
    shrub: float = 0.0


COVERS: tuple[Cover, ...] = (
    Cover(1, "evergreen_needleleaf", "evergreen needleleaf forest", tree=0.8),
    Cover(2, "evergreen_broadleaf", "evergreen broadleaf forest", tree=0.8),
    Cover(3, "deciduous_needleleaf", "deciduous needleleaf forest", tree=0.8),
    Cover(4, "deciduous_broadleaf", "deciduous broadleaf forest", tree=0.8),
    Cover(5, "mixed_forest", "mixed forest", tree=0.8),
    Cover(6, "closed_shrubland", "closed shrubland", shrub=0.8),
    Cover(7, "open_shrubland", "open shrubland", shrub=0.35),
    Cover(8, "woody_savanna", "woody savanna", tree=0.45),
    Cover(9, "savanna", "savanna", tree=0.2),
    Cover(10, "grassland", "grassland"),
    Cover(11, "wetland", "permanent wetland", tree=0.1, shrub=0.2),
    Cover(12, "cropland", "cropland"),
    Cover(13, "urban", "urban and built-up land"),
    Cover(14, "crop_mosaic", "cropland and natural vegetation mosaic", tree=0.2),
    Cover(16, "barren", "barren or sparsely vegetated"),
)
"""IGBP classes that carry soil; tree and shrub cover after the classes' definitions (Friedl & Sulla-Menashe 2018, user guide)."""


def class_fractions(classes: np.ndarray) -> dict[int, FloatArray]:
    """Fraction of each half-degree cell under each IGBP code (row, column), from 0.05 degree classes."""
    codes = [WATER, ICE, *(cover.code for cover in COVERS)]
    return {code: block_mean(classes == code, PIXELS_PER_CELL) for code in codes}


def land_grid(fractions: dict[int, FloatArray]) -> LandGrid:
    """Cells whose soil-bearing fraction (neither water nor permanent ice) is large enough, rows south to north.

    Args:
        fractions: fraction of each cell by IGBP code [1] (row, column).

    Returns:
        the land cells, row by row from the south, each row from the west.
    """
    land = 1.0 - fractions[WATER] - fractions[ICE]
    latitude = np.asarray(-90.0 + SIZE * (np.arange(land.shape[0]) + 0.5), dtype=np.float64)
    longitude = np.asarray(-180.0 + SIZE * (np.arange(land.shape[1]) + 0.5), dtype=np.float64)
    row, column = np.nonzero((land >= LEAST_LAND - 1e-9) & (latitude > SOUTHERN_LIMIT)[:, None])
    return LandGrid(latitude[row], longitude[column], np.clip(land[row, column], 0.0, 1.0), SIZE)


def cover_of_land(fractions: dict[int, FloatArray], grid: LandGrid) -> dict[str, FloatArray]:
    """Fraction of each cell's soil-bearing land under each class [1] (cell,), by name; they sum to one."""
    return {c.name: fractions[c.code][grid.row, grid.column] / grid.land_fraction for c in COVERS}


def woody_cover(cover: dict[str, FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Tree and shrub cover of the land [1] (cell,), (cell,)."""
    tree = sum((c.tree * cover[c.name] for c in COVERS), np.zeros_like(cover["barren"]))
    shrub = sum((c.shrub * cover[c.name] for c in COVERS), np.zeros_like(cover["barren"]))
    return tree, shrub
