"""Quality control, layer by layer while files stream: places, depths, carbon, density, ocean.

Every layer lost or changed is counted under one of the reasons of ``report``.  What needs whole profiles is in ``profiles``.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from proda_core.grid import FloatArray, LandGrid
from proda_core.observations import pedotransfer
from proda_core.observations.report import Ledger

MOST_CARBON = 0.65
"""More organic carbon per mass [1] is a mistake: organic matter holds 50-58 %, charcoal in soil little more."""

MOST_SOC_DENSITY = 4e5
"""More carbon per volume [gC m-3] is a mistake; compact peat holds about a quarter of it."""

DEEPEST = 100.0
"""Deeper layers [m] are a mistake, most often of units."""

LIGHTEST, HEAVIEST = 20.0, 2400.0
"""Bulk densities of the fine earth outside of this range [kg m-3] are mistakes; fresh moss peat to the most compact soil."""


def control_layers(layers: pd.DataFrame, ledger: Ledger, land: LandGrid | None = None) -> pd.DataFrame:
    """Layers that pass the checks that need one layer only, with carbon per volume computed.

    Args:
        layers: see ``observations.layers``.
        ledger: counts what is read, dropped, repaired and assumed.
        land: where land is; without it no layer is dropped for lying in the ocean.

    Returns:
        the layers kept, with ``soc_density``, ``soc_density_error``, ``density`` (fine earth) and ``density_estimated``.
    """
    ledger.read(layers)
    layers = ledger.drop(layers, (layers["profile_id"] == "").to_numpy(), "nameless profile")
    layers = _places(layers, ledger)
    layers = _depths(layers, ledger)
    layers = _carbon(layers, ledger)
    layers = _densities(layers, ledger)
    density = layers["soc_density"].to_numpy()
    layers = ledger.drop(layers, density == 0.0, "zero carbon density")
    density = layers["soc_density"].to_numpy()
    layers = ledger.drop(layers, ~((density > 0.0) & (density <= MOST_SOC_DENSITY)), "absurd carbon density")
    if land is not None and len(layers):
        places = layers[["latitude", "longitude"]].to_numpy()
        layers = ledger.drop(layers, ~near_land(places[:, 0], places[:, 1], land), "ocean cell")
    return layers


def _places(layers: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    latitude, longitude = (layers[name].to_numpy() for name in ("latitude", "longitude"))
    possible = (np.abs(latitude) <= 90.0) & (longitude >= -180.0) & (longitude <= 360.0)  # false for NaN as well
    layers = ledger.drop(layers, ~possible | ((latitude == 0.0) & (longitude == 0.0)), "impossible coordinates")
    longitude = layers["longitude"].to_numpy()
    ledger.repair("longitude from 0..360", int((longitude > 180.0).sum()))
    return layers.assign(longitude=np.where(longitude > 180.0, longitude - 360.0, longitude))


def _depths(layers: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """Layers with depths that can be; older descriptions count O horizons upwards from the mineral soil (-5..0 or 5..0)."""
    top, bottom = (layers[name].to_numpy() for name in ("layer_top", "layer_bottom"))
    above = (bottom <= 0.0) & (top != 0.0)
    layers = ledger.drop(layers, layers["litter"].to_numpy() | above, "litter layer")
    top, bottom = (layers[name].to_numpy() for name in ("layer_top", "layer_bottom"))
    layers = ledger.drop(layers, ~(np.isfinite(top) & np.isfinite(bottom)), "missing depth")
    top, bottom = (layers[name].to_numpy() for name in ("layer_top", "layer_bottom"))
    layers = ledger.drop(layers, top >= bottom, "inverted depths")
    top, bottom = (layers[name].to_numpy() for name in ("layer_top", "layer_bottom"))
    return ledger.drop(layers, (top < 0.0) | (bottom > DEEPEST), "impossible depth")


def _carbon(layers: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    none = np.isnan(layers["carbon"].to_numpy()) & np.isnan(layers["soc_density"].to_numpy())
    layers = ledger.drop(layers, none, "missing carbon")
    carbon = layers["carbon"].to_numpy()
    return ledger.drop(layers, (carbon < 0.0) | (carbon > MOST_CARBON), "absurd carbon")


def _densities(layers: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """Fills bulk density and computes carbon per volume where the source does not give it."""
    coarse = layers["coarse_fragments"].to_numpy(copy=True)
    absurd_coarse = (coarse < 0.0) | (coarse > 1.0)
    coarse[absurd_coarse] = np.nan
    given = layers["density"].to_numpy()
    fine = np.where(layers["density_of_whole_soil"], pedotransfer.fine_earth(given, coarse), given)
    absurd = ~np.isnan(given) & ~((fine >= LIGHTEST) & (fine <= HEAVIEST))
    fine[absurd] = np.nan
    carbon, soc = layers["carbon"].to_numpy(), layers["soc_density"].to_numpy()
    computed = np.isnan(soc)
    filled = np.isnan(fine) & computed
    fine = np.where(filled, pedotransfer.bulk_density(carbon), fine)
    estimated = layers["density_estimated"].to_numpy() | filled
    error = np.where(
        computed, pedotransfer.soc_density_error(carbon, fine, coarse, estimated), layers["soc_density_error"].to_numpy()
    )
    ledger.repair("absurd coarse fragments", int(absurd_coarse.sum()))
    ledger.repair("absurd bulk density", int(absurd.sum()))
    return layers.assign(
        coarse_fragments=coarse,
        density=fine,
        density_estimated=estimated & ~np.isnan(fine),
        soc_density=np.where(computed, pedotransfer.soc_density(carbon, fine, coarse), soc),
        soc_density_error=error,
        computed=computed,
    )


def near_land(latitude: FloatArray, longitude: FloatArray, land: LandGrid) -> npt.NDArray[np.bool_]:
    """Whether a cell of ``land`` lies in the same grid cell as each place or in one of the eight around it.

    Args:
        latitude: [degrees north] (place,).
        longitude: [degrees east], -180..180 (place,).
        land: the land cells.

    Returns:
        true or false (place,).
    """
    found: npt.NDArray[np.bool_] = land.cells_near(latitude, longitude) >= 0
    return found
