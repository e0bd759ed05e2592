"""Known maps of parameters -> profiles where real ones are -> learning -> which maps come back, and honestly which do not.

This is easier than the real thing.  The true maps are smooth functions of the very predictors that the network is told, the
process model is the true one, and errors are independent from layer to layer.  Learning is set to what suits such a world
(:data:`SETTINGS`): no blocks kept back, weaker noise and prior, no dropout, nothing said of regions and of deep soil.  With the
settings that real profiles need, which were chosen for skill on held-out blocks, fewer maps come back.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from proda_core import climate, parameters, retrieved
from proda_core.assimilation import operator
from proda_core.learning import methods, predictors
from proda_core.learning.network import from_unit, to_unit
from proda_core.learning.predictors import Features, Scaler
from proda_core.learning.problem import Observations, Problem
from proda_core.learning.settings import Settings
from proda_core.process.places import Places
from tests.twin import soil_profiles

pytestmark = pytest.mark.usefixtures("one_thread")

ERROR = 0.2
"""Standard deviation of the relative error of an observed layer."""

LOG = logging.getLogger(__name__)

SETTINGS = Settings(members=2, check=0.0, region_balance=0.0, deep=0.0, prior=0.005, noise=0.1, dropout=0.0)
"""Of learning; not the defaults, see above."""

IDENTIFIABLE = ("efolding", "fl1s1", "fl3s2", "beta")
"""Parameters that leave a mark on observed carbon of their own: depth, and what litter becomes soil carbon."""

HIDDEN = ("taucwd", "taul1", "taul2", "fcwdl2")
"""Parameters of litter that is gone within years: observed soil carbon hardly knows them."""


@dataclass
class Recovery:
    """Correlation of the learned with the true map over the sampled cells."""

    parameter: dict[str, float]
    carbon: float


def _truth(features: Features) -> torch.Tensor:
    """Smooth maps about the published means, each another function of six directions among the predictors (cell, 21)."""
    x = torch.as_tensor(Scaler.of(features).apply(features))
    directions = torch.linalg.svd(x[::20] - x.mean(0), full_matrices=False)[2][:6]
    along = x @ directions.T
    along = along / along.std(0)
    generator = torch.Generator().manual_seed(4)
    linear, bent = (torch.randn(6, parameters.COUNT, generator=generator) / 6**0.5 for _ in range(2))
    shift = along @ linear + torch.tanh(along @ bent)
    return to_unit(from_unit(torch.as_tensor(parameters.PRODA_MEAN)) + 0.8 * shift.double())


def _recover(cells: np.ndarray, profiles_in_cell: np.ndarray, settings: Settings = SETTINGS) -> Recovery:
    rng = np.random.default_rng(3)
    features = predictors.features(climate.load_predictors(), land=soil_profiles.world().land)
    truth = _truth(features)[torch.as_tensor(cells)]
    world = soil_profiles.world()
    places = Places(world.forcing.rows(torch.as_tensor(cells)))
    place = np.repeat(np.arange(len(cells)), profiles_in_cell)
    index, top, bottom = soil_profiles.layers(len(place), rng)
    carbon = places.soc(parameters.to_physical(truth), torch.arange(len(cells)))
    weight = torch.as_tensor(operator.layer_mean(top, bottom))
    seen = (carbon[torch.as_tensor(place[index])] * weight).sum(1) * torch.as_tensor(
        np.exp(ERROR * rng.standard_normal(len(index)))
    )
    problem = Problem(
        features.rows(cells), places.soc, place, Observations(weight, seen, torch.as_tensor(index)),
        world.land.latitude[cells][place], world.land.longitude[cells][place], np.ones(len(place)),
    )  # fmt: skip
    ensemble = methods.fit("end-to-end", problem, np.ones(len(place), dtype=bool), settings)
    unit = ensemble.unit(problem.features).mean(0)
    learned = ensemble.soc(problem.features, places.soc).mean(0)
    by_parameter = {id_: _correlation(unit[:, i], truth[:, i]) for i, id_ in enumerate(parameters.IDS)}
    return Recovery(by_parameter, _correlation(learned[:, :9].log().flatten(), carbon[:, :9].log().flatten()))


def _correlation(first: torch.Tensor, second: torch.Tensor) -> float:
    return float(np.corrcoef(first.numpy(), second.numpy())[0, 1])


@pytest.fixture(scope="module")
def recovery(one_thread: None) -> Recovery:
    """The twin at the cells in which real profiles are, up to four in a cell."""
    count = retrieved.read()["profile_count"].values.astype(int)
    cells = np.flatnonzero(count)
    found = _recover(cells, np.minimum(count[cells], 4))
    for id_, r in sorted(found.parameter.items(), key=lambda item: -item[1]):
        LOG.info("%-10s r %+.2f", id_, r)  # seen with --log-cli-level=info
    return found


def test_carbon_itself_is_recovered(recovery: Recovery) -> None:
    assert recovery.carbon > 0.95, recovery


def test_maps_of_parameters_that_carbon_knows_are_recovered(recovery: Recovery) -> None:
    known = {id_: recovery.parameter[id_] for id_ in IDENTIFIABLE}
    assert min(known.values()) > 0.6, recovery


def test_maps_of_parameters_that_carbon_does_not_know_are_not(recovery: Recovery) -> None:
    # should one of these come back, the twin would have told the network the answer
    hidden = {id_: recovery.parameter[id_] for id_ in HIDDEN}
    assert max(abs(r) for r in hidden.values()) < 0.5, recovery
    assert np.mean(list(hidden.values())) < 0.3, recovery
