"""Time and memory of the sensitivity of the whole globe.

    python -m benchmarks.sensitivity [--members N]

prints, for every half-degree land cell and the retrieved ensemble: the published curves, 6 mechanisms by 11 steps by all members
(aim: 3 minutes and 3 GB on two cores), and the gradient map for all mechanisms (aim: 2 seconds), with and without evaluating the
terms.

What it printed last, on a quiet machine with two cores, stands in the README; with other work beside it (load 3) the curves
took half as long again.
"""

from __future__ import annotations

import argparse
import resource
import time

import torch

from proda_core import retrieved, simulation
from proda_core.process import column, kernel
from proda_core.sensitivity import MECHANISMS, curves, gradient_map
from proda_core.sensitivity.gradient import by_mechanism


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--members", type=int, default=None, help="only the first so many")
    chosen = parser.parse_args()
    torch.set_num_threads(1)  # as the commands do: the kernel brings threads of its own
    world = simulation.load_world()
    unit = retrieved.read(members=True)["member_unit"].values[: chosen.members]
    kernel.warm_up()
    start = time.perf_counter()
    data = curves(world, unit, MECHANISMS, ["published"])
    seconds = time.perf_counter() - start
    solves = data.sizes["member"] * len(MECHANISMS) * data.sizes["step"]
    print(f"{len(world.parameters):,} columns")
    print(f"published curves, {solves} stocks: {seconds:.1f} s, {seconds / solves:.3f} s each")
    start = time.perf_counter()
    gradient_map(world)
    print(f"gradient map, {len(MECHANISMS)} mechanisms, from the forcing: {time.perf_counter() - start:.2f} s")
    terms = column.terms(world.parameters, world.forcing)
    start = time.perf_counter()
    by_mechanism(terms)
    print(f"gradient map, {len(MECHANISMS)} mechanisms, from the terms: {time.perf_counter() - start:.2f} s")
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9:.2f} GB")


if __name__ == "__main__":
    main()
