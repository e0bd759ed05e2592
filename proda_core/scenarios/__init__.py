"""Scenarios as data: a question, what changes, where, and who asked; each a small YAML file.

- ``experiment``: :class:`Experiment`, what such a file says; ``region``: :class:`Region`, where
- ``reading``: from file to :class:`Experiment`, with errors that name file and key

The files beside this one are the presets; :func:`preset_names` lists them, :func:`find` takes such a name or a path.  A file::

    name: Warming of the north                   # a few words
    question: What if ...?                       # a sentence or two
    changes:                                     # relative changes of mechanisms: 0.01 is one percent more
      cue: 0.01                                  # or cue_per_degree, the change of CUE itself per degree of warming [K-1]
      carbon_input: 0.1                          # input_allocation, baseline_decomposition, environmental_modifier,
    warming: 2.0                                 # [K]; vertical_transport
    parameters:                                  # relative changes of parameters by id, held within the prior cell by cell
      q10: 0.05
    region:                                      # where; everywhere if left out
      latitude: [60, 90]                         # [degrees north]; or
      koppen: [Dfc, Dfd, ET]                     # zones of Koppen; or
      country: [France, Germany]                 # or
      box: [35, 60, -10, 30]                     # south, north, west, east [degrees]
    target:                                      # in place of changes: plant input that brings the stock there is computed
      stock_increase: 0.08                       # [1]
      depth: 0.3                                 # [m], a depth of grid.STOCK_DEPTHS
      years: 20
    source: where the numbers come from, and what is a judgement

Name, question and source are needed, and at least one change.
"""

from proda_core.scenarios.experiment import Experiment, Target
from proda_core.scenarios.reading import ScenarioFileError, find, preset_names, read
from proda_core.scenarios.region import Region

__all__ = ["Experiment", "Region", "ScenarioFileError", "Target", "find", "preset_names", "read"]
