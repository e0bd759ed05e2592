"""xi: how temperature, water, oxygen, nitrogen and depth slow decomposition down.

For layer j and month m::

    temperature  q10 ** ((T - 298.15 K) / 10 K)        the same law below freezing
    water        min(1, w_scaling W)
    oxygen       O
    nitrogen     N, litter pools only
    depth        exp(-z_j / efolding)

Only means over the twelve months enter the steady state.  Source: CLM5 technical note, section 2.21.5; Tao et al. 2020 for the
free parameters q10, efolding and w_scaling.
"""

from __future__ import annotations

import torch

from proda_core.constants import MONTHS, REFERENCE_TEMPERATURE
from proda_core.grid import LAYERS, LAYERS_CLM5

Tensor = torch.Tensor

RATE_FLOOR = 1e-100
"""Smallest environmental modifier [1].

With a short e-folding depth ``exp(-z / efolding)`` underflows to zero in deep layers, where carbon would then never decompose
and the steady state would be infinite.  The floor keeps it finite (a turnover time of some 1e100 years), and so keeps input
equal to respiration, without touching any number that matters.
"""

_CHUNK = 2048
"""Columns worked on at a time, so that the monthly temporaries stay in the processor's cache."""


def temperature_scalar(soil_temperature: Tensor, q10: Tensor) -> Tensor:
    """Temperature scalar of decomposition, ``q10 ** ((T - 298.15) / 10)``.

    Args:
        soil_temperature: soil temperature [K] (batch, ...).
        q10: temperature sensitivity [1] (batch,).

    Returns:
        scalar [1], shape of ``soil_temperature``.
    """
    per_kelvin = (q10.log() / 10).reshape(-1, *[1] * (soil_temperature.ndim - 1))
    return ((soil_temperature - REFERENCE_TEMPERATURE) * per_kelvin).exp_()


def depth_scalar(efolding: Tensor) -> Tensor:
    """Decline of decomposition with depth, ``exp(-z / efolding)``.

    Args:
        efolding: e-folding depth [m] (batch,).

    Returns:
        scalar [1] (batch, 20).
    """
    node = efolding.new_tensor(LAYERS_CLM5.node[:LAYERS])
    return (-node / efolding[:, None]).exp()


def monthly_means(
    q10: Tensor, w_scaling: Tensor, temperature: Tensor, water: Tensor, oxygen: Tensor, nitrogen: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Means over the twelve months of the environmental scalars; differentiable with respect to every argument.

    Args:
        q10: temperature sensitivity [1] (batch,).
        w_scaling: multiplier on the water scalar [1] (batch,).
        temperature: soil temperature [K] (batch, 20, 12).
        water: water scalar [1] (batch, 20, 12).
        oxygen: oxygen scalar [1] (batch, 20, 12).
        nitrogen: nitrogen scalar [1] (batch, 20, 12).

    Returns:
        means [1] (batch, 20) of: temperature; water; temperature x water x oxygen; the same x nitrogen.
    """
    means = _MonthlyMeans.apply(q10, w_scaling, temperature, water, oxygen, nitrogen)  # type: ignore[no-untyped-call]
    t, w, soil, litter = means
    return t, w, soil, litter


class _MonthlyMeans(torch.autograd.Function):
    """Hand-written because the (batch, 20, 12) intermediates of autograd would need gigabytes for the globe."""

    @staticmethod
    def forward(ctx, *arguments):  # type: ignore[no-untyped-def]
        ctx.save_for_backward(*arguments)
        batch, layers = arguments[2].shape[:2]
        precision = arguments[0]  # forcing may come in single precision; the parameters' precision is what counts
        out = tuple(precision.new_empty(batch, layers) for _ in range(4))
        for rows in _chunks(batch):
            q10, w_scaling, temperature, water, oxygen, nitrogen = (a[rows].to(precision.dtype) for a in arguments)
            t = temperature_scalar(temperature, q10)
            w = (water * w_scaling[:, None, None]).clamp_(max=1)
            out[0][rows], out[1][rows] = t.mean(-1), w.mean(-1)
            soil = t.mul_(w).mul_(oxygen)
            out[2][rows] = soil.mean(-1)
            out[3][rows] = soil.mul_(nitrogen).mean(-1)
        return out

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, *gradients):  # type: ignore[no-untyped-def]
        arguments, needed = ctx.saved_tensors, ctx.needs_input_grad
        out = [
            torch.empty(a.shape, dtype=a.dtype, device=a.device) if n else None for a, n in zip(arguments, needed, strict=True)
        ]
        for rows in _chunks(len(arguments[2])):
            monthly = [g[rows, :, None] / MONTHS for g in gradients]
            parts = _backward_chunk([a[rows].to(arguments[0].dtype) for a in arguments], monthly, needed)
            for whole, part in zip(out, parts, strict=True):
                if whole is not None and part is not None:
                    whole[rows] = part
        return tuple(out)


def _backward_chunk(arguments: list[Tensor], gradients: list[Tensor], needed: tuple[bool, ...]) -> list[Tensor | None]:
    """Gradients of one chunk with respect to the six arguments; ``gradients`` are per month (chunk, 20, 1)."""
    q10, w_scaling, temperature, water, oxygen, nitrogen = arguments
    by_t_mean, by_w_mean, by_soil, by_litter = gradients
    t = temperature_scalar(temperature, q10)
    scaled = water * w_scaling[:, None, None]
    w = scaled.clamp(max=1)
    by_product = by_soil + by_litter * nitrogen
    by_t = (by_product * w * oxygen + by_t_mean) * t  # times dt, relative
    by_w = torch.where(scaled < 1, by_product * t * oxygen + by_w_mean, 0.0)
    return [
        (by_t * (temperature - REFERENCE_TEMPERATURE)).sum((1, 2)) / (10 * q10) if needed[0] else None,
        (by_w * water).sum((1, 2)) if needed[1] else None,
        by_t * (q10.log() / 10)[:, None, None] if needed[2] else None,
        by_w * w_scaling[:, None, None] if needed[3] else None,
        by_product * t * w if needed[4] else None,
        by_litter * t * w * oxygen if needed[5] else None,
    ]


def _chunks(batch: int) -> list[slice]:
    return [slice(first, first + _CHUNK) for first in range(0, batch, _CHUNK)]


def warming_factor(q10: Tensor, warming: float) -> Tensor:
    """Factor by which uniform warming speeds decomposition up, ``q10 ** (dT / 10)`` [1] (batch,); ``warming`` in K."""
    return (q10.log() * (warming / 10)).exp()
