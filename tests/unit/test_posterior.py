"""The log posterior is what its formula says, computed another way; profiles of a batch do not touch one another."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import xarray as xr
from scipy import integrate, stats

from proda_core import parameters
from proda_core.assimilation import operator
from proda_core.assimilation.error_model import ErrorModel
from proda_core.assimilation.posterior import Default, Observations, Published, published_annealing
from proda_core.assimilation.streams import Streams
from proda_core.process import column
from proda_core.process.places import Places
from tests.columns import random_forcing

pytestmark = pytest.mark.usefixtures("one_thread")

Tensor = torch.Tensor
ERROR = ErrorModel(0.25, 3.0)
LAYERS_OF = (3, 1, 5, 2)
"""Observed layers of the four profiles."""


def _profiles(layers: tuple[int, ...] = LAYERS_OF, seed: int = 0) -> xr.Dataset:
    rng = np.random.default_rng(seed)
    edges = [np.concatenate([[0.0], rng.uniform(0.05, 0.4, n).cumsum()]) for n in layers]
    return xr.Dataset(
        {
            "profile_id": ("profile", [f"P{i}" for i in range(len(layers))]),
            "profile_index": ("observation", np.repeat(np.arange(len(layers)), layers)),
            "layer_top": ("observation", np.concatenate([edge[:-1] for edge in edges])),
            "layer_bottom": ("observation", np.concatenate([edge[1:] for edge in edges])),
            "soc_density": ("observation", rng.uniform(3e3, 4e4, sum(layers))),
        }
    )


FORCING = random_forcing(len(LAYERS_OF), seed=3, bedrock=15)


def _default(profiles: xr.Dataset | None = None) -> Default:
    return Default(Observations.from_profiles(_profiles() if profiles is None else profiles), Places(FORCING), error=ERROR)


def _published(profiles: xr.Dataset | None = None) -> Published:
    return Published(Observations.from_profiles(_profiles() if profiles is None else profiles), Places(FORCING))


def _states(chains: int, seed: int = 0) -> Tensor:
    return Streams(seed, [f"P{i}" for i in range(len(LAYERS_OF))]).normal(chains, parameters.COUNT)


def _soc(unit: np.ndarray, profile: int) -> np.ndarray:
    """SOC density by the general solver (20,)."""
    physical = torch.as_tensor(parameters.to_physical(unit))[None]
    return column.steady_state(physical, FORCING.rows(slice(profile, profile + 1)))[0, 4:].sum(0).numpy()


def _layers(profile: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    table = _profiles()
    own = table["profile_index"].values == profile
    top, bottom, observed = (table[name].values[own] for name in ("layer_top", "layer_bottom", "soc_density"))
    return top, bottom, observed


def _residual(state: np.ndarray, profile: int) -> np.ndarray:
    """ln observed - ln modelled, the mean over a layer taken on a fine grid."""
    top, bottom, observed = _layers(profile)
    soc = _soc(stats.norm.cdf(state), profile)
    fine = np.linspace(top, bottom, 20_001)
    return np.log(observed) - np.log(np.trapezoid(np.interp(fine, operator.NODE, soc), fine, axis=0) / (bottom - top))


def _log_marginal(residual: np.ndarray) -> float:
    """ln of prod_i N(r_i; 0, s^2), averaged over s^2 by quadrature: nu S^2 / s^2 is chi-square with nu degrees of freedom."""

    def density(log_variance: float) -> float:
        variance = math.exp(log_variance)
        scaled = ERROR.degrees * ERROR.size**2 / variance
        # d(scaled) = scaled d(ln variance)
        return float(
            np.prod(stats.norm.pdf(residual, scale=math.sqrt(variance))) * stats.chi2.pdf(scaled, ERROR.degrees) * scaled
        )

    return math.log(integrate.quad(density, -14, 14, limit=400, epsabs=0, epsrel=1e-11)[0])


def test_the_default_value_is_the_prior_times_the_likelihood_with_the_error_size_integrated_out() -> None:
    """By general solver and quadrature; differences between states, as the value is up to a constant of each profile."""
    states = _states(3)
    found = _default().value(states).numpy()
    for profile in range(len(LAYERS_OF)):
        expected = np.array(
            [_log_marginal(_residual(state, profile)) + stats.norm.logpdf(state).sum() for state in states[profile].numpy()]
        )
        assert np.allclose(np.diff(found[profile]), np.diff(expected), rtol=1e-6, atol=1e-6)


def test_the_default_gradient_is_finite_differences() -> None:
    target, states, h = _default(), _states(2, seed=1), 1e-5
    value, gradient = target.value_and_gradient(states)
    assert torch.allclose(value, target.value(states), rtol=1e-13)
    steps = h * torch.eye(parameters.COUNT, dtype=torch.float64)
    moved = [(states[:, :, None] + sign * steps).flatten(1, 2) for sign in (1, -1)]
    difference = ((target.value(moved[0]) - target.value(moved[1])) / (2 * h)).view_as(states)
    assert torch.allclose(gradient, difference, rtol=1e-5, atol=2e-6)


def test_the_data_matter_and_the_prior_alone_does_not_explain_the_gradient() -> None:
    states = _states(2, seed=1)
    by_data = _default().value_and_gradient(states)[1] + states
    informed = by_data.abs().amax((0, 1)) > 1e-3
    assert informed.tolist() == [id_ != "taucwd" for id_ in parameters.IDS]


@pytest.mark.parametrize("make", [_default, _published])
def test_more_padding_does_not_change_values(make) -> None:  # type: ignore[no-untyped-def]
    """Beside a profile with many layers the others are padded more; what they hold stays the same."""
    table = _profiles()
    few = make(table.isel(profile=[0, 1], observation=slice(0, 4)))
    many = make(table)
    assert few.observations.seen.shape[1] < many.observations.seen.shape[1]
    unit = torch.special.ndtr(_states(3))
    assert torch.allclose(few.value(unit[:2]), many.value(unit)[:2], rtol=1e-14)


@pytest.mark.parametrize("make", [_default, _published])
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_states_that_are_not_finite_touch_no_others(make, bad: float) -> None:  # type: ignore[no-untyped-def]
    """Nor can they be accepted: their value is not finite."""
    target, states = make(), torch.special.ndtr(_states(3))
    whole = target.value(states)
    states[1, 2, 5] = bad
    broken = target.value(states)
    kept = torch.ones(broken.shape, dtype=torch.bool)
    kept[1, 2] = False
    assert torch.equal(broken[kept], whole[kept])
    assert not bool(torch.isfinite(broken[1, 2]))
    if isinstance(target, Default):
        assert torch.equal(target.value_and_gradient(states)[0][kept], whole[kept])


def test_an_observation_that_is_not_a_number_touches_no_other_profile() -> None:
    table, states = _profiles(), _states(3)
    whole_value, whole_gradient = _default(table).value_and_gradient(states)
    soc = table["soc_density"].values.copy()
    soc[LAYERS_OF[0]] = np.nan  # the one layer of the second profile
    value, gradient = _default(table.assign(soc_density=("observation", soc))).value_and_gradient(states)
    kept = [0, 2, 3]
    assert torch.equal(value[kept], whole_value[kept])
    assert torch.equal(gradient[kept], whole_gradient[kept])
    assert bool(value[1].isnan().all())


@pytest.mark.parametrize("make", [_default, _published])
def test_some_of_the_profiles_are_those_profiles(make) -> None:  # type: ignore[no-untyped-def]
    target, unit, which = make(), torch.special.ndtr(_states(3)), torch.tensor([2, 0])
    part = target.rows(which)
    assert type(part) is type(target)
    assert torch.allclose(part.value(unit[which]), target.value(unit)[which], rtol=1e-14)
    again = part.rows(torch.tensor([1]))
    assert torch.allclose(again.value(unit[:1]), target.value(unit)[:1], rtol=1e-14)


def test_several_profiles_may_share_a_place() -> None:
    observations = Observations.from_profiles(_profiles())
    shared = Default(observations, Places(FORCING.rows(slice(0, 2))), torch.tensor([1, 0, 1, 1]), ERROR)
    apart = Default(observations, Places(FORCING.rows(torch.tensor([1, 0, 1, 1]))), error=ERROR)
    assert torch.equal(shared.value(_states(2)), apart.value(_states(2)))


def test_starts_are_draws_from_the_prior() -> None:
    names = [f"P{i}" for i in range(len(LAYERS_OF))]
    for target in (_default(), _published()):
        start = target.start(Streams(0, names), 200)
        assert start.shape == (4, 200, parameters.COUNT)
        assert bool(torch.isfinite(target.value(start)).all())
        assert stats.kstest(target.to_unit(start).flatten().numpy(), "uniform").pvalue > 1e-3


def test_error_sizes_are_drawn_from_what_the_residuals_leave() -> None:
    """(nu S^2 + sum r^2) / s^2 is chi-square with nu + n degrees of freedom."""
    target, states, draws = _default(), _states(1), 4000
    soc = target.soc(target.to_unit(states))
    size = target.error_size(soc.expand(-1, draws, -1), Streams(5, list("abcd"))).numpy()
    for profile, layers in enumerate(LAYERS_OF):
        squares = (_residual(states[profile, 0].numpy(), profile) ** 2).sum()
        scaled = (ERROR.degrees * ERROR.size**2 + squares) / size[profile] ** 2
        assert stats.kstest(scaled, stats.chi2(ERROR.degrees + layers).cdf).pvalue > 1e-3


def test_each_observation_given_the_others_is_the_joint_density_over_that_of_the_others() -> None:
    target, states = _default(), _states(2)
    residual, scale, degrees = (part.numpy() for part in target.each_given_others(target.soc(target.to_unit(states))))
    for profile, chain in ((0, 0), (0, 1), (1, 0), (3, 1)):
        own = _residual(states[profile, chain].numpy(), profile)
        for i in range(len(own)):
            others = np.delete(own, i)
            expected = _log_marginal(own) - (_log_marginal(others) if len(others) else 0.0)
            at = (profile, chain, i)
            assert np.isclose(stats.t.logpdf(residual[at], degrees[at]) - np.log(scale[at]), expected, rtol=1e-6, atol=1e-6)


def test_observations_are_padded_harmlessly() -> None:
    observations = Observations.from_profiles(_profiles())
    assert observations.seen.sum(1).tolist() == list(LAYERS_OF)
    assert observations.soc.shape == (4, 5)
    assert bool((observations.soc[~observations.seen] == 1).all())
    assert torch.allclose(observations.weight.sum(-1), torch.ones(4, 5, dtype=torch.float64), rtol=1e-12)
    top, bottom, soc = _layers(2)
    assert np.array_equal(observations.soc[2].numpy(), soc)
    assert np.array_equal(observations.middle[2].numpy(), (top + bottom) / 2)


# ---- the published cost --------------------------------------------------------------------------------------------------------


def _three_layers() -> xr.Dataset:
    """Mean SOC is 14, distances from it 16, 4, 12, ranks 1, 3, 2; mean depth is 0.4, distances 0.3, 0.1, 0.4, ranks 2, 3, 1."""
    return xr.Dataset(
        {
            "profile_id": ("profile", ["a"]),
            "profile_index": ("observation", [0, 0, 0]),
            "layer_top": ("observation", [0.0, 0.2, 0.6]),
            "layer_bottom": ("observation", [0.2, 0.4, 1.0]),
            "soc_density": ("observation", [30e3, 10e3, 2e3]),
        }
    )


def test_the_published_cost_is_that_of_a_worked_example() -> None:
    """Mean ranks are 1.5, 3 and 1.5, so weights are 10 exp(-1/2) = 6.065, 10 exp(-2) = 1.353 and 6.065."""
    target = Published(Observations.from_profiles(_three_layers()), Places(FORCING.rows(slice(0, 1))))
    unit = torch.special.ndtr(_states(1)[:1])
    modelled = operator.at_depth(torch.as_tensor(_soc(unit[0, 0].numpy(), 0)), torch.tensor([0.1, 0.3, 0.8]).double()).numpy()
    missed = (modelled / np.array([30e3, 10e3, 2e3]) - 1) / 0.6
    cost = (np.array([6.0653066, 1.3533528, 6.0653066]) * missed**2).sum() / 2
    assert np.isclose(float(target.value(unit)), -cost, rtol=1e-7)


def test_published_weights_are_never_below_one() -> None:
    """Many layers: the ranks of the middle ones are far down."""
    table = _profiles((12,))
    target = Published(Observations.from_profiles(table), Places(FORCING.rows(slice(0, 1))))
    weight = target._precision * (0.6 * target.observations.soc).square()
    assert float(weight.min()) == pytest.approx(1, rel=1e-14)
    assert 1 < float(weight.max()) <= 10


def test_outside_the_prior_the_published_likelihood_is_nothing() -> None:
    target, unit = _published(), torch.special.ndtr(_states(3))
    inside = target.value(unit)
    assert bool(torch.isfinite(inside).all())
    for outside in (-1e-9, 0.0, 1.0, 1.3):
        moved = unit.clone()
        moved[0, 1, 20] = outside
        assert float(target.value(moved)[0, 1]) == -math.inf
        assert torch.equal(target.value(moved)[1:], inside[1:])


def test_the_published_likelihood_has_no_gradient() -> None:
    with pytest.raises(NotImplementedError, match=r"^expected a random walk for the published likelihood; sample it with"):
        _published().value_and_gradient(_states(1))


def test_published_annealing_counts_steps_from_one() -> None:
    assert published_annealing(0) == math.log(3)
    assert published_annealing(49_999) == pytest.approx(math.log(50_002))
