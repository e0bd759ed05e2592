"""What each method may see and what it makes of it, with a process simple enough to solve by head."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from proda_core import parameters
from proda_core.grid import LAYERS, LAYERS_CLM5
from proda_core.learning import applicability, best, deep, ensembles, losses, methods, weights
from proda_core.learning.network import to_unit
from proda_core.learning.predictors import Features, Scaler
from proda_core.learning.problem import Globe, Observations, Problem, Sites, likelihood_of
from proda_core.learning.settings import Settings
from proda_core.learning.training import Schedule
from proda_core.learning.weights import WeightsError

PLACES = 60
NODE = torch.as_tensor(LAYERS_CLM5.node[:LAYERS])
Q10 = parameters.INDEX["q10"]
QUICK = Settings(
    hidden=(24,), members=2, schedule=Schedule(150, rate=0.02), check=0.0, deep=0.0, prior=0.0, noise=0.0, dropout=0.0
)

pytestmark = pytest.mark.usefixtures("one_thread")


def _process(physical: torch.Tensor, place: torch.Tensor) -> torch.Tensor:
    """SOC that follows q10 alone and declines with depth."""
    return 1e4 * (physical[:, Q10 : Q10 + 1] - 1.0) * torch.exp(-NODE)


def _problem(seed: int = 0, noise: float = 0.0) -> Problem:
    """Profiles of three layers at places whose q10 follows the first of two predictors."""
    rng = np.random.default_rng(seed)
    values = rng.uniform(-1, 1, (PLACES, 2))
    truth = np.tile(parameters.to_physical(parameters.PRODA_MEAN), (PLACES, 1))
    truth[:, Q10] = 2.1 + 0.7 * values[:, 0]
    place = torch.arange(PLACES)
    soc = _process(torch.as_tensor(truth), place)
    layer = torch.eye(LAYERS, dtype=torch.float64)[[1, 5, 8]].repeat(PLACES, 1)
    profile = place.repeat_interleave(3)
    observed = (soc[profile] * layer).sum(1) * torch.as_tensor(np.exp(noise * rng.standard_normal(3 * PLACES)))
    latitude, longitude = rng.uniform(-50, 50, PLACES), rng.uniform(-170, 170, PLACES)
    features = Features(("a", "b"), values)
    return Problem(
        features, _process, place.numpy(), Observations(layer, observed, profile), latitude, longitude, np.ones(PLACES)
    )


def _all() -> np.ndarray:
    return np.ones(PLACES, dtype=bool)


def _nse(predicted: np.ndarray, problem: Problem) -> float:
    observed = problem.observations.soc.numpy()
    return float(1 - ((predicted - observed) ** 2).sum() / ((observed - observed.mean()) ** 2).sum())


@pytest.mark.parametrize("method", ["end-to-end", "network-only"])
def test_a_network_learns_what_the_predictors_tell(method: str) -> None:
    problem, held_out = _problem(), np.arange(PLACES) % 4 == 0
    predicted = methods.predict(method, problem, ~held_out, replace(QUICK, schedule=Schedule(400, rate=0.02)))
    rows = held_out[problem.profile_of_observation]
    observed = problem.observations.soc.numpy()
    assert np.abs(predicted - observed)[rows].mean() < 0.35 * np.abs(observed - observed.mean())[rows].mean()


def test_end_to_end_finds_the_parameter_itself() -> None:
    problem = _problem()
    ensemble = methods.fit("end-to-end", problem, _all(), QUICK)
    q10 = parameters.LOWER[Q10] + ensemble.unit(problem.features).mean(0)[:, Q10].numpy() * 1.8
    assert np.corrcoef(q10, problem.features.values[:, 0])[0, 1] > 0.98


def test_one_batch_is_the_same_everywhere_and_better_than_the_default() -> None:
    problem = _problem()
    unit = methods.fit("one-batch", problem, _all(), replace(QUICK, members=1)).unit(problem.features)
    assert float((unit - unit[:, :1]).abs().max()) == 0
    one_batch, default = (methods.predict(name, problem, _all(), QUICK) for name in ("one-batch", "default"))
    assert (
        _nse(default, problem) < _nse(one_batch, problem) < _nse(methods.predict("end-to-end", problem, _all(), QUICK), problem)
    )


def test_default_learns_nothing() -> None:
    problem = _problem()
    first = methods.predict("default", problem, _all())
    assert np.array_equal(first, methods.predict("default", problem, np.arange(PLACES) < 3))


def _crowded(problem: Problem) -> Problem:
    """The same places on the map, with three profiles in each, a little apart from one another."""
    profile, layers = np.repeat(np.arange(PLACES), 3), problem.observations.profile.reshape(PLACES, -1)
    rows = torch.cat([torch.nonzero(problem.observations.profile == place)[:, 0] for place in profile])
    seen = problem.observations
    error = torch.as_tensor(np.exp(0.2 * np.random.default_rng(7).standard_normal(len(rows))))
    observed = Observations(
        seen.weight[rows], seen.soc[rows] * error, torch.arange(len(profile)).repeat_interleave(layers.shape[1])
    )
    position = np.column_stack([problem.latitude, problem.longitude])
    return Problem(
        Features(problem.features.names, problem.features.values, position), problem.process, profile, observed,
        problem.latitude[profile] + np.tile([0.0, 0.1, 0.2], PLACES), problem.longitude[profile], np.ones(len(profile)),
    )  # fmt: skip


@pytest.mark.parametrize("method", ["one-batch", "proda", "end-to-end", "network-only"])
def test_what_is_held_out_is_not_seen(method: str) -> None:
    """Neither by the network nor by the correction among neighbours, to whom held-out profiles of the same place are nearest."""
    problem = _crowded(_problem())
    train_on = np.random.default_rng(2).random(len(problem.latitude)) < 0.6
    assert 0 < np.bincount(problem.place[~train_on], minlength=PLACES)[problem.place[train_on]].mean() < 3
    seen = problem.observations
    changed = torch.where(torch.as_tensor(train_on)[seen.profile], seen.soc, 1e3 * seen.soc)
    other = replace(problem, observations=replace(seen, soc=changed))
    if method == "proda":
        sites = _sites(_problem(), 0.1)
        held_out = torch.as_tensor(~train_on[::3])[:, None]
        problem, other = (
            replace(each, sites=replace(sites, profile=3 * np.arange(PLACES), mean=torch.where(held_out, far, sites.mean)))
            for each, far in ((problem, sites.mean), (other, sites.mean + 3.0))
        )
    settings = replace(QUICK, check=0.2, reach=2000.0, schedule=Schedule(30))
    first, second = (methods.predict(method, each, train_on, settings) for each in (problem, other))
    assert np.array_equal(first, second)
    if method != "one-batch":
        assert methods.fit(method, problem, train_on, settings).correction is not None
        assert not np.array_equal(first, methods.predict(method, problem, train_on, replace(settings, reach=0.0)))


def test_some_block_teaches_however_few_there_are() -> None:
    problem = _problem()
    near = replace(problem, latitude=np.full(PLACES, 1.0), longitude=np.linspace(1.0, 1.5, PLACES))
    for sample in methods.draw_samples(near, _all(), replace(QUICK, members=40, check=0.5)):
        assert sample.seen.any()


def test_the_curve_of_one_member_is_that_of_the_ensemble() -> None:
    problem, settings = _problem(), replace(QUICK, check=0.2, schedule=Schedule(20))
    alone = methods.curve("end-to-end", problem, _all(), settings)
    assert alone == methods.fit("end-to-end", problem, _all(), settings).curves[0]
    with pytest.raises(ValueError, match="expected a method that is trained, got default"):
        methods.curve("default", problem, _all(), settings)


def test_there_are_as_many_spatial_folds_as_blocks_and_at_most_five() -> None:
    place = np.arange(12.0)
    for blocks, expected in ((12, 5), (4, 4), (2, 2)):
        fold = applicability.folds_of(np.zeros(12), 10.0 * np.minimum(place, blocks - 1))
        assert len(np.unique(fold)) == expected
    assert applicability.folds_of(np.zeros(12), 0.1 * place).tolist() == list(range(12))
    with pytest.raises(ValueError, match=r"expected profiles in at least 2 half-degree cells, .* got 1; add profiles"):
        applicability.folds_of(np.zeros(1), np.zeros(1))


def _sites(problem: Problem, spread: float) -> Sites:
    """Site posteriors that know q10 to within ``spread`` and nothing else."""
    unit = torch.full((PLACES, 21), 0.5, dtype=torch.float64)
    unit[:, Q10] = torch.as_tensor((2.1 + 0.7 * problem.features.values[:, 0] - 1.2) / 1.8)
    precision = torch.zeros(PLACES, 21, dtype=torch.float64)
    precision[:, Q10] = spread**-2
    return Sites(np.arange(PLACES), torch.eye(21, dtype=torch.float64).repeat(PLACES, 1, 1), torch.special.ndtri(unit), precision)


def test_proda_learns_from_the_sites_and_leaves_what_they_do_not_know() -> None:
    problem = _problem()
    settings = replace(QUICK, prior=0.02)
    unit = methods.fit("proda", replace(problem, sites=_sites(problem, 0.05)), _all(), settings).unit(problem.features).mean(0)
    assert np.corrcoef(unit[:, Q10].numpy(), problem.features.values[:, 0])[0, 1] > 0.98
    others = np.delete(np.arange(21), Q10)
    assert float((unit[:, others] - 0.5).abs().mean()) < 0.03


def test_a_site_counts_by_its_precision() -> None:
    problem = _problem()
    sites = _sites(problem, 0.05)
    wrong = np.arange(PLACES) % 2 == 0
    mean, precision = sites.mean.clone(), sites.precision.clone()
    mean[wrong, Q10], precision[wrong, Q10] = -2.0, 1e-3
    uncertain = replace(sites, mean=mean, precision=precision)
    unit = methods.fit("proda", replace(problem, sites=uncertain), _all(), QUICK).unit(problem.features)
    assert np.corrcoef(unit.mean(0)[:, Q10].numpy(), problem.features.values[:, 0])[0, 1] > 0.95


def test_a_site_that_knows_only_a_sum_says_nothing_of_the_difference() -> None:
    problem = _problem()
    other = parameters.INDEX["cryo"]
    axes = torch.eye(21, dtype=torch.float64)
    axes[[Q10, Q10, other, other], [Q10, other, Q10, other]] = torch.tensor([1.0, 1.0, 1.0, -1.0]).double() / math.sqrt(2)
    precision = torch.zeros(PLACES, 21, dtype=torch.float64)
    precision[:, Q10] = 400.0
    mean = torch.zeros(PLACES, 21, dtype=torch.float64)
    mean[:, Q10] = torch.as_tensor(problem.features.values[:, 0])
    sites = Sites(np.arange(PLACES), axes.repeat(PLACES, 1, 1), mean, precision)
    unit = methods.fit("proda", replace(problem, sites=sites), _all(), replace(QUICK, prior=0.02)).unit(problem.features).mean(0)
    score = torch.special.ndtri(unit)
    assert np.corrcoef((score[:, Q10] + score[:, other]).numpy(), problem.features.values[:, 0])[0, 1] > 0.98
    assert float((score[:, Q10] - score[:, other]).std()) < 0.3 * float((score[:, Q10] + score[:, other]).std())


def test_the_prior_is_divided_out_of_a_posterior_of_normal_scores() -> None:
    """A normal prior times a normal likelihood: the likelihood comes back, in any orientation."""
    generator = torch.Generator().manual_seed(0)
    root = torch.randn(21, 21, generator=generator, dtype=torch.float64)
    likelihood_precision, likelihood_mean = root @ root.T, torch.randn(21, generator=generator, dtype=torch.float64)
    covariance = torch.linalg.inv(likelihood_precision + torch.eye(21))
    mean = covariance @ likelihood_precision @ likelihood_mean
    axes, along, precision = likelihood_of(mean[None], covariance[None])
    again = axes[0] @ torch.diag(precision[0]) @ axes[0].T
    known = precision[0] > 0
    assert torch.allclose((axes[0].T @ likelihood_mean)[known], along[0][known], atol=1e-6)
    assert float((again - likelihood_precision).abs().max()) < 0.03


def test_a_site_without_information_is_silent() -> None:
    _, _, precision = likelihood_of(torch.zeros(1, 21).double(), torch.eye(21).double()[None])
    assert float(precision.max()) == 0


def test_proda_needs_sites() -> None:
    with pytest.raises(ValueError, match="expected site posteriors for the method proda, got none; run proda assimilate"):
        methods.fit("proda", _problem(), _all(), QUICK)


def test_an_unknown_method_is_refused_with_those_there_are() -> None:
    with pytest.raises(
        ValueError, match="expected a method out of default, one-batch, proda, end-to-end, network-only, got magic"
    ):
        methods.fit("magic", _problem(), _all(), QUICK)


def test_no_profiles_to_learn_from_is_an_error() -> None:
    with pytest.raises(ValueError, match="expected profiles to learn from, got none"):
        methods.fit("end-to-end", _problem(), ~_all(), QUICK)


def test_members_weigh_whole_blocks() -> None:
    problem = _problem()
    neighbour = replace(problem, latitude=np.repeat(problem.latitude[::2], 2), longitude=np.repeat(problem.longitude[::2], 2))
    for sample in methods.draw_samples(neighbour, _all(), replace(QUICK, members=5, check=0.3, region_balance=0.0)):
        assert np.array_equal(sample.seen[::2], sample.seen[1::2])
        assert not np.any((sample.seen > 0) & (sample.unseen > 0))
        assert np.all((sample.seen > 0) | (sample.unseen > 0))


def test_profiles_count_by_their_sampling_weight() -> None:
    problem = _problem()
    heavy = replace(problem, importance=np.where(np.arange(PLACES) == 7, 3.0, 1.0))
    plain, weighted = (
        methods.draw_samples(p, _all(), replace(QUICK, members=1, region_balance=0.0))[0].seen for p in (problem, heavy)
    )
    assert weighted[7] / plain[7] == pytest.approx(3.0)
    assert np.delete(weighted / plain, 7) == pytest.approx(1.0)


def test_balance_brings_regions_together() -> None:
    problem = _problem()
    crowded = replace(problem, latitude=np.where(np.arange(PLACES) < 50, 0.0, 50.0), longitude=np.full(PLACES, 20.0))
    africa = np.arange(PLACES) < 50
    for balance, ratio in ((0.0, 5.0), (1.0, 1.0), (0.5, math.sqrt(5.0))):
        weight = losses.region_weight(crowded, _all(), balance)
        assert weight[africa].sum() / weight[~africa].sum() == pytest.approx(ratio)


def test_a_finished_member_is_not_trained_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    problem, trained = _problem(), []
    original = methods.train

    def train(network: object, *rest: object) -> object:
        trained.append(network)
        if len(trained) == 2:
            raise KeyboardInterrupt
        return original(network, *rest)  # type: ignore[arg-type]

    expected = methods.fit("end-to-end", problem, _all(), QUICK).unit(problem.features)
    monkeypatch.setattr(methods, "train", train)
    with pytest.raises(KeyboardInterrupt):
        methods.fit("end-to-end", problem, _all(), QUICK, folder=tmp_path)
    resumed = methods.fit("end-to-end", problem, _all(), QUICK, folder=tmp_path)
    assert len(trained) == 3
    assert torch.equal(resumed.unit(problem.features), expected)


# deep soil


def _declining(ratio: float) -> torch.Tensor:
    """SOC density that falls by ``ratio`` a metre, exactly as layers of the model see it."""
    top, bottom = (torch.as_tensor(values[:LAYERS]) for values in (LAYERS_CLM5.top, LAYERS_CLM5.interface))
    rate = -math.log(ratio)
    return ((torch.exp(-rate * top) - torch.exp(-rate * bottom)) / (bottom - top))[None]


def test_the_published_decline_costs_nothing_and_a_uniform_soil_much() -> None:
    published, uniform = deep.misfit(_declining(deep.DECLINE)), deep.misfit(torch.ones(1, LAYERS).double())
    assert float(published) < 0.01
    assert float(uniform) > 1


def test_less_than_expected_below_three_metres_costs_nothing() -> None:
    soc = _declining(deep.DECLINE)
    soc[:, 14:] = 1e-9
    assert float(deep.misfit(soc)) < 0.01


def test_the_deep_constraint_changes_what_no_profile_sees() -> None:
    """A process with a free density below 2 m: only the constraint can move it."""
    below = parameters.INDEX["cryo"]

    def process(physical: torch.Tensor, place: torch.Tensor) -> torch.Tensor:
        soc = _process(physical, place)
        deep = (NODE > 2.1) * 1e7 * physical[:, below : below + 1]
        return torch.where(NODE > 2.1, deep, soc)

    problem = replace(_problem(), process=process)
    problem = replace(problem, globe=Globe(problem.features, process))
    off, on = (methods.fit("end-to-end", problem, _all(), replace(QUICK, deep=deep)) for deep in (0.0, 0.5))
    misfit = [float(deep.misfit(ensemble.soc(problem.features, process).mean(0))) for ensemble in (off, on)]
    assert misfit[1] < 0.5 * misfit[0]


# the best estimate


def test_the_best_estimate_of_a_linear_model_is_the_mean_of_its_members_and_of_a_convex_one_is_less() -> None:
    problem = _problem()
    ensemble = methods.fit("end-to-end", problem, _all(), replace(QUICK, schedule=Schedule(30)))
    np.testing.assert_allclose(best.predicted(ensemble, problem), methods.observed_by(ensemble, problem), rtol=1e-9)
    convex = replace(problem, process=lambda physical, place: _process(physical, place) ** 2 / 1e4)
    assert np.all(best.predicted(ensemble, convex) < methods.observed_by(ensemble, convex))


def test_skill_of_the_best_estimate_is_that_of_its_predictions_by_the_importance_of_profiles() -> None:
    problem = _problem(noise=0.3)
    ensemble = methods.fit("end-to-end", problem, _all(), replace(QUICK, schedule=Schedule(30)))
    heavy = replace(problem, importance=np.where(np.arange(len(problem.importance)) < 5, 1.0, 0.0))
    observed, first = heavy.observations.soc.numpy(), heavy.profile_of_observation < 5
    off = best.predicted(ensemble, heavy)[first] - observed[first]
    nse = 1 - np.square(off).sum() / np.square(observed[first] - observed[first].mean()).sum()
    assert best.skill(ensemble, heavy)["nse_best"] == pytest.approx(nse)


# files and where it applies


def test_an_ensemble_comes_back_from_its_file(tmp_path: Path) -> None:
    problem = _problem()
    for method in ("end-to-end", "one-batch", "network-only"):
        ensemble = methods.fit(method, problem, _all(), replace(QUICK, schedule=Schedule(3)))
        ensembles.save(ensemble, tmp_path / "networks.safetensors", {"seed": 0})
        again, description = ensembles.load(tmp_path / "networks.safetensors")
        assert torch.equal(again.soc(problem.features, _process), ensemble.soc(problem.features, _process))
        assert description["seed"] == 0


def test_a_checkpoint_is_not_taken_for_an_ensemble(tmp_path: Path) -> None:
    weights.save(tmp_path / "other.safetensors", {"a": torch.zeros(1)}, {"kind": "checkpoint"})
    with pytest.raises(WeightsError, match=r"expected a trained ensemble at .*, got checkpoint"):
        ensembles.load(tmp_path / "other.safetensors")


ODD: dict[str, tuple[str, dict[str, Any]]] = {
    "no method": ("a method that trains networks as method .*, got none", {"method": None}),
    "a list for a method": (r"a method that trains networks as method .*, got \[\]", {"method": []}),
    "nothing learned": ("a method that trains networks as method .*, got 'default'", {"method": "default"}),
    "no predictors": ("distinct names as predictors .*, got none", {"predictors": None}),
    "a text for predictors": ("distinct names as predictors .*, got 'ab'", {"predictors": "ab"}),
    "one name twice": (r"distinct names as predictors .*, got \['a', 'a'\]", {"predictors": ["a", "a"]}),
    "one predictor less": (r"numbers of shape \[24, 1\] as member0/hidden\.0\.weight .*, got numbers of shape \[24, 2\]",
                           {"predictors": ["a"]}),
    "predictors for a single vector": ("names for all methods but one-batch as predictors", {"method": "one-batch"}),
    "no widths": ("1 to 16 whole numbers as widths .*, got none", {"widths": None}),
    "no width": (r"1 to 16 whole numbers as widths .*, got \[\]", {"widths": []}),
    "half a unit": ("1 to 16 whole numbers as widths", {"widths": [0.5, 21]}),
    "all memory": ("widths of 1 to 4096 as widths", {"widths": [10**12, 21]}),
    "endless layers": ("1 to 16 whole numbers as widths", {"widths": [24] * 10**5 + [21]}),
    "negative width": ("widths of 1 to 4096 as widths", {"widths": [-1, 21]}),
    "another number of parameters": (r"21 at the end as widths .*, got \[24, 20\]", {"widths": [24, 20]}),
    "wide but allowed": (r"numbers of shape \[4096\] as member0/hidden\.0\.bias", {"widths": [4096, 21]}),
    "no members": ("a number from 1 to 200 as members .*, got none", {"members": None}),
    "truth for a number": ("a number from 1 to 200 as members .*, got True", {"members": True}),
    "endless members": ("a number from 1 to 200 as members", {"members": 10**9}),
    "more members": (r"numbers of shape \[24\] as member2/hidden\.0\.bias .*, got no such numbers", {"members": 3}),
    "fewer members": (r"no such numbers as member1/hidden\.0\.bias", {"members": 1}),
    "a text for a distance": ("a distance of 0 to 20040 as reach_km .*, got 'far'", {"reach_km": "far"}),
    "a correction from nowhere": (r"numbers of shape \[0, 2\] as neighbours/position .*, got no such", {"reach_km": 200.0}),
}  # fmt: skip


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Tensors and description of an ensemble."""
    path = tmp_path_factory.mktemp("saved") / "networks.safetensors"
    ensembles.save(methods.fit("end-to-end", _problem(), _all(), replace(QUICK, schedule=Schedule(1))), path, {})
    return weights.load(path)


@pytest.mark.parametrize("what", ODD)
def test_an_odd_description_of_an_ensemble_is_refused_in_one_line(
    what: str, saved: tuple[dict[str, torch.Tensor], dict[str, Any]], tmp_path: Path
) -> None:
    tensors, description = saved
    message, change = ODD[what]
    odd = {key: value for key, value in (description | change).items() if value is not None}
    weights.save(tmp_path / "odd.safetensors", tensors, odd)
    with pytest.raises(WeightsError, match=f"expected {message}") as raised:
        ensembles.load(tmp_path / "odd.safetensors")
    assert len(str(raised.value).splitlines()) == 1
    assert len(str(raised.value)) < 500


def test_an_ensemble_without_a_scaler_is_refused(saved: tuple[dict[str, torch.Tensor], dict[str, Any]], tmp_path: Path) -> None:
    tensors, description = saved
    weights.save(tmp_path / "odd.safetensors", {k: v for k, v in tensors.items() if k != "scaler/mean"}, description)
    with pytest.raises(WeightsError, match=r"expected numbers of shape \[2\] as scaler/mean .*, got no such numbers"):
        ensembles.load(tmp_path / "odd.safetensors")


def test_training_places_are_like_themselves_and_far_ones_are_not() -> None:
    rng = np.random.default_rng(0)
    training = rng.normal(size=(200, 3))
    index, threshold = applicability.dissimilarity(np.vstack([training, [[20, 20, 20]]]), training, np.arange(200) % 5)
    assert index[:200].max() < 1e-6
    assert index[200] > 5 * threshold
    assert 0 < threshold < 1


def test_the_farther_a_place_is_the_less_it_is_alike_however_far() -> None:
    training = Features(("a", "b"), np.random.default_rng(0).normal(size=(100, 2)))
    scaler, far = Scaler.of(training), Features(("a", "b"), np.array([[5.0, 0.0], [10.0, 0.0], [100.0, 0.0]]))
    index, _ = applicability.dissimilarity(scaler.standardise(far), scaler.standardise(training), np.arange(100) % 5)
    assert index[0] < 0.6 * index[1] < 0.1 * index[2]


def test_a_vector_of_the_network_is_inside_the_prior() -> None:
    problem = _problem()
    unit = methods.fit("end-to-end", problem, _all(), replace(QUICK, schedule=Schedule(3))).unit(problem.features)
    assert float(unit.min()) > 0
    assert float(unit.max()) < 1
    assert torch.equal(to_unit(torch.zeros(1)), torch.full((1,), 0.5))
