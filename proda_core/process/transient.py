"""The way to a new balance: columns after a change at time zero, step by step.

Steps grow with time, as what is left to happen slows down: decades for litter and fast carbon, millennia for passive and deep
carbon.  Each is an implicit step of second order that keeps the balance of carbon to round-off, see
:mod:`proda_core.process.march`.  The way ends at the steady state, from wherever it starts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from proda_core.grid import LAYERS, LAYERS_CLM5, SOIL_POOLS, STOCK_WEIGHTS
from proda_core.process import column, linear, march

Tensor = torch.Tensor
FloatArray = npt.NDArray[np.float64]


def log_years(first: float = 1.0, last: float = 10_000.0, count: int = 40) -> FloatArray:
    """Times after the change, evenly spaced in their logarithm [yr] (count,).

    >>> log_years(1, 100, 3).tolist()
    [1.0, 10.0, 100.0]
    """
    if not 0 < first < last or count < 2:
        raise ValueError(f"expected 0 < first < last year and at least 2 times, got {first:g}, {last:g} and {count}")
    return np.geomspace(first, last, count)


@dataclass(frozen=True)
class Course:
    """Columns on their way.

    Attributes:
        years: ends of the steps, counted from the change [yr] (time,).
        soc: soil organic carbon above each depth of ``grid.STOCK_DEPTHS`` at the end of each step [gC m-2] (batch, time, 4).
        carbon: carbon of all seven pools in the whole column at the end of each step [gC m-2] (batch, time).
        respiration: mean over each step [gC m-2 yr-1] (batch, time).
        start: carbon of all pools before the first step [gC m-2] (batch,).
        carbon_input: plant input after the change [gC m-2 yr-1] (batch,).
        pools: pools at the end [gC m-3] (batch, 7, 20).
    """

    years: FloatArray
    soc: Tensor
    carbon: Tensor
    respiration: Tensor
    start: Tensor
    carbon_input: Tensor
    pools: Tensor

    @property
    def imbalance(self) -> Tensor:
        """Gain of each step less input plus respiration, over the carbon held [1] (batch, time): zero but for round-off."""
        lengths = self.carbon.new_tensor(_lengths(self.years))
        before = torch.cat([self.start[:, None], self.carbon[:, :-1]], dim=1)
        missing = self.carbon - before - (self.carbon_input[:, None] - self.respiration) * lengths
        return missing / torch.maximum(self.carbon, before).clamp(min=torch.finfo(missing.dtype).tiny)


def follow(
    terms: column.Terms, start: Tensor, years: Sequence[float] | FloatArray, backend: linear.Backend | None = None
) -> Course:
    """Follow columns from some state through time, under terms that hold from time zero on.

    Args:
        terms: the terms of the equation after the change.
        start: pools at time zero [gC m-3] (batch, 7, 20); for a change of a balanced column its steady state before.
        years: times to stop at, counted from the change, increasing [yr] (time,); one step leads from each to the next.
        backend: as in ``column.steady_state``.

    Returns:
        the course.

    Raises:
        ValueError: times that do not increase from above zero.
    """
    times = np.asarray(years, dtype=np.float64)
    lengths = torch.as_tensor(_lengths(times))
    held = _held_weights(start)
    way = march.march(column.system(terms), start, lengths, held, column.respiration_weights(terms), backend)
    return Course(
        years=times,
        soc=way.held[:, :, :-1],
        carbon=way.held[:, :, -1],
        respiration=way.flowed,
        start=stocks(start)[:, -1],
        carbon_input=terms.litter_input.sum(1),
        pools=way.last,
    )


def stocks(pools: Tensor) -> Tensor:
    """SOC above each depth of ``grid.STOCK_DEPTHS``, and all carbon of the column [gC m-2]; (batch, 7, 20) -> (batch, 5)."""
    return torch.einsum("bpj,spj->bs", pools, _held_weights(pools))


def _held_weights(like: Tensor) -> Tensor:
    """Layer weights of SOC above each depth and of all carbon [m] (5, 7, 20)."""
    weights = like.new_zeros(len(STOCK_WEIGHTS) + 1, linear.POOL_COUNT, LAYERS)
    weights[:-1, SOIL_POOLS] = like.new_tensor(STOCK_WEIGHTS)[:, None]
    weights[-1] = like.new_tensor(LAYERS_CLM5.thickness[:LAYERS])
    return weights


def _lengths(years: FloatArray) -> FloatArray:
    lengths = np.diff(years, prepend=0.0)
    if not (years.ndim == 1 and len(years) and np.all(np.isfinite(years)) and np.all(lengths > 0)):
        raise ValueError(f"expected years that increase from above zero, got {np.array2string(years, threshold=8)}")
    return lengths
