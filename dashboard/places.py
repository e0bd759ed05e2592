"""Places by name: a gazetteer of towns that comes with the project, and the countries of the model's land.

Names are found whatever their case and diacritics, from the beginning of any of their words, the largest place first.
"""

from __future__ import annotations

import gzip
import logging
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from dashboard import coordinates
from dashboard.language import tr
from proda_core.grid import LandGrid
from proda_core.regions import Regions

log = logging.getLogger(__name__)

FILE = "places.tsv.gz"
CREDIT = "GeoNames (CC BY 4.0)"
"""Where the towns come from."""

NEAR = 60.0
"""How far a town may be for a place to be called after it [km]."""

_KM_PER_DEGREE = 111.2
_LONGEST = 60
"""Characters of a name that is searched for."""

_END = "\n"
_LONGER, _WORD = 2, 4
"""How much worse than being called just so: to be called something longer, or so with a further word only."""

_PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "’": "'", "ʻ": "'", "‘": "'"}
)


class Place(NamedTuple):
    """A place with a name.

    Attributes:
        name: as it is called there, or in English.
        country: in which it lies; empty for a country itself.
        latitude: [degrees north].
        longitude: [degrees east].
    """

    name: str
    country: str
    latitude: float
    longitude: float

    @property
    def title(self) -> str:
        """Its name with its country."""
        return f"{self.name}, {self.country}" if self.country else self.name


class UnknownPlaceError(LookupError):
    """No such place; its text says what to do."""


def folded(name: str) -> str:
    """A name as it is compared: without case, diacritics and needless spaces.

    >>> folded("São  Tomé"), folded("Tromsø")
    ('sao tome', 'tromso')
    """
    bare = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return " ".join(bare.casefold().translate(_PLAIN).split())


def read(path: Path) -> list[tuple[Place, tuple[str, ...]]]:
    """The towns of a file that ``data/places.py`` made, the largest first, each with its other names.

    Raises:
        ValueError: no such file, or one of another kind.
    """
    found = []
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="\n") as file:
            for line in file:
                name, country, latitude, longitude, others = line.rstrip("\n").split("\t")
                place = Place(name, country, float(latitude), float(longitude))
                found.append((place, tuple(others.split("|")) if others else ()))
    except FileNotFoundError as error:
        raise ValueError(f"expected {path.name}, got no such file") from error
    except (OSError, EOFError, ValueError) as error:
        raise ValueError(
            f"expected lines of name, country, latitude, longitude and other names in {path.name}: {error}"
        ) from error
    return found


class Gazetteer:
    """What places are called.

    Args:
        towns: as :func:`read` gives them; none where there is no file.
        land: land of the model.
        countries: country of each cell, where that is known.
    """

    def __init__(self, towns: Sequence[tuple[Place, tuple[str, ...]]], land: LandGrid, countries: Regions | None = None) -> None:
        self._land, self._regions = land, countries
        self._towns = [place for place, _ in towns]
        named = [] if countries is None else [countries.names[i] for i in np.unique(countries.index)]
        self.countries = tuple(named)
        places: list[Place] = [*(Place(name, "", np.nan, np.nan) for name in named), *self._towns]
        names = [*((place, ()) for place in places[: len(named)]), *towns]
        keys = [(key, rank, worth) for rank, (place, others) in enumerate(names) for key, worth in _keys(place.name, others)]
        first = {name: rank for rank, name in enumerate(named)}
        keys += [(key, first[name], worth) for alias, name in self._aliases() for key, worth in _keys(alias)]
        keys.sort()
        self._places, self._found = places, keys

    @cached_property
    def _position(self) -> npt.NDArray[np.float64]:
        """Latitude and longitude of the towns [degrees] (2, town)."""
        return np.array([[place.latitude for place in self._towns], [place.longitude for place in self._towns]])

    def _aliases(self) -> Iterator[tuple[str, str]]:
        """Names of countries as towns have them, beside those of the land: where most such towns lie."""
        if self._regions is None or not self._towns:
            return
        cells = self._land.cells_near(*self._position)
        index = np.where(cells >= 0, self._regions.index[cells], len(self._regions.names))
        by_name: dict[str, list[int]] = {}
        for place, region in zip(self._towns, index, strict=True):
            by_name.setdefault(place.country, []).append(int(region))
        for name, regions in by_name.items():
            most = int(np.bincount(regions).argmax())
            if name and name not in self.countries and most < len(self._regions.names):
                yield name, self._regions.names[most]

    def suggest(self, text: str, most: int = 8) -> list[Place]:
        """Places whose name, or a word of it, begins with a text.

        Those called just so come first, then those whose own name begins so; of equals countries, then the largest.
        """
        wanted = folded(text[:_LONGEST])
        if not wanted:
            return []
        best: dict[int, int] = {}
        for key, rank, worth in islice(self._found, bisect_left(self._found, (wanted, 0, 0)), None):
            if not key.startswith(wanted):
                break
            best[rank] = min(best.get(rank, _WORD), worth if key == f"{wanted}{_END}" else min(worth + _LONGER, _WORD))
        order = sorted(best, key=lambda rank: (best[rank], rank))
        return [self._located(self._places[rank]) for rank in order[:most]]

    def find(self, text: str) -> Place:
        """The place that a text means: coordinates, or the first of the places that it suggests.

        Raises:
            UnknownPlaceError: there is none; the message says what to do.
        """
        try:
            at = coordinates.parse(text)
        except coordinates.CoordinatesError as error:
            raise UnknownPlaceError(str(error)) from error
        if at is not None:
            return Place("", "", *at)
        found = self.suggest(text, 1)
        if not found:
            raise UnknownPlaceError(self._refusal(text))
        return found[0]

    def _refusal(self, text: str) -> str:
        if not folded(text):
            return tr("Type a place, a country, or coordinates such as 47.4, 8.5.")
        return tr(
            "No place called “{typed}” among {towns} towns and {countries} countries. Try a larger town near it, or coordinates "
            "such as 47.4, 8.5 or 47°24′ N 8°30′ E.",
            typed=text.strip()[:_LONGEST], towns=f"{len(self._towns):,}", countries=len(self.countries),
        )  # fmt: skip

    def near(self, latitude: float, longitude: float) -> Place | None:
        """The nearest town, if one is near [degrees]."""
        if not self._towns:
            return None
        north, east = self._position
        across = ((east - longitude + 180.0) % 360.0 - 180.0) * np.cos(np.deg2rad(latitude))
        distance = np.hypot(north - latitude, across) * _KM_PER_DEGREE
        nearest = int(distance.argmin())
        return self._towns[nearest] if distance[nearest] <= NEAR else None

    def country(self, cell: int) -> str:
        """Country of a cell of the land; empty where that is not known."""
        return "" if self._regions is None else self._regions.names[self._regions.index[cell]]

    def _located(self, place: Place) -> Place:
        """A country with a place inside it: the cell nearest to the middle of its largest part."""
        if place.country or self._regions is None or np.isfinite(place.latitude):
            return place
        land = self._land
        cells = np.flatnonzero(self._regions.index == self._regions.names.index(place.name))
        grid = np.zeros(land.shape, dtype=bool)
        grid[land.row[cells], land.column[cells]] = True
        parts, _ = ndimage.label(grid, np.ones((3, 3)))
        part = parts[land.row[cells], land.column[cells]]
        area = np.bincount(part, weights=land.area[cells])
        cells = cells[part == area.argmax()]
        weight = land.area[cells] / land.area[cells].sum()
        north, east = float(weight @ land.latitude[cells]), float(weight @ land.longitude[cells])
        across = (land.longitude[cells] - east) * np.cos(np.deg2rad(north))
        middle = cells[np.hypot(land.latitude[cells] - north, across).argmin()]
        return place._replace(latitude=float(land.latitude[middle]), longitude=float(land.longitude[middle]))


def _keys(name: str, others: tuple[str, ...] = ()) -> set[tuple[str, int]]:
    """What a name is found by, and how well that names it: from the beginning, marked by its end, and from each further word."""
    found = set()
    for each, worth in ((name, 0), *((other, 1) for other in others)):
        words = folded(each)
        found.add((f"{words}{_END}", worth))
        found.update((words[i + 1 :], _WORD) for i, letter in enumerate(words) if letter in " -'" and i + 1 < len(words))
    return found
