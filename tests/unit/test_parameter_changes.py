"""A change of a parameter is the model with that parameter, within its bounds, and quick changes of mechanisms go on top."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from proda_core import mechanisms, parameters, scenario, simulation
from proda_core.parameters import IDS, INDEX
from proda_core.process import column
from proda_core.process.reevaluation import reevaluate
from proda_core.scenario import PARAMETER_BOUNDS, PARAMETER_LIMITS, Scenario
from proda_core.scenarios import Experiment, Region
from proda_core.simulation import GlobalModel, World, globe
from tests.columns import random_forcing, random_land, random_parameters

CELLS = 400
ALL = tuple((id_, 0.03 * (-1) ** i) for i, id_ in enumerate(IDS))
NORTH = Region(latitude=(20.0, 90.0))


@pytest.fixture(scope="module")
def world() -> World:
    return World(random_forcing(CELLS), random_parameters(CELLS, seed=7), random_land(CELLS))


@pytest.fixture(scope="module")
def model(world: World) -> GlobalModel:
    return GlobalModel(world)


def learned_so(world: World, change: Scenario) -> GlobalModel:
    """A model whose world has the changed parameters."""
    return GlobalModel(replace(world, parameters=scenario.with_parameters(change, world.parameters)))


@pytest.mark.parametrize("id_", IDS)
def test_a_changed_parameter_is_the_model_with_that_parameter(world: World, model: GlobalModel, id_: str) -> None:
    change = Scenario().with_change(id_, 0.07)
    found, expected = model.respond(change, mechanisms.UNITS), learned_so(world, change).baseline
    np.testing.assert_allclose(found.soc, expected.soc, rtol=1e-9)
    for name in mechanisms.UNITS:
        np.testing.assert_allclose(found.mechanism[name], expected.mechanism[name], rtol=1e-9, atol=1e-12)
    assert not np.array_equal(found.soc, model.baseline.soc)


def test_all_parameters_change_at_once_and_mechanisms_on_top(world: World, model: GlobalModel) -> None:
    change = Scenario(parameters=ALL)
    more = replace(change, cue=0.05, warming=2.0, vertical_transport=-0.1)
    mechanisms_alone = replace(more, parameters=())
    np.testing.assert_allclose(model.respond(more).soc, learned_so(world, change).respond(mechanisms_alone).soc, rtol=1e-9)


def test_what_is_evaluated_again_is_what_the_column_evaluates(world: World) -> None:
    before, change = world.parameters, Scenario(parameters=ALL)
    after = scenario.with_parameters(change, before)
    found = reevaluate(column.terms(before, world.forcing), before, after, world.forcing, parameters.MECHANISM_PARAMETERS)
    expected = column.terms(after, world.forcing)
    for field in fields(column.Terms):
        got, wanted = getattr(found, field.name), getattr(expected, field.name)
        assert torch.equal(got, wanted) if got.dtype == torch.bool else torch.allclose(got, wanted, rtol=1e-12, atol=0), (
            field.name
        )


def test_no_change_is_the_baseline_to_the_last_bit(model: GlobalModel) -> None:
    nothing = Scenario(parameters=(("q10", 0.0), ("beta", -0.0)))
    assert nothing.is_baseline
    assert nothing == Scenario()
    assert np.array_equal(model.respond(nothing).soc, model.baseline.soc)


@pytest.mark.parametrize("end", PARAMETER_LIMITS)
def test_carbon_is_conserved_at_the_ends_of_every_range(model: GlobalModel, end: float) -> None:
    terms = model.terms(slice(None), Scenario(parameters=tuple((id_, end) for id_ in IDS)))
    pools = column.solve(terms)
    assert bool((pools >= 0).all())
    assert torch.allclose(column.respired(terms, pools), terms.litter_input.sum(1), rtol=1e-9)


@pytest.mark.parametrize("end", PARAMETER_LIMITS)
def test_values_stay_within_their_bounds_and_the_share_of_land_that_is_held_is_known(
    world: World, model: GlobalModel, end: float
) -> None:
    change = Scenario(parameters=tuple((id_, end) for id_ in IDS))
    after, (lower, upper) = scenario.with_parameters(change, world.parameters), PARAMETER_BOUNDS
    assert bool(((after >= lower.minimum(world.parameters)) & (after <= upper.maximum(world.parameters))).all())
    share = model.held_back(change)
    wanted = (world.parameters * (1 + end)).numpy()
    for id_ in IDS:
        i = INDEX[id_]
        beyond = (wanted[:, i] < lower[i].item()) | (wanted[:, i] > upper[i].item())
        assert share[id_] == pytest.approx(world.land.area @ beyond / world.land.area.sum()), id_
    assert 0 < share["beta"] <= 1


def test_a_value_outside_its_bounds_goes_no_further_and_may_come_back() -> None:
    values = torch.as_tensor(parameters.to_physical(parameters.PRODA_MEAN)).repeat(1, 1)
    values[0, INDEX["fs1s2"]] = 0.486  # as in CLM5, above the prior
    out, back = (scenario.with_parameters(Scenario().with_change("fs1s2", x), values)[0, INDEX["fs1s2"]] for x in (0.1, -0.1))
    assert out.item() == 0.486
    assert back.item() == pytest.approx(0.9 * 0.486)
    terms = column.terms(values, random_forcing(1))
    assert scenario.held_back(Scenario().with_change("fs1s2", 0.1), values, terms)["fs1s2"].all()
    assert not scenario.held_back(Scenario().with_change("fs1s2", -0.1), values, terms)["fs1s2"].any()


def test_fractions_never_hand_on_more_than_there_is(world: World) -> None:
    given = world.parameters.clone()
    given[:, INDEX["fs1s2"]] = 0.96  # far above the prior; with fs1s3 raised the sum would pass one
    given[:, INDEX["fs1s3"]] = 0.03
    found = GlobalModel(replace(world, parameters=given)).respond(Scenario().with_change("fs1s3", 0.5))
    assert np.isfinite(found.soc).all()


def test_limits_of_mechanisms_are_known_too(world: World, model: GlobalModel) -> None:
    share = model.held_back(Scenario(cue=0.2, input_allocation=0.05, parameters=(("beta", 0.05),)))
    beta, top = world.parameters[:, INDEX["beta"]].numpy(), PARAMETER_BOUNDS[1][INDEX["beta"]].item()
    area = world.land.area / world.land.area.sum()
    assert share["input_allocation"] == pytest.approx(area @ (np.minimum(1.05 * beta, np.maximum(top, beta)) * 1.05 > top))
    terms = model.terms(slice(None)), model.terms(slice(None), Scenario(cue=0.2))
    short = ~torch.isclose(terms[1].transfer[:, :8], 1.2 * terms[0].transfer[:, :8]).all(dim=1).numpy()
    assert share["cue"] == pytest.approx(area @ short)
    assert 0 < share["cue"] < 1
    assert model.held_back(Scenario(warming=6.0, carbon_input=0.5)) == {}


def test_a_change_of_parameters_stops_at_the_edge_of_a_region(model: GlobalModel) -> None:
    change = Scenario(cue=0.02, parameters=(("q10", 0.1), ("beta", 0.1)))
    here = Experiment("north", "North", "What if?", "Made up.", change=change, region=NORTH)
    inside = NORTH.covers(model.land, {})
    found = model.respond(here).soc
    assert np.array_equal(found[:, ~inside], model.baseline.soc[:, ~inside])
    assert np.array_equal(found[:, inside], model.respond(change).soc[:, inside])
    share, area = model.held_back(here), model.land.area * inside
    wanted = model._parameters.numpy()[:, INDEX["beta"]] * 1.1 > PARAMETER_BOUNDS[1][INDEX["beta"]].item()
    assert share["beta"] == pytest.approx(area @ wanted / area.sum())


def test_the_way_there_starts_from_the_baseline_and_ends_in_the_new_balance(model: GlobalModel) -> None:
    change = Scenario(parameters=(("tau4s2", -0.2),))
    course = simulation.follow(model, change, simulation.log_years(1.0, 10_000.0, 12))
    np.testing.assert_allclose(course.soc[0], model.baseline.total, rtol=1e-9)
    np.testing.assert_allclose(course.balance, model.respond(change).total, rtol=1e-9)


def test_terms_of_the_latest_sets_are_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    model, count = GlobalModel(world), 0

    def counted(*arguments: object) -> column.Terms:
        nonlocal count
        count += 1
        return reevaluate(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(globe, "reevaluate", counted)
    for cue in (0.0, 0.01, 0.02):
        model.respond(Scenario(cue=cue, parameters=(("q10", 0.05),)))
    model.respond(Scenario(cue=0.01))
    assert count == 1
    for x in (0.01, 0.02, 0.05, 0.03, 0.04, 0.05):
        model.respond(Scenario(parameters=(("q10", x),)))
    assert count == 5  # that in use was kept all the time
    model.respond(Scenario(parameters=(("q10", 0.01),)))
    assert count == 6  # the one longest unused was not
    assert len(model._changed) == globe.KEPT_SETS


def test_threads_make_no_difference(world: World) -> None:
    model = GlobalModel(world)
    changes = [Scenario(parameters=(("q10", 0.01 * i),)) for i in range(1, 9)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda change: model.respond(change).total, changes))
    for change, total in zip(changes, found, strict=True):
        assert np.array_equal(total, GlobalModel(world).respond(change).total)


def test_compact_forcing_makes_hardly_a_difference(world: World, model: GlobalModel) -> None:
    compact = GlobalModel(replace(world, forcing=world.forcing.compact()))
    for change in (Scenario(), Scenario(parameters=ALL)):
        np.testing.assert_allclose(compact.respond(change).total, model.respond(change).total, rtol=1e-6)


def test_a_scenario_holds_its_parameters_in_one_way_only() -> None:
    one = Scenario(parameters=(("beta", 0.01), ("q10", 9.0), ("cryo", 0.0)))
    assert one.parameters == (("q10", 0.5), ("beta", 0.01))
    assert hash(one) == hash(Scenario(parameters=(("q10", 0.5), ("beta", 0.01))))
    assert Scenario(parameters={"beta": 0.01, "q10": 0.5}) == one  # type: ignore[arg-type]
    assert one.value("q10") == 0.5
    assert one.with_change("q10", 0.0).parameters == (("beta", 0.01),)


@pytest.mark.parametrize(("given", "said"), [("Q10", "got 'Q10'"), ("cue", "got 'cue'")])
def test_an_unknown_parameter_is_told_the_known_ones(given: str, said: str) -> None:
    with pytest.raises(ValueError, match=f"out of diffus, cryo, .*{said}"):
        Scenario(parameters=((given, 0.1),))


@pytest.mark.parametrize("value", [float("nan"), "1", None, True])
def test_a_change_that_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="expected a finite number for q10"):
        Scenario().with_change("q10", value)  # type: ignore[arg-type]
