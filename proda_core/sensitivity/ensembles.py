"""Marginal curves of every member of an ensemble, in pieces, as one dataset; and how the mechanisms rank."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import partial

import numpy as np
import numpy.typing as npt
import xarray as xr

from proda_core.grid import STOCK_DEPTHS
from proda_core.process.column import Forcing
from proda_core.sensitivity.columns import MECHANISMS
from proda_core.sensitivity.marginal import Part, from_arrays, part
from proda_core.sensitivity.pieces import Arrays, Progress, Shelf, work
from proda_core.sensitivity.recipes import RECIPES, STEPS, Curve, Recipe
from proda_core.simulation import World
from proda_core.simulation.globe import chunks

FloatArray = npt.NDArray[np.float64]
_PARTS = tuple(field.name for field in fields(Part))

_UNITS = {
    "stock": ("global soil organic carbon above the depth", "Pg"),
    "realised": ("relative change that the mechanism made, unweighted mean over cells", "1"),
    "dropped": ("cells that were left out", "1"),
    "elasticity": ("relative change of the stock per relative change that the mechanism made", "1"),
    "intercept": ("intercept of the regression of logarithms; not zero where the curve is no power law", "1"),
    "one_percent": ("change of the stock for +1 % of the mechanism", "Pg"),
    "ten_percent": ("relative change of the mechanism for a tenth more stock", "1"),
    "elasticity_requested": ("relative change of the stock per relative change that was requested", "1"),
}


def curves(
    world: World,
    member_unit: FloatArray,
    names: Sequence[str] = MECHANISMS,
    chosen: Sequence[Recipe] = RECIPES,
    *,
    shelf: Shelf | None = None,
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Curves, elasticities and responses of every member.

    Args:
        world: forcing and land; its own parameters are not used.
        member_unit: normalised parameters (member, 21, cell).
        names: mechanisms.
        chosen: recipes, see ``recipes``.
        shelf: keeps pieces: a stretch of cells of one member under one recipe.
        scheduler: address of the scheduler of a Dask cluster to do the pieces.
        progress: called with the fraction done.

    Returns:
        variables (recipe, member, mechanism, ...): ``stock`` (step, depth) [Pg], ``realised`` (step), ``dropped``, and the
        regression ``elasticity``, ``intercept``, ``one_percent`` [Pg], ``ten_percent`` and ``elasticity_requested`` (depth).

    Raises:
        ValueError: unknown mechanism or recipe, or members of another shape.
    """
    cells = len(world.parameters)
    if member_unit.ndim != 3 or member_unit.shape[1:] != (21, cells):
        raise ValueError(f"expected members of shape (member, 21, {cells}), got {member_unit.shape}")
    stretches = chunks(cells)
    keys = {
        f"{recipe}-{member:03d}-{i:03d}": (recipe, member, rows)
        for member in range(len(member_unit))
        for recipe in chosen
        for i, rows in enumerate(stretches)
    }

    def job(key: str) -> Callable[[], Arrays]:
        recipe, member, rows = keys[key]
        forcing = {field.name: getattr(world.forcing, field.name)[rows].numpy() for field in fields(Forcing)}
        return partial(_piece, forcing, member_unit[member][:, rows], world.land.area[rows], list(names), recipe)

    found = work(list(keys), job, shelf, scheduler, progress)
    totals: dict[tuple[str, int], Part] = {}
    for key, (recipe, member, _) in keys.items():
        piece = Part(*(found[key][name] for name in _PARTS))
        totals[recipe, member] = totals[recipe, member] + piece if (recipe, member) in totals else piece
    table = [[totals[recipe, member].curves() for member in range(len(member_unit))] for recipe in chosen]
    return _dataset(table, names, chosen)


def _piece(forcing: Arrays, unit: FloatArray, area: FloatArray, names: list[str], recipe: Recipe) -> Arrays:
    """The work on one piece, wherever it is done."""
    found = part(from_arrays(forcing), unit, area, names, recipe)
    return {name: getattr(found, name) for name in _PARTS}


def _dataset(table: list[list[list[Curve]]], names: Sequence[str], chosen: Sequence[Recipe]) -> xr.Dataset:
    def stacked(value: Callable[[Curve], object]) -> FloatArray:
        return np.array([[[value(curve) for curve in member] for member in recipe] for recipe in table], dtype=np.float64)

    over = ("recipe", "member", "mechanism")
    values: dict[str, tuple[tuple[str, ...], FloatArray]] = {
        "stock": ((*over, "step", "depth"), stacked(lambda curve: curve.stock)),
        "realised": ((*over, "step"), stacked(lambda curve: curve.realised)),
        "dropped": (over, stacked(lambda curve: curve.dropped)),
        "elasticity_requested": ((*over, "depth"), stacked(lambda curve: curve.fit("requested").elasticity)),
    }
    for name in ("elasticity", "intercept", "one_percent", "ten_percent"):
        values[name] = ((*over, "depth"), stacked(lambda curve, name=name: getattr(curve.fit(), name)))  # type: ignore[misc]
    attributes = {name: {"long_name": meaning, "units": units} for name, (meaning, units) in _UNITS.items()}
    return xr.Dataset(
        {name: (dims, array, attributes[name]) for name, (dims, array) in values.items()},
        {"recipe": list(chosen), "mechanism": list(names), "step": STEPS, "depth": list(STOCK_DEPTHS)},
        {"Conventions": "CF-1.11", "title": "Global soil carbon as one mechanism changes"},
    )


def ranking(data: xr.Dataset, recipe: str = "published", depth: str = "full") -> list[str]:
    """Mechanisms by the size of the response to +1 %, mean over members, the largest first."""
    size = np.abs(data["one_percent"].sel(recipe=recipe, depth=depth).mean("member"))
    order = np.argsort(-np.asarray(size))
    return [str(name) for name in data["mechanism"].values[order]]
