"""What the network is told: the same table for every cell, standardised where it was trained, and never far outside."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from proda_core import climate
from proda_core.grid import LandGrid
from proda_core.learning import predictors
from proda_core.learning.predictors import Features, Predictor, Scaler


@pytest.fixture(scope="module")
def features() -> Features:
    return predictors.features(climate.load_predictors())


def test_every_cell_has_every_predictor(features: Features) -> None:
    assert features.values.shape == (64_052, len(predictors.TABLE) + 5)
    assert len(set(features.names)) == len(features.names)
    assert np.isfinite(features.values).all()


def test_a_cell_belongs_to_one_koppen_class(features: Features) -> None:
    main = [features.names.index(f"koppen_{name}") for name in predictors.KOPPEN_CLASSES]
    assert np.all(features.values[:, main].sum(axis=1) == 1)


def test_location_is_not_among_the_predictors(features: Features) -> None:
    assert not {"latitude", "longitude"} & set(features.names)


def test_no_predictor_is_left_with_a_long_tail(features: Features) -> None:
    indicators = [name.startswith("koppen") or name.startswith("cover") for name in features.names]
    spread = features.values[:, ~np.array(indicators)]
    typical = (spread - np.median(spread, axis=0)) / (np.quantile(spread, 0.9, axis=0) - np.quantile(spread, 0.1, axis=0))
    assert np.abs(typical).max() < 8


def test_standardised_predictors_have_mean_zero_and_stay_within_limits(features: Features) -> None:
    trained = features.rows(np.arange(0, 64_052, 30))
    scaler = Scaler.of(trained)
    x = scaler.apply(trained)
    inside = np.abs((trained.values - scaler.mean) / scaler.scale).max(axis=0) < predictors.LIMIT
    assert np.abs(x.mean(axis=0)[inside]).max() < 1e-5
    assert np.abs(scaler.apply(features)).max() <= predictors.LIMIT


def test_what_does_not_vary_in_training_says_nothing_elsewhere() -> None:
    names = ("constant", "varies")
    scaler = Scaler.of(Features(names, np.array([[3.0, 1.0], [3.0, 2.0]])))
    assert scaler.apply(Features(names, np.array([[7.0, 1.0]])))[0, 0] == 0


def test_other_predictors_than_in_training_are_refused() -> None:
    scaler = Scaler.of(Features(("a", "b"), np.eye(2)))
    with pytest.raises(ValueError, match="got none named b; name the same --predictors"):
        scaler.apply(Features(("a",), np.ones((2, 1))))


def test_missing_values_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="missing values of b"):
        Features(("a", "b"), np.array([[1.0, np.nan]]))


def test_a_logarithm_takes_zero() -> None:
    assert np.isfinite(Predictor("rain", "log", 5.0).apply(np.zeros(1))).all()


def _land() -> LandGrid:
    return LandGrid(np.array([-0.25, 10.25]), np.array([-60.25, 20.25]), np.ones(2))


def test_a_user_may_add_predictors_from_netcdf_on_any_grid(tmp_path: Path) -> None:
    latitude, longitude = np.linspace(89, -89, 90), np.linspace(1, 359, 180)  # north to south, 0..360
    clay = xr.DataArray(latitude[:, None] + 0 * longitude, {"lat": latitude, "lon": longitude}, ("lat", "lon"))
    east = xr.DataArray(longitude + 0 * latitude[:, None], {"lat": latitude, "lon": longitude}, ("lat", "lon"))
    xr.Dataset({"clay": clay, "east": east}).to_netcdf(tmp_path / "soil.nc")
    found = predictors.of_user(tmp_path / "soil.nc", _land())
    assert np.abs(found["clay"].values - [-0.25, 10.25]).max() <= 1.0
    assert np.abs(found["east"].values - [299.75, 20.25]).max() <= 1.0


def test_gaps_in_a_predictor_of_the_user_are_filled_and_counted(tmp_path: Path) -> None:
    field = xr.DataArray([[5.0, np.nan]], {"latitude": [0.0], "longitude": [-60.0, 20.0]}, ("latitude", "longitude"))
    xr.Dataset({"clay": field}).to_netcdf(tmp_path / "soil.nc")
    found = predictors.of_user(tmp_path / "soil.nc", _land())["clay"]
    assert found.values.tolist() == [5.0, 5.0]
    assert found.attrs["filled"] == 1


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        (xr.Dataset({"a": ("x", [1.0])}), "expected dimensions latitude and longitude"),
        (xr.Dataset({"a": ("lat", [1.0])}, {"lat": [0.0], "lon": [0.0]}), "expected a variable on latitude and longitude"),
        (xr.Dataset({"a": (("lat", "lon"), [[np.nan]])}, {"lat": [0.0], "lon": [0.0]}), "expected values of a on land"),
    ],
)
def test_a_file_without_usable_predictors_is_refused(tmp_path: Path, dataset: xr.Dataset, message: str) -> None:
    dataset.to_netcdf(tmp_path / "soil.nc")
    with pytest.raises(ValueError, match=message):
        predictors.of_user(tmp_path / "soil.nc", _land())


def test_a_missing_file_of_predictors_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"expected a NetCDF file of predictors at .*none"):
        predictors.of_user(tmp_path / "none.nc", _land())
