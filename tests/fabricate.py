"""Made-up retrieved maps that look like real ones: smooth fields, a spread, a few places with profiles.

    python -m tests.fabricate OUT.nc [CLIMATE.nc]

writes them for a climate file, for trying out what reads them.  Nothing in them was learned from data.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import xarray as xr

from proda_core import __version__, parameters, retrieved
from proda_core.grid import STOCK_DEPTHS
from proda_core.mechanisms import UNITS
from proda_core.simulation import build_retrieved, load_world
from proda_core.store import data_directory

MEMBERS = 10


def smooth_fields(latitude: np.ndarray, longitude: np.ndarray, members: int, rng: np.random.Generator) -> np.ndarray:
    """Normalised parameters around the published mean, waves over the globe, every member a little apart (member, 21, cell)."""
    lat, lon = np.deg2rad(latitude), np.deg2rad(longitude)
    east = [np.cos(lat) * wave for wave in (np.cos(lon), np.sin(lon), np.cos(3 * lon))]
    waves = np.stack([np.sin(lat), np.cos(2 * lat), *east])
    common = rng.normal(scale=0.35, size=(1, parameters.COUNT, len(waves)))
    own = rng.normal(scale=0.12, size=(members, parameters.COUNT, len(waves)))
    mean = np.log(parameters.PRODA_MEAN / (1 - parameters.PRODA_MEAN))
    return 1 / (1 + np.exp(-(mean[:, None] + (common + own) @ waves)))


def made_up(latitude: np.ndarray, longitude: np.ndarray, climate_file: Path, seed: int = 0, members: int = MEMBERS) -> xr.Dataset:
    """A dataset for ``retrieved.write`` whose stocks and spreads come from nowhere: quick, and of the right shape and size."""
    rng = np.random.default_rng(seed)
    cells, shape = len(latitude), (parameters.COUNT, len(latitude))
    unit = smooth_fields(latitude, longitude, members, rng)
    stock = np.array([3.0, 7.0, 10.0, 14.0])[:, None] * np.exp(np.abs(latitude) / 60 + 0.1 * rng.normal(size=cells))
    assert unit.shape == (members, *shape)
    total = np.array([748.0, 1682.0, 2300.0, 2900.0]) * (1 + 0.03 * rng.normal(size=(members, 1)))
    scale = np.array([0.02, 0.0, 0.05, 0.03, 0.02, 0.001, 20.0])
    return xr.Dataset(
        {
            "parameter_unit": (("parameter", "cell"), unit.mean(0)),
            "member_unit": (("member", "parameter", "cell"), unit),
            "parameter_unit_sd": (("parameter", "cell"), unit.std(0, ddof=1)),
            "soc_mean": (("depth", "cell"), stock),
            "soc_sd": (("depth", "cell"), stock * 0.15),
            "mechanism_sd": (("mechanism", "cell"), np.repeat(scale[:, None], cells, 1) * (1 + np.cos(np.deg2rad(latitude)))),
            **places(latitude, rng),
            "global_stock": (("member", "depth"), total),
            "one_percent": (("member", "depth"), total * 0.02),
        },
        {"parameter": list(parameters.IDS), "depth": list(STOCK_DEPTHS), "mechanism": list(UNITS)},
        attributes(climate_file, seed),
    )


def places(latitude: np.ndarray, rng: np.random.Generator) -> dict[str, tuple[tuple[str], np.ndarray]]:
    """How far from the profiles, and how many of them."""
    count = rng.poisson(0.2, len(latitude)) * (np.abs(latitude) < 60)
    far = np.clip(np.abs(latitude - 20) / 45 + 0.1 * rng.normal(size=len(latitude)), 0.05, None)
    return {"dissimilarity": (("cell",), np.where(count > 0, 0.1, far)), "profile_count": (("cell",), count)}


def attributes(climate_file: Path, seed: int) -> dict[str, str | int | float]:
    """What a file says about itself."""
    checksum = retrieved.checksum(climate_file)
    return {
        "title": "Made-up retrieved maps, for tests",
        "method": "end-to-end",
        "source": "Nothing: made-up waves around the published mean, not retrieved from data.",
        "licence": "CC0-1.0",
        "climate_sha256": checksum,
        "parents": f'{{"climate.nc": "{checksum}"}}',
        "seed": seed,
        "created_by": f"PRODA Explorer {__version__}",
        "dissimilarity_threshold": 0.4,
    }


def fabricate_retrieved(path: Path, seed: int = 0, climate_file: Path | None = None) -> None:
    """Write made-up parameters for every cell of a climate file, by default the project's, with the stocks that they make."""
    source = climate_file or data_directory() / "climate.nc"
    world = load_world(source, use="published")
    fields = made_up(world.land.latitude, world.land.longitude, source, seed)
    dataset = build_retrieved(
        world,
        fields["parameter_unit"].values,
        fields["member_unit"].values,
        dissimilarity=fields["dissimilarity"].values,
        profile_count=fields["profile_count"].values,
        attributes=fields.attrs,
    )
    retrieved.write(dataset, path)


if __name__ == "__main__":
    fabricate_retrieved(Path(sys.argv[1]), climate_file=Path(sys.argv[2]) if len(sys.argv) > 2 else None)
