"""What a slider means: a scenario changes parameters or whole terms of the equation, everywhere, and the model is solved again.

Relative changes x of the six mechanisms, and a uniform warming:

- ``cue``: all eight microbial transfer fractions times (1 + x), limited so that no pool hands on more than it loses;
- ``carbon_input``: plant input times (1 + x);
- ``input_allocation``: the Jackson coefficient beta times (1 + x), limited to ``BETA_LIMITS``: larger means deeper;
- ``baseline_decomposition``: all turnover rates times (1 + x);
- ``environmental_modifier``: the environmental scalar times (1 + x);
- ``vertical_transport``: all exchange rates times (1 + x);
- ``warming`` [K]: every decomposition rate times q10 ** (dT / 10); input, water and active layer stay as they are.

Below these, relative changes x of single ``parameters``: the value of each cell times (1 + x), held within the prior of the
parameter cell by cell, since no parameters were sought beyond it (:func:`with_parameters`).  A cell whose value lies outside to
begin with goes no further out.  Terms are evaluated with the changed parameters first, then mechanisms change the terms.

Limits make the realised change differ from the requested one, and changed stocks change the weights of the bulk figure, so the
change of bulk CUE that was realised is always reported beside the one requested.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from numbers import Real

import torch

from proda_core.parameters import IDS, LOWER, OPEN_FLOOR, PARAMETERS, UPPER, index
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

PARAMETER_LIMITS: tuple[float, float] = (-0.5, 0.5)
"""Range of the relative change of a parameter [1]."""


def _bounds() -> tuple[torch.Tensor, torch.Tensor]:
    lower, upper = torch.as_tensor(LOWER).maximum(torch.as_tensor(OPEN_FLOOR)), torch.as_tensor(UPPER).clone()
    upper[index("beta")] = BETA_LIMITS[1]
    return lower, upper


PARAMETER_BOUNDS: tuple[torch.Tensor, torch.Tensor] = _bounds()
"""Lowest and highest values to which a scenario moves parameters, in their units (21,): those of the prior, one that is open at
zero raised to what the model reads, and beta as in :data:`BETA_LIMITS`."""


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
    """Relative changes of the six mechanisms [1], a warming [K], and relative changes of parameters [1]; by default the baseline.

    Values outside :data:`LIMITS` are moved to the nearest limit; values that are not finite numbers are refused.  ``parameters``
    are pairs of a parameter's id and its change, or a mapping; they are kept as pairs in the order of ``parameters.IDS``,
    without those that change nothing.

    >>> Scenario(cue=0.01).is_baseline
    False
    >>> Scenario(cue=99.0).cue
    0.2
    >>> Scenario(parameters=(("beta", 0.01), ("q10", 0.05), ("cryo", 0))).parameters
    (('q10', 0.05), ('beta', 0.01))
    """

    cue: float = 0.0
    carbon_input: float = 0.0
    input_allocation: float = 0.0
    baseline_decomposition: float = 0.0
    environmental_modifier: float = 0.0
    vertical_transport: float = 0.0
    warming: float = 0.0
    parameters: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        for name, limits in LIMITS.items():
            object.__setattr__(self, name, _held(name, getattr(self, name), limits))
        given = {id_: _held(id_, value, PARAMETER_LIMITS) for id_, value in dict(self.parameters).items()}
        unknown = [id_ for id_ in given if id_ not in IDS]
        if unknown:
            raise ValueError(f"expected changes of parameters out of {', '.join(IDS)}; got {unknown[0]!r:.40}")
        object.__setattr__(self, "parameters", tuple((id_, given[id_]) for id_ in IDS if given.get(id_)))

    @classmethod
    def of(cls, changes: Mapping[str, float]) -> Scenario:
        """A scenario from changes by name, see :meth:`with_change`.

        >>> Scenario.of({"cue": 0.01, "q10": 0.05}) == Scenario(cue=0.01, parameters=(("q10", 0.05),))
        True
        """
        made = cls()
        for name, value in changes.items():
            made = made.with_change(name, value)
        return made

    @property
    def is_baseline(self) -> bool:
        """Whether nothing is changed."""
        return self == Scenario()

    def value(self, name: str) -> float:
        """The change of a mechanism, or of a parameter by its id, or the warming.

        >>> Scenario(cue=0.01, parameters=(("q10", 0.05),)).value("q10")
        0.05
        """
        found: float = getattr(self, name) if name in LIMITS else dict(self.parameters).get(name, 0.0)
        return found

    def with_change(self, name: str, value: float) -> Scenario:
        """The same scenario with one change replaced.

        Args:
            name: a key of :data:`LIMITS`, or the id of a parameter.
            value: the change.

        Raises:
            KeyError: unknown name; the message lists the names.
        """
        if name in IDS:
            return replace(self, parameters=tuple({**dict(self.parameters), name: value}.items()))
        if name not in LIMITS:
            raise KeyError(f"expected one of {', '.join((*LIMITS, *IDS))}; got {name!r}")
        return replace(self, **{name: value})  # type: ignore[arg-type]  # no name of LIMITS is that of the parameters


def _held(name: str, given: object, limits: tuple[float, float]) -> float:
    """A value within its limits; refused where it is no finite number."""
    value = finite(given)
    if value is None:
        raise ValueError(f"expected a finite number for {name}, got {given!r:.40}")
    return min(max(value, limits[0]), limits[1])


def with_parameters(scenario: Scenario, physical: torch.Tensor) -> torch.Tensor:
    """Parameters under a scenario.

    Args:
        scenario: whose changes of parameters are made.
        physical: physical values before (batch, 21).

    Returns:
        physical values after (batch, 21), within :data:`PARAMETER_BOUNDS` as far as those before were.
    """
    lower, upper = PARAMETER_BOUNDS
    # a value that lies outside the bounds to begin with may come back, and goes no further out
    return (physical * _factors(scenario)).clamp(physical.minimum(lower), physical.maximum(upper))


def held_back(scenario: Scenario, physical: torch.Tensor, terms: Terms) -> dict[str, torch.Tensor]:
    """Columns in which limits keep a change from being made in full.

    Args:
        scenario: what is changed.
        physical: physical values before (batch, 21).
        terms: evaluated with the parameters of the scenario.

    Returns:
        whether so in each column (batch,), by the id of each changed parameter, and by ``cue`` and ``input_allocation`` where
        these are changed; nothing limits the other mechanisms.
    """
    found = {}
    for id_, x in scenario.parameters:
        i = index(id_)
        before, lower, upper = physical[:, i], PARAMETER_BOUNDS[0][i], PARAMETER_BOUNDS[1][i]
        found[id_] = (before * (1 + x) < before.minimum(lower)) | (before * (1 + x) > before.maximum(upper))
    if scenario.cue:
        most = cascade.handed_on(terms.transfer)[:, min(cascade.DONORS_OF_TRANSFER) :].amax(dim=1)  # by microbes
        found["cue"] = most * (1 + scenario.cue) > 1
    if scenario.input_allocation:
        wanted = terms.beta * (1 + scenario.input_allocation)
        found["input_allocation"] = (wanted < BETA_LIMITS[0]) | (wanted > BETA_LIMITS[1])
    return found


def _factors(scenario: Scenario) -> torch.Tensor:
    """What parameters are multiplied by [1] (21,)."""
    return torch.tensor([1 + scenario.value(id_) for id_ in IDS], dtype=torch.float64)


def apply(scenario: Scenario, terms: Terms) -> Terms:
    """The terms of the equation under the mechanisms' changes of a scenario.

    Args:
        scenario: what is changed.
        terms: evaluated with the parameters of the scenario, see :func:`with_parameters`.

    Returns:
        the terms; those that the scenario leaves alone are shared, not copied.
    """
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
