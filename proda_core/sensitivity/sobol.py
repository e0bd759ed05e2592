"""Sobol indices: what share of the variance of the stock each input makes, alone and with all its interactions.

The first-order index of an input is the share of the variance that goes when it alone is known; the total index is the share that
stays when all *others* are known.  Both by Saltelli's design (doi:10.1016/j.cpc.2009.09.018) on a scrambled Sobol sequence, from
the package SALib.  The design of a size n is the beginning of that of 2 n, so one set of runs gives the indices at growing sizes;
``confidence`` is half the 95 % interval of a bootstrap over the rows, and what does not settle as n grows is not known.

Indices belong to the ranges that the inputs are given, here

- ``mechanisms``: relative changes of the six mechanisms as the sliders make them, uniform within +- ``width``;
- ``parameters``: the 21 normalised parameters times ``1 + m``, m uniform within +- ``width`` and the same everywhere, clipped as
  in the published recipe.

So they say what matters if everything is equally uncertain in relative terms, not what is uncertain.  Decomposition and
environment scale the same rates, so their indices are equal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import xarray as xr
from SALib.analyze import sobol as analyze
from SALib.sample import sobol as design

from proda_core import mechanisms, parameters
from proda_core.constants import GRAMS_PER_KILOGRAM
from proda_core.grid import STOCK_DEPTHS, STOCK_WEIGHTS
from proda_core.process import column
from proda_core.process.places import Places
from proda_core.scenario import Scenario, apply
from proda_core.sensitivity.columns import MECHANISMS, physical
from proda_core.sensitivity.pieces import Arrays, Progress, Shelf, work
from proda_core.sensitivity.recipes import clip
from proda_core.sensitivity.sample import Sample
from proda_core.simulation import World

FloatArray = npt.NDArray[np.float64]
Model = Callable[[FloatArray], FloatArray]

WIDTH = 0.1
"""Largest relative change of an input [1]."""

SIZE = 256
"""Base size of the design; it takes ``size (inputs + 2)`` runs."""

SMALLEST = 32
"""Smallest size at which indices are told."""

RUNS = 256
"""Runs in a piece."""


def unit_design(inputs: int, size: int, seed: int = 0) -> FloatArray:
    """Saltelli's design in [0, 1] (size (inputs + 2), inputs); its beginning is the design of a smaller size.

    Raises:
        ValueError: ``size`` is not a power of two.
    """
    if size < 2 or size & (size - 1):
        raise ValueError(
            f"expected a power of two for the size of the design, got {size}; take {1 << max(1, size.bit_length() - 1)}"
        )
    rows: FloatArray = design.sample(_problem(inputs), size, calc_second_order=False, scramble=True, seed=seed)
    return rows


def indices(outputs: FloatArray, names: Sequence[str], labels: Sequence[str], sizes: Sequence[int], seed: int = 0) -> xr.Dataset:
    """First-order and total indices of several outputs at growing sizes.

    Args:
        outputs: of every run of a design (run, output).
        names: of the inputs.
        labels: of the outputs.
        sizes: sizes of the design, none larger than that of the runs.
        seed: of the bootstrap.

    Returns:
        ``first``, ``total`` and their ``first_confidence``, ``total_confidence`` [1] (size, output, input); NaN for an output
        that does not vary.
    """
    width = len(names) + 2
    shape = (len(sizes), len(labels), len(names))
    found = {key: np.full(shape, np.nan) for key in ("S1", "ST", "S1_conf", "ST_conf")}
    for i, size in enumerate(sizes):
        rows = outputs[: size * width]
        for j in range(len(labels)):
            if np.ptp(rows[:, j]) > 0:
                # 0 would be no seed to the bootstrap
                told = analyze.analyze(
                    _problem(len(names)), rows[:, j], calc_second_order=False, num_resamples=200, seed=seed + 1
                )
                for key, values in found.items():
                    values[i, j] = told[key]
    words = {
        "first": ("S1", "share of the variance that the input makes alone"),
        "total": ("ST", "share of the variance that the input makes with all its interactions"),
        "first_confidence": ("S1_conf", "half the 95 % interval of the share that it makes alone"),
        "total_confidence": ("ST_conf", "half the 95 % interval of the share that it makes with its interactions"),
    }
    return xr.Dataset(
        {
            name: (("size", "output", "input"), found[key], {"long_name": meaning, "units": "1"})
            for name, (key, meaning) in words.items()
        },
        {"size": list(sizes), "output": list(labels), "input": list(names)},
    )


def _problem(inputs: int) -> dict[str, Any]:
    return {"num_vars": inputs, "names": [str(i) for i in range(inputs)], "bounds": [[0.0, 1.0]] * inputs}


@dataclass(frozen=True)
class Study:
    """A model of a few cells whose inputs run through a design.

    Attributes:
        names: of the inputs.
        labels: of the outputs: the globe, then zones.
        model: relative changes of the inputs [1] (run, input) -> stocks [Pg] (run, output).
    """

    names: tuple[str, ...]
    labels: tuple[str, ...]
    model: Model


def over_mechanisms(world: World, sample: Sample, depth: str = "full") -> Study:
    """The six changes of a scenario, on a sample of cells.

    Args:
        world: forcing, parameters and land.
        sample: the cells.
        depth: which stock, a key of ``grid.STOCK_DEPTHS``.
    """
    rows = torch.as_tensor(sample.cells)
    terms = column.terms(world.parameters[rows], world.forcing.rows(rows))
    place = list(STOCK_DEPTHS).index(depth)
    return Study(MECHANISMS, ("globe", *sample.names), partial(_under_mechanisms, terms, sample, place))


def _under_mechanisms(terms: column.Terms, sample: Sample, place: int, changes: FloatArray) -> FloatArray:
    """The model of :func:`over_mechanisms`; a function of the module, as it must pickle to be run elsewhere."""
    scenarios = (Scenario.of(dict(zip(MECHANISMS, map(float, row), strict=True))) for row in changes)
    soc = (mechanisms.solve(apply(change, terms)).soc[:, place].numpy() for change in scenarios)
    return np.stack([sample.stock(values / GRAMS_PER_KILOGRAM) for values in soc])


def over_parameters(world: World, sample: Sample, depth: str = "full") -> Study:
    """The 21 parameters, on a sample of cells; arguments as of :func:`over_mechanisms`."""
    rows = torch.as_tensor(sample.cells)
    unit = parameters.to_unit(world.parameters[rows].numpy()).T
    place = list(STOCK_DEPTHS).index(depth)
    model = partial(_under_parameters, Places(world.forcing.rows(rows)), unit, sample, place)
    return Study(parameters.IDS, ("globe", *sample.names), model)


def _under_parameters(places: Places, unit: FloatArray, sample: Sample, place: int, changes: FloatArray) -> FloatArray:
    """The model of :func:`over_parameters`; ``unit`` are the normalised parameters of the cells (21, row)."""
    own, weights = torch.arange(len(sample.cells)), torch.as_tensor(STOCK_WEIGHTS[place])
    out = []
    for row in changes:
        nodes = places.soc(physical(clip(unit * (1 + row)[:, None])), own)
        out.append(sample.stock((nodes @ weights).numpy() / GRAMS_PER_KILOGRAM))
    return np.stack(out)


def _piece(model: Model, changes: FloatArray) -> Arrays:
    """The work on one piece, wherever it is done."""
    return {"stock": model(changes)}


def sobol(
    study: Study,
    size: int = SIZE,
    width: float = WIDTH,
    *,
    seed: int = 0,
    shelf: Shelf | None = None,
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Indices of a study at growing sizes.

    Args:
        study: what runs.
        size: of the largest design, a power of two.
        width: inputs change by at most so much [1].
        seed: of design and bootstrap.
        shelf: keeps pieces of :data:`RUNS` runs.
        scheduler: address of the scheduler of a Dask cluster to do the pieces; the model of the study must pickle then.
        progress: called with the fraction done.

    Returns:
        see :func:`indices`; sizes double from :data:`SMALLEST`; also ``mean`` and ``deviation`` of the stock [Pg] (output,).

    Raises:
        ValueError: a size that is no power of two, or a width outside 0..0.2.
    """
    if not 0 < width <= 0.2:  # beyond it the limits of scenarios would cut the ranges
        raise ValueError(f"expected a width above 0 and at most 0.2, got {width}")
    changes = (2 * unit_design(len(study.names), size, seed) - 1) * width
    keys = {f"{first:07d}": changes[first : first + RUNS] for first in range(0, len(changes), RUNS)}
    found = work(list(keys), lambda key: partial(_piece, study.model, keys[key]), shelf, scheduler, progress)
    stock = np.concatenate([piece["stock"] for piece in found.values()])
    sizes = [n for n in (2**k for k in range(1, 31)) if min(SMALLEST, size) <= n <= size]
    data = indices(stock, study.names, study.labels, sizes, seed)
    for name, values in (("mean", stock.mean(axis=0)), ("deviation", stock.std(axis=0, ddof=1))):
        data[name] = (("output",), values, {"long_name": f"{name} of the stock over the design", "units": "Pg"})
    return data.assign_attrs(title="Sobol indices of soil carbon stocks", width=width, Conventions="CF-1.11")
