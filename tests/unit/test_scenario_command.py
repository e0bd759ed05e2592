"""``proda scenario`` and ``proda transient``, by what they print, what they write, and the exit code they leave with."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from proda_core import scenarios, simulation
from proda_core.grid import LandGrid
from proda_core.simulation import World
from tests import columns
from tests.shell import fails, proda

BOTH = pytest.mark.parametrize("command", ["scenario", "transient"])


@pytest.fixture(autouse=True)
def climate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str | Path]:
    """The option that names a climate file, which stands for a world of eight cells."""
    place = np.linspace(-60.25, 70.25, 8)
    world = World(
        columns.random_forcing(8, seed=3), columns.prior_mean(8), LandGrid(place, 2 * place, np.full(8, 0.9)), "For tests."
    )
    monkeypatch.setattr(simulation, "load_world", lambda *choices, **named: world)
    path = tmp_path / "little.nc"
    path.touch()
    return ["--climate", path]


def numbers(line: str) -> list[float]:
    return [float(cell.replace(",", "")) for cell in re.findall(r"[-+]?[\d,]*\d(?:\.\d+)?", line)]


@BOTH
def test_names_lists_the_presets_and_their_questions(command: str) -> None:
    result = proda(command, "names")
    assert result.exit_code == 0
    for name in scenarios.preset_names():
        assert re.search(rf"^{name} +{re.escape(scenarios.find(name).question)}$", result.stdout, re.MULTILINE)


def test_a_scenario_shows_its_question_and_stocks_and_writes_maps(climate: list[str | Path], tmp_path: Path) -> None:
    out = tmp_path / "run.nc"
    result = proda("scenario", "warming-2", *climate, "--out", out)
    assert result.exit_code == 0, result.output
    assert scenarios.find("warming-2").question in result.stdout
    assert f"wrote {out}" in result.stdout
    expected = simulation.run(simulation.load_world(), scenarios.find("warming-2"), with_ages=True)
    with xr.open_dataset(out) as written:
        for name in expected.data_vars:
            np.testing.assert_array_equal(written[name].values, expected[name].values)
        assert written.attrs["scenario_warming"] == 2.0
    stay, old = float(expected["global_transit_time"]), float(expected["global_soc_age"][1])
    assert f"carbon stays in litter and soil for {stay:,.0f} years on average; what is in the soil is " in result.stdout
    assert f" {old:,.0f} years to 1 m, " in result.stdout
    row = next(line for line in result.stdout.splitlines() if "0-0.3" in line)
    assert numbers(row)[3] == pytest.approx(float(expected["global_stock"][0]), abs=0.051)


def test_the_table_of_a_scenario_is_written_as_csv(climate: list[str | Path], tmp_path: Path) -> None:
    out = tmp_path / "run.csv"
    assert proda("scenario", "plant-input-ten-percent", *climate, "--out", out).exit_code == 0
    table = pd.read_csv(out)
    assert table["depth_m"].tolist() == [0.3, 1.0, 2.0, 8.6]
    assert np.allclose(table["scenario_PgC"], 1.1 * table["baseline_PgC"], rtol=1e-8)
    assert np.allclose(table["change_PgC"], table["scenario_PgC"] - table["baseline_PgC"], rtol=1e-6)


@pytest.fixture
def north(tmp_path: Path) -> Path:
    """A scenario of the north only."""
    path = tmp_path / "mine.yaml"
    path.write_text(
        "name: North\nquestion: What if?\nsource: Nobody.\nchanges: {cue: 0.1}\nregion: {latitude: [30, 90]}\n", encoding="utf-8"
    )
    return path


def test_a_file_of_ones_own_with_a_region(climate: list[str | Path], north: Path, tmp_path: Path) -> None:
    out = tmp_path / "run.csv"
    result = proda("scenario", north, *climate, "--out", out)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("North. What if? Only in latitudes 30 to 90 degrees north.")
    world = simulation.load_world()
    baseline, changed = (simulation.run(world, change) for change in (None, scenarios.find(str(north))))
    inside = world.land.latitude >= 30
    before, after = ((data["soc"].values * world.land.area)[:, inside].sum(1) / 1e12 for data in (baseline, changed))
    table = pd.read_csv(out)
    assert np.allclose(table["region_baseline_PgC"], before, rtol=1e-9)
    assert np.allclose(table["region_change_PgC"], table["change_PgC"], rtol=1e-6)
    shown = result.stdout.split("The same in latitudes 30 to 90 degrees north only")[1]
    row = next(line for line in shown.splitlines() if "0-1 " in line)
    assert numbers(row)[2:] == pytest.approx(
        [before[1], after[1], after[1] - before[1], 100 * (after / before - 1)[1]], abs=0.051
    )  # fmt: skip


def test_a_transient_in_a_region_tells_its_stocks(climate: list[str | Path], north: Path, tmp_path: Path) -> None:
    out = tmp_path / "way.nc"
    result = proda("transient", north, *climate, "--out", out, "--cells")
    assert result.exit_code == 0, result.output
    world = simulation.load_world()
    inside = world.land.latitude >= 30
    with xr.open_dataset(out) as found:
        held = found["soc"].values.astype(float)[..., inside] @ world.land.area[inside] / 1e12
        np.testing.assert_allclose(found["stock_in_region"], held, rtol=1e-6)
        assert float(found["stock_in_region"][0, 1]) < 0.9 * float(found["stock"][0, 1])
        gained, everywhere = (
            found[f"{name}_in_balance"].values - found[name].values[0] for name in ("stock_in_region", "stock")
        )  # fmt: skip
        np.testing.assert_allclose(gained, everywhere, rtol=1e-9)
        percent = 100 * gained[1] / held[0, 1]
    shown = result.stdout.split("The same in latitudes 30 to 90 degrees north, and in per cent of what it held")[1]
    last = next(line for line in shown.splitlines() if "balance" in line)
    assert numbers(last)[3] == pytest.approx(percent, abs=0.0051)


@BOTH
def test_a_change_of_efficiency_out_of_reach_is_told(climate: list[str | Path], tmp_path: Path, command: str) -> None:
    path, out = tmp_path / "mine.yaml", tmp_path / "run.nc"
    text = "name: More\nquestion: What if?\nsource: Nobody.\nchanges: {cue_per_degree: SLOPE}\nwarming: 6\n"
    path.write_text(text.replace("SLOPE", "0.05"), encoding="utf-8")
    result = proda(command, path, *climate, "--out", out)
    assert result.exit_code == 0, result.output
    assert "On 1e+02 % of the land" not in result.stdout
    assert "On 100 % of the land that it changes, limits keep CUE from changing by as much as asked." in result.stdout
    with xr.open_dataset(out) as written:
        assert written.attrs["scenario_cue_out_of_reach"] == pytest.approx(1.0)
    path.write_text(text.replace("SLOPE", "-0.016"), encoding="utf-8")
    assert "limits keep" not in proda(command, path, *climate).stdout


@BOTH
def test_a_target_says_what_it_takes(climate: list[str | Path], command: str) -> None:
    result = proda(command, "four-per-mille", *climate)
    assert result.exit_code == 0, result.output
    found = simulation.resolve(simulation.GlobalModel(simulation.load_world()), scenarios.find("four-per-mille"))
    assert f"It takes {100 * found.extra_input:.1f} % more plant input." in result.stdout


def test_a_transient_is_shown_and_written(climate: list[str | Path], tmp_path: Path) -> None:
    out, table = tmp_path / "way.nc", tmp_path / "way.csv"
    result = proda("transient", "cue-one-percent", *climate, "--out", out, "--cells")
    assert result.exit_code == 0, result.output
    assert proda("transient", "cue-one-percent", *climate, "--out", table).exit_code == 0
    model = simulation.GlobalModel(simulation.load_world())
    expected = simulation.follow(model, scenarios.find("cue-one-percent"), with_cells=True)
    with xr.open_dataset(out) as written:
        np.testing.assert_array_equal(written["stock"].values, expected.soc)
        np.testing.assert_array_equal(written["soc"].values, expected.soc_cells)
        assert written.attrs["scenario"] == "cue-one-percent"
    series = pd.read_csv(table)
    assert series["year"].tolist() == pytest.approx(expected.years.tolist(), rel=1e-9)
    assert np.allclose(series["stock_0_1m_PgC"], expected.soc[:, 1], rtol=1e-9)
    assert np.allclose(series["respiration_PgC_per_year"], expected.respiration, rtol=1e-9)
    last = next(line for line in result.stdout.splitlines() if "10,000" in line)
    assert numbers(last)[1] == pytest.approx(expected.soc[-1, 0] - expected.soc[0, 0], abs=0.051)
    assert "Carbon is conserved to" in result.stdout


def test_how_far_and_in_how_many_steps(climate: list[str | Path], tmp_path: Path) -> None:
    out = tmp_path / "way.csv"
    assert proda("transient", "warming-4", *climate, "--years", "50", "--steps", "10", "--out", out).exit_code == 0
    assert pd.read_csv(out)["year"].tolist() == pytest.approx([0, *np.geomspace(1, 50, 10)])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["scenario", "warming-2", "--out", "run.txt"], "expected --out to end in .nc or .csv, got run.txt"),
        (["transient", "warming-2", "--years", "1"], "expected --years within 1..1e9 and --steps within 2..1000, got 1 and 40"),
        (
            ["transient", "warming-2", "--years", "nan"],
            "expected --years within 1..1e9 and --steps within 2..1000, got nan and 40",
        ),
        (
            ["transient", "warming-2", "--steps", "1"],
            "expected --years within 1..1e9 and --steps within 2..1000, got 10000 and 1",
        ),
        (["transient", "warming-2", "--cells"], "expected --out with a name that ends in .nc beside --cells, got no --out"),
        (["transient", "warming-2", "--cells", "--out", "a.csv"], "ends in .nc beside --cells, got a.csv"),
    ],
)
def test_wrong_usage_is_named(arguments: list[str], message: str) -> None:
    assert message in fails(*arguments, code=2)


@BOTH
def test_an_unknown_scenario_lists_the_known(command: str) -> None:
    assert "expected a YAML file or one of cue-falls-with-warming, " in fails(command, "warmer")


@BOTH
def test_an_unsound_file_fails_in_one_line(command: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("name: North\n", encoding="utf-8")
    assert fails(command, path) == "error: expected question in mine.yaml to be a text, got None; write question: and some words"


@BOTH
@pytest.mark.parametrize("suffix", [".nc", ".csv"])
def test_an_existing_file_is_kept(command: str, suffix: str, tmp_path: Path) -> None:
    out = tmp_path / f"there{suffix}"
    out.write_text("old", encoding="utf-8")
    assert f"expected a new file to write, got {out}, which exists" in fails(command, "warming-2", "--out", out)
    assert out.read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize(("command", "step"), [("scenario", "run"), ("transient", "follow"), ("transient", "course")])
def test_an_interruption_leaves_no_half_file(
    climate: list[str | Path], command: str, step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*arguments: object, **named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(simulation, step, interrupt)
    out = tmp_path / "results" / "way.nc"
    out.parent.mkdir()
    assert proda(command, "warming-2", *climate, "--out", out).exit_code == 130
    assert list(out.parent.iterdir()) == []


def test_an_interruption_while_writing_leaves_no_half_file(
    climate: list[str | Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(self: xr.Dataset, path: Path, **named: object) -> None:
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(xr.Dataset, "to_netcdf", half)
    out = tmp_path / "results" / "way.nc"
    out.parent.mkdir()
    assert proda("transient", "warming-2", *climate, "--out", out).exit_code == 130
    assert list(out.parent.iterdir()) == []
