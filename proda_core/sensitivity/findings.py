"""``findings.nc``: what controls the carbon, as the page shows it: curves, component control and Sobol indices in one small file.

    gather:  results of proda sensitivity, control and sobol (see ``gather``) -> findings
    write:   findings -> findings.nc with its checksum, whole or not at all
    read:    findings.nc -> recognised, checked, of the maps in use -> findings

The numbers rest on one file of retrieved maps, whose checksum the file carries: beside other maps they would be wrong, and are
refused.  Names stand in attributes, numbers in variables, all of them in the table :data:`STORED`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from proda_core import __version__, parameters, retrieved, store
from proda_core.grid import STOCK_DEPTHS
from proda_core.sensitivity.columns import MECHANISMS
from proda_core.sensitivity.control import CONTROLS
from proda_core.sensitivity.recipes import RECIPES, STEPS

FloatArray = npt.NDArray[np.float64]

SCHEMA = "1"
"""Value of the file's ``proda_findings_schema`` attribute; raised whenever a variable changes its meaning."""

SCHEMA_ATTRIBUTE = "proda_findings_schema"
"""Global attribute by which the file is recognised."""

MAPS_ATTRIBUTE = "maps_sha256"
"""Attribute with the checksum of the retrieved maps that results rest on."""

REMEDY = 'get the committed data/findings.nc again, or run "make findings"'

LARGEST = {"member": 200, "size": 30, "place": 100}
"""Most entries of the dimensions whose length is not ours."""

COORDINATES: dict[str, tuple[str, ...]] = {
    "recipe": tuple(RECIPES),
    "mechanism": MECHANISMS,
    "step": tuple(f"{step:+.2f}" for step in STEPS),
    "depth": tuple(STOCK_DEPTHS),
    "control": CONTROLS,
    "parameter": parameters.IDS,
}
"""Dimensions whose length and order are ours; each stands in an attribute of its name and is compared when a file is read."""


class FindingsError(ValueError):
    """The file is missing, damaged, not one of findings of this version, or rests on other maps; the message says what to do."""


@dataclass(frozen=True)
class Shares:
    """Sobol indices of the stock [1], each (size, place, input); NaN where the stock does not vary.

    Attributes:
        names: of the inputs.
        sizes: of the designs, growing (size,).
        first: share of the variance that an input makes alone.
        total: share that it makes with all its interactions.
        first_confidence: half the 95 % interval of ``first``.
        total_confidence: half the 95 % interval of ``total``.
    """

    names: tuple[str, ...]
    sizes: npt.NDArray[np.int64]
    first: FloatArray
    total: FloatArray
    first_confidence: FloatArray
    total_confidence: FloatArray


@dataclass(frozen=True)
class Source:
    """A row of the budget of variances of the response to +1 % CUE.

    Attributes:
        source: what is uncertain.
        sd: standard deviation that it makes [Pg]; NaN where not known.
        share: of the sum of variances [1]; NaN where it is not added.
        note: what to know about it.
    """

    source: str
    sd: float
    share: float
    note: str


@dataclass(frozen=True)
class Findings:
    """The content of the file; recipes, mechanisms, steps, depths and controls in the order of :data:`COORDINATES`.

    Attributes:
        stock: global stock above the depth [Pg] (recipe, member, mechanism, step, depth).
        realised: relative change that the mechanism made [1] (recipe, member, mechanism, step).
        dropped: cells that the recipe left out (recipe, member, mechanism).
        elasticity: [1] (recipe, member, mechanism, depth).
        one_percent: change of the stock for +1 % of the mechanism [Pg] (recipe, member, mechanism, depth).
        controlled: global stock under each control [Pg] (member, control, depth).
        explained: part of the observed variation explained, all layers alike [1] (member, control).
        explained_weighted: the same by importance of the profiles [1] (member, control).
        uniform_input: explained part with plant input the same everywhere, all layers alike [1] (member,).
        uniform_input_weighted: the same by importance of the profiles [1] (member,).
        mechanisms: Sobol indices over the mechanisms.
        parameters: Sobol indices over the 21 parameters.
        places: whose stocks the indices are of, the globe first, then zones.
        shares_depth: key of ``grid.STOCK_DEPTHS`` above which these stocks lie.
        shares_width: largest relative change of an input [1].
        budget: of the variances of the response to +1 % CUE; empty where it was not given.
        budget_depth: depth of the stock that the budget is of.
        maps: checksum of the retrieved maps that everything rests on.
    """

    stock: FloatArray
    realised: FloatArray
    dropped: FloatArray
    elasticity: FloatArray
    one_percent: FloatArray
    controlled: FloatArray
    explained: FloatArray
    explained_weighted: FloatArray
    uniform_input: FloatArray
    uniform_input_weighted: FloatArray
    mechanisms: Shares
    parameters: Shares
    places: tuple[str, ...]
    shares_depth: str
    shares_width: float
    budget: tuple[Source, ...]
    budget_depth: str
    maps: str

    @property
    def members(self) -> int:
        """Number of members of the ensemble."""
        return int(self.stock.shape[1])


@dataclass(frozen=True)
class Stored:
    """A variable of the file.

    Attributes:
        meaning: long name.
        units: UDUNITS string.
        dims: dimensions, in order.
        limits: range of values that make sense [units].
        unknown: whether values may be missing.
    """

    meaning: str
    units: str
    dims: tuple[str, ...]
    limits: tuple[float, float]
    unknown: bool = False


_CURVE = ("recipe", "member", "mechanism")
_SHARES = {
    "first": "share of the variance of the stock that the input makes alone",
    "total": "share of the variance of the stock that the input makes with all its interactions",
    "first_confidence": "half the 95 % interval of the share that it makes alone",
    "total_confidence": "half the 95 % interval of the share that it makes with its interactions",
}

STORED: dict[str, Stored] = {
    "stock": Stored("global soil organic carbon above the depth", "Pg", (*_CURVE, "step", "depth"), (0.0, 1e6)),
    "realised": Stored("relative change that the mechanism made, mean over cells", "1", (*_CURVE, "step"), (-1.0, 1e3)),
    "dropped": Stored("cells that were left out", "1", _CURVE, (0.0, 360.0 * 720)),
    "elasticity": Stored("relative change of the stock per relative change made", "1", (*_CURVE, "depth"), (-1e4, 1e4)),
    "one_percent": Stored("change of the stock for +1 % of the mechanism", "Pg", (*_CURVE, "depth"), (-1e6, 1e6)),
    "controlled": Stored("global soil organic carbon, one mechanism uniform", "Pg", ("member", "control", "depth"), (0.0, 1e6)),
    "explained": Stored("explained part of observed variation, all layers alike", "1", ("member", "control"), (-1e6, 1.0)),
    "explained_weighted": Stored("the same by importance of the profiles", "1", ("member", "control"), (-1e6, 1.0)),
    "uniform_input": Stored("explained part with uniform plant input, all layers alike", "1", ("member",), (-1e6, 1.0)),
    "uniform_input_weighted": Stored("the same by importance of the profiles", "1", ("member",), (-1e6, 1.0)),
    **{
        f"{over}_{name}": Stored(meaning, "1", (f"{over}_size", "place", over), (-1e2, 1e2), unknown=True)
        for over in ("mechanism", "parameter")
        for name, meaning in _SHARES.items()
    },
    **{
        f"{over}_sizes": Stored("size of the design", "1", (f"{over}_size",), (1.0, 2.0**30))
        for over in ("mechanism", "parameter")
    },
}
"""Variables of the file, by name."""


def default_path() -> Path:
    """The file that comes with the project."""
    return store.data_directory() / "findings.nc"


def write(findings: Findings, out: Path) -> None:
    """Write findings, whole or not at all; the same findings give the same bytes.

    Args:
        findings: what to write.
        out: path of the file; its folder must exist.

    Raises:
        FindingsError: what could not be read back.
    """
    data = _dataset(findings)
    _parsed(data, Path("what is to be written"))
    with store.atomic_path(out) as temporary:
        packed = {str(name): {"zlib": True, "complevel": 9, "_FillValue": None} for name in data}
        data.to_netcdf(temporary, engine="netcdf4", format="NETCDF4", encoding=packed)
        store.seal(temporary)


def _dataset(findings: Findings) -> xr.Dataset:
    plain = {field.name: getattr(findings, field.name) for field in fields(Findings)}
    for over in ("mechanism", "parameter"):
        shares: Shares = plain[f"{over}s"]
        plain |= {f"{over}_{name}": getattr(shares, name) for name in _SHARES} | {f"{over}_sizes": shares.sizes}
    variables = {
        name: (row.dims, np.asarray(plain[name], dtype=np.float64), {"long_name": row.meaning, "units": row.units})
        for name, row in STORED.items()
    }
    budget = [{key: None if value != value else value for key, value in asdict(row).items()} for row in findings.budget]
    attributes: dict[str, object] = {
        "Conventions": "CF-1.11",
        SCHEMA_ATTRIBUTE: SCHEMA,
        "title": "What controls the world's soil carbon in the model",
        "source": f"proda sensitivity, proda control and proda sobol on retrieved maps; PRODA Explorer {__version__}",
        MAPS_ATTRIBUTE: findings.maps,
        "places": json.dumps(list(findings.places)),
        "shares_depth": findings.shares_depth,
        "shares_width": float(findings.shares_width),
        "budget": json.dumps(budget),
        "budget_depth": findings.budget_depth,
        **{name: " ".join(ours) for name, ours in COORDINATES.items()},
    }
    return xr.Dataset(variables, attrs=attributes)


def read(path: Path | None = None, maps: Path | None = None) -> Findings:
    """Findings that rest on the maps in use.

    Args:
        path: a file that :func:`write` made; the one that comes with the project when left out.
        maps: the retrieved maps in use; those that come with the project when left out.

    Raises:
        FindingsError: no such file, damaged, another kind or version of file, parts missing or not sound, or of other maps.
    """
    path, maps = path or default_path(), maps or retrieved.default_path()
    store.check_sealed(path, "a file of findings", SCHEMA_ATTRIBUTE, REMEDY, FindingsError)
    try:
        with xr.open_dataset(path, engine="netcdf4", decode_cf=False, cache=False) as data:
            found = _parsed(data, path)
    except FindingsError:
        raise
    except (OSError, RuntimeError, ValueError, LookupError, TypeError, AttributeError, MemoryError) as error:
        raise FindingsError(
            f"expected findings as NetCDF-4 at {path}, got a file that cannot be read ({error}); {REMEDY}"
        ) from error
    if not maps.is_file():
        raise FindingsError(f"expected the retrieved maps that {path} rests on at {maps}, got no file; {REMEDY}")
    ours = store.checksum(maps)
    if ours != found.maps:
        raise FindingsError(
            f"expected findings of the retrieved maps {maps.name} (sha256 {ours[:12]}...) at {path}, got findings of others "
            f"({found.maps[:12]}...); {REMEDY}"
        )
    return found


def _parsed(data: xr.Dataset, path: Path) -> Findings:
    """Findings from a dataset whose attributes, sizes and values are checked before they are used."""
    attrs = data.attrs
    if str(attrs.get(SCHEMA_ATTRIBUTE)) != SCHEMA:
        raise FindingsError(f"expected findings of version {SCHEMA} at {path}, got {attrs.get(SCHEMA_ATTRIBUTE)!r:.40}; {REMEDY}")
    for name in (MAPS_ATTRIBUTE, "places", "shares_depth", "shares_width", "budget", "budget_depth", *COORDINATES):
        if name not in attrs:
            raise FindingsError(f"expected the attribute {name} in the findings at {path}, got none; {REMEDY}")
    for name, ours in COORDINATES.items():
        if attrs[name] != " ".join(ours):
            raise FindingsError(f"expected {name}s {' '.join(ours)} at {path}, got {attrs[name]!r:.300}; {REMEDY}")
    values = {name: _values(data, name, row, path) for name, row in STORED.items()}
    places = _names(attrs["places"], path)
    if len(places) != values["mechanism_first"].shape[1] or places[:1] != ("globe",):
        raise FindingsError(f"expected a name for each place, the globe first, at {path}, got {', '.join(places):.200}; {REMEDY}")
    depth, width = str(attrs["shares_depth"]), float(attrs["shares_width"])
    if depth not in STOCK_DEPTHS or not 0 < width <= 1:
        raise FindingsError(f"expected indices of a known depth and width at {path}, got {depth:.20} and {width:g}; {REMEDY}")
    return Findings(
        **{name: values[name] for name in list(STORED)[:10]},
        mechanisms=_shares(values, "mechanism"),
        parameters=_shares(values, "parameter"),
        places=places,
        shares_depth=depth,
        shares_width=width,
        budget=_budget(attrs["budget"], path),
        budget_depth=str(attrs["budget_depth"]),
        maps=str(attrs[MAPS_ATTRIBUTE]),
    )


def _values(data: xr.Dataset, name: str, row: Stored, path: Path) -> FloatArray:
    """A variable, once type, dimensions, sizes and range are as they should be."""
    if name not in data.variables:
        raise FindingsError(f"expected the variable {name} in the findings at {path}, got none; {REMEDY}")
    array = data[name]
    sizes = {str(dim): size for dim, size in array.sizes.items()}
    expected = {dim: len(COORDINATES[dim]) if dim in COORDINATES else sizes.get(dim, 0) for dim in row.dims}
    most = {dim: LARGEST.get(dim.rpartition("_")[2], 0) for dim in row.dims if dim not in COORDINATES}
    fits = sizes == expected and all(_least(dim) <= sizes[dim] <= limit for dim, limit in most.items())
    if not fits or array.dtype != np.float64:
        raise FindingsError(f"expected {name} as float64 of {expected} at {path}, got {array.dtype} of {sizes}; {REMEDY}")
    values: FloatArray = array.values
    low, high = row.limits
    sound = (values >= low) & (values <= high) | (np.isnan(values) if row.unknown else False)
    if not sound.all():
        raise FindingsError(f"expected {name} [{row.units}] within {low:g}..{high:g} at {path}, got others; {REMEDY}")
    return values


def _least(dim: str) -> int:
    return 2 if dim == "member" else 1  # fewer have no spread


def _shares(values: Mapping[str, FloatArray], over: str) -> Shares:
    sizes = values[f"{over}_sizes"].astype(np.int64)
    return Shares(COORDINATES[over], sizes, **{name: values[f"{over}_{name}"] for name in _SHARES})


def _names(text: Any, path: Path) -> tuple[str, ...]:
    names = json.loads(str(text))
    if not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
        raise FindingsError(f"expected names of places at {path}, got {names!s:.100}; {REMEDY}")
    return tuple(names)


def _budget(text: Any, path: Path) -> tuple[Source, ...]:
    rows = json.loads(str(text))
    names = [field.name for field in fields(Source)]
    sound = isinstance(rows, list) and all(
        isinstance(row, dict)
        and sorted(row) == sorted(names)
        and all(isinstance(row[name], str) for name in ("source", "note"))
        and all(row[name] is None or (type(row[name]) in (int, float) and row[name] >= 0) for name in ("sd", "share"))
        for row in rows
    )
    if not sound:
        raise FindingsError(f"expected rows with {', '.join(names)} in the budget at {path}, got {rows!s:.100}; {REMEDY}")
    return tuple(Source(row["source"], _known(row["sd"]), _known(row["share"]), row["note"]) for row in rows)


def _known(value: float | None) -> float:
    return np.nan if value is None else float(value)
