"""The size of the error comes back from residuals that were drawn with it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate, stats

from proda_core.assimilation import error_model
from proda_core.assimilation.error_model import REACH, ErrorModel, improve, log_likelihood

TRUE = ErrorModel(0.35, 4.0)


def _residuals(error: ErrorModel, profiles: int, layers: int, seed: int = 0) -> np.ndarray:
    """Residuals of profiles that each have an error size of their own (profile, layer)."""
    rng = np.random.default_rng(seed)
    size = error.size * np.sqrt(error.degrees / rng.chisquare(error.degrees, profiles))
    return size[:, None] * rng.normal(size=(profiles, layers))


def _climb(error: ErrorModel, profiles: list[tuple[np.ndarray, int]]) -> ErrorModel:
    while True:
        better = improve(error, profiles)
        if abs(math.log(better.size / error.size)) < 1e-3 and abs(math.log(better.degrees / error.degrees)) < 1e-2:
            return better
        error = better


@pytest.mark.parametrize("start", [ErrorModel(0.08, 20.0), ErrorModel(1.2, 1.5)])
def test_the_true_error_is_found_from_anywhere(start: ErrorModel) -> None:
    """Parameters known exactly (all draws of a profile alike), profiles with 2 to 8 layers."""
    profiles = [
        (np.full(2, (row**2).sum()), layers) for layers in (2, 5, 8) for row in _residuals(TRUE, 130, layers, seed=layers)
    ]
    found = _climb(start, profiles)
    # standard errors with 390 profiles, from the curvature of the likelihood: 3.5 % of S and 15 % of nu
    assert found.size == pytest.approx(TRUE.size, rel=0.1)
    assert found.degrees == pytest.approx(TRUE.degrees, rel=0.4)


def test_the_likeliest_error_is_that_of_a_direct_search() -> None:
    """Without uncertainty of parameters the climb ends where the sum of log likelihoods is flat."""
    rows = _residuals(TRUE, 150, 4)
    found = _climb(ErrorModel(), [((row**2).sum(keepdims=True), 4) for row in rows])

    def total(size: float, degrees: float) -> float:
        t = stats.multivariate_t(shape=size**2 * np.eye(4), df=degrees)
        return float(t.logpdf(rows).sum())

    top = total(found.size, found.degrees)
    for factor in (0.97, 1.03):
        assert total(found.size * factor, found.degrees) < top
        assert total(found.size, found.degrees * factor) < top


def test_one_call_goes_no_farther_than_its_reach() -> None:
    rows = _residuals(ErrorModel(1.5, 50.0), 200, 4)
    found = improve(ErrorModel(0.1, 2.0), [((row**2).sum(keepdims=True), 4) for row in rows])
    assert found.size == pytest.approx(0.1 * REACH)
    assert 2.0 / REACH**2 * (1 - 1e-12) <= found.degrees <= 2.0 * REACH**2 * (1 + 1e-12)


def test_profiles_with_equal_errors_drive_the_degrees_to_their_limit() -> None:
    rows = np.random.default_rng(0).normal(0, 0.3, (150, 6))
    found = _climb(ErrorModel(0.3, 80.0), [((row**2).sum(keepdims=True), 6) for row in rows])
    assert found.degrees == pytest.approx(error_model.MOST_DEGREES)
    assert found.size == pytest.approx(0.3, rel=0.05)


def test_uncertain_parameters_are_integrated_out() -> None:
    """Each profile's one layer is missed by theta + error, theta any of three values: its likelihood is the mean over them."""
    rng = np.random.default_rng(1)
    theta = np.array([-0.4, 0.0, 0.4])
    start = ErrorModel(0.3, 5.0)
    observed = rng.choice(theta, 500) + _residuals(start, 500, 1)[:, 0]
    profiles = []
    for y in observed:
        # draws of theta given y under the start: many, in exact proportion
        weight = np.exp([float(log_likelihood(start, np.array([(y - t) ** 2]), 1)[0]) for t in theta])
        count = np.round(1000 * weight / weight.sum()).astype(int)
        profiles.append((np.repeat((y - theta) ** 2, count), 1))
    found = improve(start, profiles)

    def marginal(error: ErrorModel) -> float:
        density = np.mean([np.exp(log_likelihood(error, (observed - t) ** 2, 1)) for t in theta], axis=0)
        return float(np.log(density).sum())

    # the best of a neighbourhood by the exact marginal likelihood
    for other in (
        ErrorModel(found.size * 1.1, found.degrees),
        ErrorModel(found.size / 1.1, found.degrees),
        ErrorModel(found.size, found.degrees * 1.3),
        ErrorModel(found.size, found.degrees / 1.3),
    ):
        assert marginal(other) <= marginal(found) + 0.02
    assert marginal(found) >= marginal(start) - 1e-6


@pytest.mark.parametrize("layers", [1, 2])
def test_the_likelihood_integrates_to_one(layers: int) -> None:
    error = ErrorModel(0.2, 2.5)

    def density(radius: float) -> float:
        shell = 2.0 if layers == 1 else 2 * math.pi * radius
        return shell * float(np.exp(log_likelihood(error, np.array([radius**2]), layers)[0]))

    assert integrate.quad(density, 0, np.inf)[0] == pytest.approx(1, rel=1e-6)


def test_the_likelihood_is_the_multivariate_t() -> None:
    rows = _residuals(TRUE, 5, 3)
    expected = stats.multivariate_t(shape=TRUE.size**2 * np.eye(3), df=TRUE.degrees).logpdf(rows)
    assert np.allclose(log_likelihood(TRUE, (rows**2).sum(1), 3), expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("size", "degrees"), [(0.0, 2.0), (-1.0, 2.0), (10.0, 2.0), (0.2, 0.0), (math.nan, 2.0), (0.2, math.nan)]
)
def test_an_error_model_that_cannot_be_is_named(size: float, degrees: float) -> None:
    message = f"^expected an error size within 0..10 and positive degrees, got {size:g} and {degrees:g}$"
    with pytest.raises(ValueError, match=message):
        ErrorModel(size, degrees)


def test_no_profiles_are_named() -> None:
    with pytest.raises(ValueError, match=r"^expected draws of at least one profile, got none; were all profiles left out\?$"):
        improve(ErrorModel(), [])
