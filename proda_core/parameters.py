"""The one table of the 21 retrieved parameters of the CLM5 soil carbon model.

Order is the vector order everywhere: arrays, network outputs, sliders and documentation all come from this table.  A
parameter's *unit* value x lies in [0, 1] with a uniform prior; its *physical* value is ``lower + x (upper - lower)``.

Four bounds at zero are open (``efolding``, ``taul1``, ``tau4s1``, ``w_scaling``): the model divides by them or stops without
them.  :func:`to_physical` is exactly linear; the model itself calls :func:`keep_open`, which raises those four to their value at
x = ``UNIT_FLOOR``, the floor that the authors of PRODA use when they perturb parameters.

Sources: ranges and retrieved means from the published PRODA implementation (Tao et al. 2020, doi:10.3389/fdata.2020.00017;
Tao et al. 2023, doi:10.1038/s41586-023-06042-3); defaults and meanings from the CLM5 technical note, chapter 2.21 (Lawrence et
al. 2019, doi:10.1029/2018MS001583).

>>> [p.id for p in PARAMETERS if p.mechanism == "vertical_transport"]
['diffus', 'cryo']
>>> float(to_physical(PRODA_MEAN)[INDEX["q10"]])
2.01
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import torch

FloatArray = npt.NDArray[np.float64]
ArrayOrTensor = TypeVar("ArrayOrTensor", FloatArray, torch.Tensor)

UNIT_FLOOR = 1e-4
"""Smallest normalised value that the model reads where a bound at zero is open."""


@dataclass(frozen=True)
class Parameter:
    """One row of the table.

    Attributes:
        id: name in the vector and in files.
        symbol: how it is written in equations (TeX).
        meaning: what it is, in words.
        unit: physical unit, UDUNITS style.
        lower: lower end of the prior [unit].
        upper: upper end of the prior [unit].
        clm5_default: value in CLM5 [unit]; some lie outside the prior, see ``note``.
        proda_mean: rough mean of the normalised values that the authors retrieved at about 6,100 sites [1].
        mechanism: the mechanism it belongs to, a key of :data:`MECHANISM_PARAMETERS`.
        note: what a user should know about it.
    """

    id: str
    symbol: str
    meaning: str
    unit: str
    lower: float
    upper: float
    clm5_default: float
    proda_mean: float
    mechanism: str
    note: str = ""


def _table() -> tuple[Parameter, ...]:
    transport, xi = "vertical_transport", "environmental_modifier"
    tau, cue, allocation = "baseline_decomposition", "cue", "input_allocation"
    sandy = "CLM5 lets it vary with sand from 0.15 to 0.83; given here for 50 % sand, which lies above the prior."
    deep = "CLM5 uses 10 m, which lies outside the prior; CLM4.5 used 0.5 m."
    split = "The rest goes to lignin litter; nothing is respired on the way."
    return (
        Parameter("diffus", r"D_b", "bioturbation diffusivity", "m2 yr-1", 3e-5, 5e-4, 1e-4, 0.50, transport),
        Parameter("cryo", r"D_c", "cryoturbation diffusivity", "m2 yr-1", 3e-5, 1.6e-3, 5e-4, 0.50, transport),
        Parameter("q10", r"Q_{10}", "temperature sensitivity of decomposition", "1", 1.2, 3.0, 1.5, 0.45, xi),
        Parameter("efolding", r"z_\tau", "e-folding depth of decomposition", "m", 0.0, 1.0, 10.0, 0.63, xi, deep),
        Parameter("taucwd", r"\tau_{CWD}", "turnover time of coarse woody debris", "yr", 1.0, 6.0, 3.333, 0.50, tau),
        Parameter("taul1", r"\tau_{L1}", "turnover time of metabolic litter", "yr", 0.0, 0.11, 0.0541, 0.50, tau),
        Parameter("taul2", r"\tau_{L2}", "turnover time of cellulose and lignin litter", "yr", 0.1, 0.3, 0.2041, 0.50, tau),
        Parameter("tau4s1", r"\tau_{S1}", "turnover time of fast soil carbon", "yr", 0.0, 1.0, 0.137, 0.50, tau),
        Parameter("tau4s2", r"\tau_{S2}", "turnover time of slow soil carbon", "yr", 1.0, 50.0, 5.0, 0.33, tau),
        Parameter("tau4s3", r"\tau_{S3}", "turnover time of passive soil carbon", "yr", 200.0, 1000.0, 222.2, 0.36, tau),
        Parameter("fl1s1", r"f_{L1,S1}", "fraction of metabolic litter to fast soil carbon", "1", 0.1, 0.8, 0.45, 0.46, cue),
        Parameter("fl2s1", r"f_{L2,S1}", "fraction of cellulose litter to fast soil carbon", "1", 0.2, 0.8, 0.5, 0.42, cue),
        Parameter("fl3s2", r"f_{L3,S2}", "fraction of lignin litter to slow soil carbon", "1", 0.2, 0.8, 0.5, 0.41, cue),
        Parameter("fs1s2", r"f_{S1,S2}", "fraction of fast to slow soil carbon", "1", 0.0, 0.4, 0.486, 0.39, cue, sandy),
        Parameter("fs1s3", r"f_{S1,S3}", "fraction of fast to passive soil carbon", "1", 0.0, 0.05, 0.004, 0.28, cue),
        Parameter("fs2s1", r"f_{S2,S1}", "fraction of slow to fast soil carbon", "1", 0.1, 0.74, 0.42, 0.47, cue),
        Parameter("fs2s3", r"f_{S2,S3}", "fraction of slow to passive soil carbon", "1", 0.0, 0.1, 0.03, 0.31, cue),
        Parameter("fs3s1", r"f_{S3,S1}", "fraction of passive to fast soil carbon", "1", 0.0, 0.9, 0.45, 0.50, cue),
        Parameter("fcwdl2", r"f_{CWD,L2}", "fraction of woody debris to cellulose litter", "1", 0.5, 1.0, 0.76, 0.51, cue, split),
        Parameter("w_scaling", r"w", "multiplier on the soil-water scalar", "1", 0.0, 5.0, 1.0, 0.66, xi),
        Parameter("beta", r"\beta", "Jackson depth coefficient of the input, per cm", "1", 0.5, 0.9999, 0.95, 0.55, allocation),
    )


PARAMETERS: tuple[Parameter, ...] = _table()
"""The table, in vector order."""

IDS: tuple[str, ...] = tuple(p.id for p in PARAMETERS)
"""Parameter ids in vector order."""

COUNT = len(PARAMETERS)
"""Length of a parameter vector."""

INDEX: dict[str, int] = {id_: i for i, id_ in enumerate(IDS)}
"""Position of each id in the vector."""

MECHANISM_PARAMETERS: dict[str, tuple[str, ...]] = {
    mechanism: tuple(p.id for p in PARAMETERS if p.mechanism == mechanism)
    for mechanism in (
        "cue",
        "carbon_input",
        "input_allocation",
        "baseline_decomposition",
        "environmental_modifier",
        "vertical_transport",
    )
}
"""Parameter ids of each of the six mechanisms; plant carbon input has none, it scales the input itself."""

LOWER: FloatArray = np.array([p.lower for p in PARAMETERS])
UPPER: FloatArray = np.array([p.upper for p in PARAMETERS])
CLM5_DEFAULT: FloatArray = np.array([p.clm5_default for p in PARAMETERS])
"""CLM5 defaults, physical units."""
PRODA_MEAN: FloatArray = np.array([p.proda_mean for p in PARAMETERS])
"""Rough mean of the authors' retrieved values, normalised."""


_FRACTIONS = tuple(p.id for p in PARAMETERS if p.mechanism == "cue")


def _plausible() -> tuple[FloatArray, FloatArray]:
    """Ten times beyond the prior and the CLM5 default on either side; fractions and beta within 0..1."""
    lower = 0.1 * np.minimum(LOWER, CLM5_DEFAULT)
    upper = 10.0 * np.maximum(UPPER, CLM5_DEFAULT)
    bounded = np.isin(IDS, [*_FRACTIONS, "beta"])
    return np.where(bounded, 0.0, lower), np.where(bounded, 1.0, upper)


PLAUSIBLE: tuple[FloatArray, FloatArray] = _plausible()
"""Physical values that the model takes, lower and upper; wider than the prior, narrow enough to notice another unit."""


def check_physical(physical: FloatArray | torch.Tensor) -> None:
    """Check physical values (..., 21) against :data:`PLAUSIBLE`.

    Raises:
        ValueError: wrong length, none, not finite, or a value that cannot be; the message names the parameter.
    """
    check_length(physical)
    values = physical.detach().cpu().numpy() if isinstance(physical, torch.Tensor) else np.asarray(physical)
    rows = values.reshape(-1, COUNT)
    if len(rows) == 0:
        raise ValueError("expected parameters for at least one column, got none")
    low, high = rows.min(axis=0), rows.max(axis=0)
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        bad = ", ".join(np.array(IDS)[~(np.isfinite(low) & np.isfinite(high))])
        raise ValueError(f"expected finite parameters, got NaN or infinite values of {bad}; drop or refit those columns")
    for i, parameter in enumerate(PARAMETERS):
        least, most = PLAUSIBLE[0][i], PLAUSIBLE[1][i]
        if low[i] < least or high[i] > most or (parameter.id == "beta" and (low[i] <= 0 or high[i] >= 1)):
            raise ValueError(
                f"expected {parameter.id} [{parameter.unit}] within {least:g}..{most:g}, got {low[i]:.4g}..{high[i]:.4g}; "
                "normalised values? use parameters.to_physical()"
            )


def vector(changes: Mapping[str, float], start: FloatArray | None = None) -> FloatArray:
    """A vector of physical values from some of them by id.

    Args:
        changes: physical values by parameter id.
        start: physical values of the others (21,); by default the published mean.

    Returns:
        physical values (21,).

    Raises:
        KeyError: unknown id; the message lists the ids.
        ValueError: a value that cannot be.

    >>> float(vector({"q10": 1.5})[INDEX["q10"]])
    1.5
    """
    values = np.array(to_physical(PRODA_MEAN) if start is None else start, dtype=float)
    for id_, value in changes.items():
        values[index(id_)] = value
    check_physical(values)
    return values


def index(id_: str) -> int:
    """Position of parameter ``id_`` in the vector.

    Raises:
        KeyError: the id is not in the table; the message lists the ids.

    >>> index("q10")
    2
    """
    try:
        return INDEX[id_]
    except KeyError:
        raise KeyError(f"expected a parameter id out of {', '.join(IDS)}; got {id_!r}") from None


def _bounds_like(values: ArrayOrTensor) -> tuple[ArrayOrTensor, ArrayOrTensor]:
    if isinstance(values, torch.Tensor):
        return values.new_tensor(LOWER), values.new_tensor(UPPER)
    return LOWER, UPPER


def check_length(values: FloatArray | torch.Tensor) -> None:
    """Raise ``ValueError`` unless the last axis of ``values`` holds one entry per parameter."""
    if not isinstance(values, (np.ndarray, torch.Tensor)):
        raise TypeError(
            f"expected a NumPy array or a torch.Tensor of parameters, got {type(values).__name__}; use np.asarray(...)"
        )
    if values.ndim == 0 or values.shape[-1] != COUNT:
        raise ValueError(
            f"expected {COUNT} parameters along the last axis, got shape {tuple(values.shape)}; "
            "the order is proda_core.parameters.IDS"
        )


OPEN_FLOOR: FloatArray = np.where(
    np.isin(IDS, ["efolding", "taul1", "tau4s1", "w_scaling"]), LOWER + UNIT_FLOOR * (UPPER - LOWER), -np.inf
)
"""Smallest physical value that the model reads: finite for the four parameters whose bound at zero is open."""


def keep_open(physical: torch.Tensor) -> torch.Tensor:
    """Raise the four parameters with an open bound at zero to ``OPEN_FLOOR``; the others pass unchanged (batch, 21)."""
    return torch.maximum(physical, physical.new_tensor(OPEN_FLOOR))


def to_physical(unit: ArrayOrTensor) -> ArrayOrTensor:
    """Normalised values in [0, 1] -> physical values, ``lower + x (upper - lower)``.

    Args:
        unit: normalised values (..., 21).

    Returns:
        physical values (..., 21), each in its parameter's unit.

    Raises:
        ValueError: wrong length, not finite, or outside [0, 1].
    """
    check_length(unit)
    if len(unit) == 0:
        raise ValueError("expected normalised parameters for at least one column, got none")
    _check_unit_range(unit)
    lower, upper = _bounds_like(unit)
    return lower + unit * (upper - lower)


def to_unit(physical: ArrayOrTensor) -> ArrayOrTensor:
    """Physical values -> normalised values, the inverse of :func:`to_physical`.

    Values outside the prior (some CLM5 defaults) map outside [0, 1]; nothing is clipped.

    Args:
        physical: physical values (..., 21).

    Returns:
        normalised values (..., 21).
    """
    check_length(physical)
    lower, upper = _bounds_like(physical)
    return (physical - lower) / (upper - lower)


def _check_unit_range(unit: FloatArray | torch.Tensor) -> None:
    bare = unit.detach() if isinstance(unit, torch.Tensor) else unit
    low, high = float(bare.min()), float(bare.max())
    if not (low >= 0.0 and high <= 1.0):  # also catches NaN
        raise ValueError(
            f"expected normalised parameters within 0..1, got {low:.4g}..{high:.4g}; are these physical values? use to_unit()"
        )
