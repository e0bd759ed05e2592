"""``proda error-model``: how far the model is from observed layers, estimated from profiles."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from proda_core.commands.assimilate import cells_of, forcing_of, profiles_of
from proda_core.commands.base import embedded_climate


def error_model(
    profiles: Annotated[Path, typer.Argument(metavar="PROFILES", help="A file of proda observe, or one that it reads.")],
    sample: Annotated[int, typer.Option(min=1, help="Profiles to use, drawn at random; a few hundred do.")] = 400,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of sampling and improving.")] = 6,
    seed: Annotated[int, typer.Option(help="Seed of the random numbers.")] = 0,
    climate: Annotated[Path | None, typer.Option(help="Climate file; by default the one that comes with the project.")] = None,
) -> None:
    """Estimate the size of the model's error at observed layers and how it varies over profiles, for proda assimilate."""
    import torch

    from proda_core import observations
    from proda_core.assimilation.error_model import ErrorModel
    from proda_core.assimilation.estimate import estimate

    def report(number: int, found: ErrorModel) -> None:
        typer.echo(f"round {number}: --error-size {found.size:.3f} --error-degrees {found.degrees:.2f}")

    torch.set_num_threads(1)  # its threads would wait for one another; the compiled model has threads of its own
    forcing, land = forcing_of(climate or embedded_climate())
    table = profiles_of(profiles, land)
    count = table.sizes["profile"]
    drawn = np.sort(np.random.default_rng(seed).choice(count, min(sample, count), replace=False))
    table = observations.select(table, drawn)
    estimate(table, forcing(cells_of(table, land)), seed=seed, rounds=rounds, report=report)
