"""The variables that pass between the steps: name, unit, dimensions, range; and the check at the door.

Every arrow between two steps is one :class:`xarray.Dataset` whose variables stand in :data:`VARIABLES`.  :func:`check` compares a
dataset with the table and raises one error in one voice: expected, got, what to do next.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from proda_core.constants import MONTHS
from proda_core.grid import LAYERS

DIMENSION_SIZES: dict[str, int] = {"layer": LAYERS, "month": MONTHS, "litter": 4, "pool": 7, "parameter": 21}
"""Dimensions of fixed length."""


KINDS: dict[str, str] = {"number": "fiu", "index": "iu", "flag": "b", "text": "OUST"}
"""Kinds of NumPy types that can hold each kind of variable."""


class VariableError(ValueError):
    """A dataset does not hold what the table says; the message names the variable, what was expected, what came, what to do."""


@dataclass(frozen=True)
class Variable:
    """One row of the table.

    Attributes:
        name: name in datasets.
        meaning: long name.
        units: UDUNITS string.
        dims: dimensions, in order.
        lower: smallest value that makes sense [units].
        upper: largest value that makes sense [units].
        clm5: name in CLM5 history files, where there is one.
        hint: the usual mistake when the range is missed.
        kind: ``number``, ``index`` (integers), ``flag`` (true or false) or ``text``; only numbers and indices have a range.
        missing: whether NaN may stand for unknown.
    """

    name: str
    meaning: str
    units: str
    dims: tuple[str, ...]
    lower: float
    upper: float
    clm5: str = ""
    hint: str = ""
    kind: str = "number"
    missing: bool = False


_PERCENT = "a fraction, given in %?"
_SWAPPED = "are latitude and longitude swapped?"
_ROUND = "given as 0..360? use (longitude + 180) % 360 - 180"
_LAST = "active_layer_last_year"
_CELL, _COLUMN, _INPUT = ("cell",), ("cell", "layer", "month"), ("cell", "litter")
_NEGATIVE = "negative, or given in kgC m-2 yr-1 or per second?"

_TABLE = (
    Variable("latitude", "latitude of the cell centre", "degrees_north", _CELL, -90, 90, "lat", _SWAPPED),
    Variable("longitude", "longitude of the cell centre", "degrees_east", _CELL, -180, 180, "lon", _ROUND),
    Variable("land_fraction", "land part of the cell", "1", _CELL, 0, 1, "landfrac", _PERCENT),
    Variable("soil_temperature", "soil temperature", "K", _COLUMN, 180, 350, "TSOI", "given in degC? add 273.15"),
    Variable("water_scalar", "soil water scalar of decomposition", "1", _COLUMN, 0, 1, "W_SCALAR", _PERCENT),
    Variable("oxygen_scalar", "oxygen scalar of decomposition", "1", _COLUMN, 0, 1, "O_SCALAR", _PERCENT),
    Variable("nitrogen_scalar", "nitrogen scalar of litter decomposition", "1", _COLUMN, 0, 1, "FPI_vr", _PERCENT),
    Variable("active_layer", "maximum annual thaw depth", "m", _CELL, 0, 50, "ALTMAX", "given in cm?"),
    Variable(_LAST, "maximum annual thaw depth of the year before", "m", _CELL, 0, 50, "ALTMAX_LASTYEAR", "given in cm?"),
    Variable("bedrock_layer", "deepest soil layer above bedrock", "1", _CELL, 1, 25, "nbedrock", "counted from 1, at most 25"),
    Variable("litter_input", "plant carbon input to CWD, L1, L2, L3", "gC m-2 yr-1", _INPUT, 0, 1e4, "", _NEGATIVE),
)

VARIABLES: dict[str, Variable] = {v.name: v for v in _TABLE}
"""The table, by name."""

_PROFILE, _LAYER = ("profile",), ("observation",)
_CENTIMETRES = "given in cm? divide by 100"
_KILOGRAMS = "given in kgC m-3? multiply by 1000"
_DENSITY = "given in g cm-3? multiply by 1000"
_RELATIVE = "weights are relative, 1 where the sample is taken as it is; leave out a profile that counts for nothing"
_STANDS_FOR = "how many profiles of its kind the profile stands for, relative to the others of its source"
_MOST_SOC, _DEEPEST = 4e5, 100.0
_INF = float("inf")

_OBSERVED = (
    Variable("profile_id", "name of the profile, unique", "1", _PROFILE, 0, 0, kind="text"),
    Variable("latitude", "latitude of the profile", "degrees_north", _PROFILE, -90, 90, hint=_SWAPPED),
    Variable("longitude", "longitude of the profile", "degrees_east", _PROFILE, -180, 180, hint=_ROUND),
    Variable("source", "who published the profile", "1", _PROFILE, 0, 0, kind="text"),
    Variable("licence", "licence of the profile", "1", _PROFILE, 0, 0, kind="text"),
    Variable("date", "sampling date, ISO 8601 or empty", "1", _PROFILE, 0, 0, kind="text"),
    Variable("sampling_weight", _STANDS_FOR, "1", _PROFILE, 1e-6, 1e6, hint=_RELATIVE),
    Variable("profile_index", "position of the layer's profile", "1", _LAYER, 0, _INF, kind="index"),
    Variable("layer_top", "upper depth of the layer", "m", _LAYER, 0, _DEEPEST, hint=_CENTIMETRES),
    Variable("layer_bottom", "lower depth of the layer", "m", _LAYER, 0, _DEEPEST, hint=_CENTIMETRES),
    Variable("soc_density", "soil organic carbon per volume", "gC m-3", _LAYER, 0, _MOST_SOC, hint=_KILOGRAMS),
    Variable("soc_density_error", "standard error of soc_density", "gC m-3", _LAYER, 0, _INF, hint=_KILOGRAMS, missing=True),
    Variable("bulk_density", "bulk density of the fine earth", "kg m-3", _LAYER, 10, 2650, hint=_DENSITY, missing=True),
    Variable("bulk_density_estimated", "whether bulk_density is estimated", "1", _LAYER, 0, 1, kind="flag"),
    Variable("coarse_fragments", "volume of coarse fragments", "1", _LAYER, 0, 1, hint=_PERCENT, missing=True),
    Variable("extrapolated", "whether the layer lies below what was sampled", "1", _LAYER, 0, 1, kind="flag"),
)

OBSERVATIONS: dict[str, Variable] = {v.name: v for v in _OBSERVED}
"""The table of observed profiles, by name: an indexed ragged array of the CF conventions, layers sorted by profile and depth."""

FORCING: tuple[str, ...] = (
    "soil_temperature",
    "water_scalar",
    "oxygen_scalar",
    "nitrogen_scalar",
    "active_layer",
    "active_layer_last_year",
    "bedrock_layer",
    "litter_input",
)
"""Variables that drive the process model."""

PLACE: tuple[str, ...] = ("latitude", "longitude", "land_fraction")
"""Variables that say where a cell is."""


def check(dataset: xr.Dataset, names: Iterable[str] = PLACE + FORCING, table: Mapping[str, Variable] = VARIABLES) -> xr.Dataset:
    """Check that ``dataset`` holds ``names`` as the table describes them.

    Args:
        dataset: what a step is about to read.
        names: variables (or coordinates) that must be there.
        table: the table that describes them.

    Returns:
        the dataset itself, so that a check can stand at the head of an expression.

    Raises:
        VariableError: missing variable, wrong dimensions, unit, range, or missing values.
    """
    for name in names:
        if name not in dataset.variables:
            held = ", ".join(sorted(map(str, dataset.variables))) or "nothing"
            raise VariableError(f"expected variable {name!r} ({table[name].meaning}); the dataset holds {held}")
        check_array(name, dataset[name], table)
    return dataset


def check_array(name: str, array: xr.DataArray, table: Mapping[str, Variable] = VARIABLES) -> None:
    """Check one array against its row of the table; raises :class:`VariableError`."""
    row = table[name]
    if array.dims != row.dims:
        raise VariableError(f"expected {name} with dimensions {row.dims}, got {array.dims}; transpose or rename them")
    for dim, size in zip(array.dims, array.shape, strict=True):
        expected = DIMENSION_SIZES.get(str(dim))
        if expected is not None and size != expected:
            raise VariableError(f"expected {name} with {expected} entries along {dim}, got {size}; see proda_core.grid")
    units = array.attrs.get("units")
    if units is not None and units != row.units:
        raise VariableError(f"expected {name} in {row.units!r}, got {units!r}; convert it and set the units attribute")
    if array.dtype.kind not in KINDS[row.kind]:
        raise VariableError(f"expected {name} as {row.kind}, got values of type {array.dtype}; convert them")
    if row.kind in ("number", "index"):
        check_range(name, array.values, table)


def check_range(name: str, values: np.ndarray, table: Mapping[str, Variable] = VARIABLES) -> None:
    """Check that ``values`` are finite and lie within the table's range; raises :class:`VariableError`."""
    row = table[name]
    if row.missing:
        values = values[~np.isnan(values)]
        if values.size == 0:
            return
    if values.size == 0:
        raise VariableError(f"expected {name} for at least one cell, got an empty array")
    low, high = float(values.min()), float(values.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        missing = int(values.size - np.isfinite(values).sum())
        raise VariableError(
            f"expected finite {name}, got {missing} missing or infinite values; leave those cells out or fill them"
        )
    if low < row.lower or high > row.upper:
        hint = f"; {row.hint}" if row.hint else ""
        raise VariableError(f"expected {name} [{row.units}] within {row.lower:g}..{row.upper:g}, got {low:.4g}..{high:.4g}{hint}")


def check_sorted(name: str, values: np.ndarray) -> None:
    """Check that a grid coordinate rises strictly; raises :class:`VariableError`."""
    steps = np.diff(values)
    if not np.all(steps > 0):
        first = int(np.flatnonzero(~(steps > 0))[0])
        raise VariableError(
            f"expected {name} in rising order, got {values[first]:g} before {values[first + 1]:g}; use dataset.sortby({name!r})"
        )


def on_cells(dataset: xr.Dataset) -> xr.Dataset:
    """A dataset on a latitude-longitude grid as a list of its land cells; one that is a list of cells already passes.

    Args:
        dataset: variables with the dimensions latitude and longitude in place of cell, and ``land_fraction``.

    Returns:
        the same variables with the dimension cell first, cells without land left out.

    Raises:
        VariableError: coordinates missing, not in rising order, or out of range.
    """
    if "cell" in dataset.dims:
        return dataset
    for name in ("latitude", "longitude"):
        if name not in dataset.dims or name not in dataset.coords:
            held = ", ".join(map(str, dataset.dims)) or "none"
            raise VariableError(f"expected the dimension cell, or latitude and longitude with coordinates; got {held}")
        check_sorted(name, dataset[name].values)
        check_range(name, dataset[name].values)
    stacked = dataset.stack(cell=("latitude", "longitude")).reset_index("cell").transpose("cell", ...)
    land = stacked["land_fraction"].fillna(0).values > 0
    found: xr.Dataset = stacked.isel(cell=np.flatnonzero(land)).reset_coords(["latitude", "longitude"])
    return found


def attributes(name: str, table: Mapping[str, Variable] = VARIABLES) -> dict[str, str]:
    """CF attributes of a variable of the table."""
    row = table[name]
    return {"long_name": row.meaning, **({} if row.kind == "text" else {"units": row.units})}
