"""Whether a classic NetCDF file is whole: what is missing at its end would be read as zeros, without a word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

_WORD = 4
"""Names and values are filled up to so many bytes."""


def check_whole(path: Path) -> None:
    """Compare the size of a classic file with what its header promises; files of other kinds notice themselves what is missing.

    Raises:
        ValueError: it is shorter; the message says by how much.

    Source: The NetCDF Classic Format Specification, NetCDF User's Guide, appendix B.
    """
    with netCDF4.Dataset(path) as data:
        if not data.data_model.startswith("NETCDF3"):
            return
        expected = _header(data) + sum(int(np.prod(one.shape)) * one.dtype.itemsize for one in data.variables.values())
    got = path.stat().st_size
    if got < expected:
        raise ValueError(f"expected a whole NetCDF file at {path}, {expected:,} bytes, got {got:,}; get it again")


def _header(data: Any) -> int:
    """Least size of the header [bytes]: magic and records, then dimensions, attributes and variables."""
    found = 8 + 3 * 8 + sum(_name(dim) + _WORD for dim in data.dimensions) + _attributes(data)
    begin = 1 if data.data_model == "NETCDF3_CLASSIC" else 2  # words of the place where a variable begins
    for name, one in data.variables.items():
        found += _name(name) + _WORD * (1 + one.ndim) + 8 + _attributes(one) + (2 + begin) * _WORD
    return found


def _attributes(of: Any) -> int:
    return sum(_name(name) + 2 * _WORD + _filled(_bytes(of.getncattr(name))) for name in of.ncattrs())


def _bytes(value: Any) -> int:
    return len(value.encode()) if isinstance(value, str) else int(np.asarray(value).nbytes)


def _name(name: str) -> int:
    return _WORD + _filled(len(name.encode()))


def _filled(size: int) -> int:
    return -(-size // _WORD) * _WORD
