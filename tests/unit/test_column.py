"""The entry points refuse what cannot be and treat every batch alike."""

import os
import signal
import time
import warnings
from dataclasses import replace

import pytest
import torch

from proda_core import parameters
from proda_core.process import cascade, column, environment, litter
from proda_core.variables import VariableError
from tests.columns import prior_mean, random_forcing, random_parameters


def test_a_column_does_not_depend_on_its_neighbours_in_the_batch() -> None:
    physical, forcing = random_parameters(300), random_forcing(300)
    whole = column.steady_state(physical, forcing)
    alone = column.steady_state(physical[17:18], forcing.rows(slice(17, 18)))
    assert torch.equal(whole[17:18], alone)


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        (
            "soil_temperature",
            torch.full((2, 20, 12), 15.0),
            r"expected soil_temperature \[K\] within 180\.\.350, got 15\.\.15; given in",
        ),
        ("soil_temperature", torch.full((2, 12, 20), 280.0), r"\(batch, layer, month\) = \(2, 20, 12\), got \(2, 12, 20\)"),
        ("oxygen_scalar", torch.full((2, 20, 12), 90.0), "given in %"),
        ("water_scalar", torch.full((2, 20, 12), float("nan")), "expected finite water_scalar"),
        ("litter_input", torch.zeros(2, 3), r"expected litter_input with shape \(batch, litter\) = \(2, 4\), got \(2, 3\)"),
        ("active_layer", [1.0, 2.0], "expected active_layer as a torch.Tensor, got list"),
    ],
)
def test_bad_forcing_is_named(name: str, values: object, message: str) -> None:
    with pytest.raises(VariableError, match=message):
        replace(random_forcing(2), **{name: values})  # type: ignore[arg-type]


def _with(name: str, value: float) -> torch.Tensor:
    physical = prior_mean(2)
    physical[:, parameters.INDEX[name]] = value
    return physical


@pytest.mark.parametrize(
    ("physical", "message"),
    [
        (prior_mean(3), r"batch 2 as in the forcing, got \(3, 21\)"),
        (prior_mean(2)[:, :20], r"expected 21 parameters along the last axis, got shape \(2, 20\)"),
        (_with("q10", float("nan")), "expected finite parameters"),
        (_with("tau4s3", -1.0), r"expected tau4s3 \[yr\] within 20\.\.10000, got -1\.\.-1"),
        (_with("tau4s2", 0.0), r"expected tau4s2 \[yr\] within 0\.1\.\.500, got 0\.\.0"),
        (_with("q10", 0.0), r"expected q10 \[1\] within"),
        (_with("fcwdl2", 1.3), r"expected fcwdl2 \[1\] within 0\.\.1, got 1\.3\.\.1\.3"),
        (torch.as_tensor(parameters.PRODA_MEAN).repeat(2, 1), r"normalised values\? use parameters\.to_physical\(\)"),
        (_with("beta", 1.0), r"expected beta \[1\] within 0\.\.1, got 1\.\.1"),
        (_with("fs2s1", 0.99), "sum to at most 1 for each donor, got 1.021"),
    ],
)
def test_bad_parameters_are_named(physical: torch.Tensor, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        column.steady_state(physical, random_forcing(2))


def test_a_cascade_that_never_respires_is_refused() -> None:
    physical = prior_mean(2)
    for id_, value in {"fs1s2": 0.95, "fs1s3": 0.05, "fs2s1": 0.9, "fs2s3": 0.1, "fs3s1": 1.0}.items():
        physical[:, parameters.INDEX[id_]] = value
    with pytest.raises(ValueError, match="expected some respiration, got soil pools that hand on all their carbon for ever"):
        column.steady_state(physical, random_forcing(2))


def test_single_precision_forcing_is_computed_in_double() -> None:
    forcing = random_forcing(50)
    single = {
        name: getattr(forcing, name).float() for name in ("soil_temperature", "water_scalar", "oxygen_scalar", "litter_input")
    }
    coarse = replace(forcing, **single)
    exact = replace(forcing, **{name: values.double() for name, values in single.items()})
    pools = column.steady_state(prior_mean(50), coarse)
    assert pools.dtype == torch.float64
    assert torch.allclose(pools, column.steady_state(prior_mean(50), exact), rtol=1e-13)
    assert torch.allclose(column.steady_state(prior_mean(50).float(), exact), pools, rtol=1e-5)


def test_the_kernel_names_what_it_cannot_take() -> None:
    system = column.system(column.terms(prior_mean(2), random_forcing(2)))
    with pytest.raises(ValueError, match=r"expected float64 on cpu for the kernel, got torch\.float32 on cpu"):
        column.linear.solve(column.linear.System._make([t.float() for t in system[:8]] + [0.0]), "kernel")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_can_solve() -> None:
    """A fork inherits the kernel's thread pool but not its threads."""
    physical, forcing = prior_mean(1000), random_forcing(1000)
    expected = float(column.steady_state(physical, forcing).sum())
    terms = column.terms(physical, forcing)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of fork with threads: the very case
        child = os.fork()
    if child == 0:
        same = abs(float(column.solve(terms).numpy().sum()) / expected - 1) < 1e-9
        os._exit(0 if same else 1)
    deadline = time.monotonic() + 60
    while (done := os.waitpid(child, os.WNOHANG)) == (0, 0) and time.monotonic() < deadline:
        time.sleep(0.02)
    if done == (0, 0):
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    assert done != (0, 0), "the forked process hangs"
    assert os.waitstatus_to_exitcode(done[1]) == 0


def test_layers_are_counted_in_whole_numbers() -> None:
    with pytest.raises(VariableError, match="expected bedrock_layer in whole numbers, got fractions"):
        replace(random_forcing(2), bedrock_layer=torch.tensor([6.5, 7.0]))


def test_warmer_soil_holds_less_carbon() -> None:
    forcing = random_forcing(100)
    warmer = replace(forcing, soil_temperature=forcing.soil_temperature + 2)
    cold, warm = (column.steady_state(prior_mean(100), f)[:, 4:].sum((1, 2)) for f in (forcing, warmer))
    assert bool((warm < cold).all())


def test_warming_factor_is_what_warmer_soil_does() -> None:
    """Uniform warming multiplies every rate by q10**(dT/10), so a slider need not touch the monthly forcing."""
    forcing, q10 = random_forcing(5), torch.full((5,), 2.0, dtype=torch.float64)
    before = environment.temperature_scalar(forcing.soil_temperature, q10)
    after = environment.temperature_scalar(forcing.soil_temperature + 3, q10)
    assert torch.allclose(after, before * environment.warming_factor(q10, 3.0)[:, None, None], rtol=1e-12)


def test_water_scalar_is_clipped_at_one() -> None:
    ones = torch.ones(1, 20, 12, dtype=torch.float64)
    q10, scaling = torch.ones(1, dtype=torch.float64), torch.full((1,), 5.0, dtype=torch.float64)
    _, water, soil, lit = environment.monthly_means(q10, scaling, 280 * ones, 0.5 * ones, ones, 0.7 * ones)
    assert float(water.max()) == 1
    assert torch.allclose(lit, 0.7 * soil)


def test_monthly_means_pass_gradcheck() -> None:
    generator = torch.Generator().manual_seed(0)
    scalars = [0.1 + 0.8 * torch.rand(2, 3, 12, generator=generator, dtype=torch.float64) for _ in range(3)]
    temperature = 280 + 10 * torch.rand(2, 3, 12, generator=generator, dtype=torch.float64)
    q10, scaling = torch.tensor([1.5, 2.5], dtype=torch.float64), torch.tensor([0.7, 1.6], dtype=torch.float64)
    inputs = tuple(t.clone().requires_grad_() for t in (q10, scaling, temperature, *scalars))
    assert torch.autograd.gradcheck(environment.monthly_means, inputs, atol=1e-7)


def test_input_shares_sum_to_one_and_reach_deeper_with_larger_beta() -> None:
    beta = torch.tensor([0.5, 0.9, 0.9999], dtype=torch.float64)
    share = litter.depth_share(beta, torch.zeros(3, dtype=torch.bool))
    assert torch.allclose(share.sum(1), torch.ones(3, dtype=torch.float64), rtol=1e-14)
    depth = (share * torch.arange(20)).sum(1)
    assert bool((depth.diff() > 0).all())
    assert bool((share >= 0).all())


def test_input_goes_to_the_first_layer_where_soil_never_thaws() -> None:
    share = litter.depth_share(torch.tensor([0.9], dtype=torch.float64), torch.tensor([True]))
    assert share[0].tolist() == [1.0] + [0.0] * 19


def test_allocation_reads_beta_back() -> None:
    beta = torch.tensor([0.7, 0.8, 0.95], dtype=torch.float64)
    profile = litter.input_profile(beta, torch.zeros(3, dtype=torch.bool))
    assert torch.allclose(litter.allocation(profile), beta, rtol=1e-3)


def test_no_pool_hands_on_more_than_it_loses() -> None:
    fraction = cascade.transfer_fraction(random_parameters(500))
    scaled = cascade.scale_transfers(fraction, 3.0)
    assert float(cascade.handed_on(scaled).max()) <= 1 + 1e-12
    assert torch.equal(scaled[:, 8:], fraction[:, 8:])
    gentle = cascade.scale_transfers(fraction, 1.01)
    assert torch.allclose(gentle[:, :8], 1.01 * fraction[:, :8], rtol=1e-14)
