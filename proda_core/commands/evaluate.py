"""``proda evaluate``: how well each method predicts carbon that it has seen, and that it has not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from proda_core.commands.base import Failure, UsageError, check_output, embedded_climate, progress
from proda_core.commands.learn import settings_of, source_of
from proda_core.commands.lesson import Lesson, at_least_one, prepare

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from proda_core.grid import LandGrid
    from proda_core.learning.settings import Settings
    from proda_core.learning.validation import Predict, Progress

EVIDENCE, SKILL, PREDICTIONS = "evidence.json", "skill.csv", "predictions.nc"


def evaluate(
    profiles: Annotated[Path, typer.Argument(metavar="PROFILES", help="A file of proda observe, or one that it reads.")],
    out: Annotated[Path, typer.Option(help="Directory to write tables and figures to; made if it is not there.")],
    posterior: Annotated[Path | None, typer.Option(help="Store of proda assimilate, for the method proda.")] = None,
    predictors: Annotated[Path | None, typer.Option(help="NetCDF with further predictors on latitude and longitude.")] = None,
    method: Annotated[
        list[str] | None, typer.Option(help="Method to evaluate; may be repeated. By default all that can be.")
    ] = None,
    members: Annotated[int, typer.Option(metavar="N", callback=at_least_one, help="Networks of each ensemble.")] = 5,
    steps: Annotated[
        int | None, typer.Option(metavar="N", callback=at_least_one, show_default=False, help="Steps of training at most.")
    ] = None,
    folds: Annotated[int, typer.Option(metavar="N", help="Folds of cross-validation.")] = 5,
    block_size: Annotated[float, typer.Option(metavar="DEG", help="Side of the blocks held out together.")] = 5.0,
    seed: Annotated[int, typer.Option(help="Seed of the random numbers.")] = 0,
    force: Annotated[bool, typer.Option("--force", help="Replace what is in the directory already.")] = False,
    climate: Annotated[Path | None, typer.Option(help="Climate file; by default the one that comes with the project.")] = None,
) -> None:
    """Compare the methods in sample, on profiles held out at random, and on whole blocks held out.

    Folds that are done are kept in the directory: an interrupted run goes on when called again.
    """
    from proda_core.learning import kept, skill, validation

    names = _methods(method, posterior)
    out.mkdir(parents=True, exist_ok=True)
    for name in (EVIDENCE, SKILL, PREDICTIONS):
        check_output(out / name, force)
    settings = settings_of(members, steps, seed)
    lesson = prepare(profiles, posterior, predictors, climate or embedded_climate(), seed)
    held_out = _held_out(lesson, folds, block_size, seed)
    folder = kept.Folder(out / "evaluate.parts", kept.fingerprint(_inputs(lesson, settings)))
    with progress("validation") as show:
        predicted = validation.validate(
            _predict(lesson, settings), names, held_out, lesson.problem.profile_of_observation, folder, show
        )
    predictions = _dataset(lesson, names, held_out, predicted)
    table = skill.table(predictions, weight=_weight(predictions), size=block_size, seed=seed)
    apart = skill.differences(predictions, weight=_weight(predictions), size=block_size, seed=seed)
    _write(out, predictions, table, apart, lesson, names, settings)
    folder.remove()
    _show(table, out)


def _methods(chosen: list[str] | None, posterior: Path | None) -> tuple[str, ...]:
    from proda_core.learning.methods import METHODS

    if chosen is None:
        return tuple(name for name in METHODS if name != "proda" or posterior)
    unknown = [name for name in chosen if name not in METHODS]
    if unknown:
        raise UsageError(f"expected --method out of {', '.join(METHODS)}, got {unknown[0]}")
    if "proda" in chosen and posterior is None:
        raise UsageError("expected --posterior for the method proda, got none; make it with proda assimilate")
    return tuple(dict.fromkeys(chosen))


def _held_out(lesson: Lesson, count: int, size: float, seed: int) -> dict[str, np.ndarray]:
    from proda_core.learning import validation

    problem = lesson.problem
    layers = np.bincount(problem.profile_of_observation, minlength=len(problem.latitude))
    try:
        folds = {
            kind: validation.folds(problem.latitude, problem.longitude, layers, kind, count, size, seed)
            for kind in validation.KINDS
        }
    except ValueError as error:
        raise Failure(str(error)) from error
    return {validation.IN_SAMPLE: np.full(len(problem.latitude), -1), **folds}


def _inputs(lesson: Lesson, settings: Settings) -> dict[str, object]:
    """Everything that a prediction depends on beside the method and the profiles that it learns from, the code included."""
    from proda_core.learning import kept

    sites = lesson.problem.sites
    known = {} if sites is None else {name: np.asarray(getattr(sites, name)) for name in ("profile", "axes", "mean", "precision")}
    return {"parents": lesson.parents, "settings": repr(settings), "code": kept.code(), **known}


def _predict(lesson: Lesson, settings: Settings) -> Predict:
    from proda_core.learning import methods

    def predict(method: str, train: np.ndarray, progress: Progress) -> np.ndarray:
        return methods.predict(method, lesson.problem, train, settings, progress)

    return predict


def _dataset(lesson: Lesson, names: tuple[str, ...], held_out: dict[str, np.ndarray], predicted: np.ndarray) -> xr.Dataset:
    import xarray as xr

    from proda_core.learning import distance

    kept = ("soc_density", "layer_top", "layer_bottom", "profile_index", "latitude", "longitude", "source", "sampling_weight")
    attributes = {"long_name": "predicted carbon per volume", "units": "g m-3"}
    far = {"long_name": "distance to the nearest profile of the other folds", "units": "km"}
    apart = distance.of_folds(lesson.problem.latitude, lesson.problem.longitude, held_out)
    return xr.Dataset(
        {
            **{name: lesson.profiles[name].variable for name in kept},
            "predicted": (("method", "validation", "observation"), predicted, attributes),
            "distance": (("validation", "profile"), apart, far),
        },
        {"method": list(names), "validation": list(held_out)},
        {"Conventions": "CF-1.11", "title": "Observed layers and what each method predicts of them"},
    )


def _weight(predictions: xr.Dataset) -> np.ndarray:
    from proda_core.learning.validation import importance

    of_profile = importance(*(predictions[name].values for name in ("latitude", "longitude", "sampling_weight")))
    weight: np.ndarray = of_profile[predictions["profile_index"].values]
    return weight


def _by_distance(predictions: xr.Dataset, land: LandGrid) -> dict[str, dict[str, float]]:
    """How much of the land, and of what is judged in blocks, lies how far from profiles."""
    from proda_core.learning import distance, gather
    from proda_core.learning.skill import FAR

    place = predictions["latitude"].values, predictions["longitude"].values
    of_profile = predictions["distance"].sel(validation=FAR).values
    return {
        "land_by_distance": gather.shares(distance.nearest(land.latitude, land.longitude, *place), land.area),
        "judged_by_distance": gather.shares(of_profile[predictions["profile_index"].values], _weight(predictions)),
    }


def _write(
    out: Path,
    predictions: xr.Dataset,
    table: pd.DataFrame,
    apart: pd.DataFrame,
    lesson: Lesson,
    names: tuple[str, ...],
    settings: Settings,
) -> None:
    from proda_core import store
    from proda_core.learning import evidence, figures, gather, limits, methods

    with store.atomic_path(out / PREDICTIONS) as temporary:
        predictions.to_netcdf(temporary, engine="netcdf4")
    for name, frame in ((SKILL, table), ("differences.csv", apart)):
        with store.atomic_path(out / name) as temporary:
            frame.to_csv(temporary, index=False, float_format="%.6g")
    found = gather.assemble(
        predictions, table, methods.METHODS, cells=len(np.unique(lesson.cells)),
        by_distance=_by_distance(predictions, lesson.land), training=_curves(lesson, names, settings),
        limits=limits.LIMITS, source=source_of(lesson), seed=settings.seed,
    )  # fmt: skip
    evidence.write(found, out / EVIDENCE)
    drawn = {
        "skill": figures.skill_figure(found),
        "density": figures.density_figure(found),
        "groups": figures.group_figure(found),
    }
    if found.training:
        drawn["training"] = figures.training_figure(found)
    for name, figure in drawn.items():
        figures.save(figure, out / f"{name}.png")


def _curves(lesson: Lesson, names: tuple[str, ...], settings: Settings) -> dict[str, dict[str, list[float]]]:
    """Training curves of one member of each method that is trained, with the blocks that it did not see as validation."""
    from dataclasses import replace

    from proda_core.learning import methods

    checked = replace(settings, check=0.1)
    everything = np.ones(len(lesson.problem.latitude), dtype=bool)
    found = {}
    for name in names:
        if name != "default":
            curve = methods.curve(name, lesson.problem, everything, checked)
            if not np.isfinite(curve.held_out).all():
                continue  # with few blocks none may have been held out
            found[name] = {"step": [float(s) for s in curve.step], "training": curve.training, "validation": curve.held_out}
    return found


def _show(table: pd.DataFrame, out: Path) -> None:
    from proda_core.learning import distance

    shown = table[table["group"] == "all"]
    names = ("NSE", "95 % interval", "log NSE", "RMSE [kgC m-3]", "bias [%]", "concordance")
    title = "Skill over all observed layers by the importance of their profiles, those of one place sharing the weight of one"
    grid = Table("method", "validation", *map(escape, names), title=title)
    for row in shown.itertuples():
        grid.add_row(
            str(row.method), str(row.validation), f"{row.nse:.3f}", f"{row.nse_low:.3f} .. {row.nse_high:.3f}",
            f"{row.log_nse:.3f}", f"{row.rmse / 1e3:.2f}", f"{100 * row.relative_bias:+.1f}", f"{row.concordance:.3f}",
        )  # fmt: skip
    Console().print(grid)
    by = table[table["group"] == "distance"].pivot(index="method", columns="name", values=["nse", "log_nse"])
    if len(by):
        classes = [name for name in distance.CLASSES if name in by["nse"]]
        far = Table("held-out blocks", *classes, title="By distance to the nearest training profile: NSE / log NSE")
        for method in dict.fromkeys(shown["method"]):
            far.add_row(method, *(f"{by.loc[method, ('nse', c)]:.3f} / {by.loc[method, ('log_nse', c)]:.3f}" for c in classes))
        Console().print(far)
    typer.echo(f"wrote {EVIDENCE}, {SKILL}, differences.csv, {PREDICTIONS} and figures to {out}")
