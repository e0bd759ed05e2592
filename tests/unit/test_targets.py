"""What is found reaches its target; where nothing does, the most that can be is told."""

from __future__ import annotations

import math

import numpy as np
import pytest

from proda_core.grid import LandGrid
from proda_core.process.transient import log_years
from proda_core.scenario import LIMITS, Scenario
from proda_core.simulation import GlobalModel, World, follow, targets
from proda_core.simulation.targets import IN_THE_END, Need, Target, gain_of, need, stock_share
from tests.columns import prior_mean, random_forcing


@pytest.fixture(scope="module")
def model() -> GlobalModel:
    place = np.linspace(-60.25, 70.25, 40)
    return GlobalModel(World(random_forcing(40, seed=5), prior_mean(40), LandGrid(place, 2 * place, np.full(40, 0.9))))


def found(model: GlobalModel, mechanism: str, target: Target) -> Need:
    return need(mechanism, target, gain_of(model, mechanism, target))


def test_a_tenth_more_carbon_takes_a_tenth_more_input(model: GlobalModel) -> None:
    answer = found(model, "carbon_input", Target(stock_share(model, 0.1, "full"), "full"))
    assert answer.change == pytest.approx(0.1, abs=2 * targets.TOLERANCE)


@pytest.mark.parametrize("mechanism", ["cue", "carbon_input", "baseline_decomposition", "environmental_modifier", "warming"])
@pytest.mark.parametrize("years", [IN_THE_END, 30.0])
def test_the_change_that_is_found_reaches_the_target(model: GlobalModel, mechanism: str, years: float) -> None:
    target = Target(stock_share(model, 0.002, "0.3m"), "0.3m", years)
    answer = found(model, mechanism, target)
    assert answer.change is not None
    scenario = Scenario().with_change(mechanism, answer.change)
    before = model.baseline.total[0]
    if years == IN_THE_END:
        after = model.respond(scenario).total[0]
    else:
        after = follow(model, scenario, log_years(0.05, 30.0, 80)).soc[-1, 0]
    assert after - before == pytest.approx(target.gain, rel=0.02)


def test_what_is_to_be_there_soon_takes_more(model: GlobalModel) -> None:
    gain = stock_share(model, 0.01, "1m")
    soon, late, end = (found(model, "carbon_input", Target(gain, "1m", years)).change for years in (30.0, 300.0, IN_THE_END))
    assert soon is not None
    assert late is not None
    assert end is not None
    assert soon > late > end > 0


def test_a_loss_takes_the_opposite(model: GlobalModel) -> None:
    answer = found(model, "cue", Target(-stock_share(model, 0.05, "1m"), "1m"))
    assert answer.change is not None
    assert answer.change < 0


@pytest.mark.parametrize("mechanism", LIMITS)
def test_out_of_range_the_most_that_can_be_is_told(model: GlobalModel, mechanism: str) -> None:
    answer = found(model, mechanism, Target(stock_share(model, 50.0, "1m"), "1m"))
    assert answer.change is None
    low, high = LIMITS[mechanism]
    tried = [
        float(model.respond(Scenario().with_change(mechanism, change)).total[1]) - float(model.baseline.total[1])
        for change in np.linspace(low, high, 21)
    ]
    assert answer.gain >= max(0.0, *tried) * (1 - 1e-3)
    assert low <= answer.at <= high


def test_of_two_ways_the_shorter_is_taken() -> None:
    answer = need("cue", Target(1.0), lambda change: 400 * change**2)  # at -0.05 and +0.05
    assert answer.change is not None
    assert abs(answer.change) == pytest.approx(0.05, abs=1e-4)
    lopsided = need("cue", Target(1.0), lambda change: (400 if change > 0 else 100) * change**2)
    assert lopsided.change == pytest.approx(0.05, abs=1e-4)


def test_a_top_between_the_ends_is_found() -> None:
    answer = need("cue", Target(9.0), lambda change: 5.0 - 5.0 * (change / 0.07 - 1) ** 2 if change else 0.0)
    assert answer.change is None
    assert answer.gain == pytest.approx(5.0, abs=1e-2)
    assert answer.at == pytest.approx(0.07, abs=2e-3)


def test_where_every_change_goes_the_other_way_the_answer_is_no_change() -> None:
    assert need("cue", Target(1.0), lambda change: -abs(change)) == Need("cue", None, 0.0, 0.0)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((0.0,), "other than zero"),
        ((math.nan,), "other than zero"),
        ((1.0, "3m"), "expected a depth out of"),
        ((1.0, "1m", 0.5), "one year"),
    ],
)
def test_targets_that_make_no_sense_are_refused(arguments: tuple[object, ...], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Target(*arguments)  # type: ignore[arg-type]


def test_four_per_mille_for_thirty_years_is_twelve_per_cent(model: GlobalModel) -> None:
    assert stock_share(model, targets.PER_MILLE * 30, "1m") == pytest.approx(0.12 * model.baseline.total[1])
