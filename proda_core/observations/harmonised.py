"""Harmonised tables: soil layers of several databases in one form, and carbon by depth increment of permafrost soils.

``soc_layers.csv`` (packed or not), comma-separated, one row a layer:

    source, profile_id, lat, lon, top_cm, bottom_cm, oc_pct, bd_g_cm3, bd_measured, coarse_vol_pct, soc_density_kgC_m3, ...

Bulk density is measured where ``bd_measured``, else empty; it is that of the fine earth.  Carbon per volume is computed here from
the parts, so that every source of profiles goes the same way.

``permafrost_increments.csv``, one row an increment (0-30, 30-100, 100-200, 200-300 cm):

    source, profile_id, lat, lon, top_cm, bottom_cm, soc_stock_kgC_m2, soc_density_kgC_m3, ..., basal_depth_cm, extrapolated

Increments below ``basal_depth_cm`` were extended by their authors (Hugelius et al. 2013, Earth System Science Data 5, 393-402).
About half of the pedons are organic soils, far more than their part of the land: each pedon gets the weight of its class of soil,
by the columns ``soil_order`` and ``suborder`` where the file has them, see ``poststratification``.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from proda_core.constants import CENTIMETRES_PER_METRE, GRAMS_PER_KILOGRAM, KILOGRAMS_PER_GRAM_PER_CUBIC_CENTIMETRE
from proda_core.observations import layers, poststratification, text
from proda_core.observations.header import Header

LICENCES = {
    "afsp": "as AfSP 1.2 (Leenaars 2014), by GSIF 0.5: GPL",
    "afsis": "as AfSIS, by GSIF 0.5: GPL",
    "isis": "as ISRIC ISIS, by GSIF 0.5: GPL",
    "edgeroi": "as Edgeroi, by GSIF 0.5: GPL",
    "sodah": "as SoDaH (EDI edi.521)",
    "hugelius2013": "CC BY 3.0",
}
"""Licences by source; empty for others."""

_PLACE = ("lat", "lon", "top_cm", "bottom_cm")
_MEASURED = ("oc_pct", "bd_g_cm3", "coarse_vol_pct")
_STOCK = ("soc_density_kgC_m3", "basal_depth_cm")
_CLASS = ("soil_order", "suborder")


def fits_layers(header: Header) -> bool:
    """Whether a file is a table of harmonised layers."""
    return header.kind == "text" and header.holds("source", "profile_id", "bd_measured", *_PLACE, *_MEASURED)


def fits_increments(header: Header) -> bool:
    """Whether a file is a table of permafrost increments."""
    return header.kind == "text" and header.holds("source", "profile_id", "extrapolated", *_PLACE, *_STOCK)


def read_layers(header: Header) -> Iterator[pd.DataFrame]:
    """The layers of a harmonised table, see ``observations.layers``."""
    for piece in text.pieces(header, ("source", "profile_id", "bd_measured"), (*_PLACE, *_MEASURED)):
        measured = layers.flags(piece["bd_measured"])
        density = np.where(measured, piece["bd_g_cm3"], np.nan) * KILOGRAMS_PER_GRAM_PER_CUBIC_CENTIMETRE
        yield layers.frame(
            len(piece),
            **_common(piece),
            carbon=piece["oc_pct"] / 100.0,
            density=density,
            coarse_fragments=piece["coarse_vol_pct"] / 100.0,
        )


def read_increments(header: Header) -> Iterator[pd.DataFrame]:
    """The increments of permafrost soils, see ``observations.layers``; those below ``basal_depth_cm`` are extrapolated.

    They come in one piece, as the weight of a pedon depends on all the others.
    """
    names = ("source", "profile_id", "extrapolated", *_CLASS)
    whole = pd.concat(text.pieces(header, names, (*_PLACE, *_STOCK), _CLASS), ignore_index=True)
    pedons = whole.dropna(subset="profile_id").drop_duplicates("profile_id").set_index("profile_id")
    weights = whole["profile_id"].map(poststratification.permafrost(pedons["soil_order"], pedons["suborder"])).fillna(1.0)
    yield layers.frame(
        len(whole),
        **_common(whole),
        soc_density=whole["soc_density_kgC_m3"] * GRAMS_PER_KILOGRAM,
        sampling_weight=weights,
        weighted_by_class=weights != 1.0,
        extrapolated=layers.flags(whole["extrapolated"]),
    )


def _common(piece: pd.DataFrame) -> dict[str, pd.Series]:
    return {
        "profile_id": piece["profile_id"].fillna(""),
        "source": piece["source"],
        "licence": piece["source"].map(LICENCES).fillna("").astype("str"),
        "latitude": piece["lat"],
        "longitude": piece["lon"],
        "layer_top": piece["top_cm"] / CENTIMETRES_PER_METRE,
        "layer_bottom": piece["bottom_cm"] / CENTIMETRES_PER_METRE,
    }
