"""Fewer profiles, chosen reproducibly: some for each grid cell, or those with enough layers."""

from __future__ import annotations

import math

import numpy as np
import xarray as xr

from proda_core.observations.table import layer_counts, select


def thin(dataset: xr.Dataset, per_cell: int = 1, size: float = 0.5, seed: int = 0) -> xr.Dataset:
    """At most ``per_cell`` profiles of each grid cell, drawn at random, so that densely sampled places do not outweigh the rest.

    The draw depends on the seed and on the profiles' names, not on their order; profiles stay in the order of ``dataset``.

    Args:
        dataset: a checked table of profiles.
        per_cell: most profiles of a cell.
        size: edge of the cells [degrees].
        seed: of the draw.

    Raises:
        ValueError: ``per_cell`` below 1 or a size that is not positive.
    """
    if per_cell < 1 or not size > 0:
        raise ValueError(f"expected at least 1 profile a cell and cells larger than 0 degrees, got {per_cell} and {size:g}")
    row = np.floor((dataset["latitude"].values + 90.0) / size).astype(np.int64)
    column = np.floor((dataset["longitude"].values + 180.0) / size).astype(np.int64)
    cell = row * (round(360.0 / size) + 1) + column
    names = np.argsort(np.argsort(dataset["profile_id"].values.astype(str), kind="stable"), kind="stable")
    lot = np.random.default_rng(seed).permutation(len(names))[names]
    drawn = np.lexsort((lot, cell))
    starts = np.flatnonzero(np.diff(cell[drawn], prepend=-1))
    rank = np.arange(len(drawn)) - np.repeat(starts, np.diff(np.append(starts, len(drawn))))
    return select(dataset, np.sort(drawn[rank < per_cell]))


def with_layers(dataset: xr.Dataset, at_least: int) -> xr.Dataset:
    """The profiles with at least so many layers."""
    return select(dataset, layer_counts(dataset) >= at_least)


def measured(dataset: xr.Dataset, min_layers: int = 1, depth: float = math.inf) -> xr.Dataset:
    """The layers that somebody measured, without those extrapolated, of profiles that keep at least ``min_layers`` of them.

    Args:
        dataset: table of profiles.
        min_layers: profiles with fewer layers are left out.
        depth: layers that reach deeper are left out [m].
    """
    kept = dataset.isel(observation=~dataset["extrapolated"].values & (dataset["layer_bottom"].values <= depth))
    return select(kept, layer_counts(kept) >= min_layers)
