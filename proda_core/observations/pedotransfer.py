"""From what a laboratory reports to carbon per volume, with its standard error; bulk density estimated where it is missing.

    soc_density = OC bd (1 - CF)

with organic carbon OC per mass of fine earth, bulk density bd of the fine earth and the volume CF of coarse fragments.  A bulk
density of the *whole* soil counts stones and pores together: ``bd_ws = bd (1 - CF) + 2650 CF``, so that ``bd (1 - CF)`` is
``bd_ws - 2650 CF`` there, and the factor (1 - CF) must not be applied a second time; :func:`fine_earth` turns one into the other.

Sources, and what is a judgement:

- Mineral soil: Manrique, L. A. and Jones, C. A. (1991), Soil Science Society of America Journal 55, 476-481,
  ``1.660 - 0.318 sqrt(OC %)`` g cm-3.
- Organic soil: Hossain, M. F., Chen, W. and Zhang, Y. (2015), Information Processing in Agriculture 2, 183-190,
  ``0.071 + 1.322 exp(-0.071 OC %)`` g cm-3, their function for mineral and organic soil together.
- Where one hands over to the other is a judgement: :data:`ORGANIC`.  Against 11,755 layers of AfSP, ISIS, Edgeroi and SoDaH with
  measured bulk density, Manrique and Jones err less below 17 % (RMSE 0.24, bias +0.02 g cm-3) and Hossain et al. above (RMSE
  0.13, bias +0.03; Manrique and Jones 0.38, where their formula nears zero).  There is a step of 0.12 g cm-3 at the boundary.
- Errors of laboratory values: organic carbon +-15 % and coarse fragments +-30 % of the value, from table A1 of Batjes, N. H.,
  Ribeiro, E. and van Oostrum, A. (2020), Earth System Science Data 12, 299-320, read as standard errors.  The same table gives
  +-35 % for bulk density; as a standard error that contradicts the RMSE of the pedotransfer functions, some 17 % of a usual
  density, which holds the error of measurement too.  10 % is a judgement.
- The errors are taken as independent.  A missing volume of coarse fragments counts as zero without an error of its own, which
  makes stocks too large in stony soil.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from proda_core.constants import KILOGRAMS_PER_GRAM_PER_CUBIC_CENTIMETRE as KG_M3
from proda_core.constants import ROCK_DENSITY
from proda_core.grid import FloatArray

ORGANIC = 0.17
"""Organic carbon from which a layer is treated as organic soil [1]; a judgement, see above."""

ERROR_MINERAL = 230.0
"""RMSE of the density estimated for mineral soil [kg m-3]."""

ERROR_ORGANIC = 130.0
"""RMSE of the density estimated for organic soil [kg m-3]."""

ERROR_CARBON, ERROR_DENSITY, ERROR_COARSE = 0.15, 0.10, 0.30
"""Relative standard errors of measured organic carbon, bulk density and coarse fragments [1]."""


def bulk_density(carbon: npt.ArrayLike) -> FloatArray:
    """Bulk density of the fine earth estimated from organic carbon.

    Args:
        carbon: organic carbon per mass of fine earth [1], any shape; NaN stays NaN.

    Returns:
        bulk density [kg m-3].

    >>> [round(float(v)) for v in bulk_density([0.0, 0.01, 0.04, 0.40])]
    [1660, 1342, 1024, 148]
    """
    percent = 100.0 * np.asarray(carbon, dtype=float)
    mineral = 1.660 - 0.318 * np.sqrt(np.clip(percent, 0.0, None))
    organic = 0.071 + 1.322 * np.exp(-0.071 * percent)
    found: FloatArray = np.where(percent < 100.0 * ORGANIC, mineral, organic) * KG_M3
    return found


def bulk_density_error(carbon: npt.ArrayLike) -> FloatArray:
    """Standard error of an estimated bulk density [kg m-3], by organic carbon [1]."""
    return np.where(np.asarray(carbon, dtype=float) < ORGANIC, ERROR_MINERAL, ERROR_ORGANIC)


def fine_earth(whole_soil: npt.ArrayLike, coarse: npt.ArrayLike) -> FloatArray:
    """Bulk density of the fine earth from that of the whole soil.

    Args:
        whole_soil: mass of everything over its volume [kg m-3].
        coarse: volume of coarse fragments [1], below 1; NaN counts as zero.

    Returns:
        mass of fine earth over the volume that is not stones [kg m-3]; negative where the stones alone would weigh more.

    >>> float(fine_earth(1530.0, 0.2))
    1250.0
    """
    stones = np.nan_to_num(np.asarray(coarse, dtype=float))
    rest = np.where(stones < 1.0, 1.0 - stones, np.nan)
    found: FloatArray = (np.asarray(whole_soil, dtype=float) - ROCK_DENSITY * stones) / rest
    return found


def soc_density(carbon: FloatArray, density: FloatArray, coarse: FloatArray) -> FloatArray:
    """Carbon per volume [gC m-3] from carbon [1], fine-earth bulk density [kg m-3] and coarse fragments [1] (NaN is zero)."""
    found: FloatArray = 1e3 * carbon * density * (1.0 - np.nan_to_num(coarse))
    return found


def soc_density_error(
    carbon: FloatArray, density: FloatArray, coarse: FloatArray, estimated: npt.NDArray[np.bool_]
) -> FloatArray:
    """Standard error of :func:`soc_density` [gC m-3].

    Args:
        carbon: organic carbon [1].
        density: bulk density of the fine earth [kg m-3].
        coarse: coarse fragments [1]; NaN is zero.
        estimated: whether the density is estimated.
    """
    stones = np.nan_to_num(coarse)
    with np.errstate(divide="ignore", invalid="ignore"):
        of_density = np.where(estimated, bulk_density_error(carbon) / density, ERROR_DENSITY)
        of_stones = np.where(stones < 1.0, ERROR_COARSE * stones / (1.0 - stones), 0.0)
    relative = np.sqrt(ERROR_CARBON**2 + of_density**2 + of_stones**2)
    found: FloatArray = soc_density(carbon, density, coarse) * relative
    return found
