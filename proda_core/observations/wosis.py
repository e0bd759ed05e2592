"""What both snapshots of WoSIS share: which bulk density to take, names of profiles.

WoSIS, the World Soil Information Service of ISRIC, reports bulk density in up to eight ways: of the fine earth (``bdfi``) or of
the whole soil with its stones (``bdws``), each with the volume taken at 33 kPa suction, field moist, oven dry or air dry.  Carbon
per volume is meant per volume in the field, so the order 33 kPa, field moist, oven dry, air dry is taken (a judgement: clay
shrinks as it dries), fine earth before whole soil.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from proda_core.constants import CENTIMETRES_PER_METRE
from proda_core.constants import KILOGRAMS_PER_GRAM_PER_CUBIC_CENTIMETRE as KG_M3
from proda_core.observations import layers

DENSITIES = ("bdfi33", "bdfifm", "bdfiod", "bdfiad", "bdws33", "bdwsfm", "bdwsod", "bdwsad")
"""Codes of bulk density [kg dm-3], the first that a layer has is taken."""

COARSE, CARBON = "cfvo", "orgc"
"""Codes of coarse fragments [% of volume] and organic carbon [g kg-1]."""

SOURCE = "WoSIS {snapshot} (ISRIC)"


def choose_density(values: pd.DataFrame) -> pd.DataFrame:
    """One bulk density a layer.

    Args:
        values: columns out of :data:`DENSITIES` [kg dm-3], and ``cfvo`` [%], NaN where not measured.

    Returns:
        ``density`` [kg m-3], ``density_of_whole_soil``, ``coarse_fragments`` [1], for the layers that have any of it.
    """
    held = values.reindex(columns=list(DENSITIES))
    density = held.bfill(axis=1).iloc[:, 0]
    whole = held[[name for name in DENSITIES if name.startswith("bdfi")]].isna().all(axis=1) & density.notna()
    coarse = values[COARSE] / 100.0 if COARSE in values else np.nan
    chosen = pd.DataFrame({"density": density * KG_M3, "density_of_whole_soil": whole, "coarse_fragments": coarse})
    return chosen[chosen["density"].notna() | chosen["coarse_fragments"].notna()]


def frame(piece: pd.DataFrame, snapshot: str, **columns: npt.ArrayLike | str) -> pd.DataFrame:
    """Layers of a piece of a snapshot.

    Args:
        piece: ``profile_id``, ``upper_depth`` and ``lower_depth`` [cm], what :func:`choose_density` gave, ``carbon`` [g kg-1].
        snapshot: when it was taken, in words.
        columns: further columns of ``observations.layers``.
    """
    return layers.frame(
        len(piece),
        profile_id=profile_names(piece["profile_id"]),
        source=SOURCE.format(snapshot=snapshot),
        layer_top=piece["upper_depth"] / CENTIMETRES_PER_METRE,
        layer_bottom=piece["lower_depth"] / CENTIMETRES_PER_METRE,
        carbon=piece["carbon"] / 1e3,
        density=piece["density"],
        density_of_whole_soil=piece["density_of_whole_soil"].eq(True),
        coarse_fragments=piece["coarse_fragments"],
        **columns,
    )


def profile_names(numbers: pd.Series) -> pd.Series:
    """Names of profiles that say where they are from.

    >>> profile_names(pd.Series([45678.0])).tolist()
    ['wosis|45678']
    """
    return ("wosis|" + numbers.fillna(-1).astype("int64").astype("str")).where(numbers.notna(), "")
