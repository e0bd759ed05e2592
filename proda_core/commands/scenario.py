"""``proda scenario``: the new balance that soils reach under a scenario with a name or of a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from proda_core import store
from proda_core.commands.base import FORCE, UsageError, check_output, progress
from proda_core.commands.simulate import Runs, show, write
from proda_core.commands.world import CLIMATE, PARAMETERS, climate_file, load
from proda_core.constants import GRAMS_PER_KILOGRAM, GRAMS_PER_PETAGRAM

if TYPE_CHECKING:
    import numpy as np
    import xarray as xr

    from proda_core.scenarios import Experiment, Region

NAMED = Annotated[
    str,
    typer.Argument(metavar="NAME|FILE", help="A scenario that comes with the project, or a YAML file; names lists them."),
]
"""The argument that says which scenario."""

NAMES = "names"
FORMATS = (".nc", ".csv")


def scenario(
    name: NAMED,
    out: Annotated[Path | None, typer.Option(help="File to write: maps as .nc, or the table as .csv.")] = None,
    climate: CLIMATE = None,
    origin: PARAMETERS = None,
    force: FORCE = False,
) -> None:
    """Run the globe to its new balance under a scenario, and show the stocks before and after.

    With --out x.nc also maps of the stocks, mechanisms, the age of soil carbon and its transit time.
    """
    if name == NAMES:
        list_names()
        return
    experiment = chosen(name, out, force)
    runs, experiment = _run(climate_file(climate), origin, experiment)
    if out and out.suffix == ".csv":
        write_table(_table(runs, experiment), out)
    elif out:
        write(runs.changed, out)
    typer.echo(describe(experiment))
    reach(runs.changed)
    show(runs, experiment.plain)
    if experiment.region:
        _show_region(runs, experiment.region)
    typer.echo(_ages(runs.changed))
    if out:
        typer.echo(f"wrote {out} ({out.stat().st_size / 1e3:,.0f} kB)")


def list_names() -> None:
    """Show the scenarios that come with the project."""
    from proda_core import scenarios

    for name in scenarios.preset_names():
        typer.echo(f"{name:26} {scenarios.find(name).question}")


def chosen(name: str, out: Path | None, force: bool) -> Experiment:
    """The scenario asked for, and whether its result can be written, found out before anything slow happens."""
    if out:
        if out.suffix not in FORMATS:
            raise UsageError(f"expected --out to end in {' or '.join(FORMATS)}, got {out.name}")
        check_output(out, force)
    from proda_core import scenarios

    return scenarios.find(name)


def describe(experiment: Experiment) -> str:
    """Name, question, where and what a target takes."""
    where = f" Only in {experiment.region}." if experiment.region else ""
    takes = f" It takes {100 * experiment.extra_input:.1f} % more plant input." if experiment.extra_input else ""
    return f"{experiment.name}. {experiment.question}{where}{takes}"


def reach(changed: xr.Dataset) -> None:
    """Say where limits kept CUE from changing by as much as was asked, if anywhere."""
    short = float(changed.attrs["scenario_cue_out_of_reach"])
    if short:
        typer.echo(f"On {100 * short:.3g} % of the land that it changes, limits keep CUE from changing by as much as asked.")


def _ages(changed: xr.Dataset) -> str:
    """How long carbon stays and how old it is, in a sentence."""
    pairs = zip(changed["depth"].values, changed["global_soc_age"].values, strict=True)
    old = (f"{age:,.0f} years to {depth:g} m" for depth, age in pairs)
    stay = float(changed["global_transit_time"])
    passed = f"There, carbon stays in litter and soil for {stay:,.0f} years on average"
    return f"{passed}; what is in the soil is {', '.join(old)} old."


def write_table(table: dict[str, list[float]], out: Path) -> None:
    """Write columns of numbers as CSV, whole or not at all."""
    rows = [",".join(table), *(",".join(f"{value:.10g}" for value in row) for row in zip(*table.values(), strict=True))]
    with store.atomic_path(out) as temporary:
        temporary.write_text("\n".join(rows) + "\n", encoding="utf-8")


def _table(runs: Runs, experiment: Experiment) -> dict[str, list[float]]:
    """Stocks before and after by depth, and those of the region if there is one."""
    stocks = {"": (runs.baseline["global_stock"].values, runs.changed["global_stock"].values)}
    if experiment.region:
        stocks["region_"] = _within(runs, experiment.region)
    table = {"depth_m": runs.baseline["depth"].values.tolist()}
    for where, (before, after) in stocks.items():
        columns = {"baseline_PgC": before, "scenario_PgC": after, "change_PgC": after - before}
        table |= {f"{where}{name}": values.tolist() for name, values in columns.items()}
    return table


def _within(runs: Runs, region: Region) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Stocks in a region before and after [Pg] (depth,)."""
    land = runs.world.land
    area = land.area * region.covers(land, runs.world.regions) * (GRAMS_PER_KILOGRAM / GRAMS_PER_PETAGRAM)
    return runs.baseline["soc"].values @ area, runs.changed["soc"].values @ area


def _show_region(runs: Runs, region: Region) -> None:
    """The stocks of the region as a table."""
    table = Table()
    for heading in ("depth [m]", "baseline [Pg C]", "scenario [Pg C]", "change [Pg C]", "change [%]"):
        table.add_column(escape(heading), justify="right")
    for depth, before, after in zip(runs.baseline["depth"].values, *_within(runs, region), strict=True):
        share = f"{100 * (after / before - 1):+.2f}" if before else ""
        table.add_row(f"0-{depth:g}", f"{before:,.1f}", f"{after:,.1f}", f"{after - before:+,.1f}", share)
    typer.echo(f"The same in {region} only")
    Console().print(table)


def _run(source: Path, origin: str | None, experiment: Experiment) -> tuple[Runs, Experiment]:
    """The baseline and the experiment, its target resolved, on the globe."""
    from proda_core import simulation

    with progress("scenario") as report:
        report(0.0, "climate")
        world = load(source, origin)
        report(0.3, "baseline")
        baseline: xr.Dataset = simulation.run(world)
        report(0.5, "plant input for the target" if experiment.target else "new balance")
        experiment = simulation.resolve(simulation.GlobalModel(world), experiment) if experiment.target else experiment
        report(0.6, "new balance")
        changed = simulation.run(world, experiment, lambda part: report(0.6 + 0.4 * part, "new balance"), with_ages=True)
    return Runs(world, baseline, changed), experiment
