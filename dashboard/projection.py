"""The Equal Earth map: which land cell lies under each pixel, and places to points and back.

The index is built once; afterwards a map is one look-up, ``values[index]``.  Equal Earth keeps areas, so the share of the globe
that is land is the share of the ellipse's pixels that are land.

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

from proda_core.grid import LandGrid
from proda_core.store import data_directory

EQUAL_EARTH = ccrs.EqualEarth()
PLATE = ccrs.PlateCarree()
WIDTH = 1000
HEIGHT = 487
X_LIMITS: tuple[float, float] = EQUAL_EARTH.x_limits
Y_LIMITS: tuple[float, float] = EQUAL_EARTH.y_limits

FloatArray = npt.NDArray[np.float64]
Line = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Pixels:
    """The pixels of the map.

    Attributes:
        x: pixel centres [m], west to east (column,).
        y: pixel centres [m], south to north (row,).
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


def build(land: LandGrid, width: int = WIDTH, height: int = HEIGHT) -> Pixels:
    """The pixels of the map for a land grid."""
    x = _centres(X_LIMITS, width)
    y = _centres(Y_LIMITS, height)
    xs, ys = np.meshgrid(x, y)
    longitude, latitude, globe = to_place(xs, ys)
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


def to_place(x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[FloatArray, FloatArray, npt.NDArray[np.bool_]]:
    """Points of the map [m] -> longitude, latitude [degrees], and whether they lie on the globe."""
    xs, ys = np.atleast_1d(np.asarray(x, dtype=float)), np.atleast_1d(np.asarray(y, dtype=float))
    inside = np.isfinite(xs) & np.isfinite(ys) & (np.abs(ys) <= Y_LIMITS[1])
    places = PLATE.transform_points(EQUAL_EARTH, np.where(inside, xs, 0.0), np.where(inside, ys, 0.0))
    longitude, latitude = places[..., 0], places[..., 1]
    known = inside & np.isfinite(longitude) & np.isfinite(latitude)
    back = EQUAL_EARTH.transform_points(PLATE, np.where(known, longitude, 0.0), np.where(known, latitude, 0.0))
    # beyond the edge the inverse wraps round to the other side of the globe: there and back is then not the same point
    globe = known & (np.abs(back[..., 0] - xs) < 1.0) & (np.abs(back[..., 1] - ys) < 1.0)
    return longitude, latitude, globe


def to_point(longitude: float, latitude: float) -> tuple[float, float]:
    """A place [degrees] -> point of the map [m].

    >>> to_point(0.0, 0.0)
    (0.0, 0.0)
    """
    x, y = EQUAL_EARTH.transform_point(longitude, latitude, PLATE)
    return float(x), float(y)


def to_box(x0: float, x1: float, y0: float, y1: float) -> tuple[float, float, float, float] | None:
    """A rectangle of the map [m] -> south, north, west, east [degrees], as far as its middle lines lie on the globe.

    >>> to_box(-1e6, 1e6, 0.0, 1e6) is not None, to_box(0.0, 0.0, 0.0, 0.0) is None
    (True, True)
    """
    y = np.clip([y0, y1], *Y_LIMITS)
    _, latitude, _ = to_place(np.zeros(2), y)
    middle = float(np.mean(y))
    half = abs(to_point(180.0, float(to_place(0.0, middle)[1][0]))[0]) * (1 - 1e-9)
    longitude, _, globe = to_place(np.clip([x0, x1], -half, half), np.full(2, middle))
    south, north = sorted(round(float(value), 2) for value in latitude)
    west, east = sorted(round(float(value), 2) for value in longitude)
    return (south, north, west, east) if globe.all() and south < north and west < east else None


@cache
def outlines(path: Path | None = None) -> tuple[Line, ...]:
    """Rings of the world's land on the map [m], each (point, 2)."""
    geometry = json.loads((path or data_directory() / "coastlines.geojson").read_text())["geometry"]
    rings = (np.array(ring, dtype=float) for shape in geometry["coordinates"] for ring in shape)
    return tuple(EQUAL_EARTH.transform_points(PLATE, ring[:, 0], ring[:, 1])[:, :2] for ring in rings)


def edge(points: int = 181) -> Line:
    """The edge of the globe on the map [m] (point, 2)."""
    up, right = np.linspace(-90, 90, points), np.linspace(-180, 180, points)
    longitude = np.concatenate([np.full(points, 180.0), right[::-1], np.full(points, -180.0), right])
    latitude = np.concatenate([up, np.full(points, 90.0), up[::-1], np.full(points, -90.0)])
    return np.asarray(EQUAL_EARTH.transform_points(PLATE, longitude, latitude)[:, :2])


def graticule(step: int = 30) -> tuple[Line, ...]:
    """Meridians and parallels every ``step`` degrees on the map [m], each (point, 2)."""
    along_lat, along_lon = np.linspace(-90, 90, 91), np.linspace(-180, 180, 181)
    lines = [(np.full(91, float(lon)), along_lat) for lon in range(-180 + step, 180, step)]
    lines += [(along_lon, np.full(181, float(lat))) for lat in range(-90 + step, 90, step)]
    return tuple(np.asarray(EQUAL_EARTH.transform_points(PLATE, lon, lat)[:, :2]) for lon, lat in lines)
