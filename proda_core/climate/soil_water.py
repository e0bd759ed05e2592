"""CLM's water and oxygen scalars of every layer and month, from the wetness of two zones and the soil temperature.

Wetness is interpolated between the middles of the zones; dryness and frost each limit the water scalar.  A month near freezing
is neither all frozen nor all thawed.  Within it temperature is taken to spread evenly over T +- h, with h from the drift
between the neighbouring months and, near the surface, from the weather; the frozen limit holds for the part of the month below
freezing.

Source: CLM5 technical note, chapter 2.21 (water scalar; oxygen scalar with its floor of 0.2); the averaging within a month is
ours and stands in for CLM's half-hourly steps.
"""

from __future__ import annotations

import numpy as np

from proda_core.climate.bucket import ZONE_MIDDLES
from proda_core.climate.retention import matric_potential, supercooled_potential, water_scalar
from proda_core.constants import FREEZING, MONTHS
from proda_core.grid import LAYERS, LAYERS_CLM5, FloatArray

DRY_FLOOR = 0.05
"""Least water scalar of thawed soil [1]; ours: rain pulses that a monthly bucket averages away."""

FROZEN_FLOOR = 0.01
"""Least water scalar of frozen soil [1]; ours: unfrozen films keep respiration measurable (Rivkina et al. 2000)."""

WEATHER_SPREAD, WEATHER_DEPTH = 3.0, 0.15
"""Half-width of the weather's share of soil temperature within a month [K] at the surface, and the depth over which it decays by
1/e [m], the damping depth of a wave of some days; ours."""

LEAST_OXYGEN = 0.2
"""Oxygen scalar of waterlogged soil [1]; CLM5's anoxia floor."""

WATERLOGGED_TOP = 0.5
"""Part of the time that the top zone of a wetland is waterlogged [1]; ours."""


def zone_weights(depths: FloatArray = LAYERS_CLM5.node[:LAYERS]) -> FloatArray:
    """Weight of the deep zone at each depth [1] (layer,): 0 above the top zone's middle, 1 below the deep zone's."""
    return np.asarray(np.interp(depths, ZONE_MIDDLES, [0.0, 1.0]))


def layer_wetness(wetness: FloatArray, layer: int) -> FloatArray:
    """Wetness [1] (cell, month) of one layer, counted from 0, between the two zones (cell, zone, month)."""
    deep = zone_weights()[layer]
    return np.asarray((1.0 - deep) * wetness[:, 0] + deep * wetness[:, 1])


def spread_within_month(temperature: FloatArray, depth: float) -> FloatArray:
    """Half-width of temperature within each month [K]: a quarter of the change between its neighbours, plus the weather's.

    Args:
        temperature: soil temperature [K] (cell, month).
        depth: depth [m].

    Returns:
        half-width [K] (cell, month).
    """
    drift = np.abs(np.roll(temperature, -1, axis=-1) - np.roll(temperature, 1, axis=-1)) / 4.0
    return np.asarray(drift + WEATHER_SPREAD * np.exp(-depth / WEATHER_DEPTH))


def frost_limit(temperature: FloatArray, spread: FloatArray) -> FloatArray:
    """Water scalar that frost allows [1]: one in the thawed part of the month, supercooled water's in the frozen part.

    Args:
        temperature: monthly mean soil temperature [K], any shape.
        spread: half-width of temperature within the month [K], same shape.

    Returns:
        limit [1], from ``FROZEN_FLOOR`` to 1.
    """
    limit = np.ones_like(temperature)
    touched = temperature - spread < FREEZING
    mean, half = temperature[touched], np.maximum(spread[touched], 1e-6)
    thawed = np.clip(0.5 + (mean - FREEZING) / (2.0 * half), 0.0, 1.0)
    coldness = (mean - half + np.minimum(mean + half, FREEZING)) / 2.0  # mean of the part of the month below freezing
    frozen = np.maximum(water_scalar(supercooled_potential(coldness)), FROZEN_FLOOR)
    limit[touched] = thawed + (1.0 - thawed) * frozen
    return limit


def layer_water_scalar(wetness: FloatArray, temperature: FloatArray) -> FloatArray:
    """Water scalar of every layer, limited by dryness and by frost, with a floor for each.

    Args:
        wetness: wetness of the two zones [1] (cell, zone, month).
        temperature: soil temperature [K] (cell, layer, month).

    Returns:
        water scalar [1] (cell, layer, month), from ``FROZEN_FLOOR`` to 1.
    """
    result = np.empty_like(temperature)
    weights, dry = zone_weights(), np.empty(0)
    for layer, depth in enumerate(LAYERS_CLM5.node[:LAYERS]):
        if layer == 0 or weights[layer] != weights[layer - 1]:
            dry = np.maximum(water_scalar(matric_potential(layer_wetness(wetness, layer))), DRY_FLOOR)
        here = np.ascontiguousarray(temperature[:, layer])
        result[:, layer] = np.minimum(dry, frost_limit(here, spread_within_month(here, float(depth))))
    return result


def layer_oxygen_scalar(wetness: FloatArray, wetland: FloatArray) -> FloatArray:
    """Oxygen scalar: CLM's floor under wetlands; elsewhere from 1 at a wetness of 0.85 down to the floor at saturation.

    The top zone of a wetland is waterlogged for half of the time, since summer water tables lie 0.1 to 0.3 m deep.

    Args:
        wetness: wetness of the two zones [1] (cell, zone, month).
        wetland: wetland fraction of the cell's land [1] (cell,).

    Returns:
        oxygen scalar [1] (cell, layer, month), from ``LEAST_OXYGEN`` to 1.
    """
    result = np.empty((len(wetness), LAYERS, MONTHS))
    weights = zone_weights()
    for layer in range(LAYERS):
        if layer > 0 and weights[layer] == weights[layer - 1]:
            result[:, layer] = result[:, layer - 1]
            continue
        drowned = np.clip((layer_wetness(wetness, layer) - 0.85) / 0.15, 0.0, 1.0)
        under = (wetland * (WATERLOGGED_TOP + (1.0 - WATERLOGGED_TOP) * weights[layer]))[:, None]
        waterlogged = under + (1.0 - under) * drowned
        result[:, layer] = 1.0 - (1.0 - LEAST_OXYGEN) * waterlogged
    return result
