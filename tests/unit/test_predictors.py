"""What the network is told: the same table for every cell, standardised where it was trained, and never far outside."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from proda_core import climate
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


def test_a_place_far_outside_is_standardised_as_far_as_it_is_though_the_network_does_not_see_it() -> None:
    scaler = Scaler.of(Features(("a",), np.array([[-1.0], [1.0]])))
    far = Features(("a",), np.array([[50.0]]))
    assert scaler.standardise(far)[0, 0] == 50.0
    assert scaler.apply(far)[0, 0] == predictors.LIMIT


def test_a_predictor_of_the_user_does_not_take_the_place_of_one_of_ours() -> None:
    ours = climate.load_predictors().isel(cell=slice(3))
    for name in ("bio1", "koppen_A"):
        with pytest.raises(ValueError, match=f"expected names of their own for further predictors, got {name}, which we have"):
            predictors.features(ours, xr.Dataset({name: ("cell", np.zeros(3))}))
    assert predictors.features(ours, xr.Dataset({"clay": ("cell", np.zeros(3))})).names[-1] == "clay"
