"""Forcing of one's own: read from a NetCDF file onto the land cells that it covers; the embedded climate stands in for the rest.

A cell of the model takes the values of the file's cell that holds its centre, so a file covers its own region and no more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import xarray as xr
from scipy.spatial import cKDTree

from proda_core.classic import check_whole
from proda_core.grid import LandGrid
from proda_core.process import column
from proda_core.simulation.forcing_file import NPP, PER_YEAR, ROWS, Places, held, name_in, places, take
from proda_core.variables import FORCING, VARIABLES, VariableError, check_range

FloatArray = npt.NDArray[np.floating[Any]]
IntArray = npt.NDArray[np.int64]

NEEDED = "soil_temperature"
"""The variable without which a file is no forcing."""

MOST_PLACES = 25_000
"""Places of a file that are kept, some 4 kB each: more than the land of a one-degree grid has."""

_LAST, _THAW, _INPUT = "active_layer_last_year", "active_layer", "litter_input"
_EDGE = 1.001
"""A cell whose centre lies on the edge between two cells of the file is in one of them, whatever rounding does."""


@dataclass(frozen=True)
class Given:
    """Forcing as a file gives it.

    Attributes:
        fields: values by name, of those of ``forcing_file.ROWS`` that the file has, plant input per year (place, ...).
        cells: land cells that it covers (cell,).
        row: place of each of them (cell,).
        names: names in the file, by ours.
        counts: what was done to be able to use it, in numbers of places: ``filled_down``, values missing in deep layers taken
            from the layer above; ``incomplete``, left out as other variables than the temperature are missing there;
            ``negative_input``, negative plant input taken as none.
        title: of the file, as it says.
    """

    fields: Mapping[str, FloatArray]
    cells: IntArray
    row: IntArray
    names: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    title: str = ""

    @property
    def stood_in(self) -> tuple[str, ...]:
        """Variables that the embedded climate stands in for; a file without thaw of the last year has that of the year itself."""
        known = set(self.fields)
        known |= {_LAST} if _THAW in known else set()
        known |= {_INPUT} if NPP.name in known else set()
        return tuple(name for name in FORCING if name not in known)

    def forcing(self, which: slice, embedded: column.Forcing) -> column.Forcing:
        """What drives some of the cells.

        Args:
            which: positions in ``cells``.
            embedded: what the embedded climate says of these cells.
        """
        row = self.row[which]
        found = {name: getattr(embedded, name) for name in FORCING}
        for name in FORCING:
            if name in self.fields:
                found[name] = torch.as_tensor(self.fields[name][row]).to(found[name].dtype)
        if _THAW in self.fields and _LAST not in self.fields:
            found[_LAST] = found[_THAW]
        if NPP.name in self.fields and _INPUT not in self.fields:
            total = torch.as_tensor(self.fields[NPP.name][row]).to(embedded.litter_input.dtype)
            found[_INPUT] = total[:, None] * _shares(embedded.litter_input)
        return column.Forcing(**found)


def _shares(litter: torch.Tensor) -> torch.Tensor:
    """How plant input is divided among the litter classes [1] (cell, 4); evenly where there is none."""
    total = litter.sum(dim=1, keepdim=True)
    return torch.where(total > 0, litter / total.clamp(min=torch.finfo(litter.dtype).tiny), 1.0 / litter.shape[1])


def read(path: Path, land: LandGrid) -> Given:
    """Forcing from a NetCDF file with the names of ``variables.FORCING`` or of CLM5 history files.

    Args:
        path: the file: a regular grid of any resolution, a list of its cells, or a single point; twelve months.
        land: the model's land.

    Returns:
        what it gives, checked.

    Raises:
        ValueError: damaged, no forcing, without months, in other units or layers, out of range, or nowhere on land.
    """
    try:
        check_whole(path)
        with xr.open_dataset(path, engine="netcdf4", decode_times=False) as data:
            return _given(data, path.name, land)
    except (OSError, RuntimeError, KeyError, IndexError, TypeError) as error:
        raise ValueError(
            f"expected a whole NetCDF file in {path.name}, got one that cannot be read ({error}); get it again"
        ) from error


def _given(data: xr.Dataset, file: str, land: LandGrid) -> Given:
    names = {name: found for name in ROWS if (found := name_in(data, name)) is not None}
    if NEEDED not in names:
        raise VariableError(
            f"expected soil temperature in {file}, named {NEEDED} or {VARIABLES[NEEDED].clm5} (CLM5), got NetCDF with "
            f"{held(data)}; see the table of forcing files in the README"
        )
    if _INPUT in names:
        names.pop(NPP.name, None)
    where = places(data)
    temperature, filled = _filled(take(data, NEEDED, where))
    cells, row = covered(land, where, np.flatnonzero(np.isfinite(temperature).all(axis=(1, 2))))
    if not len(cells):
        raise VariableError(f"expected soil temperature on land of the model in {file}, got none: {_extent(where)}; look at it")
    used, row = np.unique(row, return_inverse=True)
    if len(used) > MOST_PLACES:
        raise VariableError(f"expected at most {MOST_PLACES:,} places on land in {file}, got {len(used):,}; cut a region out")
    fields: dict[str, FloatArray] = {NEEDED: temperature[used]}
    counts = {"filled_down": int(filled[used].sum())}
    for name in names:
        if name != NEEDED:
            fields[name], filled = _filled(take(data, name, where)[used])
            counts["filled_down"] = max(counts["filled_down"], int(filled.sum()))
    if NPP.name in fields:
        counts["negative_input"] = int((fields[NPP.name] < 0).sum())
        fields[NPP.name] = np.maximum(fields[NPP.name], 0)
    whole = np.all([np.isfinite(values).reshape(len(used), -1).all(axis=1) for values in fields.values()], axis=0)
    counts["incomplete"] = int((~whole).sum())
    return _checked(fields, cells, row, whole, names, counts, str(data.attrs.get("title", "")))


def _checked(
    fields: dict[str, FloatArray], cells: IntArray, row: IntArray, whole: npt.NDArray[np.bool_],
    names: dict[str, str], counts: dict[str, int], title: str,
) -> Given:  # fmt: skip
    """Only places where nothing is missing, their values within range."""
    if not whole.any():
        few = ", ".join(
            names[name] for name, values in fields.items() if not np.isfinite(values).reshape(len(values), -1).all(axis=1).any()
        )
        raise VariableError(
            f"expected every variable at the same places, got no value of {few or 'one or another'} anywhere; leave it out"
        )
    kept = {name: values[whole] for name, values in fields.items()}
    for name, values in kept.items():
        check_range(name, values, ROWS)
    bedrock = kept.get("bedrock_layer")
    if bedrock is not None and np.any(bedrock != np.round(bedrock)):
        raise VariableError(
            f"expected {names['bedrock_layer']} in whole numbers, got fractions; it is the index of a layer, not a depth"
        )
    if NPP.name in kept:
        kept[NPP.name] = kept[NPP.name].astype(float) * PER_YEAR
    new = np.cumsum(whole) - 1
    some = whole[row]
    return Given(kept, cells[some], new[row[some]].astype(np.int64), names, {name: n for name, n in counts.items() if n}, title)


def _filled(values: FloatArray) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Values with those missing in a layer taken from the layer above, and where that was done (place,)."""
    done = np.zeros(len(values), dtype=np.bool_)
    if values.ndim == 3:
        for k in range(1, values.shape[1]):
            lacking = np.isnan(values[:, k]) & ~np.isnan(values[:, k - 1])
            values[:, k] = np.where(lacking, values[:, k - 1], values[:, k])
            done |= lacking.any(axis=1)
    return values, done


def covered(land: LandGrid, where: Places, sound: IntArray) -> tuple[IntArray, IntArray]:
    """Land cells whose centre lies in a cell of a file, and which.

    Args:
        land: the model's land.
        where: the places of the file; a cell of it is as wide as they lie apart, and no narrower than a cell of the model.
        sound: places that have values (sound,).

    Returns:
        land cells and the place of each (cell,).
    """
    if not len(sound):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    latitude, longitude = where.latitude[sound], where.longitude[sound]
    _, nearest = cKDTree(_directions(latitude, longitude)).query(_directions(land.latitude, land.longitude))
    north = np.abs(land.latitude - latitude[nearest])
    east = np.abs((land.longitude - longitude[nearest] + 180.0) % 360.0 - 180.0)
    half = [_EDGE * max(step, land.size) / 2 for step in where.spacing]
    cells = np.flatnonzero((north <= half[0]) & (east <= half[1]))
    return cells.astype(np.int64), sound[nearest[cells]].astype(np.int64)


def _directions(latitude: FloatArray, longitude: FloatArray) -> FloatArray:
    """Places on the unit sphere (place, 3): the nearest there is the nearest by great-circle distance."""
    north, east = np.deg2rad(latitude), np.deg2rad(longitude)
    return np.stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], axis=1)


def _extent(where: Places) -> str:
    latitude, longitude = where.latitude, where.longitude
    return f"latitude {latitude.min():g}..{latitude.max():g}, longitude {longitude.min():g}..{longitude.max():g}"
