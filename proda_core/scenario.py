"""What a slider means: a scenario changes whole terms of the equation, everywhere, and the model is solved again.

Relative changes x of the six mechanisms, and a uniform warming:

- ``cue``: all eight microbial transfer fractions times (1 + x), limited so that no pool hands on more than it loses;
- ``carbon_input``: plant input times (1 + x);
- ``input_allocation``: the Jackson coefficient beta times (1 + x), limited to ``BETA_LIMITS``: larger means deeper;
- ``baseline_decomposition``: all turnover rates times (1 + x);
- ``environmental_modifier``: the environmental scalar times (1 + x);
- ``vertical_transport``: all exchange rates times (1 + x);
- ``warming`` [K]: every decomposition rate times q10 ** (dT / 10); input, water and active layer stay as they are.

Limits make the realised change differ from the requested one, and changed stocks change the weights of the bulk figure, so the
change of bulk CUE that was realised is always reported beside the one requested.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from numbers import Real

from proda_core.parameters import PARAMETERS, index
from proda_core.process import cascade, environment, litter
from proda_core.process.column import Terms

_BETA = PARAMETERS[index("beta")]
BETA_LIMITS: tuple[float, float] = (_BETA.lower, _BETA.lower + 0.98 * (_BETA.upper - _BETA.lower))
"""Range of beta in scenarios; the authors of PRODA hold the normalised beta at or below 0.98 when they perturb it."""

LIMITS: dict[str, tuple[float, float]] = {
    "cue": (-0.2, 0.2),
    "carbon_input": (-0.5, 0.5),
    "input_allocation": (-0.2, 0.2),
    "baseline_decomposition": (-0.5, 0.5),
    "environmental_modifier": (-0.5, 0.5),
    "vertical_transport": (-0.5, 0.5),
    "warming": (-2.0, 6.0),
}
"""Range of each change that a scenario takes: relative changes [1], warming [K]."""


def finite(value: object) -> float | None:
    """The value as a finite number, or none for anything else: what a browser or a link sends may be anything.

    >>> finite(2), finite("2"), finite(float("nan")), finite(10**400)
    (2.0, None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


@dataclass(frozen=True)
class Scenario:
    """Relative changes of the six mechanisms [1] and a warming [K]; the default is the baseline.

    Values outside :data:`LIMITS` are moved to the nearest limit; values that are not finite numbers are refused.

    >>> Scenario(cue=0.01).is_baseline
    False
    >>> Scenario(cue=99.0).cue
    0.2
    """

    cue: float = 0.0
    carbon_input: float = 0.0
    input_allocation: float = 0.0
    baseline_decomposition: float = 0.0
    environmental_modifier: float = 0.0
    vertical_transport: float = 0.0
    warming: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = finite(getattr(self, field.name))
            if value is None:
                raise ValueError(f"expected a finite number for {field.name}, got {getattr(self, field.name)!r:.40}")
            lower, upper = LIMITS[field.name]
            object.__setattr__(self, field.name, min(max(value, lower), upper))

    @property
    def is_baseline(self) -> bool:
        """Whether nothing is changed."""
        return self == Scenario()

    def with_change(self, name: str, value: float) -> Scenario:
        """The same scenario with one change replaced.

        Raises:
            KeyError: unknown name; the message lists the names.
        """
        if name not in LIMITS:
            raise KeyError(f"expected one of {', '.join(LIMITS)}; got {name!r}")
        return replace(self, **{name: value})


def apply(scenario: Scenario, terms: Terms) -> Terms:
    """The terms of the equation under a scenario; terms that it leaves alone are shared, not copied."""
    changes = {}
    if scenario.cue:
        changes["transfer"] = cascade.scale_transfers(terms.transfer, 1 + scenario.cue)
    if scenario.carbon_input:
        changes["litter_input"] = terms.litter_input * (1 + scenario.carbon_input)
    if scenario.input_allocation:
        lower, upper = BETA_LIMITS
        changed = (terms.beta * (1 + scenario.input_allocation)).clamp(lower, upper)
        # a beta that lies outside the limits to begin with is not pulled back by a change that points further out
        beta = changed.maximum(terms.beta) if scenario.input_allocation > 0 else changed.minimum(terms.beta)
        changes["beta"] = beta
        changes["input_profile"] = litter.input_profile(beta, terms.never_thaws)
    if scenario.baseline_decomposition:
        changes["turnover_rate"] = terms.turnover_rate * (1 + scenario.baseline_decomposition)
    if scenario.environmental_modifier or scenario.warming:
        factor = environment.warming_factor(terms.q10, scenario.warming) * (1 + scenario.environmental_modifier)
        changes["modifier"] = terms.modifier * factor[:, None, None]
        changes["temperature_water"] = terms.temperature_water * factor[:, None]
    if scenario.vertical_transport:
        changes["up"] = terms.up * (1 + scenario.vertical_transport)
        changes["down"] = terms.down * (1 + scenario.vertical_transport)
    return replace(terms, **changes) if changes else terms
