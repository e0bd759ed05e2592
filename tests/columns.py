"""Columns to solve in tests: random parameters across the prior, forcing of plausible size."""

from __future__ import annotations

import numpy as np
import torch

from proda_core import parameters
from proda_core.grid import LandGrid
from proda_core.process import column


def random_parameters(batch: int, seed: int = 0) -> torch.Tensor:
    """Physical parameters drawn uniformly from the prior (batch, 21)."""
    generator = torch.Generator().manual_seed(seed)
    unit = torch.rand(batch, parameters.COUNT, generator=generator, dtype=torch.float64)
    return parameters.to_physical(unit)


def random_forcing(batch: int, seed: int = 0, bedrock: int | None = None) -> column.Forcing:
    """Forcing of plausible size with bedrock anywhere, thawed and frozen places mixed (batch columns)."""
    rng = np.random.default_rng(seed)
    mean = rng.uniform(255, 300, (batch, 1, 1))
    season = np.cos(2 * np.pi * (np.arange(12) - 6) / 12) * rng.uniform(0, 15, (batch, 1, 1))
    fade = np.exp(-np.linspace(0, 3, 20))[:, None]
    active_layer = np.where(rng.random(batch) < 0.1, 0.0, rng.uniform(0.05, 4.0, batch))
    layer = rng.integers(1, 26, batch) if bedrock is None else np.full(batch, bedrock)

    def tensor(values: np.ndarray) -> torch.Tensor:
        return torch.as_tensor(np.ascontiguousarray(values))

    return column.Forcing(
        soil_temperature=tensor(mean + season * fade),
        water_scalar=tensor(rng.uniform(0.05, 1, (batch, 20, 12))),
        oxygen_scalar=tensor(rng.uniform(0.5, 1, (batch, 20, 12))),
        nitrogen_scalar=tensor(rng.uniform(0.5, 1, (batch, 20, 12))),
        active_layer=tensor(active_layer),
        active_layer_last_year=tensor(np.maximum(0, active_layer * rng.uniform(0.8, 1.2, batch))),
        bedrock_layer=tensor(layer),
        litter_input=tensor(rng.uniform(0, 400, (batch, 4))),
    )


def prior_mean(batch: int) -> torch.Tensor:
    """The published mean parameters for every column (batch, 21)."""
    return torch.as_tensor(parameters.to_physical(parameters.PRODA_MEAN)).repeat(batch, 1)


def random_land(cells: int, seed: int = 0) -> LandGrid:
    """Half-degree land cells anywhere between 55 S and 80 N, none twice."""
    rng = np.random.default_rng(seed)
    row, column = np.divmod(rng.choice(270 * 720, cells, replace=False), 720)
    return LandGrid(-54.75 + 0.5 * row, -179.75 + 0.5 * column, rng.uniform(0.2, 1, cells))
