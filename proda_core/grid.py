"""Where things are: the soil layers of CLM5, the half-degree land grid, cell areas and depth integrals.

Source: CLM5 technical note, chapter 2.2.2 (soil layer structure); 20 layers carry carbon, the deeper ones serve only to look
bedrock up.  Depths are metres, positive down, from the soil surface.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from proda_core.constants import EARTH_RADIUS

FloatArray = npt.NDArray[np.float64]

LAYERS = 20
"""Soil layers that carry carbon."""

POOLS: tuple[str, ...] = ("cwd", "metabolic", "cellulose", "lignin", "fast", "slow", "passive")
"""Carbon pools in vector order: coarse woody debris, three litter pools (L1-L3), three soil pools (S1-S3)."""

SOIL_POOLS = slice(4, 7)
"""The pools that make soil organic carbon: S1 + S2 + S3."""

STOCK_DEPTHS: dict[str, float] = {"0.3m": 0.3, "1m": 1.0, "2m": 2.0, "full": np.inf}
"""Lower bound [m] of each reported stock; ``full`` is the whole 20-layer column (8.6 m)."""


@dataclass(frozen=True)
class SoilLayers:
    """The vertical discretisation of CLM5.

    Attributes:
        interface: depth of each layer's lower interface [m] (25,).
        node: depth of each layer's node [m] (25,).
    """

    interface: FloatArray
    node: FloatArray

    def __post_init__(self) -> None:
        top = np.concatenate([[0.0], self.interface[:-1]])
        if not (np.all(top < self.node) and np.all(self.node < self.interface)):
            raise ValueError("expected every node between the interfaces of its layer, got nodes and interfaces out of order")

    @cached_property
    def top(self) -> FloatArray:
        """Depth of each layer's upper interface [m] (25,)."""
        return np.concatenate([[0.0], self.interface[:-1]])

    @cached_property
    def thickness(self) -> FloatArray:
        """Layer thickness [m] (25,)."""
        return self.interface - self.top

    def integral_weights(self, depth: float) -> FloatArray:
        """Metres of each of the 20 layers that lie above ``depth``: ``weights @ density`` is the stock above it.

        Args:
            depth: lower bound of the integral [m]; infinite for the whole column.

        Returns:
            weights [m] (20,).

        >>> [round(float(w), 2) for w in LAYERS_CLM5.integral_weights(0.3)[:6]]
        [0.02, 0.04, 0.06, 0.08, 0.1, 0.0]
        """
        if not depth > 0:
            raise ValueError(f"expected a depth > 0 m, got {depth}")
        return np.clip(depth - self.top[:LAYERS], 0.0, self.thickness[:LAYERS])


# fmt: off
LAYERS_CLM5 = SoilLayers(
    interface=np.array([
        0.02, 0.06, 0.12, 0.20, 0.32, 0.48, 0.68, 0.92, 1.20, 1.52, 1.88, 2.28, 2.72, 3.26, 3.90, 4.64, 5.48, 6.42, 7.46, 8.60,
        10.99, 15.6655339059327, 23.3007244343160, 34.4407244343160, 49.5561492936897,
    ]),
    node=np.array([
        0.01, 0.04, 0.09, 0.16, 0.26, 0.40, 0.58, 0.80, 1.06, 1.36, 1.70, 2.08, 2.50, 2.99, 3.58, 4.27, 5.06, 5.95, 6.94, 8.03,
        9.795, 13.3277669529664, 19.4831291701244, 28.8707244343160, 41.9984368640029,
    ]),
)
# fmt: on
"""The soil layers of CLM5."""

STOCK_WEIGHTS: FloatArray = np.stack([LAYERS_CLM5.integral_weights(depth) for depth in STOCK_DEPTHS.values()])
"""Weights [m] of the four reported stocks (4, 20): ``STOCK_WEIGHTS @ density`` [gC m-3] is the stock [gC m-2]."""


def cell_area(latitude: npt.ArrayLike, size: float = 0.5) -> FloatArray:
    """Area of ``size`` x ``size`` degree cells centred at ``latitude``: mean of top and bottom edge lengths times height.

    Args:
        latitude: cell centres [degrees north], any shape.
        size: edge of a cell [degrees].

    Returns:
        area [m2], shape of ``latitude``; land and water alike.

    >>> round(float(cell_area(0.25)) / 1e6)
    3091
    """
    middle = np.asarray(latitude, dtype=float)
    top, bottom = np.deg2rad(middle + size / 2), np.deg2rad(middle - size / 2)
    step = np.deg2rad(size)
    area: FloatArray = EARTH_RADIUS**2 * step**2 * (np.cos(top) + np.cos(bottom)) / 2
    return area


@dataclass(frozen=True)
class LandGrid:
    """Land cells of a regular longitude-latitude grid, as a list of cells.

    Attributes:
        latitude: cell centres [degrees north] (cell,).
        longitude: cell centres [degrees east], -180..180 (cell,).
        land_fraction: part of the cell that is land [1] (cell,).
        size: edge of a cell [degrees].
    """

    latitude: FloatArray
    longitude: FloatArray
    land_fraction: FloatArray
    size: float = 0.5

    def __post_init__(self) -> None:
        shapes = {np.shape(self.latitude), np.shape(self.longitude), np.shape(self.land_fraction)}
        if len(shapes) != 1 or np.ndim(self.latitude) != 1:
            got = ", ".join(sorted(map(str, shapes)))
            raise ValueError(f"expected latitude, longitude and land fraction of one shape (cell,), got {got}")
        _check_range("latitude [degrees north]", self.latitude, -90.0, 90.0, "are latitude and longitude swapped?")
        _check_range(
            "longitude [degrees east]", self.longitude, -180.0, 180.0, "given as 0..360? use (longitude + 180) % 360 - 180"
        )
        _check_range("land fraction [1]", self.land_fraction, 0.0, 1.0, "given in %?")
        cells, counts = np.unique(self.row * self.shape[1] + self.column, return_counts=True)
        if len(cells) < len(self.latitude):
            row, column = divmod(int(cells[np.argmax(counts)]), self.shape[1])
            place = f"{(row + 0.5) * self.size - 90:g} N, {(column + 0.5) * self.size - 180:g} E"
            raise ValueError(f"expected every grid cell once, got {counts.max()} at {place}; drop duplicates, or set the size")

    @cached_property
    def area(self) -> FloatArray:
        """Land area of each cell [m2] (cell,)."""
        return cell_area(self.latitude, self.size) * self.land_fraction

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the full grid."""
        return round(180 / self.size), round(360 / self.size)

    @cached_property
    def row(self) -> npt.NDArray[np.int64]:
        """Row of each cell in the full grid, south to north (cell,)."""
        return np.floor((self.latitude + 90.0) / self.size).clip(max=self.shape[0] - 1).astype(np.int64)

    @cached_property
    def column(self) -> npt.NDArray[np.int64]:
        """Column of each cell in the full grid, from 180 degrees west (cell,)."""
        return np.floor((self.longitude + 180.0) / self.size).clip(max=self.shape[1] - 1).astype(np.int64)

    def cells_near(self, latitude: FloatArray, longitude: FloatArray) -> npt.NDArray[np.int64]:
        """Index of the land cell that holds each place, or of the nearest of the eight around it; -1 where none of them is land.

        Args:
            latitude: [degrees north] (place,).
            longitude: [degrees east], -180..180 (place,).

        >>> land = LandGrid(np.array([0.25, 0.25]), np.array([179.75, 10.25]), np.ones(2))
        >>> land.cells_near(np.array([0.1, 0.6, 5.0]), np.array([10.4, -179.9, 5.0])).tolist()
        [1, 0, -1]
        """
        rows, columns = self.shape
        cells = np.full((rows + 2, columns), -1, dtype=np.int64)
        cells[self.row + 1, self.column] = np.arange(len(self.latitude))
        row = np.floor((latitude + 90.0) / self.size).clip(0, rows - 1).astype(np.int64)
        column = np.floor((longitude + 180.0) / self.size).astype(np.int64) % columns
        steps = [(0, 0), *((i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0))]
        around = np.stack([cells[row + 1 + i, (column + j) % columns] for i, j in steps])
        distance = _chord(self.latitude[around], self.longitude[around], latitude, longitude)
        distance[0] = -1.0  # the cell that holds the place comes first
        nearest = np.where(around >= 0, distance, np.inf).argmin(axis=0)
        found: npt.NDArray[np.int64] = around[nearest, np.arange(len(row))]
        return found

    def nearest(self, latitude: float, longitude: float) -> int:
        """Index of the land cell whose centre is nearest to a place, by great-circle distance."""
        return int(np.argmin(_chord(self.latitude, self.longitude, latitude, longitude)))


def _chord(latitude: FloatArray, longitude: FloatArray, to_latitude: npt.ArrayLike, to_longitude: npt.ArrayLike) -> FloatArray:
    """Rises with the great-circle distance between places [degrees]: the square of half the chord over the radius [1]."""
    lat, lon, lat0, lon0 = (np.deg2rad(np.asarray(angle)) for angle in (latitude, longitude, to_latitude, to_longitude))
    chord: FloatArray = np.sin((lat - lat0) / 2) ** 2 + np.cos(lat) * np.cos(lat0) * np.sin((lon - lon0) / 2) ** 2
    return chord


def _check_range(name: str, values: FloatArray, lower: float, upper: float, hint: str) -> None:
    low, high = float(np.min(values)), float(np.max(values))
    if not (low >= lower and high <= upper):  # also catches NaN
        raise ValueError(f"expected {name} within {lower:g}..{upper:g}, got {low:.4g}..{high:.4g}; {hint}")
