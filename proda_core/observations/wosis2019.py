"""WoSIS snapshot of September 2019: three tab-separated files side by side.

    wosis_201909_layers_chemical.tsv   profile_id, profile_layer_id, upper_depth, lower_depth [cm], layer_name, litter, and for
                                       every property <code>_value, _value_avg, _method, _date, _dataset_id, ..., _licence
    wosis_201909_layers_physical.tsv   the same keys, bulk density and coarse fragments among the properties
    wosis_201909_profiles.tsv          profile_id, ..., latitude, longitude, ...

The chemical file is the one to name; the others are found beside it.  Layer files have 0.9 GB: what is needed of the physical
one is held in memory, the chemical one streams.  Litter is flagged by WoSIS itself, by negative upper depths where horizons have
no name.

Source: Batjes, N. H., Ribeiro, E. and van Oostrum, A. (2020), Earth System Science Data 12, 299-320, appendix B.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from proda_core.observations import layers, text, wosis
from proda_core.observations.header import Header, look

CHEMICAL, PHYSICAL, PROFILES = (f"wosis_201909_{name}.tsv" for name in ("layers_chemical", "layers_physical", "profiles"))

_DEPTHS = ("upper_depth", "lower_depth")
_CARBON, _DATE = "orgc_value_avg", "orgc_date"
_LICENCES = ("orgc_licence", "orgc_license")  # both spellings occur


def fits(header: Header) -> bool:
    """Whether a file is the chemical layer file of this snapshot."""
    return header.kind == "text" and header.holds("profile_id", "profile_layer_id", *_DEPTHS, _CARBON)


def read(header: Header) -> Iterator[pd.DataFrame]:
    """The layers of a snapshot, see ``observations.layers``.

    Raises:
        ValueError: a file that is not beside the chemical one, or that cannot be read.
    """
    places = _places(_beside(header.path, PROFILES))
    physical = _physical(_beside(header.path, PHYSICAL))
    for piece in text.pieces(
        header,
        ("litter", _DATE, *_LICENCES),
        ("profile_id", "profile_layer_id", *_DEPTHS, _CARBON),
        optional=("litter", _DATE, *_LICENCES),
        separator="\t",
    ):
        joined = piece.join(places, on="profile_id").join(physical, on="profile_layer_id")
        yield wosis.frame(
            joined.rename(columns={_CARBON: "carbon"}),
            "September 2019",
            latitude=joined["latitude"],
            longitude=joined["longitude"],
            licence=joined[_LICENCES[0]].fillna(joined[_LICENCES[1]]).fillna(""),
            date=layers.iso_dates(joined[_DATE]),
            litter=layers.flags(joined["litter"]),
        )


def _beside(path: Path, name: str) -> Header:
    found = text.directory_file(path, name)
    if found is None:
        raise ValueError(f"expected {name} beside {path}, got none; put the files of the snapshot into one directory")
    return look(found)


def _places(header: Header) -> pd.DataFrame:
    columns = ("profile_id", "latitude", "longitude")
    places = pd.concat(text.pieces(header, (), columns, separator="\t"), ignore_index=True)
    return places.drop_duplicates("profile_id").set_index("profile_id")


def _physical(header: Header) -> pd.DataFrame:
    """Bulk density and coarse fragments of the layers that have any, by layer."""
    names = {f"{code}_value_avg": code for code in (*wosis.DENSITIES, wosis.COARSE)}
    pieces = text.pieces(header, (), ("profile_layer_id", *names), optional=tuple(names), separator="\t")
    found = [wosis.choose_density(piece.set_index("profile_layer_id").rename(columns=names)) for piece in pieces]
    joined = pd.concat(found)
    return joined[~joined.index.duplicated()]
