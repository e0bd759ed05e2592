"""``proda learn``: profiles -> trained networks -> maps of the parameters everywhere, with their spread."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from proda_core import __version__
from proda_core.commands.base import Failure, UsageError, embedded_climate, progress
from proda_core.commands.lesson import NETWORKS, Lesson, at_least_one, prepare

if TYPE_CHECKING:
    import xarray as xr

    from proda_core.learning.methods import Ensemble
    from proda_core.learning.settings import Settings
    from proda_core.simulation import World

MAPS, PLAN = "retrieved.nc", "plan.json"


def learn(
    profiles: Annotated[Path, typer.Argument(metavar="PROFILES", help="A file of proda observe, or one that it reads.")],
    out: Annotated[Path, typer.Option(help="Directory to write networks and maps to; made if it is not there.")],
    method: Annotated[
        str, typer.Option(help="end-to-end, proda or one-batch: see the README.", show_default=True)
    ] = "end-to-end",
    posterior: Annotated[Path | None, typer.Option(help="Store of proda assimilate, for the method proda.")] = None,
    predictors: Annotated[Path | None, typer.Option(help="NetCDF with further predictors on latitude and longitude.")] = None,
    members: Annotated[int, typer.Option(metavar="N", callback=at_least_one, help="Networks of the ensemble.")] = 10,
    steps: Annotated[
        int | None, typer.Option(metavar="N", callback=at_least_one, show_default=False, help="Steps of training at most.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the random numbers.")] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a training that was interrupted.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace what is in the directory already.")] = False,
    climate: Annotated[Path | None, typer.Option(help="Climate file; by default the one that comes with the project.")] = None,
) -> None:
    """Learn the parameters of the model from profiles and map them on the globe, with the spread of an ensemble."""
    from proda_core.learning import methods

    _check_of_use(method, posterior, members)
    source = climate or embedded_climate()
    parts = _open(out, resume, force)
    settings = settings_of(members, steps, seed)
    lesson = prepare(profiles, posterior, predictors, source, seed)
    _check_same(parts, lesson, settings, method)
    _check_spread(lesson, settings)
    everything = np.ones(lesson.profiles.sizes["profile"], dtype=bool)
    try:
        with progress("learning") as show:
            ensemble = methods.fit(method, lesson.problem, everything, settings, show, parts)
    except KeyboardInterrupt:
        typer.echo(f"The members that are done are kept in {parts}; go on with --resume.", err=True)
        raise
    _write(ensemble, lesson, settings, source, out)
    for left in parts.iterdir():
        left.unlink()
    parts.rmdir()


def _check_spread(lesson: Lesson, settings: Settings) -> None:
    """Find out before the training whether there are places enough to tell where the maps apply, and say if they lie close."""
    from proda_core.learning.validation import BLOCK_SIZE, blocks

    _spatial_folds(lesson, settings.seed)
    if not blocks(lesson.problem.latitude, lesson.problem.longitude).any():
        typer.echo(
            f"All profiles lie in one block of {BLOCK_SIZE:g} degrees: where the maps apply is told by comparing cells with "
            "profiles with one another, not with other landscapes"
        )


def _check_of_use(method: str, posterior: Path | None, members: int) -> None:
    from proda_core.learning.methods import METHODS

    mapped = [name for name in METHODS if name not in ("default", "network-only")]
    if method not in mapped:
        raise UsageError(f"expected --method out of {', '.join(mapped)}, got {method}; only these learn parameters to map")
    if method == "proda" and posterior is None:
        raise UsageError("expected --posterior for the method proda, got none; make it with proda assimilate")
    if members < 2:
        raise UsageError(f"expected --members of at least 2 to tell a spread, got {members}")


def settings_of(members: int, steps: int | None, seed: int) -> Settings:
    """Settings of learning from the options of a command."""
    from proda_core.learning.settings import Settings
    from proda_core.learning.training import Schedule

    return Settings(members=members, seed=seed, schedule=Schedule(steps) if steps else Schedule())


def _open(out: Path, resume: bool, force: bool) -> Path:
    """The directory of checkpoints, in one to write to."""
    taken = [name for name in (NETWORKS, MAPS) if (out / name).exists()]
    unfinished = (out / "learn.parts" / PLAN).is_file()
    if taken and not (force or (resume and unfinished)):
        raise Failure(f"expected no {taken[0]} in {out}, got one; choose another with --out, or add --force")
    if out.exists() and not out.is_dir():
        raise Failure(f"expected a directory to write to, got the file {out}; choose another with --out")
    parts = out / "learn.parts"
    if parts.exists() and any(parts.iterdir()) and not (resume or force):
        raise Failure(f"expected no unfinished training in {out}, got one; go on with --resume, or start again with --force")
    parts.mkdir(parents=True, exist_ok=True)
    if not resume:
        for left in parts.iterdir():
            left.unlink()
    return parts


def _check_same(parts: Path, lesson: Lesson, settings: Settings, method: str) -> None:
    """Refuse to go on with a training that began from other inputs, options or code, or of which nobody knows."""
    from proda_core import store
    from proda_core.learning import kept

    plan = parts / PLAN
    now = {"options": [method, repr(settings)], "inputs": lesson.parents, "code": kept.code()}
    if plan.is_file() or any(parts.glob("*.safetensors")):
        began = _plan(plan)
        changed = [name for name, value in now.items() if began.get(name) != value]
        if changed:
            raise Failure(
                f"expected the inputs, options and code with which the training in {parts} began, got other "
                f"{' and '.join(changed)}; add --force, without --resume, to start again"
            )
    with store.atomic_path(plan) as temporary:
        temporary.write_text(json.dumps(now, sort_keys=True), encoding="utf-8")


def _plan(path: Path) -> dict[str, Any]:
    """What a training began with; nothing where that cannot be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(ensemble: Ensemble, lesson: Lesson, settings: Settings, climate_file: Path, out: Path) -> None:
    from proda_core import retrieved
    from proda_core.learning import ensembles

    facts = {
        "seed": settings.seed,
        "settings": repr(settings),
        "source": source_of(lesson),
        "parents": lesson.parents,
    }
    if ensemble.networks:
        ensembles.save(ensemble, out / NETWORKS, facts)
    with progress("maps") as show:
        maps = maps_of(ensemble, lesson, settings, climate_file, out, lambda part: show(part, "running the members"))
        retrieved.write(maps, out / MAPS)
    _show(maps, out)


def source_of(lesson: Lesson) -> str:
    """What was learned from, in a sentence."""
    names, counts = np.unique(lesson.profiles["source"].values.astype(str), return_counts=True)
    order = np.argsort(-counts)
    sources = ", ".join(f"{names[i]} {counts[i]:,}" for i in order)
    return (
        f"{lesson.profiles.sizes['profile']:,} soil profiles with {lesson.profiles.sizes['observation']:,} layers in "
        f"{len(np.unique(lesson.cells)):,} half-degree cells ({sources})"
    )


def _spatial_folds(lesson: Lesson, seed: int) -> np.ndarray[Any, Any]:
    """Fold of every cell with profiles, for the edge of the area of applicability (place,)."""
    from proda_core.learning.applicability import folds_of

    problem = lesson.problem
    first = np.unique(problem.place, return_index=True)[1]
    return folds_of(problem.latitude[first], problem.longitude[first], seed)


def maps_of(
    ensemble: Ensemble, lesson: Lesson, settings: Settings, climate_file: Path, out: Path, show: Any = None
) -> xr.Dataset:
    """The retrieved maps of an ensemble: best estimate, members, spread, and where they apply."""
    from proda_core import retrieved, simulation
    from proda_core.learning.applicability import dissimilarity
    from proda_core.learning.licences import terms
    from proda_core.learning.predictors import Scaler

    unit = np.clip(ensemble.unit(lesson.features).numpy(), 0.0, 1.0).transpose(0, 2, 1)
    problem = lesson.problem
    scaler = ensemble.scaler or Scaler.of(problem.features)
    fold = _spatial_folds(lesson, settings.seed)
    unlike, threshold = dissimilarity(scaler.standardise(lesson.features), scaler.standardise(problem.features), fold)
    parents = dict(lesson.parents)
    if (out / NETWORKS).is_file():
        parents[NETWORKS] = retrieved.checksum(out / NETWORKS)
    attributes = {
        "title": "Parameters of the CLM5 soil carbon model, retrieved from soil profiles",
        "method": ensemble.method,
        "source": source_of(lesson),
        "licence": f"BSD-3-Clause, made from data under their own terms ({terms(np.unique(lesson.profiles['source'].values))})",
        "climate_sha256": retrieved.checksum(climate_file),
        "parents": json.dumps(parents, sort_keys=True),
        "seed": settings.seed,
        "created_by": f"proda {__version__}",
        "dissimilarity_threshold": threshold,
    }
    world = simulation.load_world(climate_file, use="published")
    best = simulation.with_parameters(world, unit.mean(0))
    attributes[retrieved.RELATIONS_ATTRIBUTE] = json.dumps(_relations(ensemble, lesson, best, climate_file, unlike / threshold))
    return simulation.build_retrieved(
        world, unit.mean(0), unit, dissimilarity=unlike / threshold,
        profile_count=np.bincount(lesson.cells, minlength=len(lesson.land.latitude)), attributes=attributes, progress=show,
    )  # fmt: skip


def _relations(
    ensemble: Ensemble, lesson: Lesson, world: World, climate_file: Path, dissimilarity: np.ndarray[Any, Any]
) -> dict[str, float]:
    """What the best estimate, with which the world runs, says as a whole."""
    from proda_core import climate, simulation
    from proda_core.learning import best
    from proda_core.simulation import relations

    temperature = climate.load_predictors(climate_file)["bio1"].values
    over_land = relations.of_globe(simulation.GlobalModel(world), temperature, dissimilarity)
    return {**best.skill(ensemble, lesson.problem), **over_land}


def _show(maps: xr.Dataset, out: Path) -> None:
    from proda_core import retrieved
    from proda_core.grid import STOCK_DEPTHS

    table = Table("depth", "stock [Pg C]", "+1 % CUE [Pg C]", title="The members on the globe: mean +- standard deviation")
    stock, response = maps["global_stock"].values, maps["one_percent"].values
    for i, depth in enumerate(STOCK_DEPTHS):
        table.add_row(depth, *(f"{values[:, i].mean():,.4g} +- {values[:, i].std(ddof=1):,.2g}" for values in (stock, response)))
    Console().print(table)
    words = Table("the best estimate", "", title="What the best estimate says as a whole")
    for name, value in retrieved.relations_of(maps.attrs).items():
        words.add_row(retrieved.RELATIONS[name], f"{value:.3f}")
    Console().print(words)
    for name in (NETWORKS, MAPS):
        if (out / name).is_file():
            typer.echo(f"wrote {out / name} ({(out / name).stat().st_size / 1e6:.1f} MB)")
