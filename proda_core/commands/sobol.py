"""``proda sobol``: shares of the variance of the stock, by mechanism or by parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from proda_core.commands import analysis
from proda_core.commands.base import FORCE, UsageError, progress

if TYPE_CHECKING:
    import numpy as np
    import xarray as xr

    from proda_core.sensitivity.sample import Sample
    from proda_core.simulation import World


def sobol(
    out: analysis.OUT,
    over: Annotated[str, typer.Option(help="mechanisms: the six changes of a scenario; parameters: all 21.")] = "mechanisms",
    size: Annotated[int, typer.Option(metavar="N", help="Base size of the design, a power of two.")] = 256,
    width: Annotated[float, typer.Option(help="Largest relative change, up to 0.2.")] = 0.1,
    cells: Annotated[int, typer.Option(metavar="N", help="Land cells that stand for the globe.")] = 2000,
    depth: Annotated[str, typer.Option(help="Stock above 0.3m, 1m, 2m or full.")] = "2m",
    seed: Annotated[int, typer.Option(callback=analysis.seed, help="Seed of the cells and of the design.")] = 0,
    maps: analysis.MAPS = None,
    climate: analysis.CLIMATE = None,
    scheduler: analysis.SCHEDULER = None,
    resume: analysis.RESUME = False,
    force: FORCE = False,
) -> None:
    """Sobol indices of the global stock and of the stock of every Koppen zone, best estimate of the parameters."""
    from proda_core import sensitivity
    from proda_core.grid import STOCK_DEPTHS

    if over not in ("mechanisms", "parameters"):
        raise UsageError(f"expected --over mechanisms or parameters, got {over}")
    if depth not in STOCK_DEPTHS:
        raise UsageError(f"expected --depth out of {', '.join(STOCK_DEPTHS)}; got {depth}")
    if not 0 < width <= 0.2:
        raise UsageError(f"expected --width above 0 and at most 0.2, got {width:g}")
    if size < 2 or size & (size - 1):
        raise UsageError(f"expected a power of two for --size, got {size}")
    analysis.check_start(out, force, resume)
    ensemble = analysis.ensemble(maps, climate, 1)
    options = {"over": over, "size": size, "width": width, "cells": cells, "depth": depth, "seed": seed}
    shelf = analysis.shelf(out, resume, {**ensemble.inputs, **options})
    study_of = sensitivity.over_mechanisms if over == "mechanisms" else sensitivity.over_parameters
    try:
        with progress("sobol", time_left=True) as show:
            show(0.0, "cells")
            sample, error = _sample(ensemble.world, cells, list(STOCK_DEPTHS).index(depth), width, seed)
            study = study_of(ensemble.world, sample, depth)
            data = sensitivity.sobol(
                study, size, width, seed=seed, shelf=shelf, scheduler=scheduler, progress=lambda part: show(part, "runs")
            )  # fmt: skip
    except KeyboardInterrupt:
        analysis.interrupted(out)
        raise
    data = data.assign_attrs(**options, **ensemble.origin, largest_relative_error_of_sample=float(abs(error).max()))
    frame = data.drop_vars(["mean", "deviation"]).to_dataframe().reset_index()
    analysis.write(out, data, frame)
    shelf.remove()
    _show(data, len(sample.cells))


def _sample(world: World, count: int, depth: int, width: float, seed: int) -> tuple[Sample, np.ndarray[Any, Any]]:
    """The cells, and their relative error for each mechanism changed by the width up and down."""
    from proda_core.scenario import Scenario
    from proda_core.sensitivity import MECHANISMS, sample
    from proda_core.simulation import GlobalModel

    model = GlobalModel(world)
    soc = model.respond(Scenario()).soc[depth]
    drawn = sample.draw(soc, world.land.area, world.regions["koppen"], world.land.latitude, count, seed)
    changes = [Scenario().with_change(name, sign * width) for name in MECHANISMS for sign in (-1, 1)]
    return drawn, sample.error(model, drawn, depth, changes)


def _show(data: xr.Dataset, cells: int) -> None:
    """Indices of the globe at every size, the largest total first."""
    globe = data.sel(output="globe")
    last = globe.isel(size=-1)
    table = Table("input", *(f"n = {size}: total" for size in data["size"].values), "alone")
    for i in (-last["total"].values).argsort():
        row = globe.isel(input=int(i))
        told = zip(row["total"].values, row["total_confidence"].values, strict=True)
        totals = [f"{total:.3f} +- {confidence:.3f}" for total, confidence in told]
        alone = f"{float(last['first'][i]):.3f} +- {float(last['first_confidence'][i]):.3f}"
        table.add_row(str(data["input"].values[i]), *totals, alone)
    Console().print(table)
    error = 100 * float(data.attrs["largest_relative_error_of_sample"])
    typer.echo(f"{cells:,} land cells stand for the globe; their stock is off by at most {error:.2f} % when a mechanism changes.")
