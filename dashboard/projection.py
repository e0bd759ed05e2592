"""The globe laid flat: which land cell lies under each pixel, and places to points and back.

The index is built once; afterwards a map is one look-up, ``values[index]``.  Equal Earth keeps areas, so the share of the globe
that is land is the share of the ellipse's pixels that are land.  Plain longitude and latitude show the grid of the data as it is.
Points are in metres on Equal Earth, in degrees on plain longitude and latitude.

Source: Savric, Patterson and Jenny 2018, doi:10.1080/13658816.2018.1504949, by way of cartopy.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cartopy.crs as ccrs
import numpy as np
import numpy.typing as npt

from dashboard.catalogue import PROJECTIONS
from proda_core.grid import LandGrid
from proda_core.store import data_directory

PLATE = ccrs.PlateCarree()

FloatArray = npt.NDArray[np.float64]
Line = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Projection:
    """A way to lay the globe flat.

    Attributes:
        name: key of ``catalogue.PROJECTIONS``.
        crs: what computes it.
        width: pixels of a map from west to east.
        height: pixels from south to north.
    """

    name: str
    crs: ccrs.Projection
    width: int
    height: int

    @property
    def x_limits(self) -> tuple[float, float]:
        """Its westernmost and easternmost points."""
        west, east = self.crs.x_limits
        return float(west), float(east)

    @property
    def y_limits(self) -> tuple[float, float]:
        """Its southernmost and northernmost points."""
        south, north = self.crs.y_limits
        return float(south), float(north)


EQUAL_EARTH = Projection("equal-earth", ccrs.EqualEarth(), 1000, 487)
LONLAT = Projection("lonlat", PLATE, 1000, 500)
BY_NAME = {each.name: each for each in (EQUAL_EARTH, LONLAT)}
WIDTH, HEIGHT = EQUAL_EARTH.width, EQUAL_EARTH.height
X_LIMITS, Y_LIMITS = EQUAL_EARTH.x_limits, EQUAL_EARTH.y_limits


@dataclass(frozen=True)
class Pixels:
    """The pixels of the map.

    Attributes:
        x: pixel centres, west to east (column,).
        y: pixel centres, south to north (row,).
        index: land cell under each pixel, or the number of cells where there is none (row, column), in the smallest type.
        globe: whether a pixel lies on the globe (row, column).
        cells: number of land cells.
    """

    x: FloatArray
    y: FloatArray
    index: npt.NDArray[np.unsignedinteger]
    globe: npt.NDArray[np.bool_]
    cells: int

    def padded(self, values: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
        """Cell values, and NaN for where there is no cell: what ``index`` points into (cell + 1,)."""
        padded = np.empty(self.cells + 1, dtype=np.float32)
        padded[:-1] = values
        padded[-1] = np.nan
        return padded

    def frame(self, values: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
        """The map of cell values, NaN where there is no cell (row south to north, column)."""
        found: npt.NDArray[np.float32] = self.padded(values)[self.index]
        return found


def build(land: LandGrid, width: int | None = None, height: int | None = None, on: Projection = EQUAL_EARTH) -> Pixels:
    """The pixels of the map for a land grid, as many as a page shows unless said otherwise."""
    x = _centres(on.x_limits, width or on.width)
    y = _centres(on.y_limits, height or on.height)
    xs, ys = np.meshgrid(x, y)
    longitude, latitude, globe = to_place(xs, ys, on)
    rows, columns = land.shape
    cells = len(land.latitude)
    kind = np.min_scalar_type(cells)
    cell = np.full(land.shape, cells, dtype=kind)
    cell[land.row, land.column] = np.arange(cells)
    row = np.clip(np.floor((latitude[globe] + 90.0) / land.size), 0, rows - 1).astype(int)
    column = np.clip(np.floor((longitude[globe] + 180.0) / land.size), 0, columns - 1).astype(int)
    index = np.full(xs.shape, cells, dtype=kind)
    index[globe] = cell[row, column]
    return Pixels(x, y, index, globe, cells)


def _centres(limits: tuple[float, float], count: int) -> FloatArray:
    edges = np.linspace(limits[0], limits[1], count + 1)
    return (edges[:-1] + edges[1:]) / 2


def to_place(
    x: npt.ArrayLike, y: npt.ArrayLike, on: Projection = EQUAL_EARTH
) -> tuple[FloatArray, FloatArray, npt.NDArray[np.bool_]]:
    """Points of the map -> longitude, latitude [degrees], and whether they lie on the globe."""
    xs, ys = np.atleast_1d(np.asarray(x, dtype=float)), np.atleast_1d(np.asarray(y, dtype=float))
    inside = np.isfinite(xs) & np.isfinite(ys) & (np.abs(ys) <= on.y_limits[1]) & (np.abs(xs) <= on.x_limits[1])
    places = PLATE.transform_points(on.crs, np.where(inside, xs, 0.0), np.where(inside, ys, 0.0))
    longitude, latitude = places[..., 0], places[..., 1]
    known = inside & np.isfinite(longitude) & np.isfinite(latitude)
    back = on.crs.transform_points(PLATE, np.where(known, longitude, 0.0), np.where(known, latitude, 0.0))
    # beyond the edge the inverse wraps round to the other side of the globe: there and back is then not the same point
    globe = known & (np.abs(back[..., 0] - xs) < 1.0) & (np.abs(back[..., 1] - ys) < 1.0)
    return longitude, latitude, globe


def to_point(longitude: float, latitude: float, on: Projection = EQUAL_EARTH) -> tuple[float, float]:
    """A place [degrees] -> point of the map.

    >>> to_point(0.0, 0.0), to_point(8.5, 47.25, LONLAT)
    ((0.0, 0.0), (8.5, 47.25))
    """
    x, y = on.crs.transform_point(longitude, latitude, PLATE)
    return float(x), float(y)


def to_box(x0: float, x1: float, y0: float, y1: float, on: Projection = EQUAL_EARTH) -> tuple[float, float, float, float] | None:
    """A rectangle of the map -> south, north, west, east [degrees], as far as its middle lines lie on the globe.

    >>> to_box(-1e6, 1e6, 0.0, 1e6) is not None, to_box(0.0, 0.0, 0.0, 0.0) is None
    (True, True)
    """
    y = np.clip([y0, y1], *on.y_limits)
    _, latitude, _ = to_place(np.zeros(2), y, on)
    middle = float(np.mean(y))
    half = abs(to_point(180.0, float(to_place(0.0, middle, on)[1][0]), on)[0]) * (1 - 1e-9)
    longitude, _, globe = to_place(np.clip([x0, x1], -half, half), np.full(2, middle), on)
    south, north = sorted(round(float(value), 2) for value in latitude)
    west, east = sorted(round(float(value), 2) for value in longitude)
    return (south, north, west, east) if globe.all() and south < north and west < east else None


@cache
def outlines(path: Path | None = None, on: Projection = EQUAL_EARTH) -> tuple[Line, ...]:
    """Rings of the world's land on the map, each (point, 2), the longest last.

    A browser looks at all of a shape that was drawn so far whenever a ring of it is closed.
    """
    geometry = json.loads((path or data_directory() / "coastlines.geojson").read_text())["geometry"]
    rings = sorted((np.array(ring, dtype=float) for shape in geometry["coordinates"] for ring in shape), key=len)
    return tuple(on.crs.transform_points(PLATE, ring[:, 0], ring[:, 1])[:, :2] for ring in rings)


def edge(points: int = 181, on: Projection = EQUAL_EARTH) -> Line:
    """The edge of the globe on the map (point, 2)."""
    up, right = np.linspace(-90, 90, points), np.linspace(-180, 180, points)
    longitude = np.concatenate([np.full(points, 180.0), right[::-1], np.full(points, -180.0), right])
    latitude = np.concatenate([up, np.full(points, 90.0), up[::-1], np.full(points, -90.0)])
    return np.asarray(on.crs.transform_points(PLATE, longitude, latitude)[:, :2])


def graticule(step: int = 30, on: Projection = EQUAL_EARTH) -> tuple[Line, ...]:
    """Meridians and parallels every ``step`` degrees on the map, each (point, 2)."""
    along_lat, along_lon = np.linspace(-90, 90, 91), np.linspace(-180, 180, 181)
    lines = [(np.full(91, float(lon)), along_lat) for lon in range(-180 + step, 180, step)]
    lines += [(along_lon, np.full(181, float(lat))) for lat in range(-90 + step, 90, step)]
    return tuple(np.asarray(on.crs.transform_points(PLATE, lon, lat)[:, :2]) for lon, lat in lines)


if set(BY_NAME) != set(PROJECTIONS):
    raise RuntimeError(f"expected projections {', '.join(PROJECTIONS)}; got {', '.join(BY_NAME)}")
