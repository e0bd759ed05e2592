"""What a file of retrieved maps has to pass before anything is made of it: kind, version, sizes, origin, checksums, range."""

from __future__ import annotations

import hashlib
from pathlib import Path

import xarray as xr

from proda_core.retrieved import schema
from proda_core.retrieved.schema import FloatArray, Stored

REMEDY = 'get the committed data/retrieved.nc again, or run "proda learn"'

MAGIC = b"\x89HDF\r\n\x1a\n"
"""First bytes of a NetCDF-4 file."""

SEAL_WORDS = len(b"\nproda sha256 ")
"""Length of what stands before the checksum at the end of a file."""


class RetrievedFileError(ValueError):
    """The file is missing, damaged, not one of retrieved maps of this version, or made for another climate."""


def checksum(path: Path) -> str:
    """Sha256 of a file, as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def seal(path: Path) -> None:
    """Append the checksum of the file to itself; NetCDF readers do not look behind the end that they know."""
    with path.open("ab") as file:
        file.write(_seal_of(path.read_bytes()))


def _seal_of(content: bytes | memoryview) -> bytes:
    return b"\nproda sha256 " + hashlib.sha256(content).hexdigest().encode() + b"\n"


def check_kind(path: Path) -> None:
    """There is a NetCDF-4 file, the same to the bit as when it was written; what stands there instead is named.

    The NetCDF library is not asked: one wrong bit can make it search for ever.
    """
    if not path.is_file():
        raise RetrievedFileError(f"expected retrieved maps at {path}, got no file; {REMEDY}")
    content = path.read_bytes()
    if content[:8] != MAGIC:
        raise RetrievedFileError(f"expected retrieved maps as NetCDF-4 at {path}, got {_kind(content[:8])}; {REMEDY}")
    end = len(content) - len(_seal_of(b""))
    found, expected = content[end:], _seal_of(memoryview(content)[:end])
    if found[:SEAL_WORDS] != expected[:SEAL_WORDS]:
        got = f"{len(content)} bytes that do not end with their checksum: cut short, or changed by another program"
        if schema.SCHEMA_ATTRIBUTE.encode() not in content:
            got = f"a NetCDF file without {schema.SCHEMA_ATTRIBUTE}"
        raise RetrievedFileError(f"expected retrieved maps at {path}, got {got}; {REMEDY}")
    if found != expected:
        raise RetrievedFileError(
            f"expected retrieved maps with the checksum that they end with at {path}, got another: the file is damaged; {REMEDY}"
        )


def _kind(start: bytes) -> str:
    if not start:
        return "an empty file"
    if start[:1] == b"\x80":
        return "a Python pickle, which is never opened here"
    if start[:4] == b"PK\x03\x04":
        return "a zip archive (a torch.save file?), which is never opened here"
    return "a NetCDF-3 file" if start[:3] == b"CDF" else "a file of another kind"


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
    found = checksum(climate)
    if data.attrs["climate_sha256"] != found:
        raise RetrievedFileError(
            f"expected retrieved maps made for the climate file {climate} (sha256 {found[:12]}...), got maps at {path} made for "
            f"another one ({str(data.attrs['climate_sha256'])[:12]}...); use the climate file that they belong to, or {REMEDY}"
        )


def check_range(path: Path, row: Stored, values: FloatArray) -> None:
    """The values make sense."""
    low, high, (lower, upper) = float(values.min()), float(values.max()), row.limits
    if not (low >= lower and high <= upper * (1 + 1e-12)):  # also catches NaN
        raise RetrievedFileError(
            f"expected {row.name} [{row.units}] within {lower:g}..{upper:g} at {path}, got {low:.4g}..{high:.4g}; {REMEDY}"
        )
