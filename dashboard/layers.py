"""All that a map can show as one list to search: stocks by depth, mechanisms, gradients, parameters, and the spread of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from dashboard.catalogue import DEPTHS, EVIDENCE, MAPS, PARAMETERS, SENSITIVITY, STOCKS
from dashboard.choice import Look
from dashboard.language import mark, tr

SPREAD = mark("Spread of the ensemble (SD)")
"""Group of the layers that show a standard deviation."""


class Layer(NamedTuple):
    """One entry of the list.

    Attributes:
        group: under which it stands.
        variable: key of ``catalogue.MAPS``.
        depth: key of ``catalogue.DEPTHS``; none where it shows whatever depth is chosen, or has none.
        spread: whether it shows the standard deviation.
    """

    group: str
    variable: str
    depth: str | None
    spread: bool

    @property
    def label(self) -> str:
        """How it is called; whoever knows the name of a parameter in CLM5 finds it, too."""
        row = MAPS[self.variable]
        name = tr(row.label) if self.depth is None else tr("{map}, {depth}", map=tr(row.label), depth=tr(DEPTHS[self.depth]))
        if row.group == PARAMETERS:
            name = tr("{map} ({id})", map=name, id=row.name)
        return tr("SD of {map}", map=name) if self.spread else name

    def shows(self, look: Look) -> bool:
        """Whether a map that looks so is this layer."""
        same = self.variable == look.variable and self.depth in (None, look.depth)
        return same and self.spread == (look.view == "uncertainty")

    def choice(self, look: Look) -> dict[str, str]:
        """What to choose so that a map that looks so shows this layer."""
        new = {"variable": self.variable} | ({} if self.depth is None else {"depth": self.depth})
        if self.spread != (look.view == "uncertainty"):
            new["view"] = "uncertainty" if self.spread else "baseline"
        return new


def _layers() -> Iterator[Layer]:
    for spread in (False, True):
        for row in MAPS.values():
            if not spread or row.group not in (SENSITIVITY, EVIDENCE):
                for depth in DEPTHS if row.group == STOCKS else [None]:
                    yield Layer(SPREAD if spread else row.group, row.name, depth, spread)


LAYERS: tuple[Layer, ...] = tuple(_layers())
"""The list, in the order of the page."""


def of(look: Look) -> Layer:
    """The layer that a map shows which looks so."""
    return next(layer for layer in LAYERS if layer.shows(look))
