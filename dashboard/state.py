"""What a visitor chose; knows neither the page's libraries nor the model's results."""

from __future__ import annotations

import time
from collections.abc import Hashable, Mapping
from typing import Any

import param

from dashboard.catalogue import COMPARISONS, CONTROLS, DEPTHS, MAPS, PROJECTIONS, VIEWS
from dashboard.choice import DIGITS, MODES, Choice, Guide, Pinned
from dashboard.expert import SLIDERS
from dashboard.framing import Framing
from dashboard.history import History
from proda_core.scenario import Scenario, finite
from proda_core.scenarios import Region


class State(param.Parameterized):
    """The choices of one visitor; ``choice`` changes last and as a whole, and is what to watch."""

    choice = param.ClassSelector(class_=Choice, default=Choice())
    follows = param.Boolean(default=True, doc="Whether the map turns to the change by itself when a slider first moves.")
    mechanism = param.Selector(default="cue", objects=list(CONTROLS), doc="What the response curve runs through.")
    framing = param.ClassSelector(class_=Framing, default=Framing(), doc="How maps are looked at.")

    def __init__(self, first: Choice | None = None, framing: Framing | None = None) -> None:
        super().__init__(framing=framing or Framing())
        self._early: list[tuple[Hashable, dict[str, Any]]] | None = None
        self.begin(first or Choice())

    def begin(self, first: Choice) -> None:
        """Start with a choice, nothing before it; one that a link made keeps its view when sliders move."""
        self.history = History(first)
        self.param.update(choice=first, follows=first == Choice(), mechanism="cue")

    def wait(self) -> None:
        """Keep what is chosen until :meth:`go`: the page cannot show it yet."""
        self._early = []

    def go(self) -> None:
        """Choose what was kept, and from now on at once."""
        early, self._early = self._early or [], None
        for kind, new in early:
            self._choose(kind, **new)

    def set_change(self, name: str, value: Any) -> bool:
        """Set one slider [its unit]; values outside its range move to the nearest limit.

        Returns:
            whether the value was a finite number; others are refused and nothing changes.
        """
        control = SLIDERS[name]
        number = finite(value)
        if number is None:
            return False
        value = round(min(max(number, control.limits[0]), control.limits[1]) / control.scale, DIGITS)
        if value == self.choice.scenario.value(name):
            return True  # the slider only follows what is shown
        before = self.history.present.scenario
        after = before.with_change(name, value)
        view = self.history.present.view
        if self.follows and before.is_baseline and not after.is_baseline:
            view = "change"
        self._choose(name, scenario=after, view=view)
        return True

    def change(self, name: str) -> float:
        """The value of one slider [its unit]."""
        return float(round(self.choice.scenario.value(name) * SLIDERS[name].scale, DIGITS))

    def only(self, name: str, value: Any) -> None:
        """Set one slider [its unit] and all others to the baseline, one step."""
        number = finite(value)
        if number is not None:
            control = SLIDERS[name]
            held = round(min(max(number, control.limits[0]), control.limits[1]) / control.scale, DIGITS)
            view = "change" if self.follows else self.history.present.view
            self._choose("only", scenario=Scenario().with_change(name, held), view=view)

    def reset(self) -> None:
        """All sliders back to the baseline."""
        self._choose("reset", scenario=Scenario(), view="scenario" if self.follows else self.choice.view)

    def show(self, variable: str | None = None, depth: str | None = None, view: str | None = None) -> None:
        """Choose what the map shows.

        Raises:
            ValueError: a name that is not in the tables.
        """
        new = _looked(variable, depth, view)
        if view is not None:
            self.follows = False
        self._choose("map", **new)

    def show_other(self, variable: str | None = None, depth: str | None = None, view: str | None = None) -> None:
        """Choose what the other map of a comparison shows.

        Raises:
            ValueError: a name that is not in the tables.
        """
        self._choose("other", other=self.history.present.second._replace(**_looked(variable, depth, view)))

    def compare(self, how: str) -> None:
        """Show one map, or two in one of the ways of ``catalogue.COMPARISONS``.

        Raises:
            ValueError: a way that is not in the table.
        """
        self._choose("compare", compare=_known(how, COMPARISONS))

    def fade(self, faded: bool) -> None:
        """Let maps fade where they are uncertain, or not."""
        self._choose("fade", fade=faded)

    def project(self, name: str) -> None:
        """Lay the globe flat in one of the ways of ``catalogue.PROJECTIONS``.

        Raises:
            ValueError: a way that is not in the table.
        """
        self._choose("projection", projection=_known(name, PROJECTIONS))

    def visit(self, latitude: Any, longitude: Any) -> bool:
        """Choose a place [degrees]; returns whether it was one."""
        place = _place(latitude, longitude)
        if place is not None:
            self._choose("place", place=place)
        return place is not None

    def visit_beside(self, latitude: Any, longitude: Any) -> bool:
        """Choose a place to compare the chosen one with [degrees]; returns whether it was one."""
        place = _place(latitude, longitude)
        if place is not None:
            self._choose("second place", second_place=place)
        return place is not None

    def swap_places(self) -> None:
        """Let the chosen place and that which it is compared with change places."""
        present = self.history.present
        if present.place is not None and present.second_place is not None:
            self._choose("swap", place=present.second_place, second_place=present.place)

    def stop_comparing(self) -> None:
        """Compare the chosen place with none."""
        self._choose("second place", second_place=None)

    def look_at(self, region: Region | None, within: bool | None = None) -> None:
        """Choose a part of the land, none for all of it.

        Args:
            region: the part.
            within: whether changes apply there only; as before if not said.
        """
        only = self.history.present.within if within is None else within
        self._choose("region", region=region, within=only and region is not None)

    def speak(self, mode: str) -> None:
        """Choose how the page speaks.

        Raises:
            ValueError: not a key of ``choice.MODES``.
        """
        if mode not in MODES:
            raise ValueError(f"expected one of {', '.join(MODES)}; got {mode!r}")
        self._choose("mode", mode=mode)

    def pin(self) -> None:
        """Keep the present scenario as A; a baseline is not kept, the page compares with it anyway."""
        present = self.history.present
        if not present.scenario.is_baseline:
            self._choose("pin", pinned=present.present)

    def unpin(self) -> None:
        """Compare no more."""
        self._choose("pin", pinned=None)

    def swap(self) -> None:
        """Make A the present scenario and the present one A."""
        present = self.history.present
        if present.pinned is not None and not present.scenario.is_baseline:
            self._take(present.pinned, present.present)

    def back_to_pinned(self) -> None:
        """Make the present scenario that of A once more."""
        pinned = self.history.present.pinned
        if pinned is not None:
            self._take(pinned, pinned)

    def _take(self, wanted: Pinned, pinned: Pinned) -> None:
        # a scenario of all land leaves the region whose stocks are told as it is
        region = wanted.region or self.history.present.region
        self._choose("pin", scenario=wanted.scenario, region=region, within=wanted.region is not None, pinned=pinned)

    def go_to(self, guide: Guide, page: Choice) -> None:
        """Go to a step of a lesson or presentation, which sets the page; what was before waits until that ends."""
        if self.history.present.guide is None:
            self.history.set_aside()
        choice = page.but(guide=guide)
        self.history.note(choice, "guide", time.monotonic())
        self.choice = choice

    def leave(self) -> None:
        """End a lesson or presentation: what was before it comes back, with all steps; the page stays where nothing was."""
        if self.history.present.guide is None:
            return
        resumed = self.history.resume()
        if resumed is None:
            self._choose("guide", guide=None)
        else:
            self.choice = resumed

    def undo(self) -> None:
        """Take the last step back."""
        self.choice = self.history.undo()

    def redo(self) -> None:
        """Take a step again that was taken back."""
        self.choice = self.history.redo()

    def look_back(self) -> bool:
        """Show what was there before the last change of the sliders, without a step; any step ends it.

        Returns:
            whether there was such a change.
        """
        before = self.history.before
        if before is not None:
            self.choice = before
        return before is not None

    def look_again(self) -> None:
        """Show what stands."""
        self.choice = self.history.present

    def _choose(self, kind: Hashable, **new: Any) -> None:
        if self._early is not None:
            self._early.append((kind, new))
            return
        choice = self.history.present.but(**new)
        self.history.note(choice, kind, time.monotonic())
        self.choice = choice


def _place(latitude: Any, longitude: Any) -> tuple[float, float] | None:
    """A place [degrees], if it is one."""
    north, east = finite(latitude), finite(longitude)
    if north is None or east is None or abs(north) > 90.0 or abs(east) > 180.0:
        return None
    return round(north, 4), round(east, 4)


def _known(value: str, table: Mapping[str, object]) -> str:
    if value not in table:
        raise ValueError(f"expected one of {', '.join(table)}; got {value!r}")
    return value


def _looked(variable: str | None, depth: str | None, view: str | None) -> dict[str, str]:
    """Those of a map's names that are given, if the tables know them."""
    given: dict[str, tuple[str | None, Mapping[str, object]]]
    given = {"variable": (variable, MAPS), "depth": (depth, DEPTHS), "view": (view, VIEWS)}
    return {key: _known(value, table) for key, (value, table) in given.items() if value is not None}
