"""The profiles that the authors of PRODA used, in their own NetCDF files.

    soc_data_integrate_<name>.nc   ``data_soc_integrate``, one row a layer, nine columns: profile_id, date, upper, lower and node
                                   depth [cm], organic carbon [g kg-1], carbon per volume [gC m-3], bulk density, is_pedo
                                   (whether bulk density was estimated)
    soc_profile_<name>.nc          ``soc_profile_info``, one row a profile, seven columns: profile_id, country_id, country_name,
                                   longitude, latitude, layer_num, date

The file of layers is the one to name, that of profiles is found beside it.  MATLAB and Python see the two dimensions in opposite
order; the one of nine (seven) entries holds the columns.  Whether bulk density is in kg m-3 or g cm-3 is told from carbon per
volume over carbon per mass.

Source: what the authors' published programs read (Tao et al. 2020, 2023).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import netCDF4
import numpy as np
import pandas as pd

from proda_core.classic import check_whole
from proda_core.constants import CENTIMETRES_PER_METRE
from proda_core.constants import KILOGRAMS_PER_GRAM_PER_CUBIC_CENTIMETRE as KG_M3
from proda_core.grid import FloatArray
from proda_core.observations import layers
from proda_core.observations.header import Header

LAYERS, PROFILES = "data_soc_integrate", "soc_profile_info"
LAYER_COLUMNS, PROFILE_COLUMNS = 9, 7
MOST_ROWS = 10_000_000
"""A file with more rows is refused; the authors' have some 320,000 layers."""


def fits(header: Header) -> bool:
    """Whether a file is the authors' file of layers."""
    return header.kind == "netcdf" and header.holds(LAYERS)


def read(header: Header) -> Iterator[pd.DataFrame]:
    """The layers of a file, see ``observations.layers``.

    Raises:
        ValueError: no file of profiles beside it, or not the columns named above.
    """
    rows = _table(header.path, LAYERS, LAYER_COLUMNS)
    beside = header.path.with_name(header.path.name.replace("soc_data_integrate", "soc_profile"))
    if beside == header.path or not beside.is_file():
        raise ValueError(f"expected a file of profiles, soc_profile_*.nc, beside {header.path}, got none; put it there")
    info = _table(beside, PROFILES, PROFILE_COLUMNS)
    places = pd.DataFrame({"longitude": info[:, 3], "latitude": info[:, 4]}, index=info[:, 0])
    placed = places[~places.index.duplicated()].reindex(rows[:, 0])
    carbon, per_volume, density = rows[:, 5], rows[:, 6], rows[:, 7]
    yield layers.frame(
        len(rows),
        profile_id=pd.Series(rows[:, 0]).map(lambda number: f"proda|{number:.0f}" if np.isfinite(number) else ""),
        source="PRODA (WoSIS 2019, Hugelius, Mishra)",
        date=_dates(rows[:, 1]),
        latitude=placed["latitude"].to_numpy(),
        longitude=placed["longitude"].to_numpy(),
        layer_top=rows[:, 2] / CENTIMETRES_PER_METRE,
        layer_bottom=rows[:, 3] / CENTIMETRES_PER_METRE,
        carbon=carbon / 1e3,
        soc_density=per_volume,
        density=density * _density_unit(carbon, per_volume, density),
        density_estimated=rows[:, 8] == 1,
    )


def _table(path: Path, name: str, columns: int) -> FloatArray:
    """A two-dimensional variable with rows first, missing values as NaN."""
    try:
        check_whole(path)
        with netCDF4.Dataset(path) as data:
            if name not in data.variables:
                raise ValueError(f"expected the variable {name} in {path}, got {', '.join(data.variables)}; get the file again")
            variable = data.variables[name]
            shape = variable.shape
            if len(shape) != 2 or columns not in shape or max(shape) > MOST_ROWS:
                raise ValueError(f"expected {name} with {columns} columns and rows below {MOST_ROWS:g} in {path}, got {shape}")
            values = np.ma.filled(variable[:].astype(float), np.nan)
    except (OSError, RuntimeError) as error:
        raise ValueError(f"expected a whole NetCDF file at {path}, got a damaged one ({error}); get it again") from error
    table: FloatArray = values.T if shape[0] == columns else values
    return table


def _density_unit(carbon: FloatArray, per_volume: FloatArray, density: FloatArray) -> float:
    """What turns the file's bulk density into kg m-3: ``gC m-3 = g kg-1 kg m-3``."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = per_volume / carbon / density
    usable = ratio[np.isfinite(ratio) & (ratio > 0)]
    return KG_M3 if usable.size and np.median(usable) > np.sqrt(KG_M3) else 1.0


def _dates(numbers: FloatArray) -> list[str]:
    """Years and dates written as numbers (1987, 19870530); anything else is unknown."""
    found = []
    for number in np.nan_to_num(numbers):
        digits = f"{number:.0f}"
        whole = f"{digits[:4]}-{digits[4:6]}-{digits[6:]}" if len(digits) == 8 else digits
        found.append(whole if "1800" <= digits[:4] <= "2100" and len(digits) in (4, 8) else "")
    return [str(date) for date in layers.iso_dates(pd.Series(found, dtype="str"))]
