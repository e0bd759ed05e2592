"""Parameters and forcing -> pools, stocks and mechanisms on the grid, in chunks, so that memory stays bounded.

- ``world``: what the model runs on; :func:`load_world` gives the embedded default, with the retrieved maps if they are sound
- ``globe``: :class:`GlobalModel` keeps the evaluated terms, so that a scenario costs one solve: what a slider move does
- ``output``: :func:`run`, the whole globe as a dataset
- ``members``: :func:`ensemble`, what the members of an ensemble of parameters agree on, and :func:`build_retrieved`, the dataset
  of retrieved maps that this makes
- ``relations``: how CUE goes with temperature and carbon over the land
"""

from proda_core.simulation.globe import GlobalModel, Outcome
from proda_core.simulation.members import ONE_PERCENT, Ensemble, build_retrieved, ensemble, with_parameters
from proda_core.simulation.output import run
from proda_core.simulation.world import PARAMETER_SET, World, forcing_from_dataset, land_from_dataset, load_world

__all__ = [
    "ONE_PERCENT",
    "PARAMETER_SET",
    "Ensemble",
    "GlobalModel",
    "Outcome",
    "World",
    "build_retrieved",
    "ensemble",
    "forcing_from_dataset",
    "land_from_dataset",
    "load_world",
    "run",
    "with_parameters",
]
