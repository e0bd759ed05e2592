"""The structured solve is the dense solve, only faster; its gradients are finite differences, only exact."""

from dataclasses import replace

import pytest
import torch

from proda_core.process import column, dense, linear
from tests.columns import prior_mean, random_forcing, random_parameters


def _system(batch: int, layers: int, seed: int = 0) -> linear.System:
    generator = torch.Generator().manual_seed(seed)

    def uniform(*shape: int) -> torch.Tensor:
        return torch.rand(*shape, generator=generator, dtype=torch.float64)

    up, down = 0.2 * uniform(batch, layers), 0.2 * uniform(batch, layers)
    up[:, 0], down[:, -1] = 0, 0
    fraction = 0.45 * uniform(batch, 10)
    return linear.System(
        rate=0.1 + 3 * uniform(batch, 7),
        modifier=0.05 + uniform(batch, 2, layers),
        fraction=fraction,
        up=up,
        down=down,
        inflow=uniform(batch, 4),
        profile=uniform(batch, layers),
        extra=uniform(batch, 7, layers),
        shift=0.3,
    )


@pytest.mark.parametrize("backend", ["kernel", "torch"])
@pytest.mark.parametrize("batch", [1, 15, 16, 17, 300])
def test_structured_equals_dense(backend: linear.Backend, batch: int) -> None:
    system = _system(batch, 20)
    assert torch.allclose(linear.solve(system, backend), dense.solve(system), rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("backend", ["kernel", "torch"])
def test_structured_equals_dense_on_soil(backend: linear.Backend) -> None:
    """Soil columns with published mean parameters; the dense solve itself loses a few digits here."""
    system = column.system(column.terms(prior_mean(100), random_forcing(100)))
    ours, theirs = linear.solve(system, backend), dense.solve(system)
    assert float(((ours - theirs).abs().amax((1, 2)) / theirs.amax((1, 2))).max()) < 1e-9


def test_the_two_forms_agree_to_round_off_across_the_prior() -> None:
    system = column.system(column.terms(random_parameters(5_000), random_forcing(5_000)))
    kernel, reference = linear.solve(system, "kernel"), linear.solve(system, "torch")
    assert torch.allclose(kernel, reference, rtol=1e-12, atol=0)


def test_the_two_adjoints_agree_to_round_off() -> None:
    system = _system(100, 20)
    solution = linear.solve(system)
    gradient = torch.randn(solution.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    pairs = zip(
        linear.kernel.adjoint(system, solution, gradient), linear.adjoint_reference(system, solution, gradient), strict=True
    )
    for kernel, reference in pairs:
        assert torch.allclose(kernel, reference, rtol=1e-10, atol=1e-12 * float(reference.abs().max()))


@pytest.mark.parametrize("backend", ["kernel", "torch"])
def test_adjoint_passes_gradcheck(backend: linear.Backend) -> None:
    system = _system(3, 5)
    inner_up, inner_down = system.up[:, 1:].clone(), system.down[:, :-1].clone()
    zero = torch.zeros(3, 1, dtype=torch.float64)

    def solution(rate, modifier, fraction, up, down, inflow, profile, extra):  # type: ignore[no-untyped-def]
        up, down = torch.cat([zero, up], 1), torch.cat([down, zero], 1)
        return linear.solve(linear.System(rate, modifier, fraction, up, down, inflow, profile, extra, 0.3), backend)

    inputs = (system.rate, system.modifier, system.fraction, inner_up, inner_down, system.inflow, system.profile, system.extra)
    assert torch.autograd.gradcheck(solution, tuple(t.clone().requires_grad_() for t in inputs), atol=1e-6, rtol=1e-6)


def test_gradients_of_the_steady_state_equal_finite_differences() -> None:
    """With respect to all 21 parameters, the monthly forcing and the input, in relative terms."""
    physical, forcing = random_parameters(4, seed=3), random_forcing(4, seed=3, bedrock=12)
    physical[:, 3] = physical[:, 3].clamp(min=0.3)

    def total(p, temperature, water, oxygen, nitrogen, inflow):  # type: ignore[no-untyped-def]
        changed = replace(
            forcing,
            soil_temperature=temperature,
            water_scalar=water,
            oxygen_scalar=oxygen,
            nitrogen_scalar=nitrogen,
            litter_input=inflow,
        )
        return column.steady_state(p, changed)[:, 4:].sum((1, 2)).log()

    inputs = (
        physical,
        forcing.soil_temperature,
        forcing.water_scalar * 0.19,
        forcing.oxygen_scalar * 0.9,
        forcing.nitrogen_scalar * 0.9,
        forcing.litter_input,
    )
    leaves = [t.clone().requires_grad_() for t in inputs]
    gradients = torch.autograd.grad(total(*leaves).sum(), leaves)
    generator = torch.Generator().manual_seed(0)
    for position, (value, gradient) in enumerate(zip(inputs, gradients, strict=True)):
        direction = torch.rand(value.shape, generator=generator, dtype=torch.float64) * value * 1e-4
        if position == 1:
            direction = direction * 1e-3
        above, below = list(inputs), list(inputs)
        above[position], below[position] = value + direction, value - direction
        difference = (total(*above) - total(*below)) / 2
        expected = (gradient * direction).flatten(1).sum(1)
        assert torch.allclose(difference, expected, rtol=2e-5, atol=1e-12), position


def test_every_parameter_matters_somewhere() -> None:
    leaf = random_parameters(200).requires_grad_()
    column.steady_state(leaf, random_forcing(200)).sum().backward()
    assert leaf.grad is not None
    assert bool((leaf.grad.abs().amax(0) > 0).all())
    assert bool(torch.isfinite(leaf.grad).all())


def test_integrals_of_the_kernel_are_sums_of_its_solution() -> None:
    system = _system(301, 20)
    generator = torch.Generator().manual_seed(2)
    shared = torch.rand(4, 20, generator=generator, dtype=torch.float64)
    own = torch.rand(301, 2, 20, generator=generator, dtype=torch.float64)
    expected = linear.integrals(linear.solve(system), shared, own)
    assert torch.allclose(linear.integrate(system, shared, own), expected, rtol=1e-13)
