"""What the best estimate says of the land as a whole: how CUE goes with temperature and carbon, and how far it can be trusted.

Everything is weighted by land area.  The correlation of two maps x and y with weights w that sum to 1 is Pearson's,

    r = sum w (x - x') (y - y') / sqrt(sum w (x - x')^2 sum w (y - y')^2),    x' = sum w x,  y' = sum w y

Relations between maps are relations between places: they say nothing of what one place would do if it warmed.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from proda_core.retrieved import RELATIONS
from proda_core.simulation.globe import GlobalModel

FloatArray = npt.NDArray[np.float64]

PLAUSIBLE_CUE = (0.2, 0.6)
"""Range in which observed carbon use efficiency of soil microbes mostly lies [1]."""

CARBON_TO = 1
"""Position of 1 m among ``grid.STOCK_DEPTHS``."""


def of_globe(model: GlobalModel, temperature: FloatArray, dissimilarity: FloatArray) -> dict[str, float]:
    """The relations in a globe without any change, see :func:`of_maps`.

    Args:
        model: the globe, with the best estimate of the parameters.
        temperature: mean annual air temperature, ``bio1`` of ``climate.load_predictors`` [degC] (cell,).
        dissimilarity: of the retrieved maps, 1 at the edge of the area of applicability (cell,).
    """
    found = model.baseline
    return of_maps(found.mechanism["cue"], found.soc[CARBON_TO], temperature, dissimilarity, model.land.area)


def of_maps(
    cue: FloatArray, carbon: FloatArray, temperature: FloatArray, dissimilarity: FloatArray, area: FloatArray
) -> dict[str, float]:
    """Relations between maps.

    Args:
        cue: carbon use efficiency [1] (cell,).
        carbon: soil organic carbon above 1 m [kg m-2] (cell,).
        temperature: mean annual air temperature [degC] (cell,).
        dissimilarity: to the training profiles, 1 at the edge of the area of applicability (cell,).
        area: land area [m2] (cell,).

    Returns:
        those of ``retrieved.RELATIONS`` that need no profiles, by name.

    Raises:
        ValueError: maps of different length, or values that are not finite.
    """
    maps = {"CUE": cue, "carbon": carbon, "temperature": temperature, "dissimilarity": dissimilarity, "area": area}
    for name, values in maps.items():
        if values.shape != area.shape or not np.isfinite(values).all():
            raise ValueError(
                f"expected finite {name} of {len(area)} cells, got shape {values.shape} or missing values; fill them"
            )
    share = area / area.sum()
    low, high = PLAUSIBLE_CUE
    found = {
        "cue_temperature": correlation(cue, temperature, share),
        "cue_carbon": correlation(cue, carbon, share),
        "cue_p5": quantile(cue, 0.05, share),
        "cue_p95": quantile(cue, 0.95, share),
        "cue_plausible": float(share[(cue >= low) & (cue <= high)].sum()),
        "unlike": float(share[dissimilarity > 1.0].sum()),
    }
    return {name: found[name] for name in RELATIONS if name in found}


def correlation(x: FloatArray, y: FloatArray, weight: FloatArray) -> float:
    """Weighted correlation of Pearson; 0 where one of them does not vary.

    >>> round(correlation(np.array([1.0, 2.0, 9.0]), np.array([2.0, 4.0, -7.0]), np.array([1.0, 1.0, 0.0])), 9)
    1.0
    """
    share = weight / weight.sum()
    off_x, off_y = x - share @ x, y - share @ y
    spread = float(np.sqrt((share @ off_x**2) * (share @ off_y**2)))
    return float(share @ (off_x * off_y)) / spread if spread > 0 else 0.0


def quantile(values: FloatArray, part: float, weight: FloatArray) -> float:
    """The smallest of the values that, with those below it, makes up so large a part of the weight.

    >>> quantile(np.array([3.0, 1.0, 2.0]), 0.5, np.array([8.0, 1.0, 1.0]))
    3.0
    """
    order = np.argsort(values)
    total = np.cumsum(weight[order])
    return float(values[order][np.searchsorted(total, part * total[-1])])
