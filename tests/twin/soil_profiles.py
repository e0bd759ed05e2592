"""Profiles that the model itself made: known parameters at land cells of the embedded climate, seen with known errors."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
import xarray as xr

from proda_core import parameters
from proda_core.assimilation import sites
from proda_core.assimilation.error_model import ErrorModel
from proda_core.process import column
from proda_core.simulation import World, load_world


class Twin(NamedTuple):
    """Profiles with known truth."""

    profiles: xr.Dataset
    forcing: column.Forcing
    unit: np.ndarray  # (profile, 21)
    log_fit: np.ndarray  # logarithm of what the profile would have seen without error (observation,)
    error_size: np.ndarray  # (profile,)


@lru_cache(maxsize=1)
def world() -> World:
    return load_world()


def layers(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Profile index, top and bottom [m] of three to seven layers of a profile, down to 0.4 to 2 m."""
    index, top, bottom = [], [], []
    for profile in range(count):
        number = int(rng.integers(3, 8))
        bounds = np.concatenate([[0.0], np.sort(rng.uniform(0.03, 1.0, number - 1)), [1.0]]) * rng.uniform(0.4, 2.0)
        index += [profile] * number
        top += list(bounds[:-1])
        bottom += list(bounds[1:])
    return np.array(index), np.array(top), np.array(bottom)


def make(index: np.ndarray, top: np.ndarray, bottom: np.ndarray, cells: np.ndarray, rng: np.random.Generator) -> Twin:
    """Draw parameters and error sizes from their priors, and observe."""
    count, error = len(cells), ErrorModel()
    forcing = world().forcing.rows(torch.as_tensor(cells))
    unit = rng.uniform(size=(count, parameters.COUNT))
    size = error.size * np.sqrt(error.degrees / rng.chisquare(error.degrees, count))
    profiles = xr.Dataset(
        {
            "profile_id": ("profile", [f"twin|{i}" for i in range(count)]),
            "profile_index": ("observation", index),
            "layer_top": ("observation", top),
            "layer_bottom": ("observation", bottom),
            "soc_density": ("observation", np.ones(len(index))),
        }
    )
    target = sites.posterior(profiles, forcing, sites.Options())
    seen = target.observations.seen.numpy()
    log_fit = target.observed_by(target.soc(torch.as_tensor(unit)[:, None]))[:, 0].log().numpy()[seen]
    log_soc = log_fit + size[index] * rng.standard_normal(len(index))
    return Twin(profiles.assign(soc_density=("observation", np.exp(log_soc))), forcing, unit, log_fit, size)
