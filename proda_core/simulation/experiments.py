"""What an experiment does to the terms of the equation: its changes, in its region only."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import numpy.typing as npt
import torch

from proda_core import mechanisms, scenario
from proda_core.grid import LandGrid
from proda_core.process import cascade, column
from proda_core.regions import Regions
from proda_core.scenarios import Experiment

Tensor = torch.Tensor


def inside(experiment: Experiment, land: LandGrid, regions: dict[str, Regions]) -> npt.NDArray[np.bool_]:
    """Which cells an experiment changes (cell,).

    Raises:
        ValueError: see ``Region.covers``.
    """
    if experiment.region is None:
        return np.ones(len(land.latitude), dtype=np.bool_)
    return experiment.region.covers(land, regions)


def apply(experiment: Experiment, terms: column.Terms, where: npt.NDArray[np.bool_]) -> column.Terms:
    """The terms of the equation under an experiment.

    Args:
        experiment: what changes, its target resolved.
        terms: the terms before.
        where: columns that it changes (batch,), see :func:`inside`.

    Returns:
        the terms after; those that it leaves alone are shared, not copied.

    Raises:
        ValueError: the experiment has a target.
    """
    if experiment.target is not None:
        raise ValueError(f"expected an experiment without a target, got {experiment.target}; call simulation.resolve first")
    changed = scenario.apply(experiment.change, terms)
    if experiment.cue_per_degree:
        fall = experiment.cue_per_degree * experiment.change.warming
        changed = replace(changed, transfer=cascade.scale_transfers(changed.transfer, 1 + _relative_cue(terms, fall)))
    if experiment.extra_input:
        changed = replace(changed, litter_input=changed.litter_input * (1 + experiment.extra_input))
    return changed if where.all() else _only(changed, terms, torch.as_tensor(where))


def _relative_cue(terms: column.Terms, difference: float) -> Tensor:
    """An absolute change of each column's bulk CUE as a relative one [1] (batch,), within the limits of scenarios."""
    passed_on, decomposed = mechanisms.carbon_use(terms, mechanisms.solve(terms))
    relative = (difference * decomposed / passed_on).nan_to_num()  # where nothing grows, nothing is passed on
    return relative.clamp(*scenario.LIMITS["cue"])


def _only(changed: column.Terms, terms: column.Terms, where: Tensor) -> column.Terms:
    """The changed terms where ``where`` says so, the others as before."""
    chosen = {}
    for field in fields(column.Terms):
        before, after = getattr(terms, field.name), getattr(changed, field.name)
        if after is not before:
            chosen[field.name] = torch.where(where.reshape(-1, *[1] * (before.ndim - 1)), after, before)
    return replace(terms, **chosen)
