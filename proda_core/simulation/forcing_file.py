"""How forcing stands in a NetCDF file: where its places are, and each variable by name, unit and dimension."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from proda_core.constants import DAYS_PER_YEAR, MONTHS, SECONDS_PER_DAY
from proda_core.grid import LAYERS, LAYERS_CLM5
from proda_core.variables import FORCING, VARIABLES, Variable, VariableError, check_range

FloatArray = npt.NDArray[np.floating[Any]]

NPP = Variable(
    "plant_input", "plant carbon input, all litter classes", "gC m-2 s-1", ("cell",), 0, 5e-4, "NPP",
    "given per day or per year? a year has 31,536,000 s",
)  # fmt: skip
"""Total plant input, which CLM5 writes; it stands in for ``litter_input``, whose classes CLM5 does not."""

PER_YEAR = DAYS_PER_YEAR * SECONDS_PER_DAY
"""Seconds in a year [s yr-1]."""

ROWS: dict[str, Variable] = {**{name: VARIABLES[name] for name in FORCING}, NPP.name: NPP}
"""Variables that are read, by our name."""

MOST_VALUES = 100_000_000
"""Values of a variable in a file."""

BEYOND = 1e30
"""Larger numbers mark what is missing, in files that do not say so."""

SLACK = 1e-4
"""How far rounding may carry a fraction beyond its range; it is taken as the limit [1]."""

_MONTH, _LAYER = ("month", "time"), ("layer", "levgrnd", "levsoi", "levdcmp")
_PLACE = {"latitude": ("latitude", "lat"), "longitude": ("longitude", "lon")}

_SPELLINGS: dict[str, set[str]] = {
    "1": {"1", "", "-", "unitless", "proportion", "fraction", "none", "dimensionless", "index"},
    "K": {"k", "kelvin", "degk"},
    "m": {"m", "meter", "meters", "metre", "metres"},
    "gC m-2 yr-1": {"gcm-2yr-1", "gm-2yr-1", "gc/m2/yr", "g/m2/yr", "gcm-2a-1", "gc/m2/year"},
    "gC m-2 s-1": {"gcm-2s-1", "gm-2s-1", "gc/m2/s", "g/m2/s"},
}
"""How units are written, by ours: lower case, without blanks and carets."""


@dataclass(frozen=True)
class Places:
    """Where a file has values.

    Attributes:
        dims: dimensions of the places in the file.
        latitude: [degrees north] (place,).
        longitude: [degrees east], -180..180 (place,).
        spacing: between neighbours along latitude and along longitude [degrees]; 0 where there is only one.
    """

    dims: tuple[str, ...]
    latitude: FloatArray
    longitude: FloatArray
    spacing: tuple[float, float]


def places(data: xr.Dataset) -> Places:
    """The places of a file: a regular grid, a list of its cells, or a single point.

    Raises:
        VariableError: no coordinates, of two dimensions, or out of range.
    """
    latitude, longitude = (_axis(data, name, names) for name, names in _PLACE.items())
    check_range("latitude", latitude.values)
    east = (np.asarray(longitude.values, dtype=float) + 180.0) % 360.0 - 180.0
    check_range("longitude", east)
    spacing = (_spacing(latitude.values), _spacing(longitude.values))
    if latitude.dims == longitude.dims:
        return Places(_text(latitude.dims), latitude.values.astype(float).ravel(), east.ravel(), spacing)
    north, along = np.meshgrid(latitude.values.astype(float), east, indexing="ij")
    return Places(_text((*latitude.dims, *longitude.dims)), north.ravel(), along.ravel(), spacing)


def _axis(data: xr.Dataset, name: str, names: Sequence[str]) -> xr.DataArray:
    known = [one for one in names if one in data.variables]
    if not known:
        raise VariableError(f"expected {name} as {' or '.join(names)} in the file, got {held(data)}; add it")
    axis = data[known[0]]
    if axis.ndim > 1:
        raise VariableError(f"expected {known[0]} along one dimension, got {_text(axis.dims)}; put the file on a regular grid")
    return axis


def _spacing(values: npt.NDArray[np.generic]) -> float:
    steps = np.diff(np.unique(np.asarray(values, dtype=float)))
    return float(np.median(steps)) if len(steps) else 0.0


def _text(dims: Sequence[object]) -> tuple[str, ...]:
    return tuple(map(str, dims))


def held(data: xr.Dataset) -> str:
    """The variables of a file, the first of them by name."""
    names = [str(name) for name in data.variables]
    return f"{', '.join(names[:12])}{', ...' if len(names) > 12 else ''}" if names else "no variables"


def name_in(data: xr.Dataset, name: str) -> str | None:
    """The name of one of :data:`ROWS` in a file: ours, else that of CLM5; none where it is missing."""
    return next((one for one in (name, ROWS[name].clm5) if one and one in data.variables), None)


def take(data: xr.Dataset, name: str, where: Places) -> FloatArray:
    """A variable at every place, NaN where the file has no value.

    Args:
        data: the file.
        name: one of :data:`ROWS` that the file has.
        where: its places.

    Returns:
        values [unit of its row] in single precision (place, ...), with the dimensions of its row: the mean of the months, or the
        deepest thaw of them, where that has none; the uppermost 20 of more layers.

    Raises:
        VariableError: another unit, other dimensions, or more values than there is room for.
    """
    row, title = ROWS[name], name_in(data, name)
    array = data[title]
    units = str(array.attrs.get("units", row.units))
    if units != row.units and units.lower().replace(" ", "").replace("^", "") not in _SPELLINGS.get(row.units, ()):
        raise VariableError(f"expected {title} in {row.units!r}, got {units!r}; convert it and set the units attribute")
    if array.size > MOST_VALUES:
        raise VariableError(f"expected at most {MOST_VALUES:,} values of {title}, got {array.size:,}; cut a region out")
    array = _named(array.load(), where.dims)  # at once: cut and turned while it is in the file it takes ten times as long
    if "month" in array.dims:
        _check_months(str(title), array.sizes["month"])
    if "month" in array.dims and "month" not in row.dims:
        array = array.mean("month") if name in ("litter_input", NPP.name) else array.max("month")
    array = array.squeeze([dim for dim in array.dims if dim not in (*where.dims, *row.dims) and array.sizes[dim] == 1], drop=True)
    wanted = (*where.dims, *row.dims[1:])
    if set(array.dims) != set(wanted):
        got = _text(data[title].dims)
        raise VariableError(
            f"expected {title} along {', '.join(wanted)}, got {got}; see the table of forcing files in the README"
        )
    return _finite(_layers(str(title), array.transpose(*wanted)), row, len(where.latitude))


def _named(array: xr.DataArray, place: Sequence[str]) -> xr.DataArray:
    """The same with our names for months and layers."""
    for ours, names in (("month", _MONTH), ("layer", _LAYER)):
        theirs = next((dim for dim in array.dims if dim in names and dim not in place), None)
        if theirs is not None and theirs != ours and ours not in array.dims:
            array = array.rename({theirs: ours})
    return array


def _check_months(title: str, months: int) -> None:
    if months != MONTHS:
        step = "average the years month by month" if months > MONTHS else "join the monthly means of a whole year"
        raise VariableError(f"expected {title} with {MONTHS} months, got {months}; {step}")


def _layers(title: str, array: xr.DataArray) -> xr.DataArray:
    """The uppermost 20 layers, those of CLM5."""
    if "layer" not in array.dims:
        return array
    if array.sizes["layer"] < LAYERS:
        got = array.sizes["layer"]
        raise VariableError(f"expected {title} in the {LAYERS} layers of CLM5, got {got}; interpolate to their nodes")
    found = array.isel(layer=slice(LAYERS))
    if "layer" in found.coords and found["layer"].dtype.kind == "f":
        node = found["layer"].values
        if not (np.allclose(node, LAYERS_CLM5.node[:LAYERS], atol=0.02, rtol=0.02) or np.all(np.diff(node) == 1)):
            raise VariableError(
                f"expected {title} in the layers of CLM5, nodes at 0.01, 0.04, 0.09 ... 8.03 m, got {node[0]:g}, {node[1]:g}, "
                f"{node[2]:g} ... {node[-1]:g}; interpolate to their nodes"
            )
    return found


def _finite(array: xr.DataArray, row: Variable, count: int) -> FloatArray:
    """Values (place, ...) with NaN for what is missing, and rounding taken back."""
    if array.dtype.kind not in "fiu":
        raise VariableError(f"expected {row.name} as numbers, got values of type {array.dtype}; convert them")
    values = array.values.astype(np.float32).reshape(count, *array.shape[array.ndim - len(row.dims) + 1 :])
    values[~(np.abs(values) < BEYOND)] = np.nan
    if row.units == "1":
        for limit, beyond in ((row.lower, values < row.lower), (row.upper, values > row.upper)):
            values[beyond & (np.abs(values - limit) < SLACK)] = limit
    return values
