"""What a visitor chose; knows neither the page's libraries nor the model's results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import param

from dashboard.catalogue import CONTROLS, DEPTHS, MAPS, VIEWS
from proda_core.scenario import Scenario, finite

DIGITS = 6
"""Decimals of a relative change that are kept, so that equal choices are equal keys."""


BASELINE = Scenario()


@dataclass(frozen=True)
class Choice:
    """Everything that the page shows follows from this; hashable, so that answers can be kept.

    Attributes:
        scenario: what was changed.
        variable: key of ``catalogue.MAPS``.
        depth: key of ``catalogue.DEPTHS``.
        view: key of ``catalogue.VIEWS``.
        place: latitude and longitude [degrees], or none.
    """

    scenario: Scenario = BASELINE
    variable: str = "soc"
    depth: str = "1m"
    view: str = "scenario"
    place: tuple[float, float] | None = None


class State(param.Parameterized):
    """The choices of one visitor; ``choice`` changes last and as a whole, and is what to watch."""

    choice = param.ClassSelector(class_=Choice, default=Choice())
    follows = param.Boolean(default=True, doc="Whether the map turns to the change by itself when a slider first moves.")
    mechanism = param.Selector(default="cue", objects=list(CONTROLS), doc="What the response curve runs through.")

    def set_change(self, name: str, value: Any) -> bool:
        """Set one slider [its unit]; values outside its range move to the nearest limit.

        Returns:
            whether the value was a finite number; others are refused and nothing changes.
        """
        control = CONTROLS[name]
        number = finite(value)
        if number is None:
            return False
        before = self.choice.scenario
        after = before.with_change(name, round(min(max(number, control.limits[0]), control.limits[1]) / control.scale, DIGITS))
        view = self.choice.view
        if self.follows and before.is_baseline and not after.is_baseline:
            view = "change"
        self._choose(scenario=after, view=view)
        return True

    def change(self, name: str) -> float:
        """The value of one slider [its unit]."""
        value: float = getattr(self.choice.scenario, name)
        return round(value * CONTROLS[name].scale, DIGITS)

    def reset(self) -> None:
        """All sliders back to the baseline."""
        self._choose(scenario=Scenario(), view="scenario" if self.follows else self.choice.view)

    def show(self, variable: str | None = None, depth: str | None = None, view: str | None = None) -> None:
        """Choose what the map shows.

        Raises:
            ValueError: a name that is not in the tables.
        """
        for value, table in ((variable, MAPS), (depth, DEPTHS), (view, VIEWS)):
            if value is not None and value not in table:
                raise ValueError(f"expected one of {', '.join(table)}; got {value!r}")
        if view is not None:
            self.follows = False
        new = {"variable": variable, "depth": depth, "view": view}
        self._choose(**{key: value for key, value in new.items() if value is not None})

    def visit(self, latitude: Any, longitude: Any) -> bool:
        """Choose a place [degrees]; returns whether it was one."""
        north, east = finite(latitude), finite(longitude)
        if north is None or east is None or abs(north) > 90.0 or abs(east) > 180.0:
            return False
        self._choose(place=(round(north, 4), round(east, 4)))
        return True

    def _choose(self, **new: Any) -> None:
        old = self.choice
        kept = {name: getattr(old, name) for name in ("scenario", "variable", "depth", "view", "place")}
        self.choice = Choice(**{**kept, **new})
