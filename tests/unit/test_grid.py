"""Layers, cells, areas and integrals add up."""

import numpy as np
import pytest

from proda_core import grid
from proda_core.grid import LAYERS_CLM5, STOCK_WEIGHTS, LandGrid, SoilLayers, cell_area


def test_layers_are_those_of_clm5() -> None:
    assert len(LAYERS_CLM5.interface) == len(LAYERS_CLM5.node) == 25
    assert LAYERS_CLM5.interface[19] == 8.6
    assert LAYERS_CLM5.thickness[:20].sum() == pytest.approx(8.6)


def test_depth_integrals_are_the_published_ones() -> None:
    density = np.arange(1.0, 21)
    dz = LAYERS_CLM5.thickness
    top = density[:4] @ dz[:4] + density[4] * dz[4] * 0.10 / 0.12
    metre = density[:8] @ dz[:8] + density[8] * dz[8] * 0.08 / 0.28
    two = density[:11] @ dz[:11] + density[11] * dz[11] * 0.12 / 0.40
    assert np.allclose(STOCK_WEIGHTS @ density, [top, metre, two, density @ dz[:20]], rtol=1e-13)


def test_uniform_carbon_integrates_to_its_depth() -> None:
    assert np.allclose(STOCK_WEIGHTS.sum(1), [0.3, 1.0, 2.0, 8.6])


def test_depth_must_be_positive() -> None:
    with pytest.raises(ValueError, match="expected a depth > 0 m, got -1"):
        LAYERS_CLM5.integral_weights(-1)


def test_cells_cover_the_sphere() -> None:
    latitude = np.arange(-89.75, 90, 0.5)
    sphere = 4 * np.pi * grid.EARTH_RADIUS**2
    assert cell_area(latitude).sum() * 720 == pytest.approx(sphere, rel=1e-4)


def test_every_cell_has_its_row_and_column_from_the_south_west() -> None:
    land = LandGrid(np.array([-89.75, 0.25, 89.75]), np.array([-179.75, 0.25, 179.75]), np.ones(3))
    assert land.shape == (360, 720)
    assert (land.row.tolist(), land.column.tolist()) == ([0, 180, 359], [0, 360, 719])


def test_nearest_cell_is_found_across_the_date_line() -> None:
    land = LandGrid(np.array([0.25, 0.25]), np.array([-179.75, 10.25]), np.ones(2))
    assert land.nearest(0.0, 179.9) == 0


@pytest.mark.parametrize(
    ("latitude", "longitude", "fraction", "message"),
    [
        ([95.0], [0.0], [1.0], r"latitude \[degrees north\] within -90\.\.90, got 95\.\.95; are latitude and longitude swapped"),
        ([0.0], [270.0], [1.0], r"longitude \[degrees east\] within -180\.\.180, got 270\.\.270; given as 0\.\.360"),
        ([0.0], [0.0], [100.0], r"land fraction \[1\] within 0\.\.1, got 100\.\.100; given in %"),
        ([np.nan], [0.0], [1.0], "latitude .* got nan"),
        ([0.0, 1.0], [0.0], [1.0], r"one shape \(cell,\), got \(1,\), \(2,\)"),
    ],
)
def test_bad_places_are_named(latitude: list[float], longitude: list[float], fraction: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LandGrid(np.array(latitude), np.array(longitude), np.array(fraction))


def test_a_cell_given_twice_is_named() -> None:
    with pytest.raises(ValueError, match=r"expected every grid cell once, got 2 at 0\.25 N, 10\.25 E; drop duplicates"):
        LandGrid(np.array([0.25, 0.3, 5.25]), np.array([10.25, 10.2, 10.25]), np.ones(3))


def test_nodes_must_lie_in_their_layers() -> None:
    with pytest.raises(ValueError, match="every node between the interfaces"):
        SoilLayers(interface=np.array([1.0, 2.0]), node=np.array([0.5, 0.9]))
