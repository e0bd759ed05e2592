"""ISRaD, the International Soil Radiocarbon Database: its flat table of layers (``ISRaD_data_flat_layer_*.csv``).

Comma-separated, one row a layer, among many columns

    entry_name, site_name, pro_name, pro_lat, pro_long (else site_lat, site_long), lyr_top, lyr_bot [cm], lyr_c_org, lyr_c_tot,
    lyr_c_inorg [%], lyr_bd_samp, lyr_bd_tot [g cm-3], lyr_coarse_tot [%], lyr_obs_date_y, _m, _d

Tables in the layout of the template have two more rows below the names, description and unit; they are left out.  Zero depth is
the top of the mineral soil and organic horizons have negative depths; a lower depth of ``Inf`` is unknown.

ISRaD's bulk density of the sample is the mass of fine earth per volume of *everything*; its own programs
(``ISRaD.extra.Cstocks``) take ``OC bd_samp`` as carbon per volume, and ``bd_tot (1 - coarse)`` where only the total is known.  So
it is here: coarse fragments do not enter a second time.  Where neither density is known it is estimated, that of the fine earth,
and coarse fragments enter then.  Where organic carbon is missing, total less inorganic carbon serves if both are given.

Source: Lawrence, C. R. et al. (2020), Earth System Science Data 12, 61-76; https://soilradiocarbon.org.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import takewhile

import numpy as np
import pandas as pd

from proda_core.constants import CENTIMETRES_PER_METRE
from proda_core.constants import KILOGRAMS_PER_GRAM_PER_CUBIC_CENTIMETRE as KG_M3
from proda_core.observations import layers, text
from proda_core.observations.header import Header, open_bytes

_NAMES = ("entry_name", "site_name", "pro_name")
_DATES = ("lyr_obs_date_y", "lyr_obs_date_m", "lyr_obs_date_d")
_PLACES = ("pro_lat", "pro_long", "site_lat", "site_long")
_DEPTHS = ("lyr_top", "lyr_bot")
_VALUES = ("lyr_c_org", "lyr_c_tot", "lyr_c_inorg", "lyr_bd_samp", "lyr_bd_tot", "lyr_coarse_tot")


def fits(header: Header) -> bool:
    """Whether a file is a flat table of layers."""
    return header.kind == "text" and header.holds(*_NAMES, *_DEPTHS, "lyr_c_org")


def read(header: Header) -> Iterator[pd.DataFrame]:
    """The layers of a table, see ``observations.layers``."""
    placed = [pair for pair in (_PLACES[:2], _PLACES[2:]) if header.holds(*pair)]
    if not placed:
        raise ValueError(f"expected the columns pro_lat, pro_long in {header.path.name}, got {header}; take the flat table")
    numbers = (*_PLACES, *_DEPTHS, *_VALUES)
    optional = (*_DATES, *_PLACES, *_VALUES)
    skip = 2 if _has_template_rows(header) else 0
    for piece in text.pieces(header, (*_NAMES, *_DATES), numbers, optional, skip=skip):
        density = _density(piece)
        yield layers.frame(
            len(piece),
            profile_id=_profile_names(piece),
            source="ISRaD",
            licence="CC BY 4.0",
            date=_iso(piece),
            latitude=piece["pro_lat"].fillna(piece["site_lat"]),
            longitude=piece["pro_long"].fillna(piece["site_long"]),
            layer_top=piece["lyr_top"] / CENTIMETRES_PER_METRE,
            layer_bottom=piece["lyr_bot"] / CENTIMETRES_PER_METRE,
            carbon=piece["lyr_c_org"].fillna(piece["lyr_c_tot"] - piece["lyr_c_inorg"]) / 100.0,
            density=density,
            coarse_fragments=piece["lyr_coarse_tot"].where(density.isna()) / 100.0,
        )


def _density(piece: pd.DataFrame) -> pd.Series:
    """Mass of fine earth per volume of everything [kg m-3]."""
    rest = 1.0 - piece["lyr_coarse_tot"].fillna(0.0) / 100.0
    return piece["lyr_bd_samp"].fillna(piece["lyr_bd_tot"] * rest) * KG_M3


def _profile_names(piece: pd.DataFrame) -> pd.Series:
    entry, site, profile = (piece[name].fillna("").str.strip() for name in _NAMES)
    return "israd|" + entry + "|" + site + "|" + profile


def _iso(piece: pd.DataFrame) -> pd.Series:
    numbers = [pd.to_numeric(piece[name], errors="coerce") for name in _DATES]
    texts = []
    for parts in zip(*numbers, strict=True):
        known = takewhile(pd.notna, parts)
        texts.append("-".join(f"{part:0{width}.0f}" for part, width in zip(known, (4, 2, 2), strict=False)))
    return layers.iso_dates(pd.Series(texts, dtype="str"))


def _has_template_rows(header: Header) -> bool:
    """Whether the two rows below the names hold words instead of depths."""
    with open_bytes(header.path) as raw, io.TextIOWrapper(raw, "utf-8-sig", errors="replace", newline="") as lines:
        rows = [row for row, _ in zip(csv.reader(lines), range(3), strict=False)][1:]
    column = header.names.index("lyr_top")
    words = [row[column].strip() for row in rows if len(row) > column]
    return any(word and np.isnan(pd.to_numeric(word, errors="coerce")) and word not in ("NA", "NaN") for word in words)
