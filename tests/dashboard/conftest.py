"""A small world, so that the page's parts are tested in seconds."""

from __future__ import annotations

import numpy as np
import pytest

from dashboard.engine import Engine
from proda_core.grid import LandGrid
from proda_core.simulation import World
from tests.columns import prior_mean, random_forcing

CELLS = 300


@pytest.fixture(scope="package")
def world() -> World:
    rng = np.random.default_rng(1)
    rows, columns = rng.integers(70, 340, CELLS), rng.permutation(720)[:CELLS]
    land = LandGrid(-89.75 + 0.5 * rows, -179.75 + 0.5 * columns, rng.uniform(0.2, 1, CELLS))
    return World(random_forcing(CELLS, bedrock=20), prior_mean(CELLS), land)


@pytest.fixture(scope="package")
def engine(world: World) -> Engine:
    return Engine(world)


@pytest.fixture
def fresh(world: World, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """An engine that has answered nothing yet."""
    monkeypatch.setattr("dashboard.projection.build", lambda land: engine.pixels)
    return Engine(world)
