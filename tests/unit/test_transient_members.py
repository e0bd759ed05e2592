"""How long it takes for every member of the ensemble: in pieces, on a cluster, gone on with, and as it is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from proda_core import retrieved, scenarios, simulation
from proda_core.scenario import Scenario
from proda_core.scenarios import Experiment, Region
from proda_core.sensitivity import courses
from proda_core.simulation import GlobalModel, Transient, World, globe
from tests.shell import fails, proda
from tests.unit.test_sensitivity_marginal import moderate, small_world

pytestmark = pytest.mark.usefixtures("one_thread")

CUE = scenarios.find("cue-one-percent")
NORTH = Experiment("north", "North", "What if?", "Made up.", Scenario(cue=0.1), region=Region(latitude=(45.0, 90.0)))
SUMS = ("soc", "balance", "carbon", "respiration", "carbon_input", "imbalance")


@pytest.fixture(scope="module")
def world() -> World:
    """Cells in the order of their latitude, so that a region leaves some stretches alone."""
    land = small_world()
    order = np.argsort(land.land.latitude)
    place = replace(land.land, **{name: getattr(land.land, name)[order] for name in ("latitude", "longitude", "land_fraction")})
    return replace(land, land=place)


@pytest.mark.parametrize("change", [CUE, NORTH])
def test_pieces_are_the_globe(world: World, change: Experiment, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = simulation.follow(GlobalModel(world), change, with_cells=True)
    monkeypatch.setattr(globe, "CHUNK", 37)
    found, members = courses(world, change, with_cells=True)
    assert members == []
    for name in SUMS[:-1]:
        assert np.allclose(getattr(found, name), getattr(whole, name), rtol=1e-12), name
    assert np.array_equal(found.soc_cells, whole.soc_cells)
    assert np.array_equal(found.cells, whole.cells)
    assert (found.soc_inside is None) == (change.region is None)
    if found.soc_inside is not None:
        assert np.allclose(found.soc_inside, whole.soc_inside, rtol=1e-12)
        assert np.allclose(found.balance_inside, whole.balance_inside, rtol=1e-12)


def test_a_member_goes_the_way_of_its_parameters(world: World) -> None:
    unit = np.stack([moderate(len(world.parameters), seed) for seed in (1, 2)])
    best, members = courses(world, CUE, [1.0, 100.0], unit)
    alone = simulation.follow(GlobalModel(simulation.with_parameters(world, unit[1])), CUE, [1.0, 100.0])
    assert np.allclose(members[1].soc, alone.soc, rtol=1e-12)
    assert not np.allclose(members[0].soc, members[1].soc, rtol=1e-3)
    assert np.allclose(best.soc, simulation.follow(GlobalModel(world), CUE, [1.0, 100.0]).soc, rtol=1e-12)


def test_members_of_another_shape_are_refused(world: World) -> None:
    with pytest.raises(ValueError, match=r"expected members of shape \(member, 21, 150\), got \(2, 21, 3\)"):
        courses(world, CUE, member_unit=np.ones((2, 21, 3)))


def test_half_way_is_found_between_times_in_their_logarithm() -> None:
    way = np.array([[0.0, 0.0, 0.0], [0.3, 0.6, 0.1], [0.4, 0.7, 0.2], [0.6, 0.8, 0.3]])
    years = np.array([0.0, 1.0, 10.0, 1000.0])
    nothing = np.zeros(4)
    found = Transient(years, 5 + 2 * way, np.full(3, 7.0), nothing, nothing, 0.0, 0.0, np.arange(0)).years_until(0.5)
    assert found[:2] == pytest.approx([100.0, 1.0])
    assert np.isnan(found[2])


@pytest.fixture
def data(few_cells: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project's data for this test."""
    monkeypatch.setenv("PRODA_DATA", str(few_cells))
    return few_cells


def test_mean_and_spread_of_the_members_are_told_and_written(data: Path, tmp_path: Path) -> None:
    out, table = tmp_path / "way.nc", tmp_path / "way.csv"
    ask = ("transient", "cue-one-percent", "--members", "3", "--steps", "10")
    done = proda(*ask, "--out", out)
    assert done.exit_code == 0, done.output
    assert proda(*ask, "--out", table).exit_code == 0
    world, unit = simulation.load_world(), retrieved.read(members=True)["member_unit"].values[:3]
    years = simulation.log_years(count=10)
    ways = [simulation.follow(GlobalModel(simulation.with_parameters(world, own)), CUE, years) for own in unit]
    change = np.stack([way.soc - way.soc[0] for way in ways])
    with xr.open_dataset(out) as found:
        assert np.allclose(found["stock_by_member"], [way.soc for way in ways], rtol=1e-12)
        assert np.allclose(found["change_mean"], change.mean(0), rtol=1e-9, atol=1e-9)
        assert np.allclose(found["change_sd"], change.std(0, ddof=1), rtol=1e-9, atol=1e-9)
        assert np.allclose(found["half_way_by_member"], [way.years_until(0.5) for way in ways], rtol=1e-9)
        assert np.allclose(found["stock"], simulation.follow(GlobalModel(world), CUE, years).soc, rtol=1e-12)
        assert all(values.attrs["units"] for values in found.data_vars.values())
    assert np.allclose(pd.read_csv(table)["change_sd_of_members_0_1m_PgC"], change.std(0, ddof=1)[:, 1], rtol=1e-6, atol=1e-9)
    shown = done.stdout.split("mean +- standard deviation over 3 members of the ensemble")[1]
    last = next(line for line in shown.splitlines() if "10,000" in line)
    assert f"{change[:, -1, 1].mean():+,.1f} +- {change[:, -1, 1].std(ddof=1):,.1f}" in last
    assert "Years until half of the change is done: to 0.3 m after " in done.stdout
    assert set(tmp_path.iterdir()) == {out, table}


def test_a_cluster_gives_what_this_computer_gives(data: Path, tmp_path: Path, cluster: str) -> None:
    here, there = tmp_path / "here.nc", tmp_path / "there.nc"
    ask = ("transient", "warming-2", "--members", "2", "--steps", "5")
    assert proda(*ask, "--out", here).exit_code == 0
    done = proda(*ask, "--out", there, "--scheduler", cluster)
    assert done.exit_code == 0, done.output
    assert xr.open_dataset(here).equals(xr.open_dataset(there))


def test_an_interrupted_run_goes_on_with_what_is_kept(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out, whole, calls, most = tmp_path / "way.nc", tmp_path / "whole.nc", [0], [2]
    follow = courses.__globals__["follow"]

    def counted(*arguments: Any, **named: Any) -> Transient:
        if calls[0] == most[0]:
            raise KeyboardInterrupt
        calls[0] += 1
        found: Transient = follow(*arguments, **named)
        return found

    monkeypatch.setitem(courses.__globals__, "follow", counted)
    ask = ("transient", "cue-one-percent", "--members", "3", "--steps", "5", "--out")
    done = proda(*ask, out)
    assert done.exit_code == 130
    assert "go on with --resume" in done.output
    assert len(list((tmp_path / "way.nc.parts").iterdir())) == 2
    assert "add --resume to go on with it" in fails(*ask, out)
    calls[0], most[0] = 0, 100
    assert proda(*ask, out, "--resume").exit_code == 0
    assert calls[0] == 2
    assert proda(*ask, whole).exit_code == 0
    assert xr.open_dataset(out).equals(xr.open_dataset(whole))
    assert set(tmp_path.iterdir()) == {out, whole}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--members", "1"), 2, "expected --members of at least 2, as it takes two to differ, got 1"),
        (("--resume",), 2, "expected --out, and --members or --scheduler, beside --resume"),
        (("--members", "2", "--parameters", "published"), 1, "expected retrieved maps for --members, got other parameters"),
    ],
)
def test_refusals(data: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
    assert words in fails("transient", "cue-one-percent", *arguments, code=code)
