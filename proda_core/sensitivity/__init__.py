"""What controls the stock: curves, maps, variances, and how sure one may be.

- ``columns``: columns in which only the terms of the mechanism that changes are evaluated again
- ``recipes``: two ways to change a mechanism, the published one and that of the sliders; the regression on the change it made
- ``marginal``: :func:`marginal`, the global stock as one mechanism changes, for each member of an ensemble
- ``pieces``, ``ensembles``: :func:`curves`, those of all members, in pieces that are kept and may be done on a cluster
- ``courses``: :func:`courses`, the way to a new balance for each member, in such pieces as well
- ``gradient``: :func:`gradient_map`, the derivative by every mechanism in every cell, by the adjoint
- ``control``: :func:`control`, stock and explained variation with one mechanism made uniform
- ``sample``, ``sobol``: few cells that stand for the globe; :func:`sobol`, shares of the variance of the stock
- ``relearning``: parameters learned again from other data or under other forcing
- ``uncertainty``: a budget of the variances of the response to +1 % carbon use efficiency
- ``findings``, ``gather``: the results that the page shows, as one checked file
"""

from proda_core.sensitivity.columns import MECHANISMS, Columns
from proda_core.sensitivity.control import CONTROLS, Observed, StandIn, control, mean_input, site_mean
from proda_core.sensitivity.control import joined as joined_controls
from proda_core.sensitivity.control import summary as summary_of_control
from proda_core.sensitivity.courses import courses
from proda_core.sensitivity.ensembles import curves, ranking
from proda_core.sensitivity.findings import MAPS_ATTRIBUTE, Findings, FindingsError
from proda_core.sensitivity.gradient import gradient_map
from proda_core.sensitivity.marginal import marginal, marginals
from proda_core.sensitivity.pieces import Shelf
from proda_core.sensitivity.recipes import RECIPES, STEPS, Curve, Fit, Recipe, clip, perturb, regress
from proda_core.sensitivity.sobol import Study, over_mechanisms, over_parameters, sobol

__all__ = [
    "CONTROLS",
    "MAPS_ATTRIBUTE",
    "MECHANISMS",
    "RECIPES",
    "STEPS",
    "Columns",
    "Curve",
    "Findings",
    "FindingsError",
    "Fit",
    "Observed",
    "Recipe",
    "Shelf",
    "StandIn",
    "Study",
    "clip",
    "control",
    "courses",
    "curves",
    "gradient_map",
    "joined_controls",
    "marginal",
    "marginals",
    "mean_input",
    "over_mechanisms",
    "over_parameters",
    "perturb",
    "ranking",
    "regress",
    "site_mean",
    "sobol",
    "summary_of_control",
]
