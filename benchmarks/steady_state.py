"""Time and memory of the steady state of the whole globe.

    python -m benchmarks.steady_state

prints, for every half-degree land cell of the embedded world in float64: the structured solve, the same equations by batched
dense ``torch.linalg.solve`` with the assembly of its matrices (timed on a sample of columns and scaled up), their ratio; the
gradient of the global stock; the whole way from monthly forcing, with gradients; and the peak memory of a process that does
nothing else.

On a quiet machine with two cores:

    dense, from 2048 columns                                          13.6 s
    structured, compiled kernel                                       0.0197 s   693 x faster
    structured, PyTorch reference                                     0.317 s     43 x faster
    structured, solve and gradient of all coefficients                0.0536 s   2.73 x the solve alone
    the gradient by itself                                            0.0340 s   1.73 x the solve alone
    from monthly forcing to pools                                     0.127 s    109 x faster than with dense
    the same with gradient of parameters and input                    0.365 s    2.89 x without
    the same with gradient of the monthly forcing too                 0.557 s    4.40 x without
    peak memory of a process that loads and solves the world          1.27 GB
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import torch
from rich.console import Console
from rich.table import Table

from proda_core import simulation
from proda_core.grid import STOCK_WEIGHTS
from proda_core.process import column, dense, kernel

SAMPLE = 2048
FAST_REPEATS = 15
SLOW_REPEATS = 3


def _medians(runs: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Median seconds of each run, the runs in turn, so that a machine whose speed drifts treats them alike."""
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for run in runs.values():
        run()
    for _ in range(repeats):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    return {name: sorted(values)[repeats // 2] for name, values in seconds.items()}


def _gradient(terms: column.Terms, area: torch.Tensor) -> Callable[[], None]:
    """Solve, and differentiate the global stock with respect to every coefficient of the equations."""
    system = column.system(terms)
    leaves = [t.clone().requires_grad_() for t in system[:7]]
    weights = torch.as_tensor(STOCK_WEIGHTS[-1])[None, :] * area[:, None]
    gradient = torch.zeros(len(terms), 7, 20, dtype=torch.float64)
    gradient[:, 4:] = weights[:, None]

    def run() -> None:
        solution = column.linear.solve(system._replace(**dict(zip(system._fields[:7], leaves, strict=True))))
        torch.autograd.grad(solution, leaves, gradient)

    return run


def _from_forcing(world: simulation.World, monthly: bool) -> Callable[[], None]:
    """The whole way with gradients of the soil carbon with respect to parameters and input, and the monthly forcing if asked."""
    fields = ("soil_temperature", "water_scalar", "oxygen_scalar", "nitrogen_scalar") if monthly else ()
    leaves = {name: getattr(world.forcing, name).detach().requires_grad_() for name in (*fields, "litter_input")}
    forcing = replace(world.forcing, **leaves)
    parameters = world.parameters.clone().requires_grad_()

    def run() -> None:
        pools = column.steady_state(parameters, forcing)
        torch.autograd.grad(pools[:, 4:].sum(), [parameters, *leaves.values()])

    return run


def _peak_memory() -> float:
    """Peak resident memory [GB] of a fresh process that loads the world and solves it."""
    code = (
        "from proda_core import simulation\n"
        "from proda_core.process import column\n"
        "world = simulation.load_world()\n"
        "column.steady_state(world.parameters, world.forcing)\n"
        "import resource\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(done.stdout) * 1024 / 1e9


def main() -> None:
    """Measure and print."""
    memory = _peak_memory()
    world = simulation.load_world()
    kernel.warm_up()
    terms = column.terms(world.parameters, world.forcing)
    cells = len(terms)
    sample = torch.linspace(0, cells - 1, SAMPLE).long()
    part = terms.rows(sample)
    area = torch.as_tensor(world.land.area)

    fast = _medians({"solve": lambda: column.solve(terms), "gradient": _gradient(terms, area)}, FAST_REPEATS)
    structured, both = fast["solve"], fast["gradient"]
    slow = _medians(
        {
            "dense": lambda: dense.solve(column.system(part)),
            "reference": lambda: column.solve(terms, backend="torch"),
            "forcing": lambda: column.steady_state(world.parameters, world.forcing),
            "parameter gradient": _from_forcing(world, monthly=False),
            "all gradients": _from_forcing(world, monthly=True),
        },
        SLOW_REPEATS,
    )
    dense_time, reference, from_forcing = slow["dense"] * cells / SAMPLE, slow["reference"], slow["forcing"]
    some, every = slow["parameter gradient"], slow["all gradients"]
    dense_all = dense_time + from_forcing - structured

    table = Table(title=f"Steady state of {cells:,} columns, float64, {torch.get_num_threads()} threads")
    for name in ("measurement", "seconds", "ratio"):
        table.add_column(name, justify="left" if name == "measurement" else "right")
    rows = [
        (f"dense: assemble and torch.linalg.solve (from {SAMPLE} columns)", dense_time, "1"),
        ("structured, compiled kernel", structured, f"{dense_time / structured:.0f} x faster"),
        ("structured, PyTorch reference", reference, f"{dense_time / reference:.0f} x faster"),
        ("structured, solve and gradient of all coefficients", both, f"{both / structured:.2f} x the solve alone"),
        ("the gradient by itself", both - structured, f"{both / structured - 1:.2f} x the solve alone"),
        ("from monthly forcing to pools, structured", from_forcing, f"{dense_all / from_forcing:.0f} x faster than with dense"),
        ("from monthly forcing, with gradient of parameters and input", some, f"{some / from_forcing:.2f} x without"),
        ("the same and of the monthly forcing", every, f"{every / from_forcing:.2f} x without"),
    ]
    for name, seconds, ratio in rows:
        table.add_row(name, f"{seconds:.4f}", ratio)
    console = Console()
    console.print(table)
    console.print(f"peak memory of a process that loads and solves the world: {memory:.2f} GB")
    console.print(f"peak memory of this process, dense sample included: {_own_peak():.2f} GB")


def _own_peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


if __name__ == "__main__":
    main()
