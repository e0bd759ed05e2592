"""``proda sensitivity``: how the global stock answers to each mechanism, for every member of the ensemble."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from proda_core.commands import analysis, relearn
from proda_core.commands.base import FORCE, Failure, UsageError, check_output, progress

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
    if gradients and out.suffix == ".csv":
        raise UsageError(f"expected --out with the ending .nc beside --gradients, got {out.name}; a table holds no maps")
    if budget and budget.resolve() == out.resolve():
        raise UsageError(f"expected another file for --budget than for --out, got {out} for both")
    if budget and members == 1:
        raise UsageError("expected --members of at least 2 beside --budget, to tell a spread, got 1")
    if relearned and not budget:
        raise UsageError("expected --budget beside --relearned, which only the budget reads; name a file for it")
    again = relearning.summarise(relearn.read(relearned)) if relearned else None
    analysis.check_start(out, force, resume)
    if budget:
        check_output(budget, force)
    if posterior:
        _posterior(posterior)  # opened once before the work, which takes minutes
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
    data = data.assign_attrs(inputs=kept.fingerprint(ensemble.inputs), **ensemble.origin)
    analysis.write(out, data, summary(data))
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
        maps = retrieved.read(ensemble.inputs["maps"], climate=ensemble.inputs["climate"])
        members = maps["one_percent"].values[: len(ensemble.unit)]
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


def _posterior(path: Path) -> xr.Dataset:
    """What the budget needs of a posterior store."""
    import xarray as xr

    if not path.exists():
        raise Failure(f"expected a posterior store at {path}, got none; make it with proda assimilate")
    try:
        found: xr.Dataset = xr.open_zarr(path)[["score_mean", "score_covariance", "converged", "latitude", "longitude"]]
    except (KeyError, ValueError, OSError) as error:
        raise Failure(
            f"expected a posterior store at {path}, got something else ({error}); make it with proda assimilate"
        ) from error
    return found


def _sites(posterior: Path, world: World) -> tuple[xr.Dataset, np.ndarray[Any, Any]]:
    """The converged sites of a posterior store, and their land cells."""
    data = _posterior(posterior).load()
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
    """Mean and spread over the members, by recipe, depth and mechanism, the largest response first."""
    from proda_core.sensitivity import ranking

    for recipe in data["recipe"].values:
        table = Table()
        for heading in ("depth", "mechanism", "elasticity", "+1 % [Pg C]", "dropped"):
            table.add_column(heading, no_wrap=True)
        for depth in data["depth"].values:
            for row, name in enumerate(ranking(data, recipe, depth)):
                found = data.sel(recipe=recipe, mechanism=name)
                told = (_with_spread(found[value].sel(depth=depth)) for value in ("elasticity", "one_percent"))
                table.add_row("" if row else str(depth), name, *told, f"{float(found['dropped'].mean()):,.0f}")
            table.add_section()
        spread = "; +- over the members" if data.sizes["member"] > 1 else ""
        typer.echo(f"Recipe {recipe}: elasticity [1] and response to +1 % [Pg C]{spread}")
        Console().print(table)
    typer.echo("Where many cells are dropped, the figures for the whole column say little.")


def _with_spread(values: xr.DataArray) -> str:
    """Mean and standard deviation over the members; a single one has no spread."""
    spread = f" +- {float(values.std(ddof=1)):.2f}" if values.size > 1 else ""
    return f"{float(values.mean()):.2f}{spread}"
