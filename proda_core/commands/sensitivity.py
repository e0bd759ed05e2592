"""``proda sensitivity``: how the global stock answers to each mechanism, for every member of the ensemble."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from proda_core.commands import analysis, relearn
from proda_core.commands.base import FORCE, UsageError, check_output, progress

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from proda_core.sensitivity.relearning import Relearned
    from proda_core.simulation import World


def sensitivity(
    out: analysis.OUT,
    recipe: Annotated[
        str, typer.Option(help="published: normalised parameters times 1 + m; realised: as the sliders do; or both.")
    ] = "both",
    mechanism: Annotated[list[str] | None, typer.Option(help="Mechanism; may be repeated. By default all six.")] = None,
    members: analysis.MEMBERS = None,
    gradients: Annotated[bool, typer.Option("--gradients", help="Also the map of the stock's derivative by each.")] = False,
    budget: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Also a budget of the variances of the response to +1 % CUE.")
    ] = None,
    posterior: Annotated[Path | None, typer.Option(help="Store of proda assimilate, for the budget.")] = None,
    relearned: Annotated[Path | None, typer.Option(metavar="CSV", help="Table of proda relearn, for the budget.")] = None,
    depth: Annotated[str, typer.Option(help="Stock of the budget: 0.3m, 1m, 2m or full.")] = "1m",
    maps: analysis.MAPS = None,
    climate: analysis.CLIMATE = None,
    scheduler: analysis.SCHEDULER = None,
    resume: analysis.RESUME = False,
    force: FORCE = False,
) -> None:
    """Change each mechanism in eleven steps from -20 to 20 %, solve the globe, and read elasticities off the curves."""
    from proda_core.grid import STOCK_DEPTHS
    from proda_core.learning import kept
    from proda_core.sensitivity import MECHANISMS, RECIPES, curves, gradient_map, relearning

    names = list(dict.fromkeys(mechanism or MECHANISMS))
    unknown = [name for name in names if name not in MECHANISMS]
    if unknown:
        raise UsageError(f"expected --mechanism out of {', '.join(MECHANISMS)}; got {unknown[0]}")
    if recipe not in (*RECIPES, "both"):
        raise UsageError(f"expected --recipe out of {', '.join(RECIPES)}, both; got {recipe}")
    chosen = RECIPES if recipe == "both" else tuple(known for known in RECIPES if known == recipe)
    if depth not in STOCK_DEPTHS:
        raise UsageError(f"expected --depth out of {', '.join(STOCK_DEPTHS)}; got {depth}")
    if posterior and not budget:
        raise UsageError("expected --budget beside --posterior, which only the budget reads; name a file for it")
    if relearned and not budget:
        raise UsageError("expected --budget beside --relearned, which only the budget reads; name a file for it")
    again = relearning.summarise(relearn.read(relearned)) if relearned else None
    analysis.check_start(out, force, resume)
    if budget:
        check_output(budget, force)
    ensemble = analysis.ensemble(maps, climate, members)
    shelf = analysis.shelf(out, resume, {**ensemble.inputs, "mechanisms": names})
    try:
        with progress("sensitivity", time_left=True) as show:
            data = curves(
                ensemble.world, ensemble.unit, names, chosen,
                shelf=shelf, scheduler=scheduler, progress=lambda part: show(part, "members"),
            )  # fmt: skip
            if gradients:
                data["gradient"] = gradient_map(ensemble.world).rename(mechanism="gradient_mechanism")
    except KeyboardInterrupt:
        analysis.interrupted(out)
        raise
    analysis.write(out, data.assign_attrs(inputs=kept.fingerprint(ensemble.inputs)), summary(data))
    shelf.remove()
    _show(data)
    if budget:
        _budget(ensemble, posterior, again, depth, budget)


def _budget(ensemble: analysis.Ensemble, posterior: Path | None, again: Relearned | None, depth: str, out: Path) -> None:
    """The budget of variances, shown and written."""
    from proda_core import retrieved, store
    from proda_core.grid import STOCK_DEPTHS
    from proda_core.sensitivity import uncertainty

    world = ensemble.world
    with progress("budget") as show:
        show(0.0, "forcing")
        forcing = uncertainty.of_forcing(world)
        sites = None
        if posterior:
            show(0.7, "sites")
            found, cells = _sites(posterior, world)
            sites = uncertainty.of_sites(world, found, cells, world.regions["koppen"], depth)
        members = retrieved.read(ensemble.inputs["maps"], climate=ensemble.inputs["climate"])["one_percent"].values
    drawn = (again.observations, again.draws) if again and again.draws > 1 else None
    frame = uncertainty.budget(members, forcing, sites, depth, drawn, again.forcing if again else None)
    with store.atomic_path(out) as temporary:
        frame.to_csv(temporary, index=False)
    table = Table("source", "standard deviation [Pg C]", "share [%]", "note")
    for row in frame.itertuples():
        known = (f"{row.sd:.1f}" if row.sd == row.sd else "", f"{100 * row.share:.0f}" if row.share == row.share else "")
        table.add_row(row.source, *known, row.note)
    typer.echo(f"Response to +1 % CUE, slider, stock to {depth}: {members[:, list(STOCK_DEPTHS).index(depth)].mean():.1f} Pg C")
    Console().print(table)
    typer.echo(f"wrote {out}")


def _sites(posterior: Path, world: World) -> tuple[xr.Dataset, np.ndarray[Any, Any]]:
    """The converged sites of a posterior store, and their land cells."""
    import xarray as xr

    from proda_core.commands.base import Failure

    try:
        data = xr.open_zarr(posterior)[["score_mean", "score_covariance", "converged", "latitude", "longitude"]].load()
    except (KeyError, ValueError, OSError) as error:
        raise Failure(
            f"expected a posterior store at {posterior}, got something else ({error}); make it with proda assimilate"
        ) from error
    cells = world.land.cells_near(data["latitude"].values, data["longitude"].values)
    use = data["converged"].values & (cells >= 0)
    if not use.any():
        raise Failure(f"expected converged sites on land in {posterior}, got none; assimilate other profiles")
    return data.isel(profile=np.flatnonzero(use)), cells[use]


def summary(data: xr.Dataset) -> pd.DataFrame:
    """One row a recipe, member, mechanism and depth."""
    names = ["elasticity", "intercept", "one_percent", "ten_percent", "elasticity_requested"]
    frame: pd.DataFrame = data[[*names, "dropped"]].to_dataframe().reset_index()
    return frame


def _show(data: xr.Dataset) -> None:
    """Mean and spread over the members, by recipe and mechanism, the largest response first."""
    from proda_core.sensitivity import ranking

    depths = [str(depth) for depth in data["depth"].values]
    for recipe in data["recipe"].values:
        table = Table("mechanism", *(f"{depth}: e" for depth in depths), *(f"{depth}: +1 %" for depth in depths), "dropped")
        for name in ranking(data, recipe):
            rows = data.sel(recipe=recipe, mechanism=name)
            cells = [
                f"{float(rows[value].sel(depth=depth).mean()):.2f} +- {float(rows[value].sel(depth=depth).std(ddof=1)):.2f}"
                for value in ("elasticity", "one_percent")
                for depth in depths
            ]  # fmt: skip
            table.add_row(name, *cells, f"{float(rows['dropped'].mean()):,.0f}")
        typer.echo(f"Recipe {recipe}: elasticity e [1] and response to +1 % [Pg C], by depth; +- over the members")
        Console().print(table)
    typer.echo("Where many cells are dropped, the figures for the whole column say little.")
