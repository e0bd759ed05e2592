"""The way a visitor came: steps back and forth, and what the last change of the sliders changed."""

from __future__ import annotations

from collections.abc import Hashable
from typing import NamedTuple

from dashboard.choice import Choice

TOGETHER = 1.0
"""Moves of one slider that follow one another within this time are one step [s]."""

KEPT = 200
"""Steps that are remembered."""


class _Step(NamedTuple):
    choice: Choice
    kind: Hashable
    time: float


class History:
    """What was chosen, in order.

    Args:
        first: the choice that a visitor starts with.
    """

    def __init__(self, first: Choice) -> None:
        self._steps = [_Step(first, None, 0.0)]
        self._at = 0
        self._aside: tuple[list[_Step], int] | None = None

    @property
    def present(self) -> Choice:
        """The choice that stands."""
        return self._steps[self._at].choice

    @property
    def can_undo(self) -> bool:
        """Whether there is a choice before."""
        return self._at > 0

    @property
    def can_redo(self) -> bool:
        """Whether a step was taken back."""
        return self._at < len(self._steps) - 1

    def note(self, choice: Choice, kind: Hashable, now: float) -> None:
        """Remember a choice; what was taken back before is forgotten.

        Args:
            choice: the new one; one that equals the present is no step.
            kind: what changed; quick changes of one kind are one step.
            now: time of a steady clock [s].
        """
        if choice == self.present:
            return
        last = self._steps[self._at]
        del self._steps[self._at + 1 :]
        if self._at > 0 and kind == last.kind and now - last.time < TOGETHER:
            self._steps.pop()
        self._steps = [*self._steps, _Step(choice, kind, now)][-KEPT:]
        self._at = len(self._steps) - 1

    def undo(self) -> Choice:
        """One step back, as far as there is one."""
        self._at = max(self._at - 1, 0)
        return self.present

    def redo(self) -> Choice:
        """One step forth, as far as there is one."""
        self._at = min(self._at + 1, len(self._steps) - 1)
        return self.present

    def set_aside(self) -> None:
        """Keep the way until now, to be gone on with after what follows."""
        self._aside = list(self._steps), self._at

    def resume(self) -> Choice | None:
        """Go on where the way was set aside, as if nothing had followed; none if it never was."""
        if self._aside is None:
            return None
        (self._steps, self._at), self._aside = self._aside, None
        return self.present

    @property
    def before(self) -> Choice | None:
        """The present choice with the scenario from before the last change of the sliders; none if they never moved."""
        scenario = self.present.scenario
        for step in reversed(self._steps[: self._at]):
            if step.choice.scenario != scenario:
                return self.present.but(scenario=step.choice.scenario)
        return None
