"""``proda learn``, ``proda evaluate``, ``proda card``: from a table of profiles to maps, skill and model card, and refusals."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from proda_core import climate, retrieved, simulation
from proda_core.commands import learn, lesson
from proda_core.commands.base import Failure
from proda_core.learning import ensembles, evidence, kept, methods, predictors
from tests.shell import fails, proda
from tests.twin import soil_profiles

pytestmark = pytest.mark.usefixtures("one_thread")

CELLS = 40


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of one's own: three profiles in each of forty cells all over the world."""
    rng = np.random.default_rng(2)
    world = soil_profiles.world()
    cells = np.repeat(rng.choice(len(world.parameters), CELLS, replace=False), 3)
    index, top, bottom = soil_profiles.layers(len(cells), rng)
    made = soil_profiles.make(index, top, bottom, cells, rng).profiles
    rows = pd.DataFrame(
        {
            "profile_id": [f"p{i}" for i in index],
            "latitude": world.land.latitude[cells][index],
            "longitude": world.land.longitude[cells][index],
            "layer_top": top,
            "layer_bottom": bottom,
            "soc_density": np.clip(made["soc_density"].values, 50.0, 3e5),
        }
    )
    rows = rows.assign(soc_density_error=0.2 * rows["soc_density"], source=np.where(index % 2, "odd", "even"))
    path = tmp_path_factory.mktemp("profiles") / "mine.csv"
    rows.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def learned(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("learned") / "out"
    found = proda("learn", str(table), "--out", str(out), "--members", "2", "--steps", "3")
    assert found.exit_code == 0, found.output
    return out


def test_learning_gives_maps_that_the_model_runs_on(learned: Path) -> None:
    maps = retrieved.read(learned / "retrieved.nc", members=True)
    assert maps.sizes["member"] == 2
    assert int(maps["profile_count"].sum()) == 3 * CELLS
    assert maps.attrs["method"] == "end-to-end"
    assert set(json.loads(maps.attrs["parents"])) == {"mine.csv", "climate.nc", "networks.safetensors"}
    best, members = maps["parameter_unit"].values, maps["member_unit"].values
    assert np.abs(best - members.mean(axis=0)).max() < 1 / 256


def test_the_networks_in_the_file_give_the_maps_in_the_file(learned: Path) -> None:
    ensemble, description = ensembles.load(learned / "networks.safetensors")
    land = simulation.land_from_dataset(climate.read())
    unit = ensemble.unit(predictors.features(climate.load_predictors(), land=land)).numpy().transpose(0, 2, 1)
    assert np.abs(unit - retrieved.read(learned / "retrieved.nc", members=True)["member_unit"].values).max() <= 0.5 / 256 + 1e-6
    assert "mine.csv" in description["parents"]


def test_nothing_is_left_behind(learned: Path) -> None:
    assert {path.name for path in learned.iterdir()} == {"networks.safetensors", "retrieved.nc"}


def test_places_near_profiles_are_more_like_them(learned: Path) -> None:
    maps = retrieved.read(learned / "retrieved.nc")
    unlike, sampled = maps["dissimilarity"].values, maps["profile_count"].values > 0
    assert unlike[sampled].max() == 0
    assert unlike[~sampled].mean() > 0.1


def test_places_beyond_what_the_network_is_told_are_unlike_by_all_their_distance(learned: Path) -> None:
    maps, (ensemble, _) = retrieved.read(learned / "retrieved.nc"), ensembles.load(learned / "networks.safetensors")
    assert ensemble.scaler is not None
    x = ensemble.scaler.standardise(predictors.features(climate.load_predictors()))
    known = x[maps["profile_count"].values > 0]
    between = np.linalg.norm(known[:, None] - known, axis=2).sum() / (len(known) * (len(known) - 1))
    far = np.flatnonzero(np.abs(x).max(axis=1) > predictors.LIMIT)[::20]
    nearest = np.linalg.norm(x[far, None] - known, axis=2).min(axis=1) / between / maps.attrs["dissimilarity_threshold"]
    assert np.abs(maps["dissimilarity"].values[far] - np.minimum(nearest, 5.1)).max() < 0.011


def test_the_maps_say_what_the_best_estimate_says_as_a_whole(learned: Path) -> None:
    found = retrieved.relations_of(retrieved.read(learned / "retrieved.nc").attrs)
    assert set(found) == set(retrieved.RELATIONS)
    run = simulation.run(simulation.load_world(retrieved=learned / "retrieved.nc"))
    area, cue = run["area"].values, run["cue"].values
    # the file keeps dissimilarity in steps of 0.02
    around = [float(area[run["dissimilarity"].values > edge].sum() / area.sum()) for edge in (1.011, 0.989)]
    assert around[0] <= found["unlike"] <= around[1]
    assert found["cue_plausible"] == pytest.approx(float(area[(cue >= 0.2) & (cue <= 0.6)].sum() / area.sum()), abs=0.01)
    again = np.cov(cue, climate.load_predictors()["bio1"].values, aweights=area)
    assert found["cue_temperature"] == pytest.approx(again[0, 1] / np.sqrt(again[0, 0] * again[1, 1]), abs=0.01)


def test_what_the_best_estimate_says_is_shown(
    learned: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    maps = retrieved.read(learned / "retrieved.nc")
    learn._show(maps, learned)
    shown = capsys.readouterr().out
    for name, value in retrieved.relations_of(maps.attrs).items():
        (line,) = (line for line in shown.splitlines() if f" {retrieved.RELATIONS[name]} " in line)
        assert f" {value:.3f} " in line


@pytest.fixture(scope="module")
def clay(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A map of clay without values in the western hemisphere."""
    latitude, longitude = np.arange(-90.0, 91.0), np.arange(-180.0, 181.0)
    values = np.where((longitude > -30) | (longitude == -180), np.abs(latitude)[:, None], np.nan)
    path = tmp_path_factory.mktemp("clay") / "clay.nc"
    xr.Dataset({"clay": (("lat", "lon"), values)}, {"lat": latitude, "lon": longitude}).to_netcdf(path)
    return path


def regional(table: Path, folder: Path, blocks: int) -> Path:
    """The same profiles, moved to so many blocks in the east of Africa, each profile of a place to another cell."""
    rows = pd.read_csv(table)
    number = rows["profile_id"].str[1:].astype(int)
    rows = rows.assign(latitude=-9.75 + 0.5 * (number % 7), longitude=31.25 + 5.0 * (number % blocks))
    rows.to_csv(folder / "regional.csv", index=False)
    return folder / "regional.csv"


@pytest.mark.parametrize("blocks", [1, 3])
def test_a_region_of_few_blocks_can_be_learned_from(table: Path, tmp_path: Path, blocks: int) -> None:
    path, out = regional(table, tmp_path, blocks), tmp_path / "out"
    found = proda("learn", path, "--out", out, "--members", "2", "--steps", "2")
    assert found.exit_code == 0, found.output
    assert ("All profiles lie in one block of 5 degrees" in found.output) == (blocks == 1)
    maps = retrieved.read(out / "retrieved.nc")
    assert float(maps["dissimilarity"].max()) > 1


def test_a_single_cell_is_refused_before_the_training(table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(methods, "fit", lambda *arguments: pytest.fail("the training has begun"))
    pd.read_csv(table).assign(latitude=-7.25, longitude=31.25).to_csv(tmp_path / "one.csv", index=False)
    message = proda("learn", tmp_path / "one.csv", "--out", tmp_path / "out", "--members", "2").stderr
    assert "expected profiles in at least 2 half-degree cells" in message


def test_what_is_made_up_of_a_predictor_is_said(clay: Path, capsys: pytest.CaptureFixture[str]) -> None:
    land = simulation.land_from_dataset(climate.read())
    found = lesson._added(clay, land)["clay"]
    assert capsys.readouterr().out.startswith(f"clay: the median stands in on {found.attrs['filled']:,} of 64,052 land cells")
    assert found.attrs["filled"] == np.sum((land.longitude < -29.5) & (land.longitude > -179.5))


def test_a_finished_result_is_not_overwritten(table: Path, learned: Path) -> None:
    assert "add --force" in fails("learn", str(table), "--out", str(learned))


def test_an_unfinished_training_is_not_thrown_away(table: Path, tmp_path: Path) -> None:
    parts = tmp_path / "out" / "learn.parts"
    parts.mkdir(parents=True)
    (parts / "end-to-end-0.done.safetensors").touch()
    assert "go on with --resume" in fails("learn", str(table), "--out", str(tmp_path / "out"))


def test_a_training_from_other_inputs_is_not_gone_on_with(table: Path, tmp_path: Path) -> None:
    parts = tmp_path / "out" / "learn.parts"
    parts.mkdir(parents=True)
    (parts / "plan.json").write_text("{}", encoding="utf-8")
    found = proda("learn", str(table), "--out", str(tmp_path / "out"), "--resume")
    assert found.exit_code == 1
    assert "expected the inputs, options and code with which the training" in found.stderr


@pytest.mark.parametrize(
    ("changed", "what"),
    [({"parents": "1"}, "inputs"), ({"settings": "s2"}, "options"), ({"method": "proda"}, "options"), ({"code": "c2"}, "code")],
)
def test_a_training_is_gone_on_with_only_where_nothing_has_changed(
    changed: dict[str, str], what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(parents: str = "0", settings: str = "s", method: str = "end-to-end", code: str = "c") -> None:
        monkeypatch.setattr(kept, "code", lambda: code)
        inputs = SimpleNamespace(parents={"mine.csv": parents})
        learn._check_same(tmp_path, inputs, settings, method)  # type: ignore[arg-type]

    check()
    check()
    with pytest.raises(Failure, match=rf"with which the training in .* began, got other {what}; add --force"):
        check(**changed)


@pytest.mark.parametrize("plan", [None, "", "[]", "{"])
def test_checkpoints_of_which_nobody_knows_are_not_gone_on_with(plan: str | None, tmp_path: Path) -> None:
    (tmp_path / "end-to-end-0.done.safetensors").touch()
    if plan is not None:
        (tmp_path / "plan.json").write_text(plan, encoding="utf-8")
    with pytest.raises(Failure, match="got other options and inputs and code; add --force"):
        learn._check_same(tmp_path, SimpleNamespace(parents={}), "settings", "end-to-end")  # type: ignore[arg-type]


def test_inputs_of_one_name_in_different_folders_are_told_apart(tmp_path: Path) -> None:
    paths = {role: tmp_path / role / "mine.nc" for role in ("profiles", "predictors")}
    for role, path in paths.items():
        path.parent.mkdir()
        path.write_text(role, encoding="utf-8")
    (tmp_path / "climate.nc").write_text("climate", encoding="utf-8")
    (tmp_path / "networks.safetensors").write_text("no networks of ours", encoding="utf-8")
    inputs = {**paths, "climate": tmp_path / "climate.nc", "posterior": None}
    found = lesson.checksums(inputs)
    assert set(found) == {"profiles/mine.nc", "predictors/mine.nc", "climate.nc"}
    assert len(set(found.values())) == 3
    assert set(lesson.checksums({"profiles": tmp_path / "networks.safetensors"})) == {"profiles/networks.safetensors"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--method", "magic"), "expected --method out of one-batch, proda, end-to-end, got magic"),
        (("--method", "network-only"), "got network-only; only these learn parameters to map"),
        (("--method", "proda"), "expected --posterior for the method proda, got none"),
        (("--members", "1"), "expected --members of at least 2"),
        (("--members", "0"), "expected a count of at least 1, got 0"),
    ],
)
def test_wrong_use_is_refused_before_any_work(table: Path, tmp_path: Path, options: tuple[str, ...], message: str) -> None:
    assert message in fails("learn", str(table), "--out", str(tmp_path / "out"), *options, code=2)


def test_a_store_that_is_not_a_posterior_is_refused(table: Path, tmp_path: Path) -> None:
    store = tmp_path / "store.zarr"
    store.mkdir()
    found = proda("learn", table, "--out", tmp_path / "out", "--method", "proda", "--posterior", store)
    assert found.exit_code == 1
    assert "expected a posterior store at" in found.stderr


@pytest.fixture(scope="module")
def skill(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("skill") / "out"
    options = (
        "--members",
        "2",
        "--steps",
        "5",
        "--folds",
        "2",
        "--method",
        "default",
        "--method",
        "one-batch",
        "--method",
        "end-to-end",
    )
    found = proda("evaluate", str(table), "--out", str(out), *options)
    assert found.exit_code == 0, found.output
    return out


def test_evaluation_judges_every_method_in_three_ways(skill: Path) -> None:
    found = evidence.read(skill / "evidence.json")
    overall = {(row.method, row.validation) for row in found.rows(group="all")}
    assert overall == {(m, v) for m in ("default", "one-batch", "end-to-end") for v in ("in-sample", "random", "block")}
    assert found.profiles.total == 3 * CELLS
    assert found.limits


def test_evaluation_tells_skill_by_distance_from_the_profiles_that_teach(skill: Path) -> None:
    found = evidence.read(skill / "evidence.json")
    rows = found.rows(group="distance")
    assert {row.validation for row in rows} == {"block"}
    for method in ("default", "end-to-end"):
        whole = found.rows(method=method, validation="block", group="all")[0]
        assert sum(row.layers for row in rows if row.method == method) == whole.layers
    for shares in (found.profiles.land_by_distance, found.profiles.judged_by_distance):
        assert sum(shares.values()) == pytest.approx(1.0)
    apart = pd.read_csv(skill / "differences.csv")
    assert set(apart[apart["group"] == "distance"]["validation"]) == {"block"}


def test_what_nothing_was_learned_from_is_the_same_in_and_out_of_sample(skill: Path) -> None:
    values = {row.nse for row in evidence.read(skill / "evidence.json").rows(method="default", group="all")}
    assert max(values) - min(values) < 1e-9


def test_tables_and_figures_lie_beside_the_evidence(skill: Path) -> None:
    names = {path.name for path in skill.iterdir()}
    assert {"skill.csv", "differences.csv", "predictions.nc", "skill.png", "density.png", "groups.png", "training.png"} <= names
    assert "evaluate.parts" not in names


def test_the_card_tells_the_numbers_of_the_files(learned: Path, skill: Path, tmp_path: Path) -> None:
    for source in (learned / "retrieved.nc", skill / "evidence.json"):
        (tmp_path / source.name).write_bytes(source.read_bytes())
    found = proda("card", str(tmp_path))
    assert found.exit_code == 0, found.output
    words = (tmp_path / "MODEL_CARD.md").read_text(encoding="utf-8")
    stock = retrieved.read(learned / "retrieved.nc")["global_stock"].values[:, 1]
    assert f"| 1m | {stock.mean():,.0f} +- " in words or f"| 1m | {stock.mean():.3g} +- " in words
    row = evidence.read(skill / "evidence.json").rows(method="end-to-end", validation="block", group="all")[0]
    assert f"{row.nse:.2f} ({row.nse_low:.2f} to {row.nse_high:.2f})" in words
    (far,) = evidence.read(skill / "evidence.json").rows(method="end-to-end", validation="block", name=">400 km")
    assert re.search(rf"^\| >400 km \|.*\| {far.layers:,} \|.* {far.nse:.2f} \|.* {far.log_nse:.2f} \|$", words, re.MULTILINE)
    assert "weighted by sampling weight" not in words
    assert all(sentence in words for sentence in evidence.read(skill / "evidence.json").limits)
    found = retrieved.relations_of(retrieved.read(learned / "retrieved.nc").attrs)
    assert f"| {retrieved.RELATIONS['cue_carbon']} | {found['cue_carbon']:.2f} |" in words


def test_what_learns_nothing_is_evaluated_without_training_curves(table: Path, tmp_path: Path) -> None:
    found = proda("evaluate", str(table), "--out", str(tmp_path / "o"), "--folds", "2", "--method", "default")
    assert found.exit_code == 0, found.output
    assert not (tmp_path / "o" / "training.png").exists()
    assert not evidence.read(tmp_path / "o" / "evidence.json").training


def test_maps_that_were_not_written_yet_are_written_on_resuming(table: Path, learned: Path, tmp_path: Path) -> None:
    """Killed between the networks and the maps: the plan lies there, the networks too."""
    out = tmp_path / "out"
    parts = out / "learn.parts"
    parts.mkdir(parents=True)
    (out / "networks.safetensors").write_bytes((learned / "networks.safetensors").read_bytes())
    (parts / "plan.json").write_text("{}", encoding="utf-8")
    found = proda("learn", str(table), "--out", str(out), "--resume", "--members", "2", "--steps", "3")
    assert "expected the inputs, options and code with which the training" in found.stderr
