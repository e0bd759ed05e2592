"""Marginal curves: the global stock as one mechanism changes in eleven steps, for every member of an ensemble.

Cells do not know one another, so the curves are sums over stretches of cells.  A stretch of one member is a piece of work: it may
be done anywhere, and kept on disk.  Left out of all steps is a cell that in any of them has a stock below 0 or above
1,000 kg m-2, a residence time below 0 or above 100,000 yr, or a negative mechanism; so does the published recipe.  The authors'
script drops such a cell from the step at which it is found, and from later members; dropping it from the whole curve of the
member keeps the steps comparable.  Our solver never yields negative stocks; what is left out are cells whose input is pushed so
deep that it hardly decomposes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
import torch

from proda_core import mechanisms
from proda_core.constants import GRAMS_PER_PETAGRAM
from proda_core.process.column import Forcing, Terms
from proda_core.sensitivity import recipes
from proda_core.sensitivity.columns import Columns, check_mechanism
from proda_core.sensitivity.recipes import STEPS, Curve, Recipe
from proda_core.simulation import World
from proda_core.simulation.globe import chunks

FloatArray = npt.NDArray[np.float64]

LARGEST_STOCK = 1e6
"""Cells with more carbon than this are left out [gC m-2]."""

LONGEST_RESIDENCE = 1e5
"""Cells whose carbon stays longer than this are left out [yr]."""


@dataclass(frozen=True)
class Part:
    """What a stretch of cells adds to the curves of some mechanisms; parts of one member add up.

    Attributes:
        stock: [Pg] (mechanism, step, depth).
        change: sum over cells of the relative change of the mechanism [1] (mechanism, step).
        changing: cells in that sum, those that have the mechanism; where the ground never thaws nothing is mixed (mechanism,).
        dropped: cells that are left out (mechanism,).
    """

    stock: FloatArray
    change: FloatArray
    changing: FloatArray
    dropped: FloatArray

    def __add__(self, other: Part) -> Part:
        return Part(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(Part)))

    def curves(self, steps: FloatArray = STEPS) -> list[Curve]:
        """The curve of each mechanism, once all stretches are in."""
        realised = self.change / np.maximum(self.changing, 1)[:, None]
        return [Curve(steps, realised[i], self.stock[i], int(self.dropped[i])) for i in range(len(self.stock))]


def part(
    forcing: Forcing,
    unit: FloatArray,
    area: FloatArray,
    names: Sequence[str],
    recipe: Recipe = "published",
    steps: FloatArray = STEPS,
) -> Part:
    """The part of the curves that a stretch of cells of one member makes.

    Args:
        forcing: of the cells.
        unit: normalised parameters (21, cell).
        area: [m2] (cell,).
        names: mechanisms to change, one after the other.
        recipe: how, see ``recipes``.
        steps: requested changes [1] (step,), one of them zero.

    Raises:
        ValueError: unknown mechanism or recipe, or no step without change.
    """
    recipes.check_recipe(recipe)
    for name in names:
        check_mechanism(name)
    if not np.any(steps == 0):
        raise ValueError(f"expected steps with one of 0, got {steps.tolist()}; changes are judged against it")
    columns = Columns(forcing, recipes.start(recipe, unit))
    base = _look(columns.terms)
    parts = [_curve(columns, unit, area, name, recipe, steps, base) for name in names]
    return Part(*(np.stack(values) for values in zip(*parts, strict=True)))


Look = tuple[FloatArray, dict[str, FloatArray]]


def _look(terms: Terms) -> Look:
    """Stocks [gC m-2] (cell, depth) and every mechanism (cell,) of some columns."""
    integrals = mechanisms.solve(terms)
    return integrals.soc.numpy(), {name: values.numpy() for name, values in mechanisms.read_off(terms, integrals).items()}


def _curve(
    columns: Columns, unit: FloatArray, area: FloatArray, name: str, recipe: Recipe, steps: FloatArray, base: Look
) -> tuple[FloatArray, FloatArray, np.float64, np.float64]:
    """Stock, change, changing and dropped of one mechanism, see :class:`Part`."""
    looks = [
        base if step == 0 else _look(recipes.changed_terms(recipe, columns, unit, name, float(step))) for step in steps
    ]  # fmt: skip
    stock = np.stack([soc for soc, _ in looks])
    value, residence = (np.stack([found[key] for _, found in looks]) for key in (name, "residence_time"))
    keep = ~_unsound(stock[..., -1], residence, value)
    before = value[int(np.flatnonzero(steps == 0)[0])]
    counted = keep & (before > 0)
    change = (value[:, counted] / before[counted] - 1).sum(axis=1)
    amount = np.einsum("scd,c->sd", stock[:, keep], area[keep]) / GRAMS_PER_PETAGRAM
    return amount, change, np.float64(counted.sum()), np.float64((~keep).sum())


def _unsound(stock: FloatArray, residence: FloatArray, value: FloatArray) -> npt.NDArray[np.bool_]:
    """Which cells are left out; arguments are (step, cell).  A cell without input has no residence time, and stays."""
    bad = (stock < 0) | (stock > LARGEST_STOCK) | (residence < 0) | (residence > LONGEST_RESIDENCE) | (value < 0)
    left_out: npt.NDArray[np.bool_] = np.any(bad, axis=0)
    return left_out


def marginals(
    world: World, unit: FloatArray, names: Iterable[str], recipe: Recipe = "published", steps: FloatArray = STEPS
) -> dict[str, Curve]:
    """Curves of several mechanisms, for one set of parameters.

    Args:
        world: forcing and land; its own parameters are not used.
        unit: normalised parameters (21, cell).
        names: mechanisms.
        recipe: see ``recipes``.
        steps: requested changes [1] (step,), one of them zero.

    Returns:
        the curve of each mechanism.
    """
    wanted = list(names)
    total: Part | None = None
    for rows in chunks(len(world.parameters)):
        found = part(world.forcing.rows(rows), unit[:, rows], world.land.area[rows], wanted, recipe, steps)
        total = found if total is None else total + found
    assert total is not None  # noqa: S101 -- a world has cells
    return dict(zip(wanted, total.curves(steps), strict=True))


def marginal(world: World, unit: FloatArray, mechanism: str, recipe: Recipe = "published") -> Curve:
    """The curve of one mechanism, for one set of parameters; see :func:`marginals`."""
    return marginals(world, unit, [mechanism], recipe)[mechanism]


def from_arrays(forcing: dict[str, FloatArray]) -> Forcing:
    """Forcing from plain arrays by name, which travel between processes where tensors do not."""
    return Forcing(**{name: torch.as_tensor(values) for name, values in forcing.items()})
