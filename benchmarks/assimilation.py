"""Profiles an hour: how long assimilation takes, beside what the original needs with our solver.

    python -m benchmarks.assimilation [PROFILES] [--profiles 512] [--workers N]

Without PROFILES the model makes profiles itself, at land cells of the embedded climate with three to seven layers; with a file of
``proda observe`` it takes real ones.  The original makes 3 chains of 70,000 solves for each of 54,073 profiles; its cost with our
solver is measured with the same compiled model, its own is cited (53 ms a solve, measured under GNU Octave 7.3).

On two cores with 1,024 observed profiles (those that README names), in batches of 256:

    converged                                  98.2 %
    profiles an hour                           32,399
    projected for 54,073 profiles              1.67 h
    peak memory, main process / largest other  0.54 / 0.97 GB
    the original's 1.1e10 solves               2.5 h with our solver, 167,176 h with its own
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
import xarray as xr

from proda_core import climate, observations, parameters, simulation
from proda_core.assimilation import assemble, runs, sites
from proda_core.commands.assimilate import cells_of
from proda_core.process import column, kernel
from proda_core.process.places import Places
from tests.twin import soil_profiles

ORIGINAL_PROFILES = 54_073
ORIGINAL_SOLVES = 3 * 70_000
ORIGINAL_SECONDS_A_SOLVE = 0.053


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=Path, help="a file of proda observe")
    parser.add_argument("--profiles", type=int, default=512)
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--batch", type=int, default=256)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    profiles, cells = real(arguments.file, arguments.profiles) if arguments.file else made(arguments.profiles)
    count = profiles.sizes["profile"]
    print(f"{count} profiles, {profiles.sizes['observation'] / count:.1f} layers each, {arguments.workers} processes")
    posterior, seconds = assimilate(profiles, cells, arguments.workers, arguments.batch)
    report(posterior, seconds, arguments.workers)
    original(profiles, cells)


def real(file: Path, count: int) -> tuple[xr.Dataset, np.ndarray]:
    """Profiles of a file, drawn at random, and their land cells."""
    table = observations.measured(observations.load(file))
    drawn = np.sort(np.random.default_rng(1).choice(table.sizes["profile"], min(count, table.sizes["profile"]), replace=False))
    table = observations.select(table, drawn)
    land = simulation.land_from_dataset(climate.read())
    return table, cells_of(table, land)


def made(count: int) -> tuple[xr.Dataset, np.ndarray]:
    """Profiles that the model made."""
    rng = np.random.default_rng(1)
    cells = rng.choice(len(soil_profiles.world().parameters), count, replace=False)
    return soil_profiles.make(*soil_profiles.layers(count, rng), cells, rng).profiles, cells


def forcing_of(cells: np.ndarray) -> column.Forcing:
    """Forcing of land cells of the embedded climate."""
    return simulation.forcing_from_dataset(climate.expand(climate.read().isel(cell=cells)))


def assimilate(profiles: xr.Dataset, cells: np.ndarray, workers: int, batch: int) -> tuple[xr.Dataset, float]:
    """The posterior, and the seconds that it took from the first batch to the finished store."""
    with tempfile.TemporaryDirectory() as folder:
        out, start = Path(folder) / "posterior.zarr", time.perf_counter()
        runs.run(profiles, lambda rows: forcing_of(cells[rows]), out, sites.Options(), batch=batch, worker_count=workers)
        return assemble.load(out).load(), time.perf_counter() - start


def report(posterior: xr.Dataset, seconds: float, workers: int) -> None:
    """Pace, quality and memory."""
    count = posterior.sizes["profile"]
    share = 100 * float(posterior["converged"].mean())
    print(f"converged (R-hat < 1.01, bulk and tail sample size >= 400 for fitted SOC): {share:.1f} %")
    print(f"draws of each chain, median: {float(posterior['draws_made'].median()):.0f}")
    print(f"{seconds:.0f} s, {3600 * count / seconds:,.0f} profiles an hour")
    print(f"projected for {ORIGINAL_PROFILES:,} profiles: {seconds / count * ORIGINAL_PROFILES / 3600:.2f} h")
    own, children = (resource.getrusage(who).ru_maxrss / 1e6 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(
        f"peak memory: {own:.2f} GB here, {children:.2f} GB in the largest process, so at most {own + workers * children:.2f} GB"
    )


def original(profiles: xr.Dataset, cells: np.ndarray) -> None:
    """What the original's number of solves would cost."""
    places, batch = Places(forcing_of(cells[:64])), 8192
    kernel.limit_threads(0)
    unit = np.random.default_rng(2).uniform(0.02, 1, (batch, parameters.COUNT))
    physical, place = torch.as_tensor(parameters.to_physical(unit)), torch.arange(batch) % len(places)
    places.forward(physical, place)
    start, repeats = time.perf_counter(), 20
    for _ in range(repeats):
        places.forward(physical, place)
    each = (time.perf_counter() - start) / repeats / batch
    solves = ORIGINAL_SOLVES * ORIGINAL_PROFILES
    print(
        f"the original's {solves:.2g} solves: {solves * each / 3600:.1f} h with our solver ({each * 1e6:.2f} microseconds each),"
    )
    print(f"{solves * ORIGINAL_SECONDS_A_SOLVE / 3600:,.0f} h with its own ({ORIGINAL_SECONDS_A_SOLVE * 1e3:.0f} ms each, cited)")


if __name__ == "__main__":
    main()
