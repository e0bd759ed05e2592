"""What can be chosen about learning, with what was chosen here and why."""

from __future__ import annotations

from dataclasses import dataclass, field

from proda_core.learning.training import Schedule


@dataclass(frozen=True)
class Settings:
    """Choices of network, loss and ensemble; those of the loss were made by spatial-block cross-validation, see the README.

    Attributes:
        hidden: width of the hidden layers.
        dropout: part of hidden units left out in training [1].
        noise: standard deviation of the noise on standardised predictors in training [1]: a place is one of many like it.
        power: residuals are differences of SOC density to this power: 1 is linear, towards 0 relative.
        heterogeneity: standard deviation of a normal score among places that look alike [1], for the method ``proda``; ours.
        prior: strength of the pull of the parameters towards the middle of their prior.
        deep: strength of the constraint on soil below 2 m, where almost nothing is observed; see ``deep``.
        reach: distance over which the correction among neighbours falls to 1/e [km], see ``local``; 0 for no correction.
        local: strength of the prior of that correction: the noisy part of the variance times the layers that speak as one.
        region_balance: weight of a region is its number of layers to the power of minus this: 0 counts layers, 1 regions alike.
        block_size: side of the blocks of the bootstrap [degrees].
        check: part of the blocks that a member does not see and that choose its weights [1]; 0 for the last weights.
        members: networks of the ensemble.
        seed: of everything random.
        schedule: of the training of a network.
    """

    hidden: tuple[int, ...] = (96, 96)
    dropout: float = 0.1
    noise: float = 0.8
    power: float = 0.5
    heterogeneity: float = 1.0
    prior: float = 0.02
    deep: float = 0.1
    reach: float = 200.0
    local: float = 1.5
    region_balance: float = 0.3
    block_size: float = 5.0
    check: float = 0.1
    members: int = 10
    seed: int = 0
    schedule: Schedule = field(default_factory=Schedule)

    def __post_init__(self) -> None:
        if self.members < 1:
            raise ValueError(f"expected at least one member, got {self.members}")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"expected dropout within 0..1, got {self.dropout:g}")
        if not 0 < self.power <= 1:
            raise ValueError(f"expected a power above 0 and at most 1, got {self.power:g}")
        if self.reach < 0 or self.local <= 0:
            raise ValueError(f"expected reach of at least 0 and local above 0, got {self.reach:g} and {self.local:g}")

    @property
    def constant_schedule(self) -> Schedule:
        """The schedule where one vector is learned: it needs larger steps and no decay."""
        return Schedule(self.schedule.steps, rate=0.05, decay=0.0, look=self.schedule.look, patience=self.schedule.patience)
