"""A small world, so that the page's parts are tested in seconds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
import xarray as xr

from dashboard.engine import Engine
from proda_core import parameters
from proda_core.grid import LandGrid
from proda_core.learning import evidence
from proda_core.regions import Regions
from proda_core.simulation import World
from proda_core.store import data_directory
from tests.columns import prior_mean, random_forcing
from tests.dashboard.made_up import evidence as made_up_evidence
from tests.fabricate import made_up
from tests.findings import made_up as made_up_findings

CELLS = 300


@pytest.fixture(scope="package")
def world() -> World:
    rng = np.random.default_rng(1)
    rows, columns = rng.integers(70, 340, CELLS), rng.permutation(720)[:CELLS]
    land = LandGrid(-89.75 + 0.5 * rows, -179.75 + 0.5 * columns, rng.uniform(0.2, 1, CELLS))
    return World(random_forcing(CELLS, bedrock=20), prior_mean(CELLS), land)


@pytest.fixture(scope="package")
def maps(world: World) -> xr.Dataset:
    """Made-up retrieved maps of that world."""
    return made_up(world.land.latitude, world.land.longitude, data_directory() / "climate.nc", seed=3)


@pytest.fixture(scope="package")
def informed(world: World, maps: xr.Dataset) -> Engine:
    """An engine with retrieved maps, climate zones, evidence and findings, all made up."""
    physical = parameters.to_physical(np.ascontiguousarray(maps["parameter_unit"].values.T))
    warmth = 28.0 - 0.5 * np.abs(world.land.latitude)
    zones = Regions(("Af", "BWh", "Cfb", "Dfc", "ET"), np.digitize(-warmth, [-22.0, -14.0, -6.0, 0.0]))
    known = replace(
        world, parameters=torch.as_tensor(physical), parameter_source="Made up.", retrieved=maps, regions={"koppen": zones},
        air_temperature=warmth,
    )  # fmt: skip
    return Engine(known, evidence.parse(made_up_evidence()), findings=made_up_findings())


@pytest.fixture(scope="package")
def engine(world: World) -> Engine:
    return Engine(world)


@pytest.fixture
def fresh(world: World, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """An engine that has answered nothing yet."""
    monkeypatch.setattr("dashboard.projection.build", lambda land: engine.pixels)
    return Engine(world)
