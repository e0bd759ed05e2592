r"""V: vertical mixing of soil carbon by animals (bioturbation) and by freezing and thawing (cryoturbation).

**Diffusivity.**  With active layer a (the deeper of this and last year's) and bedrock under layer n, at the lower interface
z_i(j) of layers 1..21::

    0 < a <= 2 m   cryo where z_i(j) < a, below it falling linearly to zero at min(3 m, z_i(n + 1))
    a > 2 m        diffus
    a = 0          none
    j > n + 1      none

so D = (cryo or diffus) x shape, where the shape depends on the forcing alone.

**Discretisation.**  A layer exchanges with its neighbours through one conductance per interface::

    (V C)_j = g_{j-1} (C_j - C_{j-1}) / dz_j + g_j (C_j - C_{j+1}) / dz_j,      g_j = D'_j / (z_{j+1} - z_j)

with D' the harmonic mean of the diffusivities on both sides, weighted by how far the interface lies between the nodes:
``1 / D'_j = w / D_j + (1 - w) / D_{j+1}``, ``w = (z_i(j) - z_j) / (z_{j+1} - z_j)``.  Weighted by dz the columns of V sum to
zero: transport moves carbon and never makes or loses any.  On uniform layers this is the second-order central difference; a
column with no flux at its ends then relaxes as ``cos(k pi z / L) exp(-D (k pi / L)**2 t)``, the case that the tests run.

**Bedrock, two variants.**  ``conserving`` (the default) closes every interface at and below bedrock.  ``published`` repeats the
authors' code, which sets the lower conductance of layers below n equal to their upper one; carbon then leaks through the
bedrock interface.  It serves only to compare with their numbers.

Source: CLM5 technical note, section 2.21.6 (after Koven et al. 2013, doi:10.5194/bg-10-7109-2013); CTSM
SoilBiogeochemLittVertTranspMod for the harmonic weights.
"""

from __future__ import annotations

from typing import Literal

import torch

from proda_core.grid import LAYERS, LAYERS_CLM5
from proda_core.parameters import INDEX

Tensor = torch.Tensor
Bedrock = Literal["conserving", "published"]

CRYOTURBATION_LIMIT = 2.0
"""Active layers up to this depth are mixed by cryoturbation [m]."""

CRYOTURBATION_DEPTH = 3.0
"""Cryoturbation reaches no deeper than this [m]."""

_SHAPE_FLOOR = 1e-26
"""Stands in for zero in the harmonic mean; times a diffusivity it is the authors' floor of 1e-30 m2 yr-1."""


def diffusivity(parameters: Tensor, active_layer: Tensor) -> Tensor:
    """The diffusivity that acts at each place: ``cryo`` over shallow active layers, ``diffus`` elsewhere [m2 yr-1] (batch,)."""
    shallow = active_layer <= CRYOTURBATION_LIMIT
    return torch.where(shallow, parameters[:, INDEX["cryo"]], parameters[:, INDEX["diffus"]])


def diffusivity_shape(active_layer: Tensor, bedrock_layer: Tensor) -> Tensor:
    """Diffusivity at the lower interface of layers 1..21, relative to :func:`diffusivity`.

    Args:
        active_layer: deeper of this and last year's maximum thaw depth [m] (batch,).
        bedrock_layer: deepest layer above bedrock, counted from 1 (batch,).

    Returns:
        shape [1] (batch, 21), between 0 and 1.
    """
    interface = active_layer.new_tensor(LAYERS_CLM5.interface)
    a = active_layer[:, None]
    z = interface[: LAYERS + 1]
    below_bedrock = bedrock_layer.long().clamp(max=len(interface) - 1)  # 0-based index of layer n + 1
    reach = interface[below_bedrock].clamp(max=CRYOTURBATION_DEPTH)[:, None]
    fading = (1 - (z - a) / (reach - a)).clamp(min=0, max=1)
    shallow = torch.where(z < a, 1.0, torch.where(reach > a, fading, 0.0))
    shape = torch.where(a > CRYOTURBATION_LIMIT, 1.0, torch.where(a > 0, shallow, 0.0))
    layer = torch.arange(1, LAYERS + 2, device=active_layer.device)
    return torch.where(layer > bedrock_layer[:, None] + 1, 0.0, shape)


def exchange_shape(active_layer: Tensor, bedrock_layer: Tensor, bedrock: Bedrock = "conserving") -> tuple[Tensor, Tensor]:
    """Exchange rates with the layers above and below, per unit :func:`diffusivity`.

    Args:
        active_layer: deeper of this and last year's maximum thaw depth [m] (batch,).
        bedrock_layer: deepest layer above bedrock, counted from 1 (batch,).
        bedrock: boundary at bedrock, see the module.

    Returns:
        up and down [m-2] (batch, 20); times a diffusivity [m2 yr-1] they are rates [yr-1].

    Raises:
        ValueError: unknown ``bedrock``.
    """
    if bedrock not in ("conserving", "published"):
        raise ValueError(f"expected bedrock to be 'conserving' or 'published', got {bedrock!r}")
    conductance = _conductance(diffusivity_shape(active_layer, bedrock_layer))
    interface = torch.arange(1, LAYERS, device=active_layer.device)
    zero = torch.zeros_like(conductance[:, :1])
    if bedrock == "conserving":
        conductance = torch.where(interface >= bedrock_layer[:, None], 0.0, conductance)
    up = torch.cat([zero, conductance], dim=1)
    down = torch.cat([conductance, zero], dim=1)
    if bedrock == "published":
        layer = torch.arange(1, LAYERS, device=active_layer.device)
        down = torch.cat([torch.where(layer > bedrock_layer[:, None], up[:, :-1], conductance), zero], dim=1)
    thickness = active_layer.new_tensor(LAYERS_CLM5.thickness[:LAYERS])
    return up / thickness, down / thickness


def _conductance(shape: Tensor) -> Tensor:
    """Conductance of the interfaces between layers 1..20 per unit diffusivity [m-1] (batch, 19)."""
    node = shape.new_tensor(LAYERS_CLM5.node[:LAYERS])
    interface = shape.new_tensor(LAYERS_CLM5.interface[: LAYERS - 1])
    distance = node[1:] - node[:-1]
    weight = (interface - node[:-1]) / distance
    floored = shape[:, :LAYERS].clamp(min=_SHAPE_FLOOR)
    mean = 1 / (weight / floored[:, :-1] + (1 - weight) / floored[:, 1:])
    return torch.where((shape[:, : LAYERS - 1] > 0) & (shape[:, 1:LAYERS] > 0), mean, 0.0) / distance
