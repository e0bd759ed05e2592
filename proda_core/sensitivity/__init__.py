"""What controls the stock: curves, maps, variances, and how sure one may be.

- ``columns``: columns in which only the terms of the mechanism that changes are evaluated again
- ``recipes``: two ways to change a mechanism, the published one and that of the sliders; the regression on the change it made
- ``marginal``: :func:`marginal`, the global stock as one mechanism changes, for each member of an ensemble
- ``gradient``: :func:`gradient_map`, the derivative by every mechanism in every cell, by the adjoint
"""

from proda_core.sensitivity.columns import MECHANISMS, Columns
from proda_core.sensitivity.gradient import gradient_map
from proda_core.sensitivity.marginal import marginal, marginals
from proda_core.sensitivity.recipes import RECIPES, STEPS, Curve, Fit, Recipe, clip, perturb, regress

__all__ = [
    "MECHANISMS",
    "RECIPES",
    "STEPS",
    "Columns",
    "Curve",
    "Fit",
    "Recipe",
    "clip",
    "gradient_map",
    "marginal",
    "marginals",
    "perturb",
    "regress",
]
