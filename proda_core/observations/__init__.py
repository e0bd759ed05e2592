"""Observed soil profiles: files of several databases -> one checked table of carbon per volume.

    files -> header (which format?) -> a reader each (wosis2019, wosis2023, proda_netcdf, israd, plain, harmonised) -> layers
          -> quality (pedotransfer) -> table: profiles.nc, and report: what was kept, dropped, repaired, and why

``fetch`` gets public files, ``ncscd`` reads gridded stocks as a benchmark, ``thinning`` takes few profiles a grid cell,
``poststratification`` weighs profiles that were not dug at random.

>>> from proda_core import observations
>>> sorted(observations.FORMATS)[:2]
['harmonised', 'increments']
"""

from proda_core.observations.reading import FORMATS, read
from proda_core.observations.report import Report
from proda_core.observations.table import build, check, concat, layer_counts, load, save, select
from proda_core.observations.thinning import measured, thin, with_layers

__all__ = [
    "FORMATS", "Report", "build", "check", "concat", "layer_counts", "load", "measured", "read", "save", "select", "thin",
    "with_layers",
]  # fmt: skip
