"""``proda target``, by what it prints, writes and refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from proda_core import simulation
from proda_core.grid import LandGrid
from proda_core.scenario import LIMITS
from proda_core.simulation import World
from tests import columns
from tests.shell import fails, proda


@pytest.fixture(autouse=True)
def climate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str | Path]:
    """The option that names a climate file, which stands for a world of eight cells."""
    place = np.linspace(-60.25, 70.25, 8)
    world = World(columns.random_forcing(8, seed=3), columns.prior_mean(8), LandGrid(place, 2 * place, np.full(8, 0.9)))
    monkeypatch.setattr(simulation, "load_world", lambda *choices, **named: world)
    path = tmp_path / "little.nc"
    path.touch()
    return ["--climate", path]


def test_every_mechanism_gets_an_answer(climate: list[str | Path], tmp_path: Path) -> None:
    out = tmp_path / "target.csv"
    said = proda("target", "--percent", "10", "--out", out, *climate).stdout
    table = pd.read_csv(out)
    assert list(table["mechanism"]) == list(LIMITS)
    input_ = table.set_index("mechanism").loc["carbon_input"]
    assert input_["change"] == pytest.approx(0.1, abs=1e-3)
    assert "+10.00 %" in said
    assert "once soils are in their new balance" in said
    assert "not within its range" in said


def test_four_per_mille_is_looked_at_after_its_years(climate: list[str | Path]) -> None:
    said = proda("target", "--per-mille", "4", "--years", "30", "--depth", "0.3m", *climate).stdout
    assert "above 0.3m after 30 years" in said


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "expected one of --percent, --petagrams and --per-mille, got none"),
        (("--percent", "1", "--petagrams", "2"), "got --percent and --petagrams"),
        (("--per-mille", "4"), "expected --years beside --per-mille"),
        (("--percent", "1", "--years", "0.1"), "expected --years from 1 to 10000"),
        (("--percent", "1", "--depth", "3m"), "expected --depth out of 0.3m, 1m, 2m, full"),
        (("--percent", "1", "--out", "x.txt"), "ending .csv"),
    ],
)
def test_what_cannot_be_asked_is_refused(climate: list[str | Path], options: tuple[str, ...], told: str) -> None:
    assert told in fails("target", *options, *climate, code=2)
