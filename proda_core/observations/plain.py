"""A plain table of one's own, comma-separated text or Parquet, one row a layer.

| column | unit | |
|---|---|---|
| profile_id | | name of the profile |
| latitude, longitude | degrees | north and east positive |
| layer_top, layer_bottom | m | depth below the surface of the soil |
| organic_carbon | g kg-1 | of the fine earth (< 2 mm) |
| bulk_density | kg m-3 | of the fine earth; may be missing, then it is estimated |
| coarse_fragments | 1 | volume of stones over volume of soil; may be missing, then it is taken as zero |
| soc_density, soc_density_error | gC m-3 | instead of organic carbon, or as well: what is given here is not computed |
| source, licence, date | | may be missing; date as YYYY-MM-DD, YYYY-MM or YYYY |
| sampling_weight | 1 | how many profiles of its kind the profile stands for, relative to the others; may be missing, then 1 |
| litter, extrapolated | true, false | may be missing |

Needed are the first five and one of ``organic_carbon`` and ``soc_density``.  Where there is a column ``sampling_weight``, every
row has a positive one, the same within a profile.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from proda_core.observations import layers, text
from proda_core.observations.header import Header
from proda_core.variables import OBSERVATIONS

NEEDED = ("profile_id", "latitude", "longitude", "layer_top", "layer_bottom")
CARBON = ("organic_carbon", "soc_density")

_TEXT = ("profile_id", "source", "licence", "date", "litter", "extrapolated")
_NUMBERS = (*NEEDED[1:], *CARBON, "soc_density_error", "bulk_density", "coarse_fragments", "sampling_weight")


def fits(header: Header) -> bool:
    """Whether a table has the columns that are needed."""
    return header.kind in ("text", "parquet") and header.holds(*NEEDED) and header.holds_any(*CARBON)


def read(header: Header) -> Iterator[pd.DataFrame]:
    """The layers of a table, see ``observations.layers``.

    Raises:
        ValueError: a column missing, no number where one is expected, or a weight missing or not positive.
    """
    missing = [name for name in NEEDED if name not in header.names]
    if not header.holds_any(*CARBON):
        missing.append(" or ".join(CARBON))
    if missing:
        raise ValueError(f"expected the columns {', '.join(missing)} in {header.path.name}, got {header}; rename or add them")
    for piece in _parquet(header) if header.kind == "parquet" else _csv(header):
        yield layers.frame(
            len(piece),
            profile_id=piece["profile_id"].fillna(""),
            source=piece["source"].fillna(header.path.name),
            licence=piece["licence"].fillna(""),
            date=layers.iso_dates(piece["date"]),
            litter=layers.flags(piece["litter"]),
            extrapolated=layers.flags(piece["extrapolated"]),
            carbon=piece["organic_carbon"] / 1e3,
            density=piece["bulk_density"],
            sampling_weight=_weights(header, piece),
            **{name: piece[name] for name in (*NEEDED[1:], "coarse_fragments", "soc_density", "soc_density_error")},
        )


def _weights(header: Header, piece: pd.DataFrame) -> pd.Series | float:
    """The weights given, 1 where there is no column of them; a row without a profile may go without, it is dropped later."""
    if not header.holds("sampling_weight"):
        return 1.0
    row, weights = OBSERVATIONS["sampling_weight"], piece["sampling_weight"]
    bad = ~weights.between(row.lower, row.upper) & (piece["profile_id"].fillna("") != "")
    if bad.any():
        profile, weight = piece.loc[bad, ["profile_id", "sampling_weight"]].iloc[0]
        got = "none" if pd.isna(weight) else f"{weight:g}"
        wanted = f"a sampling_weight within {row.lower:g}..{row.upper:g} in every row of {header.path.name}"
        raise ValueError(f"expected {wanted}, got {got} for {profile}; {row.hint}")
    return weights


def _csv(header: Header) -> Iterator[pd.DataFrame]:
    optional = [name for name in (*_TEXT, *_NUMBERS) if name not in NEEDED]
    return text.pieces(header, _TEXT, _NUMBERS, optional)


def _parquet(header: Header) -> Iterator[pd.DataFrame]:
    import pyarrow
    import pyarrow.parquet

    kinds = {**dict.fromkeys(_TEXT, "str"), **dict.fromkeys(_NUMBERS, "float64")}
    held = [name for name in kinds if name in header.names]
    try:
        with pyarrow.parquet.ParquetFile(header.path) as file:
            for batch in file.iter_batches(text.ROWS, columns=held):
                yield batch.to_pandas().reindex(columns=list(kinds)).astype(kinds)
    except (OSError, ValueError, TypeError) as error:
        raise ValueError(f"expected numbers and text as documented in {header.path}, got {str(error)!r}; repair it") from error
