"""End-to-end training on all profiles: wall time to convergence, peak memory, and what the compiled process model is worth.

    python -m benchmarks.learning [PROFILES] [--members 10]

Without PROFILES the model makes 12,000 profiles itself at 2,100 land cells; with a file of ``proda observe`` it takes real ones.
Convergence is the step at which the held-out blocks are predicted best, within 1 % of the best.  The baseline of the same run is
one training step with the process model written in plain PyTorch.  Cited for comparison: the Biogeochemistry-Informed Neural
Network (BINN), whose authors report 4 GPUs for 23.5 hours for 26,000 profiles.
"""

from __future__ import annotations

import argparse
import resource
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from benchmarks.assimilation import forcing_of
from proda_core import climate, observations, simulation
from proda_core.commands.assimilate import cells_of
from proda_core.learning import losses, methods, predictors
from proda_core.learning.predictors import Scaler
from proda_core.learning.problem import Problem, Process, assemble
from proda_core.learning.settings import Settings
from proda_core.process import column
from proda_core.process.places import Places
from tests.twin import soil_profiles

BINN_GPU_HOURS = 4 * 23.5


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=Path, help="a file of proda observe")
    parser.add_argument("--members", type=int, default=10)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    profiles, cells = real(arguments.file) if arguments.file else made()
    problem = problem_of(profiles, cells)
    print(f"{profiles.sizes['profile']:,} profiles, {profiles.sizes['observation']:,} layers, {len(np.unique(cells)):,} cells")
    settings = Settings(members=arguments.members)
    start = time.perf_counter()
    ensemble = methods.fit("end-to-end", problem, np.ones(len(cells), dtype=bool), settings)
    seconds = time.perf_counter() - start
    steps = [converged(curve.step, curve.held_out) for curve in ensemble.curves]
    total = sum(curve.step[-1] + 1 for curve in ensemble.curves)
    print(f"one network: {seconds / arguments.members:.1f} s, converged after {np.median(steps):.0f} steps (median)")
    print(f"ensemble of {arguments.members}: {seconds:.0f} s, {1e3 * seconds / total:.1f} ms a step")
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")
    print(f"BINN's budget, cited: {BINN_GPU_HOURS:.0f} GPU-hours, {BINN_GPU_HOURS * 3600 / seconds:,.0f} times these seconds")
    compare(problem, cells, settings)


def real(file: Path) -> tuple[observations.table.xr.Dataset, np.ndarray]:
    """Profiles of a file with three measured layers or more, and their land cells."""
    table = observations.measured(observations.load(file), min_layers=3, depth=climate.SOIL_DEPTH)
    return table, cells_of(table, simulation.land_from_dataset(climate.read()))


def made(places: int = 2_100, each: int = 6) -> tuple[observations.table.xr.Dataset, np.ndarray]:
    """Profiles that the model made, several in a cell."""
    rng = np.random.default_rng(1)
    world = soil_profiles.world()
    cells = np.repeat(rng.choice(len(world.parameters), places, replace=False), each)
    twin = soil_profiles.make(*soil_profiles.layers(len(cells), rng), cells, rng)
    placed = {"latitude": world.land.latitude[cells], "longitude": world.land.longitude[cells]}
    fields = {name: ("profile", values) for name, values in {**placed, "sampling_weight": np.ones(len(cells))}.items()}
    return twin.profiles.assign(fields), cells


def problem_of(profiles: observations.table.xr.Dataset, cells: np.ndarray, process: Process | None = None) -> Problem:
    """The problem of learning from the profiles."""
    land = simulation.land_from_dataset(climate.read())
    features = predictors.features(climate.load_predictors(), land=land)
    return assemble(profiles, cells, features, lambda chosen: process or Places(forcing_of(chosen)).soc, land.area)


def converged(step: list[int], held_out: list[float]) -> int:
    """First step at which the check is within 1 % of its best."""
    best = min(held_out)
    return next(s for s, value in zip(step, held_out, strict=True) if value <= 1.01 * best)


def compare(problem: Problem, cells: np.ndarray, settings: Settings) -> None:
    """One step with the compiled process model and one with the plain PyTorch form, side by side."""
    forcing = forcing_of(np.unique(cells))

    def plain(physical: torch.Tensor, place: torch.Tensor) -> torch.Tensor:
        pools = column.solve(column.terms(physical, forcing.rows(place)), backend="torch")
        return pools[:, 4:].sum(1)

    seconds = [step_time(replace(problem, globe=None, process=process), settings) for process in (problem.process, plain)]
    print(
        f"a step with the compiled process model: {1e3 * seconds[0]:.0f} ms; in plain PyTorch: {1e3 * seconds[1]:.0f} ms", end=""
    )
    print(f", {seconds[1] / seconds[0]:.0f} times as long")


def step_time(problem: Problem, settings: Settings, repeats: int = 5) -> float:
    """Median seconds of a gradient step, the first one left out."""
    scaler, generator = Scaler.of(problem.features), torch.Generator().manual_seed(0)
    network = methods.new_network("end-to-end", len(scaler.names), settings, generator)
    sample = methods.draw_samples(problem, np.ones(len(problem.latitude), dtype=bool), settings)[0]
    loss, _ = losses.of("end-to-end", problem, lambda f: torch.as_tensor(scaler.apply(f)), sample, settings)
    times = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        loss(network, generator).backward()
        times.append(time.perf_counter() - start)
    return float(np.median(times[1:]))


if __name__ == "__main__":
    main()
