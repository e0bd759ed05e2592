"""Runs over many profiles: batches to workers, results to disk as they come, one store at the end.

::

    profiles, forcing -> plan -> batches -> workers -> NAME.parts/batch-00000.nc ... -> assemble -> NAME (Zarr)

This process holds the table of profiles and asks for the forcing of one batch at a time; workers get one batch each.  So memory
is bounded whatever the number of profiles.  A run that is interrupted, at whatever moment, goes on where it was: batches that are
done stay in ``NAME.parts``, and the store comes out the same to the last byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, fields
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
import xarray as xr

from proda_core import __version__
from proda_core.assimilation import assemble, parts, workers
from proda_core.assimilation.parts import Parts, Plan, RunError
from proda_core.observations import table
from proda_core.process import column

Arrays = Mapping[str, np.ndarray[Any, Any]]

FAILURES = 3
"""Batches that may fail before a run stops to hand out more."""


class Assimilate(Protocol):
    """Works on a batch; see ``proda_core.assimilation.sites.assimilate``."""

    def __call__(self, profiles: xr.Dataset, forcing: column.Forcing, options: Any, *, keep_draws: bool = False) -> xr.Dataset:
        """The posterior of each profile."""
        ...


def run(
    profiles: xr.Dataset,
    forcing_of: Callable[[np.ndarray[Any, Any]], column.Forcing],
    out: Path,
    options: Any,
    *,
    batch: int,
    assimilate: Assimilate | None = None,
    worker_count: int | None = None,
    scheduler: str | None = None,
    resume: bool = False,
    force: bool = False,
    draws: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Estimate the parameters at every profile.

    Args:
        profiles: a checked table, see ``proda_core.observations``.
        forcing_of: forcing at some positions in ``profiles``, in their order.
        out: the Zarr store to write.
        options: of ``assimilate``; a dataclass of plain values.
        batch: profiles in a batch.
        assimilate: works on a batch; a function that can be imported.  By default ``sites.assimilate``.
        worker_count: processes on this computer; by default one for each processor.
        scheduler: address of the scheduler of a Dask cluster, to be used in place of processes here.
        resume: go on with a run that was interrupted, if there is one.
        force: start again where there is one, and replace ``out`` where it exists.
        draws: a second Zarr store for every draw, in the layout of ArviZ; open it with ``xarray.open_datatree``.
        progress: called with the number of profiles done and of all, first with those done earlier.

    Returns:
        ``out``.

    Raises:
        RunError: something stands in the way, or batches failed; the message says what to do.  Finished batches are kept.
        BlockingIOError: another run is at work on ``out``.
    """
    if batch < 1:
        raise ValueError(f"expected at least 1 profile in a batch, got {batch}")
    if draws is not None and draws.resolve() == out.resolve():
        raise RunError(f"expected another place for the draws than for the posterior, got {out} for both; choose another")
    work = assimilate or _default()
    arrays_of = partial(_arrays, forcing_of)
    with parts.opened(out) as folder:
        _check_targets(folder, (out, draws), resume=resume, force=force)
        settings: dict[str, Any] = {
            "batch": batch,
            "draws": draws is not None,
            "function": _name(work),
            "options": asdict(options),
        }
        plan = parts.plan(profiles, arrays_of, version=__version__, **settings)
        replace = _begin(folder, plan, (out, draws), resume=resume, force=force)
        if replace is None:
            return out
        crew = workers.cluster(scheduler) if scheduler else workers.local(worker_count or workers.processors())
        job = partial(_job, work, profiles, arrays_of, options, plan)
        _work(folder, plan, profiles, job, crew, progress or _silent)
        _assemble(folder, plan, out, draws, replace=replace)
        folder.remove()
    return out


def check_start(out: Path, draws: Path | None = None, *, resume: bool = False, force: bool = False) -> None:
    """Find out, before anything slow happens, what would keep :func:`run` from beginning; raises as it does."""
    with parts.opened(out) as folder:
        _check_targets(folder, (out, draws), resume=resume, force=force)


def _silent(done: int, count: int) -> None:
    """Progress that nobody watches."""


def _default() -> Assimilate:
    from proda_core.assimilation import sites

    default: Assimilate = sites.assimilate
    return default


def _name(function: Any) -> str:
    return f"{function.__module__}.{function.__qualname__}"


def _arrays(forcing_of: Callable[[np.ndarray[Any, Any]], column.Forcing], rows: slice) -> Arrays:
    """Forcing as arrays: torch would hand tensors to other processes as shared memory."""
    forcing = forcing_of(np.arange(rows.start, rows.stop))
    return {field.name: getattr(forcing, field.name).detach().numpy() for field in fields(column.Forcing)}


def _check_targets(folder: Parts, targets: tuple[Path | None, ...], *, resume: bool, force: bool) -> None:
    """What can be found out before anything slow happens."""
    if folder.plan is not None and not (resume or force):
        raise RunError(f"expected no unfinished run, got {folder.path}; add --resume to go on with it, or --force to start again")
    if not resume:
        for target in targets:
            if target:
                assemble.check_free(target, replace=force)


def _begin(folder: Parts, plan: Plan, targets: tuple[Path | None, ...], *, resume: bool, force: bool) -> bool | None:
    """Whether stores that are there may be replaced; None where all of them are finished already."""
    there = folder.plan
    if resume and there is not None:
        folder.check_same(plan)
        return force or bool(there.get("replace"))
    if resume and not force and all(assemble.plan_of(target) == plan.digest for target in targets if target):
        return None
    for target in targets:
        if target:
            assemble.check_free(target, replace=force)
    folder.begin(plan, replace=force)
    return force


def _work(
    folder: Parts,
    plan: Plan,
    profiles: xr.Dataset,
    job: Callable[[int], Callable[[], Any]],
    crew: AbstractContextManager[workers.Crew],
    progress: Callable[[int, int], None],
) -> None:
    """Do every batch that is not done."""
    finished = set(folder.finished(plan))
    done = sum(_size(plan, number) for number in finished)
    progress(done, plan.profile_count)
    open_numbers = [number for number in plan.batches if number not in finished]
    if not open_numbers:
        return
    failed: dict[int, BaseException] = {}
    with crew as workforce:
        for number, result in workers.results(open_numbers, job, workforce):
            if isinstance(result, BaseException):
                failed[number] = result
                if len(failed) == FAILURES:
                    break
                continue
            folder.write(number, result)
            done += _size(plan, number)
            progress(done, plan.profile_count)
    if failed:
        raise _failure(folder, plan, profiles, failed) from next(iter(failed.values()))


def _size(plan: Plan, number: int) -> int:
    rows = plan.rows(number)
    return int(rows.stop - rows.start)


def _job(
    work: Assimilate, profiles: xr.Dataset, arrays_of: Callable[[slice], Arrays], options: Any, plan: Plan, number: int
) -> Callable[[], xr.Dataset]:
    """What a worker is sent: the profiles and the forcing of one batch."""
    rows = plan.rows(number)
    chosen = table.select(profiles, np.arange(rows.start, rows.stop))
    return partial(_work_on, work, chosen, arrays_of(rows), options, keep_draws=plan.draws)


def _work_on(work: Assimilate, profiles: xr.Dataset, forcing: Arrays, options: Any, *, keep_draws: bool) -> xr.Dataset:
    """In a worker: a batch, beside what the table says about its profiles."""
    tensors = {name: torch.from_numpy(values) for name, values in forcing.items()}
    result = work(profiles, column.Forcing(**tensors), options, keep_draws=keep_draws)
    for dim in (assemble.PROFILE, assemble.OBSERVATION):
        if result.sizes.get(dim, profiles.sizes[dim]) != profiles.sizes[dim]:
            raise ValueError(f"expected a result with {profiles.sizes[dim]} entries along {dim}, got {result.sizes[dim]}")
    return result.assign({str(name): profiles[name] for name in profiles.variables if name not in result.variables})


def _failure(folder: Parts, plan: Plan, profiles: xr.Dataset, failed: Mapping[int, BaseException]) -> RunError:
    number, error = next(iter(failed.items()))
    rows, names = plan.rows(number), profiles["profile_id"].values
    others = f" and {len(failed) - 1} more" if len(failed) > 1 else ""
    where = f"batch {number} (profiles {names[rows.start]} to {names[rows.stop - 1]}){others}"
    return RunError(
        f"expected every batch to succeed, got a failure in {where}: {type(error).__name__}: {error}; "
        f"what is done is kept in {folder.path}, mend the cause and go on with --resume"
    )


def _assemble(folder: Parts, plan: Plan, out: Path, draws: Path | None, *, replace: bool) -> None:
    """Put finished batches together; the draws first, so that the posterior is there only when everything is."""

    def batches() -> Iterator[xr.Dataset]:
        return map(folder.read, plan.batches)

    sizes = {assemble.PROFILE: plan.profile_count, assemble.OBSERVATION: 0}
    sizes[assemble.OBSERVATION] = sum(part.sizes[assemble.OBSERVATION] for part in batches())
    for target, fill in ((draws, assemble.draws), (out, assemble.posterior)):
        if target and (replace or assemble.plan_of(target) != plan.digest):
            assemble.put(target, plan.digest, partial(_fill, fill, batches, sizes), replace=replace, sizes=sizes)


def _fill(
    fill: Callable[[Iterator[xr.Dataset], Any, Mapping[str, int]], None],
    batches: Callable[[], Iterator[xr.Dataset]],
    sizes: Mapping[str, int],
    group: Any,
) -> None:
    fill(batches(), group, sizes)
