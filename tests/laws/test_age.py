"""Closed forms of age and transit time say what following the carbon says."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from proda_core import scenario, simulation
from proda_core.grid import LAYERS, LAYERS_CLM5, SOIL_POOLS
from proda_core.process import age, column, dense, transient
from tests.columns import prior_mean, random_forcing, random_parameters

THICKNESS = torch.as_tensor(LAYERS_CLM5.thickness[:LAYERS])


@pytest.fixture(scope="module")
def terms() -> column.Terms:
    return column.terms(random_parameters(300), random_forcing(300))


@pytest.fixture(scope="module")
def mean_terms() -> column.Terms:
    return column.terms(prior_mean(50), random_forcing(50, bedrock=12))


def test_transit_time_is_stock_over_flux(terms: column.Terms) -> None:
    found = age.ages(terms)
    stock = (found.pools * THICKNESS).sum((1, 2))
    assert torch.allclose(found.transit_time, stock / column.respired(terms, found.pools), rtol=1e-12)


def test_transit_time_is_the_mean_age_of_the_carbon_that_leaves(terms: column.Terms) -> None:
    """Two independent routes: from the stock, and from the ages of what is respired."""
    found = age.ages(terms)
    leaving = column.respired(terms, found.years_held) / column.respired(terms, found.pools)
    assert torch.allclose(leaving, found.transit_time, rtol=1e-10)


def test_column_age_is_that_of_the_dense_closed_form(mean_terms: column.Terms) -> None:
    system = column.system(mean_terms)
    held = torch.linalg.solve(dense.matrix(system), dense.solve(system).reshape(50, -1)).reshape(50, 7, 20)
    expected = (held * THICKNESS).sum((1, 2)) / (dense.solve(system) * THICKNESS).sum((1, 2))
    assert torch.allclose(age.ages(mean_terms).column_age, expected, rtol=1e-6)


def test_woody_debris_is_as_old_as_its_turnover(terms: column.Terms) -> None:
    """It neither moves nor receives: one pool with one rate, whose mean age is the reciprocal."""
    found = age.ages(terms).age[:, 0]
    there = ~found.isnan()
    expected = 1 / (terms.turnover_rate[:, :1] * terms.modifier[:, 0])
    assert torch.allclose(found[there], expected[there], rtol=1e-12)


def test_age_is_the_time_an_empty_soil_lacks(mean_terms: column.Terms) -> None:
    """Carbon younger than t is what a soil that starts empty has gathered by t, so the lack, summed over time, is the age."""
    found = age.ages(mean_terms)
    years = transient.log_years(1e-3, 1e13, 3_000)
    course = transient.follow(mean_terms, torch.zeros_like(found.pools), years)
    stock = (found.pools * THICKNESS).sum((1, 2))
    lack = torch.cat([torch.ones(50, 1, dtype=torch.float64), 1 - course.carbon / stock[:, None]], dim=1).numpy()
    summed = np.trapezoid(lack, np.concatenate([[0.0], years]), axis=1)
    assert np.allclose(summed, found.column_age.numpy(), rtol=2e-3)


def test_passive_carbon_is_the_oldest_soil_carbon(mean_terms: column.Terms) -> None:
    """Fast carbon may be older than slow: it receives what passive carbon hands on."""
    found = age.ages(mean_terms)
    by_pool = (found.years_held * THICKNESS).sum(2) / (found.pools * THICKNESS).sum(2)
    fast, slow, passive = by_pool[:, SOIL_POOLS].unbind(1)
    assert bool((passive > slow).all())
    assert bool((passive > fast).all())


def test_deeper_carbon_is_older_in_every_land_cell() -> None:
    world = simulation.load_world()
    found = simulation.carbon_age(simulation.GlobalModel(world))
    thaws = world.forcing.active_layer.numpy() > 0  # where it never does, all carbon lies in the top layer
    assert np.all(np.diff(found.soc_age[:, thaws], axis=0) > 0)
    assert np.allclose(found.soc_age[:, ~thaws], found.soc_age[0, ~thaws], rtol=1e-12)
    assert np.all(np.diff(found.global_soc_age) > 0)
    assert np.all(found.column_age > found.transit_time)


def test_ages_do_not_depend_on_how_much_comes_in(terms: column.Terms) -> None:
    more = age.ages(scenario.apply(scenario.Scenario(carbon_input=0.5), terms))
    assert torch.allclose(more.column_age, age.ages(terms).column_age, rtol=1e-12)


def test_ages_are_differentiable(mean_terms: column.Terms) -> None:
    """Faster turnover by one percent is a younger soil, as the gradient says."""
    rate = mean_terms.turnover_rate.clone().requires_grad_()
    (slope,) = torch.autograd.grad(age.ages(replace(mean_terms, turnover_rate=rate)).column_age.sum(), rate)
    step = 1e-5
    above, below = (
        age.ages(replace(mean_terms, turnover_rate=mean_terms.turnover_rate * (1 + s))).column_age for s in (step, -step)
    )
    expected = (above - below) / (2 * step)
    assert torch.allclose((slope * mean_terms.turnover_rate).sum(1), expected, rtol=1e-6)
