"""What a choice puts on the map: the values of the cells, the ends of the colour scale, and why a view cannot be shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from dashboard.catalogue import EVIDENCE, GAINS, MAPS, SCENARIO_VIEWS, SENSITIVITY, VIEWS
from dashboard.ensemble import Ensemble
from dashboard.language import tr
from proda_core import parameters
from proda_core.grid import STOCK_DEPTHS, LandGrid
from proda_core.simulation import Outcome

FloatArray = npt.NDArray[np.float64]

DEPTH_INDEX: dict[str, int] = {name: i for i, name in enumerate(STOCK_DEPTHS)}
FADED = 50.0
"""Coefficient of variation at which a value is all but faded away [%]; the same for every map, so that fading means the same."""

BLOCK = 2.5
"""Side of the blocks in which profiles are counted [degrees]."""


class Fields:
    """All that can be mapped.

    Args:
        land: where the cells are.
        baseline: the unperturbed globe, with every mechanism.
        physical: the parameters that it was solved with, physical units (cell, 21).
        ensemble: what is known of their spread, if anything is.
        gains: gain per cent of each mechanism (cell,) above a depth.
    """

    def __init__(
        self,
        land: LandGrid,
        baseline: Outcome,
        physical: FloatArray,
        ensemble: Ensemble | None,
        gains: Callable[[str], Mapping[str, FloatArray]],
    ) -> None:
        self._area, self._baseline, self._ensemble = land.area, baseline, ensemble
        self._parameter: dict[str, FloatArray] = dict(zip(parameters.IDS, np.ascontiguousarray(physical.T), strict=True))
        self.profiles = self._nowhere() if ensemble is None else profiles_in_blocks(land, ensemble.profiles)
        self.gains = gains
        self._evidence: dict[str, FloatArray] = {}
        if ensemble is not None:
            self._evidence = {"profile_count": self.profiles, "dissimilarity": ensemble.dissimilarity}

    def refusal(self, variable: str, view: str) -> str:
        """Why a map cannot be looked at in a way; empty where it can."""
        row = MAPS[variable]
        if row.group == EVIDENCE and not self._evidence:
            return tr("Where the profiles are is not known without the retrieved parameters, which are missing.")
        if row.group == SENSITIVITY and view != "baseline":
            return tr("The sensitivity is worked out at the baseline.")
        if row.group == EVIDENCE and view in (*SCENARIO_VIEWS, "uncertainty"):
            return tr("No scenario changes the profiles: there is one map of them.")
        if not row.follows_scenarios and view in SCENARIO_VIEWS:
            return tr("No scenario changes a parameter's map, which shows what was learned: see its baseline or uncertainty.")
        if view != "uncertainty":
            return ""
        if self._ensemble is None:
            return tr("No uncertainty without the ensemble of retrieved parameters, which is missing.")
        if not np.any(self._spread(variable, "full") > 0):
            return tr("No uncertainty: all members of the ensemble share this.")
        return ""

    def view(self, variable: str, view: str) -> str:
        """The view that is shown where ``view`` is wished for."""
        return "baseline" if self.refusal(variable, view) else view

    def values(self, variable: str, view: str, depth: str, outcome: Outcome) -> FloatArray:
        """The cell values that a choice puts on the map (cell,).

        Args:
            variable: key of ``catalogue.MAPS``.
            view: key of ``catalogue.VIEWS`` that is not refused.
            depth: key of ``catalogue.DEPTHS``; only stocks have one.
            outcome: the globe under the scenario.

        Returns:
            values in the unit of the map, or per cent; NaN where there are none.
        """
        if view == "uncertainty":
            return self._spread(variable, depth)
        before = self._solved(self._baseline, variable, depth)
        if view == "baseline":
            return before
        after = self._solved(outcome, variable, depth)
        if view == "scenario":
            return after
        if view == "change":
            return after - before
        with np.errstate(divide="ignore", invalid="ignore"):
            relative: FloatArray = np.where(before != 0, 100.0 * (after / before - 1.0), np.nan)
        return relative

    def limits(self, variable: str, depth: str, view: str) -> tuple[float, float]:
        """Ends of the colour scale, from the baseline alone, so that they stand still while sliders move."""
        if view == "percent":
            return -10.0, 10.0
        values = self.values(variable, "uncertainty" if view == "uncertainty" else "baseline", depth, self._baseline)
        low, high = self.percentiles(values, (4.0, 96.0))
        if view == "change":
            return -nice(0.1 * high), nice(0.1 * high)
        if view == "uncertainty" or variable == "dissimilarity":
            return 0.0, nice(high) or 1.0
        if variable in GAINS:
            most = nice(max(high, -low)) or 1.0
            return (0.0 if MAPS[variable].colours != "vik" else -most), most
        if variable == "profile_count":
            return 1.0, max(nice(high), 10.0)
        if variable in parameters.INDEX:
            return self._parameter_limits(variable, low, high)
        if MAPS[variable].logarithmic:
            top = nice(high) or 1.0
            return max(nice(low), 1e-3 * top), top  # a logarithm has no zero
        if variable in ("soc", "carbon_input"):
            return 0.0, nice(high)
        # a mechanism that is nearly the same everywhere still gets a scale on which a slider's move can be seen
        spread = max(high - low, 0.4 * abs(high))
        middle = (low + high) / 2
        return round(middle - spread / 2, 2), round(middle + spread / 2, 2)

    def fitted(self, values: FloatArray, otherwise: tuple[float, float]) -> tuple[float, float]:
        """Ends of a colour scale for changes that fits these very values (cell,)."""
        most = self.percentiles(np.abs(values), (96.0,))[0]
        top = nice(most) if most > 0 else otherwise[1]
        return -top, top

    def coefficient_of_variation(self, variable: str, depth: str) -> FloatArray:
        """Standard deviation over the baseline [%] (cell,), NaN where the baseline is zero."""
        before = self._solved(self._baseline, variable, depth)
        with np.errstate(divide="ignore", invalid="ignore"):
            share: FloatArray = np.where(before != 0, 100.0 * self._spread(variable, depth) / np.abs(before), np.nan)
        return share

    def unfaded(self, variable: str, view: str) -> str:
        """Why a map does not fade where it is uncertain; empty where it does."""
        if view in ("baseline", "scenario"):
            return self.refusal(variable, "uncertainty")
        return tr("Fading tells the spread of values; the map shows a change or the spread itself.")

    def fading(self, variable: str, depth: str) -> npt.NDArray[np.uint8]:
        """How far each cell is faded, from nothing to all [%] (cell,)."""
        share = np.nan_to_num(self.coefficient_of_variation(variable, depth) / FADED)
        return np.round(100 * np.clip(share, 0, 1)).astype(np.uint8)

    def _spread(self, variable: str, depth: str) -> FloatArray:
        if self._ensemble is None:
            return self._nowhere()
        if variable == "soc":
            return at_depth(self._ensemble.soc_sd, depth)
        table = self._ensemble.parameter_sd if variable in parameters.INDEX else self._ensemble.mechanism_sd
        return table.get(variable, self._nowhere())

    def _solved(self, outcome: Outcome, variable: str, depth: str) -> FloatArray:
        if variable in parameters.INDEX:
            return self._parameter[variable]
        if MAPS[variable].group == EVIDENCE:
            return self._evidence.get(variable, self._nowhere())
        if variable in GAINS:
            return self.gains(depth)[GAINS[variable]]
        if variable == "soc":
            return at_depth(outcome.soc, depth)
        return outcome.mechanism[variable]

    def _nowhere(self) -> FloatArray:
        return np.full(len(self._area), np.nan)

    def _parameter_limits(self, variable: str, low: float, high: float) -> tuple[float, float]:
        """What the map spans; all that the parameter may be where it is the same everywhere."""
        i = parameters.INDEX[variable]
        least, most = float(parameters.LOWER[i]), float(parameters.UPPER[i])
        if high - low < 0.01 * (most - least):
            return least, most
        return float(f"{low:.2g}"), float(f"{high:.2g}")

    def percentiles(self, values: FloatArray, percentiles: tuple[float, ...]) -> list[float]:
        """Values that so many per cent of the area with values stay below; zero where there are none."""
        known = np.isfinite(values)
        if not known.any():
            return [0.0] * len(percentiles)
        values, area = values[known], self._area[known]
        order = np.argsort(values)
        share = np.cumsum(area[order])
        return [float(values[order][np.searchsorted(share, p / 100 * share[-1])]) for p in percentiles]


def at_depth(stocks: FloatArray, depth: str) -> FloatArray:
    """Stocks (depth, cell) above one depth (cell,)."""
    above: FloatArray = stocks[DEPTH_INDEX[depth]]
    return above


def profiles_in_blocks(land: LandGrid, profiles: FloatArray) -> FloatArray:
    """Profiles in the block of each cell, NaN where there are none (cell,)."""
    side = round(BLOCK / land.size)
    block = (land.row // side) * (land.shape[1] // side + 1) + land.column // side
    counted = np.bincount(block, weights=profiles)[block]
    return np.where(counted > 0, counted, np.nan)


def nice(value: float) -> float:
    """The next round number: 1, 1.5, 2, 3, 4, 5, 6, 8 or 10 times a power of ten.

    >>> nice(37.2), nice(0.0121), nice(6.0)
    (40.0, 0.015, 6.0)
    """
    if value <= 0:
        return 0.0
    power = 10.0 ** np.floor(np.log10(value))
    step = next(step for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if step * power >= value * (1 - 1e-9))
    return float(f"{step * power:.3g}")


if set(VIEWS) != {"baseline", *SCENARIO_VIEWS, "uncertainty"}:
    raise RuntimeError(f"expected values for every view, got {', '.join(VIEWS)}")
