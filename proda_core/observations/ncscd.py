"""NCSCDv2, the Northern Circumpolar Soil Carbon Database: gridded stocks, a benchmark for model results (not profiles).

One NetCDF file a depth increment, ``NCSCDv2_Circumpolar_WGS84_SOCC<depth>_<resolution>.nc`` with <depth> 30, 100, 200 or 300,
holding ``NCSCDv2`` [hg m-2] on latitude and longitude, -32768 where there are no data.  30 and 100 reach from the surface, 200
and 300 are the metres 1-2 and 2-3.  Zeros stand for places without data as well, Greenland's ice among them, and become NaN (as
in ILAMB).

Source: Hugelius, G. et al. (2013), Earth System Science Data 5, 3-13 and 393-402, doi:10.5194/essd-5-393-2013.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import xarray as xr

from proda_core.classic import check_whole
from proda_core.observations.header import Header

VARIABLE = "NCSCDv2"
FILL = -32768
HECTOGRAMS = 0.1
"""Kilograms in a hectogram, the unit of the files [kg hg-1]."""

INCREMENTS = {"30": (0.0, 0.3), "100": (0.0, 1.0), "200": (1.0, 2.0), "300": (2.0, 3.0)}
"""Upper and lower bound [m] by the number in a file's name."""

MOST_CELLS = 100_000_000
"""A larger grid is refused; the finest published, 0.012 degrees, has some 50 million cells."""

_NAME = re.compile(r".*SOCC(\d+)_.*\.nc")


def fits(header: Header) -> bool:
    """Whether a file is a grid of this database."""
    return header.kind == "netcdf" and header.holds(VARIABLE)


def read(paths: Iterable[Path]) -> xr.Dataset:
    """Stocks by depth increment.

    Args:
        paths: one file an increment, all on one grid.

    Returns:
        ``soc_stock`` [kg m-2] (increment, latitude south to north, longitude), with ``top`` and ``bottom`` [m] (increment,).

    Raises:
        ValueError: a file of another kind, without its depth in its name, or on another grid.
    """
    grids = sorted((_read_one(path) for path in paths), key=lambda grid: (float(grid["bottom"]), float(grid["top"])))
    if not grids:
        raise ValueError("expected files of NCSCD, got none; name at least one")
    try:
        joined = xr.concat(
            grids, "increment", join="exact", combine_attrs="override", coords=["top", "bottom"], compat="override"
        )
    except ValueError as error:
        raise ValueError(f"expected grids of one size and place, got different ones ({error}); take one resolution") from error
    return joined.to_dataset(name="soc_stock").assign_attrs(
        Conventions="CF-1.11", title="NCSCDv2 soil organic carbon stocks", references="doi:10.5194/essd-5-393-2013"
    )


def _read_one(path: Path) -> xr.DataArray:
    name = _NAME.fullmatch(path.name)
    if name is None or name[1] not in INCREMENTS:
        wanted = ", ".join(f"SOCC{depth}" for depth in INCREMENTS)
        raise ValueError(f"expected one of {wanted} in the file's name, got {path.name}; do not rename the files")
    try:
        check_whole(path)
        with xr.open_dataset(path, engine="netcdf4", mask_and_scale=False) as data:
            grid = _on_axes(data).load()
    except (OSError, RuntimeError, ValueError) as error:
        raise ValueError(f"expected a grid of NCSCD at {path}, got another file ({error}); get it again") from error
    values = grid.values.astype(float)
    stock = np.where((values == FILL) | (values <= 0.0), np.nan, values * HECTOGRAMS)
    top, bottom = INCREMENTS[name[1]]
    attributes = {"long_name": "soil organic carbon stock", "units": "kg m-2"}
    metres = {"units": "m", "positive": "down"}
    return xr.DataArray(
        stock,
        {
            "latitude": ("latitude", grid["latitude"].values, {"units": "degrees_north"}),
            "longitude": ("longitude", grid["longitude"].values, {"units": "degrees_east"}),
            "top": ((), top, metres),
            "bottom": ((), bottom, metres),
        },
        ("latitude", "longitude"),
        attrs=attributes,
    )


def _on_axes(data: xr.Dataset) -> xr.DataArray:
    """The grid of a file with our names for its dimensions, south to north."""
    if VARIABLE not in data:
        raise ValueError(f"expected the variable {VARIABLE}, got {', '.join(map(str, data))}")
    grid = data[VARIABLE]
    names = {"lat": "latitude", "lon": "longitude"}
    renamed = grid.rename({old: new for old, new in names.items() if old in grid.dims})
    if set(renamed.dims) != {"latitude", "longitude"}:
        raise ValueError(f"expected the dimensions latitude and longitude, got {', '.join(map(str, grid.dims))}")
    if renamed.size > MOST_CELLS:
        raise ValueError(f"expected at most {MOST_CELLS} cells, got {renamed.size}")
    return renamed.transpose("latitude", "longitude").sortby("latitude")
