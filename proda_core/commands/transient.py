"""``proda transient``: the way to the new balance, year by year and millennium by millennium."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from proda_core.commands.base import FORCE, UsageError, progress
from proda_core.commands.scenario import NAMED, NAMES, chosen, describe, list_names, reach, write_table
from proda_core.commands.simulate import write
from proda_core.commands.world import CLIMATE, PARAMETERS, climate_file, load

if TYPE_CHECKING:
    import xarray as xr

    from proda_core.scenarios import Experiment

SHOWN = (10.0, 20.0, 50.0, 100.0, 500.0, 1000.0, 5000.0)
"""Years near which a row of the table is shown, beside the first and the last."""


def transient(
    name: NAMED,
    out: Annotated[Path | None, typer.Option(help="File to write: the series as .nc or .csv.")] = None,
    last: Annotated[float, typer.Option("--years", metavar="YEARS", help="How far to go.")] = 10_000.0,
    steps: Annotated[int, typer.Option(metavar="N", help="Number of steps, evenly spaced in the logarithm of time.")] = 40,
    cells: Annotated[bool, typer.Option("--cells", help="Write the course of every cell as well, with --out x.nc.")] = False,
    climate: CLIMATE = None,
    origin: PARAMETERS = None,
    force: FORCE = False,
) -> None:
    """Switch a scenario on at year 0, in the balance of the baseline, and follow the carbon of the globe."""
    if name == NAMES:
        list_names()
        return
    if not (1.0 < last <= 1e9 and 2 <= steps <= 1000):
        raise UsageError(f"expected --years within 1..1e9 and --steps within 2..1000, got {last:g} and {steps}")
    if cells and (out is None or out.suffix != ".nc"):
        raise UsageError(f"expected --out with a name that ends in .nc beside --cells, got {out.name if out else 'no --out'}")
    experiment = chosen(name, out, force)
    series, experiment = _run(climate_file(climate), origin, experiment, last, steps, cells)
    if out and out.suffix == ".csv":
        write_table(_table(series), out)
    elif out:
        write(series, out)
    typer.echo(describe(experiment))
    reach(series)
    _show(series)
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


def _table(series: xr.Dataset) -> dict[str, list[float]]:
    stocks = {f"stock_0_{depth:g}m_PgC": series["stock"].sel(depth=depth).values.tolist() for depth in series["depth"].values}
    return {
        "year": series["time"].values.tolist(),
        **stocks,
        "all_carbon_PgC": series["carbon"].values.tolist(),
        "respiration_PgC_per_year": series["respiration"].values.tolist(),
        "carbon_input_PgC_per_year": series["carbon_input"].values.tolist(),
    }


def _show(series: xr.Dataset) -> None:
    """Changes of the global stocks at some of the times, and in the new balance."""
    years, stock = series["time"].values, series["stock"].values
    table = Table()
    for heading in ("year", *(f"0-{depth:g} m [Pg C]" for depth in series["depth"].values)):
        table.add_column(escape(heading), justify="right")
    table.add_row("before", *(f"{value:,.1f}" for value in stock[0]))
    rows = sorted({1, len(years) - 1, *(int(abs(years - year).argmin()) for year in SHOWN if year <= years[-1])} - {0})
    for row in rows:
        table.add_row(f"{years[row]:,.0f}", *(f"{value:+,.1f}" for value in stock[row] - stock[0]))
    table.add_row("balance", *(f"{value:+,.1f}" for value in series["stock_in_balance"].values - stock[0]))
    typer.echo("Soil organic carbon on all land: before, and its change since")
    Console().print(table)
    typer.echo(f"Carbon is conserved to {series.attrs['imbalance']:.0e} of what a column holds, in every cell and step.")
    typer.echo(f"Parameters: {series.attrs['parameters']}")
