"""Make ``coastlines.geojson`` from ``land-50m.json`` of the npm package world-atlas 2.0.2 (Natural Earth 4.1, land, 1:50m).

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python data/coastlines.py package/land-50m.json data/coastlines.geojson

TopoJSON arcs are joined to rings and cut at the date line, which no ring may cross on a flat map; then simplified to a twentieth
of a degree (a tenth of a grid cell). Islands smaller than a few hundred square kilometres are left out, and coordinates are
rounded to a hundredth of a degree.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from shapely.affinity import translate
from shapely.geometry import MultiPolygon, Polygon, box, mapping
from shapely.validation import make_valid

TOLERANCE = 0.05
"""Degrees by which an outline may move."""

SMALLEST = 0.03
"""Square degrees; smaller islands are left out."""


def rings_of(topology: dict, layer: str) -> Iterator[tuple[dict, list[list[np.ndarray]]]]:
    """The geometries of a layer of a quantised topology, and the rings of their polygons: the outline first, then holes."""
    scale, shift = (np.array(topology["transform"][key]) for key in ("scale", "translate"))
    arcs = [np.cumsum(arc, axis=0) * scale + shift for arc in topology["arcs"]]

    def ring(indices: list[int]) -> np.ndarray:
        parts = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in indices]
        return np.concatenate([parts[0], *(part[1:] for part in parts[1:])])

    for geometry in topology["objects"][layer]["geometries"]:
        shapes = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        yield geometry, [[ring(indices) for indices in rings] for rings in shapes]


def polygons(topology: dict) -> list[Polygon]:
    """The polygons of the ``land`` object of a topology."""
    found: list[Polygon] = []
    for _, shapes in rings_of(topology, "land"):
        for outline, *holes in shapes:
            found += cut(Polygon(unrolled(outline), [unrolled(hole) for hole in holes]))
    return found


def unrolled(ring: np.ndarray) -> np.ndarray:
    """A ring without jumps of longitude; one that winds round the south pole is closed along it."""
    longitude = np.unwrap(ring[:, 0], period=360.0)
    if abs(longitude[-1] - longitude[0]) < 1.0:
        return np.column_stack([longitude, ring[:, 1]])
    west, east = sorted((longitude[0], longitude[-1]))
    order = slice(None) if longitude[-1] > longitude[0] else slice(None, None, -1)
    return np.concatenate([np.column_stack([longitude, ring[:, 1]])[order], [[east, -90.0], [west, -90.0]]])


def cut(shape: Polygon) -> list[Polygon]:
    """The parts of a polygon on -180..180, whatever turn of the globe its longitudes are on."""
    found = []
    for turn in (-360.0, 0.0, 360.0):
        inside = make_valid(shape).intersection(box(-180.0 + turn, -90.0, 180.0 + turn, 90.0))
        found += [translate(part, xoff=-turn) for part in parts(inside)]
    return found


def parts(geometry: Polygon | MultiPolygon) -> list[Polygon]:
    """The polygons of a geometry, whatever it became when it was made valid."""
    return [part for part in getattr(geometry, "geoms", [geometry]) if isinstance(part, Polygon)]


def simplify(shapes: list[Polygon]) -> MultiPolygon:
    """Fewer vertices, no specks."""
    kept = []
    for shape in shapes:
        for part in parts(make_valid(make_valid(shape).simplify(TOLERANCE))):
            if part.area >= SMALLEST:
                holes = [hole for hole in part.interiors if Polygon(hole).area >= SMALLEST]
                kept.append(Polygon(part.exterior, holes))
    return MultiPolygon(kept)


def main(source: Path, target: Path) -> None:
    """Convert ``source`` to ``target``."""
    land = mapping(simplify(polygons(json.loads(source.read_text()))))
    rounded = [[[[round(float(x), 2), round(float(y), 2)] for x, y in ring] for ring in shape] for shape in land["coordinates"]]
    feature = {
        "type": "Feature",
        "properties": {
            "title": "Land, 1:50m, simplified",
            "source": "Natural Earth 4.1 (naturalearthdata.com) by way of world-atlas 2.0.2 (Michael Bostock)",
            "licence": "Natural Earth: public domain; world-atlas: ISC",
        },
        "geometry": {"type": "MultiPolygon", "coordinates": rounded},
    }
    target.write_text(json.dumps(feature, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
