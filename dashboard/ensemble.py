"""What the retrieved file says beside the parameters: how far the members of the ensemble lie apart, and where profiles were."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import xarray as xr

from proda_core import mechanisms, parameters

FloatArray = npt.NDArray[np.float64]

EDGE = 1.0
"""Dissimilarity at the edge of the area of applicability."""


@dataclass(frozen=True)
class Ensemble:
    """The ensemble of retrieved parameter maps; nothing of it is solved again here.

    Attributes:
        soc_mean: mean stock above each depth over the members [kg m-2] (depth, cell).
        soc_sd: its standard deviation [kg m-2] (depth, cell).
        mechanism_sd: standard deviation by mechanism [units of ``mechanisms.UNITS``], each (cell,).
        parameter_sd: standard deviation by parameter id [physical units], each (cell,).
        total: global stock above each depth [Pg] (member, depth).
        one_percent: its answer to +1 % CUE [Pg] (member, depth).
        profiles: training profiles in each cell (cell,).
        dissimilarity: how unlike the training sites each cell is; beyond ``EDGE`` it is unlike any of them [1] (cell,).
        source: what the parameters were learnt from, in a sentence.
        licence: of what they were learnt from.
    """

    soc_mean: FloatArray
    soc_sd: FloatArray
    mechanism_sd: dict[str, FloatArray]
    parameter_sd: dict[str, FloatArray]
    total: FloatArray
    one_percent: FloatArray
    profiles: FloatArray
    dissimilarity: FloatArray
    source: str
    licence: str

    @property
    def members(self) -> int:
        """Number of members."""
        return len(self.total)

    @property
    def total_sd(self) -> FloatArray:
        """Sample standard deviation of the global stocks [Pg] (depth,)."""
        return _sd(self.total)

    @property
    def one_percent_sd(self) -> FloatArray:
        """Sample standard deviation of the answers to +1 % CUE [Pg] (depth,)."""
        return _sd(self.one_percent)

    @property
    def unlike(self) -> npt.NDArray[np.bool_]:
        """Whether a cell is unlike any training site (cell,)."""
        unlike: npt.NDArray[np.bool_] = self.dissimilarity > EDGE
        return unlike


def _sd(values: FloatArray) -> FloatArray:
    spread: FloatArray = values.std(axis=0, ddof=1)
    return spread


def from_dataset(retrieved: xr.Dataset) -> Ensemble:
    """The ensemble from the variables of ``data/retrieved.nc``."""

    def values(name: str, *dims: str) -> FloatArray:
        return np.asarray(retrieved[name].transpose(*dims).values, dtype=float)

    width = parameters.UPPER - parameters.LOWER
    parameter_sd = values("parameter_unit_sd", "parameter", "cell") * width[:, None]
    return Ensemble(
        soc_mean=values("soc_mean", "depth", "cell"),
        soc_sd=values("soc_sd", "depth", "cell"),
        mechanism_sd=dict(zip(mechanisms.UNITS, values("mechanism_sd", "mechanism", "cell"), strict=True)),
        parameter_sd=dict(zip(parameters.IDS, parameter_sd, strict=True)),
        total=values("global_stock", "member", "depth"),
        one_percent=values("one_percent", "member", "depth"),
        profiles=values("profile_count", "cell"),
        dissimilarity=values("dissimilarity", "cell"),
        source=str(retrieved.attrs.get("source", "")),
        licence=str(retrieved.attrs.get("licence", "")),
    )
