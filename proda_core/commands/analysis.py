"""What ``proda sensitivity``, ``proda control`` and ``proda sobol`` share: the members on the globe, kept pieces, outputs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from proda_core import __version__, store
from proda_core.commands.base import Failure, UsageError, check_output, embedded_climate

if TYPE_CHECKING:
    import xarray as xr

    from proda_core.sensitivity import Shelf
    from proda_core.simulation import World

OUT = Annotated[Path, typer.Option(help="File to write: .nc for everything as NetCDF, .csv for the summary as a table.")]
MAPS = Annotated[
    Path | None,
    typer.Option("--parameters", metavar="FILE", help="Retrieved maps; by default those that come with the project."),
]
CLIMATE = Annotated[Path | None, typer.Option(help="Climate file; by default the one that comes with the project.")]
MEMBERS = Annotated[int | None, typer.Option(metavar="N", show_default=False, help="Only the first N members of the ensemble.")]
RESUME = Annotated[bool, typer.Option("--resume", help="Go on with a run that was interrupted, if there is one.")]
SCHEDULER = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Scheduler of a Dask cluster to work there, such as tcp://host:8786.")
]


@dataclass(frozen=True)
class Ensemble:
    """What the analyses run on.

    Attributes:
        world: forcing, land and the best estimate of the parameters.
        unit: normalised parameters of the members (member, 21, cell).
        inputs: what the results depend on, for fingerprints.
        origin: attributes of the results that say which maps they rest on.
    """

    world: World
    unit: np.ndarray[Any, Any]
    inputs: dict[str, Any]
    origin: dict[str, str]


def ensemble(maps: Path | None, climate: Path | None, members: int | None) -> Ensemble:
    """The members of retrieved maps on the globe.

    Raises:
        UsageError: fewer than one member asked for.
        Failure: no climate file.
        RetrievedFileError: no sound maps.
    """
    if members is not None and members < 1:
        raise UsageError(f"expected --members of at least 1, got {members}")
    source = climate or embedded_climate()
    if not source.is_file():
        raise Failure(
            f"expected a climate file at {source}, got none; make it with proda climate build, or name one with --climate"
        )
    import torch

    from proda_core import retrieved, sensitivity, simulation
    from proda_core.learning import kept

    torch.set_num_threads(1)  # small arrays; the process model brings threads of its own
    path = maps or retrieved.default_path()
    unit = retrieved.read(path, members=True, climate=source)["member_unit"].values[:members]
    world = simulation.load_world(source, retrieved=path)
    inputs = {"maps": path, "climate": source, "members": len(unit), "code": kept.code()}
    return Ensemble(world, unit, inputs, {sensitivity.MAPS_ATTRIBUTE: store.checksum(path)})


def seed(value: int) -> int:
    """Check of the option ``--seed``."""
    if value < 0:
        raise UsageError(f"expected --seed of at least 0, got {value}")
    return value


def check_start(out: Path, force: bool, resume: bool) -> None:
    """Find out before the work begins what would keep it from ending well."""
    if out.suffix not in (".nc", ".csv"):
        raise UsageError(f"expected --out with the ending .nc or .csv, got {out.name}")
    check_output(out, force)
    parts = _parts(out)
    if parts.exists() and not (force or resume):
        raise Failure(f"expected no unfinished run, got {parts}; add --resume to go on with it, or --force to start again")


def shelf(out: Path, resume: bool, inputs: dict[str, Any]) -> Shelf:
    """Where finished pieces are kept beside ``out``; those of an earlier run go, unless it is resumed."""
    from proda_core.learning import kept
    from proda_core.sensitivity import Shelf

    found = Shelf(_parts(out), kept.fingerprint(inputs))
    if not resume:
        found.remove()
    return found


def _parts(out: Path) -> Path:
    return out.with_name(out.name + ".parts")


def write(out: Path, data: xr.Dataset, summary: Any) -> None:
    """Write the dataset or its summary, whole or not at all, by the ending of ``out``.

    Args:
        out: where.
        data: everything.
        summary: a pandas table.
    """
    with store.atomic_path(out) as temporary:
        if out.suffix == ".csv":
            summary.to_csv(temporary, index=False)
        else:
            packed = {str(name): {"zlib": True, "complevel": 4} for name, values in data.data_vars.items() if values.ndim}
            data.assign_attrs(source=f"PRODA Explorer {__version__}").to_netcdf(temporary, engine="netcdf4", encoding=packed)
    typer.echo(f"wrote {out} ({out.stat().st_size / 1e6:.1f} MB)")


def interrupted(out: Path) -> None:
    """What to say when Ctrl-C ends the work."""
    typer.echo(f"What is done is kept in {_parts(out)}; go on with --resume.", err=True)
