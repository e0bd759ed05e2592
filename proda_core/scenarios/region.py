"""Where a change applies, and whose stocks are summed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from proda_core.grid import LandGrid
from proda_core.regions import Regions

BoolArray = npt.NDArray[np.bool_]

LABELLED = {"koppen": "Koppen zones", "country": "countries"}
"""Ways to divide the land that a world may know, by the name they have there."""


@dataclass(frozen=True)
class Region:
    """A part of the land; exactly one of its attributes says which.

    Attributes:
        latitude: southern and northern bound [degrees north].
        koppen: names of zones, see ``climate.ZONES``.
        country: names of countries and territories, see ``regions.countries``.
        box: southern, northern, western and eastern bound [degrees]; it crosses the date line where west is larger than east.
    """

    latitude: tuple[float, float] | None = None
    koppen: tuple[str, ...] = ()
    country: tuple[str, ...] = ()
    box: tuple[float, float, float, float] | None = None

    def __post_init__(self) -> None:
        given = [name for name in ("latitude", "koppen", "country", "box") if getattr(self, name)]
        if len(given) != 1:
            raise ValueError(f"expected one of latitude, koppen, country and box, got {', '.join(given) or 'none'}")

    def __str__(self) -> str:
        if self.latitude:
            return f"latitudes {self.latitude[0]:g} to {self.latitude[1]:g} degrees north"
        if self.box:
            south, north, west, east = self.box
            return f"{south:g} to {north:g} degrees north and {west:g} to {east:g} degrees east"
        return f"Koppen zones {', '.join(self.koppen)}" if self.koppen else ", ".join(self.country)

    def covers(self, land: LandGrid, regions: dict[str, Regions]) -> BoolArray:
        """Which cells lie in the region.

        Args:
            land: where the cells are.
            regions: ways to divide the land, by name; zones need ``"koppen"``, countries ``"country"``.

        Returns:
            whether the centre of each cell lies in it (cell,).

        Raises:
            ValueError: the world does not know such a division, or no cell lies in the region.
        """
        inside = self._inside(land, regions)
        if not inside.any():
            raise ValueError(f"expected land in the region, got none in {self}; widen it")
        return inside

    def _inside(self, land: LandGrid, regions: dict[str, Regions]) -> BoolArray:
        if self.latitude:
            return _between(land.latitude, *self.latitude)
        if self.box:
            south, north, west, east = self.box
            along = _between(land.longitude, west, east) if west <= east else ~_between(land.longitude, east, west)
            return _between(land.latitude, south, north) & along
        kind, names = ("koppen", self.koppen) if self.koppen else ("country", self.country)
        if kind not in regions:
            raise ValueError(
                f"expected a world with {LABELLED[kind]}, got one without; give the region as latitude: [south, north]"
            )
        known = regions[kind]
        return np.isin(known.index, [known.names.index(name) for name in names if name in known.names])


def _between(values: npt.NDArray[np.float64], low: float, high: float) -> BoolArray:
    inside: BoolArray = (values >= low) & (values <= high)
    return inside
