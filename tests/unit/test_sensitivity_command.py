"""``proda sensitivity`` and ``proda control``: figures in the file, pieces that are kept, refusals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from proda_core import retrieved, simulation
from proda_core.sensitivity import MECHANISMS, ensembles, gradient_map, marginal, ranking
from tests.shell import fails, proda

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def data(few_cells: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project's data for this test."""
    monkeypatch.setenv("PRODA_DATA", str(few_cells))
    return few_cells


def test_the_file_holds_what_the_functions_give(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "s.nc"
    done = proda("sensitivity", "--out", out, "--members", "2", "--gradients")
    assert done.exit_code == 0, done.output
    found = xr.open_dataset(out)
    assert dict(found.sizes) == {
        "recipe": 2, "member": 2, "mechanism": 6, "step": 11, "depth": 4, "gradient_mechanism": 6,
        "cell": len(simulation.load_world().parameters),
    }  # fmt: skip
    world, unit = simulation.load_world(), retrieved.read(members=True)["member_unit"].values
    curve = marginal(world, unit[1], "cue", "realised")
    one = found.sel(recipe="realised", mechanism="cue").isel(member=1)
    assert np.allclose(one["stock"], curve.stock, rtol=1e-12)
    assert np.allclose(one["elasticity"], curve.fit().elasticity, rtol=1e-12)
    assert np.allclose(found["gradient"], gradient_map(world), rtol=1e-12)
    assert np.allclose(found["elasticity"].sel(mechanism="carbon_input"), 1.0)
    assert [str(name) for name in found["mechanism"].values] == list(MECHANISMS)
    assert set(tmp_path.iterdir()) == {out}


def test_a_table_has_a_row_for_each_figure(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "s.csv"
    done = proda("sensitivity", "--out", out, "--members", "2", "--recipe", "published", "--mechanism", "carbon_input")
    assert done.exit_code == 0, done.output
    frame = pd.read_csv(out)
    assert len(frame) == 2 * 4
    assert np.allclose(frame["elasticity"], 1.0)
    assert set(frame["recipe"]) == {"published"}


def test_a_budget_of_variances_on_request(data: Path, tmp_path: Path) -> None:
    out, budget = tmp_path / "s.csv", tmp_path / "b.csv"
    ask = ("sensitivity", "--out", out, "--members", "2", "--recipe", "published", "--mechanism", "cue", "--depth", "2m")
    done = proda(*ask, "--budget", budget)
    assert done.exit_code == 0, done.output
    table = pd.read_csv(budget).set_index("source")
    assert table.loc["learning", "sd"] == pytest.approx(retrieved.read()["one_percent"].values[:2, 2].std(ddof=1))
    assert "spread of 2 members" in table.loc["learning", "note"]
    assert set(table["depth"]) == {"2m"}
    message = fails(*ask[:2], tmp_path / "t.csv", *ask[3:], "--posterior", tmp_path / "p", code=2)
    assert "expected --budget beside --posterior" in message


def test_figures_are_whole_in_a_narrow_terminal(data: Path, tmp_path: Path) -> None:
    done = proda("sensitivity", "--out", tmp_path / "s.csv", "--members", "2", "--recipe", "published", width=80)
    assert done.exit_code == 0, done.output
    assert "…" not in done.output
    frame = pd.read_csv(tmp_path / "s.csv").groupby(["depth", "mechanism"])[["elasticity", "one_percent"]].agg(["mean", "std"])
    for depth in ("0.3m", "full"):
        for name in MECHANISMS:
            told = [" +- ".join(f"{value:.2f}" for value in frame.loc[(depth, name), of]) for of in ("elasticity", "one_percent")]
            assert any(name in line and all(cell in line for cell in told) for line in done.output.splitlines())


def test_a_single_member_has_no_spread_to_tell(data: Path, tmp_path: Path) -> None:
    ask = ("sensitivity", "--members", "1", "--recipe", "published", "--mechanism", "cue")
    done = proda(*ask, "--out", tmp_path / "s.csv")
    assert done.exit_code == 0, done.output
    assert "nan" not in done.output
    assert "+-" not in done.output
    message = fails(*ask, "--out", tmp_path / "t.csv", "--budget", tmp_path / "b.csv", code=2)
    assert "expected --members of at least 2 beside --budget, to tell a spread, got 1" in message


def test_what_would_be_lost_is_refused_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from proda_core.commands import analysis

    monkeypatch.setattr(analysis, "ensemble", lambda *arguments: pytest.fail("the work has begun"))
    out, budget = tmp_path / "s.csv", tmp_path / "b.csv"
    message = fails("sensitivity", "--out", out, "--gradients", code=2)
    assert "expected --out with the ending .nc beside --gradients, got s.csv; a table holds no maps" in message
    assert "expected another file for --budget than for --out" in fails("sensitivity", "--out", out, "--budget", out, code=2)
    nowhere = tmp_path / "none.zarr"
    message = fails("sensitivity", "--out", out, "--budget", budget, "--posterior", nowhere)
    assert f"expected a posterior store at {nowhere}, got none; make it with proda assimilate" in message
    nowhere.mkdir()
    message = fails("sensitivity", "--out", out, "--budget", budget, "--posterior", nowhere)
    assert f"expected a posterior store at {nowhere}, got something else" in message


SENSITIVITY = ("sensitivity", "--members", "1", "--recipe", "published", "--mechanism", "environmental_modifier")
SOBOL = ("sobol", "--size", "8", "--cells", "150", "--depth", "1m")


@pytest.mark.parametrize("ask", [SENSITIVITY, SOBOL, (*SOBOL, "--over", "parameters")], ids=["curves", "sobol", "sobol of 21"])
def test_a_cluster_gives_what_this_computer_gives(data: Path, tmp_path: Path, cluster: str, ask: tuple[str, ...]) -> None:
    here, there = tmp_path / "here.nc", tmp_path / "there.nc"
    assert proda(*ask, "--out", here).exit_code == 0
    done = proda(*ask, "--out", there, "--scheduler", cluster)
    assert done.exit_code == 0, done.output
    assert xr.open_dataset(here).equals(xr.open_dataset(there))


def test_an_interrupted_run_goes_on_with_what_is_kept(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out, work = tmp_path / "s.nc", ensembles._piece
    ask = ("sensitivity", "--out", out, "--members", "3", "--recipe", "published", "--mechanism", "cue")
    done: list[int] = []

    def twice(*arguments: object) -> object:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(1)
        return work(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(ensembles, "_piece", twice)
    assert proda(*ask).exit_code == 130
    assert len(list((tmp_path / "s.nc.parts").iterdir())) == 2
    assert "add --resume to go on with it" in fails(*ask)
    calls: list[int] = []
    monkeypatch.setattr(ensembles, "_piece", lambda *arguments: calls.append(1) or work(*arguments))
    assert proda(*ask, "--resume").exit_code == 0
    assert len(calls) == 1
    monkeypatch.setattr(ensembles, "_piece", work)
    whole = tmp_path / "whole.nc"
    assert proda(*(whole if part == out else part for part in ask)).exit_code == 0
    assert xr.open_dataset(out).equals(xr.open_dataset(whole))
    assert set(tmp_path.iterdir()) == {out, whole}


def test_pieces_of_other_inputs_are_not_taken(data: Path, tmp_path: Path) -> None:
    from proda_core.sensitivity import Shelf

    Shelf(tmp_path / "p", "one").put("a", {"x": np.ones(2)})
    assert Shelf(tmp_path / "p", "another").get("a") is None
    found = Shelf(tmp_path / "p", "one").get("a")
    assert found is not None
    assert found["x"].tolist() == [1.0, 1.0]
    (tmp_path / "p" / "a.npz").write_bytes(b"half a fi")
    assert Shelf(tmp_path / "p", "one").get("a") is None


def test_ranking_is_by_the_size_of_the_response() -> None:
    data = xr.Dataset(
        {"one_percent": (("recipe", "member", "mechanism", "depth"), np.array([[[[1.0], [-5.0], [3.0]]]]))},
        {"recipe": ["published"], "mechanism": ["a", "b", "c"], "depth": ["full"]},
    )
    assert ranking(data) == ["b", "c", "a"]


def test_control_leaves_the_full_model_as_it_is(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "c.nc"
    done = proda("control", "--out", out, "--members", "3")
    assert done.exit_code == 0, done.output
    found = xr.open_dataset(out)
    stocks = retrieved.read()["global_stock"].values[:3]
    assert np.allclose(found["stock"].sel(control="none"), stocks, rtol=1e-12)
    assert np.all(found["moved"].sel(control="none") == 0)
    assert np.all(found["moved"].sel(control="cue") > 0)
    assert np.all(found["moved"] >= np.abs(found["stock"] - found["stock"].sel(control="none")) - 1e-9)


def test_control_tells_input_apart_and_how_it_was_changed(data: Path, tmp_path: Path) -> None:
    done = proda("control", "--out", tmp_path / "c.csv", "--members", "3", "--input-spread", "0.15", width=80)
    assert done.exit_code == 0, done.output
    ranked, apart = done.output.split("Plant input, not to be ranked with the others")
    assert " carbon_input " not in ranked
    assert "carbon_input: times 1 +- 30 %" in apart
    assert " uniform_input " in apart
    frame = pd.read_csv(tmp_path / "c.csv")
    told = frame[(frame["variable"] == "change") & (frame["control"] == "cue")].set_index(["depth", "quantile"])["value"]
    for depth in ("1m", "full"):
        low, middle, high = (100 * told[depth, quantile] for quantile in (0.16, 0.5, 0.84))
        assert f"{middle:+.1f} ({low:+.1f} to {high:+.1f})" in done.output


def test_the_code_of_all_parts_decides_whether_pieces_are_taken(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stock depends on the soil depths, the scenario and the reader of maps as well as on the process."""
    from proda_core.commands import analysis
    from proda_core.learning import kept

    before = analysis.ensemble(None, None, 1).inputs
    monkeypatch.setattr(kept, "code", lambda: "another line in proda_core/grid.py")
    assert kept.fingerprint(analysis.ensemble(None, None, 1).inputs) != kept.fingerprint(before)


@pytest.mark.parametrize("command", ["control", "sobol"])
def test_a_negative_seed_is_refused_by_its_name(command: str, tmp_path: Path) -> None:
    assert "expected --seed of at least 0, got -1" in fails(command, "--out", tmp_path / "s.nc", "--seed", "-1", code=2)


def test_a_spread_that_would_cut_input_at_zero_is_refused(tmp_path: Path) -> None:
    message = fails("control", "--out", tmp_path / "s.nc", "--input-spread", "0.6", code=2)
    assert "expected --input-spread within 0..0.5, got 0.6" in message


@pytest.mark.parametrize(("over", "inputs"), [("mechanisms", 6), ("parameters", 21)])
def test_sobol_tells_indices_of_globe_and_zones_and_how_good_the_sample_is(
    data: Path, tmp_path: Path, over: str, inputs: int
) -> None:
    out = tmp_path / "i.nc"
    done = proda("sobol", "--out", out, "--over", over, "--size", "8", "--cells", "150", "--depth", "1m")
    assert done.exit_code == 0, done.output
    found = xr.open_dataset(out)
    assert found.sizes["input"] == inputs
    assert found["output"].values[0] == "globe"
    assert {str(name) for name in found["output"].values[1:]} <= set(simulation.load_world().regions["koppen"].names)
    assert 0 < found.attrs["largest_relative_error_of_sample"] < 0.1
    assert "land cells stand for the globe" in done.output
    assert set(tmp_path.iterdir()) == {out}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--out", "s.txt"), 2, "expected --out with the ending .nc or .csv, got s.txt"),
        (("--out", "s.nc", "--recipe", "mine"), 2, "expected --recipe out of published, realised, both; got mine"),
        (("--out", "s.nc", "--mechanism", "tau"), 2, "expected --mechanism out of cue, carbon_input"),
        (("--out", "s.nc", "--members", "0"), 2, "expected --members of at least 1, got 0"),
        (("--out", "no/s.nc"), 1, "create it first"),
        (("--out", "s.nc", "--climate", "no.nc"), 1, "expected a climate file at no.nc, got none"),
    ],
)
def test_refusals(arguments: tuple[str, ...], code: int, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert words in fails("sensitivity", *arguments, code=code)
