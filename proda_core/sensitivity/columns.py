"""Columns whose parameters are perturbed one mechanism at a time, see :mod:`proda_core.process.reevaluation`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch

from proda_core import parameters
from proda_core.parameters import INDEX, MECHANISM_PARAMETERS
from proda_core.process import column
from proda_core.process.column import Forcing, Terms
from proda_core.process.reevaluation import reevaluate

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
        return reevaluate(self.terms, self._parameters, physical(unit), self._forcing, (mechanism,))

    def with_input(self, factor: float | FloatArray) -> Terms:
        """The terms with plant input times ``factor``, a number or one for each cell (cell,)."""
        scale = torch.as_tensor(factor, dtype=torch.float64).reshape(-1, 1)
        return replace(self.terms, litter_input=self.terms.litter_input * scale)
