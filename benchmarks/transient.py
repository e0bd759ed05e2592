"""Time and accuracy of following the whole globe to a new balance.

    python -m benchmarks.transient

prints, for every half-degree land cell of the embedded world in float64: the 40 steps from 1 to 10,000 years, from terms to
global stocks and with the course of every cell kept; the same number of steady states; the ages of all carbon; how well carbon is
conserved; and, for some changes, the error of the global stocks against 25 times as many steps, over the largest change.

On two cores of a machine that was busy with other work besides:

TABLE
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from rich.console import Console
from rich.table import Table

from proda_core import simulation
from proda_core.process import column, kernel
from proda_core.scenario import Scenario

REPEATS = 5
FINER = 25
CHANGES = {
    "+1 % CUE": Scenario(cue=0.01),
    "+10 % plant input": Scenario(carbon_input=0.1),
    "+2 degC": Scenario(warming=2.0),
    "+2 % beta": Scenario(input_allocation=0.02),
}


def _median(run: Callable[[], object]) -> float:
    """Median seconds of a run."""
    run()
    seconds = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return sorted(seconds)[REPEATS // 2]


def _error(model: simulation.GlobalModel, change: Scenario) -> tuple[float, float, float]:
    """Largest error of global stocks over the largest change, that of the first year over its change, and the imbalance."""
    years = simulation.log_years()
    ends = np.concatenate([[0.0], years])
    finer = np.unique(np.concatenate([np.linspace(a, b, FINER + 1)[1:] for a, b in zip(ends[:-1], ends[1:], strict=True)]))
    coarse, fine = simulation.follow(model, change, years), simulation.follow(model, change, finer)
    exact = fine.soc[::FINER]
    off, moved = np.abs(coarse.soc - exact), np.abs(exact - exact[0])
    return float((off.max(0) / moved.max(0)).max()), float((off[1] / moved[1]).max()), coarse.imbalance


def main() -> None:
    """Measure and print."""
    kernel.warm_up()
    model = simulation.GlobalModel(simulation.load_world())
    terms = model.terms(slice(None))
    change = CHANGES["+1 % CUE"]
    steady = _median(lambda: column.solve(terms))
    follow = _median(lambda: simulation.follow(model, change))
    kept = _median(lambda: simulation.follow(model, change, with_cells=True))
    ages = _median(lambda: simulation.carbon_age(model))

    times = Table(title=f"{len(model):,} columns, 40 steps from 1 to 10,000 years")
    for heading in ("measurement", "seconds", ""):
        times.add_column(heading, justify="left" if heading == "measurement" else "right")
    times.add_row("steady state", f"{steady:.3f}", "")
    times.add_row("40 steps to global stocks", f"{follow:.2f}", f"{follow / steady:.0f} steady states")
    times.add_row("the same, every cell kept", f"{kept:.2f}", "")
    times.add_row("age and transit time of all carbon", f"{ages:.2f}", "")
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
