"""Net primary production shared out among the four litter classes: CWD, metabolic, cellulose, lignin.

In a steady state everything that plants build falls as litter.  Allocation follows CLM5 per unit of leaf:

    fine root f = 1,  stem s = 2.7 / (1 + exp(-0.004 (NPP - 300))) - 0.4 under trees, 0.2 under shrubs, 0 under herbs,
    coarse root = 0.3 s,   wood share = 1.3 s / (1 + f + 1.3 s).

Wood becomes coarse woody debris; leaves and fine roots become 25 % metabolic, 50 % cellulose, 25 % lignin litter.

Source: CLM5 technical note, equation 2.19.8 and table 2.19.1 (allocation of woody plant types) and chapter 2.21 (litter
fractions); Lawrence et al. 2019 (doi:10.1029/2018MS001583).  Tree and shrub cover stand in for CLM's plant types.
"""

from __future__ import annotations

import numpy as np

from proda_core.grid import FloatArray

ROOT_PER_LEAF = 1.0
"""Fine root per leaf carbon of woody plants [1]."""

COARSE_ROOT_PER_STEM = 0.3
"""Coarse root per stem carbon [1]."""

SHRUB_STEM_PER_LEAF = 0.2
"""Stem per leaf carbon of shrubs [1]."""

SOFT_LITTER: FloatArray = np.array([0.25, 0.50, 0.25])
"""Metabolic, cellulose and lignin fraction of leaf and fine-root litter [1]."""


def stem_per_leaf(production: FloatArray) -> FloatArray:
    """Stem per leaf carbon of trees [1] at a net primary production [gC m-2 yr-1]; CLM's dynamic ratio."""
    return 2.7 / (1.0 + np.exp(-0.004 * (production - 300.0))) - 0.4


def wood_share(stem: FloatArray) -> FloatArray:
    """Part of production that becomes wood [1] for a stem:leaf ratio [1]."""
    wood = (1.0 + COARSE_ROOT_PER_STEM) * stem
    return wood / (1.0 + ROOT_PER_LEAF + wood)


def litter_input(production: FloatArray, tree: FloatArray, shrub: FloatArray) -> FloatArray:
    """Litter input by class; the classes sum to the production.

    Args:
        production: net primary production [gC m-2 yr-1] (cell,).
        tree: tree cover of the vegetated land [1] (cell,).
        shrub: shrub cover of the vegetated land [1] (cell,).

    Returns:
        litter input [gC m-2 yr-1] (cell, litter) in the order CWD, metabolic, cellulose, lignin.
    """
    shrub_share = wood_share(np.full_like(production, SHRUB_STEM_PER_LEAF))
    wood = production * (tree * wood_share(stem_per_leaf(production)) + shrub * shrub_share)
    return np.column_stack([wood, (production - wood)[:, None] * SOFT_LITTER])
