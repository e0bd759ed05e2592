"""Make ``countries.nc``: the country of each land cell, from ``countries-50m.json`` of the npm package world-atlas 2.0.2.

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python data/countries.py package/countries-50m.json data/climate.nc data/countries.nc

A cell belongs to the country that covers its centre, or to the nearest one where none does. Names and borders are those of
Natural Earth 4.1 (de facto borders, public domain); they are no statement on any dispute.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import xarray as xr
from coastlines import cut, rings_of, unrolled
from shapely import STRtree
from shapely.geometry import Point, Polygon
from shapely.ops import unary_union


def countries(topology: dict) -> dict[str, Polygon]:
    """The area of each country, by name; those that lie apart are one."""
    found: dict[str, list[Polygon]] = {}
    for geometry, shapes in rings_of(topology, "countries"):
        name = geometry["properties"]["name"]
        for outline, *holes in shapes:
            found.setdefault(name, []).extend(cut(Polygon(unrolled(outline), [unrolled(hole) for hole in holes])))
    return {name: unary_union(parts) for name, parts in sorted(found.items())}


def main(source: Path, climate: Path, out: Path) -> None:
    """Read, assign, write."""
    areas = countries(json.loads(source.read_text()))
    tree = STRtree(list(areas.values()))
    with xr.open_dataset(climate) as land:
        latitude, longitude = land["latitude"].values, land["longitude"].values
    nearest = tree.nearest([Point(x, y) for x, y in zip(longitude, latitude, strict=True)])
    used, index = np.unique(nearest, return_inverse=True)
    names = [list(areas)[i] for i in used]
    data = xr.Dataset(
        {
            "country": ("cell", index.astype(np.uint8), {"long_name": "country of the cell, a position in country_name"}),
            "country_name": ("name", np.array(names, dtype=object), {"long_name": "country"}),
            "latitude": ("cell", latitude.astype(np.float32), {"units": "degrees_north"}),
            "longitude": ("cell", longitude.astype(np.float32), {"units": "degrees_east"}),
        },
        attrs={"Conventions": "CF-1.11", "source": "Natural Earth 4.1, 1:50m, by way of world-atlas 2.0.2; de facto borders"},
    )
    data.to_netcdf(out, encoding={name: {"zlib": True, "complevel": 9} for name in ("country", "latitude", "longitude")})
    print(f"{len(names)} countries, {out.stat().st_size / 1e3:.0f} kB")  # noqa: T201


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
