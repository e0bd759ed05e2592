"""From the gathered climate to the state of the soil: snow, surface temperature, thaw depth, wetness, evapotranspiration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from proda_core.climate import bucket, radiation, snow, soil_temperature
from proda_core.climate.bioclim import bioclimate
from proda_core.climate.gather import Fields
from proda_core.grid import FloatArray

LEAST_ACTIVE_LAYER = 0.1
"""Thaw depth given to cells that bear vegetation although the monthly climate never thaws them [m]; ours."""


@dataclass(frozen=True)
class SoilClimate:
    """The soil's climate.

    Attributes:
        snow_water: snow water equivalent [mm] (cell, month).
        surface: temperature of the soil surface [degC] (cell, month).
        thaw: active-layer thickness [m] (cell,).
        wetness: wetness of the two zones [1] (cell, zone, month).
        actual: actual evapotranspiration [mm month-1] (cell, month).
        potential: potential evapotranspiration [mm month-1] (cell, month).
    """

    snow_water: FloatArray
    surface: FloatArray
    thaw: FloatArray
    wetness: FloatArray
    actual: FloatArray
    potential: FloatArray


def derive(fields: Fields) -> SoilClimate:
    """Soil climate of the gathered fields."""
    snow_water, supply = snow.snow_year(fields.temperature, fields.precipitation)
    surface = snow.surface_temperature(fields.temperature, snow.snow_depth(snow_water))
    green = fields.vegetation["ndvi_max"] > 0.1
    thaw = soil_temperature.active_layer(surface)
    thaw = np.where(green, np.maximum(thaw, LEAST_ACTIVE_LAYER), thaw)
    potential = radiation.potential_evapotranspiration(
        fields.temperature, fields.precipitation, fields.grid.latitude, fields.elevation
    )
    wetness, actual = bucket.bucket_year(supply, potential, thaw)
    return SoilClimate(snow_water, surface, thaw, wetness, actual, potential)


def growing_climate(fields: Fields, soil: SoilClimate) -> dict[str, FloatArray]:
    """Bioclimatic variables and annual evapotranspiration [mm yr-1] by name (cell,): what plant growth is regressed on."""
    return bioclimate(fields.temperature, fields.precipitation) | {
        "actual_evapotranspiration": soil.actual.sum(axis=1),
        "potential_evapotranspiration": soil.potential.sum(axis=1),
    }
