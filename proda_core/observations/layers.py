"""Layers as readers hand them over: one row a layer, SI units, gaps as NaN; not yet controlled.

| column | meaning |
|---|---|
| profile_id, source, licence, date | text; date ISO 8601 or empty |
| latitude, longitude | degrees |
| layer_top, layer_bottom | depth [m], positive down |
| carbon | organic carbon per mass of fine earth [1] |
| density | bulk density [kg m-3], of the fine earth, or of everything where ``density_of_whole_soil`` |
| density_estimated | whether the source estimated it |
| coarse_fragments | volume [1] |
| soc_density, soc_density_error | carbon per volume and its standard error [gC m-3], where the source gives them itself |
| sampling_weight | how many profiles of its kind the profile stands for, relative to the others of its source; 1 if unknown |
| weighted_by_class | whether ``sampling_weight`` comes from the area of the profile's class of soil |
| litter | whether the source calls it litter or organic surface |
| extrapolated | whether the source extended the profile below what was sampled |
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

TEXT = ("profile_id", "source", "licence", "date")
NUMBERS = (
    "latitude", "longitude", "layer_top", "layer_bottom", "carbon", "density", "coarse_fragments", "soc_density",
    "soc_density_error", "sampling_weight",
)  # fmt: skip
FLAGS = ("density_of_whole_soil", "density_estimated", "weighted_by_class", "litter", "extrapolated")

_ISO = r"(\d{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?)"
_TRUE = ("t", "true", "1", "1.0", "y", "yes")


def frame(size: int, **columns: npt.ArrayLike | str) -> pd.DataFrame:
    """Layers from some of the columns; the others are unknown, false or empty, the weight 1.

    Args:
        size: how many layers.
        columns: values (layer,), or one value for all of them.

    Returns:
        every column of the table above.
    """
    unknown: dict[str, object] = {**dict.fromkeys(TEXT, ""), **dict.fromkeys(NUMBERS, np.nan), **dict.fromkeys(FLAGS, False)}
    unknown["sampling_weight"] = 1.0
    odd = sorted(set(columns) - set(unknown))
    if odd:
        raise KeyError(f"expected columns out of {', '.join(unknown)}; got {odd[0]!r}")
    given = {name: getattr(values, "array", values) for name, values in columns.items()}
    layers = pd.DataFrame({**unknown, **given}, index=pd.RangeIndex(size))
    kinds: dict[str, str] = {**dict.fromkeys(TEXT, "str"), **dict.fromkeys(NUMBERS, "float64"), **dict.fromkeys(FLAGS, "bool")}
    return layers.astype(kinds)


def iso_dates(values: pd.Series) -> pd.Series:
    """The first ISO date within each text, empty where there is none.

    >>> iso_dates(pd.Series(["{1:1998-05-30,2:1999-01-01}", "1987", "????-??-??", None])).tolist()
    ['1998-05-30', '1987', '', '']
    """
    return values.astype("str").str.extract(_ISO, expand=False).fillna("")


def flags(values: pd.Series) -> npt.NDArray[np.bool_]:
    """Whether each text says yes, as databases write it.

    >>> flags(pd.Series(["t", "f", "true", None, "1"])).tolist()
    [True, False, True, False, True]
    """
    found: npt.NDArray[np.bool_] = values.astype("str").str.strip().str.lower().isin(_TRUE).to_numpy(dtype=bool)
    return found
