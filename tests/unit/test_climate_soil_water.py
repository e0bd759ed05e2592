"""Claims about evapotranspiration, the bucket, and the water and oxygen scalars."""

from __future__ import annotations

import numpy as np
import pytest

from proda_core.climate import bucket, radiation, retention, soil_water
from proda_core.constants import FREEZING
from proda_core.grid import LAYERS


def months(value: float) -> np.ndarray:
    return np.full((1, 12), value)


def test_water_scalar_is_one_when_wet_and_zero_when_dry() -> None:
    assert retention.water_scalar(np.array([retention.WETTEST_POTENTIAL]))[0] == pytest.approx(1.0)
    assert retention.water_scalar(np.array([-50.0, -2.0])).tolist() == [0.0, 0.0]
    assert np.all(np.diff(retention.water_scalar(-np.geomspace(0.002, 2.0, 30))) < 0)


def test_texture_gives_a_loam() -> None:
    assert 0.4 < retention.POROSITY < 0.5
    assert 0.2 < bucket.FIELD_WETNESS * retention.POROSITY < 0.35
    assert bucket.WILTING_WETNESS < bucket.FREE_WETNESS < bucket.FIELD_WETNESS


def test_layer_scalars_have_floors() -> None:
    dry = soil_water.layer_water_scalar(np.full((1, 2, 12), 0.05), np.full((1, LAYERS, 12), 300.0))
    np.testing.assert_allclose(dry, soil_water.DRY_FLOOR)
    frozen = soil_water.layer_water_scalar(np.full((1, 2, 12), 0.7), np.full((1, LAYERS, 12), 250.0))
    np.testing.assert_allclose(frozen, soil_water.FROZEN_FLOOR)


def test_frost_reduces_water_and_more_so_when_colder() -> None:
    wet = np.full((1, 2, 12), 0.65)
    temperature = FREEZING + np.array([5.0, 1.0, -0.5, -1.0, -2.0])
    scalar = [float(soil_water.layer_water_scalar(wet, np.full((1, LAYERS, 12), t))[0, 12, 0]) for t in temperature]
    assert scalar[0] == scalar[1]
    assert np.all(np.diff(scalar[1:]) < 0)
    assert scalar[-1] == pytest.approx(soil_water.FROZEN_FLOOR)


def test_supercooled_water_follows_the_clapeyron_slope() -> None:
    potential = retention.supercooled_potential(np.array([FREEZING - 1.0, FREEZING, FREEZING + 3.0]))
    assert potential[0] == pytest.approx(-1.23, abs=0.01)
    assert potential[1:].tolist() == [0.0, 0.0]


def test_a_month_at_freezing_is_half_thawed() -> None:
    limit = soil_water.frost_limit(np.array([FREEZING]), np.array([4.0]))
    assert 0.5 < limit[0] < 0.6


def test_more_rain_makes_wetter_soil_and_more_evapotranspiration() -> None:
    demand, thaw = months(80.0), np.array([8.6])
    years = [bucket.bucket_year(months(rain), demand, thaw) for rain in (5.0, 40.0, 150.0)]
    assert np.all(np.diff([wetness.mean() for wetness, _ in years]) > 0)
    assert np.all(np.diff([actual.sum() for _, actual in years]) > 0)


def test_bucket_evaporates_no_more_than_falls_or_is_asked() -> None:
    for rain in (2.0, 30.0, 300.0):
        wetness, actual = bucket.bucket_year(months(rain), months(100.0), np.array([8.6]))
        assert actual.sum() <= min(rain, 100.0) * 12 * 1.001
        assert 0 < wetness.min() <= wetness.max() <= 1


def test_shallow_thaw_keeps_the_deep_zone_wetter() -> None:
    shallow, deep = (bucket.bucket_year(months(120.0), months(40.0), np.array([thaw]))[0] for thaw in (0.2, 8.6))
    assert shallow[0, 1].mean() > deep[0, 1].mean()


def test_oxygen_is_short_in_wetlands_and_saturated_soil_only() -> None:
    wetness = np.full((2, 2, 12), 0.6)
    oxygen = soil_water.layer_oxygen_scalar(wetness, np.array([0.0, 1.0]))
    np.testing.assert_allclose(oxygen[0], 1.0)
    np.testing.assert_allclose(oxygen[1, -1], soil_water.LEAST_OXYGEN)
    assert np.all(oxygen[1, 0] > oxygen[1, -1])
    drowned = soil_water.layer_oxygen_scalar(np.ones((1, 2, 12)), np.array([0.0]))
    np.testing.assert_allclose(drowned, soil_water.LEAST_OXYGEN)


def test_radiation_at_the_top_of_the_atmosphere() -> None:
    """FAO paper 56, table 2.6: 37.9 MJ m-2 d-1 at the equator in March and 41.9 at 40 N in June."""
    daily = radiation.top_of_atmosphere(np.array([0.0, 40.0, 80.0])) * 0.0864
    assert daily[0, 2] == pytest.approx(37.9, abs=0.7)
    assert daily[1, 5] == pytest.approx(41.9, abs=0.7)
    assert daily[2, 11] == 0.0


def test_potential_evapotranspiration_rises_with_warmth_and_stops_in_frost() -> None:
    place = np.array([45.0]), np.array([100.0])
    cold, mild, hot = (radiation.potential_evapotranspiration(months(t), months(60.0), *place).sum() for t in (-5.0, 10.0, 25.0))
    assert cold == 0.0
    assert 300 < mild < hot < 1600
