"""How carbon use efficiency goes with temperature and with carbon over the land, at the baseline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dashboard.language import mark
from proda_core.simulation import Outcome, World
from proda_core.simulation.relations import CARBON_TO, correlation, quantile

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

ZONES: dict[str, str] = {
    "A": mark("tropical"),
    "B": mark("dry"),
    "C": mark("temperate"),
    "D": mark("continental"),
    "E": mark("polar"),
}
"""Main climate zones of Koppen, by the first letter of each zone."""

DRAWN = 1500
"""Land cells that are drawn as dots."""

LEAST = 0.005
"""Part of the land that a bin holds at least; smaller ones are not drawn."""


@dataclass(frozen=True)
class Course:
    """CUE in bins of another quantity, weighted by area.

    Attributes:
        middle: of the bins [unit of the quantity] (bin,).
        low: 16 % of the land in the bin lies below (bin,).
        median: (bin,).
        high: 84 % lies below (bin,).
    """

    middle: FloatArray
    low: FloatArray
    median: FloatArray
    high: FloatArray


@dataclass(frozen=True)
class Efficiency:
    """CUE of the baseline beside what it may depend on; correlations and quantiles are weighted by area.

    Attributes:
        cue: of the cells that are drawn [1] (dot,).
        temperature: mean annual air temperature there [degC] (dot,).
        carbon: soil organic carbon above 1 m there [kg m-2] (dot,).
        zone: main climate zone there, a position in :data:`ZONES` (dot,).
        by_temperature: CUE in bins of temperature.
        by_carbon: CUE in bins of the logarithm of carbon; its middles are carbon [kg m-2].
        with_temperature: correlation with temperature over the land [1].
        slope: of its regression on temperature [degC-1].
        with_carbon: correlation with carbon over the land [1].
        in_zones: correlation with carbon within each zone of :data:`ZONES` [1].
        range: CUE that 5 and 95 % of the land lie below [1].
    """

    cue: FloatArray
    temperature: FloatArray
    carbon: FloatArray
    zone: IntArray
    by_temperature: Course
    by_carbon: Course
    with_temperature: float
    slope: float
    with_carbon: float
    in_zones: FloatArray
    range: tuple[float, float]


def of_globe(baseline: Outcome, world: World) -> Efficiency | None:
    """How CUE goes with temperature and carbon; none where temperature or climate zones are not known.

    Args:
        baseline: the unperturbed globe, with its mechanisms.
        world: the land, its climate zones and its temperature.
    """
    regions, temperature = world.regions.get("koppen"), world.air_temperature
    if regions is None or temperature is None:
        return None
    main = np.array([list(ZONES).index(name[0]) for name in regions.names])[regions.index]
    cue, carbon, area = baseline.mechanism["cue"], baseline.soc[CARBON_TO], world.land.area
    share = area / area.sum()
    dots = np.random.default_rng(7).choice(len(cue), min(DRAWN, len(cue)), replace=False, p=share)
    with_temperature = correlation(cue, temperature, share)
    return Efficiency(
        cue[dots],
        temperature[dots],
        carbon[dots],
        main[dots],
        course(temperature, cue, share, 3.0),
        _powers(course(np.log10(np.maximum(carbon, 1e-3)), cue, share, 0.15)),
        with_temperature,
        with_temperature * _spread(cue, share) / (_spread(temperature, share) or 1.0),
        correlation(cue, carbon, share),
        np.array([_within(cue, carbon, share, main == zone) for zone in range(len(ZONES))]),
        (quantile(cue, 0.05, share), quantile(cue, 0.95, share)),
    )


def course(x: FloatArray, y: FloatArray, share: FloatArray, width: float) -> Course:
    """Weighted median and the middle 68 % of y in bins of x.

    Args:
        x: what the bins are of (cell,).
        y: what is told of (cell,).
        share: weights that sum to 1 (cell,); bins with less than :data:`LEAST` are left out.
        width: of the bins [unit of x].
    """
    bins = np.floor(x / width).astype(np.int64)
    held = [number for number in np.unique(bins) if share[bins == number].sum() >= LEAST]
    parts = (0.16, 0.5, 0.84)
    table = np.array([[quantile(y[bins == number], part, share[bins == number]) for part in parts] for number in held])
    return Course((np.array(held) + 0.5) * width, *table.reshape(-1, 3).T)


def _powers(found: Course) -> Course:
    return Course(10.0**found.middle, found.low, found.median, found.high)


def _spread(values: FloatArray, share: FloatArray) -> float:
    return float(np.sqrt(share @ (values - share @ values) ** 2))


def _within(cue: FloatArray, carbon: FloatArray, share: FloatArray, own: npt.NDArray[np.bool_]) -> float:
    """Correlation within a zone; NaN where it has too few cells for one."""
    return correlation(cue[own], carbon[own], share[own]) if own.sum() > 2 else float("nan")
