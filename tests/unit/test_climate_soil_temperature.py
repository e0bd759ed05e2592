"""Claims about soil temperature, snow and thaw."""

from __future__ import annotations

import numpy as np
import pytest

from proda_core.climate import snow, soil_temperature
from proda_core.constants import FREEZING
from proda_core.grid import LAYERS, LAYERS_CLM5


def annual_cycle(mean: float, amplitude: float) -> np.ndarray:
    """Monthly temperature [degC] (1, month), warmest in July."""
    return (mean - amplitude * np.cos(2 * np.pi * np.arange(12) / 12))[None, :]


def test_deeper_soil_varies_less_and_keeps_the_mean_where_it_never_freezes() -> None:
    temperature = soil_temperature.layer_temperature(annual_cycle(15.0, 10.0))[0]
    assert np.all(np.diff(np.ptp(temperature, axis=1)) < 0)
    np.testing.assert_allclose(temperature.mean(axis=1), 15.0 + FREEZING, atol=1e-9)


def test_one_harmonic_is_damped_as_the_heat_equation_says() -> None:
    depth = LAYERS_CLM5.node[10]
    temperature = soil_temperature.layer_temperature(annual_cycle(15.0, 10.0))[0, 10] - FREEZING
    diffusivity = soil_temperature.CONDUCTIVITY / soil_temperature.HEAT_CAPACITY
    damping = np.sqrt(soil_temperature.YEAR_SECONDS * diffusivity / np.pi)
    expected = 15.0 - 10.0 * np.exp(-depth / damping) * np.cos(2 * np.pi * np.arange(12) / 12 - depth / damping)
    np.testing.assert_allclose(temperature, expected, atol=1e-9)


def test_warmest_month_comes_later_at_depth() -> None:
    temperature = soil_temperature.layer_temperature(annual_cycle(15.0, 10.0))[0]
    assert temperature[0].argmax() == 6
    assert 7 <= temperature[11].argmax() <= 9


def test_frozen_ground_has_a_thermal_offset() -> None:
    temperature = soil_temperature.layer_temperature(annual_cycle(-2.0, 15.0))[0]
    assert temperature[-1].mean() < temperature[0].mean() - 0.5


def test_potential_and_back_is_the_identity() -> None:
    temperature = np.linspace(-40.0, 40.0, 17)
    np.testing.assert_allclose(soil_temperature.from_potential(soil_temperature.to_potential(temperature)), temperature)


@pytest.mark.parametrize(("colder", "warmer"), [(-12.0, -9.0), (-9.0, -6.0), (-6.0, -3.0)])
def test_thaw_is_shallower_where_it_is_colder(colder: float, warmer: float) -> None:
    shallow = soil_temperature.active_layer(annual_cycle(colder, 14.0))[0]
    deep = soil_temperature.active_layer(annual_cycle(warmer, 14.0))[0]
    assert 0 < shallow < deep


def test_thaw_ends_where_the_warmest_month_is_at_freezing() -> None:
    surface = annual_cycle(-6.0, 14.0)
    thaw = soil_temperature.active_layer(surface)[0]
    warmest = soil_temperature.layer_temperature(surface, np.array([thaw]))[0, 0].max()
    assert warmest == pytest.approx(FREEZING, abs=0.05)


def test_thaw_is_nothing_in_ice_climates_and_everything_in_warm_ones() -> None:
    assert soil_temperature.active_layer(annual_cycle(-30.0, 10.0))[0] == 0.0
    assert soil_temperature.active_layer(annual_cycle(20.0, 5.0))[0] == soil_temperature.COLUMN_DEPTH


def test_snow_insulates() -> None:
    air = annual_cycle(-5.0, 15.0)
    bare = snow.surface_temperature(air, np.zeros_like(air))
    covered = snow.surface_temperature(air, np.full_like(air, 0.5))
    winter = air < 0
    assert np.all(covered[winter] > bare[winter])
    np.testing.assert_array_equal(covered[~winter], air[~winter])
    assert np.all(np.diff(snow.freezing_n_factor(np.linspace(0, 2, 20))) < 0)


def test_snow_store_returns_all_the_water() -> None:
    air, rain = annual_cycle(0.0, 15.0), np.full((1, 12), 60.0)
    store, supply = snow.snow_year(air, rain)
    assert supply.sum() == pytest.approx(rain.sum(), rel=1e-6)
    assert store[0, 1] > 50.0
    assert store[0, 7] == pytest.approx(0.0, abs=1e-9)
    assert supply[0, 4] > rain[0, 4]


def test_layers_follow_the_model_grid() -> None:
    assert soil_temperature.layer_temperature(annual_cycle(5.0, 10.0)).shape == (1, LAYERS, 12)
