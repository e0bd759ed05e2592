"""How well the best estimate of the maps, the mean of the members' parameters, gives the profiles that it was learned from.

Methods are judged by the mean of the members' carbon; the maps show the carbon of their mean parameters, which is not the same,
as the model is not linear in them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from proda_core import parameters
from proda_core.learning.measures import measures
from proda_core.learning.methods import Ensemble, observed_by
from proda_core.learning.problem import Problem

FloatArray = npt.NDArray[np.float64]


def predicted(ensemble: Ensemble, problem: Problem) -> FloatArray:
    """SOC density of every observed layer by the mean parameters of the members [gC m-3] (observation,).

    Raises:
        ValueError: a method without parameters.
    """
    unit = ensemble.unit(problem.features).mean(0)
    lower, upper = torch.as_tensor(parameters.LOWER), torch.as_tensor(parameters.UPPER)
    soc = problem.process(lower + unit * (upper - lower), torch.arange(len(unit)))
    place = torch.as_tensor(problem.place)[problem.observations.profile]
    found: FloatArray = (soc[place] * problem.observations.weight).sum(1).detach().numpy()
    return found


def skill(ensemble: Ensemble, problem: Problem) -> dict[str, float]:
    """Nash-Sutcliffe efficiency in sample [1], weighted by the importance of each profile: of best estimate and mean carbon.

    Returns:
        ``nse_best`` and ``nse_members``, entries of ``retrieved.RELATIONS``.
    """
    observed = problem.observations.soc.numpy()
    weight = problem.importance[problem.profile_of_observation]
    by = {"nse_best": predicted(ensemble, problem), "nse_members": observed_by(ensemble, problem)}
    return {name: float(measures(observed, values, weight).nse) for name, values in by.items()}
