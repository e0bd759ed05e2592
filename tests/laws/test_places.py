"""The compiled way from parameters to SOC is the model of ``column``, only faster, in value and in gradient."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from proda_core import parameters
from proda_core.process import column, kernel, transport
from proda_core.process.places import Places
from tests.columns import random_forcing

Tensor = torch.Tensor
TAUCWD = parameters.INDEX["taucwd"]


def _inside(batch: int, seed: int = 0) -> Tensor:
    """Physical parameters drawn from the prior, a fiftieth of its width away from the lower bound (batch, 21)."""
    generator = torch.Generator().manual_seed(seed)
    unit = 0.02 + 0.98 * torch.rand(batch, parameters.COUNT, generator=generator, dtype=torch.float64)
    return parameters.to_physical(unit)


def _forcing(batch: int, seed: int = 0) -> column.Forcing:
    """Random forcing with bedrock anywhere; a tenth never thaws, others are churned by frost or mixed by animals."""
    forcing = random_forcing(batch, seed)
    assert bool((forcing.active_layer == 0).any())
    assert int(forcing.bedrock_layer.unique().numel()) == 25
    return forcing


def _reference(physical: Tensor, forcing: column.Forcing) -> Tensor:
    return column.steady_state(physical, forcing)[:, 4:].sum(1)


def _every(batch: int) -> Tensor:
    return torch.arange(batch)


def test_soc_is_that_of_the_column_to_round_off() -> None:
    physical, forcing = _inside(3000), _forcing(3000)
    assert torch.allclose(Places(forcing).soc(physical, _every(3000)), _reference(physical, forcing), rtol=1e-12, atol=0)


def test_soc_is_that_of_the_column_where_open_bounds_are_touched() -> None:
    """x = 0 for the parameters that may not vanish: both ways raise them to the same floor."""
    physical, forcing = _inside(300, seed=1), _forcing(300, seed=1)
    for i, id_ in enumerate(("efolding", "taul1", "tau4s1", "w_scaling")):
        physical[i::4, parameters.INDEX[id_]] = 0.0
    assert torch.allclose(Places(forcing).soc(physical, _every(300)), _reference(physical, forcing), rtol=1e-12, atol=0)


def test_gradients_are_those_of_the_column() -> None:
    """Of a random projection of SOC, within 1e-9 of each parameter's largest.

    Not compared for taucwd: woody debris is not mixed, so in steady state whatever falls on a layer also leaves it there, however
    long it stays.  Its turnover time does not touch the soil at all, and its gradient is round-off in both ways.
    """
    batch = 800
    physical, forcing = _inside(batch), _forcing(batch)
    projection = torch.rand(batch, 20, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    gradients = []
    for solve in (lambda p: Places(forcing).soc(p, _every(batch)), lambda p: _reference(p, forcing)):
        leaf = physical.clone().requires_grad_()
        soc = solve(leaf)
        # each column weighs alike: otherwise the largest would hide the others
        gradients.append(torch.autograd.grad((projection * soc).sum(1).log().sum(), leaf)[0])
    ours, theirs = gradients
    largest = theirs.abs().amax(0)
    compared = torch.arange(parameters.COUNT) != TAUCWD
    assert bool((largest[compared] > 0).all())
    assert float(((ours - theirs).abs() / largest)[:, compared].max()) < 1e-9
    assert float(torch.cat(gradients)[:, TAUCWD].abs().max()) < 1e-10


def test_gradients_are_finite_differences() -> None:
    """Relative change of SOC summed over depth, for a small step of one parameter after the other."""
    batch = 60
    physical, forcing = _inside(batch, seed=4), _forcing(3000).rows(slice(0, batch))
    places, span = Places(forcing), torch.as_tensor(parameters.UPPER - parameters.LOWER)

    def total(p: Tensor) -> Tensor:
        return places.soc(p, _every(batch)).sum(1).log()

    leaf = physical.clone().requires_grad_()
    gradient = torch.autograd.grad(total(leaf).sum(), leaf)[0] * span
    for i, id_ in enumerate(parameters.IDS):
        step = torch.zeros(parameters.COUNT, dtype=torch.float64)
        step[i] = 1e-6 * span[i]
        difference = (total(physical + step) - total(physical - step)) / 2e-6
        # the water scalar has kinks where water stops to limit: a step across one is half of each side
        close = torch.isclose(gradient[:, i], difference, rtol=1e-4, atol=1e-7)
        assert float(close.double().mean()) >= (0.95 if id_ == "w_scaling" else 1.0), id_


def test_diffusivity_of_the_other_kind_does_not_matter() -> None:
    physical, forcing = _inside(400, seed=5), _forcing(400, seed=5)
    thaw = torch.maximum(forcing.active_layer, forcing.active_layer_last_year)
    leaf = physical.clone().requires_grad_()
    gradient = torch.autograd.grad(Places(forcing).soc(leaf, _every(400)).sum(), leaf)[0]
    shallow, deep = thaw <= transport.CRYOTURBATION_LIMIT, thaw > transport.CRYOTURBATION_LIMIT
    assert bool((gradient[shallow, parameters.INDEX["diffus"]] == 0).all())
    assert bool((gradient[deep, parameters.INDEX["cryo"]] == 0).all())
    assert bool(gradient[deep, parameters.INDEX["diffus"]].any())


def test_many_rows_at_few_places_equal_one_row_each() -> None:
    """In any order; rows of a place need not stand together."""
    forcing = _forcing(300, seed=6)
    few = forcing.rows(slice(0, 5))
    physical = _inside(203, seed=7)
    place = torch.randint(0, 5, (203,), generator=torch.Generator().manual_seed(3))
    gradients, values = [], []
    for places, which in ((Places(few), place), (Places(few.rows(place)), _every(203))):
        leaf = physical.clone().requires_grad_()
        values.append(places.soc(leaf, which))
        gradients.append(torch.autograd.grad(values[-1].square().sum(), leaf)[0])
    assert torch.equal(*values)
    assert torch.equal(*gradients)


def test_a_row_does_not_depend_on_its_neighbours_nor_on_what_they_hold() -> None:
    physical, places = _inside(40, seed=8), Places(_forcing(300, seed=8).rows(slice(0, 40)))
    whole = places.soc(physical, _every(40))
    assert torch.equal(places.soc(physical[17:18], torch.tensor([17])), whole[17:18])
    physical[3] = torch.nan
    broken = places.soc(physical, _every(40))
    kept = _every(40) != 3
    assert torch.equal(broken[kept], whole[kept])
    assert bool(broken[3].isnan().all())


def test_threads_do_not_change_a_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    physical, places = _inside(1000, seed=9), Places(_forcing(1000, seed=9))
    gradient = torch.rand(1000, 20, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    monkeypatch.setattr(kernel, "_limit", kernel._limit)  # put back at the end
    results = []
    for threads in (1, 2):
        kernel.limit_threads(threads)
        soc, kept = places.forward(physical, _every(1000))
        results.append((soc, places.backward(physical, _every(1000), kept, gradient)))
    assert torch.equal(results[0][0], results[1][0])
    assert torch.equal(results[0][1], results[1][1])


def test_forcing_in_single_precision_is_computed_in_double() -> None:
    physical, forcing = _inside(50), _forcing(3000).rows(slice(0, 50))
    single = {name: getattr(forcing, name).float() for name in ("soil_temperature", "water_scalar", "litter_input")}
    coarse = replace(forcing, **single)
    soc = Places(coarse).soc(physical, _every(50))
    assert soc.dtype == torch.float64
    assert torch.allclose(soc, _reference(physical, coarse), rtol=1e-12, atol=0)
