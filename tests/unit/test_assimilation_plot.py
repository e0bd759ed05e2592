"""Pictures of posteriors, and the commands that make posteriors and pictures."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from matplotlib.collections import LineCollection
from PIL import Image
from typer.testing import Result

from proda_core import climate, observations, parameters, simulation
from proda_core.assimilation import assemble, plot, sites
from proda_core.commands import assimilate as assimilate_command
from proda_core.commands import posterior as posterior_command
from proda_core.grid import LandGrid
from tests import assimilators
from tests.shell import fails, proda

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def land() -> LandGrid:
    stored = climate.read()
    return simulation.land_from_dataset(stored)


@pytest.fixture(scope="module")
def profiles(land: LandGrid) -> xr.Dataset:
    """Three made-up profiles on land."""
    table = observations.select(assimilators.profiles(6), [0, 1, 2])
    cells = np.array([9000, 30000, 50000])
    latitude, longitude = land.latitude[cells], land.longitude[cells]
    return table.assign(latitude=table.latitude.copy(data=latitude), longitude=table.longitude.copy(data=longitude))


@pytest.fixture(scope="module")
def file(profiles: xr.Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("profiles") / "profiles.nc"
    observations.save(profiles, path)
    return path


@pytest.fixture(scope="module")
def stored(file: Path) -> tuple[Path, Result]:
    """A posterior made by the command with very little effort, and what the command said."""
    out = file.parent / "posterior.zarr"
    little = ("--draws", "30", "--most-draws", "30", "--batch", "2", "--workers", "1")
    result = proda("assimilate", file, "--out", out, *little, "--keep-draws", file.parent / "draws.zarr")
    assert result.exit_code == 0, result.output
    return out, result


@pytest.fixture(scope="module")
def posterior(stored: tuple[Path, Result]) -> xr.Dataset:
    return assemble.load(stored[0]).load()


# ---- the commands ----


def test_assimilate_says_how_well_it_went(stored: tuple[Path, Result], posterior: xr.Dataset) -> None:
    text = stored[1].stdout
    observed, fitted = posterior["observed"].values, posterior["fitted_mean"].values
    assert f"{assimilate_command.efficiency(observed, fitted):.3f}" in text
    for words in (
        "profiles",
        "of them converged",
        "NSE of SOC density, CLM5 default parameters",
        f"wrote {stored[0]}",
        "draws.zarr",
    ):
        assert words in text
    assert stored[1].stderr == ""


def test_assimilate_uses_the_climate_of_the_profiles_cell(file: Path, profiles: xr.Dataset, posterior: xr.Dataset) -> None:
    stored = climate.read()
    cells = simulation.land_from_dataset(stored).cells_near(profiles["latitude"].values, profiles["longitude"].values)
    assert cells.tolist() == [9000, 30000, 50000]
    forcing = simulation.forcing_from_dataset(climate.expand(stored.isel(cell=cells)))
    expected = sites.assimilate(profiles, forcing, sites.Options(draws=30, most_draws=30))
    np.testing.assert_allclose(posterior["default_soc"].values, expected["default_soc"].values, rtol=1e-12)


def test_cells_near_are_the_cell_itself_or_the_nearest_beside_it(land: LandGrid) -> None:
    rng = np.random.default_rng(0)
    latitude, longitude = rng.uniform(-60, 84, 2000), rng.uniform(-180, 180, 2000)
    found = land.cells_near(latitude, longitude)
    row, column = np.floor((latitude + 90) / 0.5), np.floor((longitude + 180) / 0.5)
    assert 0.2 < (found >= 0).mean() < 0.6
    for i in range(300):
        apart = np.abs(land.column - column[i])
        beside = (np.abs(land.row - row[i]) <= 1) & (np.minimum(apart, 720 - apart) <= 1)
        same = (land.row == row[i]) & (land.column == column[i])
        assert (found[i] >= 0) == beside.any()
        if same.any():
            assert same[found[i]]
        elif beside.any():
            around = np.flatnonzero(beside)
            near = LandGrid(land.latitude[around], land.longitude[around], land.land_fraction[around])
            assert found[i] == around[near.nearest(latitude[i], longitude[i])]


def test_assimilate_refuses_an_existing_store(file: Path, stored: tuple[Path, Result]) -> None:
    assert "which exists; choose another, or add --force" in fails("assimilate", file, "--out", stored[0])


def test_assimilate_says_what_is_wrong_with_its_options(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "o.zarr"
    assert "expected a likelihood out of default, published" in fails(
        "assimilate", file, "--out", out, "--likelihood", "mine", code=2
    )
    assert "expected at least 2 chains" in fails("assimilate", file, "--out", out, "--chains", "1", code=2)
    for option in ("--batch", "--workers", "--limit"):
        assert "of at least 1, got 0" in fails("assimilate", file, "--out", out, option, "0", code=2)
    for option, value in (("--chains", "5"), ("--most-draws", "900"), ("--error-size", "0.3")):
        line = fails("assimilate", file, "--out", out, "--likelihood", "published", option, value, code=2)
        assert f"expected no {option} beside --likelihood published" in line
    assert "most_draws not below, got 240 and 0" in fails("assimilate", file, "--out", out, "--most-draws", "0", code=2)
    assert "make it with proda observe" in fails("assimilate", tmp_path / "none.nc", "--out", out)
    assert "expected a climate file at" in fails("assimilate", file, "--out", out, "--climate", tmp_path / "none.nc")
    assert "create it first" in fails("assimilate", file, "--out", tmp_path / "none" / "o.zarr")
    assert list(tmp_path.iterdir()) == []


def test_assimilate_refuses_profiles_without_land(profiles: xr.Dataset, tmp_path: Path) -> None:
    at_sea = profiles.assign(
        latitude=profiles["latitude"].copy(data=[0.25, -40.0, 50.25]), longitude=profiles["longitude"] * 0 - 30
    )
    observations.save(at_sea, tmp_path / "sea.nc")
    line = fails("assimilate", tmp_path / "sea.nc", "--out", tmp_path / "o.zarr")
    assert "expected land within a cell of every profile, got none near 3 of them, such as p000 at 0.25 N, -30 E" in line


def test_assimilate_refuses_profiles_that_nobody_measured(profiles: xr.Dataset, tmp_path: Path) -> None:
    extended = profiles.assign(extrapolated=profiles["extrapolated"] | True)
    observations.save(extended, tmp_path / "extended.nc")
    result = proda("assimilate", tmp_path / "extended.nc", "--out", tmp_path / "o.zarr")
    assert result.exit_code == 1
    assert "3 profiles that had no other layers are left out with them" in result.stdout
    assert "expected measured layers above 3.26 m in" in result.stderr


def test_assimilate_controls_a_raw_file_and_shows_the_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests import soils

    seen: list[xr.Dataset] = []
    monkeypatch.setattr("proda_core.assimilation.runs.run", lambda table, *_, **__: seen.append(table))
    monkeypatch.setattr(assimilate_command, "_show", lambda *_: None)
    result = proda("assimilate", soils.plain(tmp_path), "--out", tmp_path / "o.zarr", "--limit", "1")
    assert result.exit_code == 0, result.output
    assert "kept" in result.stdout
    assert seen[0].sizes["profile"] == 1


def test_ctrl_c_leaves_with_130_and_says_how_to_go_on(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "o.zarr"
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "proda_core", "assimilate", str(file), "--out", str(out), "--draws", "4000", "--workers", "1"],
        cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not (tmp_path / "o.zarr.parts" / "plan.json").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    error = process.communicate(timeout=30)[1]
    assert process.returncode == 130, error
    assert f"The batches that are done are kept in {out}.parts; go on with --resume.\ninterrupted\n" in error
    assert "Traceback" not in error


def test_pace_leaves_out_what_was_done_before(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[float, str]] = []
    clock = iter([100.0, 136.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    pace = assimilate_command._Pace(lambda part, words: seen.append((part, words)))
    pace(1000, 2000)
    pace(1100, 2000)
    assert seen == [(0.5, "1,000 of 2,000"), (0.55, "1,100 of 2,000, 10,000 an hour, 5 min left")]


def test_plot_writes_a_picture_for_each_profile(stored: tuple[Path, Result], tmp_path: Path) -> None:
    result = proda("posterior", "plot", stored[0], "--profile", "p002éé", "--profile", "p000", "--out", tmp_path)
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p000.png", "p002éé.png"]
    for path in tmp_path.iterdir():
        with Image.open(path) as picture:
            assert picture.size == (1820, 988)
    assert "add --force" in fails("posterior", "plot", stored[0], "--profile", "p000", "--out", tmp_path)
    assert proda("posterior", "plot", stored[0], "--out", tmp_path, "--force").exit_code == 0
    assert len(list(tmp_path.iterdir())) == 3


def test_plot_names_profiles_that_are_not_there(stored: tuple[Path, Result], tmp_path: Path) -> None:
    line = fails("posterior", "plot", stored[0], "--profile", "p9", "--out", tmp_path)
    assert "expected profiles of the store, such as p000, p001é, p002éé; got p9, which it does not hold" in line
    assert "make it with proda assimilate" in fails("posterior", "plot", tmp_path)


def test_names_that_differ_only_in_signs_are_refused(stored: tuple[Path, Result], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posterior_command, "file_name", lambda profile: "same")
    assert "expected profiles whose names differ in letters and digits" in fails("posterior", "plot", stored[0])


# ---- the picture ----


def test_the_picture_shows_the_numbers_of_the_store(posterior: xr.Dataset) -> None:
    carbon, within = plot.profile_figure(posterior, 1).axes
    seen = np.flatnonzero(posterior["profile_index"].values == 1)
    (layers,) = (
        lines for lines in carbon.collections if isinstance(lines, LineCollection) and lines.get_label() == "observed layers"
    )
    segments = np.array(layers.get_segments())
    np.testing.assert_allclose(segments[:, 0, 0], posterior["observed"].values[seen] / 1000)
    np.testing.assert_allclose(segments[:, 0, 1], posterior["layer_top"].values[seen])
    np.testing.assert_allclose(segments[:, 1, 1], posterior["layer_bottom"].values[seen])
    (mean,) = (line for line in carbon.lines if line.get_label() == "posterior mean")
    np.testing.assert_allclose(mean.get_xdata(), posterior["soc_mean"].values[1] / 1000)
    assert carbon.yaxis_inverted()
    assert "[m]" in carbon.get_ylabel()
    assert "[kg C m" in carbon.get_xlabel()
    (median,) = (line for line in within.lines if line.get_label() == "median")
    order = [parameters.INDEX[id_] for id_ in plot._rows()]
    assert sorted(order) == list(range(parameters.COUNT))
    unit = parameters.to_unit(posterior["quantiles"].sel(quantile=0.5).values[1])
    np.testing.assert_allclose(median.get_xdata(), unit[order])
    assert len(within.get_yticklabels()) == parameters.COUNT


def test_chains_that_disagree_stand_out(posterior: xr.Dataset) -> None:
    changed = posterior.copy(deep=True)
    changed["r_hat"][1] = 1.001
    changed["r_hat"][1, parameters.INDEX["q10"]] = 1.5
    words = plot.profile_figure(changed, 1).axes[1].texts
    assert [text.get_text() for text in words if text.get_color() == plot.ACCENT] == ["1.500"]


def test_the_caption_says_where_and_whence(posterior: xr.Dataset) -> None:
    words = " ".join(text.get_text() for text in plot.profile_figure(posterior, 0).texts)
    for part in ("Profile p000", "Observations: made up", str(posterior["status"].values[0])):
        assert part in words


def test_a_profile_without_a_fit_is_drawn_as_far_as_it_goes(posterior: xr.Dataset, tmp_path: Path) -> None:
    empty = posterior.copy(deep=True)
    for name in ("mean", "quantiles", "soc_mean", "soc_quantiles", "r_hat", "shrinkage", "soc_density_error"):
        empty[name][:] = np.nan
    plot.profile_figure(empty, 0).savefig(tmp_path / "empty.png")
    assert (tmp_path / "empty.png").stat().st_size > 10_000
