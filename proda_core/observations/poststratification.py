"""Weights for profiles that were not dug at random: each class of soil counts as much as it covers of its region.

This is post-stratification (Holt & Smith 1979, Journal of the Royal Statistical Society A 142, 33-46, doi:10.2307/2344652): units
of a class that makes up the part ``s`` of a sample, and ``S`` of the population, get the weight ``S / s``.  The weights have the
mean 1, and the weighted sample has the classes' parts in the population.  It corrects for how often a class was sampled, not for
where its units were sampled or which of them.

Nearly half of the deep pedons of the northern circumpolar permafrost region (Hugelius et al. 2013) are organic soils (Histosols,
and the Gelisols' suborder Histels, in Soil Taxonomy), while peatlands make up nearly 18 % of the land of permafrost regions
(Lara et al. 2023, Alaska Peatland Map (2019-2021), Arctic Data Center, doi:10.18739/A2NK3667M).  The classes are counted over all
pedons of a file; what quality control drops later shifts their parts a little.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from proda_core.grid import FloatArray

PEATLAND_SHARE = 0.18
"""Part of the land surface of permafrost regions that is peatland [1] (Lara et al. 2023)."""

ORGANIC_ORDER, ORGANIC_SUBORDER = "histosol", "histel"
"""Organic soils without and with permafrost, in Soil Taxonomy."""


def two_classes(member: npt.NDArray[np.bool_], share: float) -> FloatArray:
    """Weights by which the members of a class get their share.

    Args:
        member: whether each unit of the sample belongs to the class (unit,).
        share: the class's part of the population [1], between 0 and 1.

    Returns:
        weights with the mean 1 (unit,); all of them 1 where the sample lacks one of the two classes, as nothing can stand for it.

    >>> two_classes(np.array([True, True, True, False]), 0.25)
    array([0.33333333, 0.33333333, 0.33333333, 3.        ])
    """
    sampled = float(member.mean()) if member.size else 0.0
    if sampled in (0.0, 1.0):
        return np.ones(member.shape)
    return np.where(member, share / sampled, (1.0 - share) / (1.0 - sampled))


def permafrost(order: pd.Series, suborder: pd.Series) -> pd.Series:
    """Weights of pedons of the permafrost region, organic soils against all others.

    Args:
        order: order of Soil Taxonomy (pedon,), missing where unknown.
        suborder: its suborder (pedon,), may be missing.

    Returns:
        weights with the mean 1 (pedon,); a pedon of unknown order weighs 1.
    """
    named = [values.astype("str").fillna("").str.strip().str.lower() for values in (order, suborder)]
    organic = ((named[0] == ORGANIC_ORDER) | (named[1] == ORGANIC_SUBORDER)).to_numpy(dtype=bool)
    known = (named[0] != "").to_numpy(dtype=bool)
    weights = np.ones(len(order))
    weights[known] = two_classes(organic[known], PEATLAND_SHARE)
    return pd.Series(weights, index=order.index)
