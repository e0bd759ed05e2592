"""What a file of retrieved maps has to pass before anything is made of it: kind, version, sizes, origin, range."""

from __future__ import annotations

from pathlib import Path

import xarray as xr

from proda_core import climate as embedded
from proda_core import store
from proda_core.retrieved import schema
from proda_core.retrieved.schema import FloatArray, Stored

REMEDY = 'get the committed data/retrieved.nc again, or run "proda learn"'


class RetrievedFileError(ValueError):
    """The file is missing, damaged, not one of retrieved maps of this version, or made for another climate."""


def check_kind(path: Path) -> None:
    """There is a NetCDF-4 file, the same to the bit as when it was written; what stands there instead is named."""
    store.check_sealed(path, "retrieved maps", schema.SCHEMA_ATTRIBUTE, REMEDY, RetrievedFileError)


def check_schema(path: Path, data: xr.Dataset) -> None:
    """Version, variables, their types and sizes, attributes; all before an array is read."""
    version = data.attrs.get(schema.SCHEMA_ATTRIBUTE)
    if str(version) != schema.SCHEMA_VERSION:
        raise RetrievedFileError(f"expected retrieved maps of version {schema.SCHEMA_VERSION} at {path}, got {version}; {REMEDY}")
    for name in (*schema.ATTRIBUTES, *schema.COORDINATES):
        if name not in data.attrs:
            raise RetrievedFileError(f"expected the attribute {name} in the retrieved maps at {path}, got none; {REMEDY}")
    for name, ours in schema.COORDINATES.items():
        if data.attrs[name] != " ".join(ours):
            raise RetrievedFileError(
                f"expected {name}s {' '.join(ours)} in the retrieved maps at {path}, got {data.attrs[name]!r:.300}; {REMEDY}"
            )
    try:
        schema.relations_of(data.attrs)
    except ValueError as error:
        raise RetrievedFileError(
            f"expected relations in the retrieved maps at {path} that can be read ({error}); {REMEDY}"
        ) from error
    for name, row in schema.STORED.items():
        if name not in data.variables:
            raise RetrievedFileError(f"expected the variable {name} in the retrieved maps at {path}, got none; {REMEDY}")
        _check_sizes(path, data, row)


def _check_sizes(path: Path, data: xr.Dataset, row: Stored) -> None:
    array = data[row.name]
    expected = {dim: len(schema.COORDINATES[dim]) if dim in schema.COORDINATES else data.sizes.get(dim, 0) for dim in row.dims}
    got = {str(dim): size for dim, size in array.sizes.items()}
    if got != expected or array.dtype.name != row.dtype:
        raise RetrievedFileError(
            f"expected {row.name} as {row.dtype} with dimensions {expected} at {path}, got {array.dtype} with {got}; {REMEDY}"
        )
    for dim, most in schema.LARGEST.items():
        least = schema.MEMBERS_NEEDED if dim == "member" else 1
        if dim in got and not least <= got[dim] <= most:
            raise RetrievedFileError(f"expected {least}..{most} {dim}s in the retrieved maps at {path}, got {got[dim]}; {REMEDY}")


def check_climate(path: Path, data: xr.Dataset, climate: Path) -> None:
    """The maps belong to this climate file: same bytes, hence the same cells in the same order and the same forcing."""
    if not climate.is_file():
        raise RetrievedFileError(f"expected the climate file of the retrieved maps {path} at {climate}, got no file; {REMEDY}")
    found = store.checksum(climate)
    if data.attrs["climate_sha256"] != found:
        raise RetrievedFileError(
            f"expected retrieved maps made for the climate file {climate} (sha256 {found[:12]}...), got maps at {path} made for "
            f"another one ({str(data.attrs['climate_sha256'])[:12]}...); use the climate file that they belong to, or {REMEDY}"
        )


def check_soil(path: Path, data: xr.Dataset) -> None:
    """Carbon was mixed as deep when the maps were learned as it is now; older files do not say, and are believed.

    That depth is no part of the climate file, so that its checksum does not tell.
    """
    found = data.attrs.get(schema.BEDROCK_ATTRIBUTE, embedded.BEDROCK_LAYER)
    if str(found) != str(embedded.BEDROCK_LAYER):
        raise RetrievedFileError(
            f"expected retrieved maps learned with carbon mixed down to soil layer {embedded.BEDROCK_LAYER} "
            f"({embedded.SOIL_DEPTH:.2f} m) at {path}, got maps learned with layer {found!r:.20}; learn them again, or {REMEDY}"
        )


def check_range(path: Path, row: Stored, values: FloatArray) -> None:
    """The values make sense."""
    low, high, (lower, upper) = float(values.min()), float(values.max()), row.limits
    if not (low >= lower and high <= upper * (1 + 1e-12)):  # also catches NaN
        raise RetrievedFileError(
            f"expected {row.name} [{row.units}] within {lower:g}..{upper:g} at {path}, got {low:.4g}..{high:.4g}; {REMEDY}"
        )
