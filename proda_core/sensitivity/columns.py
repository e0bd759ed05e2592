"""Columns whose parameters are perturbed one mechanism at a time: only the terms that the mechanism owns are evaluated again.

Evaluating every term anew costs five times as much as a solve, and most of that is the monthly forcing, which only the
environmental modifiers read.  What is evaluated here is what ``column.terms`` gives for the same parameters; a test holds the two
together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from proda_core import parameters
from proda_core.parameters import INDEX, MECHANISM_PARAMETERS
from proda_core.process import cascade, column, environment, litter, transport
from proda_core.process.column import Forcing, Terms

FloatArray = npt.NDArray[np.float64]
Tensor = torch.Tensor

MECHANISMS: tuple[str, ...] = tuple(MECHANISM_PARAMETERS)
"""The six mechanisms, in the order of ``parameters.MECHANISM_PARAMETERS``."""

GROUPS: dict[str, list[int]] = {mechanism: [INDEX[id_] for id_ in ids] for mechanism, ids in MECHANISM_PARAMETERS.items()}
"""Positions of the parameters of each mechanism in the vector; none for plant carbon input."""


def check_mechanism(mechanism: str) -> None:
    """Raise ``ValueError`` unless ``mechanism`` is one of :data:`MECHANISMS`."""
    if mechanism not in MECHANISMS:
        raise ValueError(f"expected a mechanism out of {', '.join(MECHANISMS)}; got {mechanism!r}")


def physical(unit: FloatArray) -> Tensor:
    """Physical values (cell, 21) of normalised ones (21, cell)."""
    return torch.as_tensor(parameters.to_physical(np.ascontiguousarray(unit.T, dtype=np.float64)))


class Columns:
    """A batch of columns with its terms evaluated once.

    Args:
        forcing: what drives the columns.
        unit: normalised parameters (21, cell), within 0..1.
    """

    def __init__(self, forcing: Forcing, unit: FloatArray) -> None:
        self._forcing = forcing
        self._parameters = physical(unit)
        self.terms = column.terms(self._parameters, forcing)

    def __len__(self) -> int:
        return len(self.terms)

    def with_parameters(self, mechanism: str, unit: FloatArray) -> Terms:
        """The terms after the parameters of one mechanism have changed; all other parameters must be as they were.

        Args:
            mechanism: one of :data:`MECHANISMS`.
            unit: normalised parameters (21, cell), within 0..1.
        """
        check_mechanism(mechanism)
        owned = _OWNED[mechanism]
        return replace(self.terms, **owned(self, parameters.keep_open(physical(unit))))

    def with_input(self, factor: float | FloatArray) -> Terms:
        """The terms with plant input times ``factor``, a number or one for each cell (cell,)."""
        scale = torch.as_tensor(factor, dtype=torch.float64).reshape(-1, 1)
        return replace(self.terms, litter_input=self.terms.litter_input * scale)

    def _cue(self, p: Tensor) -> dict[str, Any]:
        return {"transfer": cascade.transfer_fraction(p)}

    def _carbon_input(self, p: Tensor) -> dict[str, Any]:
        return {}

    def _allocation(self, p: Tensor) -> dict[str, Any]:
        beta = p[:, INDEX["beta"]]
        return {"beta": beta, "input_profile": litter.input_profile(beta, self.terms.never_thaws)}

    def _decomposition(self, p: Tensor) -> dict[str, Any]:
        return {"turnover_rate": cascade.turnover_rate(p)}

    def _environment(self, p: Tensor) -> dict[str, Any]:
        f, q10 = self._forcing, p[:, INDEX["q10"]]
        scalars = f.soil_temperature, f.water_scalar, f.oxygen_scalar, f.nitrogen_scalar
        temperature, water, soil, fresh = environment.monthly_means(q10, p[:, INDEX["w_scaling"]], *scalars)
        depth = environment.depth_scalar(p[:, INDEX["efolding"]])
        modifier = (torch.stack([soil, fresh], dim=1) * depth[:, None]).clamp(min=environment.RATE_FLOOR)
        return {"modifier": modifier, "temperature_water": temperature * water * depth, "q10": q10}

    def _transport(self, p: Tensor) -> dict[str, Any]:
        thaw = torch.maximum(self._forcing.active_layer, self._forcing.active_layer_last_year).to(p.dtype)
        faster = transport.diffusivity(p, thaw) / transport.diffusivity(self._parameters, thaw)
        return {"up": self.terms.up * faster[:, None], "down": self.terms.down * faster[:, None]}


_OWNED: dict[str, Callable[[Columns, Tensor], dict[str, Any]]] = {
    "cue": Columns._cue,
    "carbon_input": Columns._carbon_input,
    "input_allocation": Columns._allocation,
    "baseline_decomposition": Columns._decomposition,
    "environmental_modifier": Columns._environment,
    "vertical_transport": Columns._transport,
}
