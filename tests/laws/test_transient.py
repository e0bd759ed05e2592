"""On the way to a new balance carbon is conserved, and the way is that of the exact solution."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.linalg
import torch

from proda_core import scenario, simulation
from proda_core.grid import LAYERS, LAYERS_CLM5
from proda_core.process import column, dense, linear, march, transient
from proda_core.scenario import LIMITS, Scenario
from tests.columns import prior_mean, random_forcing, random_parameters

THICKNESS = torch.as_tensor(LAYERS_CLM5.thickness[:LAYERS])
YEARS = transient.log_years()


def _terms(batch: int, seed: int = 0) -> column.Terms:
    return column.terms(random_parameters(batch, seed), random_forcing(batch, seed))


def _mean_terms(batch: int) -> column.Terms:
    """Columns whose slowest carbon still moves."""
    return column.terms(prior_mean(batch), random_forcing(batch, bedrock=12))


def test_nothing_changes_in_the_steady_state() -> None:
    terms = _terms(2_000)
    pools = column.solve(terms)
    gross = terms.turnover_rate[:, :, None] * terms.modifier[:, linear.MODIFIER_OF_POOL] * pools
    mixed = (terms.up + terms.down)[:, None] * pools
    change = column.tendency(terms, pools).abs()
    assert float((change / (gross + mixed).amax((1, 2), keepdim=True)).max()) < 1e-13


def test_tendency_is_source_less_matrix_times_pools() -> None:
    terms = _terms(50)
    pools = torch.rand(50, 7, 20, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    system = column.system(terms)
    expected = dense.source(system) - (dense.matrix(system) @ pools.reshape(50, -1, 1))[..., 0]
    assert torch.allclose(column.tendency(terms, pools).reshape(50, -1), expected, rtol=1e-12, atol=1e-12 * float(expected.max()))


def test_what_all_pools_gain_is_input_less_respiration() -> None:
    terms = _terms(500)
    pools = 1e3 * torch.rand(500, 7, 20, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    gained = (column.tendency(terms, pools) * THICKNESS).sum((1, 2))
    respired = column.respired(terms, pools)
    assert torch.allclose(gained, terms.litter_input.sum(1) - respired, rtol=0, atol=1e-12 * float(respired.max()))


@pytest.mark.parametrize("years", [1e-3, 1.0, 1e3, 1e9])
@pytest.mark.parametrize("backend", ["kernel", "torch"])
def test_one_step_conserves_carbon_and_is_never_negative(years: float, backend: linear.Backend) -> None:
    terms = _terms(300)
    before = 2 * column.solve(terms)
    before[::2] = 0
    after = column.step(terms, before, years, backend=backend)
    held_before, held_after = ((pools * THICKNESS).sum((1, 2)) for pools in (before, after))
    came_in, went_out = years * terms.litter_input.sum(1), years * column.respired(terms, after)
    imbalance = (held_after - held_before - (came_in - went_out)) / (held_before + came_in)
    assert float(imbalance.abs().max()) < 1e-10
    assert float(after.min()) >= 0


def test_a_short_step_follows_the_tendency() -> None:
    terms = _mean_terms(20)
    before = 0.5 * column.solve(terms)
    slope = (column.step(terms, before, 1e-6) - before) / 1e-6
    tendency = column.tendency(terms, before)
    assert torch.allclose(slope, tendency, rtol=0, atol=1e-4 * float(tendency.abs().max()))


def test_a_step_into_the_past_is_refused() -> None:
    terms = _terms(1)
    with pytest.raises(ValueError, match="expected a step longer than 0 years, got -1"):
        column.step(terms, column.solve(terms), -1.0)


@pytest.mark.parametrize("start", [0.0, 0.5, 3.0])
def test_the_way_ends_at_the_steady_state(start: float) -> None:
    terms = _mean_terms(100)
    balance = column.solve(terms)
    course = transient.follow(terms, start * balance, transient.log_years(last=1e16, count=60))
    assert torch.allclose(course.pools, balance, rtol=1e-10, atol=0)


def test_a_column_in_balance_stays_there() -> None:
    terms = _terms(500)
    balance = column.solve(terms)
    assert torch.allclose(transient.follow(terms, balance, YEARS).pools, balance, rtol=1e-10, atol=0)


@pytest.mark.parametrize(
    "change", [Scenario(cue=0.2), Scenario(carbon_input=-0.5), Scenario(warming=6.0, vertical_transport=0.5)]
)
def test_gain_is_input_less_respiration_at_every_step_across_the_prior(change: Scenario) -> None:
    terms = _terms(3_000)
    course = transient.follow(scenario.apply(change, terms), column.solve(terms), YEARS)
    assert float(course.imbalance.abs().max()) < 1e-10


def test_gain_is_input_less_respiration_at_every_step_in_every_land_cell() -> None:
    model = simulation.GlobalModel(simulation.load_world())
    course = simulation.follow(model, Scenario(cue=0.01, warming=2.0, carbon_input=0.1))
    assert course.imbalance < 1e-10
    gained = np.diff(course.carbon)
    assert np.allclose(gained, (course.carbon_input - course.respiration[1:]) * np.diff(course.years), rtol=0, atol=1e-8)


def test_stocks_and_respiration_are_positive_on_the_way_from_one_slider_corner_to_the_opposite() -> None:
    """Single pools may undershoot in steps that must take most of them away, see ``march``; what is reported does not."""
    terms = _terms(200)
    low, high = ({name: limits[side] for name, limits in LIMITS.items()} for side in (0, 1))
    for before, after in ((low, high), (high, low)):
        start = column.solve(scenario.apply(Scenario(**before), terms))
        course = transient.follow(scenario.apply(Scenario(**after), terms), start, YEARS)
        assert float(course.soc.min()) > 0
        assert float(course.respiration.min()) > 0


def _exact(terms: column.Terms, start: torch.Tensor, years: np.ndarray) -> np.ndarray:
    """SOC and all carbon (batch, time, 5) by the matrix exponential."""
    matrix, balance = dense.matrix(column.system(terms)).numpy(), column.solve(terms)
    found = np.empty((len(start), len(years), 5))
    for b in range(len(start)):
        excess = (start - balance)[b].reshape(-1).numpy()
        for t, year in enumerate(years):
            left = torch.as_tensor(scipy.linalg.expm(-matrix[b] * year) @ excess).reshape(1, 7, 20)
            found[b, t] = transient.stocks(balance[b : b + 1] + left)[0]
    return found


def _error(terms: column.Terms, start: torch.Tensor, steps: int) -> float:
    """Largest error of the stocks after 40 and more steps over the largest change."""
    years = transient.log_years(count=steps)
    course = transient.follow(terms, start, years)
    ours = torch.cat([course.soc, course.carbon[..., None]], 2).numpy()
    pick = np.linspace(steps // 3, steps - 1, 5).astype(int)
    exact = _exact(terms, start, years[pick])
    change = np.abs(exact - transient.stocks(start).numpy()[:, None]).max(1)
    return float((np.abs(ours[:, pick] - exact).max(1) / change).max())


def test_forty_steps_follow_the_matrix_exponential_and_more_steps_follow_it_to_second_order() -> None:
    """Halved steps leave a quarter of the error, within what differing places of comparison allow."""
    terms = _mean_terms(6)
    start = column.solve(scenario.apply(Scenario(cue=-0.05, warming=2.0), terms))
    coarse, fine = _error(terms, start, 40), _error(terms, start, 160)
    assert coarse < 1e-3
    assert fine < coarse / 10


def test_the_response_is_proportional_to_the_change_of_input_at_every_time() -> None:
    terms = _terms(200)
    start = column.solve(terms)
    one, five = (
        transient.follow(scenario.apply(Scenario(carbon_input=x), terms), start, YEARS).soc - transient.stocks(start)[:, None, :4]
        for x in (0.1, 0.5)
    )
    missed = (five - 5 * one).abs() / transient.stocks(start)[:, None, :4]
    assert float(missed.max()) < 1e-12


def test_elasticity_of_every_stock_to_input_is_one() -> None:
    terms = _terms(200)
    more = column.solve(replace(terms, litter_input=terms.litter_input * 1.01))
    elasticity = torch.log(transient.stocks(more) / transient.stocks(column.solve(terms))) / np.log(1.01)
    assert torch.allclose(elasticity, torch.ones_like(elasticity), rtol=0, atol=1e-11)


def test_the_compiled_form_is_the_readable_one() -> None:
    terms = _terms(301)
    start = 0.5 * column.solve(terms)
    fast, readable = (transient.follow(terms, start, YEARS, backend) for backend in ("kernel", "torch"))
    for name in ("soc", "carbon", "respiration", "pools"):
        assert torch.allclose(getattr(fast, name), getattr(readable, name), rtol=1e-11, atol=0), name


@pytest.mark.parametrize("years", [[0.0, 1.0], [1.0, 1.0], [2.0, 1.0], [], [1.0, float("nan")]])
def test_times_must_increase_from_above_zero(years: list[float]) -> None:
    terms = _terms(1)
    with pytest.raises(ValueError, match="expected years that increase from above zero, got"):
        transient.follow(terms, column.solve(terms), years)


def test_log_years_says_what_it_cannot_space() -> None:
    with pytest.raises(ValueError, match="expected 0 < first < last year and at least 2 times, got 5, 5 and 40"):
        transient.log_years(5, 5)


def test_a_march_sets_shift_and_source_itself() -> None:
    system = column.system(_terms(1))
    weights = torch.ones(1, 7, 20, dtype=torch.float64)
    with pytest.raises(ValueError, match="expected a system without extra source and shift"):
        march.march(system._replace(shift=1.0), weights, torch.ones(1), weights, weights)
    with pytest.raises(ValueError, match="expected steps longer than zero, got -1"):
        march.march(system, weights, torch.tensor([-1.0]), weights, weights)
