"""The world runs on the retrieved maps; the ensemble's means and spreads are those of its members."""

from __future__ import annotations

import re
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import xarray as xr

from proda_core import climate, mechanisms, parameters, retrieved, simulation
from proda_core.climate import artefact as climate_artefact
from proda_core.grid import STOCK_DEPTHS
from proda_core.scenario import Scenario
from proda_core.simulation import GlobalModel, World
from proda_core.simulation.members import Moments, with_parameters
from tests.columns import prior_mean, random_forcing, random_land
from tests.fabricate import attributes, fabricate_retrieved, places, smooth_fields
from tests.shell import fails, proda

CELLS, MEMBERS = 200, 5


@pytest.fixture(scope="module")
def world() -> World:
    return World(random_forcing(CELLS, bedrock=20), prior_mean(CELLS), random_land(CELLS))


@pytest.fixture(scope="module")
def members(world: World) -> np.ndarray:
    return smooth_fields(world.land.latitude, world.land.longitude, MEMBERS, np.random.default_rng(1))


@pytest.fixture(scope="module")
def runs(world: World, members: np.ndarray) -> list[xr.Dataset]:
    """Every member, run by itself."""
    return [simulation.run(with_parameters(world, unit)) for unit in members]


def test_moments_are_mean_and_deviation_even_far_from_zero() -> None:
    values = 1e9 + np.random.default_rng(0).normal(size=(12, 7))
    moments = Moments()
    for row in values:
        moments.add(row)
    np.testing.assert_allclose(moments.mean, values.mean(0), rtol=1e-15)
    np.testing.assert_allclose(moments.deviation, values.std(0, ddof=1), rtol=1e-6)


def test_ensemble_is_what_running_each_member_gives(world: World, members: np.ndarray, runs: list[xr.Dataset]) -> None:
    found = simulation.ensemble(world, members)
    soc = np.stack([run["soc"].values for run in runs])
    np.testing.assert_allclose(found.soc_mean, soc.mean(0), rtol=1e-12)
    np.testing.assert_allclose(found.soc_sd, soc.std(0, ddof=1), rtol=1e-9)
    for row, name in enumerate(mechanisms.UNITS):
        each = np.stack([run[name].values for run in runs])
        np.testing.assert_allclose(found.mechanism_sd[row], each.std(0, ddof=1), rtol=1e-9, atol=1e-12, err_msg=name)
    np.testing.assert_array_equal(found.global_stock, [run["global_stock"].values for run in runs])
    more = simulation.run(with_parameters(world, members[2]), Scenario(cue=0.01))
    np.testing.assert_allclose(found.one_percent[2], (more["global_stock"] - runs[2]["global_stock"]).values, rtol=1e-9)
    assert np.all(found.one_percent > 0)


def test_plant_input_has_no_spread_because_no_parameter_changes_it(world: World, members: np.ndarray) -> None:
    found = simulation.ensemble(world, members)
    assert np.all(found.mechanism_sd[list(mechanisms.UNITS).index("carbon_input")] == 0)
    assert np.all(found.mechanism_sd[list(mechanisms.UNITS).index("cue")] > 0)


def test_memory_does_not_grow_with_the_members(world: World, members: np.ndarray) -> None:
    def peak(count: int) -> int:
        many = np.repeat(members[:1], count, axis=0)
        tracemalloc.start()
        simulation.ensemble(world, many)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(2)
    kept = (len(STOCK_DEPTHS) + len(mechanisms.UNITS)) * CELLS * 8  # bytes that keeping the maps of one member would take
    assert peak(40) - peak(2) < 38 * kept / 4


def test_progress_of_an_ensemble_ends_at_one(world: World, members: np.ndarray) -> None:
    seen: list[float] = []
    simulation.ensemble(world, members[:2], seen.append)
    assert seen == [0.5, 1.0]


@pytest.mark.parametrize("shape", [(1, 21, CELLS), (3, CELLS, 21), (21, CELLS), (3, 20, CELLS)])
def test_an_ensemble_of_another_shape_is_refused(world: World, shape: tuple[int, ...]) -> None:
    message = re.escape(f"expected at least 2 members of shape (member, 21, {CELLS}), got {shape}")
    with pytest.raises(ValueError, match=message):
        simulation.ensemble(world, np.full(shape, 0.5))


def test_rounding_the_members_hardly_changes_their_stocks(world: World, members: np.ndarray, runs: list[xr.Dataset]) -> None:
    row = retrieved.STORED["member_unit"]
    coarse = simulation.ensemble(world, row.unpack(row.pack(members)))
    exact = np.array([run["global_stock"].values for run in runs])
    np.testing.assert_allclose(coarse.global_stock, exact, rtol=2e-3)
    fine = retrieved.STORED["parameter_unit"]
    best = simulation.run(with_parameters(world, fine.unpack(fine.pack(members[0]))))
    np.testing.assert_allclose(best["soc"], runs[0]["soc"], rtol=2e-3)
    np.testing.assert_allclose(best["global_stock"], runs[0]["global_stock"], rtol=2e-5)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a climate file of few cells and retrieved maps made for it."""
    folder = tmp_path_factory.mktemp("data")
    climate_artefact.write(climate_artefact.read().isel(cell=slice(None, None, 400)), folder / "climate.nc")
    fabricate_retrieved(folder / "retrieved.nc", climate_file=folder / "climate.nc")
    return folder


@pytest.fixture
def data(stored: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project's data for this test."""
    monkeypatch.setenv("PRODA_DATA", str(stored))
    return stored


def test_world_runs_on_the_retrieved_maps(data: Path) -> None:
    world = simulation.load_world()
    maps = retrieved.read()
    assert world.notices == ()
    np.testing.assert_allclose(parameters.to_unit(world.parameters.numpy()), maps["parameter_unit"].values.T, rtol=1e-12)
    assert world.retrieved is not None
    xr.testing.assert_identical(world.retrieved, maps)
    assert world.parameter_source == (
        "Retrieved for each cell by the method end-to-end, best estimate; 10 members tell the spread. "
        "Nothing: made-up waves around the published mean, not retrieved from data."
    )


def test_whoever_runs_the_members_of_the_file_again_finds_its_figures(data: Path) -> None:
    maps = retrieved.read(members=True)
    world = simulation.load_world(use="published")
    again = simulation.ensemble(world, maps["member_unit"].values)
    np.testing.assert_array_equal(maps["global_stock"], again.global_stock)
    np.testing.assert_array_equal(maps["one_percent"], again.one_percent)
    np.testing.assert_allclose(maps["soc_sd"], again.soc_sd, rtol=1e-3)
    np.testing.assert_allclose(maps["soc_mean"], again.soc_mean, rtol=1e-3)
    np.testing.assert_allclose(maps["mechanism_sd"], again.mechanism_sd, rtol=1e-3, atol=1e-30)
    np.testing.assert_allclose(maps["parameter_unit_sd"], maps["member_unit"].values.std(0, ddof=1), atol=1 / 1020)


def test_published_parameters_on_request(data: Path) -> None:
    world = simulation.load_world(use="published")
    assert (world.notices, world.retrieved, world.parameter_source) == ((), None, simulation.PARAMETER_SET)
    assert torch.equal(world.parameters, prior_mean(len(world.parameters)))


def test_a_change_by_hand_holds_everywhere_and_takes_the_spread_away(data: Path) -> None:
    world, before = simulation.load_world(changes={"q10": 1.5}), simulation.load_world()
    q10 = parameters.INDEX["q10"]
    assert torch.equal(world.parameters[:, q10], torch.full((len(world.parameters),), 1.5, dtype=torch.float64))
    others = [i for i in range(parameters.COUNT) if i != q10]
    assert torch.equal(world.parameters[:, others], before.parameters[:, others])
    assert world.retrieved is None
    assert world.parameter_source == f"{before.parameter_source} Changed by hand: q10 = 1.5."
    with pytest.raises(KeyError, match="got 'tau'"):
        simulation.load_world(changes={"tau": 1.0})


def test_maps_named_by_hand_are_used(data: Path, tmp_path: Path) -> None:
    named = tmp_path / "mine.nc"
    fabricate_retrieved(named, seed=5, climate_file=data / "climate.nc")
    world = simulation.load_world(retrieved=named)
    assert world.retrieved is not None
    assert not np.allclose(world.parameters, simulation.load_world().parameters)


def test_maps_with_other_cells_than_the_climate_are_refused(data: Path, tmp_path: Path, world: World) -> None:
    land = world.land
    rng = np.random.default_rng(0)
    units = smooth_fields(land.latitude, land.longitude, 3, rng)
    about = attributes(data / "climate.nc", 0)
    spot = {name: values for name, (_, values) in places(land.latitude, rng).items()}
    mistaken = simulation.build_retrieved(world, units.mean(0), units, **spot, attributes=about)
    retrieved.write(mistaken, tmp_path / "mistaken.nc")
    cells = climate.read().sizes["cell"]
    with pytest.raises(retrieved.RetrievedFileError, match=f"expected retrieved maps of {cells} cells .*, got {CELLS}"):
        simulation.load_world(retrieved=tmp_path / "mistaken.nc")


def test_a_run_carries_the_spread(data: Path) -> None:
    world = simulation.load_world()
    assert world.retrieved is not None
    run = simulation.run(world)
    np.testing.assert_array_equal(run["soc_sd"], world.retrieved["soc_sd"])
    np.testing.assert_allclose(run["global_stock_sd"], world.retrieved["global_stock"].values.std(0, ddof=1))
    for name, units in mechanisms.UNITS.items():
        np.testing.assert_array_equal(run[f"{name}_sd"], world.retrieved["mechanism_sd"].sel(mechanism=name))
        assert run[f"{name}_sd"].attrs["units"] == units
    assert not [name for name in simulation.run(replace(world, retrieved=None)) if str(name).endswith("_sd")]


def test_best_estimate_lies_among_the_members(data: Path) -> None:
    world = simulation.load_world()
    assert world.retrieved is not None
    total, every = GlobalModel(world).baseline.total, world.retrieved["global_stock"].values
    assert total.shape == (len(STOCK_DEPTHS),)
    assert np.all((every.min(0) < total) & (total < every.max(0)))


class TestCommand:
    def test_table_shows_the_spread_of_the_stocks(self, data: Path) -> None:
        result = proda("simulate")
        assert result.exit_code == 0, result.output
        assert result.stderr == ""
        spread = retrieved.read()["global_stock"].values.std(0, ddof=1)
        shown = re.findall(r"│ +([\d,.]+) \+- ([\d,.]+) │", result.stdout)
        assert [float(sd.replace(",", "")) for _, sd in shown] == pytest.approx(spread, abs=0.5)
        assert "+-: standard deviation over the 10 members of the ensemble" in result.stdout
        assert "Parameters: Retrieved for each cell by the method end-to-end" in result.stdout

    def test_one_percent_of_cue_shows_the_spread_of_its_response(self, data: Path) -> None:
        spread = retrieved.read()["one_percent"].values.std(0, ddof=1)
        for percent, expected in (("1", spread), ("2", [])):
            result = proda("simulate", "--cue", percent)
            changes = re.findall(r"│ +\+[\d,.]+ \+- ([\d,.]+) │", result.stdout)
            assert [float(sd) for sd in changes] == pytest.approx(expected, abs=0.05)

    def test_published_parameters_have_no_spread(self, data: Path) -> None:
        result = proda("simulate", "--parameters", "published")
        assert result.exit_code == 0
        assert "+-" not in result.stdout
        assert f"Parameters: {simulation.PARAMETER_SET}" in result.stdout.replace("\n", "")
        assert result.stderr == ""

    def test_a_change_by_hand_has_no_spread(self, data: Path) -> None:
        result = proda("simulate", "--set", "q10=1.6")
        assert "+-" not in result.stdout
        assert "Changed by hand: q10 = 1.6." in result.stdout

    def test_written_maps_carry_the_spread(self, data: Path, tmp_path: Path) -> None:
        assert proda("simulate", "--parameters", data / "retrieved.nc", "--out", tmp_path / "run.nc").exit_code == 0
        with xr.open_dataset(tmp_path / "run.nc") as written:
            np.testing.assert_array_equal(written["soc_sd"], retrieved.read()["soc_sd"])
            assert {"global_stock_sd", "cue_sd", "residence_time_sd", "dissimilarity"} <= set(written)

    def test_without_maps_it_runs_and_says_so(self, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "climate.nc").write_bytes((data / "climate.nc").read_bytes())
        monkeypatch.setenv("PRODA_DATA", str(tmp_path))
        result = proda("simulate")
        assert result.exit_code == 0
        assert "+-" not in result.stdout
        (line,) = result.stderr.splitlines()
        assert line.startswith("note: The retrieved maps cannot be used, so one published parameter set stands in everywhere: ")

    def test_maps_named_by_hand_must_be_sound(self, data: Path, tmp_path: Path) -> None:
        assert "got no file" in fails("simulate", "--parameters", tmp_path / "none.nc")
        (tmp_path / "notes.txt").write_text("no maps", encoding="utf-8")
        assert "got a file of another kind" in fails("simulate", "--parameters", tmp_path / "notes.txt")
