"""``proda observe``: files of soil profiles -> one controlled table, and the account of what was dropped and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from proda_core import store
from proda_core.commands.base import FORCE, Failure, UsageError, check_output, embedded_climate, progress

if TYPE_CHECKING:
    from proda_core.grid import LandGrid
    from proda_core.observations import Report


def _at_least_one(value: int | None) -> int | None:
    if value is not None and value < 1:
        raise UsageError(f"expected --min-layers and --thin of at least 1, got {value}")
    return value


def observe(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files of profiles; see README for their formats.")],
    out: Annotated[Path, typer.Option(help="NetCDF file to write; the report goes beside it as .report.json.")],
    format_: Annotated[
        str | None, typer.Option("--format", help="Format of the files; by default found from their first line.")
    ] = None,
    min_layers: Annotated[
        int, typer.Option(metavar="N", callback=_at_least_one, help="Leave out profiles with fewer layers.")
    ] = 1,
    thin: Annotated[
        int | None, typer.Option(metavar="N", callback=_at_least_one, help="Keep at most N profiles a half-degree cell.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the draw for --thin.")] = 0,
    climate: Annotated[
        Path | None, typer.Option(help="Climate file that says where land is; by default the one that comes with the project.")
    ] = None,
    force: FORCE = False,
) -> None:
    """Read soil profiles, control their quality, and write them as one table with a report of what was dropped and why."""
    beside = out.with_suffix(".report.json")
    for target in (out, beside):
        check_output(target, force)
    from proda_core import observations

    land = _land(climate or embedded_climate())
    with progress("profiles") as show:
        profiles, report = observations.read(paths, format_, land, min_layers, show)
    if thin is not None:
        profiles = observations.thin(profiles, thin, seed=seed)
        report = report.keeping(profiles.sizes["observation"], profiles.sizes["profile"], "thinned")
    observations.save(profiles, out)
    with store.atomic_path(beside) as temporary:
        temporary.write_text(report.to_json(), encoding="utf-8")
    show_report(report)
    typer.echo(f"wrote {out} ({out.stat().st_size / 1e6:.1f} MB) and {beside}")


def _land(source: Path) -> LandGrid:
    """The land cells of a climate file."""
    if not source.is_file():
        raise Failure(
            f"expected a climate file at {source}, got none; make it with proda climate build, or name one with --climate"
        )
    from proda_core import climate, variables
    from proda_core.grid import LandGrid

    stored = climate.read(source)
    latitude, longitude, fraction = (stored[name].values.astype(float) for name in variables.PLACE)
    return LandGrid(latitude, longitude, fraction)


def show_report(report: Report) -> None:
    """The account of quality control as a table."""
    table = Table()
    for heading in ("", "reason"):
        table.add_column(heading)
    for heading in ("layers", "profiles"):
        table.add_column(heading, justify="right")
    for account, reason, layers, profiles in report.to_table():
        table.add_row(account, reason, f"{layers:,}", "" if profiles is None else f"{profiles:,}")
    Console().print(table)
    for remark in report.remarks:
        typer.echo(f"Note: {remark}")
