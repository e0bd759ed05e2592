"""``proda relearn``: how the response to +1 % CUE changes when parameters are learned again from other data or forcing."""

from __future__ import annotations

import io
from contextlib import nullcontext, redirect_stdout
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from proda_core import store
from proda_core.commands import analysis
from proda_core.commands.base import FORCE, Failure, UsageError, embedded_climate, progress

if TYPE_CHECKING:
    import numpy as np

    from proda_core.sensitivity.relearning import Case

MEASURED_ERROR = 0.2
"""Relative error of an observation that states none [1], the typical size that ``proda error-model`` finds; ours."""


def relearn(
    profiles: Annotated[Path, typer.Argument(help="Profiles as proda observe writes them, or a file that it reads.")],
    out: Annotated[Path, typer.Option(help="Table to write, as .csv; proda sensitivity --budget reads it.")],
    draws: Annotated[int, typer.Option(metavar="N", help="Draws of the errors of the observations.")] = 8,
    steps: Annotated[int | None, typer.Option(help="Gradient steps of each training.", show_default=False)] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the random numbers.")] = 0,
    climate: analysis.CLIMATE = None,
    resume: analysis.RESUME = False,
    force: FORCE = False,
) -> None:
    """Train a network for each draw of the observations and for each other forcing, and compare the responses to +1 % CUE."""
    if draws < 0 or draws == 1:
        raise UsageError(f"expected --draws of 0, or of at least 2 to tell a spread, got {draws}")
    if out.suffix != ".csv":
        raise UsageError(f"expected --out with the ending .csv, got {out.name}")
    if not profiles.exists():
        raise Failure(f"expected profiles at {profiles}, got none; check the path")
    analysis.check_start(out, force, resume)
    source = climate or embedded_climate()
    from proda_core.learning import kept
    from proda_core.sensitivity import pieces, relearning

    wanted = relearning.cases(draws)
    inputs = {"profiles": profiles, "climate": source, "steps": steps or 0, "seed": seed, "code": kept.code()}
    shelf = analysis.shelf(out, resume, inputs)
    names = {f"case{i:03d}": case for i, case in enumerate(wanted)}
    try:
        with progress("relearn", time_left=True) as show:
            found = pieces.work(
                list(names), lambda key: partial(_trained, names[key], profiles, source, steps, seed), shelf,
                progress=lambda part: show(part, "trainings"),
            )  # fmt: skip
    except KeyboardInterrupt:
        analysis.interrupted(out)
        raise
    responses = {case.name: found[key]["response"] for key, case in names.items()}
    _write(responses, out)
    shelf.remove()
    _show(responses)
    typer.echo(f"wrote {out}")


def _trained(case: Case, profiles: Path, source: Path, steps: int | None, seed: int) -> dict[str, np.ndarray[Any, Any]]:
    """Response of the globe with parameters learned in a case [Pg] (depth,)."""
    import numpy as np

    from proda_core import simulation
    from proda_core.commands.learn import settings_of
    from proda_core.commands.lesson import prepare
    from proda_core.learning import methods
    from proda_core.sensitivity import relearning, uncertainty

    # what is left out of the profiles is said once
    with nullcontext() if case.name == relearning.BASE else redirect_stdout(io.StringIO()):
        lesson = prepare(profiles, None, None, source, seed, case.forcing)
    problem = lesson.problem
    if case.draw is not None:
        seen = problem.observations
        soc = relearning.perturbed(seen.soc, _relative_error(lesson.profiles, len(seen.soc)), case.draw, seed)
        problem = replace(problem, observations=replace(seen, soc=soc))
    everything = np.ones(lesson.profiles.sizes["profile"], dtype=bool)
    ensemble = methods.fit("end-to-end", problem, everything, settings_of(1, steps, seed))
    unit = np.clip(ensemble.unit(lesson.features).numpy()[0], 0.0, 1.0).T
    world = simulation.with_parameters(simulation.load_world(source, use="published"), unit)
    return {"response": uncertainty.response(replace(world, forcing=case.forcing(world.forcing)))}


def _relative_error(profiles: Any, count: int) -> Any:
    """Error of each observation over the observation; a typical one where a profile states none."""
    import numpy as np
    import torch

    relative = np.full(count, MEASURED_ERROR)
    if "soc_density_error" in profiles:
        stated = (profiles["soc_density_error"] / profiles["soc_density"]).values
        relative = np.where(np.isfinite(stated) & (stated > 0), stated, relative)
    return torch.as_tensor(relative)


def _write(responses: dict[str, np.ndarray[Any, Any]], out: Path) -> None:
    from proda_core.grid import STOCK_DEPTHS

    rows = ["case," + ",".join(STOCK_DEPTHS)]
    rows += [f'"{name}",' + ",".join(f"{value:.6g}" for value in response) for name, response in responses.items()]
    with store.atomic_path(out) as temporary:
        temporary.write_text("\n".join(rows) + "\n", encoding="utf-8")


def read(path: Path) -> dict[str, np.ndarray[Any, Any]]:
    """Responses by case out of a table that this command wrote.

    Raises:
        Failure: there is none, or it is something else.
    """
    import numpy as np
    import pandas as pd

    from proda_core.grid import STOCK_DEPTHS
    from proda_core.sensitivity import relearning

    try:
        table = pd.read_csv(path).set_index("case")[list(STOCK_DEPTHS)].astype(np.float64)
        responses = {str(name): row.to_numpy() for name, row in table.iterrows()}
        relearning.summarise(responses)
    except (OSError, KeyError, ValueError) as error:
        raise Failure(f"expected a table of proda relearn at {path}, got something else ({error}); make it again") from error
    return responses


def _show(responses: dict[str, np.ndarray[Any, Any]]) -> None:
    from proda_core.grid import STOCK_DEPTHS

    table = Table("case", *STOCK_DEPTHS)
    for name, response in responses.items():
        table.add_row(name, *(f"{value:.2f}" for value in response))
    typer.echo("Response to +1 % CUE [Pg C], parameters learned again in every case, one network each")
    Console().print(table)
