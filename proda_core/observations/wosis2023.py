"""WoSIS snapshot of December 2023: one self-contained tab-separated file a property.

    wosis_202312_orgc.tsv          profile_id, layer_id, upper_depth, lower_depth [cm], organic_surface, value, value_avg, ...,
                                   longitude, latitude, date, licence, positional_uncertainty, country_name, region, continent
    wosis_202312_bdfi33.tsv, ...   bulk density in several ways, the same columns
    wosis_202312_cfvo.tsv          coarse fragments, the same columns

As the columns are the same everywhere, only its name tells what a file holds: the file of organic carbon is the one to name,
those of bulk density and coarse fragments are found beside it, as many as are there.  They are joined by profile and layer.

Source: Calisto, L., de Sousa, L. M. and Batjes, N. H. (2023), doi:10.17027/isric-wdcsoils-20231130; described in Batjes, N. H.,
Calisto, L. and de Sousa, L. M. (2024), Earth System Science Data 16, 4735-4765.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

from proda_core.observations import layers, text, wosis
from proda_core.observations.header import Header, look

LICENCE = "as given by ISRIC, CC BY 4.0 or more restrictive"
"""Where a file does not give the licence of each layer."""

_KEYS = ("profile_id", "layer_id")
_NUMBERS = ("upper_depth", "lower_depth", "value_avg", "longitude", "latitude")
_NAME = re.compile(r"(wosis_\d{6}_)([a-z0-9]+)\.tsv(\.gz|\.bz2|\.xz)?")


def fits(header: Header) -> bool:
    """Whether a file is one of this snapshot, of whatever property."""
    return header.kind == "text" and header.holds(*_KEYS, *_NUMBERS, "organic_surface")


def read(header: Header) -> Iterator[pd.DataFrame]:
    """The layers of a snapshot, see ``observations.layers``.

    Raises:
        ValueError: a file of another property, or one that cannot be read.
    """
    name = _NAME.fullmatch(header.path.name)
    if name is None or name[2] != wosis.CARBON:
        raise ValueError(
            f"expected the file of organic carbon, wosis_202312_{wosis.CARBON}.tsv, got {header.path.name}; "
            "name that one, the others are found beside it"
        )
    physical = _physical(header, name[1])
    extra = ("organic_surface", "date", "licence")
    for piece in text.pieces(header, extra, (*_KEYS, *_NUMBERS), optional=extra, separator="\t"):
        joined = piece.join(physical, on=list(_KEYS)).rename(columns={"value_avg": "carbon"})
        yield wosis.frame(
            joined,
            "December 2023",
            latitude=joined["latitude"],
            longitude=joined["longitude"],
            licence=joined["licence"].fillna(LICENCE),
            date=layers.iso_dates(joined["date"]),
            litter=layers.flags(joined["organic_surface"]),
        )


def _physical(header: Header, prefix: str) -> pd.DataFrame:
    """Bulk density and coarse fragments by profile and layer, of the files that are there."""
    columns = {}
    for code in (*wosis.DENSITIES, wosis.COARSE):
        path = text.directory_file(header.path, f"{prefix}{code}.tsv")
        if path is not None:
            pieces = text.pieces(look(path), (), (*_KEYS, "value_avg"), separator="\t")
            values = pd.concat([piece.dropna() for piece in pieces]).set_index(list(_KEYS))["value_avg"]
            columns[code] = values[~values.index.duplicated()]
    if not columns:
        columns[wosis.COARSE] = pd.Series(dtype=float, index=pd.MultiIndex.from_arrays([np.empty(0), np.empty(0)], names=_KEYS))
    return wosis.choose_density(pd.DataFrame(columns))
