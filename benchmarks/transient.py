"""Time and accuracy of following the whole globe to a new balance.

    python -m benchmarks.transient

prints, for every half-degree land cell of the embedded world in float64: the 40 steps from 1 to 10,000 years, from terms to
global stocks (aim: 5 seconds on two cores) and with the course of every cell kept; a steady state; the ages of all carbon; how
well carbon is conserved; and, for some changes, the error of the stocks against 25 times as many steps, over the largest change.
The error is that of every 20th land cell together, as so many steps of the whole globe would take minutes.

On a machine with two cores that had other work to do (load 4):

                                          seconds    of processors
    one steady state                        0.028            0.052
    40 steps to global stocks                1.87             3.01
    the same, every cell kept                2.06             3.39
    age and transit time of all carbon       0.17             0.22

                            at any time      first year      imbalance
    +1 % CUE                     0.05 %           1.5 %          2e-13
    +10 % plant input            0.06 %           4.4 %          3e-13
    +2 degC                      0.07 %           4.0 %          3e-13
    +2 % beta                    0.09 %           5.2 %          2e-13
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from proda_core import simulation
from proda_core.process import column, kernel
from proda_core.scenario import Scenario

REPEATS = 3
FINER = 25
EVERY = 20
"""One land cell in so many is followed in finer steps."""

CHANGES = {
    "+1 % CUE": Scenario(cue=0.01),
    "+10 % plant input": Scenario(carbon_input=0.1),
    "+2 degC": Scenario(warming=2.0),
    "+2 % beta": Scenario(input_allocation=0.02),
}


def _median(run: Callable[[], object]) -> tuple[float, float]:
    """Median seconds of a run by the clock, and of processor time, which other work on the machine disturbs less."""
    clock, processor = [], []
    for _ in range(REPEATS):
        start, used = time.perf_counter(), time.process_time()
        run()
        clock.append(time.perf_counter() - start)
        processor.append(time.process_time() - used)
    return sorted(clock)[REPEATS // 2], sorted(processor)[REPEATS // 2]


def _error(model: simulation.GlobalModel, change: Scenario) -> tuple[float, float, float]:
    """Largest error of stocks over the largest change, that of the first year over its change, and the imbalance; of a sample."""
    years = simulation.log_years()
    between = pairwise([0.0, *years])
    finer = np.concatenate([np.linspace(a, b, FINER + 1)[1:] for a, b in between])
    cells = np.arange(0, len(model), EVERY)
    coarse, fine = (simulation.follow(model, change, ends, cells) for ends in (years, finer))
    exact = fine.soc[::FINER]
    off, moved = np.abs(coarse.soc - exact), np.abs(exact - exact[0])
    return float((off.max(0) / moved.max(0)).max()), float((off[1] / moved[1]).max()), coarse.imbalance


def main() -> None:
    """Measure and print."""
    torch.set_num_threads(1)  # as the commands do: the kernel brings threads of its own
    kernel.warm_up()
    model = simulation.GlobalModel(simulation.load_world())
    terms = model.terms(slice(None))
    change = CHANGES["+1 % CUE"]
    runs: dict[str, Callable[[], object]] = {
        "one steady state": lambda: column.solve(terms),
        "40 steps to global stocks": lambda: simulation.follow(model, change),
        "the same, every cell kept": lambda: simulation.follow(model, change, with_cells=True),
        "age and transit time of all carbon": lambda: simulation.carbon_age(model),
    }
    times = Table(title=f"{len(model):,} columns, 40 steps from 1 to 10,000 years")
    for heading in ("measurement", "seconds", "of processors"):
        times.add_column(heading, justify="left" if heading == "measurement" else "right")
    for name, run in runs.items():
        clock, processor = _median(run)
        times.add_row(name, f"{clock:.3f}", f"{processor:.3f}")
    errors = Table(title=f"error against {FINER} times as many steps, over the change")
    for heading in ("change", "at any time", "first year", "imbalance"):
        errors.add_column(heading, justify="left" if heading == "change" else "right")
    for name, asked in CHANGES.items():
        largest, first, imbalance = _error(model, asked)
        errors.add_row(name, f"{100 * largest:.2f} %", f"{100 * first:.1f} %", f"{imbalance:.0e}")
    console = Console()
    console.print(times)
    console.print(errors)


if __name__ == "__main__":
    main()
