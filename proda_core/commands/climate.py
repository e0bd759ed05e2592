"""``proda climate``: the embedded climate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from proda_core.commands.base import FORCE, Failure, check_output, embedded_climate, help_unless_chosen, progress

app = typer.Typer(help="The embedded climate: forcing of the model on half-degree land cells.")


@app.callback(invoke_without_command=True)
def _climate(context: typer.Context) -> None:
    help_unless_chosen(context)


@app.command("build")
def build(
    out: Annotated[Path | None, typer.Option(help="Where the file goes; by default where the model looks for it.")] = None,
    force: FORCE = False,
) -> None:
    """Make the climate file from its sources, which come as Python packages (see README)."""
    target = out or embedded_climate()
    check_output(target, force)
    from proda_core import climate

    with progress("climate") as report:
        try:
            climate.build(target, progress=report)
        except climate.SourceError as error:
            raise Failure(str(error)) from error
    typer.echo(f"wrote {target} ({target.stat().st_size / 1e6:.1f} MB)")
