"""Whose profiles the maps may have been learned from, and under which terms these were shared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

LICENCES: Mapping[str, str] = {
    "afsp": "Africa Soil Profiles Database v1.2 and AfSIS (Leenaars 2014), by way of the R package GSIF (GPL)",
    "isis": "ISRIC Soil Information System, by way of the R package GSIF (GPL)",
    "edgeroi": "Edgeroi soil profiles (Hengl et al. 2015), by way of the R package GSIF (GPL)",
    "sodah": "Soils Data Harmonization database (SoDaH), EDI data package edi.521",
    "hugelius2013": "circumpolar permafrost pedons (Hugelius et al. 2013, doi:10.5194/essd-5-393-2013), CC BY 3.0",
}
"""Where the profiles of each source come from and under which terms."""


def terms(sources: Iterable[str]) -> str:
    """The terms of the sources at hand in a sentence; sources that are not in the table are named as such."""
    return "; ".join(f"{name}: {LICENCES.get(name, 'see its own terms')}" for name in sources)
