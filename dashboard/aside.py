"""What is done for one visitor in a process of its own: reading a file that they brought, fitting one of its profiles.

``python -m dashboard.aside read FOLDER`` and ``... fit FOLDER`` find what they need in the folder and leave there what they make;
a line of JSON tells of each step.  A file from elsewhere can do no more than end this process, whose memory and priority are
limited.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from proda_core import observations
from proda_core.grid import LandGrid
from proda_core.observations import header, ncscd, table
from proda_core.variables import FORCING, OBSERVATIONS, PLACE, VARIABLES

if TYPE_CHECKING:
    import xarray as xr

MOST_MEMORY = 6 * 2**30
"""Address space of the process [bytes]; some 2 GB of it are libraries that are hardly touched."""

MOST_LAYERS = 100_000
"""Layers in a file; they are compared with the model at every move of a slider."""

SAVED = ("sampling_weight", "profile_index")
"""Variables by which a table of profiles is known that quality control made."""

LONGEST_TITLE = 200
"""Characters of the title of a file that are shown."""

FIRST_LOOK = 40
"""Draws of each chain after which the posterior is looked at first; each later look comes after half as many draws again."""

LAND, UPLOAD, TABLE, GIVEN = "land.npz", "upload", "table.npz", "given.npz"
"""Names in the folder: where land is, the folder with the visitor's file, the checked table of profiles, the checked forcing."""


def say(**what: Any) -> None:
    """Tell of a step."""
    print(json.dumps(what), flush=True)  # noqa: T201 whoever started this process reads it


def read(folder: Path) -> None:
    """Read the file in the folder, whatever it is by its content; the table goes beside it, what was read and dropped is told."""
    (path,) = (folder / UPLOAD).iterdir()
    with np.load(folder / LAND, allow_pickle=False) as held:
        land = LandGrid(*(held[name] for name in PLACE))
    seen = header.look(path)
    if seen.kind == "netcdf" and not _holds_profiles(seen):
        _forcing(seen, land, folder)
    else:
        _table(path, land, folder)


def _holds_profiles(seen: header.Header) -> bool:
    known = seen.holds(*SAVED) or ncscd.fits(seen)
    return known or any(form.fits(seen) for form in observations.FORMATS.values())


def _forcing(seen: header.Header, land: LandGrid, folder: Path) -> None:
    if not seen.holds_any(*FORCING, *(VARIABLES[name].clm5 for name in FORCING)):
        raise ValueError(
            f"expected profiles ({', '.join(observations.FORMATS)}) or forcing (soil_temperature or, as CLM5 names it, TSOI) in "
            f"{seen.path.name}, got {seen}; choose another file, or see both formats in the README"
        )
    from proda_core.simulation import forcing

    found = forcing.read(seen.path, land)
    fields: dict[str, Any] = dict(found.fields)
    np.savez(folder / GIVEN, cells=found.cells, row=found.row, **fields)
    say(forcing={"names": found.names, "counts": found.counts, "title": found.title[:LONGEST_TITLE]})


def _table(path: Path, land: LandGrid, folder: Path) -> None:
    found, account, remarks = _profiles(path, land)
    if found.sizes["observation"] > MOST_LAYERS:
        got = f"{found.sizes['observation']:,}"
        raise ValueError(f"expected at most {MOST_LAYERS:,} layers in {path.name}, got {got}; upload a part of them")
    put(found, folder / TABLE)
    say(account=account, remarks=remarks)


def _profiles(path: Path, land: LandGrid) -> tuple[xr.Dataset, list[Any], list[str]]:
    """The table of a file, and the account of quality control; of a table that went through it before there is none."""
    seen = header.look(path)
    if seen.kind == "netcdf" and seen.holds(*SAVED):
        found = observations.load(path)
        on_land = observations.select(found, land.cells_near(found["latitude"].values, found["longitude"].values) >= 0)
        if not on_land.sizes["profile"]:
            raise ValueError(f"expected profiles on land in {path.name}, got none; look at their coordinates")
        sizes = [(data.sizes["observation"], data.sizes["profile"]) for data in (found, on_land)]
        lost = sizes[0][0] - sizes[1][0], sizes[0][1] - sizes[1][1]
        dropped = [("dropped", "ocean cell", *lost)] if lost[1] else []
        return on_land, [("read", "", *sizes[0]), *dropped, ("kept", "", *sizes[1])], []
    found, report = observations.read(path, land=land)
    return found, report.to_table(), list(report.remarks)


def put(found: xr.Dataset, path: Path) -> None:
    """Write a table of profiles as plain arrays."""
    columns: dict[str, Any] = {name: found[name].values for name in OBSERVATIONS}
    np.savez(path, **columns)


def get(path: Path) -> xr.Dataset:
    """A table that :func:`put` wrote, checked."""
    with np.load(path, allow_pickle=False) as held:
        return table.build({name: held[name] for name in OBSERVATIONS})


def fit(folder: Path) -> None:
    """Fit the one profile in the folder at the land nearest to it; tells what is known after each look."""
    import torch

    from proda_core import climate, parameters, simulation
    from proda_core.assimilation import diagnostics, sites

    torch.set_num_threads(1)
    profile = get(folder / TABLE)
    stored = climate.read()
    cells = simulation.land_from_dataset(stored).cells_near(profile["latitude"].values, profile["longitude"].values)
    if (cells < 0).any():
        raise ValueError("expected land within a cell of the profile, got none; choose another profile")
    forcing = simulation.forcing_from_dataset(climate.expand(stored.isel(cell=cells)))
    say(step="warm-up")
    for found in sites.growing(profile, forcing, sites.Options(draws=FIRST_LOOK)):
        one = found.isel(profile=0)
        effective = np.minimum(one["fitted_ess_bulk"].values, one["fitted_ess_tail"].values)
        say(
            draws=int(one["draws_made"]),
            converged=bool(one["converged"]),
            status=str(one["status"].values),
            r_hat=_finite(np.max(one["fitted_r_hat"].values)),
            effective=_finite(np.min(effective)),
            quantiles=_unit(one["quantiles"].values, parameters.LOWER, parameters.UPPER),
            shrinkage=one["shrinkage"].values.tolist(),
            soc=one["soc_quantiles"].values.tolist(),
            limits=[diagnostics.R_HAT_LIMIT, diagnostics.ESS_LIMIT],
        )


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _unit(values: np.ndarray[Any, Any], lower: np.ndarray[Any, Any], upper: np.ndarray[Any, Any]) -> list[list[float]]:
    """Values (parameter, quantile) by where they lie within the prior [1]."""
    unit: list[list[float]] = ((values - lower[:, None]) / (upper - lower)[:, None]).tolist()
    return unit


JOBS = {"read": read, "fit": fit}


def _limit() -> None:
    """Stand back behind those who move sliders, and take no more memory than there is room for."""
    if sys.platform != "win32":
        import resource

        os.nice(15)
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))


def main(job: str, folder: str) -> None:
    """Do a job."""
    _limit()
    place = Path(folder)
    try:
        JOBS[job](place)
    except (ValueError, OSError) as error:
        say(error=str(error).replace(f"{place / UPLOAD}{os.sep}", ""))
    except MemoryError:
        say(error="expected a file that fits into memory, got a larger one; upload a part of it")
    else:
        say(done=True)


if __name__ == "__main__":
    main(*sys.argv[1:3])
