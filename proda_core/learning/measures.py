"""Measures of skill for soil carbon, and their bootstrap over blocks of the Earth.

For observed o and predicted p, with weights w that sum to 1 and means o', p' under them:

    NSE          1 - sum w (p - o)^2 / sum w (o - o')^2     Nash & Sutcliffe 1970, doi:10.1016/0022-1694(70)90255-6
    RMSE         sqrt(sum w (p - o)^2)
    bias         p' - o';  relative: (p' - o') / o'
    r            Pearson's correlation
    concordance  2 cov(o, p) / (var o + var p + (p' - o')^2)     Lin 1989, doi:10.2307/2532051

The NSE is judged against the 1:1 line: 1 is perfect, 0 is as good as the mean of what was observed, below 0 worse than that.  In
log space everything is computed from natural logarithms, which weighs a layer by its relative rather than its absolute error.

Layers of one profile and profiles of one landscape are not independent, so intervals come from resampling whole blocks of
latitude and longitude with replacement (block bootstrap: Kunsch 1989, doi:10.1214/aos/1176347265; Roberts et al. 2017,
doi:10.1111/ecog.02881).  All measures are functions of seven sums, taken per block once: a resample is a matrix product.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

LOG_FLOOR = 10.0
"""Densities below this count as this much in log space [gC m-3]; soils hold some thousand times as much."""

LEVEL = 0.95
"""Part of the resamples that lies within an interval."""

FEWEST_BLOCKS = 5
"""Layers in fewer blocks get no interval: so few say little about how blocks differ."""


@dataclass(frozen=True)
class Measures:
    """Measures of skill; scalars, or one value for each resample.

    Attributes:
        nse: Nash-Sutcliffe efficiency, about the 1:1 line [1].
        rmse: root-mean-square error [unit of the data].
        bias: mean of predicted minus mean of observed [unit of the data].
        relative_bias: bias per mean of observed [1].
        r: Pearson's correlation [1]; NaN where predictions do not vary.
        concordance: Lin's concordance [1].
    """

    nse: FloatArray
    rmse: FloatArray
    bias: FloatArray
    relative_bias: FloatArray
    r: FloatArray
    concordance: FloatArray


class Sums:
    """The seven sums over layers, kept by block.

    Args:
        observed: (layer,).
        predicted: in the same unit (layer,).
        weight: of each layer, not negative (layer,); all alike when left out.
        block: of each layer (layer,); all in one when left out.
        log: in log space; then both are SOC densities [gC m-3], raised to :data:`LOG_FLOOR`.

    Raises:
        ValueError: different numbers of layers, none, or values that are not finite.
    """

    def __init__(
        self,
        observed: npt.ArrayLike,
        predicted: npt.ArrayLike,
        weight: npt.ArrayLike | None = None,
        block: IntArray | None = None,
        *,
        log: bool = False,
    ) -> None:
        o, p = np.asarray(observed, dtype=np.float64), np.asarray(predicted, dtype=np.float64)
        w = np.ones_like(o) if weight is None else np.asarray(weight, dtype=np.float64)
        _check(o, p, w)
        if log:
            o, p = np.log(np.maximum(o, LOG_FLOOR)), np.log(np.maximum(p, LOG_FLOOR))
        self._origin = float(np.average(o, weights=w))  # sums are taken about it, so that nothing cancels
        o, p = o - self._origin, p - self._origin
        number = np.zeros(len(o), dtype=np.int64) if block is None else np.unique(block, return_inverse=True)[1]
        terms = (np.ones_like(o), o, p, o * o, p * p, o * p, (p - o) ** 2)
        self._by_block = np.stack([np.bincount(number, weights=w * term) for term in terms], axis=1)

    @property
    def blocks(self) -> int:
        """Number of blocks that hold any of the layers."""
        return len(self._by_block)

    def all(self) -> Measures:
        """Skill over all layers."""
        return self._measures(self._by_block.sum(axis=0))

    def resampled(self, resamples: int, seed: int) -> Measures:
        """Skill of resamples, for each of which as many blocks as there are were drawn with replacement (resample,).

        The same number of blocks and the same seed draw the same blocks, which makes comparisons of methods paired.
        """
        drawn = (
            np.random.default_rng(seed)
            .multinomial(self.blocks, np.full(self.blocks, 1 / self.blocks), size=resamples)
            .astype(np.float64)
        )
        return self._measures(drawn @ self._by_block)

    def _measures(self, sums: FloatArray) -> Measures:
        """From the seven sums (..., 7)."""
        n, o, p, oo, pp, op, error = np.moveaxis(sums, -1, 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            o, p, error = o / n, p / n, error / n
            var_o, var_p, cov = np.maximum(oo / n - o * o, 0), np.maximum(pp / n - p * p, 0), op / n - o * p
            return Measures(
                nse=1 - error / var_o,
                rmse=np.sqrt(error),
                bias=p - o,
                relative_bias=(p - o) / (o + self._origin),
                r=np.where(var_p > 1e-12 * error, cov / np.sqrt(var_o * var_p), np.nan),
                concordance=2 * cov / (var_o + var_p + (p - o) ** 2),
            )


def _check(observed: FloatArray, predicted: FloatArray, weight: FloatArray) -> None:
    if not (observed.ndim == 1 and observed.shape == predicted.shape == weight.shape and len(observed)):
        got = f"shapes {observed.shape}, {predicted.shape}, {weight.shape}"
        raise ValueError(f"expected as many predicted layers and weights as observed ones, got {got}")
    if not (np.isfinite(observed).all() and np.isfinite(predicted).all()):
        raise ValueError("expected finite observed and predicted values, got missing or infinite ones; leave those layers out")
    if not (np.isfinite(weight).all() and (weight >= 0).all() and weight.sum() > 0):
        raise ValueError("expected weights that are not negative and not all zero, got others; leave them out to weigh all alike")


def measures(
    observed: npt.ArrayLike, predicted: npt.ArrayLike, weight: npt.ArrayLike | None = None, *, log: bool = False
) -> Measures:
    """Skill over some layers; for the arguments see :class:`Sums`.

    >>> found = measures([1.0, 2.0, 3.0], [1.0, 2.0, 4.0])
    >>> float(found.nse), round(float(found.concordance), 3)
    (0.5, 0.857)
    """
    return Sums(observed, predicted, weight, log=log).all()


def interval(values: FloatArray, level: float = LEVEL) -> tuple[float, float]:
    """The central part of resampled values, by percentiles; those that are not finite are left out.

    >>> interval(np.arange(101.0), 0.5)
    (25.0, 75.0)
    """
    known = values[np.isfinite(values)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
