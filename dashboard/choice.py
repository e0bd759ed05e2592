"""A choice: everything that one page shows follows from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from proda_core.scenario import Scenario
from proda_core.scenarios import Experiment, Region

BASELINE = Scenario()

DIGITS = 6
"""Decimals of a relative change that are kept, so that equal choices are equal keys."""


class Look(NamedTuple):
    """What one map shows.

    Attributes:
        variable: key of ``catalogue.MAPS``.
        depth: key of ``catalogue.DEPTHS``.
        view: key of ``catalogue.VIEWS``.
    """

    variable: str
    depth: str
    view: str


@dataclass(frozen=True)
class Choice:
    """Everything that the page shows follows from this; hashable, so that answers can be kept.

    Attributes:
        scenario: what was changed.
        variable: key of ``catalogue.MAPS``.
        depth: key of ``catalogue.DEPTHS``.
        view: key of ``catalogue.VIEWS``.
        place: latitude and longitude [degrees], or none.
        region: the part of the land whose stocks are told; all of it if none.
        within: whether the change applies in the region only.
        compare: key of ``catalogue.COMPARISONS``.
        other: what the other map of a comparison shows; the chosen map at its baseline if none was chosen.
        projection: key of ``catalogue.PROJECTIONS``.
        fade: whether maps fade where the ensemble is uncertain.
    """

    scenario: Scenario = BASELINE
    variable: str = "soc"
    depth: str = "1m"
    view: str = "scenario"
    place: tuple[float, float] | None = None
    region: Region | None = None
    within: bool = False
    compare: str = ""
    other: Look | None = None
    projection: str = "equal-earth"
    fade: bool = False

    @property
    def look(self) -> Look:
        """What the map shows."""
        return Look(self.variable, self.depth, self.view)

    @property
    def second(self) -> Look:
        """What the other map of a comparison shows."""
        return self.other or Look(self.variable, self.depth, "baseline")

    @property
    def change(self) -> Scenario | Experiment:
        """What the model is asked: the scenario, or the same in the region only."""
        if self.region is None or not self.within or self.scenario.is_baseline:
            return self.scenario
        return Experiment("view", "", "", "", change=self.scenario, region=self.region)

    def but(self, **new: Any) -> Choice:
        """The same with other values of some attributes."""
        return replace(self, **new)
