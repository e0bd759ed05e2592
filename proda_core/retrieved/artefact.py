"""Writing ``retrieved.nc`` whole or not at all, and reading back what is sound."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import xarray as xr

from proda_core.climate import BEDROCK_LAYER
from proda_core.retrieved import checks, schema
from proda_core.retrieved.checks import REMEDY, RetrievedFileError
from proda_core.retrieved.schema import AnyArray
from proda_core.store import atomic_path, data_directory, seal

_UNREADABLE = (OSError, RuntimeError, ValueError, EOFError, LookupError, TypeError, AttributeError, MemoryError, OverflowError)
"""What the NetCDF library raises on damaged files."""


def default_path() -> Path:
    """The file that comes with the project."""
    return data_directory() / "retrieved.nc"


def write(dataset: xr.Dataset, out: Path) -> None:
    """Pack ``dataset`` as the schema says and put it at ``out``: either the whole file or the old one stands there.

    The same dataset gives the same bytes.

    Args:
        dataset: variables of ``schema.STORED`` in their units, attributes of ``schema.ATTRIBUTES``.
        out: path of the file; its folder must exist.

    Raises:
        ValueError: a variable or an attribute is missing, or a value is missing or outside the range of the table.
    """
    small = packed(dataset)
    with atomic_path(out) as temporary:
        small.to_netcdf(temporary, engine="netcdf4", format="NETCDF4", encoding={str(n): _encoding(small[n]) for n in small})
        seal(temporary)


def _encoding(array: xr.DataArray) -> dict[str, object]:
    """Compression in chunks of one map each, so that a map is read without its neighbours."""
    chunks = tuple(size if dim == "cell" else 1 for dim, size in array.sizes.items())
    compression = {"zlib": True, "complevel": 9, "shuffle": True, "chunksizes": chunks}
    return {"_FillValue": None, **(compression if "cell" in array.dims else {})}


def packed(dataset: xr.Dataset) -> xr.Dataset:
    """Every variable as it stands in the file, see :func:`write`."""
    missing = [name for name in schema.STORED if name not in dataset] + [n for n in schema.ATTRIBUTES if n not in dataset.attrs]
    if missing:
        raise ValueError(f"expected a dataset with {', '.join(missing)}, got none of that name; see retrieved.schema")
    arrays: dict[str, AnyArray] = {
        name: row.pack(np.asarray(dataset[name].transpose(*row.dims).values, dtype=np.float64))
        for name, row in schema.STORED.items()
    }
    attributes: dict[str, object] = {
        "Conventions": "CF-1.11",
        schema.SCHEMA_ATTRIBUTE: schema.SCHEMA_VERSION,
        schema.BEDROCK_ATTRIBUTE: BEDROCK_LAYER,
        **{key: dataset.attrs[key] for key in schema.ATTRIBUTES},
        **_relations(dataset),
        **{name: " ".join(ours) for name, ours in schema.COORDINATES.items()},
    }
    variables = {name: (row.dims, arrays[name], {**row.attributes(), **row.packing()}) for name, row in schema.STORED.items()}
    return xr.Dataset(variables, attrs=attributes)


def _relations(dataset: xr.Dataset) -> dict[str, str]:
    """The optional attribute, checked."""
    found = schema.relations_of(dataset.attrs)
    return {schema.RELATIONS_ATTRIBUTE: json.dumps(found)} if found else {}


def read(path: Path | None = None, *, members: bool = False, climate: Path | None = None) -> xr.Dataset:
    """The retrieved maps in their units.

    Args:
        path: a file that ``write`` made; the one that comes with the project when left out.
        members: whether to read the parameters of every member too (``member_unit``), by far the largest part.
        climate: the climate file in use, which the maps must belong to; the one that comes with the project when left out.

    Returns:
        variables of ``schema.STORED``, float64, with coordinates parameter, depth and mechanism, and the attributes of the file.

    Raises:
        RetrievedFileError: no such file, not readable as NetCDF, another kind or version of file, variables missing, damaged or
            out of range, or made for another climate file or another depth of soil.
    """
    path = path or default_path()
    checks.check_kind(path)
    try:
        with xr.open_dataset(path, engine="netcdf4", decode_cf=False, cache=False) as data:
            checks.check_schema(path, data)
            checks.check_climate(path, data, climate or data_directory() / "climate.nc")
            checks.check_soil(path, data)
            wanted = [name for name in schema.STORED if members or name != "member_unit"]
            arrays: dict[str, AnyArray] = {name: data[name].values for name in wanted}
            attributes = {str(key): value for key, value in data.attrs.items()}
    except RetrievedFileError:
        raise
    except _UNREADABLE as error:
        size = path.stat().st_size
        raise RetrievedFileError(
            f"expected whole retrieved maps as NetCDF-4 at {path}, got {size} bytes that cannot be read ({error}); {REMEDY}"
        ) from error
    found = _unpacked(path, arrays, attributes)
    found.encoding["source"] = str(path)  # as xarray does: what was not read can be read later
    return found


def _unpacked(path: Path, arrays: dict[str, AnyArray], attributes: dict[str, object]) -> xr.Dataset:
    variables = {}
    for name, stored in arrays.items():
        row = schema.STORED[name]
        values = row.unpack(stored)
        checks.check_range(path, row, values)
        variables[name] = (row.dims, values, row.attributes())
    coords = {name: (name, list(ours)) for name, ours in schema.COORDINATES.items()}
    return xr.Dataset(variables, coords, attributes)
