"""One soil column, or a million of them: joins the terms of ``dC/dt = B I + (A xi K - V) C``, solves for the steady state, steps.

Parameters in, pools out; batch dimension first; time in years, length in metres, carbon in grams.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import torch

from proda_core.grid import LAYERS, LAYERS_CLM5, SOIL_POOLS
from proda_core.parameters import INDEX, check_physical, keep_open
from proda_core.process import cascade, environment, linear, litter, march, transport
from proda_core.process.transport import Bedrock
from proda_core.variables import DIMENSION_SIZES, VARIABLES, VariableError, check_range

Tensor = torch.Tensor


@dataclass(frozen=True)
class Forcing:
    """What drives a batch of columns; checked against ``proda_core.variables`` when made.

    Attributes:
        soil_temperature: [K] (batch, 20, 12).
        water_scalar: [1] (batch, 20, 12).
        oxygen_scalar: [1] (batch, 20, 12).
        nitrogen_scalar: [1] (batch, 20, 12).
        active_layer: maximum annual thaw depth [m] (batch,).
        active_layer_last_year: the same of the year before [m] (batch,).
        bedrock_layer: deepest soil layer above bedrock, counted from 1 (batch,).
        litter_input: plant carbon input to CWD, L1, L2, L3 [gC m-2 yr-1] (batch, 4).
    """

    soil_temperature: Tensor
    water_scalar: Tensor
    oxygen_scalar: Tensor
    nitrogen_scalar: Tensor
    active_layer: Tensor
    active_layer_last_year: Tensor
    bedrock_layer: Tensor
    litter_input: Tensor

    def __post_init__(self) -> None:
        batch = len(self.soil_temperature)
        for field in fields(self):
            _check_tensor(field.name, getattr(self, field.name), batch)

    def __len__(self) -> int:
        return len(self.soil_temperature)

    def rows(self, which: slice | Tensor) -> Forcing:
        """The forcing of some of the columns."""
        return Forcing(*(getattr(self, field.name)[which] for field in fields(self)))

    def compact(self) -> Forcing:
        """The same with monthly values in single precision: half the memory, and stocks that differ by less than 1e-6 of them."""
        monthly = ("soil_temperature", "water_scalar", "oxygen_scalar", "nitrogen_scalar")
        return replace(self, **{name: getattr(self, name).to(torch.float32) for name in monthly})


def _check_tensor(name: str, values: Tensor, batch: int) -> None:
    if not isinstance(values, Tensor):
        raise VariableError(f"expected {name} as a torch.Tensor, got {type(values).__name__}; use torch.as_tensor(...)")
    expected = tuple(batch if dim == "cell" else DIMENSION_SIZES[dim] for dim in VARIABLES[name].dims)
    if tuple(values.shape) != expected:
        named = ", ".join("batch" if dim == "cell" else dim for dim in VARIABLES[name].dims)
        raise VariableError(f"expected {name} with shape ({named}) = {expected}, got {tuple(values.shape)}")
    check_range(name, values.detach().cpu().numpy())
    if name == "bedrock_layer" and bool((values != values.round()).any()):
        raise VariableError("expected bedrock_layer in whole numbers, got fractions; it is the index of a layer, not a depth")


@dataclass(frozen=True)
class Terms:
    """The terms of the equation for a batch of columns, ready to solve; a scenario changes terms and solves again.

    Attributes:
        turnover_rate: baseline loss rate 1/tau [yr-1] (batch, 7).
        modifier: environmental scalar with depth, of CWD and soil pools and of litter pools [1] (batch, 2, 20).
        temperature_water: month-mean temperature times month-mean water scalar times depth [1] (batch, 20), for diagnostics.
        transfer: fractions handed on [1] (batch, 10).
        up: exchange rate with the layer above [yr-1] (batch, 20).
        down: exchange rate with the layer below [yr-1] (batch, 20).
        litter_input: plant carbon input by litter class [gC m-2 yr-1] (batch, 4).
        input_profile: share per metre [m-1] (batch, 20).
        q10: temperature sensitivity [1] (batch,).
        beta: Jackson coefficient of the input profile [1] (batch,).
        never_thaws: true where the active layer is zero (batch,).
    """

    turnover_rate: Tensor
    modifier: Tensor
    temperature_water: Tensor
    transfer: Tensor
    up: Tensor
    down: Tensor
    litter_input: Tensor
    input_profile: Tensor
    q10: Tensor
    beta: Tensor
    never_thaws: Tensor

    def __len__(self) -> int:
        return len(self.turnover_rate)

    def rows(self, which: slice | Tensor) -> Terms:
        """The terms of some of the columns."""
        return replace(self, **{field.name: getattr(self, field.name)[which] for field in fields(self)})


def terms(parameters: Tensor, forcing: Forcing, *, bedrock: Bedrock = "conserving") -> Terms:
    """Evaluate every term of the equation.

    Args:
        parameters: physical values (batch, 21), order ``parameters.IDS``.
        forcing: what drives the columns.
        bedrock: boundary at bedrock, see :mod:`proda_core.process.transport`.

    Returns:
        the terms.

    Raises:
        ValueError: parameters of the wrong shape, not finite, or handing on more carbon than there is.
    """
    _check_parameters(parameters, len(forcing))
    p = keep_open(parameters.to(torch.float64))
    t, w, soil, lit = environment.monthly_means(
        p[:, INDEX["q10"]],
        p[:, INDEX["w_scaling"]],
        forcing.soil_temperature,
        forcing.water_scalar,
        forcing.oxygen_scalar,
        forcing.nitrogen_scalar,
    )
    depth = environment.depth_scalar(p[:, INDEX["efolding"]])
    thaw = torch.maximum(forcing.active_layer, forcing.active_layer_last_year).to(p.dtype)
    up, down = transport.exchange_shape(thaw, forcing.bedrock_layer, bedrock)
    mixing = transport.diffusivity(p, thaw)[:, None]
    beta, never_thaws = p[:, INDEX["beta"]], thaw <= 0
    return Terms(
        turnover_rate=cascade.turnover_rate(p),
        modifier=(torch.stack([soil, lit], dim=1) * depth[:, None]).clamp(min=environment.RATE_FLOOR),
        temperature_water=t * w * depth,
        transfer=cascade.transfer_fraction(p),
        up=up * mixing,
        down=down * mixing,
        litter_input=forcing.litter_input.to(p.dtype),
        input_profile=litter.input_profile(beta, never_thaws),
        q10=p[:, INDEX["q10"]],
        beta=beta,
        never_thaws=never_thaws,
    )


def _check_parameters(parameters: Tensor, batch: int) -> None:
    check_physical(parameters)
    if parameters.ndim != 2 or len(parameters) != batch:
        got = tuple(parameters.shape)
        raise ValueError(f"expected parameters of shape (batch, 21) with batch {batch} as in the forcing, got {got}")
    handed = cascade.handed_on(cascade.transfer_fraction(parameters.detach()))
    most = float(handed.max())
    if most > 1 + _ROUND_OFF:
        raise ValueError(f"expected transfer fractions that sum to at most 1 for each donor, got {most:.4g}; lower the fractions")
    if bool((handed[:, SOIL_POOLS] >= 1 - _ROUND_OFF).all(1).any()):
        raise ValueError(
            "expected some respiration, got soil pools that hand on all their carbon for ever: there is no steady state; "
            "lower fs1s2 + fs1s3, fs2s1 + fs2s3 or fs3s1"
        )


_ROUND_OFF = 1e-12
"""How far sums of fractions may miss one."""


def system(terms: Terms) -> linear.System:
    """The linear system whose solution is the steady state."""
    return linear.System(
        rate=terms.turnover_rate,
        modifier=terms.modifier,
        fraction=terms.transfer,
        up=terms.up,
        down=terms.down,
        inflow=terms.litter_input,
        profile=terms.input_profile,
        extra=terms.modifier.new_empty(0, linear.POOL_COUNT, LAYERS),
    )


def solve(terms: Terms, *, backend: linear.Backend | None = None) -> Tensor:
    """Pools in steady state [gC m-3] (batch, 7, 20)."""
    return linear.solve(system(terms), backend)


def steady_state(
    parameters: Tensor, forcing: Forcing, *, bedrock: Bedrock = "conserving", backend: linear.Backend | None = None
) -> Tensor:
    """Pools at which input, decomposition and transport balance, ``(V - A xi K) C = B I``.

    Differentiable with respect to the parameters, the monthly forcing and the input.

    Args:
        parameters: physical values (batch, 21), order ``parameters.IDS``.
        forcing: what drives the columns.
        bedrock: ``"conserving"`` (no carbon passes bedrock) or ``"published"`` (the authors' boundary, which leaks).
        backend: ``"kernel"`` or ``"torch"``, by default the faster that can run.

    Returns:
        pools [gC m-3] (batch, 7, 20), pools in the order of ``grid.POOLS``.

    Raises:
        ValueError: wrong shapes, values out of range; see :func:`terms`.

    Source: Tao et al. 2020, doi:10.3389/fdata.2020.00017, equation 1.
    """
    return solve(terms(parameters, forcing, bedrock=bedrock), backend=backend)


def respiration(parameters: Tensor, forcing: Forcing, pools: Tensor) -> Tensor:
    """Heterotrophic respiration of a column, the decomposed carbon that no pool gains [gC m-2 yr-1] (batch,).

    Args:
        parameters: physical values (batch, 21).
        forcing: what drives the columns.
        pools: carbon [gC m-3] (batch, 7, 20).
    """
    return respired(terms(parameters, forcing), pools)


def respired(terms: Terms, pools: Tensor) -> Tensor:
    """Heterotrophic respiration from terms [gC m-2 yr-1] (batch,); see :func:`respiration`."""
    return (pools * respiration_weights(terms)).sum((1, 2))


def respiration_weights(terms: Terms) -> Tensor:
    """What a unit of carbon density in each pool and layer adds to respiration [m yr-1] (batch, 7, 20)."""
    thickness = terms.modifier.new_tensor(LAYERS_CLM5.thickness[:LAYERS])
    leaving = terms.turnover_rate * cascade.respired_fraction(terms.transfer)
    return leaving[:, :, None] * (terms.modifier * thickness)[:, linear.MODIFIER_OF_POOL, :]


def tendency(terms: Terms, pools: Tensor) -> Tensor:
    """How fast the pools change, ``B I + (A xi K - V) C`` [gC m-3 yr-1] (batch, 7, 20); differentiable.

    Args:
        terms: the terms of the equation.
        pools: carbon [gC m-3] (batch, 7, 20).
    """
    return march.residual(system(terms), pools)


def step(terms: Terms, pools: Tensor, years: float, *, backend: linear.Backend | None = None) -> Tensor:
    """The pools some time later, by one implicit Euler step ``(1/dt + V - A xi K) C' = B I + C/dt``.

    Stable and never negative however long the step, differentiable, first-order accurate; the carbon gained in the step is input
    less the respiration of the new pools, times its length.  :mod:`proda_core.process.transient` follows columns through
    many steps, more accurately.

    Args:
        terms: the terms of the equation, held through the step.
        pools: carbon at its beginning [gC m-3] (batch, 7, 20).
        years: its length [yr], positive.
        backend: as in :func:`steady_state`.

    Returns:
        carbon at its end [gC m-3] (batch, 7, 20).

    Raises:
        ValueError: a length that is not positive.
    """
    if not years > 0:
        raise ValueError(f"expected a step longer than 0 years, got {years:g}")
    return linear.solve(system(terms)._replace(extra=pools / years, shift=1 / years), backend)
