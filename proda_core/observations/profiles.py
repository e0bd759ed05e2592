"""Quality control, profile by profile once all layers are there: duplicates, overlaps, number of layers.

Every layer lost or changed is counted under one of the reasons of ``report``.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from proda_core.observations.report import Ledger

TOLERANCE = 1e-6
"""Depths closer than this are equal [m]; places, too [degrees]."""


def control_profiles(layers: pd.DataFrame, ledger: Ledger, min_layers: int = 1) -> pd.DataFrame:
    """Layers that pass the checks that need the whole profile, or all profiles; sorted by profile and depth.

    Args:
        layers: all layers that :func:`control_layers` kept, in any order.
        ledger: goes on counting.
        min_layers: profiles with fewer layers are dropped.

    Returns:
        the layers kept; profiles stand in the order in which they first appeared.
    """
    layers = _in_order(layers)
    layers = _one_of(layers, ["latitude", "longitude"], TOLERANCE, "several places in a profile", ledger)
    layers = _one_of(layers, ["sampling_weight"], 0.0, "several weights in a profile", ledger)
    layers = _replicates(layers, ledger)
    layers = ledger.drop(layers, _overlapping(layers), "overlapping depths")
    layers = ledger.drop(layers, _duplicate_profiles(layers), "duplicate profile")
    count = layers.groupby("order")["order"].transform("size").to_numpy()
    layers = ledger.drop(layers, count < min_layers, "too few layers")
    ledger.assume("single-layer profile", int((count[count >= min_layers] == 1).sum()))
    ledger.assume("weighted by soil class", int(layers["weighted_by_class"][~layers["order"].duplicated()].sum()))
    computed = layers["computed"].to_numpy()
    ledger.assume("bulk density estimated", int((layers["density_estimated"].to_numpy() & computed).sum()))
    ledger.assume("coarse fragments unknown", int((np.isnan(layers["coarse_fragments"].to_numpy()) & computed).sum()))
    return layers


def _in_order(layers: pd.DataFrame) -> pd.DataFrame:
    codes, _ = pd.factorize(layers["profile_id"])
    ordered = layers.assign(order=codes).sort_values(["order", "layer_top", "layer_bottom"], kind="stable")
    return ordered.reset_index(drop=True)


def _one_of(layers: pd.DataFrame, names: list[str], tolerance: float, reason: str, ledger: Ledger) -> pd.DataFrame:
    """What belongs to the whole profile, as its first layer has it; layers that differ are counted as repaired."""
    first = layers.groupby("order")[names].transform("first")
    other = (np.abs(first - layers[names]) > tolerance).any(axis=1).to_numpy()
    ledger.repair(reason, int(other.sum()))
    return layers.assign(**{name: first[name] for name in names}) if other.any() else layers


def _replicates(layers: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """Layers of one depth: repeated rows dropped, several samples averaged into the first of them."""
    depth = ["order", "layer_top", "layer_bottom"]
    values = ["soc_density", "soc_density_error", "density", "coarse_fragments"]
    layers = ledger.drop(layers, layers.duplicated([*depth, "soc_density"]).to_numpy(), "duplicate layer")
    several = layers.duplicated(depth, keep=False).to_numpy()
    if several.any():
        layers = layers.copy()
        layers.loc[several, values] = layers[several].groupby(depth)[values].transform("mean")
    extra = layers.duplicated(depth).to_numpy()
    ledger.repair("mean of replicates", int((several & ~extra).sum()))
    return ledger.drop(layers, extra, "replicate layer")


def _overlapping(layers: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Whether each layer begins above the end of the last one kept before it; the thinner of two with one top is kept."""
    order, top, bottom = (layers[name].to_numpy() for name in ("order", "layer_top", "layer_bottom"))
    bad = np.zeros(len(layers), dtype=bool)
    suspect = np.flatnonzero((order[1:] == order[:-1]) & (top[1:] < bottom[:-1] - TOLERANCE))
    for profile in np.unique(order[suspect]):
        end = -np.inf
        for row in range(*np.searchsorted(order, [profile, profile + 1])):
            bad[row] = top[row] < end - TOLERANCE
            end = end if bad[row] else bottom[row]
    return bad


def _duplicate_profiles(layers: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Whether another profile before it has the same place, depths and carbon per volume in every layer."""
    names = ["latitude", "longitude", "layer_top", "layer_bottom", "soc_density"]
    rows = pd.util.hash_pandas_object(layers[names].round(5), index=False)
    whole = rows.groupby(layers["order"]).agg(["sum", "size"])
    repeated = whole.index[whole.duplicated()]
    found: npt.NDArray[np.bool_] = layers["order"].isin(repeated).to_numpy()
    return found
