"""A visitor's own profiles: how they are held, and what the model says at each of their layers.

They are one visitor's alone: held in the memory of the session, in no cache that visitors share, and gone with it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from dashboard import aside
from dashboard.engine import Engine
from dashboard.language import tr
from proda_core import climate, observations
from proda_core.assimilation import operator
from proda_core.constants import GRAMS_PER_KILOGRAM
from proda_core.grid import LAYERS_CLM5, STOCK_DEPTHS, LandGrid
from proda_core.learning.measures import Measures, measures
from proda_core.learning.skill import DEPTH_EDGES, DEPTHS
from proda_core.scenario import Scenario
from proda_core.scenarios import Experiment

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

MEGABYTE = 2**20
MOST_MEGABYTES = 20
"""Size of a file that can be brought."""

SWITCH = "PRODA_UPLOADS"
"""Set to ``0`` in the environment of a server to take no files."""

COVERED = 0.9
"""Part of the depth that layers must cover for a stock to be told."""

EXAMPLE_SITES = 12
EXAMPLE_ERROR = 0.3
"""Standard deviation of the logarithm of what is added to the example."""

EXAMPLE_EDGES = (0.0, 0.1, 0.3, 0.6, 1.0)
"""Layers of the example [m]."""


def allowed() -> bool:
    """Whether this server takes files of its visitors."""
    return os.environ.get(SWITCH, "1") != "0"


@dataclass(frozen=True)
class Profiles:
    """A visitor's profiles.

    Attributes:
        name: of the file.
        table: the checked table, only measured layers within the depth of the model.
        cells: land cell of each profile (profile,).
        account: what was read, kept, dropped and repaired: account, reason, layers, profiles.
        remarks: sentences on what looks odd.
        left_out: layers extrapolated rather than measured, and layers below the model's soil.
    """

    name: str
    table: xr.Dataset
    cells: IntArray
    account: Sequence[tuple[str, str, int, int | None]] = ()
    remarks: Sequence[str] = ()
    left_out: tuple[int, int] = (0, 0)

    @property
    def index(self) -> IntArray:
        """Profile of each layer (layer,)."""
        found: IntArray = self.table["profile_index"].values
        return found

    @cached_property
    def observed(self) -> FloatArray:
        """Observed carbon density [kg m-3] (layer,)."""
        found: FloatArray = self.table["soc_density"].values / GRAMS_PER_KILOGRAM
        return found

    @cached_property
    def weight(self) -> FloatArray:
        """Averages the model's density over each layer [1] (layer, 20)."""
        return operator.layer_mean(self.table["layer_top"].values, self.table["layer_bottom"].values)

    @cached_property
    def depth_class(self) -> IntArray:
        """Position of each layer in ``skill.DEPTHS``, by its middle (layer,)."""
        middle = (self.table["layer_top"].values + self.table["layer_bottom"].values) / 2
        found: IntArray = np.searchsorted(DEPTH_EDGES, np.round(middle, 6), side="left").astype(np.int64)
        return found

    def within(self, depth: str) -> FloatArray:
        """How much of each layer lies above a depth, a key of ``grid.STOCK_DEPTHS`` [m] (layer,)."""
        most = min(STOCK_DEPTHS[depth], climate.SOIL_DEPTH)
        top, bottom = (self.table[name].values for name in ("layer_top", "layer_bottom"))
        found: FloatArray = np.clip(np.minimum(bottom, most) - top, 0.0, None)
        return found

    def stock(self, density: FloatArray, depth: str) -> FloatArray:
        """Carbon in what each profile saw above a depth [kg m-2] (profile,), of densities [kg m-3] (layer,)."""
        found: FloatArray = np.bincount(self.index, weights=density * self.within(depth), minlength=len(self.cells)).astype(float)
        return found

    def covered(self, depth: str) -> FloatArray:
        """Part of the soil above a depth that each profile saw [1] (profile,)."""
        most = min(STOCK_DEPTHS[depth], climate.SOIL_DEPTH)
        found: FloatArray = self.stock(np.ones(len(self.index)), depth) / most
        return found

    def one(self, position: int) -> xr.Dataset:
        """The table of one profile."""
        return observations.select(self.table, [position])


class Comparison(NamedTuple):
    """What the model says where profiles were dug.

    Attributes:
        profiles: the profiles.
        change: what was changed.
        baseline: carbon density averaged over each layer [kg m-3] (layer,).
        scenario: the same under the change.
    """

    profiles: Profiles
    change: Scenario | Experiment
    baseline: FloatArray
    scenario: FloatArray


def hold(name: str, folder: Path, land: LandGrid, told: dict[str, Any]) -> Profiles:
    """Take in what ``dashboard.aside`` read.

    Args:
        name: of the file.
        folder: where the table is.
        land: the model's land.
        told: the account.

    Raises:
        ValueError: no measured layer that the model reaches.
    """
    table = aside.get(folder / aside.TABLE)
    measured = observations.measured(table) if not table["extrapolated"].values.all() else None
    kept = None if measured is None else observations.measured(measured, depth=climate.SOIL_DEPTH)
    if measured is None or kept is None or not kept.sizes["profile"]:
        deep = f"{climate.SOIL_DEPTH:.2f} m"
        raise ValueError(f"expected measured layers above {deep}, where the model ends, in {name}, got none; take other profiles")
    counts = [part.sizes["observation"] for part in (table, measured, kept)]
    cells = land.cells_near(kept["latitude"].values, kept["longitude"].values)
    account = tuple((str(a), str(reason), int(n), None if p is None else int(p)) for a, reason, n, p in told["account"])
    return Profiles(name, kept, cells, account, tuple(map(str, told["remarks"])), (counts[0] - counts[1], counts[1] - counts[2]))


def compare(engine: Engine, profiles: Profiles, change: Scenario | Experiment, before: FloatArray | None = None) -> Comparison:
    """The model at every layer, in the cells with profiles only.

    Args:
        engine: the model.
        profiles: the profiles.
        change: what was changed.
        before: the baseline, where it is known already (layer,).
    """
    cells, where = np.unique(profiles.cells, return_inverse=True)
    row = where[profiles.index]

    def seen(of: Scenario | Experiment) -> FloatArray:
        found: FloatArray = np.einsum("ln,ln->l", profiles.weight, engine.columns(cells, of)[row])
        return found

    baseline = seen(Scenario()) if before is None else before
    unchanged = isinstance(change, Scenario) and change.is_baseline
    return Comparison(profiles, change, baseline, baseline if unchanged else seen(change))


def skill(comparison: Comparison) -> list[tuple[str, int, Measures, Measures]]:
    """Skill over all layers and by depth class: class, layers, at the baseline and under the scenario; none of empty classes."""
    profiles = comparison.profiles
    groups = [("all", np.ones(len(profiles.observed), dtype=bool))]
    groups += [(name, profiles.depth_class == i) for i, name in enumerate(DEPTHS)]
    found = []
    for name, mask in groups:
        if mask.any():
            before, after = (measures(profiles.observed[mask], side[mask]) for side in (comparison.baseline, comparison.scenario))
            found.append((name, int(mask.sum()), before, after))
    return found


def as_table(comparison: Comparison, land: LandGrid) -> pd.DataFrame:
    """Observed and modelled carbon of every layer."""
    profiles, index = comparison.profiles, comparison.profiles.index
    cell = profiles.cells[index]
    columns = {name: profiles.table[name].values[index] for name in ("profile_id", "latitude", "longitude")}
    columns |= {f"{name} [m]": profiles.table[name].values for name in ("layer_top", "layer_bottom")}
    columns |= {
        "observed [kg m-3]": profiles.observed,
        "modelled_baseline [kg m-3]": comparison.baseline,
        "modelled_scenario [kg m-3]": comparison.scenario,
        "cell": cell,
        "cell_latitude": land.latitude[cell],
        "cell_longitude": land.longitude[cell],
    }
    return pd.DataFrame(columns)


def example(engine: Engine, seed: int = 0) -> pd.DataFrame:
    """A small made-up table: the model's own soils, each layer missed by chance; columns of ``observations.plain``."""
    land, rng = engine.model.land, np.random.default_rng(seed)
    soils = np.flatnonzero(engine.baseline.soc[1] > 1.0)
    cells = np.sort(rng.choice(soils, min(EXAMPLE_SITES, len(soils)), replace=False))
    edges = np.array(EXAMPLE_EDGES)
    density = engine.columns(cells, Scenario()) @ operator.layer_mean(edges[:-1], edges[1:]).T
    missed = density * np.exp(EXAMPLE_ERROR * rng.normal(size=density.shape)) * GRAMS_PER_KILOGRAM
    layers = len(edges) - 1
    return pd.DataFrame(
        {
            "profile_id": np.repeat([f"made-up-{i + 1:02d}" for i in range(len(cells))], layers),
            "latitude": np.repeat(land.latitude[cells], layers),
            "longitude": np.repeat(land.longitude[cells], layers),
            "layer_top": np.tile(edges[:-1], len(cells)),
            "layer_bottom": np.tile(edges[1:], len(cells)),
            "soc_density": missed.ravel().round(1),
            "source": "made up: the model of PRODA Explorer with random errors of 30 %",
        }
    )


def safe_name(name: str) -> str:
    """The name of a file without anything that a path could be made of.

    >>> safe_name("../../etc/pass wd.csv"), safe_name("..."), safe_name("Böden.nc")
    ('pass_wd.csv', 'file', 'B_den.nc')
    """
    last = re.split(r"[/\\]", name)[-1]
    return re.sub(r"[^A-Za-z0-9._-]", "_", last).lstrip(".")[-80:] or "file"


def room(name: str, land: LandGrid) -> tuple[TemporaryDirectory[str], Path]:
    """A folder for reading a file, and where the file goes."""
    folder = TemporaryDirectory(prefix="proda-")
    place = Path(folder.name)
    np.savez(place / aside.LAND, latitude=land.latitude, longitude=land.longitude, land_fraction=land.land_fraction)
    (place / aside.UPLOAD).mkdir()
    return folder, place / aside.UPLOAD / safe_name(name)


NODES = LAYERS_CLM5.node[:20]


def account(profiles: Profiles) -> str:
    """What was read, in a sentence."""
    size = profiles.table.sizes
    return tr(
        "{name}: {profiles} profiles with {layers} layers in {cells} cells of the model.",
        name=profiles.name, profiles=f"{size['profile']:,}", layers=f"{size['observation']:,}",
        cells=f"{len(np.unique(profiles.cells)):,}",
    )  # fmt: skip
