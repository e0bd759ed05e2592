"""What assimilation says about parameters must be true as often as it claims: on profiles whose parameters are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from proda_core import observations, parameters
from proda_core.assimilation import sites
from tests.twin import soil_profiles
from tests.twin.soil_profiles import Twin

pytestmark = pytest.mark.usefixtures("one_thread")

SIMULATIONS = 200
RANKED = 80
"""Nearly independent draws among which the truth is ranked: 81 possible ranks, nine for each of nine bins."""
BINS = 9


@pytest.fixture(scope="module")
def ranks(one_thread: None) -> dict[str, np.ndarray]:
    """Rank of the truth among thinned posterior draws, for each parameter, the error size and the fitted SOC of a layer."""
    rng = np.random.default_rng(20201)
    index, top, bottom = soil_profiles.layers(SIMULATIONS, rng)
    cells = rng.choice(len(soil_profiles.world().parameters), SIMULATIONS, replace=False)
    return _ranks(soil_profiles.make(index, top, bottom, cells, rng))


def _ranks(twin: Twin) -> dict[str, np.ndarray]:
    names = [str(name) for name in twin.profiles["profile_id"].values]
    target = sites.posterior(twin.profiles, twin.forcing, sites.Options())
    first = np.searchsorted(twin.profiles["profile_index"].values, np.arange(len(names)))
    found: dict[str, np.ndarray] = {id_: np.full(len(names), -1) for id_ in (*parameters.IDS, "error size", "fitted SOC")}
    rng = np.random.default_rng(5)
    for finished in sites.sample(target, names, sites.Options(draws=240, most_draws=1215)):
        draws = finished.unit.shape[2]
        kept = np.linspace(0, draws - 1, RANKED // finished.unit.shape[1]).round().astype(int)
        unit = finished.unit[:, :, kept].flatten(1, 2).numpy()
        soc = finished.soc[:, :, kept].flatten(1, 2)
        degrees, size = finished.target.error_distribution(soc)
        for k, profile in enumerate(finished.profile.tolist()):
            below = (unit[k] < twin.unit[profile]).sum(0)
            for i, id_ in enumerate(parameters.IDS):
                found[id_][profile] = below[i]
            sizes = size[k].numpy() * np.sqrt(float(degrees[k, 0]) / rng.chisquare(float(degrees[k, 0]), RANKED))
            found["error size"][profile] = (sizes < twin.error_size[profile]).sum()
            fitted = finished.observed[k][:, kept, 0].flatten().log().numpy()
            found["fitted SOC"][profile] = (fitted < twin.log_fit[first[profile]]).sum()
    return found


def test_ranks_of_the_truth_are_uniform(ranks: dict[str, np.ndarray]) -> None:
    # Simulation-based calibration (Talts et al. 2018, arXiv:1804.06788): the test is chi-square over nine bins, for each of the
    # 23 quantities at a level of 0.01 shared among them (Bonferroni)
    worst = {}
    for name, rank in ranks.items():
        assert rank.min() >= 0
        counts = np.bincount(rank * BINS // (RANKED + 1), minlength=BINS)
        worst[name] = float(stats.chisquare(counts).pvalue)
    assert min(worst.values()) > 0.01 / len(worst), sorted(worst.items(), key=lambda item: item[1])[:4]


def test_ranks_of_a_wrong_truth_are_not_uniform(ranks: dict[str, np.ndarray]) -> None:
    # the same test must notice error sizes that are claimed to be two thirds of what they are
    counts = np.bincount((ranks["error size"] * 2 // 3) * BINS // (RANKED + 1), minlength=BINS)
    assert stats.chisquare(counts).pvalue < 1e-6


SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
SITES = 240
IDENTIFIABLE = 0.05
"""Mean shrinkage above which the profiles say something about a parameter."""


@pytest.mark.skipif(not SHARED.is_dir(), reason="the observed profiles, whose places and depths it takes, are not here")
def test_ninety_percent_intervals_cover_the_truth_at_real_sites() -> None:
    rng = np.random.default_rng(31)
    files = [SHARED / "soc_layers.csv.gz", SHARED / "permafrost_increments.csv"]
    land = soil_profiles.world().land
    table, _ = observations.read(files, land=land, min_layers=3)
    table = observations.measured(observations.thin(table, per_cell=1, seed=1), min_layers=3)
    table = observations.select(table, np.sort(rng.choice(table.sizes["profile"], SITES, replace=False)))
    cells = land.cells_near(table["latitude"].values, table["longitude"].values)
    depths = (table[name].values for name in ("profile_index", "layer_top", "layer_bottom"))
    twin = soil_profiles.make(*depths, cells, rng)
    found = sites.assimilate(twin.profiles, twin.forcing, sites.Options(most_draws=1215))
    lower, upper = (parameters.to_unit(found["quantiles"].sel(quantile=q).values) for q in (0.05, 0.95))
    covered = ((twin.unit > lower) & (twin.unit < upper)).mean(0)
    known = found["shrinkage"].mean("profile").values > IDENTIFIABLE
    assert set(np.array(parameters.IDS)[known]) >= {"efolding", "tau4s2", "w_scaling"}
    assert np.all((covered[known] > 0.85) & (covered[known] < 0.95)), dict(zip(parameters.IDS, covered.round(3), strict=True))
