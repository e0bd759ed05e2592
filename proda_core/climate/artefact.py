"""Writing ``climate.nc`` whole or not at all, and reading it back as forcing and as predictors."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import xarray as xr

from proda_core.climate import schema, soil_temperature, soil_water
from proda_core.climate.bioclim import bioclimate
from proda_core.climate.land import COVERS, woody_cover
from proda_core.constants import MONTHS
from proda_core.grid import LAYERS, LAYERS_CLM5, FloatArray
from proda_core.store import atomic_path, check_sealed, data_directory, seal
from proda_core.variables import FORCING, PLACE, VARIABLES, attributes

NITROGEN_SCALAR = 1.0
"""Nitrogen scalar of litter decomposition [1]: no limitation.  Nothing in the sources tells how scarce mineral nitrogen is."""

BEDROCK_LAYER = 14
"""Carbon is mixed down to the lower end of this layer, 3.26 m, everywhere: a judgement, as the sources hold no depth to bedrock.

The steady state gives diffusion all the time that it needs: to even out carbon over 8.6 m at the prior's middle it needs
(8.6 m)2 / 2.7e-4 m2 yr-1, some 300,000 years, far longer than most soils are old, and what gathers there at last would be most of
the carbon of the globe.  No observation speaks below 3 m, and the inventories that stocks are compared with end there (Jobbagy &
Jackson 2000) or little deeper.  Forcing of one's own, handed to the model from Python, takes the place of this number.
"""

SOIL_DEPTH = float(LAYERS_CLM5.interface[BEDROCK_LAYER - 1])
"""Lower end of the soil in which carbon is mixed [m]."""

CHUNK = 2048
"""Cells expanded at a time; their layers stay in the processor's cache."""

UNSEALED = ("a460ca0bb36d46faa0ece2a4544745d945daca975df9564c08e1fcbf2b95121e",)
"""Checksum of the committed climate file, which was made before files were sealed; goes when that file is made again.

Sealing it would change its bytes, to which the retrieved maps are bound.
"""

REMEDY = 'get the committed data/climate.nc again, or run "proda climate build"'


class ClimateFileError(ValueError):
    """The file is missing, damaged, or not a climate file of this version."""


def default_path() -> Path:
    """The file that comes with the project."""
    return data_directory() / "climate.nc"


def write(dataset: xr.Dataset, out: Path) -> None:
    """Pack ``dataset`` as the schema says and put it at ``out``: either the whole file or the old one stands there.

    Args:
        dataset: variables of ``schema.STORED`` in physical units.
        out: path of the file; its folder must exist.
    """
    small = packed(dataset)
    compression = {"zlib": True, "complevel": 9, "shuffle": True, "_FillValue": None}
    with atomic_path(out) as temporary:
        small.to_netcdf(temporary, engine="netcdf4", format="NETCDF4", encoding={str(name): compression for name in small})
        seal(temporary)


def packed(dataset: xr.Dataset) -> xr.Dataset:
    """Every variable as the integers of its schema row, with the CF ``scale_factor`` that turns them back.

    Raises:
        ValueError: a value is missing or does not fit its integer type.
    """
    variables = {}
    for name, row in schema.STORED.items():
        values, limits = np.rint(dataset[name].values / row.scale), np.iinfo(row.dtype)
        if not (values.min() >= limits.min and values.max() <= limits.max):  # also catches NaN
            got = f"{values.min() * row.scale:.4g}..{values.max() * row.scale:.4g}"
            raise ValueError(f"expected {name} [{row.units}] to fit {row.dtype} in steps of {row.scale:g}, got {got}")
        scaling = {} if row.scale == 1.0 else {"scale_factor": row.scale}
        variables[name] = (row.dims, values.astype(row.dtype), {**dataset[name].attrs, **scaling})
    return xr.Dataset(variables, attrs=dataset.attrs)


def read(path: Path | None = None) -> xr.Dataset:
    """The stored variables in physical units.

    Args:
        path: a file that ``write`` made; the one that comes with the project when left out.

    Raises:
        ClimateFileError: no such file, damaged, another kind or version of file, or variables missing.
    """
    path = path or default_path()
    check_sealed(path, "a climate file", schema.SCHEMA_ATTRIBUTE, REMEDY, ClimateFileError, UNSEALED)
    try:
        with xr.open_dataset(path, engine="netcdf4") as data:
            _check_schema(path, data)
            loaded = data.load()
            _check_values(path, loaded)
            return loaded
    except ClimateFileError:
        raise
    except (OSError, RuntimeError, ValueError, EOFError) as error:
        size = path.stat().st_size
        raise ClimateFileError(
            f"expected a whole NetCDF-4 climate file at {path}, got {size} bytes that cannot be read ({error}); {REMEDY}"
        ) from error


def _check_schema(path: Path, data: xr.Dataset) -> None:
    version = data.attrs.get(schema.SCHEMA_ATTRIBUTE)
    if str(version) != schema.SCHEMA_VERSION:
        raise ClimateFileError(f"expected climate file version {schema.SCHEMA_VERSION} at {path}, got {version}; {REMEDY}")
    missing = [name for name in schema.STORED if name not in data.variables]
    if missing:
        got = f"none named {missing[0]}"
        raise ClimateFileError(f"expected the variables of climate file version {version} at {path}, got {got}; {REMEDY}")
    for name, row in schema.STORED.items():
        sizes = {str(dim): size for dim, size in data[name].sizes.items()}
        expected = {dim: schema.SIZES.get(dim, data.sizes.get("cell", 0)) for dim in row.dims}
        if sizes != expected:
            raise ClimateFileError(f"expected {name} with dimensions {expected} at {path}, got {sizes}; {REMEDY}")


def _check_values(path: Path, data: xr.Dataset) -> None:
    for name, row in schema.STORED.items():
        values, (lower, upper) = data[name].values, row.limits
        low, high = float(values.min()), float(values.max())
        if not (low >= lower and high <= upper):  # also catches NaN
            raise ClimateFileError(
                f"expected {name} [{row.units}] within {lower:g}..{upper:g} at {path}, got {low:.4g}..{high:.4g}; "
                f"another unit, or missing values? {REMEDY}"
            )


def load(path: Path | None = None) -> xr.Dataset:
    """The embedded forcing: every variable of ``PLACE`` and ``FORCING``, expanded to 20 layers and 12 months.

    Args:
        path: the climate file; the one that comes with the project when left out.

    Returns:
        forcing with dimensions cell, layer, month, litter, float64; passes ``variables.check``.

    Raises:
        ClimateFileError: see :func:`read`.
    """
    return expand(read(path))


def expand(stored: xr.Dataset) -> xr.Dataset:
    """Forcing from the stored variables (of all cells or of a few); see :func:`load`."""
    layers = _expand_layers(*(_values(stored, name) for name in ("surface_temperature", "wetness", "cover_wetland")))
    thaw = _values(stored, "active_layer")
    fields = {
        **{name: _values(stored, name) for name in PLACE},
        **dict(zip(("soil_temperature", "water_scalar", "oxygen_scalar"), layers, strict=True)),
        "nitrogen_scalar": np.full_like(layers[0], NITROGEN_SCALAR),
        "active_layer": thaw,
        "active_layer_last_year": thaw.copy(),
        "bedrock_layer": np.full_like(thaw, float(BEDROCK_LAYER)),
        "litter_input": _values(stored, "litter_input"),
    }
    return xr.Dataset(
        {name: (VARIABLES[name].dims, fields[name], attributes(name)) for name in PLACE + FORCING},
        attrs={key: stored.attrs[key] for key in ("title", "source", "license") if key in stored.attrs},
    )


def _expand_layers(surface: FloatArray, wetness: FloatArray, wetland: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Soil temperature [K], water and oxygen scalar [1] of all layers (cell, layer, month), in chunks on all processors."""
    cells = len(surface)
    temperature, water, oxygen = (np.empty((cells, LAYERS, MONTHS)) for _ in range(3))

    def expand_rows(first: int) -> None:
        rows = slice(first, first + CHUNK)
        temperature[rows] = soil_temperature.layer_temperature(surface[rows])
        water[rows] = soil_water.layer_water_scalar(wetness[rows], temperature[rows])
        oxygen[rows] = soil_water.layer_oxygen_scalar(wetness[rows], wetland[rows])

    with ThreadPoolExecutor() as pool:
        for _ in pool.map(expand_rows, range(0, cells, CHUNK)):
            pass
    return temperature, water, oxygen


def _values(stored: xr.Dataset, name: str) -> FloatArray:
    return stored[name].transpose(*schema.STORED[name].dims).values.astype(np.float64)


def load_predictors(path: Path | None = None) -> xr.Dataset:
    """What the sources say about each cell: climate, Koppen zone, land cover, greenness, elevation.

    Args:
        path: the climate file; the one that comes with the project when left out.

    Returns:
        one variable (cell,) for each name in ``schema.PREDICTORS``, with units and meaning; ``koppen`` holds integer codes.

    Raises:
        ClimateFileError: see :func:`read`.
    """
    stored = read(path)
    fields: dict[str, tuple[str, FloatArray, dict[str, object]]] = {}
    for name, row in schema.STORED.items():
        if row.dims == ("cell",):
            fields[name] = ("cell", _values(stored, name), dict(row.attributes()))
    fields["koppen"] = ("cell", stored["koppen"].values, {**schema.STORED["koppen"].attributes(), **schema.KOPPEN_FLAGS})
    for name, values in _derived(stored).items():
        meaning, units = schema.DERIVED[name]
        fields[name] = ("cell", values, {"long_name": meaning, "units": units})
    return xr.Dataset(fields)


def _derived(stored: xr.Dataset) -> dict[str, FloatArray]:
    """Predictors that need no room in the file, by name (cell,)."""
    climate = bioclimate(_values(stored, "air_temperature"), _values(stored, "precipitation"))
    tree, shrub = woody_cover({c.name: _values(stored, f"cover_{c.name}") for c in COVERS})
    potential = _values(stored, "potential_evapotranspiration")
    return climate | {
        "aridity": np.minimum(climate["bio12"] / np.maximum(potential, 1.0), 10.0),
        "tree_cover": tree,
        "shrub_cover": shrub,
        "npp": _values(stored, "litter_input").sum(axis=1),
    }
