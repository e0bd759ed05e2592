"""Stand-ins for the assimilation of a batch, which processes can import: quick, slow, failing, deadly."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import xarray as xr

from proda_core import observations
from proda_core.parameters import IDS
from proda_core.process import column
from tests import columns

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Options:
    """Options of the stand-ins.

    Attributes:
        seed: of the random numbers.
        draws: draws of each chain.
        windows: a tuple, as JSON has none.
        trouble: name of the profile that makes trouble.
        notes: directory in which a note is left.
    """

    seed: int = 0
    draws: int = 3
    windows: tuple[int, ...] = (2, 3)
    trouble: str = ""
    notes: str = ""


def profiles(count: int, seed: int = 0) -> xr.Dataset:
    """A table of made-up profiles with one to four layers."""
    rng = np.random.default_rng(seed)
    layers = rng.integers(1, 5, count)
    index = np.repeat(np.arange(count), layers)
    depth = np.concatenate([np.arange(n) for n in layers]) * 0.2
    size = len(index)
    names = [f"p{i:03d}{'é' * (i % 3)}" for i in range(count)]
    return observations.build(
        {
            "profile_id": names,
            "latitude": rng.uniform(-50, 70, count),
            "longitude": rng.uniform(-180, 180, count),
            "source": ["made up"] * count,
            "licence": [""] * count,
            "date": ["" if i % 2 else "2001-05" for i in range(count)],
            "profile_index": index,
            "layer_top": depth,
            "layer_bottom": depth + 0.2,
            "soc_density": 2e4 * np.exp(-2 * depth) * rng.lognormal(0, 0.3, size),
            "soc_density_error": np.where(rng.random(size) < 0.3, np.nan, 3e3),
            "bulk_density": rng.uniform(800, 1600, size),
            "bulk_density_estimated": rng.random(size) < 0.5,
            "coarse_fragments": np.where(rng.random(size) < 0.5, np.nan, 0.1),
            "extrapolated": np.zeros(size, dtype=bool),
        }
    )


def forcing_of(positions: np.ndarray) -> column.Forcing:
    """Forcing that depends on the position."""
    return columns.random_forcing(400, seed=5).rows(torch.as_tensor(positions))


def quick(table: xr.Dataset, forcing: column.Forcing, options: Options, *, keep_draws: bool = False) -> xr.Dataset:
    """Numbers that depend on seed, name and forcing; one profile has none at all."""
    time.sleep(float(os.environ.get("ASSIMILATOR_SLEEP", "0")))
    names = table["profile_id"].values.astype(str)
    draws = np.stack([_random(options.seed, name).normal(size=(2, options.draws, len(IDS))) for name in names])
    draws[names == options.trouble] = np.nan
    draws += forcing.litter_input.numpy().sum(1)[:, None, None, None] / 1e4
    flat = draws.reshape(len(names), -1, len(IDS))
    first = flat[:, 0, 0]
    result = xr.Dataset(
        {
            "mean": (("profile", "parameter"), flat.mean(1), {"long_name": "posterior mean", "units": "1"}),
            "quantiles": (("profile", "parameter", "quantile"), np.quantile(flat, QUANTILES, axis=1).transpose(1, 2, 0)),
            "status": ("profile", np.where(np.isnan(first), "no finite density", "converged")),
            "converged": ("profile", ~np.isnan(first)),
            "fitted_mean": ("observation", table["soc_density"].values * (1 + first[table["profile_index"].values] / 100)),
        },
        {"parameter": list(IDS), "quantile": list(QUANTILES), "latitude": table["latitude"]},
        {"likelihood": "made up"},
    )
    if keep_draws:
        result["draws"] = (("profile", "chain", "draw", "parameter"), draws)
        result["draws_soc"] = (("profile", "chain", "draw", "layer"), np.abs(draws[..., :20]))
        result["lp"] = (("profile", "chain", "draw"), draws[..., 0])
    return result


def _random(seed: int, name: str) -> np.random.Generator:
    return np.random.default_rng([seed, *name.encode()])


def failing(table: xr.Dataset, forcing: column.Forcing, options: Options, *, keep_draws: bool = False) -> xr.Dataset:
    """Fails where the troublesome profile is among them."""
    if options.trouble in table["profile_id"].values:
        raise ArithmeticError("no way to divide")
    return quick(table, forcing, options, keep_draws=keep_draws)


def deadly(table: xr.Dataset, forcing: column.Forcing, options: Options, *, keep_draws: bool = False) -> xr.Dataset:
    """Kills its process where the troublesome profile is among them, always."""
    if options.trouble in table["profile_id"].values:
        os.kill(os.getpid(), signal.SIGKILL)
    return quick(table, forcing, options, keep_draws=keep_draws)


def deadly_once(table: xr.Dataset, forcing: column.Forcing, options: Options, *, keep_draws: bool = False) -> xr.Dataset:
    """Kills its process where the troublesome profile is among them, the first time."""
    note = Path(options.notes) / "died"
    if options.trouble in table["profile_id"].values and not note.exists():
        note.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return quick(table, forcing, options, keep_draws=keep_draws)


def short(table: xr.Dataset, forcing: column.Forcing, options: Options, *, keep_draws: bool = False) -> xr.Dataset:
    """Loses a profile."""
    return quick(table, forcing, options, keep_draws=keep_draws).isel(profile=slice(1, None))
