"""The harmonised tables of real profiles, where they are: read whole, and told what was done with them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from proda_core import climate, observations
from proda_core.grid import LandGrid
from proda_core.observations import Report
from proda_core.observations.poststratification import PEATLAND_SHARE
from proda_core.variables import PLACE

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
LAYERS, INCREMENTS = DATA / "soc_layers.csv.gz", DATA / "permafrost_increments.csv"

pytestmark = pytest.mark.skipif(not LAYERS.is_file() or not INCREMENTS.is_file(), reason=f"no reference data at {DATA}")


@pytest.fixture(scope="module")
def land() -> LandGrid:
    stored = climate.read()
    latitude, longitude, fraction = (stored[name].values.astype(float) for name in PLACE)
    return LandGrid(latitude, longitude, fraction)


@pytest.fixture(scope="module")
def found(land: LandGrid) -> Callable[[Path], tuple[xr.Dataset, Report]]:
    held = {path: observations.read(path, land=land) for path in (LAYERS, INCREMENTS)}
    return held.__getitem__


def test_every_layer_is_accounted_for(found: Callable[[Path], tuple[xr.Dataset, Report]]) -> None:
    profiles, report = found(LAYERS)
    assert report.layers_read == 82_259
    assert report.layers_kept == profiles.sizes["observation"] == 82_259 - sum(report.dropped.values())
    assert report.layers_kept > 0.95 * report.layers_read
    assert report.remarks == ()


def test_every_pedon_is_accounted_for(found: Callable[[Path], tuple[xr.Dataset, Report]]) -> None:
    profiles, report = found(INCREMENTS)
    assert report.profiles_read == 423
    assert report.profiles_kept == profiles.sizes["profile"] > 0.95 * 423
    assert profiles["extrapolated"].values.any()
    assert not profiles["extrapolated"].values.all()
    assert set(profiles["licence"].values) == {"CC BY 3.0"}


def test_organic_pedons_weigh_what_they_cover(found: Callable[[Path], tuple[xr.Dataset, Report]]) -> None:
    """Nearly half of the pedons are organic, and quality control drops few of either kind."""
    profiles, report = found(INCREMENTS)
    weight = profiles["sampling_weight"].values
    organic = weight < 1
    assert report.assumed["weighted by soil class"] == len(weight)
    assert 0.45 < organic.mean() < 0.5
    assert weight[organic].sum() / weight.sum() == pytest.approx(PEATLAND_SHARE, abs=0.01)
    assert weight.mean() == pytest.approx(1.0, abs=0.02)
    assert set(found(LAYERS)[0]["sampling_weight"].values) == {1.0}


def test_carbon_is_that_of_the_tables_makers_where_density_is_mineral(found: Callable[[Path], tuple[xr.Dataset, Report]]) -> None:
    """They used the same formula for mineral soil, and no stones where unknown."""
    import pandas as pd

    profiles, _ = found(LAYERS)
    theirs = pd.read_csv(LAYERS).set_index(["profile_id", "top_cm"])["soc_density_kgC_m3"] * 1000
    names = profiles["profile_id"].values[profiles["profile_index"].values]
    tops = np.round(profiles["layer_top"].values * 100, 3)
    ours = pd.Series(profiles["soc_density"].values, index=pd.MultiIndex.from_arrays([names, tops]))
    both = pd.concat({"ours": ours, "theirs": theirs[~theirs.index.duplicated()]}, axis=1, join="inner")
    ratio = both["ours"] / both["theirs"]
    assert len(both) > 0.95 * len(ours)
    assert ratio.between(0.999, 1.001).mean() > 0.98


def test_together_and_thinned(land: LandGrid) -> None:
    both, report = observations.read([LAYERS, INCREMENTS], land=land, min_layers=3)
    assert report.profiles_kept == both.sizes["profile"] > 10_000
    few = observations.thin(both, 1, seed=0)
    assert 2000 < few.sizes["profile"] < both.sizes["profile"]
    assert json.loads(report.to_json())["dropped"]["too few layers"] > 0
