"""A and K: how fast each pool turns over and where its carbon goes.

What a pool loses goes to other pools by fixed fractions (microbes turning one substance into another); what is not handed on
is respired.  Coarse woody debris is only broken up: it respires nothing.

Source: CLM5 technical note, sections 2.21.1-2.21.3 (CENTURY-like cascade).
"""

from __future__ import annotations

import torch

from proda_core.parameters import INDEX

Tensor = torch.Tensor

TRANSFER_IDS: tuple[str, ...] = ("fl1s1", "fl2s1", "fl3s2", "fs1s2", "fs1s3", "fs2s1", "fs2s3", "fs3s1")
"""The eight fractions that microbes hand on, in the order of ``linear.TRANSFERS``."""

_TURNOVER_IDS = ("taucwd", "taul1", "taul2", "taul2", "tau4s1", "tau4s2", "tau4s3")
_TURNOVER = [INDEX[id_] for id_ in _TURNOVER_IDS]
_TRANSFER = [INDEX[id_] for id_ in TRANSFER_IDS]

DONORS_OF_TRANSFER: tuple[int, ...] = (1, 2, 3, 4, 4, 5, 5, 6)
"""Pool that hands on, for each of the eight transfers."""


def turnover_rate(parameters: Tensor) -> Tensor:
    """Baseline loss rate of each pool, the reciprocal of its turnover time [yr-1]; (batch, 21) -> (batch, 7)."""
    return parameters[:, _TURNOVER].reciprocal()


def transfer_fraction(parameters: Tensor) -> Tensor:
    """Fractions handed on [1]; (batch, 21) -> (batch, 10): the eight of :data:`TRANSFER_IDS`, then CWD to L2 and to L3."""
    to_cellulose = parameters[:, INDEX["fcwdl2"], None]
    return torch.cat([parameters[:, _TRANSFER], to_cellulose, 1 - to_cellulose], dim=1)


def handed_on(fraction: Tensor) -> Tensor:
    """Part of each pool's loss that other pools gain, microbial carbon use efficiency by donor [1]; (batch, 10) -> (batch, 7)."""
    f = fraction
    return torch.stack([f[:, 8] + f[:, 9], f[:, 0], f[:, 1], f[:, 2], f[:, 3] + f[:, 4], f[:, 5] + f[:, 6], f[:, 7]], dim=1)


def respired_fraction(fraction: Tensor) -> Tensor:
    """Part of each pool's loss that is respired [1]; (batch, 10) -> (batch, 7)."""
    return (1 - handed_on(fraction)).clamp(min=0)


def scale_transfers(fraction: Tensor, factor: float | Tensor) -> Tensor:
    """Multiply the eight microbial fractions by ``factor``, limited so that no pool hands on more than it loses.

    Where a donor would exceed one, all its fractions are scaled to sum to one.  The physical split of coarse woody debris is
    left alone.

    Args:
        fraction: fractions [1] (batch, 10).
        factor: multiplier [1], a number or (batch,).

    Returns:
        limited fractions [1] (batch, 10).
    """
    wanted = torch.as_tensor(factor, dtype=fraction.dtype, device=fraction.device).reshape(-1, 1)
    room = handed_on(fraction).clamp(min=torch.finfo(fraction.dtype).tiny).reciprocal()
    allowed = torch.minimum(wanted, room)[:, list(DONORS_OF_TRANSFER)]
    return torch.cat([fraction[:, :8] * allowed, fraction[:, 8:]], dim=1)
