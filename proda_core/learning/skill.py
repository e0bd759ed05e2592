"""Skill of every method under every validation: over all layers, by depth, region and source, and by distance from profiles.

The NSE's **reference mean is that of the observed layers of the very group** that is judged (all layers, one depth class, one
region ...), and in a resample that of the resample.  In cross-validation the predictions of all folds are pooled first and judged
once, against the mean of all held-out layers.  The NSE within a group can be far below that of all layers: knowing that deep soil
holds less carbon than the topsoil earns nothing within a depth class.

Groups of distance are those of profiles held out in blocks; at random, almost every profile has a neighbour near by.

Layers that a method does not predict (NaN) are left out for that method and validation alone; the number of layers stands in each
row, so that a comparison over different layers can be seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from proda_core.learning import continents, distance
from proda_core.learning.measures import FEWEST_BLOCKS, Sums, interval
from proda_core.learning.validation import BLOCK_SIZE, blocks

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

DEPTH_EDGES = (0.3, 1.0, 2.0)
DEPTHS: tuple[str, ...] = ("0-0.3 m", "0.3-1 m", "1-2 m", ">2 m")
"""Classes of the depth of a layer's middle; a middle on an edge belongs to the class above it."""

GROUPS: tuple[str, ...] = ("all", "depth", "region", "source", "distance")
"""By what layers are grouped."""

FAR = "block"
"""Validation whose layers are also grouped by the distance to the nearest profile that a method has learnt from."""

RESAMPLES = 1000
"""Resamples of the bootstrap by default."""

FEWEST_LAYERS = 3
"""Groups of fewer layers are left out, and so are those in which every layer holds the same."""

LINEAR: tuple[str, ...] = ("rmse", "bias", "relative_bias", "r", "concordance")
LOG: tuple[str, ...] = ("nse", "rmse", "bias", "r", "concordance")
"""Measures of a row beside the NSE, and in log space."""

COLUMNS: tuple[str, ...] = (
    "method", "validation", "group", "name", "profiles", "layers", "nse", "nse_low", "nse_high", *LINEAR,
    *(f"log_{name}" for name in LOG),
)  # fmt: skip
"""Columns of :func:`table`.  RMSE and bias are in gC m-3, in log space in units of the natural logarithm; all others in 1."""


def groups(predictions: xr.Dataset) -> dict[tuple[str, str], BoolArray]:
    """Which layers belong to each group, by kind and name of the group, in the order in which they are shown (observation,).

    Args:
        predictions: see :func:`table`.
    """
    index = predictions["profile_index"].values
    latitude, longitude, source = (predictions[name].values for name in ("latitude", "longitude", "source"))
    middle = (predictions["layer_top"].values + predictions["layer_bottom"].values) / 2
    depth = np.searchsorted(DEPTH_EDGES, np.round(middle, 6), side="left")
    region = continents.region_index(latitude, longitude)[index]
    found = {("all", "all"): np.ones(len(index), dtype=bool)}
    found |= {("depth", name): depth == i for i, name in enumerate(DEPTHS)}
    found |= {("region", name): region == i for i, name in enumerate(continents.NAMES)}
    found |= {("source", str(name)): (source == name)[index] for name in np.unique(source)}
    return {key: mask for key, mask in found.items() if mask.any()}


def distances(predictions: xr.Dataset, validation: str) -> dict[tuple[str, str], BoolArray]:
    """Which layers lie how far from training profiles, as :func:`groups`; nothing where that is not known or not told."""
    if validation != FAR or "distance" not in predictions:
        return {}
    of_profile = distance.class_of(predictions["distance"].sel(validation=validation).values)
    of_layer = of_profile[predictions["profile_index"].values]
    found = {("distance", name): of_layer == i for i, name in enumerate(distance.CLASSES)}
    return {key: mask for key, mask in found.items() if mask.any()}


def table(
    predictions: xr.Dataset,
    *,
    weight: FloatArray | None = None,
    size: float = BLOCK_SIZE,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> pd.DataFrame:
    """Skill of every method under every validation in every group.

    Args:
        predictions: ``predicted`` (method, validation, observation) [gC m-3], NaN where there is none; ``soc_density`` [gC m-3],
            ``layer_top``, ``layer_bottom`` [m], ``profile_index`` (observation,); ``latitude``, ``longitude``, ``source``
            (profile,); ``distance``, to the nearest training profile [km] (validation, profile), may be missing.
        weight: of each layer (observation,); all alike when left out.
        size: side of the blocks that are resampled [degrees].
        resamples: of the bootstrap.
        seed: of the bootstrap.

    Returns:
        a row with :data:`COLUMNS` for each method, validation and group that has layers enough; ``nse_low`` and ``nse_high``
        bound the central 95 % of the resamples, NaN where there are fewer than ``measures.FEWEST_BLOCKS`` blocks.
    """
    layers, masks = _Layers.of(predictions, weight, size), groups(predictions)
    rows = []
    for method, validation, predicted in _cases(predictions):
        for (group, name), mask in (masks | distances(predictions, validation)).items():
            use = layers.judged(mask, predicted)
            if use is not None:
                row = {"method": method, "validation": validation, "group": group, "name": name}
                rows.append(row | _row(layers, predicted, use, resamples, seed))
    return pd.DataFrame(rows, columns=list(COLUMNS))


@dataclass(frozen=True)
class _Layers:
    """What is the same for all methods (observation,)."""

    observed: FloatArray
    weight: FloatArray
    profile: IntArray
    block: IntArray

    @classmethod
    def of(cls, predictions: xr.Dataset, weight: FloatArray | None, size: float) -> _Layers:
        observed, index = predictions["soc_density"].values, predictions["profile_index"].values
        block = blocks(predictions["latitude"].values, predictions["longitude"].values, size)[index]
        return cls(observed, np.ones_like(observed) if weight is None else weight, index, block)

    def judged(self, mask: BoolArray, *predicted: FloatArray) -> IntArray | None:
        """Positions of layers that all methods predict; None where they are too few to judge."""
        use = np.flatnonzero(mask & (self.weight > 0) & np.all([np.isfinite(one) for one in predicted], axis=0))
        return use if len(use) >= FEWEST_LAYERS and np.ptp(self.observed[use]) > 0 else None

    def sums(self, predicted: FloatArray, use: IntArray, *, log: bool = False) -> Sums:
        return Sums(self.observed[use], predicted[use], self.weight[use], self.block[use], log=log)


def _cases(predictions: xr.Dataset) -> Iterator[tuple[str, str, FloatArray]]:
    cube = predictions["predicted"].transpose("method", "validation", "observation")
    for m, method in enumerate(cube["method"].values):
        for v, validation in enumerate(cube["validation"].values):
            yield str(method), str(validation), cube.values[m, v]


def _row(layers: _Layers, predicted: FloatArray, use: IntArray, resamples: int, seed: int) -> dict[str, float]:
    """Skill of one method in one group."""
    sums, log_sums = layers.sums(predicted, use), layers.sums(predicted, use, log=True)
    linear, log = sums.all(), log_sums.all()
    low, high = _interval(sums, resamples, seed)
    return {
        "profiles": len(np.unique(layers.profile[use])),
        "layers": len(use),
        "nse": float(linear.nse),
        "nse_low": low,
        "nse_high": high,
        **{name: float(getattr(linear, name)) for name in LINEAR},
        **{f"log_{name}": float(getattr(log, name)) for name in LOG},
    }


def _interval(sums: Sums, resamples: int, seed: int) -> tuple[float, float]:
    if sums.blocks < FEWEST_BLOCKS:
        return float("nan"), float("nan")
    return interval(sums.resampled(resamples, seed).nse)


def differences(
    predictions: xr.Dataset,
    pairs: Iterable[tuple[str, str]] | None = None,
    *,
    weight: FloatArray | None = None,
    size: float = BLOCK_SIZE,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> pd.DataFrame:
    """By how much one method is better than another: NSE differences, paired, on the same resampled blocks.

    Over all layers, and by the distance to the nearest training profile where that is known.

    Two methods can differ for certain although their own intervals overlap, because both do well or badly in the same blocks.

    Args:
        predictions: see :func:`table`.
        pairs: of methods; every pair when left out, the later method of the two first.
        weight: of each layer (observation,); all alike when left out.
        size: side of the blocks that are resampled [degrees].
        resamples: of the bootstrap.
        seed: of the bootstrap.

    Returns:
        a row for each validation, group and pair that predict enough of the same layers: ``validation``, ``group``, ``name``,
        ``first``, ``second``, ``layers``, ``difference`` (NSE of the first minus that of the second), ``low`` and ``high``
        (central 95 %), ``better`` (part of the resamples in which the first is better), the last three NaN where blocks are
        too few; then the same of logarithms under names that begin with ``log_``.
    """
    layers = _Layers.of(predictions, weight, size)
    cases = {(method, validation): predicted for method, validation, predicted in _cases(predictions)}
    methods = [str(name) for name in predictions["method"].values]
    chosen = list(pairs) if pairs is not None else [(a, b) for i, b in enumerate(methods) for a in methods[i + 1 :]]
    measured = ["difference", "low", "high", "better"]
    names = ["validation", "group", "name", "first", "second", "layers", *measured, *(f"log_{name}" for name in measured)]
    rows: list[list[object]] = []
    for validation in map(str, predictions["validation"].values):
        masks = {("all", "all"): np.ones(len(layers.observed), dtype=bool)} | distances(predictions, validation)
        for (group, name), mask in masks.items():
            for first, second in chosen:
                a, b = cases[first, validation], cases[second, validation]
                use = layers.judged(mask, a, b)
                if use is not None:
                    both = [[layers.sums(predicted, use, log=log) for predicted in (a, b)] for log in (False, True)]
                    apart = [value for one, other in both for value in _difference(one, other, resamples, seed)]
                    rows.append([validation, group, name, first, second, len(use), *apart])
    return pd.DataFrame(rows, columns=names)


def _difference(one: Sums, other: Sums, resamples: int, seed: int) -> tuple[float, float, float, float]:
    """NSE of the one minus that of the other, its interval, and the part of the resamples in which the one is better."""
    whole = float(one.all().nse - other.all().nse)
    if one.blocks < FEWEST_BLOCKS:
        return whole, float("nan"), float("nan"), float("nan")
    apart = one.resampled(resamples, seed).nse - other.resampled(resamples, seed).nse
    return whole, *interval(apart), float(np.mean(apart > 0))
