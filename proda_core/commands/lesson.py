"""What ``proda learn`` and ``proda evaluate`` share: from files to the problem that the methods of learning solve."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import typer

from proda_core.commands.assimilate import cells_of, forcing_of, profiles_of
from proda_core.commands.base import Failure, UsageError

if TYPE_CHECKING:
    import xarray as xr

    from proda_core.grid import LandGrid
    from proda_core.learning.predictors import Features
    from proda_core.learning.problem import Problem

NETWORKS = "networks.safetensors"
"""File of the trained networks."""

LEAST_LAYERS = 3
"""Profiles with fewer layers say too little about depth."""


@dataclass(frozen=True)
class Lesson:
    """Profiles and everything around them.

    Attributes:
        profiles: table of profiles with at least three measured layers.
        cells: land cell of each profile (profile,).
        land: the land cells.
        features: predictors of every land cell.
        problem: what the methods learn from.
        parents: checksum of every input, see :func:`checksums`.
    """

    profiles: xr.Dataset
    cells: np.ndarray[Any, Any]
    land: LandGrid
    features: Features
    problem: Problem
    parents: dict[str, str]


def prepare(
    profiles: Path,
    posterior: Path | None,
    predictors: Path | None,
    climate_file: Path,
    seed: int,
    change: Callable[[Any], Any] = lambda forcing: forcing,
) -> Lesson:
    """Read everything that learning needs.

    Args:
        profiles: a file of ``proda observe``, or one that it reads.
        posterior: store of ``proda assimilate``, or none.
        predictors: NetCDF of further predictors, or none.
        climate_file: climate file.
        seed: of the cells that stand for the globe.
        change: what to do to the forcing first.
    """
    import torch

    from proda_core import climate, observations
    from proda_core.learning import predictors as table
    from proda_core.learning.problem import assemble
    from proda_core.process.places import Places

    torch.set_num_threads(1)  # small matrices; the process model brings threads of its own
    forcing, land = forcing_of(climate_file)
    measured = profiles_of(profiles, land)
    enough = np.flatnonzero(np.asarray(observations.layer_counts(measured)) >= LEAST_LAYERS)
    if not len(enough):
        raise Failure(
            f"expected profiles with at least {LEAST_LAYERS} measured layers in {profiles}, got none; take other profiles"
        )
    if len(enough) < measured.sizes["profile"]:
        typer.echo(f"{measured.sizes['profile'] - len(enough):,} profiles with fewer than {LEAST_LAYERS} layers are left out")
        measured = observations.select(measured, enough)
    cells = cells_of(measured, land)
    extra = _added(predictors, land) if predictors else None
    features = table.features(climate.load_predictors(climate_file), extra, land)
    problem = assemble(
        measured, cells, features, lambda chosen: Places(change(forcing(chosen))).soc, land.area,
        _posterior(posterior) if posterior else None, seed,
    )  # fmt: skip
    inputs = {"profiles": profiles, "posterior": posterior, "predictors": predictors, "climate": climate_file}
    return Lesson(measured, cells, land, features, problem, checksums(inputs))


def checksums(inputs: Mapping[str, Path | None]) -> dict[str, str]:
    """Checksum of every input, by the name of its file; where two share a name, its role stands before it.

    Args:
        inputs: files and directories by their role; those that are none are left out.
    """
    given = {role: path for role, path in inputs.items() if path}
    names = Counter([path.absolute().name for path in given.values()] + [NETWORKS])  # our output stands among the inputs of maps
    return {
        f"{role}/{path.absolute().name}" if names[path.absolute().name] > 1 else path.absolute().name: _checksum(path)
        for role, path in given.items()
    }


def _added(path: Path, land: LandGrid) -> xr.Dataset:
    """Predictors of the user's own, and a word on what was made up for each."""
    from proda_core.learning import added

    found = added.of_user(path, land)
    for name, values in found.items():
        count, share = values.attrs["filled"], 100 * values.attrs["filled_share"]
        if count:
            cells = f"{count:,} of {values.size:,} land cells"
            typer.echo(f"{name}: the median stands in on {cells} that have no value, {share:.2g} % of the land")
    return found


def _checksum(path: Path) -> str:
    from proda_core import store
    from proda_core.learning import kept

    return kept.fingerprint({"files": path}) if path.is_dir() else store.checksum(path)


def _posterior(path: Path) -> xr.Dataset:
    import xarray as xr

    if not path.exists():
        raise Failure(f"expected a posterior store at {path}, got none; make it with proda assimilate")
    try:
        found: xr.Dataset = xr.open_zarr(path)[["profile_id", "score_mean", "score_covariance", "converged"]].load()
    except (KeyError, ValueError, OSError) as error:
        raise Failure(
            f"expected a posterior store at {path}, got something else ({error}); make it with proda assimilate"
        ) from error
    return found


def at_least_one(value: int | None) -> int | None:
    """Check of an option that counts."""
    if value is not None and value < 1:
        raise UsageError(f"expected a count of at least 1, got {value}")
    return value
