"""``proda assimilate``: profiles -> the posterior of the model's parameters at each of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from proda_core import store
from proda_core.commands.base import Failure, UsageError, embedded_climate, progress
from proda_core.commands.observe import show_report

if TYPE_CHECKING:
    import xarray as xr

    from proda_core.grid import LandGrid

BATCH = 256
"""Profiles in a batch by default; with it the pace in README was measured."""


def _positive(value: int | None) -> int | None:
    if value is not None and value < 1:
        raise UsageError(f"expected --batch, --workers and --limit of at least 1, got {value}")
    return value


def assimilate(
    profiles: Annotated[Path, typer.Argument(metavar="PROFILES", help="A file of proda observe, or one that it reads.")],
    out: Annotated[Path, typer.Option(help="Zarr store to write.")],
    likelihood: Annotated[str, typer.Option(help="default, or published: the cost function of the authors.")] = "default",
    chains: Annotated[int | None, typer.Option(metavar="N", show_default=False, help="Chains of each profile.")] = None,
    draws: Annotated[
        int | None,
        typer.Option(metavar="N", show_default=False, help="Draws of each chain before the first look at convergence."),
    ] = None,
    most_draws: Annotated[
        int | None,
        typer.Option(metavar="N", show_default=False, help="Draws of each chain after which a profile is given up."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the random numbers.")] = 0,
    batch: Annotated[
        int, typer.Option(metavar="N", callback=_positive, help="Profiles in a batch, which a worker does at once.")
    ] = BATCH,
    workers: Annotated[
        int | None,
        typer.Option(metavar="N", callback=_positive, show_default=False, help="Processes; by default one for each processor."),
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Scheduler of a Dask cluster to work there, such as tcp://host:8786.")
    ] = None,
    error_size: Annotated[
        float | None,
        typer.Option(metavar="S", show_default=False, help="Typical relative error at a layer; see proda error-model."),
    ] = None,
    error_degrees: Annotated[
        float | None,
        typer.Option(metavar="NU", show_default=False, help="Degrees of freedom of its distribution over profiles."),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was interrupted, if there is one.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Start again, and replace an output that is there already.")] = False,
    keep_draws: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Zarr store for every draw as well, in the layout of ArviZ.")
    ] = None,
    climate: Annotated[Path | None, typer.Option(help="Climate file; by default the one that comes with the project.")] = None,
    limit: Annotated[
        int | None, typer.Option(metavar="N", callback=_positive, show_default=False, help="Only the first N profiles.")
    ] = None,
) -> None:
    """Estimate the parameters of the model at every profile; a run that is interrupted goes on with --resume."""
    from proda_core.assimilation import runs, sites

    effort: dict[str, Any] = {
        "chains": chains,
        "draws": draws,
        "most_draws": most_draws,
        "error_size": error_size,
        "error_degrees": error_degrees,
    }
    _check_of_use(likelihood, effort)
    if most_draws is None:
        effort["most_draws"] = max(draws or 0, sites.Options.most_draws)
    try:
        options = sites.Options(likelihood, seed=seed, **{name: value for name, value in effort.items() if value is not None})
    except ValueError as error:
        raise UsageError(str(error)) from None
    runs.check_start(out, keep_draws, resume=resume, force=force)
    forcing, land = forcing_of(climate or embedded_climate())
    table = profiles_of(profiles, land, out.with_suffix(".report.json"))
    if limit is not None and limit < table.sizes["profile"]:
        from proda_core import observations

        table = observations.select(table, np.arange(limit))
    cells = cells_of(table, land)
    try:
        with progress("profiles") as show:
            runs.run(
                table, lambda positions: forcing(cells[positions]), out, options,
                batch=batch, worker_count=workers, scheduler=scheduler, resume=resume, force=force, draws=keep_draws,
                progress=_Pace(show),
            )  # fmt: skip
    except KeyboardInterrupt:
        typer.echo(f"The batches that are done are kept in {out}.parts; go on with --resume.", err=True)
        raise
    _show(out, keep_draws)


def _check_of_use(likelihood: str, effort: dict[str, Any]) -> None:
    """Refuse options that the published likelihood would leave unused: it comes with the effort of its authors."""
    unused = [f"--{name.replace('_', '-')}" for name, value in effort.items() if value is not None and name != "draws"]
    if likelihood == "published" and unused:
        raise UsageError(f"expected no {', '.join(unused)} beside --likelihood published, which has its own effort; leave it out")


def forcing_of(source: Path) -> tuple[Callable[[np.ndarray[Any, Any]], Any], LandGrid]:
    """What gives the forcing of some cells of a climate file, and where the cells are."""
    if not source.is_file():
        raise Failure(
            f"expected a climate file at {source}, got none; make it with proda climate build, or name one with --climate"
        )
    from proda_core import climate, simulation

    stored = climate.read(source)

    def forcing(cells: np.ndarray[Any, Any]) -> Any:
        return simulation.forcing_from_dataset(climate.expand(stored.isel(cell=cells)))

    return forcing, simulation.land_from_dataset(stored)


def profiles_of(path: Path, land: LandGrid, beside: Path | None = None) -> xr.Dataset:
    """The table of profiles with the layers that were measured and that the model reaches.

    Of a file that quality control has not seen, its account is shown, and written to ``beside``.
    """
    from proda_core import climate, observations

    table = _table(path, land, beside)
    count, deep = table.sizes["observation"], climate.SOIL_DEPTH
    with_deep = observations.measured(table)
    measured = observations.measured(table, depth=deep)
    _say_left_out(count - with_deep.sizes["observation"], "were extrapolated rather than measured")
    _say_left_out(
        with_deep.sizes["observation"] - measured.sizes["observation"], f"reach below {deep:.2f} m, where the model ends"
    )
    lost = table.sizes["profile"] - measured.sizes["profile"]
    if lost:
        typer.echo(f"{lost:,} profiles that had no other layers are left out with them")
    if not measured.sizes["profile"]:
        raise Failure(f"expected measured layers above {deep:.2f} m in {path}, got none; take other profiles")
    return measured


def _say_left_out(layers: int, why: str) -> None:
    if layers:
        typer.echo(f"{layers:,} layers that {why} are left out")


def _table(path: Path, land: LandGrid, beside: Path | None) -> xr.Dataset:
    from proda_core import observations

    if path.suffix == ".nc" and (not path.is_file() or _is_table(path)):
        return observations.load(path)
    with progress("profiles") as show:
        table, report = observations.read(path, land=land, progress=show)
    show_report(report)
    if beside:
        with store.atomic_path(beside) as temporary:
            temporary.write_text(report.to_json(), encoding="utf-8")
    return table


def _is_table(path: Path) -> bool:
    """Whether a NetCDF file is one that ``proda observe`` wrote; the authors of PRODA give their profiles as NetCDF, too."""
    import xarray as xr

    from proda_core.observations import table

    try:
        with xr.open_dataset(path, engine="netcdf4") as data:
            return table.SCHEMA in data.attrs
    except (OSError, RuntimeError, ValueError):
        return False


def cells_of(table: xr.Dataset, land: LandGrid) -> np.ndarray[Any, Any]:
    """The land cell of each profile."""
    cells = land.cells_near(table["latitude"].values, table["longitude"].values)
    missing = np.flatnonzero(cells < 0)
    if len(missing):
        first = table.isel(profile=missing[0])
        place = f"{float(first['latitude']):g} N, {float(first['longitude']):g} E"
        raise Failure(
            f"expected land within a cell of every profile, got none near {len(missing)} of them, such as "
            f"{first['profile_id'].item()} at {place}; run proda observe with the same climate file"
        )
    return cells


class _Pace:
    """Tells profiles done, profiles an hour and the time left; profiles done in an earlier run do not count for the pace."""

    def __init__(self, show: Callable[[float, str], None]) -> None:
        self._show = show
        self._start: tuple[float, int] | None = None

    def __call__(self, done: int, count: int) -> None:
        now = time.monotonic()
        if self._start is None:
            self._start = now, done
        since, first = self._start
        words = f"{done:,} of {count:,}"
        if done > first:
            pace = (done - first) / (now - since)
            words += f", {3600 * pace:,.0f} an hour, {_clock((count - done) / pace)} left"
        self._show(done / count, words)


def _clock(seconds: float) -> str:
    """Time in words.

    >>> [_clock(s) for s in (12.3, 100, 4000, 200000)]
    ['12 s', '2 min', '1 h 7 min', '56 h']
    """
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min" if minutes < 24 * 60 else f"{round(minutes / 60)} h"


def efficiency(observed: np.ndarray[Any, Any], modelled: np.ndarray[Any, Any]) -> float:
    """Nash-Sutcliffe efficiency: 1 - sum of squared errors over sum of squares about the mean of what was observed [1].

    >>> efficiency(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 4.0]))
    0.5
    """
    return float(1 - np.sum((modelled - observed) ** 2) / np.sum((observed - observed.mean()) ** 2))


def _show(out: Path, draws: Path | None) -> None:
    """How well it went, and where the results are."""
    from proda_core.assimilation import assemble, diagnostics

    posterior = assemble.load(out)
    count, done = posterior.sizes["profile"], int(posterior["converged"].sum())
    observed, fitted, default = (posterior[name].values for name in ("observed", "fitted_mean", "default_soc"))
    known = np.isfinite(observed) & np.isfinite(fitted) & np.isfinite(default)
    table = Table(show_header=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_row("profiles", f"{count:,}")
    table.add_row("of them converged", f"{done:,} ({100 * done / count:.1f} %)")
    table.add_row("observed layers with a fit", f"{int(known.sum()):,} of {len(known):,}")
    for words, modelled in (("posterior mean", fitted), ("CLM5 default parameters", default)):
        if known.sum() > 1:
            table.add_row(f"NSE of SOC density, {words}", f"{efficiency(observed[known], modelled[known]):.3f}")
    if "loo_probability" in posterior:
        probability = posterior["loo_probability"].values
        probability = probability[np.isfinite(probability)]
        for share in (0.5, 0.9):
            inside = np.mean(np.abs(probability - 0.5) < share / 2)
            table.add_row(f"layers within the {share:.0%} interval that the other layers predict", f"{100 * inside:.1f} %")
        unreliable = np.mean(posterior["loo_shape"].values > diagnostics.PARETO_LIMIT)
        table.add_row("layers for which that prediction is unreliable", f"{100 * unreliable:.1f} %")
    Console().print(table)
    for path in (out, draws):
        if path:
            size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
            typer.echo(f"wrote {path} ({size / 1e6:.1f} MB)")
    typer.echo(f"next: proda posterior plot {out}")
