"""Parameters and forcing -> pools, stocks and mechanisms on the grid, in chunks, so that memory stays bounded.

- ``world``: what the model runs on; :func:`load_world` gives the embedded default, with the retrieved maps if they are sound
- ``globe``: :class:`GlobalModel` keeps the evaluated terms, so that a scenario costs one solve: what a slider move does
- ``forcing``: :class:`Given`, forcing of one's own read from a file (``forcing_file``) onto the cells that it covers
- ``experiments``: what an experiment does to the terms, in its region
- ``transient``: :func:`follow`, the way to the new balance; :func:`resolve`, the plant input that reaches a target
- ``targets``: what a goal for the stock takes of each mechanism alone
- ``ages``: :func:`carbon_age`, how old carbon is and how long it stays
- ``output``: :func:`run`, the whole globe as a dataset; :func:`course`, a transient as one
- ``members``: :func:`ensemble`, what the members of an ensemble of parameters agree on, and :func:`build_retrieved`, the dataset
  of retrieved maps that this makes
- ``relations``: how CUE goes with temperature and carbon over the land
"""

from proda_core.process.transient import log_years
from proda_core.simulation.ages import CarbonAge, carbon_age
from proda_core.simulation.forcing import Given
from proda_core.simulation.globe import GlobalModel, Outcome
from proda_core.simulation.members import ONE_PERCENT, Ensemble, build_retrieved, ensemble, with_parameters
from proda_core.simulation.output import course, run
from proda_core.simulation.transient import Transient, follow, resolve
from proda_core.simulation.world import PARAMETER_SET, World, forcing_from_dataset, land_from_dataset, load_world

__all__ = [
    "ONE_PERCENT",
    "PARAMETER_SET",
    "CarbonAge",
    "Ensemble",
    "Given",
    "GlobalModel",
    "Outcome",
    "Transient",
    "World",
    "build_retrieved",
    "carbon_age",
    "course",
    "ensemble",
    "follow",
    "forcing_from_dataset",
    "land_from_dataset",
    "load_world",
    "log_years",
    "resolve",
    "run",
    "with_parameters",
]
