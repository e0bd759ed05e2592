"""Assimilation of a batch: whole answers for every profile, and no profile feels its neighbours."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
import torch
import xarray as xr

from proda_core import parameters
from proda_core.assimilation import operator, sites, summary
from proda_core.assimilation.sampler import Settings
from proda_core.assimilation.sites import Options
from proda_core.grid import LAYERS
from proda_core.process import column
from tests.columns import random_forcing

pytestmark = pytest.mark.usefixtures("one_thread")

LAYERS_OF = (3, 1, 5, 2)
FORCING = random_forcing(len(LAYERS_OF), seed=3, bedrock=15)
LITTLE = Options(draws=20, most_draws=40, chains=2)
"""Too little to converge; bits do not need more."""


def _profiles() -> xr.Dataset:
    """What four soils with known parameters would show, missed by a fifth."""
    rng = np.random.default_rng(0)
    physical = torch.as_tensor(parameters.to_physical(rng.uniform(0.25, 0.75, (len(LAYERS_OF), parameters.COUNT))))
    soc = column.steady_state(physical, FORCING)[:, 4:].sum(1).numpy()
    top = np.concatenate([np.arange(n) / n for n in LAYERS_OF])
    bottom = np.concatenate([np.arange(1, n + 1) / n for n in LAYERS_OF])
    index = np.repeat(np.arange(len(LAYERS_OF)), LAYERS_OF)
    seen = (operator.layer_mean(top, bottom) * soc[index]).sum(1)
    return xr.Dataset(
        {
            "profile_id": ("profile", list("abcd")),
            "latitude": ("profile", [10.0, 20.0, 30.0, 40.0]),
            "profile_index": ("observation", index),
            "layer_top": ("observation", top),
            "layer_bottom": ("observation", bottom),
            "soc_density": ("observation", seen * np.exp(0.2 * rng.normal(size=len(index)))),
        }
    )


@pytest.fixture(scope="module")
def answer(one_thread: None) -> xr.Dataset:
    return sites.assimilate(_profiles(), FORCING, Options(), keep_draws=True)


def test_every_documented_variable_is_there_with_its_dimensions_and_finite(answer: xr.Dataset) -> None:
    named = set(re.findall(r"``([a-z_]+)``", str(summary.__doc__)))
    assert set(summary._SHAPES) <= named
    for name, (dims, meaning, units) in summary._SHAPES.items():
        assert answer[name].dims == dims
        assert answer[name].attrs["long_name"] == meaning
        if units:
            assert answer[name].attrs["units"] == units
            assert np.isfinite(answer[name].values.astype(float)).all(), name
    assert dict(answer.sizes) == {
        "profile": 4, "observation": 11, "parameter": 21, "other": 21, "quantile": 5, "layer": LAYERS, "chain": 4, "draw": 240
    }  # fmt: skip
    assert answer["parameter"].values.tolist() == list(parameters.IDS)


def test_every_profile_has_converged(answer: xr.Dataset) -> None:
    assert answer["converged"].values.tolist() == [True] * 4
    assert all(status.startswith("converged: R-hat 1.0") for status in answer["status"].values)
    assert float(answer["fitted_r_hat"].max()) < 1.01
    assert float(answer["fitted_ess_bulk"].min()) >= 400
    assert np.all((answer["draws_made"] >= 240) & (answer["draws_made"] <= Options().most_draws))
    assert np.all((answer["acceptance"] > 0.5) & (answer["acceptance"] <= 1))


def test_the_table_goes_along(answer: xr.Dataset) -> None:
    table = _profiles()
    for name in ("profile_id", "latitude", "profile_index", "layer_top", "layer_bottom"):
        assert np.array_equal(answer[name], table[name])
    assert np.array_equal(answer["observed"], table["soc_density"])


def test_summaries_agree_with_one_another(answer: xr.Dataset) -> None:
    for name in ("quantiles", "soc_quantiles", "fitted_quantiles", "predicted_quantiles"):
        assert np.all(np.diff(answer[name], axis=-1) >= 0), name
    assert np.all((answer["mean"] > parameters.LOWER) & (answer["mean"] < parameters.UPPER))
    spread, span = answer["sd"].values, parameters.UPPER - parameters.LOWER
    assert np.allclose(answer["shrinkage"], 1 - spread / span * math.sqrt(12))
    assert np.all((answer["loo_probability"] > 0) & (answer["loo_probability"] < 1))
    wide, narrow = (np.log(answer[name][:, -1] / answer[name][:, 0]) for name in ("predicted_quantiles", "fitted_quantiles"))
    assert np.all(wide > narrow)


def test_observations_lie_where_they_are_predicted(answer: xr.Dataset) -> None:
    """Eleven observations with the error that is assumed: within the 90 % range but for one in ten."""
    low, high = answer["predicted_quantiles"].values[:, [0, -1]].T
    inside = (answer["observed"].values > low) & (answer["observed"].values < high)
    assert inside.sum() >= 8


def test_data_teach_most_where_there_are_layers(answer: xr.Dataset) -> None:
    """Nothing is learned of woody debris, whose turnover does not touch the soil."""
    woody = answer["shrinkage"].sel(parameter="taucwd").values
    assert np.all(np.abs(woody) < 0.15)
    assert float(answer["shrinkage"].max()) > 0.2


def test_default_soc_is_the_model_with_default_parameters(answer: xr.Dataset) -> None:
    physical = torch.as_tensor(parameters.CLM5_DEFAULT).repeat(4, 1)
    soc = column.steady_state(physical, FORCING)[:, 4:].sum(1).numpy()
    weight = operator.layer_mean(answer["layer_top"], answer["layer_bottom"])
    assert np.allclose(answer["default_soc"], (weight * soc[answer["profile_index"].values]).sum(1), rtol=1e-10)


def test_draws_come_on_request(answer: xr.Dataset) -> None:
    assert answer["draws"].dims == ("profile", "chain", "draw", "parameter")
    assert answer["draws_error_size"].dims == ("profile", "chain", "draw")
    assert np.all((answer["draws"] >= 0) & (answer["draws"] <= 1))
    physical = parameters.LOWER + answer["draws"].mean(("chain", "draw")).values * (parameters.UPPER - parameters.LOWER)
    assert np.all(np.abs(physical - answer["mean"]) < 0.3 * answer["sd"])
    without = sites.assimilate(_profiles(), FORCING, LITTLE)
    assert "draws" not in without
    assert "draws_error_size" not in without


@pytest.fixture(scope="module")
def little(one_thread: None) -> xr.Dataset:
    return sites.assimilate(_profiles(), FORCING, LITTLE, keep_draws=True)


def test_the_same_seed_gives_the_same_bits_and_another_others(little: xr.Dataset) -> None:
    again = sites.assimilate(_profiles(), FORCING, LITTLE, keep_draws=True)
    xr.testing.assert_identical(little, again)
    other = sites.assimilate(_profiles(), FORCING, Options(draws=20, most_draws=40, chains=2, seed=1), keep_draws=True)
    assert not np.isclose(little["draws"], other["draws"]).any()


def test_too_little_effort_says_so(little: xr.Dataset) -> None:
    assert not little["converged"].values.any()
    assert np.all(little["draws_made"] == 40)
    assert all(status.startswith("not converged after 40 draws of each chain: R-hat ") for status in little["status"].values)
    assert little["draws"].shape == (4, 2, 20, 21)


def test_a_profile_that_cannot_be_sampled_says_so_and_the_others_stay_as_they_are(little: xr.Dataset) -> None:
    """It is given up at the first look; those that stay go on in a smaller batch."""
    table = _profiles()
    soc = table["soc_density"].values.copy()
    soc[LAYERS_OF[0]] = math.nan  # the one layer of the second profile
    broken = sites.assimilate(table.assign(soc_density=("observation", soc)), FORCING, LITTLE, keep_draws=True)
    assert broken["status"].values[1] == (
        "not sampled: the likelihood is not finite wherever the chains went; check the observations and the forcing"
    )
    assert not bool(broken["converged"][1])
    assert bool(broken["mean"][1].isnull().all())
    assert bool(broken["draws"][1].isnull().all())
    assert broken["draws_made"].values.tolist() == [40, 20, 40, 40]
    profiles, layers = [0, 2, 3], table["profile_index"].values != 1
    kept = (part.isel(profile=profiles, observation=layers) for part in (broken, little))
    xr.testing.assert_identical(*kept)


@pytest.mark.parametrize("profile", range(4))
def test_a_profile_alone_is_the_same_as_beside_others(little: xr.Dataset, profile: int) -> None:
    table = _profiles()
    layers = np.flatnonzero(table["profile_index"].values == profile)
    own = table.isel(profile=[profile], observation=layers).assign(profile_index=("observation", [0] * len(layers)))
    alone = sites.assimilate(own, FORCING.rows(slice(profile, profile + 1)), LITTLE, keep_draws=True)
    beside = little.isel(profile=[profile], observation=layers)
    for name in ("draws", "mean", "quantiles", "fitted_quantiles", "predicted_quantiles"):
        assert np.array_equal(alone[name], beside[name]), name
    assert np.allclose(alone["loo_probability"], beside["loo_probability"], rtol=1e-12)  # a sum over draws, in another order


def test_the_published_likelihood_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sites, "PUBLISHED", Settings(method="metropolis", chains=3, warm_up=(60, 60), thin=2))
    monkeypatch.setattr(sites, "PUBLISHED_DRAWS", 50)
    found = sites.assimilate(_profiles(), FORCING, Options(likelihood="published", draws=25), keep_draws=True)
    assert found["draws"].shape == (4, 3, 25, 21)
    assert np.all(found["draws_made"] == 50)
    assert np.isfinite(found["mean"]).all()
    assert np.isfinite(found["fitted_quantiles"]).all()
    assert np.all((found["acceptance"] > 0) & (found["acceptance"] < 1))
    for name in ("predicted_quantiles", "error_size", "loo_probability", "draws_error_size"):
        assert name not in found, "the published likelihood has no error to predict with"


def test_forcing_of_other_profiles_is_named() -> None:
    with pytest.raises(ValueError, match=r"^expected forcing for 4 profiles, got 3 rows$"):
        sites.assimilate(_profiles(), FORCING.rows(slice(0, 3)), LITTLE)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"likelihood": "normal"}, "expected a likelihood out of default, published, got 'normal'"),
        ({"chains": 1}, "expected at least 2 chains, to see whether they agree, got 1"),
        ({"draws": 7}, "expected 8 draws or more and most_draws not below, got 7 and 3000"),
        ({"draws": 100, "most_draws": 99}, "expected 8 draws or more and most_draws not below, got 100 and 99"),
        ({"seed": -1}, "expected a seed within 0..9223372036854775807, got -1"),
        ({"error_size": 0.0}, "expected an error size within 0..10 and positive degrees, got 0 and "),
        ({"error_degrees": -2.0}, "expected an error size within 0..10 and positive degrees, got "),
    ],
)
def test_bad_options_are_named(change: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        Options(**change)  # type: ignore[arg-type]


@pytest.mark.parametrize(("draws", "most"), [(8, 8), (240, 3000), (20, 40), (100, 101)])
def test_stretches_use_the_effort_up(draws: int, most: int) -> None:
    stretches = sites._stretches(Options(draws=draws, most_draws=most))
    assert stretches[0] == draws
    assert sum(stretches) == most
    assert min(stretches) >= 1
