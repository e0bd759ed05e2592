"""What a file says about itself in its first lines: kind, separator, names of columns or variables."""

from __future__ import annotations

import bz2
import gzip
import lzma
import warnings
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import netCDF4

from proda_core.classic import check_whole

SEPARATORS = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "bar"}
"""Separators of text tables that are recognised, with their names."""

LONGEST = 1 << 20
"""A first line longer than this is no header [bytes]."""

DAMAGED = (OSError, EOFError, zlib.error, lzma.LZMAError)
"""What reading a packed file raises where it is damaged."""

_OPEN: dict[str, Callable[[Path], object]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}


@dataclass(frozen=True)
class Header:
    """The start of a file.

    Attributes:
        path: the file.
        kind: ``text``, ``netcdf`` or ``parquet``.
        names: columns of a table, or variables of a NetCDF file.
        separator: what stands between the columns of a text.
    """

    path: Path
    kind: str
    names: tuple[str, ...]
    separator: str = ""

    def holds(self, *names: str) -> bool:
        """Whether every one of ``names`` is there."""
        return set(names) <= set(self.names)

    def holds_any(self, *names: str) -> bool:
        """Whether one of ``names`` is there."""
        return not set(names).isdisjoint(self.names)

    def __str__(self) -> str:
        shown = ", ".join(self.names[:12]) + (", ..." if len(self.names) > 12 else "")
        kind = {"text": f"{SEPARATORS.get(self.separator, 'un')}-separated text", "netcdf": "NetCDF", "parquet": "Parquet"}
        what = "variables" if self.kind == "netcdf" else "columns"
        return f"{kind[self.kind]} with the {what} {shown}"


def open_bytes(path: Path) -> BinaryIO:
    """A file for reading, unpacked where its name says that it is packed."""
    opened = _OPEN.get(path.suffix, Path.open)
    return cast("BinaryIO", opened(path) if path.suffix in _OPEN else path.open("rb"))


def look(path: Path) -> Header:
    """The header of a file.

    Raises:
        ValueError: no such file, empty, not UTF-8, or damaged.
    """
    if not path.is_file():
        got = "a directory" if path.is_dir() else "none"
        raise ValueError(f"expected a file of observations at {path}, got {got}; name a file")
    try:
        with open_bytes(path) as file:
            start = file.readline(LONGEST)
    except DAMAGED as error:
        raise ValueError(f"expected a whole file at {path}, got one that cannot be read ({error}); get it again") from error
    if start.startswith((b"CDF", b"\x89HDF")):
        return Header(path, "netcdf", _variables(path))
    if start.startswith(b"PAR1"):
        return Header(path, "parquet", _parquet_columns(path))
    return _text(path, start)


def _text(path: Path, start: bytes) -> Header:
    try:
        line = start.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise ValueError(f"expected UTF-8 text in {path}, got {error.object[error.start]:#04x}; save it as UTF-8") from error
    if not line.strip():
        raise ValueError(f"expected names of columns in the first line of {path}, got an empty line; add them")
    separator = max(SEPARATORS, key=line.count)
    names = tuple(name.strip().strip('"') for name in line.split(separator))
    return Header(path, "text", names, separator if len(names) > 1 else "")


def _variables(path: Path) -> tuple[str, ...]:
    try:
        check_whole(path)
        with netCDF4.Dataset(path) as data:
            return tuple(data.variables)
    except (OSError, RuntimeError) as error:
        raise ValueError(
            f"expected a whole NetCDF file at {path}, got one that cannot be read ({error}); get it again"
        ) from error


def _parquet_columns(path: Path) -> tuple[str, ...]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pyarrow.parquet
    try:
        return tuple(pyarrow.parquet.read_schema(path).names)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"expected a whole Parquet file at {path}, got one that cannot be read ({error}); get it again"
        ) from error
