"""The table of observed profiles: one checked dataset, a CF indexed ragged array, and what can be done with it.

Dimensions ``profile`` and ``observation``; each observation is a layer of the profile at ``profile_index``, and observations are
sorted by profile, then by depth.  Names, units and ranges stand in ``variables.OBSERVATIONS``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xarray as xr

from proda_core import store
from proda_core.variables import OBSERVATIONS, VariableError, attributes
from proda_core.variables import check as check_variables

SCHEMA = "proda_profiles"
"""Attribute of the files that :func:`save` writes; holds their version."""

VERSION = "1"
MOST_BYTES = 4 * 2**30
"""Larger tables are not loaded [bytes]; all of WoSIS takes less than a tenth of it."""

TOLERANCE = 1e-6
"""Layers may overlap by this much [m], the rounding of their sources."""

_DATE = re.compile(r"(\d{4}(-\d{2}(-\d{2})?)?)?")


def build(columns: Mapping[str, npt.ArrayLike]) -> xr.Dataset:
    """The checked dataset from flat columns.

    Args:
        columns: every variable of ``OBSERVATIONS``; (profile,) or (observation,), observations sorted.  Without
            ``sampling_weight`` every profile weighs 1.

    Raises:
        VariableError: see :func:`check`.
    """
    columns = {"sampling_weight": np.ones(np.size(columns.get("profile_id", ()))), **columns}
    missing = [name for name in OBSERVATIONS if name not in columns]
    if missing:
        raise VariableError(f"expected the columns {', '.join(OBSERVATIONS)}; got none named {', '.join(missing)}")
    data: dict[str, tuple[tuple[str, ...], np.ndarray, dict[str, str]]] = {
        name: (row.dims, np.asarray(columns[name], dtype=_TYPES[row.kind]), attributes(name, OBSERVATIONS))
        for name, row in OBSERVATIONS.items()
    }
    return check(_dressed(xr.Dataset(data)))


_TYPES: dict[str, type] = {"number": np.float64, "index": np.int64, "flag": np.bool_, "text": np.str_}


def _dressed(dataset: xr.Dataset) -> xr.Dataset:
    """With the attributes by which CF readers know a ragged array."""
    dataset["profile_id"].attrs["cf_role"] = "profile_id"
    dataset["profile_index"].attrs["instance_dimension"] = "profile"
    for name in ("layer_top", "layer_bottom"):
        dataset[name].attrs.update(positive="down", axis="Z")
    return dataset.assign_attrs(Conventions="CF-1.11", featureType="profile", title="Soil carbon profiles", **{SCHEMA: VERSION})


def check(dataset: xr.Dataset) -> xr.Dataset:
    """Check a table of profiles; returns it, so that a check can stand at the head of an expression.

    Raises:
        VariableError: missing variable, wrong dimensions, unit, type or range; layers out of order, overlapping, or of no
            profile; profiles without layers or with one name; dates that are not ISO 8601.
    """
    check_variables(dataset, OBSERVATIONS, OBSERVATIONS)
    index = dataset["profile_index"].values
    count = np.bincount(index[index < dataset.sizes["profile"]], minlength=dataset.sizes["profile"])
    if index.max() >= dataset.sizes["profile"] or np.any(np.diff(index) < 0):
        raise VariableError("expected profile_index to rise from 0 to the last profile, got it out of order; sort by profile")
    if not count.all():
        raise VariableError(f"expected every profile to have layers, got {int((count == 0).sum())} without; leave them out")
    _check_layers(dataset, index)
    names = dataset["profile_id"].values.astype(str)
    unique, repeats = np.unique(names, return_counts=True)
    if len(unique) < len(names):
        got = f"{str(unique[np.argmax(repeats)])!r} {repeats.max()} times"
        raise VariableError(f"expected every profile_id once, got {got}; rename one")
    odd = [date for date in np.unique(dataset["date"].values.astype(str)) if not _DATE.fullmatch(date)]
    if odd:
        raise VariableError(f"expected dates as YYYY-MM-DD, YYYY-MM, YYYY or empty, got {str(odd[0])!r}; rewrite them")
    return dataset


def _check_layers(dataset: xr.Dataset, index: npt.NDArray[np.int64]) -> None:
    top, bottom = dataset["layer_top"].values, dataset["layer_bottom"].values
    if not np.all(top < bottom):
        row = int(np.argmin(top < bottom))
        got = f"{top[row]:g}..{bottom[row]:g}"
        raise VariableError(f"expected layer_top above layer_bottom, got {got} m; are they swapped?")
    within = index[1:] == index[:-1]
    if np.any(within & (top[1:] < bottom[:-1] - TOLERANCE)):
        row = int(np.argmax(within & (top[1:] < bottom[:-1] - TOLERANCE)))
        name = dataset["profile_id"].values[index[row]]
        got = f"{top[row]:g}..{bottom[row]:g} before {top[row + 1]:g}..{bottom[row + 1]:g} m in {name}"
        raise VariableError(f"expected the layers of a profile by depth and without overlap, got {got}; sort or drop them")


def layer_counts(dataset: xr.Dataset) -> npt.NDArray[np.int64]:
    """Number of layers of each profile (profile,)."""
    return np.bincount(dataset["profile_index"].values, minlength=dataset.sizes["profile"]).astype(np.int64)


def select(dataset: xr.Dataset, positions: npt.ArrayLike) -> xr.Dataset:
    """Some of the profiles, with their layers, in the order asked for.

    Args:
        dataset: a checked table.
        positions: positions in ``profile`` (n,), each at most once; or true and false (profile,).

    Raises:
        IndexError: a position that is not there.
    """
    chosen = np.asarray(positions)
    chosen = np.flatnonzero(chosen) if chosen.dtype == bool else chosen.astype(np.int64)
    counts = layer_counts(dataset)
    starts = np.cumsum(counts) - counts
    taken = counts[chosen]
    within = np.arange(taken.sum()) - np.repeat(np.cumsum(taken) - taken, taken)
    picked = dataset.isel(profile=chosen, observation=np.repeat(starts[chosen], taken) + within)
    index = np.repeat(np.arange(len(chosen)), taken)
    return picked.assign(profile_index=("observation", index, dataset["profile_index"].attrs))


def concat(datasets: Sequence[xr.Dataset]) -> xr.Dataset:
    """Several tables as one, in their order; raises :class:`VariableError` where two of them name a profile alike."""
    if not datasets:
        raise VariableError("expected at least one table of profiles, got none")
    columns: dict[str, npt.ArrayLike] = {}
    first = np.cumsum([0, *(dataset.sizes["profile"] for dataset in datasets)])
    for name in OBSERVATIONS:
        parts = [dataset[name].values for dataset in datasets]
        if name == "profile_index":
            parts = [part + offset for part, offset in zip(parts, first, strict=False)]
        columns[name] = np.concatenate(parts)
    return build(columns)


def save(dataset: xr.Dataset, path: Path) -> None:
    """Write a checked table as compressed NetCDF, whole or not at all."""
    packed = {str(name): {"zlib": True, "complevel": 4} for name, values in check(dataset).items() if values.dtype.kind in "fi"}
    with store.atomic_path(path) as temporary:
        dataset.to_netcdf(temporary, engine="netcdf4", encoding=packed)


def load(path: Path) -> xr.Dataset:
    """A table that :func:`save` wrote; where an earlier version wrote it without ``sampling_weight``, every profile weighs 1.

    Raises:
        ValueError: no such file, not readable, another kind or version of file, too large, or :class:`VariableError`.
    """
    remedy = "make it with proda observe"
    if not path.is_file():
        raise ValueError(f"expected a file of profiles at {path}, got none; {remedy}")
    try:
        with xr.open_dataset(path, engine="netcdf4") as data:
            _check_file(path, data, remedy)
            loaded = data.load()
    except VariableError:
        raise
    except (OSError, RuntimeError, ValueError, EOFError) as error:
        raise ValueError(f"expected a NetCDF file of profiles at {path}, got a damaged one ({error}); {remedy}") from error
    text = {name: loaded[name].astype(np.str_) for name, row in OBSERVATIONS.items() if row.kind == "text" and name in loaded}
    return check(_weighted(loaded.assign(text)))


def _weighted(dataset: xr.Dataset) -> xr.Dataset:
    """With a weight of 1 for every profile where an earlier version saved the table without weights."""
    if "sampling_weight" in dataset or "profile" not in dataset.dims:
        return dataset
    ones = np.ones(dataset.sizes["profile"])
    return dataset.assign(sampling_weight=("profile", ones, attributes("sampling_weight", OBSERVATIONS)))


def _check_file(path: Path, data: xr.Dataset, remedy: str) -> None:
    """Look at kind, version and size before anything is loaded."""
    if str(data.attrs.get(SCHEMA)) != VERSION:
        got = f"version {data.attrs[SCHEMA]}" if SCHEMA in data.attrs else "another kind of file"
        raise VariableError(f"expected a file of profiles of version {VERSION} at {path}, got {got}; {remedy}")
    if data.nbytes > MOST_BYTES:
        raise VariableError(f"expected at most {MOST_BYTES:.2g} bytes of profiles in {path}, got {data.nbytes:.2g}; {remedy}")
