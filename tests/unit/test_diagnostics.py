"""Diagnostics tell chains that agree from chains that do not, and count independent draws right."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import signal, stats

from proda_core.assimilation import diagnostics

COPIES, CHAINS, DRAWS = 40, 4, 1000


def _independent(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(COPIES, CHAINS, DRAWS))


def _autoregressive(phi: float, seed: int = 0) -> np.ndarray:
    """Stationary x_(t+1) = phi x_t + noise, unit variance."""
    noise = np.random.default_rng(seed).normal(size=(COPIES, CHAINS, DRAWS)) * math.sqrt(1 - phi**2)
    noise[..., 0] /= math.sqrt(1 - phi**2)
    return np.asarray(signal.lfilter([1], [1, -phi], noise, axis=-1))


def test_r_hat_of_independent_draws_is_near_one() -> None:
    found = diagnostics.r_hat(_independent())
    assert found.shape == (COPIES,)
    assert np.all(found < diagnostics.R_HAT_LIMIT)


def test_r_hat_of_chains_that_lie_apart_is_large() -> None:
    """One of four chains shifted by one and a half standard deviations."""
    draws = _independent()
    draws[:, 0] += 1.5
    assert np.all(diagnostics.r_hat(draws) > 1.1)


def test_r_hat_of_chains_that_drift_is_large() -> None:
    assert np.all(diagnostics.r_hat(_independent() + np.linspace(0, 3, DRAWS)) > 1.1)


def test_r_hat_of_chains_of_different_width_is_large() -> None:
    draws = _independent()
    draws[:, 0] *= 3
    assert np.all(diagnostics.r_hat(draws) > 1.05)


@pytest.mark.parametrize("phi", [0.0, 0.5, 0.9, -0.5])
def test_the_effective_sample_size_of_an_autoregressive_sequence_is_known(phi: float) -> None:
    """n (1 - phi) / (1 + phi), from its autocorrelation time, within the scatter of the mean over copies."""
    found = diagnostics.ess_bulk(_autoregressive(phi))
    expected = CHAINS * DRAWS * (1 - phi) / (1 + phi)
    # estimates are a little low, as sums of noisy autocorrelations are cut late; they scatter by a tenth
    assert found.mean() == pytest.approx(expected, rel=0.06 if phi >= 0 else 0.12)
    assert found.std() < 0.25 * expected


def test_the_tail_sample_size_of_independent_draws_is_about_their_number() -> None:
    assert diagnostics.ess_tail(_independent()).mean() == pytest.approx(CHAINS * DRAWS, rel=0.08)


def test_the_tail_sample_size_is_smaller_where_tails_are_sticky() -> None:
    """Far out this sequence hardly moves; its centre mixes well."""
    rng = np.random.default_rng(1)
    draws = rng.normal(size=(COPIES, CHAINS, DRAWS))
    draws[:, :, 400:460] = np.abs(draws[:, :, 400:460]) + 2.5
    assert diagnostics.ess_tail(draws).mean() < 0.5 * diagnostics.ess_tail(_independent()).mean()


@pytest.mark.parametrize("measure", [diagnostics.r_hat, diagnostics.ess_bulk, diagnostics.ess_tail])
def test_what_does_not_vary_or_is_not_finite_has_no_diagnostics_and_does_not_touch_the_others(measure) -> None:  # type: ignore[no-untyped-def]
    draws = _independent()[:6].reshape(2, 3, CHAINS, DRAWS)
    whole = measure(draws)
    draws[0, 1], draws[1, 0, 2, 7], draws[1, 1, 0, 0] = 3.0, math.nan, math.inf
    found = measure(draws)
    assert np.isnan(found).tolist() == [[False, True, False], [True, True, False]]
    assert np.array_equal(found[~np.isnan(found)], whole[~np.isnan(found)])
    assert np.isnan(measure(np.ones((3, CHAINS, 9)))).all()


GOOD, ENOUGH = np.array([1.001, 1.004]), np.array([900.4, 512.6])


@pytest.mark.parametrize(
    ("r_hat", "bulk", "tail", "sentence"),
    [
        (GOOD, ENOUGH, ENOUGH + 100, "converged: R-hat 1.004, effective sample size 513"),
        (GOOD, ENOUGH, np.array([400.0, 999.0]), "converged: R-hat 1.004, effective sample size 400"),
        (
            np.array([1.0, 1.01]),
            ENOUGH,
            ENOUGH,
            "not converged after 250 draws of each chain: R-hat 1.010 (aim < 1.01), effective sample size 513 (aim >= 400)",
        ),
        (
            GOOD,
            np.array([399.9, 800.0]),
            ENOUGH,
            "not converged after 250 draws of each chain: R-hat 1.004 (aim < 1.01), effective sample size 400 (aim >= 400)",
        ),
        (
            np.array([1.0, 1.3]),
            ENOUGH,
            np.array([20.0, 800.0]),
            "not converged after 250 draws of each chain: R-hat 1.300 (aim < 1.01), effective sample size 20 (aim >= 400)",
        ),
        (
            np.array([1.0, math.nan]),
            ENOUGH,
            ENOUGH,
            "not sampled: the likelihood is not finite wherever the chains went; check the observations and the forcing",
        ),
    ],
)
def test_the_status_is_one_sentence(r_hat: np.ndarray, bulk: np.ndarray, tail: np.ndarray, sentence: str) -> None:
    assert diagnostics.status(r_hat, bulk, tail, draws=250) == sentence
    assert diagnostics.converged(r_hat, bulk, tail) == sentence.startswith("converged")


def test_what_is_unknown_has_not_converged() -> None:
    assert not diagnostics.converged(GOOD, np.array([math.nan, 900.0]), ENOUGH)
    assert not diagnostics.converged(GOOD, ENOUGH, np.array([math.nan, 900.0]))


def test_shrinkage_is_nothing_for_the_prior_and_one_for_what_is_known() -> None:
    """A uniform prior of unit width has the standard deviation 1 / sqrt(12)."""
    found = diagnostics.shrinkage(np.array([1, 0.5, 0]) / math.sqrt(12), 1 / math.sqrt(12))
    assert np.allclose(found, [0, 0.5, 1], rtol=0, atol=1e-15)


# ---- leaving one out: y_i = theta + noise, theta ~ N(0, TAU^2), where everything is known --------------------------------------

TAU, NOISE = 2.0, 0.7
OBSERVED = np.array([0.3, -0.4, 1.9, 0.8, 0.1])


def _posterior(observed: np.ndarray) -> tuple[float, float]:
    """Mean and standard deviation of theta."""
    precision = 1 / TAU**2 + len(observed) / NOISE**2
    return float(observed.sum() / NOISE**2 / precision), precision**-0.5


def _leave_one_out(draws: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    mean, sd = _posterior(OBSERVED)
    theta = np.random.default_rng(seed).normal(mean, sd, draws)
    scaled = (OBSERVED[:, None] - theta) / NOISE
    return diagnostics.leave_one_out(stats.norm.logpdf(scaled) - math.log(NOISE), stats.norm.cdf(scaled))


def test_leaving_one_out_predicts_what_the_others_alone_would() -> None:
    """Against the exact predictive distribution; Monte Carlo errors from twenty repetitions."""
    runs = [_leave_one_out(2000, seed) for seed in range(20)]
    for which, exact in ((0, stats.norm.logpdf), (1, stats.norm.cdf)):
        found = np.array([run[which] for run in runs])
        expected = []
        for i, value in enumerate(OBSERVED):
            mean, sd = _posterior(np.delete(OBSERVED, i))
            expected.append(exact(value, mean, math.hypot(sd, NOISE)))
        error = found.std(0, ddof=1) / math.sqrt(len(runs))
        # smoothing the weights of the outlier costs a little bias
        assert np.all(np.abs(found.mean(0) - expected) < 4 * error + 2e-3)
        mean, sd = _posterior(OBSERVED)
        with_all = exact(OBSERVED, mean, math.hypot(sd, NOISE))
        assert np.abs(with_all - expected).max() > 0.03, "the observation itself must matter for the test to tell"


def test_the_shape_warns_of_an_observation_that_the_others_do_not_expect() -> None:
    assert _leave_one_out(2000)[2].max() < 0.7
    log_likelihood = np.vstack([stats.norm.logpdf(np.random.default_rng(0).normal(size=2000), 9, 1)])
    assert diagnostics.leave_one_out(log_likelihood, np.ones_like(log_likelihood))[2][0] > 0.7


@pytest.mark.parametrize(
    "log_likelihood",
    [
        np.linspace(-1, 0, 10),  # too few
        np.concatenate([np.full(500, -5.0), np.linspace(-1, 0, 500)]),  # a chain that stands still where it fits worst
        np.concatenate([np.linspace(-5, -4, 10), np.full(40, -3.0), np.linspace(-1, 0, 50)]),  # half of the tail repeats
        np.zeros(100),
    ],
)
def test_draws_that_cannot_tell_say_so_and_do_not_stop_the_others(log_likelihood: np.ndarray) -> None:
    rows = np.vstack([log_likelihood, log_likelihood])
    density, probability, shape = diagnostics.leave_one_out(rows, np.full_like(rows, 0.3))
    assert np.allclose(probability, 0.3)
    assert np.isfinite(density).all()
    assert np.all(shape > 0.7)
