"""``proda control``: what each mechanism's map is worth, told by making it uniform."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from proda_core.commands import analysis
from proda_core.commands.base import FORCE, UsageError, embedded_climate, progress

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from proda_core.grid import LandGrid
    from proda_core.sensitivity.control import Observed


def control(
    out: analysis.OUT,
    profiles: Annotated[
        Path | None, typer.Argument(metavar="[PROFILES]", help="Observed profiles, for the explained variation.")
    ] = None,
    input_spread: Annotated[float, typer.Option(help="Relative standard deviation of plant input, up to 0.5.")] = 0.1,
    seed: Annotated[int, typer.Option(callback=analysis.seed, help="Seed of the signs of its change.")] = 0,
    members: analysis.MEMBERS = None,
    maps: analysis.MAPS = None,
    climate: analysis.CLIMATE = None,
    scheduler: analysis.SCHEDULER = None,
    resume: analysis.RESUME = False,
    force: FORCE = False,
) -> None:
    """Replace the parameters of one mechanism by their mean over all profiles, and see what stock and fit become.

    Plant input is changed in two ways: up or down at random, as published, and made the same everywhere.
    """
    from proda_core import retrieved, sensitivity

    if not 0 <= input_spread <= 0.5:
        raise UsageError(f"expected --input-spread within 0..0.5, got {input_spread:g}")
    analysis.check_start(out, force, resume)
    ensemble = analysis.ensemble(maps, climate, members)
    count = retrieved.read(maps, climate=climate or embedded_climate())["profile_count"].values
    litter_input = ensemble.world.forcing.litter_input.numpy()
    stand_in = sensitivity.StandIn(sensitivity.site_mean(ensemble.unit, count), sensitivity.mean_input(litter_input, count))
    observed = _observed(profiles, ensemble.world.land) if profiles else None
    shelf = analysis.shelf(out, resume, {**ensemble.inputs, "spread": input_spread, "seed": seed})
    try:
        with progress("control", time_left=True) as show:
            data = sensitivity.control(
                ensemble.world, ensemble.unit, stand_in, observed, spread=input_spread, seed=seed,
                shelf=shelf, scheduler=scheduler, progress=lambda part: show(part, "members"),
            )  # fmt: skip
    except KeyboardInterrupt:
        analysis.interrupted(out)
        raise
    table = sensitivity.joined_controls(data)
    analysis.write(out, data.assign_attrs(ensemble.origin), summary(table))
    shelf.remove()
    _show(table)


def _observed(profiles: Path, land: LandGrid) -> Observed:
    from proda_core.commands.assimilate import cells_of, profiles_of
    from proda_core.sensitivity import Observed

    table = profiles_of(profiles, land)
    return Observed.of(table, cells_of(table, land))


def summary(data: xr.Dataset) -> pd.DataFrame:
    """One row a variable, control and depth: quantiles over the members, with and without the authors' filter."""
    import pandas as pd

    from proda_core.sensitivity import summary_of_control

    rows = []
    for name in data.data_vars:
        for published in (True, False) if "explained" in str(name) else (False,):
            frame = summary_of_control(data[name], published=published).rename("value").to_dataframe().reset_index()
            rows.append(frame.assign(variable=name, only_above_zero=published))
    return pd.concat(rows, ignore_index=True)


def _show(data: xr.Dataset) -> None:
    """Stocks and explained variation: parameters by what is lost without their maps, plant input apart."""
    from proda_core.sensitivity.control import APART

    full = data.sel(control="none")
    by = data["explained"] - full["explained"] if "explained" in data else data["change"].sel(depth="full")
    names = [str(name) for name in data["control"].values if name != "none"]
    ranked = sorted(names, key=lambda name: -abs(float(by.sel(control=name).median())))
    typer.echo("Changes are those of each member: median, and the interval from 16 to 84 %")
    parameters = [name for name in ranked if name not in APART]
    for title, chosen in (("Parameters made the same everywhere.", parameters), (_of_input(data), list(APART))):
        typer.echo(title)
        stocks = " and ".join(f"{float(full['stock'].sel(depth=depth).median()):,.0f}" for depth in _DEPTHS.values())
        _print(chosen, {f"stock {name} [%]": data["change"].sel(depth=depth) for name, depth in _DEPTHS.items()}, "+")
        if "explained" in data:
            lost = {words: full[name] - data[name] for name, words in _EXPLAINED.items()}
            _print(chosen, {f"{words}:\nlost [points]": values for words, values in lost.items()})
    explained = [f"{100 * float(full[name].median()):.1f} % {words}" for name, words in _EXPLAINED.items() if name in data]
    typer.echo(f"In the full model: {stocks} Pg C{'; explained ' if explained else ''}{', '.join(explained)}")


_DEPTHS = {"0-1 m": "1m", "whole column": "full"}
_EXPLAINED = {"explained": "layers alike", "explained_weighted": "by importance"}


def _of_input(data: xr.Dataset) -> str:
    """How plant input was changed: it is forcing, and what random changes cost depends on their size."""
    times, mean = 200 * data.attrs["input_spread"], data.attrs["uniform_input_gC_per_m2_per_year"]
    return (
        "Plant input, not to be ranked with the others: it is forcing.\n"
        f"carbon_input: times 1 +- {times:g} %, the sign at random; how much is a judgement\n"
        f"uniform_input: {mean:,.0f} gC m-2 yr-1 everywhere, the mean over the profiles"
    )


def _print(names: list[str], columns: dict[str, xr.DataArray], sign: str = "") -> None:
    """A table of medians and intervals over the members, in per cent."""
    from proda_core.sensitivity import summary_of_control

    table = Table("")
    for heading in columns:
        table.add_column(escape(heading), no_wrap=True)
    for name in names:
        quantiles = [summary_of_control(values.sel(control=name), published=False) for values in columns.values()]
        percent = [[100 * float(value) for value in found] for found in quantiles]
        table.add_row(name, *(f"{middle:{sign}.1f} ({low:{sign}.1f} to {high:{sign}.1f})" for low, middle, high in percent))
    Console().print(table)
