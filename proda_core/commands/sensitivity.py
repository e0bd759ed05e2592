"""``proda sensitivity``: how the global stock answers to each mechanism, for every member of the ensemble."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from proda_core.commands import analysis
from proda_core.commands.base import FORCE, UsageError, progress

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


def sensitivity(
    out: analysis.OUT,
    recipe: Annotated[
        str, typer.Option(help="published: normalised parameters times 1 + m; realised: as the sliders do; or both.")
    ] = "both",
    mechanism: Annotated[list[str] | None, typer.Option(help="Mechanism; may be repeated. By default all six.")] = None,
    members: analysis.MEMBERS = None,
    gradients: Annotated[bool, typer.Option("--gradients", help="Also the map of the stock's derivative by each.")] = False,
    maps: analysis.MAPS = None,
    climate: analysis.CLIMATE = None,
    scheduler: analysis.SCHEDULER = None,
    resume: analysis.RESUME = False,
    force: FORCE = False,
) -> None:
    """Change each mechanism in eleven steps from -20 to 20 %, solve the globe, and read elasticities off the curves."""
    from proda_core.learning import kept
    from proda_core.sensitivity import MECHANISMS, RECIPES, curves, gradient_map

    names = list(dict.fromkeys(mechanism or MECHANISMS))
    unknown = [name for name in names if name not in MECHANISMS]
    if unknown:
        raise UsageError(f"expected --mechanism out of {', '.join(MECHANISMS)}; got {unknown[0]}")
    if recipe not in (*RECIPES, "both"):
        raise UsageError(f"expected --recipe out of {', '.join(RECIPES)}, both; got {recipe}")
    chosen = RECIPES if recipe == "both" else tuple(known for known in RECIPES if known == recipe)
    analysis.check_start(out, force, resume)
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
