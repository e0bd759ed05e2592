"""``proda fetch``: public files of observations, resumable and checked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from proda_core.commands.base import Failure, UsageError, progress


def fetch(
    name: Annotated[str, typer.Argument(help="What to fetch: wosis-2023, ISRIC's snapshot of December 2023.")],
    to: Annotated[Path | None, typer.Option(help="Directory to put it in; by default one of that name, here.")] = None,
) -> None:
    """Get a public file of soil profiles; a download that breaks off goes on where it stopped when called again."""
    from proda_core.observations import fetch as public

    if name not in public.PUBLIC:
        raise UsageError(f"expected one of {', '.join(public.PUBLIC)}, got {name!r}")
    directory = to or Path(name)
    if directory.exists() and not directory.is_dir():
        raise Failure(f"expected a directory to write to, got the file {directory}; choose another with --to")
    with progress(name, time_left=True) as show:
        files = public.fetch(name, directory, show)
    wanted = public.PUBLIC[name]
    for file in files:
        typer.echo(f"{file} ({file.stat().st_size / 1e6:.1f} MB)")
    typer.echo(f"Please cite {wanted.citation}, doi:{wanted.doi}. Licence: {wanted.licence}.")
    typer.echo(f"next: proda observe {files[0]} --out profiles.nc")
