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

FACTORS: tuple[float, float] = (0.0, 1 + scenario.LIMITS["cue"][1])
"""Range of what microbial fractions are multiplied by [1].  They may fall to nothing, but rise no further than by the slider:
where all fractions are at one, nothing is respired and there is no balance."""

STEPS = 3
"""Secant steps towards a change of bulk CUE, which then is met to far less than :data:`TOLERANCE`."""

TOLERANCE = 1e-3
"""Change of bulk CUE [1] by which a column may miss what is asked of it and still count as met."""


def inside(experiment: Experiment, land: LandGrid, regions: dict[str, Regions]) -> npt.NDArray[np.bool_]:
    """Which cells an experiment changes (cell,).

    Raises:
        ValueError: see ``Region.covers``.
    """
    if experiment.region is None:
        return np.ones(len(land.latitude), dtype=np.bool_)
    return experiment.region.covers(land, regions)


def apply(
    experiment: Experiment, terms: column.Terms, where: npt.NDArray[np.bool_], start: column.Terms | None = None
) -> column.Terms:
    """The terms of the equation under an experiment.

    Args:
        experiment: what changes, its target resolved.
        terms: the terms before.
        where: columns that it changes (batch,), see :func:`inside`.
        start: the terms with the experiment's changes of parameters; ``terms`` where it changes none.

    Returns:
        the terms after; those that it leaves alone are shared, not copied.

    Raises:
        ValueError: the experiment has a target.
    """
    if experiment.target is not None:
        raise ValueError(f"expected an experiment without a target, got {experiment.target}; call simulation.resolve first")
    changed = scenario.apply(experiment.change, start or terms)
    if experiment.cue_change:
        changed = replace(changed, transfer=cascade.scale_transfers(changed.transfer, _factor(changed, experiment.cue_change)))
    if experiment.extra_input:
        changed = replace(changed, litter_input=changed.litter_input * (1 + experiment.extra_input))
    return changed if where.all() else _only(changed, terms, torch.as_tensor(where))


def misses(experiment: Experiment, terms: column.Terms) -> Tensor:
    """Columns in which limits keep bulk CUE from changing by as much as an experiment asks (batch,).

    Args:
        experiment: what changes, its target resolved.
        terms: the terms before, with its changes of parameters.
    """
    before = scenario.apply(experiment.change, terms)
    after = apply(experiment, terms, np.ones(len(terms), dtype=np.bool_))
    found: Tensor = (_cue(after) - _cue(before) - experiment.cue_change).abs() > TOLERANCE
    return found


def _factor(terms: column.Terms, difference: float) -> Tensor:
    """What to multiply the microbial fractions of each column by, for its bulk CUE to change by ``difference`` [1] (batch,).

    One per cent more of every fraction is less than one per cent more of bulk CUE, since carbon then goes on to pools that hand
    on less.  So the factor is found by the secant method, from no change and from the change in proportion, within
    :data:`FACTORS`.
    """
    before = _cue(terms)
    last, missed_last = torch.ones_like(before), torch.full_like(before, -difference)
    factor = _limited(1 + difference / before)
    for _ in range(STEPS):
        missed = _cue(replace(terms, transfer=cascade.scale_transfers(terms.transfer, factor))) - before - difference
        step = missed * (factor - last) / (missed - missed_last)
        last, missed_last = factor, missed
        factor = _limited(factor - step.nan_to_num(0.0, 0.0, 0.0))  # no slope where a limit or the answer is reached already
    return factor


def _limited(factor: Tensor) -> Tensor:
    return factor.nan_to_num(1.0, 1.0, 1.0).clamp(*FACTORS)  # where nothing grows, nothing is passed on


def _cue(terms: column.Terms) -> Tensor:
    """Bulk CUE of each column in balance [1] (batch,); not a number where nothing grows."""
    passed_on, decomposed = mechanisms.carbon_use(terms, mechanisms.solve(terms))
    return passed_on / decomposed


def _only(changed: column.Terms, terms: column.Terms, where: Tensor) -> column.Terms:
    """The changed terms where ``where`` says so, the others as before."""
    chosen = {}
    for field in fields(column.Terms):
        before, after = getattr(terms, field.name), getattr(changed, field.name)
        if after is not before:
            chosen[field.name] = torch.where(where.reshape(-1, *[1] * (before.ndim - 1)), after, before)
    return replace(terms, **chosen)
