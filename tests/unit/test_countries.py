"""Countries come from a file that fits the land, or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from proda_core.grid import LandGrid
from proda_core.regions import CountriesFileError, countries
from proda_core.simulation import load_world
from proda_core.store import data_directory

FILE = data_directory() / "countries.nc"


@pytest.fixture(scope="module")
def land() -> LandGrid:
    return load_world().land


@pytest.mark.parametrize(
    ("place", "country"),
    [
        ((47.25, 8.75), "Switzerland"),
        ((-3.25, -62.25), "Brazil"),
        ((64.25, 120.25), "Russia"),
        ((66.25, -179.25), "Russia"),  # beyond the date line
        ((-18.25, 178.25), "Fiji"),
        ((0.25, 20.25), "Dem. Rep. Congo"),
    ],
)
def test_places_lie_in_their_country(land: LandGrid, place: tuple[float, float], country: str) -> None:
    known = countries(FILE, land.latitude, land.longitude)
    assert known.names[known.index[land.nearest(*place)]] == country


def test_areas_are_those_of_the_countries(land: LandGrid) -> None:
    """Land areas of the CIA World Factbook [million km2]; lakes and half-degree coasts make up for a few per cent."""
    known = countries(FILE, land.latitude, land.longitude)
    area = np.bincount(known.index, weights=land.area) / 1e12
    for name, land_area in (("Brazil", 8.36), ("Australia", 7.63), ("India", 2.97), ("Dem. Rep. Congo", 2.27), ("France", 0.64)):
        assert area[known.names.index(name)] == pytest.approx(land_area, rel=0.06)


def test_a_file_of_other_cells_is_refused(land: LandGrid) -> None:
    with pytest.raises(CountriesFileError, match=r"expected countries\.nc for these 10 land cells, got it for others"):
        countries(FILE, land.latitude[:10], land.longitude[:10])
    with pytest.raises(CountriesFileError, match="got it for others"):
        countries(FILE, land.latitude[::-1], land.longitude)


def test_a_missing_or_damaged_file_is_refused(tmp_path: Path, land: LandGrid) -> None:
    with pytest.raises(CountriesFileError, match="no such file"):
        countries(tmp_path / "countries.nc", land.latitude, land.longitude)
    broken = tmp_path / "countries.nc"
    broken.write_bytes(FILE.read_bytes()[:5000])
    with pytest.raises(CountriesFileError, match=r"expected countries\.nc with a country for each land cell"):
        countries(broken, land.latitude, land.longitude)
