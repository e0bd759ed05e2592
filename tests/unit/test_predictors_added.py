"""Predictors of the user's own: any grid is read, and nothing is made up without saying so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from proda_core.grid import LandGrid
from proda_core.learning import added


def _land() -> LandGrid:
    return LandGrid(np.array([-0.25, 10.25]), np.array([-60.25, 20.25]), np.ones(2))


def _map(latitude: np.ndarray, longitude: np.ndarray) -> xr.Dataset:
    """Two variables that say where they are."""
    coords = {"latitude": latitude, "longitude": longitude}
    north, east = np.meshgrid(latitude, longitude, indexing="ij")
    return xr.Dataset({name: (("latitude", "longitude"), v) for name, v in (("north", north), ("east", east))}, coords)


def _read(dataset: xr.Dataset, folder: Path, land: LandGrid | None = None) -> xr.Dataset:
    dataset.to_netcdf(folder / "soil.nc")
    return added.of_user(folder / "soil.nc", land or _land())


def test_any_grid_is_read_at_the_cells(tmp_path: Path) -> None:
    southward = _map(np.linspace(89, -89, 90), np.linspace(1, 359, 180)).rename(latitude="lat", longitude="lon")
    found = _read(southward.transpose("lon", "lat"), tmp_path)
    assert np.abs(found["north"].values - [-0.25, 10.25]).max() <= 1.0
    assert np.abs(found["east"].values - [299.75, 20.25]).max() <= 1.0
    assert found["north"].attrs["filled"] == 0


@pytest.mark.parametrize(
    "longitude",
    [np.arange(-180.0, 181.0, 2.0), np.arange(0.0, 361.0, 2.0), np.arange(-180.0, 180.0, 2.0), np.arange(0.0, 360.0, 2.0)],
    ids=["-180..180", "0..360", "-180..178", "0..358"],
)
def test_a_grid_may_meet_itself_at_the_date_line(longitude: np.ndarray, tmp_path: Path) -> None:
    land = LandGrid(np.array([0.25, 0.25, 0.25]), np.array([-179.75, 179.75, 0.25]), np.ones(3))
    found = _read(_map(np.arange(-90.0, 91.0, 2.0), longitude), tmp_path, land)["east"]
    assert found.attrs["filled"] == 0
    off = (found.values - land.longitude + 180.0) % 360.0 - 180.0
    assert np.abs(off).max() <= 1.0


def test_a_map_of_a_region_says_nothing_of_the_rest(tmp_path: Path) -> None:
    latitude, longitude = np.repeat([0.25, 1.25, 2.75, 40.25], 3), np.tile([0.25, 1.25, 2.75], 4)
    land = LandGrid(latitude, longitude, np.ones(12))
    found = _read(_map(np.arange(0.0, 3.1, 0.5), np.arange(0.0, 2.1, 0.5)), tmp_path, land)["north"]
    beyond = (latitude > 3) | (longitude > 2.5)
    assert found.attrs["filled"] == beyond.sum() == 6
    assert np.abs(found.values - latitude)[~beyond].max() <= 0.25
    assert set(found.values[beyond]) == {np.median(found.values[~beyond])}


def test_a_gap_in_the_middle_of_a_grid_is_no_place_with_values(tmp_path: Path) -> None:
    land = LandGrid(np.array([0.25, 9.75, 20.25]), np.full(3, 0.25), np.ones(3))
    grid = _map(np.array([0.0, 0.5, 1.0, 20.0, 20.5, 21.0]), np.array([0.0, 0.5]))
    assert _read(grid, tmp_path, land)["north"].attrs["filled"] == 1


def test_gaps_are_filled_and_counted(tmp_path: Path) -> None:
    whole = _map(np.arange(-90.0, 91.0, 1.0), np.arange(-180.0, 180.0, 1.0))
    found = _read(whole.where(whole["longitude"] < 0), tmp_path)["east"]
    assert found.values.tolist() == [-60.0, -60.0]
    assert found.attrs["filled"] == 1
    assert found.attrs["filled_share"] == pytest.approx(0.496, abs=1e-3)


def test_a_variable_without_values_on_half_of_the_land_is_refused(tmp_path: Path) -> None:
    whole = _map(np.arange(-90.0, 91.0, 1.0), np.arange(-180.0, 180.0, 1.0))
    with pytest.raises(ValueError, match=r"expected values of north on at least 50 % of the land in .*, got them on 49\.6 %"):
        _read(whole.where(whole["longitude"] > 0), tmp_path)


POINT, LAT_LON = {"lat": [0.0, 1.0], "lon": [0.0, 1.0]}, ("lat", "lon")


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        (xr.Dataset({"a": ("x", [1.0])}), "expected dimensions latitude and longitude"),
        (xr.Dataset({"a": ("lat", [1.0, 2.0])}, POINT), "expected a variable on latitude and longitude"),
        (
            xr.Dataset({"a": (LAT_LON, np.full((2, 2), np.nan))}, POINT),
            "expected values of a on at least 50 % .*, got them on 0 %",
        ),
        (xr.Dataset({"a": (LAT_LON, [["x", "y"]] * 2)}, POINT), "expected numbers in a of .*, got .*; leave it out"),
        (xr.Dataset({"a": (LAT_LON, np.ones((2, 2)))}), "expected the coordinate latitude in .*, got a dimension without one"),
        (xr.Dataset({"a": (LAT_LON, [[1.0]])}, {"lat": [0.0], "lon": [0.0]}), "expected a grid of at least two latitudes"),
        (
            xr.Dataset({"a": (LAT_LON, np.ones((2, 2)))}, {"lat": [0.0, 5e6], "lon": [0.0, 1.0]}),
            r"expected latitude within -90\.\.90 degrees",
        ),
    ],
)
def test_a_file_without_usable_predictors_is_refused(tmp_path: Path, dataset: xr.Dataset, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        _read(dataset, tmp_path)


def test_a_missing_file_of_predictors_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"expected a NetCDF file of predictors at .*none"):
        added.of_user(tmp_path / "none.nc", _land())


def test_a_time_on_the_grid_is_no_obstacle(tmp_path: Path) -> None:
    """Ages in years, which xarray would take for spans of time."""
    whole = _map(np.arange(-90.0, 91.0, 1.0), np.arange(-180.0, 180.0, 1.0))
    whole["north"].attrs["units"] = "days"
    assert _read(whole, tmp_path)["north"].values.tolist() == [0.0, 10.0]
