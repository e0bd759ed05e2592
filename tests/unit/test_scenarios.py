"""Scenario files say what is changed, where, and why; what they cannot mean is refused by file and key."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from proda_core import climate, scenarios, simulation
from proda_core.grid import LAYERS, LAYERS_CLM5
from proda_core.process import column
from proda_core.regions import Regions
from proda_core.scenario import Scenario
from proda_core.scenarios import Experiment, Region, ScenarioFileError, Target
from proda_core.simulation import GlobalModel, World
from tests.columns import prior_mean, random_forcing, random_land

CELLS = 120
WHOLE = """
name: A test
question: What if?
changes: {cue: 0.01}
source: Made up.
"""

GOAL = "target: {years: 20, stock_increase: 0.08, depth: 0.3}"


@pytest.fixture(scope="module")
def world() -> World:
    zones = Regions(climate.ZONES, np.arange(CELLS) % len(climate.ZONES))
    return World(random_forcing(CELLS, bedrock=20), prior_mean(CELLS), random_land(CELLS), regions={"koppen": zones})


@pytest.fixture(scope="module")
def model(world: World) -> GlobalModel:
    return GlobalModel(world)


def experiment(**what: object) -> Experiment:
    return Experiment("test", "A test", "What if?", "Made up.", **what)  # type: ignore[arg-type]


def written(directory: Path, text: str) -> Path:
    path = directory / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def refused(directory: Path, text: str) -> str:
    with pytest.raises(ScenarioFileError) as caught:
        scenarios.read(written(directory, text))
    return str(caught.value)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("cue-one-percent", {"change": Scenario(cue=0.01)}),
        ("plant-input-ten-percent", {"change": Scenario(carbon_input=0.1)}),
        ("cue-falls-with-warming", {"change": Scenario(warming=2.0), "cue_per_degree": -0.016}),
        ("four-per-mille", {"target": Target(0.08, 0.3, 20.0)}),
        ("decomposition-ten-percent", {"change": Scenario(baseline_decomposition=0.1)}),
        ("deep-roots", {"change": Scenario(input_allocation=0.02)}),
        ("warming-2", {"change": Scenario(warming=2.0)}),
        ("warming-4", {"change": Scenario(warming=4.0)}),
    ],
)
def test_presets_change_what_their_names_say(key: str, expected: dict[str, object]) -> None:
    found = scenarios.find(key)
    words = {"key": key, "name": found.name, "question": found.question, "source": found.source}
    assert found == Experiment(**words, **expected)  # type: ignore[arg-type]
    assert found.question.endswith("?")
    assert len(found.source) > 100


def test_every_preset_is_tested_above() -> None:
    assert len(scenarios.preset_names()) == 8


def test_a_file_may_say_everything(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "name: North\nquestion: What if?\nsource: Nobody.\nchanges: {carbon_input: -0.1, cue_per_degree: -0.01}\n"
        "warming: 3\nregion: {latitude: [60, 90]}\n",
    )
    assert scenarios.find(str(path)) == Experiment(
        "mine", "North", "What if?", "Nobody.", Scenario(carbon_input=-0.1, warming=3.0), -0.01, Region(latitude=(60.0, 90.0))
    )


@pytest.mark.parametrize(
    ("old", "new", "key", "message"),
    [
        ("name: A test\n", "", "name", "to be a text, got None; write name: and some words"),
        ("What if?", "12", "question", "to be a text, got 12"),
        ("0.01", "1", "changes.cue", "to be a number within -0.2..0.2, got 1; changes are relative"),
        ("0.01", "much", "changes.cue", "to be a number within -0.2..0.2, got 'much'"),
        ("0.01", ".nan", "changes.cue", "to be a number within -0.2..0.2, got nan"),
        ("0.01", "0.0", "changes", "with at least one change, got {'cue': 0.0}; name one of cue, "),
        ("cue:", "cew:", "changes", "to have only the keys cue, carbon_input, "),
        ("{cue: 0.01}", "[1]", "changes", "to be a table of keys and values, got [1]"),
        ("source", "warming: 9\nsource", "warming", "to be a number within -2..6, got 9"),
        ("cue:", "cue_per_degree:", "warming", "beside changes.cue_per_degree, got 0.0; say by how"),
        ("{cue:", "{cue_per_degree: -1, cue:", "changes.cue_per_degree", "to be a number within -0.05..0.05, got -1"),
        (
            "changes: {",
            "warming: 1\nchanges: {cue_per_degree: -0.01, ",
            "changes",
            "with either cue or cue_per_degree, got ['cue', 'cue_per_degree']; leave one",
        ),
        ("source", "region: north\nsource", "region", "to be a table of keys and values, got 'north'"),
        ("source", "region: {}\nsource", "region", "to say one of latitude, koppen, country and box, got []"),
        ("source", "region: {latitude: [90, 60]}\nsource", "region.latitude", "to be [south, north] within -90..90"),
        ("source", "region: {latitude: 60}\nsource", "region.latitude", "to be [south, north] within -90..90"),
        ("source", "region: {koppen: [ET, Dxx]}\nsource", "region.koppen", "to be a list of zones, got ['Dxx']; the"),
        ("source", "region: {koppen: []}\nsource", "region.koppen", "to be a list of zones, got []"),
        ("source", f"{GOAL}\nsource", "changes", "to be left out beside a target, got {'cue': 0.01}"),
        ("changes: {cue: 0.01}", "target: {years: 20}", "target.stock_increase", "to be a number within 0.001..1, got"),
        (
            "changes: {cue: 0.01}",
            "target: {years: 20, stock_increase: 0.08, depth: 0.4}",
            "target.depth",
            "to be one of 0.3, 1, 2, got 0.4; it is a depth in metres",
        ),
        ("source", "colour: red\nsource", "", "to have only the keys name, question, source, changes, parameters, warming,"),
    ],
)
def test_what_a_file_cannot_mean_is_refused_by_key(tmp_path: Path, old: str, new: str, key: str, message: str) -> None:
    assert old in WHOLE
    where = f"{key} in mine.yaml" if key else "mine.yaml"
    assert refused(tmp_path, WHOLE.replace(old, new, 1)).startswith(f"expected {where} {message}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (WHOLE + "name: Again", "the key name twice in"),
        ("name: [", "while parsing a flow node"),
        ("[1]: 2", "while constructing a mapping"),
        ("name: \tA", "while scanning for the next token"),
    ],
)
def test_what_is_no_yaml_or_ambiguous_is_refused(tmp_path: Path, text: str, message: str) -> None:
    assert refused(tmp_path, text).startswith(f"expected YAML in mine.yaml, got: {message}")


@pytest.mark.parametrize("text", ["", "just words", "[1, 2]"])
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, text: str) -> None:
    assert "expected mine.yaml to be a table of keys and values, got" in refused(tmp_path, text)


def test_a_name_that_is_none_lists_the_names() -> None:
    message = "expected a YAML file or one of cue-falls-with-warming, cue-one-percent, .*; got 'cue'"
    with pytest.raises(ScenarioFileError, match=message):
        scenarios.find("cue")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "none.yaml"
    with pytest.raises(ScenarioFileError, match=re.escape(f"expected a scenario file {path}, got none")):
        scenarios.find(str(path))


def test_an_experiment_of_plain_changes_is_the_scenario(model: GlobalModel) -> None:
    change = Scenario(cue=0.05, warming=1.0)
    assert experiment(change=change).plain == change
    assert np.array_equal(model.respond(experiment(change=change)).soc, model.respond(change).soc)


@pytest.mark.parametrize("region", [Region(latitude=(30.0, 90.0)), Region(koppen=("Af", "ET"))])
def test_a_change_in_a_region_leaves_the_rest_alone(model: GlobalModel, world: World, region: Region) -> None:
    change = Scenario(cue=0.05, input_allocation=0.02, vertical_transport=0.1, warming=1.0, carbon_input=0.1)
    here = experiment(change=change, region=region)
    inside = region.covers(world.land, world.regions)
    assert 0 < inside.sum() < CELLS
    found = model.respond(here).soc
    assert here.plain is None
    assert np.array_equal(found[:, inside], model.respond(change).soc[:, inside])
    assert np.array_equal(found[:, ~inside], model.baseline.soc[:, ~inside])


def test_regions_are_what_their_words_say(world: World) -> None:
    north = Region(latitude=(30.0, 60.0)).covers(world.land, {})
    assert np.array_equal(north, (world.land.latitude >= 30) & (world.land.latitude <= 60))
    tundra = Region(koppen=("ET",)).covers(world.land, world.regions)
    assert np.array_equal(np.flatnonzero(tundra) % len(climate.ZONES), np.full(tundra.sum(), climate.ZONES.index("ET")))


def test_a_region_without_land_or_zones_is_refused(world: World) -> None:
    with pytest.raises(ValueError, match="expected land in the region, got none in latitudes 85 to 90 degrees north; widen it"):
        Region(latitude=(85.0, 90.0)).covers(world.land, {})
    with pytest.raises(ValueError, match="expected a world with Koppen zones, got one without"):
        Region(koppen=("ET",)).covers(world.land, {})
    with pytest.raises(ValueError, match="expected one of latitude, koppen, country and box, got none"):
        Region()


def test_a_box_may_cross_the_date_line(world: World) -> None:
    land = world.land
    pacific = Region(box=(-90.0, 90.0, 120.0, -120.0)).covers(land, {})
    rest = Region(box=(-90.0, 90.0, -120.0, 120.0)).covers(land, {})
    assert np.array_equal(pacific, np.abs(land.longitude) >= 120.0)
    assert np.array_equal(pacific, ~rest)


def test_countries_are_those_of_the_world(world: World) -> None:
    index = np.arange(len(world.land.latitude)) % 3
    named = {"country": Regions(("One", "Two", "Three"), index)}
    assert np.array_equal(Region(country=("One", "Three")).covers(world.land, named), index != 1)
    with pytest.raises(ValueError, match="expected land in the region, got none in Atlantis"):
        Region(country=("Atlantis",)).covers(world.land, named)


def test_warming_is_soil_that_much_warmer_and_nothing_else(model: GlobalModel, world: World) -> None:
    """The forcing evaluated anew, every month and layer two degrees warmer, gives the same carbon."""
    warmer = replace(world.forcing, soil_temperature=world.forcing.soil_temperature + 2.0)
    expected = column.steady_state(world.parameters, warmer).numpy()
    assert np.allclose(model.pools(slice(None), scenarios.find("warming-2")), expected, rtol=1e-10)


def cue_change(model: GlobalModel, asked: Experiment) -> np.ndarray:
    """Change of each cell's bulk CUE in the new balance, beyond what the rest of the experiment does (cell,)."""
    rest = replace(asked, cue_per_degree=0.0)
    with_it, without = (model.respond(each, ["cue"]).mechanism["cue"] for each in (asked, rest))
    found: np.ndarray = with_it - without
    return found


@pytest.mark.parametrize("slope", [-0.016, -0.03, 0.005])
def test_cue_changes_by_so_much_for_each_degree_in_every_cell(model: GlobalModel, slope: float) -> None:
    asked = experiment(change=Scenario(warming=2.0), cue_per_degree=slope)
    assert np.abs(cue_change(model, asked) - 2 * slope).max() < 1e-3
    assert model.out_of_reach(asked) == 0.0
    before, after = model.terms(slice(None)), model.terms(slice(None), asked)
    factor = after.transfer[:, :8] / before.transfer[:, :8]
    assert torch.allclose(factor, factor[:, :1].expand(-1, 8), rtol=1e-12)  # all transfers alike
    assert torch.equal(after.modifier, model.terms(slice(None), Scenario(warming=2.0)).modifier)
    lost = model.respond(Scenario(warming=2.0)).total - model.respond(asked).total
    assert np.all(lost * slope < 0)


def test_steep_falls_are_not_cut_short(model: GlobalModel) -> None:
    """Two slopes give two results, however far CUE falls; only what would be below nothing is out of reach."""
    steep, steeper = (experiment(change=Scenario(warming=6.0), cue_per_degree=slope) for slope in (-0.03, -0.05))
    reached = cue_change(model, steep)
    assert np.abs(reached + 0.18).max() < 1e-3
    assert np.all(model.respond(steeper).total < model.respond(steep).total)
    before = model.respond(Scenario(warming=6.0), ["cue"]).mechanism["cue"]
    missed = np.abs(cue_change(model, steeper) + np.minimum(0.3, before)) > 1e-3
    assert not missed.any()
    assert model.out_of_reach(steeper) == pytest.approx(model.land.area[before < 0.3 - 1e-3].sum() / model.land.area.sum())


def test_rises_beyond_the_limits_are_told(model: GlobalModel) -> None:
    asked = experiment(change=Scenario(warming=6.0), cue_per_degree=0.05)
    assert model.out_of_reach(asked) == pytest.approx(1.0)
    only = replace(asked, region=Region(latitude=(30.0, 60.0)))
    assert model.out_of_reach(only) == pytest.approx(1.0)
    assert np.isfinite(model.respond(asked).total).all()


def test_deep_roots_put_input_as_much_deeper_as_they_say() -> None:
    """The figures in the file are those of the committed maps: all input of the land, whose mean depth and share below 0.2 m."""
    found = scenarios.find("deep-roots")
    globe = GlobalModel(simulation.load_world())
    thickness, node, top = (getattr(LAYERS_CLM5, name)[:LAYERS] for name in ("thickness", "node", "top"))

    def entering(change: Experiment | None) -> tuple[float, float]:
        terms = globe.terms(slice(None), change)
        amount = terms.litter_input.sum(1).numpy() * globe.land.area
        share = np.average(terms.input_profile.numpy() * thickness, axis=0, weights=amount)
        return float(share @ node), float(share[top >= 0.2 - 1e-9].sum())

    (depth, below), (deeper, more_below) = entering(None), entering(found)
    words = " ".join(found.source.split())
    assert f"deepens by {100 * (deeper / depth - 1):.0f} percent" in words
    assert f"below 0.2 m rises from {100 * below:.1f} to {100 * more_below:.1f} percent" in words


def test_a_target_is_reached_by_the_input_found_for_it(model: GlobalModel) -> None:
    goal = experiment(target=Target(0.04, 1.0, 50.0))
    found = simulation.resolve(model, goal)
    assert found.target is None
    course = simulation.follow(model, found, simulation.log_years(0.1, 50.0, 60))
    assert course.soc[-1, 1] / course.soc[0, 1] == pytest.approx(1.04, abs=1e-5)
    assert model.respond(found).total / model.baseline.total == pytest.approx(1 + found.extra_input, rel=1e-12)


def test_a_regional_target_is_that_of_the_region(model: GlobalModel, world: World) -> None:
    region = Region(latitude=(30.0, 90.0))
    found = simulation.resolve(model, experiment(target=Target(0.04, 0.3, 50.0), region=region))
    cells = np.flatnonzero(region.covers(world.land, {}))
    course = simulation.follow(model, found, simulation.log_years(0.1, 50.0, 60), cells)
    assert course.soc[-1, 0] / course.soc[0, 0] == pytest.approx(1.04, abs=1e-4)


def test_a_target_out_of_reach_says_what_it_takes(model: GlobalModel) -> None:
    far = experiment(target=Target(1.0, 2.0, 1.0))
    message = (
        r"expected a target within reach of 200 % more plant input, got 100 % more carbon to 2 m after 1 years, which takes \d+"
    )
    with pytest.raises(ValueError, match=message):
        simulation.resolve(model, far)


def test_an_unresolved_target_cannot_be_run(model: GlobalModel) -> None:
    with pytest.raises(
        ValueError, match=r"expected an experiment without a target, got 8 % more carbon to 0\.3 m after 20 years"
    ):
        model.respond(scenarios.find("four-per-mille"))


def test_parameters_are_changed_by_their_ids(tmp_path: Path, model: GlobalModel) -> None:
    text = WHOLE.replace("changes: {cue: 0.01}", "parameters: {q10: 0.05, beta: -0.01}")
    read = scenarios.read(written(tmp_path, text))
    assert read.change == Scenario(parameters=(("q10", 0.05), ("beta", -0.01)))
    assert np.array_equal(model.respond(read).soc, model.respond(read.change).soc)


@pytest.mark.parametrize(
    ("given", "said"),
    [("{Q10: 0.05}", "parameters in mine.yaml to have only the keys diffus, cryo, q10"), ("{q10: 5}", "within -0.5..0.5, got 5")],
)
def test_unsound_changes_of_parameters_are_refused(tmp_path: Path, given: str, said: str) -> None:
    assert said in refused(tmp_path, WHOLE.replace("changes: {cue: 0.01}", f"parameters: {given}"))
