"""Parts of the land whose stocks are summed apart: latitude bands, Koppen zones, countries, or any labelling of the cells."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xarray as xr

from proda_core.constants import GRAMS_PER_KILOGRAM, GRAMS_PER_PETAGRAM

FloatArray = npt.NDArray[np.float64]

BAND_EDGES = (-60.0, -30.0, 0.0, 30.0, 60.0, 90.0)
"""Latitudes between the default bands [degrees north]."""


@dataclass(frozen=True)
class Regions:
    """A labelling of the cells.

    Attributes:
        names: name of each region.
        index: region of each cell, a position in ``names`` (cell,).
    """

    names: tuple[str, ...]
    index: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        low, high = int(np.min(self.index)), int(np.max(self.index))
        if low < 0 or high >= len(self.names):
            raise ValueError(f"expected region numbers within 0..{len(self.names) - 1}, got {low}..{high}; do they count from 1?")

    def stock(self, soc: FloatArray, area: FloatArray) -> FloatArray:
        """Stocks summed over each region.

        Args:
            soc: soil organic carbon [kg m-2] (..., cell).
            area: land area [m2] (cell,).

        Returns:
            stocks [Pg] (..., region); over all regions they sum to the global stock.
        """
        amount = soc * area * (GRAMS_PER_KILOGRAM / GRAMS_PER_PETAGRAM)
        rows = amount.reshape(-1, amount.shape[-1])
        sums = [np.bincount(self.index, weights=row, minlength=len(self.names)) for row in rows]
        stock: FloatArray = np.array(sums, dtype=np.float64).reshape(*amount.shape[:-1], len(self.names))
        return stock


def latitude_bands(latitude: FloatArray, edges: tuple[float, ...] = BAND_EDGES) -> Regions:
    """Bands of latitude [degrees north], from south to north.

    >>> latitude_bands(np.array([-45.0, 10.0])).names[2]
    '0..30 N'
    """
    names = tuple(_band_name(south, north) for south, north in pairwise(edges))
    index = np.clip(np.searchsorted(edges, latitude, side="right") - 1, 0, len(names) - 1)
    return Regions(names, index.astype(np.int64))


def _band_name(south: float, north: float) -> str:
    return f"{south:g}..{north:g} N" if south >= 0 else f"{abs(south):g}..{abs(north):g} S"


class CountriesFileError(ValueError):
    """The file of countries is missing or does not fit the land."""


def countries(path: Path, latitude: FloatArray, longitude: FloatArray) -> Regions:
    """Countries and territories, as ``data/countries.py`` assigned them.

    Args:
        path: the file.
        latitude: of the land cells [degrees north] (cell,).
        longitude: of the land cells [degrees east] (cell,).

    Raises:
        CountriesFileError: the file is missing, damaged, or of other cells.
    """
    try:
        with xr.open_dataset(path, engine="netcdf4") as data:
            stored = data.load()
        names = tuple(str(name) for name in stored["country_name"].values)
        found = Regions(names, stored["country"].values.astype(np.int64))
        places = [(stored[name].values, wanted) for name, wanted in (("latitude", latitude), ("longitude", longitude))]
    except (OSError, KeyError, ValueError) as error:
        reason = "no such file" if isinstance(error, FileNotFoundError) else str(error)
        raise CountriesFileError(f"expected {path.name} with a country for each land cell, got: {reason}") from error
    if not all(known.shape == wanted.shape and np.allclose(known, wanted, atol=1e-3) for known, wanted in places):
        raise CountriesFileError(f"expected {path.name} for these {len(latitude):,} land cells, got it for others")
    return found
