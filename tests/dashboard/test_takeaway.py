"""The lines of Python that a page gives away compute what the page shows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import proda_core
from dashboard import takeaway
from dashboard.catalogue import EVIDENCE, GAINS, MAPS
from dashboard.choice import Choice
from dashboard.engine import Engine
from proda_core.scenario import Scenario
from proda_core.simulation import World

CHANGED = Scenario(cue=0.013, warming=2.5)


def run(choice: Choice, world: World, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Names after the lines ran."""
    monkeypatch.setattr(proda_core, "load_world", lambda: world, raising=False)
    names: dict[str, Any] = {}
    exec(compile(takeaway.python(choice), "takeaway", "exec"), names)  # noqa: S102 that is the claim
    return names


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")  # per cent of nothing
@pytest.mark.parametrize("variable", [name for name, row in MAPS.items() if row.group != EVIDENCE])
@pytest.mark.parametrize("view", ["baseline", "scenario", "change", "percent"])
def test_the_lines_compute_the_map(
    engine: Engine, world: World, variable: str, view: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    choice = Choice(CHANGED, variable, "0.3m", view)
    answer = engine.answer(choice)
    names = run(choice, world, monkeypatch)
    np.testing.assert_allclose(names["cells"], engine.map_values(answer), rtol=1e-9, equal_nan=True)
    stock, change = capsys.readouterr().out.split(" Pg C, ")
    assert float(stock) == pytest.approx(answer.outcome.total[0], rel=1e-5)
    assert float(change) == pytest.approx(answer.outcome.total[0] - engine.baseline.total[0], rel=1e-4)


def test_the_lines_find_the_place(engine: Engine, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    land = engine.model.land
    place = float(land.latitude[7]), float(land.longitude[7])
    names = run(Choice(CHANGED, place=place), world, monkeypatch)
    assert names["cell"] == 7


def test_the_citation_names_version_map_and_address(engine: Engine) -> None:
    said = takeaway.citation(Choice(depth="2m"), engine, "http://localhost:5006/?v=1")
    for part in (
        proda_core.__version__,
        engine.version,
        "Soil organic carbon, 0–2 m",
        "http://localhost:5006/?v=1",
        "doi:10.1038",
    ):
        assert part in said
    assert set(GAINS) <= set(MAPS)
