"""Places lie where they belong on the map, and the map keeps areas."""

from __future__ import annotations

import cartopy.crs as ccrs
import geoviews as gv
import numpy as np
import pytest

from dashboard import plots, projection
from proda_core import climate, simulation
from proda_core.grid import LandGrid, cell_area

PLACES = {
    "Amazon": (-3.0, -60.0),
    "Siberia": (62.0, 130.0),
    "Tasmania": (-42.0, 147.0),
    "Fiji": (-17.8, 178.9),
    "equator": (0.1, 0.1),
}
EARTH = 4 * np.pi * 6.371e6**2


@pytest.fixture(scope="module")
def everywhere() -> LandGrid:
    """A globe without sea."""
    latitude, longitude = np.meshgrid(np.arange(-89.75, 90, 0.5), np.arange(-179.75, 180, 0.5), indexing="ij")
    return LandGrid(latitude.ravel(), longitude.ravel(), np.ones(latitude.size))


@pytest.fixture(scope="module")
def pixels(everywhere: LandGrid) -> projection.Pixels:
    return projection.build(everywhere)


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_there_and_back(place: tuple[float, float]) -> None:
    longitude, latitude, globe = projection.to_place(*projection.to_point(place[1], place[0]))
    assert globe[0]
    assert (latitude[0], longitude[0]) == pytest.approx(place, abs=1e-6)


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_a_place_is_shown_at_its_pixel(place: tuple[float, float], pixels: projection.Pixels, everywhere: LandGrid) -> None:
    x, y = projection.to_point(place[1], place[0])
    row, column = np.abs(pixels.y - y).argmin(), np.abs(pixels.x - x).argmin()
    cell = pixels.index[row, column]
    longitude, latitude, _ = projection.to_place(pixels.x[column], pixels.y[row])
    assert cell == everywhere.nearest(latitude[0], longitude[0])
    assert (everywhere.latitude[cell], everywhere.longitude[cell]) == pytest.approx(place, abs=0.5)


def test_south_is_the_first_row_and_west_the_first_column(pixels: projection.Pixels, everywhere: LandGrid) -> None:
    north = pixels.frame(everywhere.latitude)
    east = pixels.frame(everywhere.longitude)
    assert north.shape == (projection.HEIGHT, projection.WIDTH)
    assert np.nanmean(north[0]) < -80
    assert np.nanmean(north[-1]) > 80
    assert np.all(np.diff(np.nanmean(north, axis=1)) >= 0)
    middle = east[projection.HEIGHT // 2]
    assert middle[0] < -179
    assert middle[-1] > 179


def test_a_globe_without_sea_fills_the_ellipse(pixels: projection.Pixels) -> None:
    assert np.array_equal(pixels.index < pixels.cells, pixels.globe)
    # the corners of the frame lie off the globe
    assert not pixels.globe[[0, 0, -1, -1], [0, -1, 0, -1]].any()


def test_share_of_land_among_pixels_is_its_share_of_the_earth() -> None:
    land = simulation.land_from_dataset(climate.load())
    pixels = projection.build(land)
    on_map = (pixels.index < pixels.cells).sum() / pixels.globe.sum()
    assert on_map == pytest.approx(cell_area(land.latitude, land.size).sum() / EARTH, rel=0.01)


def test_no_cell_is_no_number() -> None:
    land = LandGrid(np.array([0.25]), np.array([0.25]), np.array([1.0]))
    frame = projection.build(land, 400, 195).frame(np.array([7.0]))
    assert set(frame[np.isfinite(frame)]) == {7.0}
    assert 0 < np.isfinite(frame).sum() < 10
    assert frame.dtype == np.float32


def test_the_index_is_sent_in_the_smallest_type(pixels: projection.Pixels) -> None:
    assert pixels.index.dtype == np.uint32  # a globe without sea
    land = LandGrid(np.array([0.25]), np.array([0.25]), np.array([1.0]))
    assert projection.build(land, 400, 195).index.dtype == np.uint8


@pytest.mark.parametrize(
    "point",
    [
        (1.7e7, 8.3e6),
        (-1.7e7, -8.3e6),
        (1.8e7, 0.0),
        (0.0, 8.5e6),
        (np.nan, 0.0),
        (0.0, np.inf),
        (1e308, 1e308),
        (-np.inf, np.nan),
    ],
)
def test_off_the_globe_is_no_place(point: tuple[float, float]) -> None:
    assert not projection.to_place(*point)[2][0]


def test_the_edge_of_the_globe_goes_round_once() -> None:
    edge = projection.edge()
    assert edge[:, 0].max() == pytest.approx(projection.X_LIMITS[1], rel=1e-3)
    assert edge[:, 1].max() == pytest.approx(projection.Y_LIMITS[1], rel=1e-3)
    x, y = edge.T
    area = abs(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))) / 2
    assert area == pytest.approx(EARTH, rel=0.01)


def test_graticule_stays_on_the_globe() -> None:
    lines = projection.graticule()
    assert len(lines) == 16
    assert np.isfinite(plots.joined(lines)).all(axis=1).sum() == 11 * 91 + 5 * 181


def test_geoviews_projects_an_image_with_this_cartopy() -> None:
    """Static figures need it; other versions of cartopy break it."""
    longitude, latitude = np.arange(-177.5, 180, 5.0), np.arange(-87.5, 90, 5.0)
    values = np.cos(np.deg2rad(latitude))[:, None] * np.ones(len(longitude))
    image = gv.Image((longitude, latitude, values), ["longitude", "latitude"], "value", crs=ccrs.PlateCarree())
    projected = gv.operation.project(image, projection=projection.EQUAL_EARTH.crs)
    found = projected.dimension_values("value", flat=False)
    finite = found[np.isfinite(found)]
    assert finite.size > 0.5 * found.size
    assert 0 < finite.min() < 0.3
    assert 0.9 < finite.max() <= 1.0
