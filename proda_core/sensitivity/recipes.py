"""Two ways to change a mechanism by some percent, and what is made of the stocks that follow.

``published``, the recipe of the authors of PRODA: the normalised parameters of the mechanism's group times (1 + m), for plant
input the input itself; then every normalised parameter is moved into [1e-4, 1], beta into [1e-4, 0.98], also where m = 0.

``realised``, what the page's sliders do: the mechanism's terms times (1 + m), see ``proda_core.scenario``; transfer fractions are
limited so that no pool hands on more than it loses.

Neither realises m: a normalised fraction times 1.2 is not a fraction times 1.2, limits cut, and stocks that change shift the
weights of a bulk figure.  So both are judged by the change c_m that the mechanism *made*, the unweighted mean over cells of its
relative change.  With S_m the global stock, least squares give ``ln(S_m / S_0) = a + e ln(1 + c_m)``, and from it

    elasticity                e
    response to +1 %          S_0 (1.01**e - 1)
    change needed for +10 %   exp((ln 1.1 - a) / e) - 1

Source: Tao et al. 2023, doi:10.1038/s41586-023-06042-3, and the published PRODA implementation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from proda_core.parameters import INDEX, UNIT_FLOOR
from proda_core.process.column import Terms
from proda_core.scenario import Scenario, apply
from proda_core.sensitivity.columns import GROUPS, Columns, check_mechanism

FloatArray = npt.NDArray[np.float64]
Recipe = Literal["published", "realised"]
RECIPES: tuple[Recipe, ...] = get_args(Recipe)

STEPS: FloatArray = np.linspace(-20, 20, 11) / 100
"""Requested changes m [1]."""

BETA_CEILING = 0.98
"""Largest normalised beta that the published recipe uses."""


class Fit(NamedTuple):
    """The regression of stock on mechanism; one number for each depth, or a scalar.

    Attributes:
        elasticity: relative change of the stock per relative change of the mechanism, the slope e [1].
        intercept: a [1]; not zero where the curve is no power law.
        one_percent: change of the stock for +1 % of the mechanism [unit of the stock].
        ten_percent: relative change of the mechanism for a tenth more stock [1].
    """

    elasticity: FloatArray
    intercept: FloatArray
    one_percent: FloatArray
    ten_percent: FloatArray


@dataclass(frozen=True)
class Curve:
    """Global stocks as one mechanism changes.

    Attributes:
        step: change that was requested [1] (step,).
        realised: change that the mechanism made, unweighted mean over cells [1] (step,).
        stock: global stock above each depth of ``grid.STOCK_DEPTHS`` [Pg] (step, depth).
        dropped: cells that were left out, see ``marginal``.
    """

    step: FloatArray
    realised: FloatArray
    stock: FloatArray
    dropped: int

    def fit(self, against: Literal["realised", "requested"] = "realised") -> Fit:
        """The regression over all steps, for each depth; see :func:`regress`."""
        return regress(self.realised if against == "realised" else self.step, self.stock, self.start)

    @property
    def start(self) -> int:
        """Position of the step without change."""
        return int(np.argmin(np.abs(self.step)))


def check_recipe(recipe: str) -> None:
    """Raise ``ValueError`` unless ``recipe`` is one of :data:`RECIPES`."""
    if recipe not in RECIPES:
        raise ValueError(f"expected a recipe out of {', '.join(RECIPES)}; got {recipe!r}")


def clip(unit: FloatArray) -> FloatArray:
    """Normalised parameters (21, cell) as the published recipe uses them: within [1e-4, 1], beta at most 0.98."""
    clipped = np.clip(unit, UNIT_FLOOR, 1.0)
    beta = INDEX["beta"]
    clipped[beta] = np.minimum(clipped[beta], BETA_CEILING)
    return clipped


def perturb(unit: FloatArray, mechanism: str, step: float) -> FloatArray:
    """Normalised parameters (21, cell) with the group of a mechanism times (1 + step), clipped.

    Raises:
        ValueError: unknown mechanism.
    """
    check_mechanism(mechanism)
    changed = np.array(unit, dtype=np.float64)
    changed[GROUPS[mechanism]] *= 1 + step
    return clip(changed)


def start(recipe: Recipe, unit: FloatArray) -> FloatArray:
    """Normalised parameters (21, cell) without any change: the published recipe clips them all the same."""
    return clip(unit) if recipe == "published" else unit


def changed_terms(recipe: Recipe, columns: Columns, unit: FloatArray, mechanism: str, step: float) -> Terms:
    """The terms of some columns after one mechanism was changed.

    Args:
        recipe: see the module.
        columns: the columns with the parameters of :func:`start`.
        unit: normalised parameters (21, cell), before :func:`start`.
        mechanism: what is changed.
        step: requested change [1].
    """
    if recipe == "realised":
        return apply(Scenario().with_change(mechanism, step), columns.terms)
    if mechanism == "carbon_input":
        return columns.with_input(1 + step)
    return columns.with_parameters(mechanism, perturb(unit, mechanism, step))


def regress(change: FloatArray, stock: FloatArray, start: int) -> Fit:
    """Least squares of ``ln(stock / stock[start])`` on ``ln(1 + change)``.

    Args:
        change: relative change of the mechanism [1] (step,).
        stock: stock [any unit] (step, ...).
        start: position of the step without change.

    Raises:
        ValueError: the mechanism did not change.

    >>> change = np.array([-0.1, 0.0, 0.1])
    >>> found = regress(change, 2000 * (1 + change) ** 3, 1)
    >>> round(float(found.elasticity), 9), round(float(found.one_percent), 3), round(float(found.ten_percent), 6)
    (3.0, 60.602, 0.03228)
    """
    x = np.log1p(change)
    if not np.ptp(x) > 0:
        raise ValueError(
            "expected a mechanism that changes over the steps, got one that does not; no cell of this mechanism is free"
        )
    y = np.log(stock / stock[start])
    centred = x - x.mean()
    slope = np.tensordot(centred, y, axes=1) / (centred @ centred)
    intercept = y.mean(axis=0) - slope * x.mean()
    with np.errstate(over="ignore", divide="ignore"):  # a stock that hardly answers would need an endless change
        needed = np.exp((np.log(1.1) - intercept) / slope) - 1
    return Fit(slope, intercept, stock[start] * (1.01**slope - 1), needed)
