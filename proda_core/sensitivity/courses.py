"""The way to a new balance for every member of an ensemble, in pieces, so that "how long" carries how sure one may be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import partial

import numpy as np
import numpy.typing as npt
import torch

from proda_core.grid import LandGrid
from proda_core.process.column import Forcing
from proda_core.regions import Regions
from proda_core.scenario import Scenario
from proda_core.scenarios import Experiment
from proda_core.sensitivity.marginal import from_arrays
from proda_core.sensitivity.pieces import Arrays, Progress, Shelf, work
from proda_core.simulation import GlobalModel, Transient, World, experiments, follow, log_years, with_parameters
from proda_core.simulation.globe import chunks

FloatArray = npt.NDArray[np.float64]

_SUMS = ("soc", "balance", "carbon", "respiration", "carbon_input")
"""What of a transient adds up over cells."""

_INSIDE = ("soc_inside", "balance_inside")
"""The same of those in the region of the experiment."""


def courses(
    world: World,
    experiment: Experiment,
    years: Sequence[float] | FloatArray | None = None,
    member_unit: FloatArray | None = None,
    with_cells: bool = False,
    *,
    shelf: Shelf | None = None,
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> tuple[Transient, list[Transient]]:
    """Follow the globe under its own parameters and under those of each member; see ``simulation.follow``.

    Args:
        world: forcing, land and the best estimate of the parameters.
        experiment: what changes, its target resolved; the plant input of a target is the same for every member.
        years: times to look at [yr]; by default ``log_years()``.
        member_unit: normalised parameters (member, 21, cell); by default no members.
        with_cells: whether to keep the course of every cell under the world's own parameters.
        shelf: keeps pieces: a stretch of cells under one set of parameters.
        scheduler: address of the scheduler of a Dask cluster to do the pieces.
        progress: called with the fraction done.

    Returns:
        the course of the world, and those of the members.

    Raises:
        ValueError: members of another shape, or see ``simulation.follow``.
    """
    cells = len(world.parameters)
    members = 0 if member_unit is None else len(member_unit)
    if member_unit is not None and member_unit.shape[1:] != (21, cells):
        raise ValueError(f"expected members of shape (member, 21, {cells}), got {member_unit.shape}")
    times = np.asarray(log_years() if years is None else years, dtype=np.float64)
    touched = experiments.inside(experiment, world.land, world.regions)
    stretches = chunks(cells)
    keys = {f"{who + 1:03d}-{i:03d}": (who, rows) for who in range(-1, members) for i, rows in enumerate(stretches)}

    def job(key: str) -> Callable[[], Arrays]:
        who, rows = keys[key]
        part = _stretch(world, rows)
        if member_unit is not None and who >= 0:
            part = with_parameters(part, member_unit[who][:, rows])
        forcing = {field.name: getattr(part.forcing, field.name).numpy() for field in fields(Forcing)}
        # a region wants some land in it, which a stretch need not have
        change = experiment if touched[rows].any() else Scenario()
        keep = with_cells and who < 0
        return partial(_piece, forcing, part.parameters.numpy(), part.land, part.regions, change, times, keep)

    found = work(list(keys), job, shelf, scheduler, progress)
    table = [[found[key] for key, (whose, _) in keys.items() if whose == who] for who in range(-1, members)]
    best, *others = (_joined(parts, times, cells) for parts in table)
    return best, others


def _stretch(world: World, rows: slice) -> World:
    """Some consecutive cells of a world."""
    land = world.land
    return World(
        Forcing(**{field.name: getattr(world.forcing, field.name)[rows] for field in fields(Forcing)}),
        world.parameters[rows],
        LandGrid(land.latitude[rows], land.longitude[rows], land.land_fraction[rows], land.size),
        regions={name: Regions(known.names, known.index[rows]) for name, known in world.regions.items()},
    )


def _piece(
    forcing: Arrays,
    physical: FloatArray,
    land: LandGrid,
    regions: dict[str, Regions],
    change: Scenario | Experiment,
    years: FloatArray,
    with_cells: bool,
) -> Arrays:
    """The work on one piece, wherever it is done."""
    model = GlobalModel(World(from_arrays(forcing), torch.as_tensor(physical), land, regions=regions))
    found = follow(model, change, years, with_cells=with_cells)
    names = (*_SUMS, *_INSIDE, "imbalance", "soc_cells")
    return {name: np.asarray(getattr(found, name)) for name in names if getattr(found, name) is not None}


def _joined(parts: Sequence[Arrays], years: FloatArray, cells: int) -> Transient:
    """The course of stretches of cells together."""
    sums = {name: np.sum([part[name] for part in parts], axis=0) for name in _SUMS}
    inside = [part for part in parts if _INSIDE[0] in part]
    kept = [part["soc_cells"] for part in parts if "soc_cells" in part]
    return Transient(
        years=np.concatenate([[0.0], years]),
        soc=sums["soc"],
        balance=sums["balance"],
        carbon=sums["carbon"],
        respiration=sums["respiration"],
        carbon_input=float(sums["carbon_input"]),
        imbalance=max(float(part["imbalance"]) for part in parts),
        cells=np.arange(cells),
        soc_cells=np.concatenate(kept, axis=2).astype(np.float32) if kept else None,
        soc_inside=np.sum([part[_INSIDE[0]] for part in inside], axis=0) if inside else None,
        balance_inside=np.sum([part[_INSIDE[1]] for part in inside], axis=0) if inside else None,
    )
