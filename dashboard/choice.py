"""A choice: everything that one page shows follows from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from dashboard.language import mark
from proda_core.scenario import Scenario
from proda_core.scenarios import Experiment, Region

BASELINE = Scenario()

DIGITS = 6
"""Decimals of a relative change that are kept, so that equal choices are equal keys."""


MODES: dict[str, str] = {"plain": mark("Plain language"), "expert": mark("Expert")}
"""Ways in which the page speaks; the first is that of the first look."""


@dataclass(frozen=True)
class Pinned:
    """A scenario that is kept to compare others with.

    Attributes:
        scenario: what it changes.
        region: where; everywhere if none.
    """

    scenario: Scenario
    region: Region | None = None

    @property
    def change(self) -> Scenario | Experiment:
        """What the model is asked."""
        if self.region is None or self.scenario.is_baseline:
            return self.scenario
        return Experiment("view", "", "", "", change=self.scenario, region=self.region)


class Guide(NamedTuple):
    """Where in a lesson or a presentation somebody is.

    Attributes:
        kind: ``lesson`` or ``present``.
        name: of the lesson or presentation.
        step: its step or view, from 1.
    """

    kind: str
    name: str
    step: int


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
        mode: how the page speaks, a key of :data:`MODES`.
        pinned: scenario A, with which the present one is compared, if there is one.
        second_place: latitude and longitude of the place that ``place`` is compared with [degrees], or none.
        guide: the step of a lesson or presentation that is shown, if any.
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
    mode: str = "plain"
    pinned: Pinned | None = None
    second_place: tuple[float, float] | None = None
    guide: Guide | None = None
    compare: str = ""
    other: Look | None = None
    projection: str = "equal-earth"
    fade: bool = False

    @property
    def present(self) -> Pinned:
        """The present scenario as it would be pinned."""
        return Pinned(self.scenario, self.region if self.within else None)

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
        return self.present.change

    def but(self, **new: Any) -> Choice:
        """The same with other values of some attributes."""
        return replace(self, **new)
