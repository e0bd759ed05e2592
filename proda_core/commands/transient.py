"""``proda transient``: the way to the new balance, year by year and millennium by millennium, with its spread on request."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import numpy as np
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from proda_core.commands import analysis
from proda_core.commands.base import FORCE, Failure, UsageError, progress
from proda_core.commands.scenario import NAMED, NAMES, chosen, describe, list_names, reach, write_table
from proda_core.commands.simulate import write
from proda_core.commands.world import CLIMATE, PARAMETERS, climate_file, load

if TYPE_CHECKING:
    import xarray as xr

    from proda_core.scenarios import Experiment
    from proda_core.sensitivity import Shelf
    from proda_core.simulation import World

SHOWN = (10.0, 20.0, 50.0, 100.0, 500.0, 1000.0, 5000.0)
"""Years near which a row of the table is shown, beside the first and the last."""

COLUMNS = {
    "stock": "stock",
    "stock_in_region": "stock_in_region",
    "change_mean": "change_mean_of_members",
    "change_sd": "change_sd_of_members",
}
"""What is in a table, where there is such a thing, and what its columns are called."""


def transient(
    name: NAMED,
    out: Annotated[Path | None, typer.Option(help="File to write: the series as .nc or .csv.")] = None,
    last: Annotated[float, typer.Option("--years", metavar="YEARS", help="How far to go.")] = 10_000.0,
    steps: Annotated[int, typer.Option(metavar="N", help="Number of steps, evenly spaced in the logarithm of time.")] = 40,
    cells: Annotated[bool, typer.Option("--cells", help="Write the course of every cell as well, with --out x.nc.")] = False,
    members: analysis.MEMBERS = None,
    climate: CLIMATE = None,
    origin: PARAMETERS = None,
    scheduler: analysis.SCHEDULER = None,
    resume: analysis.RESUME = False,
    force: FORCE = False,
) -> None:
    """Switch a scenario on at year 0, in the balance of the baseline, and follow the carbon of the globe.

    With --members also under the parameters of each of the first N members, for mean and spread.  With --members or --scheduler
    what is done is kept beside --out, and --resume goes on with it.
    """
    if name == NAMES:
        list_names()
        return
    if not (1.0 < last <= 1e9 and 2 <= steps <= 1000):
        raise UsageError(f"expected --years within 1..1e9 and --steps within 2..1000, got {last:g} and {steps}")
    if cells and (out is None or out.suffix != ".nc"):
        raise UsageError(f"expected --out with a name that ends in .nc beside --cells, got {out.name if out else 'no --out'}")
    if members is not None and members < 2:
        raise UsageError(f"expected --members of at least 2, as it takes two to differ, got {members}")
    if resume and not (out and (members or scheduler)):
        raise UsageError("expected --out, and --members or --scheduler, beside --resume; without them nothing is kept")
    experiment = chosen(name, out, force)
    source = climate_file(climate)
    shelf = None
    if members or scheduler:
        if out:
            analysis.check_start(out, force, resume)
        work = _Work(members, scheduler, out, resume)
        series, experiment, shelf = _in_pieces(source, origin, experiment, last, steps, cells, work)
    else:
        series, experiment = _run(source, origin, experiment, last, steps, cells)
    if out and out.suffix == ".csv":
        write_table(_table(series), out)
    elif out:
        write(series, out)
    if shelf:
        shelf.remove()
    typer.echo(describe(experiment))
    reach(series)
    _show(series, experiment)
    if out:
        typer.echo(f"wrote {out} ({out.stat().st_size / 1e3:,.0f} kB)")


def _run(
    source: Path, origin: str | None, experiment: Experiment, last: float, steps: int, cells: bool
) -> tuple[xr.Dataset, Experiment]:
    """The course of the globe as a dataset, and the experiment, its target resolved."""
    from proda_core import simulation

    with progress("transient") as report:
        report(0.0, "climate")
        model = simulation.GlobalModel(load(source, origin))
        report(0.3, "plant input for the target" if experiment.target else "steps")
        experiment = simulation.resolve(model, experiment)
        years = simulation.log_years(last=last, count=steps)
        course = simulation.follow(
            model, experiment, years, with_cells=cells, progress=lambda part: report(0.4 + 0.6 * part, "steps")
        )
    return simulation.course(course, model, experiment), experiment


class _Work(NamedTuple):
    """How the work in pieces is done: the options of the command of these names."""

    members: int | None
    scheduler: str | None
    out: Path | None
    resume: bool


def _in_pieces(
    source: Path, origin: str | None, experiment: Experiment, last: float, steps: int, cells: bool, work: _Work
) -> tuple[xr.Dataset, Experiment, Shelf]:
    """The same as :func:`_run`, with members or on a cluster, and what keeps the pieces until all is written."""
    import torch

    from proda_core import sensitivity, simulation
    from proda_core.learning import kept

    torch.set_num_threads(1)  # small arrays; the process model brings threads of its own
    with progress("transient", time_left=True) as report:
        report(0.0, "climate")
        world = load(source, origin)
        unit = _members(world, source, origin, work.members) if work.members else None
        model = simulation.GlobalModel(world)
        if experiment.target:
            report(0.0, "plant input for the target")
            experiment = simulation.resolve(model, experiment)
        years = simulation.log_years(last=last, count=steps)
        shelf = sensitivity.Shelf()
        if work.out:
            inputs = {"climate": source, "parameters": world.parameters.numpy(), "experiment": repr(experiment), "years": years}
            own = {"members": unit if unit is not None else 0, "cells": cells, "code": kept.code()}
            shelf = analysis.shelf(work.out, work.resume, {**inputs, **own})
        try:
            best, others = sensitivity.courses(
                world, experiment, years, unit, cells,
                shelf=shelf, scheduler=work.scheduler, progress=lambda part: report(part, "steps"),
            )  # fmt: skip
        except KeyboardInterrupt:
            if work.out:
                analysis.interrupted(work.out)
            raise
    return simulation.course(best, model, experiment, others), experiment, shelf


def _members(world: World, source: Path, origin: str | None, count: int) -> np.ndarray[Any, Any]:
    """Normalised parameters of the first members of the maps that the world's parameters come from (member, 21, cell)."""
    from proda_core import retrieved

    if world.retrieved is None:
        raise Failure(
            f"expected retrieved maps for --members, got other parameters ({world.parameter_source}); "
            "name a file of maps with --parameters, or leave --members out"
        )
    stored = retrieved.read(Path(origin) if origin else None, members=True, climate=source)
    values: np.ndarray[Any, Any] = stored["member_unit"].values[:count]
    return values


def _table(series: xr.Dataset) -> dict[str, list[float]]:
    stocks: dict[str, list[float]] = {}
    for name, label in COLUMNS.items():
        if name in series:
            for depth in series["depth"].values:
                stocks[f"{label}_0_{depth:g}m_PgC"] = series[name].sel(depth=depth).values.tolist()
    return {
        "year": series["time"].values.tolist(),
        **stocks,
        "all_carbon_PgC": series["carbon"].values.tolist(),
        "respiration_PgC_per_year": series["respiration"].values.tolist(),
        "carbon_input_PgC_per_year": series["carbon_input"].values.tolist(),
    }


def _show(series: xr.Dataset, experiment: Experiment) -> None:
    """Changes of the stocks at some of the times, and in the new balance: of all land, in the region, and of the members."""
    stock, balance = series["stock"].values, series["stock_in_balance"].values
    _courses("Soil organic carbon on all land: before, and its change since", series, stock, balance)
    if "stock_in_region" in series:
        here, there = series["stock_in_region"].values, series["stock_in_region_in_balance"].values
        _courses(f"The same in {experiment.region}, and in per cent of what it held", series, here, there, percent=True)
    if "member" in series.sizes:
        held, ends = series["stock_by_member"].values, series["stock_in_balance_by_member"].values
        count = series.sizes["member"]
        _courses(f"The same on all land, mean +- standard deviation over {count} members of the ensemble", series, held, ends)
    typer.echo(_half_way(series))
    typer.echo(f"Carbon is conserved to {series.attrs['imbalance']:.0e} of what a column holds, in every cell and step.")
    typer.echo(f"Parameters: {series.attrs['parameters']}")


def _courses(
    title: str, series: xr.Dataset, stock: np.ndarray[Any, Any], balance: np.ndarray[Any, Any], percent: bool = False
) -> None:
    """A table of one or several courses of the stock [Pg] ([member,] time, depth) and of where they end ([member,] depth)."""
    years, before = series["time"].values, stock[..., 0, :]

    def cells(values: np.ndarray[Any, Any], sign: str) -> list[str]:
        if values.ndim == 2:
            spread = values.std(axis=0, ddof=1)
            return [f"{mean:{sign},.1f} +- {sd:,.1f}" for mean, sd in zip(values.mean(axis=0), spread, strict=True)]
        share = [
            f" ({100 * value / whole:+.2f} %)" if percent and sign else "" for value, whole in zip(values, before, strict=True)
        ]
        return [f"{value:{sign},.1f}{part}" for value, part in zip(values, share, strict=True)]

    table = Table()
    for heading in ("year", *(f"0-{depth:g} m [Pg C]" for depth in series["depth"].values)):
        table.add_column(escape(heading), justify="right")
    table.add_row("before", *cells(before, ""))
    rows = sorted({1, len(years) - 1, *(int(abs(years - year).argmin()) for year in SHOWN if year <= years[-1])} - {0})
    for row in rows:
        table.add_row(f"{years[row]:,.0f}", *cells(stock[..., row, :] - before, "+"))
    table.add_row("balance", *cells(balance - before, "+"))
    typer.echo(title)
    Console().print(table)


def _half_way(series: xr.Dataset) -> str:
    """When half of the change is done, in a sentence."""
    told = []
    for row, depth in enumerate(series["depth"].values):
        year = float(series["half_way"][row])
        text = f"after {year:,.0f}" if year == year else f"not within {series['time'].values[-1]:,.0f}"
        if "half_way_by_member" in series:
            years = series["half_way_by_member"].values[:, row]
            there = years[np.isfinite(years)]
            spread = f"{there.mean():,.0f} +- {there.std(ddof=1):,.0f} in " if len(there) > 1 else "within that time in "
            count = f"{len(years)}" if len(there) == len(years) else f"{len(there)} of {len(years)}"
            text += f" ({spread}{count} members)"
        told.append(f"to {depth:g} m {text}")
    return f"Years until half of the change is done: {', '.join(told)}."
