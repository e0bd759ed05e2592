"""What a scenario file says, checked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from proda_core.scenario import Scenario
from proda_core.scenarios.region import Region

CUE_PER_DEGREE_LIMITS = (-0.05, 0.05)
"""Range of the change of CUE per degree of warming [K-1]."""


@dataclass(frozen=True)
class Target:
    """A stock to reach by more plant input, the same relative increase everywhere in the region.

    Attributes:
        stock_increase: relative increase of the region's soil organic carbon [1].
        depth: above which depth [m], a value of ``grid.STOCK_DEPTHS``.
        years: after how many years [yr].
    """

    stock_increase: float
    depth: float
    years: float

    def __str__(self) -> str:
        return f"{100 * self.stock_increase:g} % more carbon to {self.depth:g} m after {self.years:g} years"


@dataclass(frozen=True)
class Experiment:
    """A scenario with the question that it answers.

    Attributes:
        key: short name, that of the file.
        name: title, in a few words.
        question: what one wants to know.
        source: where the numbers come from, and what is a judgement.
        change: changes of mechanisms, and warming.
        cue_per_degree: absolute change of each cell's bulk CUE per degree of warming [K-1], on top of ``change``, in the new
            balance; as far as limits let it, see ``simulation.experiments``.
        region: where the change applies; everywhere if none.
        target: what plant input has to bring; ``simulation.resolve`` turns it into ``extra_input``.
        extra_input: relative increase of plant input that a target takes [1]; may lie beyond what sliders reach.
    """

    key: str
    name: str
    question: str
    source: str
    change: Scenario = field(default_factory=Scenario)
    cue_per_degree: float = 0.0
    region: Region | None = None
    target: Target | None = None
    extra_input: float = 0.0

    @property
    def cue_change(self) -> float:
        """The change of each cell's bulk CUE that is asked for [1]."""
        return self.cue_per_degree * self.change.warming

    @property
    def plain(self) -> Scenario | None:
        """The change, where it is all there is: everywhere, and without anything that has to be computed first."""
        more = self.region or self.target or self.cue_per_degree or self.extra_input
        return None if more else self.change

    def with_input(self, extra_input: float) -> Experiment:
        """The same with its target replaced by so much more plant input [1]."""
        return replace(self, target=None, extra_input=extra_input)
