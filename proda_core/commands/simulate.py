"""``proda simulate``: the globe under a scenario, as a table of stocks and as maps."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from proda_core import __version__, store
from proda_core.commands.base import FORCE, UsageError, check_output, progress
from proda_core.commands.world import CLIMATE, PARAMETERS, climate_file, load

if TYPE_CHECKING:
    import xarray as xr

    from proda_core.scenario import Scenario
    from proda_core.simulation import World

PERCENT = "PERCENT"


class Runs(NamedTuple):
    """The world and its runs; one and the same run where nothing is changed."""

    world: World
    baseline: xr.Dataset
    changed: xr.Dataset


def simulate(
    out: Annotated[Path | None, typer.Option(help="NetCDF file to write; without it only the table is shown.")] = None,
    climate: CLIMATE = None,
    origin: PARAMETERS = None,
    cue: Annotated[
        float, typer.Option(metavar=PERCENT, show_default=False, help="Microbial carbon use efficiency, -20 to 20 %.")
    ] = 0.0,
    carbon_input: Annotated[
        float, typer.Option(metavar=PERCENT, show_default=False, help="Plant carbon input, -50 to 50 %.")
    ] = 0.0,
    input_allocation: Annotated[
        float,
        typer.Option(metavar=PERCENT, show_default=False, help="Depth of the input (Jackson beta), -20 to 20 %; more is deeper."),
    ] = 0.0,
    baseline_decomposition: Annotated[
        float, typer.Option(metavar=PERCENT, show_default=False, help="All turnover rates, -50 to 50 %.")
    ] = 0.0,
    environmental_modifier: Annotated[
        float,
        typer.Option(metavar=PERCENT, show_default=False, help="Effect of climate and depth on decomposition, -50 to 50 %."),
    ] = 0.0,
    vertical_transport: Annotated[
        float, typer.Option(metavar=PERCENT, show_default=False, help="All mixing between layers, -50 to 50 %.")
    ] = 0.0,
    parameter: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="ID=VALUE", help="Physical value of a parameter everywhere, such as q10=1.5; may be repeated."
        ),
    ] = None,
    warming: Annotated[
        float,
        typer.Option(
            metavar="DEGC", show_default=False, help="Uniform warming of decomposition, -2 to 6 degC; input and thaw stay."
        ),
    ] = 0.0,
    force: FORCE = False,
) -> None:
    """Run the model on the globe to its new balance and show the global stocks, beside the baseline if anything is changed.

    Stocks from retrieved parameters come with +-, the standard deviation over the members of their ensemble.
    """
    percent = {
        "cue": cue,
        "carbon_input": carbon_input,
        "input_allocation": input_allocation,
        "baseline_decomposition": baseline_decomposition,
        "environmental_modifier": environmental_modifier,
        "vertical_transport": vertical_transport,
    }
    change = scenario_of({**{name: value / 100 for name, value in percent.items()}, "warming": warming})
    source = climate_file(climate)
    if out:
        check_output(out, force)
    runs = _run(source, origin, change, _parameters(parameter or []))
    if out:
        write(runs.changed, out)
    show(runs, change)
    if out:
        typer.echo(f"wrote {out} ({out.stat().st_size / 1e6:.1f} MB)")


def scenario_of(changes: dict[str, float]) -> Scenario:
    """The scenario as asked for; where the model would move a value to its limit, the command refuses it."""
    from proda_core.scenario import LIMITS, Scenario

    for name, value in changes.items():
        option, (lower, upper) = f"--{name.replace('_', '-')}", LIMITS[name]
        factor, unit = (1.0, "degC") if name == "warming" else (100.0, "%")
        if not (math.isfinite(value) and lower <= value <= upper):
            raise UsageError(f"expected {option} within {lower * factor:g}..{upper * factor:g} {unit}, got {value * factor:g}")
    return Scenario.of(changes)


def _parameters(pairs: list[str]) -> dict[str, float]:
    """Parameter values from ``id=value`` pairs, checked before anything slow happens."""
    from proda_core import parameters

    values: dict[str, float] = {}
    for pair in pairs:
        id_, _, text = pair.partition("=")
        try:
            values[id_.strip()] = float(text)
        except ValueError:
            raise UsageError(f"expected --set as ID=VALUE with a number, got {pair!r}") from None
    try:
        parameters.vector(values)
    except KeyError as error:
        raise UsageError(str(error.args[0])) from None
    return values


def _run(source: Path, origin: str | None, change: Scenario, values: dict[str, float]) -> Runs:
    """The baseline and the scenario on the globe."""
    from proda_core import simulation

    with progress("simulation") as report:
        report(0.0, "climate")
        world = load(source, origin, values)
        steps = 1 if change.is_baseline else 2
        report(0.2, "baseline")
        baseline = simulation.run(world, progress=lambda part: report(0.2 + 0.8 * part / steps, "baseline"))
        if change.is_baseline:
            return Runs(world, baseline, baseline)
        return Runs(world, baseline, simulation.run(world, change, progress=lambda part: report(0.6 + 0.4 * part, "scenario")))


def write(dataset: xr.Dataset, out: Path) -> None:
    """Write a run as compressed NetCDF, whole or not at all."""
    packed = {str(name): {"zlib": True, "complevel": 4} for name, values in dataset.variables.items() if values.ndim}
    with store.atomic_path(out) as temporary:
        dataset.assign_attrs(source=f"PRODA Explorer {__version__}").to_netcdf(temporary, engine="netcdf4", encoding=packed)


def show(runs: Runs, change: Scenario | None) -> None:
    """The global stocks as a table, the change beside them, and where the parameters come from.

    Args:
        runs: the world and its runs.
        change: what was changed; none where it was more than a scenario can say.
    """
    baseline, changed = runs.baseline, None if change is not None and change.is_baseline else runs.changed
    stock_sd, change_sd = _spread(runs.world, change)
    console = Console()
    table = Table()
    scenario = ("scenario [Pg C]", "change [Pg C]", "change [%]") if changed is not None else ()
    for heading in ("depth [m]", "baseline [Pg C]", *scenario):
        table.add_column(escape(heading), justify="right")
    for row, depth in enumerate(baseline["depth"].values):
        before = float(baseline["global_stock"].values[row])
        cells = [f"0-{depth:g}", f"{before:,.1f}{stock_sd[row]}"]
        if changed is not None:
            after = float(changed["global_stock"].values[row])
            cells += [f"{after:,.1f}", f"{after - before:+,.1f}{change_sd[row]}", f"{100 * (after / before - 1):+.2f}"]
        table.add_row(*cells)
    typer.echo("Soil organic carbon on all land, once in balance")
    console.print(table)
    cue = float(baseline.attrs["bulk_cue"])
    line = f"Bulk carbon use efficiency {cue:.4f}"
    if changed is not None:
        new = float(changed.attrs["bulk_cue"])
        line += f", in the scenario {new:.4f} ({100 * (new / cue - 1):+.2f} %)"
    land = float(baseline["area"].sum()) / 1e12
    typer.echo(f"{line}. {baseline.sizes['cell']:,} land cells, {land:.1f} million km2.")
    typer.echo(f"Parameters: {baseline.attrs['parameters']}")
    if runs.world.retrieved is not None:
        members = runs.world.retrieved.sizes["member"]
        typer.echo(f"+-: standard deviation over the {members} members of the ensemble, each with its own parameters.")
    for notice in runs.world.notices:
        typer.echo(f"note: {notice}", err=True)


def _spread(world: World, change: Scenario | None) -> tuple[list[str], list[str]]:
    """What to write behind the baseline's stocks and behind their change, by depth; empty where the spread is not known."""
    from proda_core.grid import STOCK_DEPTHS
    from proda_core.simulation import ONE_PERCENT

    none = [""] * len(STOCK_DEPTHS)
    if world.retrieved is None:
        return none, none
    stock, response = (
        [f" +- {sd:,.{0 if sd >= 10 else 1}f}" for sd in world.retrieved[name].values.std(axis=0, ddof=1)]
        for name in ("global_stock", "one_percent")
    )
    return stock, response if change == ONE_PERCENT else none
