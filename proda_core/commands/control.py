"""``proda control``: what each mechanism's map is worth, told by making it uniform."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
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
    input_spread: Annotated[float, typer.Option(help="Relative standard deviation of plant input.")] = 0.1,
    seed: Annotated[int, typer.Option(help="Seed of the signs of its change.")] = 0,
    members: analysis.MEMBERS = None,
    maps: analysis.MAPS = None,
    climate: analysis.CLIMATE = None,
    scheduler: analysis.SCHEDULER = None,
    resume: analysis.RESUME = False,
    force: FORCE = False,
) -> None:
    """Replace the parameters of one mechanism by their mean over all profiles, and see what stock and fit become."""
    from proda_core import retrieved, sensitivity

    if not 0 <= input_spread <= 1:
        raise UsageError(f"expected --input-spread within 0..1, got {input_spread}")
    analysis.check_start(out, force, resume)
    ensemble = analysis.ensemble(maps, climate, members)
    count = retrieved.read(maps, climate=climate or embedded_climate())["profile_count"].values
    mean = sensitivity.site_mean(ensemble.unit, count)
    observed = _observed(profiles, ensemble.world.land) if profiles else None
    shelf = analysis.shelf(out, resume, {**ensemble.inputs, "spread": input_spread, "seed": seed})
    try:
        with progress("control", time_left=True) as show:
            data = sensitivity.control(
                ensemble.world, ensemble.unit, mean, observed, spread=input_spread, seed=seed,
                shelf=shelf, scheduler=scheduler, progress=lambda part: show(part, "members"),
            )  # fmt: skip
    except KeyboardInterrupt:
        analysis.interrupted(out)
        raise
    analysis.write(out, data.assign_attrs(ensemble.origin), summary(data))
    shelf.remove()
    _show(data)


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
    from proda_core.sensitivity import summary_of_control

    stock = summary_of_control(data["stock"].sel(depth="full"), published=False)
    table = Table("made uniform", "stock [Pg C]", "change of the median [%]", "explained [%]", "only members above 0 [%]")
    for name in data["control"].values:
        low, middle, high = (float(value) for value in stock.sel(control=name))
        change = 100 * (middle / float(stock.sel(control="none", quantile=0.5)) - 1)
        explained = ["", ""]
        if "explained" in data:
            for i, published in enumerate((False, True)):
                quantiles = summary_of_control(data["explained"].sel(control=name), published=published)
                explained[i] = "{1:.1f} ({0:.1f} to {2:.1f})".format(*(100 * float(value) for value in quantiles))
        table.add_row(str(name), f"{middle:,.0f} ({low:,.0f} to {high:,.0f})", f"{change:+.1f}", *explained)
    typer.echo("Median over the members, and the interval from 16 to 84 %")
    Console().print(table)
