"""The embedded default: forcing and predictors on half-degree land cells, from an ERA5 climatology and satellite vegetation.

    build:  sources -> gather (regrid, land) -> derive (snow, soil_temperature, radiation, bucket)
            -> assemble (npp, litter, koppen) -> artefact: climate.nc
    load:   climate.nc -> artefact (soil_temperature, soil_water) -> forcing; (bioclim, land) -> predictors

``build`` needs the source packages (the ``build`` extra); ``load`` and ``load_predictors`` need only the file.  The file keeps
the compact drivers; layers are expanded when it is read.
"""

from proda_core.climate.artefact import BEDROCK_LAYER, SOIL_DEPTH, ClimateFileError, expand, load, load_predictors, read
from proda_core.climate.assemble import build
from proda_core.climate.koppen import ZONES
from proda_core.climate.sources import SourceError

__all__ = [
    "BEDROCK_LAYER",
    "SOIL_DEPTH",
    "ZONES",
    "ClimateFileError",
    "SourceError",
    "build",
    "expand",
    "load",
    "load_predictors",
    "read",
]
