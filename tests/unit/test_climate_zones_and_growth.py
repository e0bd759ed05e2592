"""Claims about Koppen zones, bioclimate, production and litter."""

from __future__ import annotations

import numpy as np
import pytest

from proda_core.climate import bioclim, koppen, litter, npp

CLIMATES = {
    "Af": (  # Singapore
        [26.8, 27.3, 27.8, 28.2, 28.6, 28.5, 28.2, 28.1, 28.0, 27.9, 27.2, 26.8],
        [222, 105, 151, 164, 164, 135, 147, 149, 134, 168, 252, 332],
    ),
    "Aw": (  # Darwin
        [28.3, 28.2, 28.3, 28.3, 27.1, 25.2, 24.9, 25.9, 27.9, 29.1, 29.4, 29.0],
        [427, 364, 320, 103, 21, 2, 1, 5, 15, 70, 142, 250],
    ),
    "BWh": (  # Cairo
        [14.0, 15.1, 17.6, 21.5, 24.9, 27.5, 28.0, 27.9, 26.4, 24.0, 19.2, 15.1],
        [5, 4, 4, 1, 1, 0, 0, 0, 0, 1, 4, 6],
    ),
    "Csa": (  # Rome
        [7.5, 8.2, 10.2, 12.6, 17.2, 21.1, 24.1, 24.5, 20.8, 16.4, 11.4, 8.4],
        [67, 73, 58, 81, 53, 34, 19, 37, 73, 113, 115, 81],
    ),
    "Cfb": (  # Berlin
        [0.6, 1.5, 4.9, 9.6, 14.4, 17.7, 19.5, 19.1, 14.8, 9.9, 5.0, 1.8],
        [52, 41, 46, 33, 57, 62, 70, 58, 47, 46, 47, 50],
    ),
    "Cfa": (  # Buenos Aires: the southern summer
        [24.9, 23.6, 21.9, 17.9, 14.5, 11.7, 11.0, 12.8, 14.6, 17.8, 20.7, 23.3],
        [139, 127, 140, 119, 92, 59, 61, 70, 78, 107, 115, 110],
    ),
    "Dfb": (  # Moscow
        [-6.5, -6.7, -1.0, 6.7, 13.2, 17.0, 19.2, 17.0, 11.3, 5.6, -1.2, -5.2],
        [52, 41, 35, 37, 49, 80, 85, 82, 68, 71, 55, 52],
    ),
    "Dfd": (  # Yakutsk
        [-38.6, -33.8, -20.1, -4.8, 7.5, 16.4, 19.5, 15.2, 6.1, -7.8, -27.0, -37.6],
        [9, 8, 7, 8, 20, 35, 39, 38, 31, 18, 16, 9],
    ),
    "ET": (  # Utqiagvik
        [-25.0, -25.0, -24.0, -16.0, -6.0, 2.0, 5.0, 4.0, 0.0, -8.0, -17.0, -22.0],
        [4, 3, 3, 4, 5, 8, 24, 26, 18, 11, 6, 4],
    ),
}
"""Climates of known places: monthly temperature [degC] and precipitation [mm], rounded normals."""


@pytest.mark.parametrize("zone", CLIMATES)
def test_known_places_fall_into_their_zone(zone: str) -> None:
    temperature, precipitation = (np.array([values], dtype=float) for values in CLIMATES[zone])
    assert koppen.ZONES[koppen.koppen_code(temperature, precipitation)[0] - 1] == zone


def test_zones_do_not_depend_on_the_other_cells() -> None:
    temperature, precipitation = (np.array([values[i] for values in CLIMATES.values()], dtype=float) for i in (0, 1))
    assert [koppen.ZONES[code - 1] for code in koppen.koppen_code(temperature, precipitation)] == list(CLIMATES)


def test_bioclimate_of_a_known_year() -> None:
    temperature = np.arange(12.0)[None, :]
    precipitation = np.r_[np.zeros(9), 10.0, 20.0, 30.0][None, :]
    found = {name: float(values[0]) for name, values in bioclim.bioclimate(temperature, precipitation).items()}
    assert (found["bio1"], found["bio5"], found["bio6"], found["bio7"]) == (5.5, 11.0, 0.0, 11.0)
    assert (found["bio12"], found["bio13"], found["bio14"], found["bio16"], found["bio17"]) == (60.0, 30.0, 0.0, 60.0, 0.0)
    assert (found["bio8"], found["bio10"]) == (10.0, 10.0)


def test_quarters_run_around_the_year() -> None:
    assert bioclim.quarters(np.r_[1.0, np.zeros(10), 2.0][None, :])[0, 10] == 3.0


def growth(water: np.ndarray, degree_days: float = 5000.0, greenness: float = 0.7) -> np.ndarray:
    """NPP before scaling for a range of actual evapotranspiration [mm yr-1]."""
    ones = np.ones_like(water)
    climate = {
        "actual_evapotranspiration": water,
        "potential_evapotranspiration": 1200.0 * ones,
        "growing_degree_days": degree_days * ones,
        "bio4": 6.0 * ones,
    }
    vegetation = {"ndvi_max": greenness * ones, "fapar_max": 0.6 * greenness * ones}
    return npp.predict(climate, vegetation, npp.load_regression())


def test_production_is_never_negative_and_rises_with_water() -> None:
    rising = growth(np.linspace(0.0, 1200.0, 25))
    assert rising[0] == 0.0
    assert np.all(np.diff(rising) > 0)


def test_production_needs_warmth_and_rises_with_greenness() -> None:
    water = np.array([600.0])
    assert growth(water, degree_days=0.0)[0] == 0.0
    assert growth(water, greenness=0.2)[0] < growth(water, greenness=0.8)[0]


def test_nothing_is_extrapolated() -> None:
    assert growth(np.array([1e6]), degree_days=1e6, greenness=1.0)[0] < 5000.0


def test_scaling_meets_the_total() -> None:
    area = np.array([1e12, 3e12])
    scaled, before = npp.scale_to_total(np.array([500.0, 1000.0]), area, total=2.0)
    assert before == pytest.approx(3.5)
    assert float(scaled @ area) / 1e15 == pytest.approx(2.0)


def test_litter_classes_sum_to_production() -> None:
    production = np.array([1.0, 300.0, 1500.0])
    tree, shrub = np.array([0.0, 0.4, 0.8]), np.array([0.0, 0.3, 0.0])
    classes = litter.litter_input(production, tree, shrub)
    np.testing.assert_allclose(classes.sum(axis=1), production)
    assert classes.min() >= 0
    assert classes[0, 0] == 0.0
    assert classes[2, 0] / 1500.0 > 0.3
    np.testing.assert_allclose(classes[:, 2], 2 * classes[:, 1])
