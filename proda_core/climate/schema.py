"""What stands in ``climate.nc`` and what is read back as predictors: name, meaning, unit, precision, source, licence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from proda_core.climate import sources
from proda_core.climate.koppen import ZONES
from proda_core.climate.land import COVERS
from proda_core.climate.sources import Source
from proda_core.constants import MONTHS
from proda_core.grid import POOLS

SCHEMA_VERSION = "1"
"""Value of the file's ``proda_climate_schema`` attribute; raised whenever a variable changes its meaning."""

SCHEMA_ATTRIBUTE = "proda_climate_schema"
"""Global attribute by which the file is recognised."""

LITTERS: tuple[str, ...] = POOLS[:4]
"""Litter classes in order."""

LIMITS_BY_UNIT: dict[str, tuple[float, float]] = {"degC": (-100.0, 70.0), "1": (0.0, 1.02)}
"""Range of temperatures and of fractions (packing may carry a full fraction a little beyond one)."""

SIZES: dict[str, int] = {"month": MONTHS, "zone": 2, "litter": len(LITTERS)}
"""Length of each dimension but the cells."""

_ALL_CLIMATE = (sources.ERA5, sources.LAND_COVER)


@dataclass(frozen=True)
class Stored:
    """One variable of the file.

    Attributes:
        name: name in the file.
        meaning: long name.
        units: UDUNITS string.
        dims: dimensions, in order.
        dtype: integer type it is packed into.
        scale: unit of the packed integer [units].
        sources: where it comes from.
        standard_name: CF standard name, where there is one.
        comment: how it was made, in a sentence.
    """

    name: str
    meaning: str
    units: str
    dims: tuple[str, ...]
    dtype: str
    scale: float
    sources: tuple[Source, ...]
    standard_name: str = ""
    comment: str = ""

    @property
    def limits(self) -> tuple[float, float]:
        """Range of values that make sense [units]: by unit where the unit says enough, else what the packing holds."""
        if self.name == "koppen":
            return 1.0, float(len(ZONES))
        packing = np.iinfo(self.dtype)
        return LIMITS_BY_UNIT.get(self.units, (packing.min * self.scale, packing.max * self.scale))

    def attributes(self) -> dict[str, str]:
        """CF attributes."""
        found = {
            "long_name": self.meaning,
            "units": self.units,
            "standard_name": self.standard_name,
            "source": "; ".join(source.label for source in self.sources),
            "license": "; ".join(dict.fromkeys(source.licence for source in self.sources)),
            "comment": self.comment,
        }
        return {key: value for key, value in found.items() if value}


_MONTHLY = ("cell", "month")
_GREEN = (sources.NDVI_MAXIMUM,)
_INPUT = (*_ALL_CLIMATE, sources.NDVI_MAXIMUM, sources.NDVI_MINIMUM, sources.FAPAR_MAXIMUM, sources.C4_FRACTION)

STORED: dict[str, Stored] = {
    v.name: v
    for v in (
        Stored("latitude", "latitude of the cell centre", "degrees_north", ("cell",), "int16", 0.25, (), "latitude"),
        Stored("longitude", "longitude of the cell centre", "degrees_east", ("cell",), "int16", 0.25, (), "longitude"),
        Stored("land_fraction", "part of the cell that is neither water nor permanent ice", "1", ("cell",),
            "uint8", 0.01, (sources.LAND_COVER,), "land_area_fraction", "Share of 0.05 degree pixels."),
        Stored("air_temperature", "2 m air temperature", "degC", _MONTHLY,
            "int16", 0.01, _ALL_CLIMATE, "air_temperature", "Mean over the land part of the cell, 2000-2025."),
        Stored("precipitation", "monthly precipitation", "mm", _MONTHLY,
            "uint16", 0.1, _ALL_CLIMATE, "lwe_thickness_of_precipitation_amount",
            "Mean monthly sum over the land part of the cell, 2000-2025."),
        Stored("surface_temperature", "temperature of the soil surface under snow", "degC", _MONTHLY,
            "int16", 0.01, _ALL_CLIMATE, "", "Air temperature; below freezing times the freezing n-factor of the snow."),
        Stored("wetness", "soil wetness, water content over porosity", "1", ("cell", "zone", "month"),
            "uint8", 0.004, _ALL_CLIMATE, "", "Two-zone bucket, 0-0.3 m and 0.3-1.5 m, default loam."),
        Stored("active_layer", "maximum annual thaw depth", "m", ("cell",),
            "uint16", 0.001, _ALL_CLIMATE, "",
            "Depth where the annual maximum crosses 0 degC; 8.6 where nothing stays frozen; at least 0.1 where plants grow."),
        Stored("litter_input", "plant carbon input: CWD, metabolic, cellulose, lignin", "g m-2 yr-1", ("cell", "litter"),
            "uint16", 0.025, _INPUT, "", "Grams of carbon; NPP regression scaled to 57 PgC yr-1, split after CLM5."),
        Stored("snow_water_max", "largest monthly mean snow water equivalent of the year", "mm", ("cell",),
            "uint16", 1.0, _ALL_CLIMATE, "", "Degree-day snow store."),
        Stored("potential_evapotranspiration", "potential evapotranspiration", "mm yr-1", ("cell",),
            "uint16", 0.1, (*_ALL_CLIMATE, sources.ELEVATION), "", "Priestley-Taylor."),
        Stored("actual_evapotranspiration", "actual evapotranspiration", "mm yr-1", ("cell",),
            "uint16", 0.1, (*_ALL_CLIMATE, sources.ELEVATION), "", "Two-zone bucket."),
        Stored("elevation", "height above sea level", "m", ("cell",),
            "int16", 1.0, (sources.ELEVATION,), "surface_altitude", "Mean over the land part of the cell."),
        Stored("ndvi_max", "largest NDVI of the year", "1", ("cell",),
            "uint8", 0.004, _GREEN, "normalized_difference_vegetation_index"),
        Stored("ndvi_min", "smallest NDVI of the year", "1", ("cell",),
            "uint8", 0.004, (sources.NDVI_MINIMUM,), "normalized_difference_vegetation_index"),
        Stored("fapar_max", "largest absorbed fraction of photosynthetically active radiation of the year", "1", ("cell",),
            "uint8", 0.004, (sources.FAPAR_MAXIMUM,)),
        Stored("c4_fraction", "C4 fraction of the vegetation", "1", ("cell",), "uint8", 0.004, (sources.C4_FRACTION,)),
        Stored("koppen", "Koppen-Geiger climate zone", "1", ("cell",),
            "uint8", 1.0, _ALL_CLIMATE, "", "Rules of Peel et al. 2007, numbers of Beck et al. 2018."),
        *(
            Stored(f"cover_{c.name}", f"part of the cell's land under {c.meaning}", "1", ("cell",),
                "uint8", 0.004, (sources.LAND_COVER,), "", f"IGBP class {c.code}.")
            for c in COVERS
        ),
    )
}  # fmt: skip
"""Variables of the file, by name."""

KOPPEN_FLAGS: dict[str, object] = {"flag_values": list(range(1, len(ZONES) + 1)), "flag_meanings": " ".join(ZONES)}
"""CF flag attributes of ``koppen``."""

_MEAN_FOR_EXTREME = "monthly means stand in for daily extremes"

DERIVED: dict[str, tuple[str, str]] = {
    "bio1": ("mean annual temperature", "degC"),
    "bio4": ("temperature seasonality, standard deviation of the monthly means", "K"),
    "bio5": (f"temperature of the warmest month; {_MEAN_FOR_EXTREME}", "degC"),
    "bio6": (f"temperature of the coldest month; {_MEAN_FOR_EXTREME}", "degC"),
    "bio7": (f"annual temperature range; {_MEAN_FOR_EXTREME}", "K"),
    "bio8": ("mean temperature of the wettest quarter", "degC"),
    "bio9": ("mean temperature of the driest quarter", "degC"),
    "bio10": ("mean temperature of the warmest quarter", "degC"),
    "bio11": ("mean temperature of the coldest quarter", "degC"),
    "bio12": ("annual precipitation", "mm"),
    "bio13": ("precipitation of the wettest month", "mm"),
    "bio14": ("precipitation of the driest month", "mm"),
    "bio15": ("precipitation seasonality, coefficient of variation", "%"),
    "bio16": ("precipitation of the wettest quarter", "mm"),
    "bio17": ("precipitation of the driest quarter", "mm"),
    "bio18": ("precipitation of the warmest quarter", "mm"),
    "bio19": ("precipitation of the coldest quarter", "mm"),
    "growing_degree_days": ("growing degree-days above 0 degC", "K d"),
    "aridity": ("precipitation over potential evapotranspiration, at most 10", "1"),
    "tree_cover": ("tree cover of the land", "1"),
    "shrub_cover": ("shrub cover of the land", "1"),
    "npp": ("net primary production, the sum of the litter input", "g m-2 yr-1"),
}
"""Predictors that are computed when the file is read: meaning and unit."""

PREDICTORS: tuple[str, ...] = (
    *(name for name, row in STORED.items() if row.dims == ("cell",)),
    *DERIVED,
)
"""Names in the dataset that ``load_predictors`` returns."""
