"""Findings from the results of ``proda sensitivity``, ``proda control`` and ``proda sobol``; all must rest on the same maps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
import xarray as xr

from proda_core.sensitivity.findings import COORDINATES, MAPS_ATTRIBUTE, Findings, FindingsError, FloatArray, Shares, Source

KINDS: dict[str, str] = {
    "sensitivity": "proda sensitivity",
    "control": "proda control PROFILES",
    "mechanisms": "proda sobol --over mechanisms",
    "parameters": "proda sobol --over parameters",
}
"""Results that findings are made of, and the command of each."""


def kind(data: xr.Dataset) -> str:
    """Which of :data:`KINDS` some results are; an empty text for anything else."""
    if "one_percent" in data and "elasticity" in data:
        return "sensitivity"
    if "explained" in data and "stock" in data:
        return "control"
    over = str(data.attrs.get("over", ""))
    return over if "total_confidence" in data and over in KINDS else ""


def gather(results: Mapping[str, xr.Dataset], maps: str, budget: pd.DataFrame | None = None) -> Findings:
    """Findings from results.

    Args:
        results: one of each of :data:`KINDS`.
        maps: checksum of the retrieved maps that they should rest on.
        budget: of the variances of the response to +1 % CUE, as ``uncertainty.budget`` gives it.

    Raises:
        FindingsError: results missing, incomplete, or of other maps; Sobol indices of different stocks.
    """
    for name, command in KINDS.items():
        if name not in results:
            raise FindingsError(f"expected results of {command}, got none; run it with --out FILE.nc and name the file")
        found = str(results[name].attrs.get(MAPS_ATTRIBUTE, "maps that it does not name"))
        if found != maps:
            raise FindingsError(f"expected results of {command} for maps {maps[:12]}..., got those of {found[:30]}; run it again")
    curves, control, study = results["sensitivity"], results["control"], results["mechanisms"]
    for name in ("depth", "width", "output"):
        ours, others = (
            np.asarray(data[name] if name in data.dims else data.attrs[name]) for data in (study, results["parameters"])
        )
        if not np.array_equal(ours, others):
            raise FindingsError(
                f"expected Sobol indices of one {name}, got {ours} and {others}; run proda sobol with the same options"
            )
    per_curve = ("recipe", "member", "mechanism")
    return Findings(
        stock=_values(curves, "stock", (*per_curve, "step", "depth")),
        realised=_values(curves, "realised", (*per_curve, "step")),
        dropped=_values(curves, "dropped", per_curve),
        elasticity=_values(curves, "elasticity", (*per_curve, "depth")),
        one_percent=_values(curves, "one_percent", (*per_curve, "depth")),
        controlled=_values(control, "stock", ("member", "control", "depth")),
        explained=_values(control, "explained", ("member", "control")),
        explained_weighted=_values(control, "explained_weighted", ("member", "control")),
        uniform_input=_values(control, "uniform_input_explained", ("member",)),
        uniform_input_weighted=_values(control, "uniform_input_explained_weighted", ("member",)),
        mechanisms=_shares(study, COORDINATES["mechanism"]),
        parameters=_shares(results["parameters"], COORDINATES["parameter"]),
        places=tuple(str(name) for name in study["output"].values),
        shares_depth=str(study.attrs["depth"]),
        shares_width=float(study.attrs["width"]),
        budget=() if budget is None else tuple(_rows(budget)),
        budget_depth="" if budget is None else str(budget["depth"].iloc[0]),
        maps=maps,
    )


def _values(data: xr.Dataset, name: str, dims: tuple[str, ...]) -> FloatArray:
    for dim in dims:
        ours, found = COORDINATES.get(dim), data.coords.get(dim)
        if ours and dim != "step" and (found is None or tuple(map(str, found.values)) != ours):
            raise FindingsError(
                f"expected {name} for every {dim} ({', '.join(ours)}), got fewer or others; run it without options"
            )
    return np.asarray(data[name].transpose(*dims).values, dtype=np.float64)


def _shares(data: xr.Dataset, names: tuple[str, ...]) -> Shares:
    if tuple(map(str, data["input"].values)) != names:
        raise FindingsError(f"expected indices of {', '.join(names)}, got others; run proda sobol again")
    dims = ("size", "output", "input")
    indices = (data[name].transpose(*dims).values for name in ("first", "total", "first_confidence", "total_confidence"))
    return Shares(names, data["size"].values.astype(np.int64), *indices)


def _rows(budget: pd.DataFrame) -> Iterable[Source]:
    columns = ("source", "sd", "share", "note", "depth")
    missing = [name for name in columns if name not in budget]
    if missing or not len(budget):
        raise FindingsError(f"expected a budget with the columns {', '.join(columns)}, got one without {', '.join(missing)}")
    for row in budget.itertuples():
        yield Source(str(row.source), float(row.sd), float(row.share), "" if row.note != row.note else str(row.note))
