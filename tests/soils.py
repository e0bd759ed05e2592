"""Soil layers for tests, and files of every format that hold them, written as the formats' publishers document them."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Layer:
    """A layer as a laboratory reports it; depths [cm], carbon [%], density [g cm-3], stones [% of volume]."""

    profile: int
    latitude: float
    longitude: float
    top: float
    bottom: float
    carbon: float
    density: float | None = None
    stones: float | None = None

    @property
    def soc_density(self) -> float:
        """Carbon per volume [gC m-3] where the density is measured."""
        assert self.density is not None
        return self.carbon / 100 * self.density * 1e6 * (1 - (self.stones or 0) / 100)


EXAMPLE = (
    Layer(7, 52.25, 5.75, 0, 12, 2.4, 1.21, 4),
    Layer(7, 52.25, 5.75, 12, 30, 1.5, 1.38, 8),
    Layer(7, 52.25, 5.75, 30, 65, 0.6, None, 12),
    Layer(31, -3.25, -60.25, 0, 20, 1.8, 1.05, None),
    Layer(31, -3.25, -60.25, 20, 50, 0.9, None, None),
)
"""Two profiles on land, with and without gaps."""


def text(value: object) -> str:
    return "" if value is None else repr(value) if isinstance(value, float) else str(value)


def write_table(path: Path, names: Iterable[str], rows: Iterable[Iterable[object]], separator: str = ",") -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=separator, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([[text(value) for value in row] for row in rows])
    return path


def plain(directory: Path, layers: Iterable[Layer] = EXAMPLE, name: str = "mine.csv") -> Path:
    names = (
        "profile_id", "latitude", "longitude", "layer_top", "layer_bottom", "organic_carbon", "bulk_density", "coarse_fragments",
    )  # fmt: skip
    rows = [
        (
            f"p{soil.profile}", soil.latitude, soil.longitude, soil.top / 100, soil.bottom / 100, soil.carbon * 10,
            None if soil.density is None else soil.density * 1000, None if soil.stones is None else soil.stones / 100,
        )
        for soil in layers
    ]  # fmt: skip
    if name.endswith(".parquet"):
        pd.DataFrame(rows, columns=list(names)).to_parquet(directory / name)
        return directory / name
    return write_table(directory / name, names, rows)


def harmonised(directory: Path, layers: Iterable[Layer] = EXAMPLE) -> Path:
    names = (
        "source", "profile_id", "lat", "lon", "top_cm", "bottom_cm", "oc_pct", "bd_g_cm3", "bd_measured", "coarse_vol_pct",
        "soc_density_kgC_m3", "soc_stock_kgC_m2", "sand_pct", "clay_pct", "bd_used_g_cm3",
    )  # fmt: skip
    rows = [
        (
            "isis", f"isis|{soil.profile}", soil.latitude, soil.longitude, soil.top, soil.bottom, soil.carbon, soil.density,
            soil.density is not None, soil.stones, 1.0, 1.0, None, None, 1.0,
        )
        for soil in layers
    ]  # fmt: skip
    return write_table(directory / "soc_layers.csv", names, rows)


def increments(directory: Path, rows: Iterable[tuple[object, ...]]) -> Path:
    """Rows of (profile, lat, lon, top, bottom, density [kgC m-3], basal depth, extrapolated)."""
    names = (
        "source", "profile_id", "lat", "lon", "top_cm", "bottom_cm", "soc_stock_kgC_m2", "soc_density_kgC_m3", "soil_order",
        "suborder", "veg", "basal_depth_cm", "extrapolated",
    )  # fmt: skip
    full = [
        ("hugelius2013", profile, *place, 1.0, density, "Gelisol", "Histel", "Forest", basal, extrapolated)
        for profile, *place, density, basal, extrapolated in rows
    ]
    return write_table(directory / "permafrost_increments.csv", names, full)


def wosis2019(directory: Path, layers: Iterable[Layer] = EXAMPLE, density: str = "bdfi33", licence: str = "licence") -> Path:
    """The three files of the snapshot of September 2019; gives the chemical one."""
    held = list(layers)
    keys = ("profile_id", "profile_layer_id", "upper_depth", "lower_depth", "layer_name", "litter")

    def columns(code: str) -> tuple[str, ...]:
        parts = ("value", "value_avg", "method", "date", "dataset_id", "profile_code", licence)
        return tuple(f"{code}_{part}" for part in parts)

    def cells(value: float | None) -> tuple[object, ...]:
        if value is None:
            return (None,) * 7
        return f"{{1:{value!r}}}", value, "{1:dry combustion}", "{1:1987-05-30}", "{NL-ISIS}", "{NL 7}", "{1:CC-BY}"

    key = [(soil.profile, 1000 + row, soil.top, soil.bottom, "A", "f") for row, soil in enumerate(held)]
    write_table(
        directory / "wosis_201909_profiles.tsv",
        ("profile_id", "dataset_id", "country_id", "country_name", "geom_accuracy", "latitude", "longitude", "dsds"),
        {(s.profile, "NL-ISIS", "NL", "Netherlands", 0.01, s.latitude, s.longitude, 100): None for s in held},
        "\t",
    )
    write_table(
        directory / "wosis_201909_layers_physical.tsv",
        (*keys, *columns(density), *columns("cfvo"), *columns("clay")),
        [(*k, *cells(s.density), *cells(s.stones), *cells(20.0)) for k, s in zip(key, held, strict=True)],
        "\t",
    )
    return write_table(
        directory / "wosis_201909_layers_chemical.tsv",
        (*keys, *columns("phaq"), *columns("orgc")),
        [(*k, *cells(5.5), *cells(s.carbon * 10)) for k, s in zip(key, held, strict=True)],
        "\t",
    )


def wosis2023(directory: Path, layers: Iterable[Layer] = EXAMPLE, density: str = "bdfiod", surface: str = "f") -> Path:
    """The files of the snapshot of December 2023 that are needed; gives that of organic carbon."""
    names = (
        "profile_id", "layer_id", "upper_depth", "lower_depth", "organic_surface", "value", "value_avg", "method", "date",
        "dataset_id", "profile_code", "licence", "positional_uncertainty", "country_name", "region", "continent", "longitude",
        "latitude",
    )  # fmt: skip
    held = list(enumerate(layers))

    def write(code: str, values: Iterable[tuple[int, Layer, float | None]]) -> Path:
        rows = [
            (
                s.profile, 500 + row, s.top, s.bottom, surface, f"{{1:{value!r}}}", value, "{}", "1998-07-01", "{NL-ISIS}",
                "{NL 7}", "{CC-BY}", "Circa 100 m", "Netherlands", "Western Europe", "Europe", s.longitude, s.latitude,
            )
            for row, s, value in values
            if value is not None
        ]  # fmt: skip
        return write_table(directory / f"wosis_202312_{code}.tsv", names, rows, "\t")

    write(density, [(row, s, s.density) for row, s in held])
    write("cfvo", [(row, s, s.stones) for row, s in held])
    return write("orgc", [(row, s, s.carbon * 10) for row, s in held])


def israd(directory: Path, layers: Iterable[Layer] = EXAMPLE, template: bool = True) -> Path:
    """The flat table of layers; the density of the sample is that of the fine earth per volume of everything."""
    names = (
        "entry_name", "site_name", "pro_name", "pro_lat", "pro_long", "lyr_name", "lyr_obs_date_y", "lyr_obs_date_m",
        "lyr_obs_date_d", "lyr_top", "lyr_bot", "lyr_bd_samp", "lyr_bd_tot", "lyr_c_org", "lyr_c_tot", "lyr_c_inorg",
        "lyr_coarse_tot",
    )  # fmt: skip
    words: list[tuple[object, ...]] = [
        ("Name of the entry", *(f"Description, of\nthe column {name}" for name in names[1:])),
        ("", "", "", "dec. deg", "dec. deg", "", "YYYY", "MM", "DD", "cm", "cm", "g cm-3", "g cm-3", "%", "%", "%", "%"),
    ]
    rows: list[tuple[object, ...]] = [
        (
            "Gaudinski_2001", "Harvard", f"P{s.profile}", s.latitude, s.longitude, f"L{row}", 1996, 8, None, s.top, s.bottom,
            None if s.density is None else s.density * (1 - (s.stones or 0) / 100), None, s.carbon, None, None, s.stones,
        )
        for row, s in enumerate(layers)
    ]  # fmt: skip
    return write_table(directory / "ISRaD_data_flat_layer_v 2.6.6.csv", names, (words if template else []) + rows)


def proda(
    directory: Path, layers: Iterable[Layer] = EXAMPLE, unit: float = 1000.0, transposed: bool = True, form: Any = "NETCDF4"
) -> Path:
    """The authors' two files; gives that of the layers.  Only layers with a measured density can be written."""
    held = [soil for soil in layers if soil.density is not None]
    rows = np.array(
        [
            (s.profile, 19870530, s.top, s.bottom, (s.top + s.bottom) / 2, s.carbon * 10, s.soc_density, s.density * unit, 0)
            for s in held
            if s.density is not None
        ]
    )
    places = sorted({(s.profile, s.longitude, s.latitude) for s in held})
    info = np.array([(profile, 1, np.nan, longitude, latitude, 3, 1987) for profile, longitude, latitude in places])
    for file, name, table in (
        ("soc_data_integrate_test.nc", "data_soc_integrate", rows),
        ("soc_profile_test.nc", "soc_profile_info", info),
    ):
        with netCDF4.Dataset(directory / file, "w", format=form) as data:
            stored = table.T if transposed else table
            for dimension, size in zip(("first", "second"), stored.shape, strict=True):
                data.createDimension(dimension, size)
            data.createVariable(name, "f8", ("first", "second"))[:] = stored
    return directory / "soc_data_integrate_test.nc"


def ncscd(directory: Path, depth: int, stock: np.ndarray, north_first: bool = True) -> Path:
    """A grid of NCSCDv2 with stocks in hg m-2 (latitude, longitude), half a degree."""
    path = directory / f"NCSCDv2_Circumpolar_WGS84_SOCC{depth}_05deg.nc"
    rows, columns = stock.shape
    latitude = 60.25 + 0.5 * np.arange(rows)
    with netCDF4.Dataset(path, "w") as data:
        data.createDimension("lat", rows)
        data.createDimension("lon", columns)
        data.createVariable("lat", "f8", ("lat",))[:] = latitude[::-1] if north_first else latitude
        data.createVariable("lon", "f8", ("lon",))[:] = -179.75 + 0.5 * np.arange(columns)
        variable = data.createVariable("NCSCDv2", "i2", ("lat", "lon"), fill_value=-32768)
        variable.units = "hg m-2"
        variable.set_auto_mask(False)
        variable[:] = (stock[::-1] if north_first else stock).astype("i2")
    return path
