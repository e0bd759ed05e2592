"""Files in, checked table and report out: finds the format, streams the layers through quality control, joins them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from proda_core.grid import LandGrid
from proda_core.observations import (
    harmonised,
    israd,
    ncscd,
    plain,
    plausibility,
    proda_netcdf,
    profiles,
    quality,
    table,
    wosis2019,
    wosis2023,
)
from proda_core.observations.header import Header, look
from proda_core.observations.report import Ledger, Report


@dataclass(frozen=True)
class Format:
    """A kind of file that can be read.

    Attributes:
        name: what it is called in ``read(format=...)``.
        meaning: what it is, in a few words.
        fits: whether a file is of this kind, by its header.
        read: the layers of a file, piece by piece.
    """

    name: str
    meaning: str
    fits: Callable[[Header], bool]
    read: Callable[[Header], Iterator[pd.DataFrame]]


_FORMATS = (
    Format("wosis-2019", "WoSIS, September 2019", wosis2019.fits, wosis2019.read),
    Format("wosis-2023", "WoSIS, December 2023", wosis2023.fits, wosis2023.read),
    Format("proda", "the profiles of the authors of PRODA", proda_netcdf.fits, proda_netcdf.read),
    Format("israd", "International Soil Radiocarbon Database", israd.fits, israd.read),
    Format("plain", "a table of one's own", plain.fits, plain.read),
    Format("harmonised", "layers of several databases", harmonised.fits_layers, harmonised.read_layers),
    Format("increments", "permafrost soils by depth", harmonised.fits_increments, harmonised.read_increments),
)

FORMATS: dict[str, Format] = {known.name: known for known in _FORMATS}
"""The formats by name."""

MAIN_FILES = ("wosis_*_orgc.tsv*", "wosis_*_layers_chemical.tsv*")
"""Files that are looked for where a directory is named."""


def find_format(header: Header) -> Format:
    """The format whose columns a file has.

    Raises:
        ValueError: none fits, or more than one; the message lists the formats and shows the header.
    """
    if ncscd.fits(header):
        raise ValueError(f"expected soil profiles in {header.path.name}, got a grid of NCSCD; read it with observations.ncscd")
    fitting = [known for known in FORMATS.values() if known.fits(header)]
    if len(fitting) == 1:
        return fitting[0]
    names = ", ".join(known.name for known in (fitting or FORMATS.values()))
    wanted = "one of the formats" if not fitting else "only one of the formats"
    raise ValueError(f"expected {header.path.name} in {wanted} {names}, got {header}; rename its columns, or name the format")


def read(
    path: str | Path | Sequence[str | Path],
    format: str | None = None,  # noqa: A002 -- the word that everybody looks for
    land: LandGrid | None = None,
    min_layers: int = 1,
    progress: Callable[[float, str], None] | None = None,
) -> tuple[xr.Dataset, Report]:
    """Observed profiles from files, controlled.

    Args:
        path: one file or several; one table comes of them all, so that profiles which stand in two files are found.
        format: name out of :data:`FORMATS`; by default found from each file's header.
        land: land cells; profiles without land nearby are dropped.  Without it the ocean is not looked for.
        min_layers: profiles with fewer layers are dropped.
        progress: called with the part of the files done [1] and the name of the file at work.

    Returns:
        the table (see ``observations.table``), and the account of quality control.

    Raises:
        ValueError: a file that cannot be read, of no known format, or so odd that a mistake of units or columns is likely.
    """
    ledger, kept = Ledger(), []
    paths = [Path(path)] if isinstance(path, str | Path) else [Path(one) for one in path]
    for done, file in enumerate(paths):
        if progress:
            progress(done / len(paths), file.name)
        kept += [quality.control_layers(piece, ledger, land) for piece in _layers(file, format)]
    plausibility.check_losses(ledger)
    if not sum(map(len, kept)):
        raise ValueError(f"expected layers to keep in {_names(paths)}, got none: {ledger.losses()}; look at the file's columns")
    joined = pd.concat(kept, ignore_index=True)
    kept.clear()
    plausibility.check_values(joined, ledger)
    final = profiles.control_profiles(joined, ledger, min_layers)
    if final.empty:
        raise ValueError(f"expected profiles to keep in {_names(paths)}, got none: {ledger.losses()}; ask for fewer layers")
    report = ledger.close(len(final), pd.Index(final["profile_id"].unique()))
    return _to_table(final), report


def _names(paths: Iterable[Path]) -> str:
    return ", ".join(path.name for path in paths)


def _layers(path: Path, name: str | None) -> Iterator[pd.DataFrame]:
    if name is not None and name not in FORMATS:
        raise ValueError(f"expected a format out of {', '.join(FORMATS)}, got {name!r}; choose one of them")
    header = look(_main_file(path) if path.is_dir() else path)
    known = FORMATS[name] if name else find_format(header)
    return known.read(header)


def _main_file(directory: Path) -> Path:
    """The file of organic carbon of a snapshot of WoSIS, where a directory is named in its place."""
    found = sorted(file for pattern in MAIN_FILES for file in directory.glob(pattern))
    if len(found) != 1:
        got = ", ".join(file.name for file in found) or "none"
        raise ValueError(f"expected one of {', '.join(MAIN_FILES)} in {directory}, got {got}; name the file itself")
    return found[0]


def _to_table(layers: pd.DataFrame) -> xr.Dataset:
    """The dataset of sorted layers; what belongs to a profile is taken from its first layer."""
    codes, _ = pd.factorize(layers["order"])
    first = np.flatnonzero(np.diff(codes, prepend=-1))
    profiles = {
        name: layers[name].to_numpy()[first]
        for name in ("profile_id", "latitude", "longitude", "source", "licence", "date", "sampling_weight")
    }
    observations = {name: layers[name].to_numpy() for name in ("layer_top", "layer_bottom", "soc_density", "soc_density_error")}
    return table.build(
        {
            **profiles,
            "profile_index": codes,
            **observations,
            "bulk_density": layers["density"].to_numpy(),
            "bulk_density_estimated": layers["density_estimated"].to_numpy(),
            "coarse_fragments": layers["coarse_fragments"].to_numpy(),
            "extrapolated": layers["extrapolated"].to_numpy(),
        }
    )
