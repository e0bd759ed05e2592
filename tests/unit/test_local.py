"""Neighbours: what no predictor tells is filled in between profiles, and nothing is claimed far from them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from proda_core import parameters
from proda_core.constants import EARTH_RADIUS
from proda_core.grid import LAYERS, LAYERS_CLM5
from proda_core.learning import ensembles, local, losses, methods
from proda_core.learning.local import Correction
from proda_core.learning.predictors import Features
from proda_core.learning.problem import Observations, Problem, Sites
from proda_core.learning.settings import Settings
from proda_core.learning.training import Schedule

PLACES = 120
Q10 = parameters.index("q10")
NODE = torch.as_tensor(LAYERS_CLM5.node[:LAYERS])
QUICK = Settings(
    hidden=(8,), dropout=0.0, noise=0.0, prior=1e-3, local=0.02, reach=300.0, region_balance=0.0, check=0.0, members=2,
    schedule=Schedule(150, rate=0.02),
)  # fmt: skip

pytestmark = pytest.mark.usefixtures("one_thread")


def _process(physical: torch.Tensor, place: torch.Tensor) -> torch.Tensor:
    """SOC that follows q10 alone and declines with depth."""
    return 1e4 * (physical[:, Q10 : Q10 + 1] - 1.0) * torch.exp(-NODE)


def _problem() -> Problem:
    """Profiles within some 1,500 km, whose q10 is a wave in space that the only predictor says nothing of."""
    rng = np.random.default_rng(3)
    position = np.stack([rng.uniform(40, 54, PLACES), rng.uniform(10, 30, PLACES)], axis=1)
    truth = np.tile(parameters.to_physical(parameters.PRODA_MEAN), (PLACES, 1))
    truth[:, Q10] = 2.1 + 0.6 * np.sin(np.radians(position[:, 1] - 10) * 12)
    place = torch.arange(PLACES)
    layer = torch.eye(LAYERS, dtype=torch.float64)[[1, 5, 8]].repeat(PLACES, 1)
    profile = place.repeat_interleave(3)
    observed = (_process(torch.as_tensor(truth), place)[profile] * layer).sum(1)
    features = Features(("a",), rng.uniform(-1, 1, (PLACES, 1)), position)
    seen = Observations(layer, observed, profile)
    return Problem(features, _process, place.numpy(), seen, *position.T, np.ones(PLACES))


def _skill(method: str, problem: Problem, held_out: np.ndarray, settings: Settings) -> float:
    """NSE on profiles held out."""
    rows = held_out[problem.profile_of_observation]
    predicted, observed = methods.predict(method, problem, ~held_out, settings)[rows], problem.observations.soc.numpy()[rows]
    return float(1 - ((predicted - observed) ** 2).sum() / ((observed - observed.mean()) ** 2).sum())


@pytest.mark.parametrize("method", ["end-to-end", "network-only"])
def test_between_profiles_their_neighbours_tell_what_no_predictor_does(method: str) -> None:
    problem, held_out = _problem(), np.arange(PLACES) % 5 == 0
    alone, together = (_skill(method, problem, held_out, replace(QUICK, reach=reach)) for reach in (0.0, QUICK.reach))
    assert together > alone + 0.2


def test_site_posteriors_have_neighbours_too() -> None:
    problem = _problem()
    truth = torch.full((PLACES, len(parameters.PARAMETERS)), 0.5, dtype=torch.float64)
    truth[:, Q10] = torch.as_tensor(0.5 + 0.3 * np.sin(np.radians(problem.longitude - 10) * 12))
    axes = torch.eye(truth.shape[1], dtype=torch.float64).repeat(PLACES, 1, 1)
    known = Sites(np.arange(PLACES), axes, torch.special.ndtri(truth), torch.full_like(truth, 50.0))
    problem, held_out = replace(problem, sites=known), np.arange(PLACES) % 5 == 0
    far = {reach: methods.fit("proda", problem, ~held_out, replace(QUICK, reach=reach)) for reach in (0.0, QUICK.reach)}
    error = {
        reach: float((found.unit(problem.features).mean(0) - truth)[held_out][:, Q10].abs().mean())
        for reach, found in far.items()
    }
    assert error[QUICK.reach] < 0.75 * error[0.0]


def test_far_from_all_profiles_the_network_stands_alone() -> None:
    problem = _problem()
    ensemble = methods.fit("end-to-end", problem, np.ones(PLACES, dtype=bool), QUICK)
    elsewhere = Features(("a",), problem.features.values, problem.features.position - np.array([90.0, 150.0]))
    alone = replace(ensemble, correction=None)
    assert float((ensemble.unit(elsewhere) - alone.unit(elsewhere)).abs().max()) < 1e-6
    assert float((ensemble.unit(problem.features) - alone.unit(problem.features)).abs().max()) > 0.05


def test_covariance_falls_with_the_distance_on_the_sphere_across_the_date_line() -> None:
    equator = np.array([[0.0, 179.5], [0.0, -179.5]])
    degree = np.radians(1.0) * EARTH_RADIUS / 1e3
    found = local.covariance(equator, equator, reach=degree)
    np.testing.assert_allclose(found.numpy(), [[1, np.exp(-1)], [np.exp(-1), 1]], rtol=1e-9)


def test_places_held_out_are_not_known_to_the_correction() -> None:
    problem, train_on = _problem(), np.arange(PLACES) < 60
    ensemble = methods.fit("end-to-end", problem, train_on, replace(QUICK, check=0.2))
    assert ensemble.correction is not None
    np.testing.assert_array_equal(ensemble.correction.position, problem.features.position[:60])


def test_every_member_weighs_places_anew_and_a_single_one_alike() -> None:
    problem = _problem()
    everything = np.ones(PLACES, dtype=bool)
    one, other = methods.draw_samples(problem, everything, QUICK)
    assert np.corrcoef(one.near, other.near)[0, 1] < 0.5
    (single,) = methods.draw_samples(problem, everything, replace(QUICK, members=1))
    assert np.ptp(single.near) == 0


def test_the_correction_is_found_where_it_costs_least() -> None:
    position = np.array([[0.0, 0.0], [0.0, 1.0], [40.0, 90.0]])
    aim = torch.tensor([[1.0], [1.0], [-0.5]], dtype=torch.float64)
    value = local.solve(lambda vectors: (vectors - aim).square().sum(), torch.zeros_like(aim), position, 200.0, strength=0.1)
    found = Correction(position, value[None], 200.0).at(position)[0]
    shared = local.covariance(position, position, 200.0)
    noisy = shared + (local.NUGGET + 0.1) * torch.eye(3, dtype=torch.float64)
    np.testing.assert_allclose(found.numpy(), (shared @ torch.linalg.solve(noisy, aim)).numpy(), atol=0.01)  # simple kriging


def test_a_file_of_networks_holds_what_neighbours_add(tmp_path: Path) -> None:
    problem = _problem()
    ensemble = methods.fit("end-to-end", problem, np.ones(PLACES, dtype=bool), replace(QUICK, schedule=Schedule(20)))
    ensembles.save(ensemble, tmp_path / "networks.safetensors", {})
    again, _ = ensembles.load(tmp_path / "networks.safetensors")
    assert torch.equal(again.unit(problem.features), ensemble.unit(problem.features))


def test_without_positions_nothing_is_corrected_and_a_correction_cannot_be_used() -> None:
    problem = _problem()
    blind = replace(problem, features=replace(problem.features, position=None))
    everything = np.ones(PLACES, dtype=bool)
    assert methods.fit("end-to-end", blind, everything, QUICK).correction is None
    ensemble = methods.fit("end-to-end", problem, everything, QUICK)
    with pytest.raises(ValueError, match="expected the position of every place"):
        ensemble.unit(blind.features)


def test_no_correction_where_there_is_no_weight() -> None:
    assert losses.objective("end-to-end", _problem(), np.zeros(PLACES), QUICK) is None
