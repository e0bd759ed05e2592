"""``proda posterior``: look at what ``proda assimilate`` wrote."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from proda_core import store as files
from proda_core.commands.base import FORCE, Failure, check_output, help_unless_chosen, progress

if TYPE_CHECKING:
    import xarray as xr

FIRST = 4
"""Profiles drawn where none is named."""

app = typer.Typer(help="The parameters at profiles: what proda assimilate wrote.")


@app.callback(invoke_without_command=True)
def _posterior(context: typer.Context) -> None:
    help_unless_chosen(context)


@app.command("plot")
def plot(
    store: Annotated[Path, typer.Argument(metavar="STORE", help="The store that proda assimilate wrote.")],
    profile: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Name of a profile; may be repeated. By default the first 4.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Directory for the pictures, PROFILE.png each; made if it is not there.")] = Path(),
    force: FORCE = False,
) -> None:
    """Draw profiles: what was observed and fitted with depth, and the posterior of each parameter within its prior."""
    from proda_core.assimilation import assemble
    from proda_core.assimilation import plot as drawing

    posterior = assemble.load(store)
    positions = find(posterior, profile or [])
    targets = {position: out / f"{file_name(posterior['profile_id'].values[position])}.png" for position in positions}
    if len(set(targets.values())) < len(targets):
        named = ", ".join(str(posterior["profile_id"].values[position]) for position in positions)
        raise Failure(f"expected profiles whose names differ in letters and digits, got {named}; draw them one at a time")
    if not out.exists():
        out.mkdir()  # one level: a path mistyped higher up should not grow a tree
    for target in targets.values():
        check_output(target, force)
    with progress("pictures") as show:
        for done, (position, target) in enumerate(targets.items()):
            show(done / len(targets), target.name)
            with files.atomic_path(target) as temporary:
                drawing.profile_figure(posterior, position).savefig(temporary, format="png")
    for target in targets.values():
        typer.echo(f"wrote {target}")


def find(posterior: xr.Dataset, names: list[str]) -> list[int]:
    """Positions of profiles by their names, or of the first few."""
    held = [str(name) for name in posterior["profile_id"].values]
    if not names:
        return list(range(min(FIRST, len(held))))
    missing = [name for name in names if name not in held]
    if missing:
        some = ", ".join(held[:3])
        raise Failure(f"expected profiles of the store, such as {some}; got {', '.join(missing)}, which it does not hold")
    return [held.index(name) for name in dict.fromkeys(names)]


def file_name(profile: str) -> str:
    """A name for a file from that of a profile.

    >>> file_name("afsp|TZ 33854/KGP33")
    'afsp_TZ_33854_KGP33'
    """
    return re.sub(r"[^\w.-]+", "_", str(profile)).strip("._") or "profile"
