"""Terms after some parameters have changed: only what the parameters of a mechanism own is evaluated again.

Evaluating every term anew costs five times as much as a solve, and most of that is the monthly forcing, which only the
environmental modifiers read.  What is evaluated here is what ``column.terms`` gives for the same parameters; tests hold the two
together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, NamedTuple

import torch

from proda_core.parameters import INDEX, keep_open
from proda_core.process import cascade, environment, litter, transport
from proda_core.process.column import Forcing, Terms

Tensor = torch.Tensor


class _Change(NamedTuple):
    """What changes: the terms and physical parameters before, the parameters after (batch, 21), and what drives the columns."""

    terms: Terms
    before: Tensor
    after: Tensor
    forcing: Forcing


def reevaluate(terms: Terms, before: Tensor, after: Tensor, forcing: Forcing, mechanisms: Iterable[str]) -> Terms:
    """The terms after the parameters of some mechanisms have changed; all other parameters must be as they were.

    Args:
        terms: those of the parameters before, from ``column.terms`` with the bedrock that conserves carbon.
        before: physical values (batch, 21).
        after: physical values (batch, 21); fractions that would hand on more than a pool loses are lowered to do so.
        forcing: what drives the columns.
        mechanisms: whose parameters changed, keys of ``parameters.MECHANISM_PARAMETERS``.

    Returns:
        the terms; those that no changed parameter owns are shared, not copied.
    """
    change = _Change(terms, keep_open(before), keep_open(after), forcing)
    owned: dict[str, Any] = {}
    for mechanism in mechanisms:
        owned |= _OWNED[mechanism](change)
    return replace(terms, **owned)


def _cue(change: _Change) -> dict[str, Any]:
    return {"transfer": cascade.scale_transfers(cascade.transfer_fraction(change.after), 1.0)}


def _carbon_input(_: _Change) -> dict[str, Any]:
    return {}  # has no parameters


def _allocation(change: _Change) -> dict[str, Any]:
    beta = change.after[:, INDEX["beta"]]
    return {"beta": beta, "input_profile": litter.input_profile(beta, change.terms.never_thaws)}


def _decomposition(change: _Change) -> dict[str, Any]:
    return {"turnover_rate": cascade.turnover_rate(change.after)}


def _environment(change: _Change) -> dict[str, Any]:
    f, p = change.forcing, change.after
    q10, scalars = p[:, INDEX["q10"]], (f.soil_temperature, f.water_scalar, f.oxygen_scalar, f.nitrogen_scalar)
    temperature, water, soil, fresh = environment.monthly_means(q10, p[:, INDEX["w_scaling"]], *scalars)
    depth = environment.depth_scalar(p[:, INDEX["efolding"]])
    modifier = (torch.stack([soil, fresh], dim=1) * depth[:, None]).clamp(min=environment.RATE_FLOOR)
    return {"modifier": modifier, "temperature_water": temperature * water * depth, "q10": q10}


def _transport(change: _Change) -> dict[str, Any]:
    f = change.forcing
    thaw = torch.maximum(f.active_layer, f.active_layer_last_year).to(change.after.dtype)
    faster = transport.diffusivity(change.after, thaw) / transport.diffusivity(change.before, thaw)
    return {"up": change.terms.up * faster[:, None], "down": change.terms.down * faster[:, None]}


_OWNED: dict[str, Callable[[_Change], dict[str, Any]]] = {
    "cue": _cue,
    "carbon_input": _carbon_input,
    "input_allocation": _allocation,
    "baseline_decomposition": _decomposition,
    "environmental_modifier": _environment,
    "vertical_transport": _transport,
}
