"""Parameters learned again: what is drawn has its size, what differs is told apart, and a table is read back or refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from proda_core.commands import relearn
from proda_core.commands.base import Failure
from proda_core.sensitivity import relearning, uncertainty
from proda_core.sensitivity.relearning import BASE, cases, perturbed, summarise
from tests.shell import fails, proda
from tests.unit.test_learn_command import table  # noqa: F401 the fixture

pytestmark = pytest.mark.usefixtures("one_thread")


def test_drawn_errors_have_the_stated_size_and_leave_the_mean() -> None:
    soc = torch.full((200_000,), 1e4, dtype=torch.float64)
    drawn = perturbed(soc, torch.full((200_000,), 0.2), 0, 0)
    assert float(drawn.mean()) == pytest.approx(1e4, rel=3e-3)
    assert float(drawn.std()) == pytest.approx(2e3, rel=0.01)
    assert float(drawn.min()) > 0


def test_every_draw_is_another_and_the_same_again() -> None:
    soc, error = torch.linspace(1e3, 1e5, 50, dtype=torch.float64), torch.full((50,), 0.2)
    one, other, again = (perturbed(soc, error, draw, 0) for draw in (0, 1, 0))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
    assert torch.equal(perturbed(soc, torch.zeros(50), 3, 0), soc)


def test_every_alternative_is_a_case() -> None:
    found = cases(3)
    changes = sum(len(pair) for pair in uncertainty.ALTERNATIVES.values())
    assert len({case.name for case in found}) == len(found) == 1 + changes + 3


def made_up(draws: int) -> dict[str, np.ndarray]:
    return {case.name: np.arange(4.0) + i for i, case in enumerate(cases(draws))}


def test_deviations_are_half_of_pairs_and_whole_of_single_changes() -> None:
    responses = made_up(3)
    responses["soil 1 K warmer or colder (1)"] = np.full(4, 10.0)
    responses["soil 1 K warmer or colder (2)"] = np.full(4, 4.0)
    responses["carbon mixed down to 8.6 m"] = responses[BASE] - 2.0
    found = summarise(responses)
    assert found.forcing["soil 1 K warmer or colder"].tolist() == [3.0] * 4
    assert found.forcing["carbon mixed down to 8.6 m"].tolist() == [2.0] * 4
    assert found.observations.tolist() == pytest.approx([1.0] * 4)
    assert np.isnan(summarise(made_up(0)).observations).all()


def test_what_was_learned_again_is_what_the_budget_adds() -> None:
    members = np.zeros((3, 4))
    members[:, 1] = 30, 34, 38
    held, again = {"a": np.full(4, 9.0)}, {"a": np.full(4, 3.0)}
    sites = uncertainty.Spread(34, 5.0, 20.0)
    frame = uncertainty.budget(members, held, sites, observations=(np.full(4, 2.0), 8), learned_again=again).set_index("source")
    assert frame.loc["sum", "sd"] == pytest.approx(np.sqrt(16 + 9 + 4))
    assert np.isnan(frame.loc[["forcing: a", "assimilation, sites independent"], "share"]).all()
    assert frame["share"].sum() == pytest.approx(1)


def test_networks_are_trained_for_every_case_and_the_table_is_read_back(
    table: Path,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    few = {name: uncertainty.ALTERNATIVES[name] for name in ("plant input a tenth more or less",)}
    monkeypatch.setattr(relearning, "ALTERNATIVES", few)
    out = tmp_path / "again.csv"
    found = proda("relearn", table, "--out", out, "--draws", "2", "--steps", "3")
    assert found.exit_code == 0, found.output
    assert "plant input a tenth more or less (1)" in found.stdout
    responses = relearn.read(out)
    assert len(responses) == 5
    assert all(np.isfinite(response).all() and (response > 0).all() for response in responses.values())
    assert len({tuple(response) for response in responses.values()}) == 5
    assert not list(tmp_path.glob("*.parts"))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--draws", "1"), "expected --draws of 0, or of at least 2"),
        (("--out", "x.nc"), "ending .csv"),
        (("--seed", "-1"), "seed"),
    ],
)
def test_what_cannot_be_asked_is_refused(tmp_path: Path, options: tuple[str, ...], told: str) -> None:
    given = options if "--out" in options else ("--out", str(tmp_path / "x.csv"), *options)
    assert told in fails("relearn", tmp_path / "none.nc", *given, code=2)


def test_profiles_that_are_not_there_are_missed_before_the_work(tmp_path: Path) -> None:
    assert "expected profiles at" in fails("relearn", tmp_path / "none.nc", "--out", tmp_path / "x.csv")


def test_a_foreign_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    pd.DataFrame({"case": [BASE], "1m": [1.0]}).to_csv(path, index=False)
    with pytest.raises(Failure, match="expected a table of proda relearn"):
        relearn.read(path)
