"""What the commands that run the globe share: which climate and which parameters."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from proda_core.commands.base import Failure, embedded_climate

if TYPE_CHECKING:
    from proda_core.simulation import World

PUBLISHED = "published"

CLIMATE = Annotated[Path | None, typer.Option(help="Climate file; by default the one that comes with the project.")]
"""The option that names a climate file."""

PARAMETERS = Annotated[
    str | None,
    typer.Option(
        "--parameters",
        metavar=f"{PUBLISHED}|FILE",
        help="Where the 21 parameters come from: one published set everywhere, or a file of retrieved maps; by default the "
        "retrieved maps that come with the project, or the published set where they cannot be used.",
    ),
]
"""The option that says where parameters come from."""


def climate_file(chosen: Path | None) -> Path:
    """The climate file to use; raises :class:`Failure` where it is not there."""
    source = chosen or embedded_climate()
    if not source.is_file():
        raise Failure(
            f"expected a climate file at {source}, got none; make it with proda climate build, or name one with --climate"
        )
    return source


def load(source: Path, origin: str | None, values: Mapping[str, float] | None = None) -> World:
    """The world of a climate file, with parameters as :data:`PARAMETERS` and ``values`` say."""
    from proda_core import simulation

    if origin == PUBLISHED:
        return simulation.load_world(source, values, use="published")
    return simulation.load_world(source, values, Path(origin) if origin else None)
